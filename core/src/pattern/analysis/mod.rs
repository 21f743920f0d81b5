//! HIR to what holds for all of its matches: bytes at fixed places, bytes that can be consumed,
//! whether an end can be the only one.
//!
//! Everything here is an over-approximation of the matches: a set may hold more than occurs, never
//! less. The fast executor decides by it which ways need no choice.

use crate::limits;

use super::hir::{Hir, HirKind};
use super::unicode::{ByteSet, Class};

mod memo;
mod prefix;
mod unique;

pub(crate) use memo::PrefixId;
pub(crate) use prefix::{DEPTH, Prefix};

use memo::{Memo, NodeId};

/// Works on one pattern; gives the weakest answer when the pattern is too large to look at.
#[derive(Debug)]
pub(crate) struct Analysis {
    /// Nodes that may still be looked at.
    work_left: u32,
    memo: Memo,
}

/// What is known of a node wherever it stands.
#[derive(Clone, Copy, Debug)]
struct Shape {
    alphabet: ByteSet,
    /// Characters in it, with the copies of repeats that are told apart; no more than
    /// [`unique::MAX_POSITIONS`] and one.
    positions: usize,
}

impl Analysis {
    pub(crate) fn new() -> Self {
        Self { work_left: limits::PATTERN_ANALYSIS_STEPS, memo: Memo::new() }
    }

    /// Takes one step of work; false when none is left.
    fn step(&mut self) -> bool {
        self.work_left = self.work_left.saturating_sub(1);
        self.work_left > 0
    }

    /// The bytes with which characters begin that a match can consume.
    pub(crate) fn alphabet(&mut self, hir: &Hir) -> ByteSet {
        self.shape(hir).alphabet
    }

    fn shape(&mut self, hir: &Hir) -> Shape {
        let nothing = Shape { alphabet: ByteSet::EMPTY, positions: 0 };
        match &hir.kind {
            HirKind::Class(class) => return Shape { alphabet: class.bytes, positions: 1 },
            HirKind::Assert(_)
            | HirKind::Empty
            | HirKind::Keep
            | HirKind::LookAhead { .. }
            | HirKind::LookBehind { .. } => return nothing,
            _ => {}
        }
        let node = NodeId::of(hir);
        if let Some(known) = self.memo.shapes.get(&node) {
            return *known;
        }
        let unknown = Shape { alphabet: ByteSet::FULL, positions: unique::MAX_POSITIONS + 1 };
        if !self.step() {
            return unknown;
        }
        let mut shape = nothing;
        match &hir.kind {
            HirKind::Alternate(nodes) | HirKind::Concat(nodes) => {
                for node in nodes {
                    let Shape { alphabet, positions } = self.shape(node);
                    shape.alphabet = shape.alphabet.union(&alphabet);
                    shape.positions += positions;
                }
            }
            HirKind::Atomic(body) | HirKind::Capture { body, .. } => shape = self.shape(body),
            HirKind::Literal(text) => {
                text.bytes().for_each(|byte| shape.alphabet.insert(byte));
                shape.positions = text.chars().count();
            }
            HirKind::Repeat { body, min, max, .. } => {
                shape = self.shape(body);
                shape.positions *= unique::copies(*min, *max).unwrap_or(1) as usize;
            }
            _ => shape = unknown,
        }
        shape.positions = shape.positions.min(unique::MAX_POSITIONS + 1);
        self.memo.shapes.insert(node, shape);
        shape
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
