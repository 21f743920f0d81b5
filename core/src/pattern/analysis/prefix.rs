//! What the first bytes of a match, and of whatever follows it, can be.

use super::super::hir::{Hir, HirKind};
use super::super::unicode::{ByteSet, Class};
use super::Analysis;

/// Places that are looked at.
pub(crate) const DEPTH: usize = 5;

/// Iterations of a repeat after which nothing new shows: each consumes a byte, or nothing.
const ROUNDS: u32 = 6;
const _: () = assert!(ROUNDS as usize == DEPTH + 1, "one more than the places");

/// For each of the next [`DEPTH`] places the bytes that can stand there.
///
/// `ab?` before `c`: `{a} {b c} {any} {any} {any}`, and the text cannot end before places 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Prefix {
    pub(crate) sets: [ByteSet; DEPTH],
    /// Bit `n`: the text may end before place `n`.
    pub(crate) ends: u8,
}

impl Prefix {
    /// Anything may follow, and nothing.
    pub(crate) const ANY: Self = Self { sets: [ByteSet::FULL; DEPTH], ends: u8::MAX };

    /// No way on.
    pub(crate) const NEVER: Self = Self { sets: [ByteSet::EMPTY; DEPTH], ends: 0 };

    pub(crate) fn may_end(&self, place: usize) -> bool {
        self.ends >> place & 1 != 0
    }

    pub(crate) fn union(mut self, other: &Self) -> Self {
        for (set, more) in self.sets.iter_mut().zip(&other.sets) {
            *set = set.union(more);
        }
        self.ends |= other.ends;
        self
    }

    /// Puts one byte of a set in front.
    fn after(set: ByteSet, next: &Self) -> Self {
        let mut sets = [set; DEPTH];
        sets[1..].copy_from_slice(&next.sets[..DEPTH - 1]);
        Self { sets, ends: next.ends << 1 }
    }

    /// Whether no text begins both ways, and where the difference shows.
    pub(crate) fn differs_at(&self, other: &Self, place: usize) -> bool {
        let both_end = self.may_end(place) && other.may_end(place);
        !both_end && !self.sets[place].intersects(&other.sets[place])
    }
}

impl Analysis {
    /// What can be read where `hir` matches, with `next` behind it.
    pub(crate) fn prefix(&mut self, hir: &Hir, next: &Prefix) -> Prefix {
        if !self.step() {
            return Prefix::ANY;
        }
        match &hir.kind {
            HirKind::Alternate(nodes) => {
                let mut all = Prefix::NEVER;
                for node in nodes {
                    all = all.union(&self.prefix(node, next));
                }
                all
            }
            HirKind::Atomic(body) | HirKind::Capture { body, .. } => self.prefix(body, next),
            HirKind::Class(class) => class_prefix(class, next),
            HirKind::Concat(nodes) => {
                let mut prefix = *next;
                // What is further away than the depth does not show.
                let mut from = 0;
                let mut bytes = 0_usize;
                while from < nodes.len() && bytes < DEPTH {
                    bytes = bytes.saturating_add(nodes[from].facts.min_bytes as usize);
                    from += 1;
                }
                if from < nodes.len() {
                    prefix = Prefix::ANY;
                }
                for node in nodes[..from].iter().rev() {
                    prefix = self.prefix(node, &prefix);
                }
                prefix
            }
            HirKind::Literal(text) => {
                let mut prefix = *next;
                for byte in text.bytes().take(DEPTH).rev() {
                    let mut set = ByteSet::default();
                    set.insert(byte);
                    prefix = Prefix::after(set, &prefix);
                }
                prefix
            }
            HirKind::Repeat { body, min, max, .. } => self.repeat_prefix(body, *min, *max, next),
            HirKind::Assert(_)
            | HirKind::Empty
            | HirKind::Keep
            | HirKind::LookAhead { .. }
            | HirKind::LookBehind { .. } => *next,
            HirKind::Backref { .. } | HirKind::Call(_) | HirKind::If { .. } => Prefix::ANY,
        }
    }

    fn repeat_prefix(&mut self, body: &Hir, min: u32, max: Option<u32>, next: &Prefix) -> Prefix {
        let mut prefix = *next;
        let optional = max.map_or(u32::MAX, |max| max.saturating_sub(min));
        // Each round adds what one more iteration shows; beyond the depth nothing new can.
        for _ in 0..optional.min(ROUNDS) {
            let more = next.union(&self.prefix(body, &prefix));
            if more == prefix {
                break;
            }
            prefix = more;
        }
        for _ in 0..min.min(ROUNDS) {
            prefix = self.prefix(body, &prefix);
        }
        prefix
    }
}

fn class_prefix(class: &Class, next: &Prefix) -> Prefix {
    let ascii = class.bytes.ascii();
    let mut prefix = if ascii.is_empty() { Prefix::NEVER } else { Prefix::after(ascii, next) };
    if class.ranges.is_empty() {
        return prefix;
    }
    // A character of two to four bytes.
    let lead = class.bytes.wide();
    for len in 2..=4 {
        let mut wide = *next;
        for _ in 1..len {
            wide = Prefix::after(ByteSet::INNER, &wide);
        }
        prefix = prefix.union(&Prefix::after(lead, &wide));
    }
    prefix
}
