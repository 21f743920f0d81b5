//! HIR to the bytes that can stand at the first and last places of a match: `^\[%{DAY}` to
//! `[`, then one of `FMSTW`, …
//!
//! The tree is walked with the set of offsets at which a node can begin (from behind: end), up to
//! [`PLACES`]. What is not known may be any byte.

use crate::limits;
use crate::pattern::hir::{Hir, HirKind};
use crate::pattern::syntax::Assertion;
use crate::pattern::unicode::{ByteSet, Class};

use super::factor::continuation;

/// Places that are looked at, from an end of the match.
pub(super) const PLACES: usize = 8;

/// Where every match begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Anchor {
    /// At the start or after a `\n`.
    Line,
    /// At the start.
    Text,
}

/// From which end the places are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    Back,
    Front,
}

/// Offsets as bits; the last one stands for all that are not looked at.
type Offsets = u16;

/// The offsets that are looked at.
const LOOKED_AT: Offsets = (1 << PLACES) - 1;

/// Finds the bytes that can stand at the first (or last, counted backwards) places of a match, or
/// beside it where it is shorter.
pub(super) fn places(root: &Hir, from: From) -> [ByteSet; PLACES] {
    let mut walk =
        Walk { sets: [ByteSet::default(); PLACES], from, nodes_left: limits::PREFILTER_NODES };
    let ends = walk.node(root, 1);
    walk.anything(ends);
    walk.sets
}

/// Where a match has to begin, if anywhere.
pub(super) fn front_anchor(hir: &Hir) -> Option<Anchor> {
    anchor(hir, From::Front, &|assertion| match assertion {
        Assertion::StartLine => Some(Anchor::Line),
        Assertion::StartText => Some(Anchor::Text),
        _ => None,
    })
}

/// Where a match has to end, if anywhere; the line includes a `\n` that ends the subject.
pub(super) fn back_anchor(hir: &Hir) -> Option<Anchor> {
    anchor(hir, From::Back, &|assertion| match assertion {
        Assertion::EndLine | Assertion::EndTextOrFinalNewline => Some(Anchor::Line),
        Assertion::EndText => Some(Anchor::Text),
        _ => None,
    })
}

fn anchor(hir: &Hir, from: From, is: &impl Fn(Assertion) -> Option<Anchor>) -> Option<Anchor> {
    match &hir.kind {
        HirKind::Alternate(nodes) => {
            let mut all = Some(Anchor::Text);
            for node in nodes {
                let one = anchor(node, from, is)?;
                if one == Anchor::Line {
                    all = Some(Anchor::Line);
                }
            }
            all
        }
        HirKind::Assert(assertion) => is(*assertion),
        HirKind::Atomic(body) | HirKind::Capture { body, .. } => anchor(body, from, is),
        HirKind::Concat(nodes) => {
            let mut nodes: Box<dyn Iterator<Item = &Hir>> = match from {
                From::Back => Box::new(nodes.iter().rev()),
                From::Front => Box::new(nodes.iter()),
            };
            loop {
                let node = nodes.next()?;
                if let Some(found) = anchor(node, from, is) {
                    return Some(found);
                }
                if node.facts.max_bytes != Some(0) {
                    return None;
                }
            }
        }
        HirKind::Repeat { body, min, .. } if *min > 0 => anchor(body, from, is),
        _ => None,
    }
}

struct Walk {
    sets: [ByteSet; PLACES],
    from: From,
    nodes_left: usize,
}

impl Walk {
    /// Goes through a node from each of the offsets and gives those at which it can be left.
    fn node(&mut self, hir: &Hir, at: Offsets) -> Offsets {
        if at & LOOKED_AT == 0 {
            return at;
        }
        let Some(left) = self.nodes_left.checked_sub(1) else { return self.anything(at) };
        self.nodes_left = left;
        match &hir.kind {
            HirKind::Alternate(nodes) => {
                nodes.iter().fold(0, |ends, node| ends | self.node(node, at))
            }
            HirKind::Assert(_)
            | HirKind::Empty
            | HirKind::Keep
            | HirKind::LookAhead { .. }
            | HirKind::LookBehind { .. } => at,
            HirKind::Atomic(body) | HirKind::Capture { body, .. } => self.node(body, at),
            HirKind::Backref { .. } | HirKind::Call(_) => self.anything(at),
            HirKind::Class(class) => self.class(class, at),
            HirKind::Concat(nodes) => match self.from {
                From::Back => nodes.iter().rev().fold(at, |at, node| self.node(node, at)),
                From::Front => nodes.iter().fold(at, |at, node| self.node(node, at)),
            },
            HirKind::If { yes, no, .. } => self.node(yes, at) | self.node(no, at),
            HirKind::Literal(text) => self.literal(text.as_bytes(), at),
            HirKind::Repeat { body, min, max, .. } => self.repeat(body, *min, *max, at),
        }
    }

    fn literal(&mut self, text: &[u8], mut at: Offsets) -> Offsets {
        for place in 0..text.len().min(PLACES) {
            let byte = match self.from {
                From::Back => text[text.len() - 1 - place],
                From::Front => text[place],
            };
            self.each(at, |set| set.insert(byte));
            at = shift(at, 1);
        }
        if text.len() > PLACES { shift(at, text.len() - PLACES) } else { at }
    }

    fn class(&mut self, class: &Class, at: Offsets) -> Offsets {
        let mut ends = shift(at, 1);
        if class.ranges.is_empty() {
            self.each(at, |set| *set = set.union(&class.bytes));
            return ends;
        }
        // A character of two to four bytes: from the front its first byte comes first.
        let tails = continuation();
        let first = match self.from {
            From::Back => class.bytes.union(&tails),
            From::Front => class.bytes,
        };
        let later = match self.from {
            From::Back => class.bytes.union(&tails),
            From::Front => tails,
        };
        self.each(at, |set| *set = set.union(&first));
        for len in 1..4 {
            self.each(shift(at, len), |set| *set = set.union(&later));
            ends |= shift(at, len + 1);
        }
        ends
    }

    fn repeat(&mut self, body: &Hir, min: u32, max: Option<u32>, at: Offsets) -> Offsets {
        let mut at = at;
        for _ in 0..min {
            let next = self.node(body, at);
            if next == at {
                break;
            }
            at = next;
        }
        let mut ends = at;
        for _ in 0..max.map_or(u32::MAX, |max| max.saturating_sub(min)) {
            let all = ends | self.node(body, ends);
            if all == ends {
                break;
            }
            ends = all;
        }
        ends
    }

    /// Says that from these offsets on anything can stand.
    fn anything(&mut self, at: Offsets) -> Offsets {
        let first = at.trailing_zeros() as usize;
        for set in self.sets.iter_mut().skip(first) {
            *set = ByteSet::FULL;
        }
        at | shift_up(at)
    }

    fn each(&mut self, at: Offsets, mut change: impl FnMut(&mut ByteSet)) {
        for (place, set) in self.sets.iter_mut().enumerate() {
            if at >> place & 1 != 0 {
                change(set);
            }
        }
    }
}

/// Moves the offsets; what leaves the places that are looked at stays beyond.
fn shift(at: Offsets, by: usize) -> Offsets {
    // Nine bits are moved by eight at most, so that none leaves the number.
    let by = by.min(PLACES);
    let beyond = at >> (PLACES - by) != 0;
    (at << by) & LOOKED_AT | Offsets::from(beyond) << PLACES
}

/// Every offset above the least one.
fn shift_up(at: Offsets) -> Offsets {
    let low = at & at.wrapping_neg();
    !(low.wrapping_sub(1)) & (LOOKED_AT | 1 << PLACES)
}
