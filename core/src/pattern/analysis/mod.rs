//! HIR to what holds for all of its matches: bytes at fixed places, bytes that can be consumed,
//! whether an end can be the only one.
//!
//! Everything here is an over-approximation of the matches: a set may hold more than occurs, never
//! less. The fast executor decides by it which ways need no choice.

use crate::limits;

use super::hir::{Hir, HirKind};
use super::unicode::{ByteSet, Class};

mod prefix;
mod unique;

pub(crate) use prefix::{DEPTH, Prefix};

/// Works on one pattern; gives the weakest answer when the pattern is too large to look at.
#[derive(Debug)]
pub(crate) struct Analysis {
    /// Nodes that may still be looked at.
    work_left: u32,
}

impl Analysis {
    pub(crate) fn new() -> Self {
        Self { work_left: limits::PATTERN_ANALYSIS_STEPS }
    }

    /// Takes one step of work; false when none is left.
    fn step(&mut self) -> bool {
        self.work_left = self.work_left.saturating_sub(1);
        self.work_left > 0
    }

    /// The bytes with which characters begin that a match can consume.
    pub(crate) fn alphabet(&mut self, hir: &Hir) -> ByteSet {
        let mut set = ByteSet::default();
        self.add_alphabet(hir, &mut set);
        set
    }

    fn add_alphabet(&mut self, hir: &Hir, set: &mut ByteSet) {
        if !self.step() {
            *set = ByteSet::FULL;
            return;
        }
        match &hir.kind {
            HirKind::Alternate(nodes) | HirKind::Concat(nodes) => {
                for node in nodes {
                    self.add_alphabet(node, set);
                }
            }
            HirKind::Atomic(body)
            | HirKind::Capture { body, .. }
            | HirKind::Repeat { body, .. } => {
                self.add_alphabet(body, set);
            }
            HirKind::Class(class) => *set = set.union(&class.bytes),
            HirKind::Literal(text) => text.bytes().for_each(|byte| set.insert(byte)),
            HirKind::Assert(_)
            | HirKind::Empty
            | HirKind::Keep
            | HirKind::LookAhead { .. }
            | HirKind::LookBehind { .. } => {}
            HirKind::Backref { .. } | HirKind::Call(_) | HirKind::If { .. } => {
                *set = ByteSet::FULL;
            }
        }
    }
}

/// Whether a node matches at every place, whatever it has consumed: nothing before it needs to be
/// tried again when nothing behind it can fail.
pub(crate) fn cannot_fail(hir: &Hir) -> bool {
    match &hir.kind {
        HirKind::Empty | HirKind::Repeat { min: 0, .. } => true,
        HirKind::Capture { body, .. } | HirKind::Atomic(body) => cannot_fail(body),
        HirKind::Concat(nodes) => nodes.iter().all(cannot_fail),
        HirKind::Alternate(nodes) => nodes.iter().any(cannot_fail),
        _ => false,
    }
}

/// Lists the groups inside a node.
pub(crate) fn groups_in(hir: &Hir, groups: &mut Vec<u32>) {
    if !hir.facts.captures {
        return;
    }
    match &hir.kind {
        HirKind::Alternate(nodes) | HirKind::Concat(nodes) => {
            for node in nodes {
                groups_in(node, groups);
            }
        }
        HirKind::Capture { index, body } => {
            groups.push(*index);
            groups_in(body, groups);
        }
        HirKind::Atomic(body) | HirKind::LookAhead { body, .. } | HirKind::Repeat { body, .. } => {
            groups_in(body, groups);
        }
        HirKind::LookBehind { branches, .. } => {
            for (_, branch) in branches {
                groups_in(branch, groups);
            }
        }
        HirKind::If { yes, no, .. } => {
            groups_in(yes, groups);
            groups_in(no, groups);
        }
        _ => {}
    }
}

/// Whether bytes alone decide membership: either all or no characters above ASCII are members.
pub(crate) fn is_bytewise(class: &Class) -> bool {
    class.all_wide || class.ranges.is_empty()
}
