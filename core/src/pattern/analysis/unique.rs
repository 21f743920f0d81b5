//! Whether a node can have only one end behind which the rest of a pattern can go on.
//!
//! `[0-9]+` before `[^0-9]` has one, `.*` before `x` has many. If the node is seen as an automaton, two ends
//! that both lead on mean two words of its language, one the beginning of the other, and between them a byte
//! with which the rest can begin. The product of the automaton with itself shows whether there are such words.

use super::super::hir::{Hir, HirKind};
use super::super::unicode::{ByteSet, lead_byte};
use super::Analysis;

/// Characters of a node above which it is not looked at: one bit each in a mask.
pub(super) const MAX_POSITIONS: usize = 128;

/// Copies of a repeated body up to which a count is taken as it is written.
const MAX_COPIES: u32 = 4;

/// The automaton of Glushkov: its states are the places of the characters in the pattern.
struct Automaton {
    /// What places read, by first byte, each with the places that read it.
    sets: Vec<(ByteSet, u128)>,
    /// For each place the number of its set.
    set_of: Vec<usize>,
    /// The places that can come next.
    follow: Vec<u128>,
}

/// What a part of the pattern begins and ends with.
#[derive(Clone, Copy)]
struct Part {
    nullable: bool,
    first: u128,
    last: u128,
}

const EMPTY: Part = Part { nullable: true, first: 0, last: 0 };

impl Analysis {
    /// Whether at most one end of a match of `hir`, from one start, can be followed by a byte of `next`.
    pub(crate) fn has_one_end(&mut self, hir: &Hir, next: &ByteSet) -> bool {
        let positions = self.shape(hir).positions;
        if positions > MAX_POSITIONS {
            return false;
        }
        let mut automaton = Automaton {
            sets: Vec::new(),
            set_of: Vec::with_capacity(positions),
            follow: Vec::with_capacity(positions),
        };
        let Some(whole) = self.part(hir, &mut automaton) else { return false };
        let leads = automaton.places(next);
        if whole.nullable && whole.first & leads != 0 {
            return false;
        }
        let count = automaton.follow.len();
        let compatible_of: Vec<u128> =
            automaton.sets.iter().map(|(set, _)| automaton.places(set)).collect();
        let compatible = |place: usize| compatible_of[automaton.set_of[place]];
        // together[p]: places at which another reading of the same text can be when one is at p.
        let mut together = vec![0_u128; count];
        let mut fresh = vec![0_u128; count];
        for place in bits(whole.first) {
            fresh[place] = whole.first & compatible(place);
        }
        while let Some(place) = fresh.iter().position(|others| *others != 0) {
            if !self.step() {
                return false;
            }
            let others = core::mem::take(&mut fresh[place]);
            together[place] |= others;
            // The other reading may end here, and this one goes on with a byte of `next`.
            if others & whole.last != 0 && automaton.follow[place] & leads != 0 {
                return false;
            }
            let reached = bits(others).fold(0, |all, other| all | automaton.follow[other]);
            for onward in bits(automaton.follow[place]) {
                fresh[onward] |= reached & compatible(onward) & !together[onward];
            }
        }
        true
    }

    fn part(&mut self, hir: &Hir, automaton: &mut Automaton) -> Option<Part> {
        if !self.step() {
            return None;
        }
        match &hir.kind {
            HirKind::Alternate(nodes) => {
                let mut whole = Part { nullable: false, first: 0, last: 0 };
                for node in nodes {
                    let part = self.part(node, automaton)?;
                    whole.nullable |= part.nullable;
                    whole.first |= part.first;
                    whole.last |= part.last;
                }
                Some(whole)
            }
            HirKind::Assert(_)
            | HirKind::Empty
            | HirKind::LookAhead { .. }
            | HirKind::LookBehind { .. } => Some(EMPTY),
            HirKind::Atomic(body) | HirKind::Capture { body, .. } => self.part(body, automaton),
            HirKind::Class(class) => automaton.place(class.bytes),
            HirKind::Concat(nodes) => {
                let mut whole = EMPTY;
                for node in nodes {
                    let part = self.part(node, automaton)?;
                    whole = automaton.join(whole, part);
                }
                Some(whole)
            }
            HirKind::Literal(text) => {
                let mut whole = EMPTY;
                for c in text.chars() {
                    let mut set = ByteSet::default();
                    set.insert(lead_byte(c));
                    let part = automaton.place(set)?;
                    whole = automaton.join(whole, part);
                }
                Some(whole)
            }
            HirKind::Repeat { body, min, max, .. } => self.repeat(body, *min, *max, automaton),
            HirKind::Backref { .. } | HirKind::Call(_) | HirKind::If { .. } | HirKind::Keep => None,
        }
    }

    fn repeat(
        &mut self,
        body: &Hir,
        min: u32,
        max: Option<u32>,
        automaton: &mut Automaton,
    ) -> Option<Part> {
        if let Some(copies) = copies(min, max) {
            let mut whole = EMPTY;
            for copy in 0..copies {
                let mut part = self.part(body, automaton)?;
                if max.is_none() && copy + 1 == copies {
                    automaton.circle(part);
                }
                part.nullable |= copy >= min;
                whole = automaton.join(whole, part);
            }
            return Some(whole);
        }
        // Any number is more than this number: more words, never fewer.
        let mut part = self.part(body, automaton)?;
        automaton.circle(part);
        part.nullable |= min == 0;
        Some(part)
    }
}

impl Automaton {
    fn place(&mut self, set: ByteSet) -> Option<Part> {
        let index = self.follow.len();
        if index >= MAX_POSITIONS {
            return None;
        }
        let known = self.sets.iter().position(|(known, _)| *known == set);
        let id = known.unwrap_or_else(|| {
            self.sets.push((set, 0));
            self.sets.len() - 1
        });
        self.sets[id].1 |= 1 << index;
        self.set_of.push(id);
        self.follow.push(0);
        Some(Part { nullable: false, first: 1 << index, last: 1 << index })
    }

    fn join(&mut self, left: Part, right: Part) -> Part {
        for place in bits(left.last) {
            self.follow[place] |= right.first;
        }
        Part {
            nullable: left.nullable && right.nullable,
            first: if left.nullable { left.first | right.first } else { left.first },
            last: if right.nullable { left.last | right.last } else { right.last },
        }
    }

    fn circle(&mut self, part: Part) {
        for place in bits(part.last) {
            self.follow[place] |= part.first;
        }
    }

    /// The places that read a byte of a set.
    fn places(&self, set: &ByteSet) -> u128 {
        let sets = self.sets.iter().filter(|(other, _)| other.intersects(set));
        sets.fold(0, |all, (_, places)| all | places)
    }
}

/// The copies of a body that are told apart, if the repeat is taken as it is written.
pub(super) fn copies(min: u32, max: Option<u32>) -> Option<u32> {
    Some(max.unwrap_or_else(|| min.max(1))).filter(|copies| *copies <= MAX_COPIES)
}

fn bits(mut mask: u128) -> impl Iterator<Item = usize> {
    core::iter::from_fn(move || {
        if mask == 0 {
            return None;
        }
        let bit = mask.trailing_zeros() as usize;
        mask &= mask - 1;
        Some(bit)
    })
}
