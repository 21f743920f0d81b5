//! What the first bytes of a match, and of whatever follows it, can be.

use super::super::hir::{Hir, HirKind};
use super::super::unicode::{ByteSet, Class};
use super::Analysis;
use super::memo::{NodeId, PrefixId};

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
    pub(crate) fn prefix(&mut self, hir: &Hir, next: PrefixId) -> PrefixId {
        match &hir.kind {
            HirKind::Atomic(body) | HirKind::Capture { body, .. } => {
                return self.prefix(body, next);
            }
            HirKind::Assert(_)
            | HirKind::Empty
            | HirKind::Keep
            | HirKind::LookAhead { .. }
            | HirKind::LookBehind { .. } => return next,
            HirKind::Backref { .. } | HirKind::Call(_) | HirKind::If { .. } => {
                return PrefixId::ANY;
            }
            _ => {}
        }
        let place = (NodeId::of(hir), next);
        if let Some(known) = self.memo.found.get(&place) {
            return *known;
        }
        if !self.step() {
            return PrefixId::ANY;
        }
        let found = match &hir.kind {
            HirKind::Alternate(nodes) => {
                let mut all = *self.prefix_of(PrefixId::NEVER);
                for node in nodes {
                    let prefix = self.prefix(node, next);
                    all = all.union(self.prefix_of(prefix));
                }
                self.memo.intern(all)
            }
            HirKind::Class(class) => {
                let prefix = class_prefix(class, self.prefix_of(next));
                self.memo.intern(prefix)
            }
            HirKind::Concat(nodes) => {
                // What is further away than the depth does not show.
                let mut from = 0;
                let mut bytes = 0_usize;
                while from < nodes.len() && bytes < DEPTH {
                    bytes = bytes.saturating_add(nodes[from].facts.min_bytes as usize);
                    from += 1;
                }
                let mut prefix = if from < nodes.len() { PrefixId::ANY } else { next };
                for node in nodes[..from].iter().rev() {
                    prefix = self.prefix(node, prefix);
                }
                prefix
            }
            HirKind::Literal(text) => {
                let mut prefix = *self.prefix_of(next);
                for byte in text.bytes().take(DEPTH).rev() {
                    let mut set = ByteSet::default();
                    set.insert(byte);
                    prefix = Prefix::after(set, &prefix);
                }
                self.memo.intern(prefix)
            }
            HirKind::Repeat { body, min, max, .. } => self.repeat_prefix(body, *min, *max, next),
            _ => next,
        };
        self.memo.found.insert(place, found);
        found
    }

    fn repeat_prefix(
        &mut self,
        body: &Hir,
        min: u32,
        max: Option<u32>,
        next: PrefixId,
    ) -> PrefixId {
        let mut prefix = next;
        let optional = max.map_or(u32::MAX, |max| max.saturating_sub(min));
        // Each round adds what one more iteration shows; beyond the depth nothing new can.
        for _ in 0..optional.min(ROUNDS) {
            let taken = self.prefix(body, prefix);
            let more = self.either(next, taken);
            if more == prefix {
                break;
            }
            prefix = more;
        }
        for _ in 0..min.min(ROUNDS) {
            prefix = self.prefix(body, prefix);
        }
        prefix
    }
}

fn class_prefix(class: &Class, next: &Prefix) -> Prefix {
    let has_ascii = !class.bytes.ascii().is_empty();
    if class.ranges.is_empty() {
        return if has_ascii { Prefix::after(class.bytes, next) } else { Prefix::NEVER };
    }
    // A character of one to four bytes, the first of which tells its set.
    let lengths = if has_ascii { 1..=4 } else { 2..=4 };
    let mut prefix = Prefix { sets: [class.bytes; DEPTH], ends: 0 };
    for (place, set) in prefix.sets.iter_mut().enumerate().skip(1) {
        *set = ByteSet::EMPTY;
        for len in lengths.clone() {
            let behind = place.checked_sub(len).map_or(&ByteSet::INNER, |at| &next.sets[at]);
            *set = set.union(behind);
        }
    }
    for len in lengths {
        prefix.ends |= next.ends << len;
    }
    prefix
}
