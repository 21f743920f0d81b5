//! A list of patterns to those of them that a text can match: what cannot is never run.
//!
//! ```text
//! "%{COMBINEDAPACHELOG}"  contains `] "`               not in the text: excluded
//! "^%{UUID:id} "          begins with eight hex digits  the text does not: excluded
//! "%{SYSLOGLINE}"         contains `[0-9]:[0-5][0-9]`   in the text: may match
//! ```
//!
//! Conditions that every match fulfils are worked out when the list is compiled: a least length,
//! the bytes at the first and last places of anchored patterns ([`place`]), short runs of bytes
//! ([`factor`]), of which the rarest are taken ([`model`]) and found together in one pass over the
//! text ([`group`]). All of it errs to one side: a pattern that can match is never excluded.

use memchr::memchr_iter;

use super::{Scratch, hir};
use crate::pattern::unicode::ByteSet;
use crate::scan::Simd;

mod factor;
mod group;
mod model;
mod place;
#[cfg(test)]
mod tests;

use factor::{Clause, Run};
use group::{Group, Wanted};
use model::Model;
use place::{Anchor, From, PLACES};

/// Patterns that one word of a mask holds.
pub const WORD_PATTERNS: usize = 64;

/// Clauses of one pattern that are looked for.
const CLAUSES: usize = 3;

/// Share of anchored places above which clauses are looked for besides the bytes there.
const WEAK_ANCHOR: f32 = 0.001;

/// What the patterns of a list need to match, as one test of a text.
///
/// Patterns are numbered in the order in which they were given; a mask has a bit for each, 64 to
/// a word.
#[derive(Debug)]
pub struct ListFilter {
    words: Box<[Word]>,
}

/// What one pattern needs to match.
#[derive(Debug)]
pub struct Prefilter(ListFilter);

/// The conditions of up to 64 patterns.
#[derive(Debug)]
struct Word {
    /// A bit for each pattern.
    all: u64,
    /// Patterns by their least length: those that a text of that many bytes can match; the last
    /// one is for all longer texts.
    by_len: Box<[u64]>,
    /// Patterns by the bytes at the first places, if any are anchored there.
    front: Option<Box<PlaceTable>>,
    /// Patterns that can also match behind a `\n`.
    front_lines: u64,
    /// Patterns by the bytes at the last places, counted backwards.
    back: Option<Box<PlaceTable>>,
    /// Patterns whose last places are those of the text only if there is no `\n` in it.
    back_lines: u64,
    /// What matches of anchored patterns begin or end with.
    ends: Box<[Ends]>,
    groups: Box<[Group]>,
}

/// Runs of which an anchored pattern has one at its end of the text.
#[derive(Debug)]
struct Ends {
    pattern: u64,
    from: From,
    runs: Box<[Box<[ByteSet]>]>,
}

/// Patterns by place and byte.
type PlaceTable = [[u64; 256]; PLACES];

impl ListFilter {
    /// Works out the conditions; takes some ten microseconds for each pattern.
    pub fn new(patterns: &[&hir::Pattern]) -> Self {
        let mut model = Model::new();
        let words = patterns.chunks(WORD_PATTERNS).map(|patterns| Word::new(patterns, &mut model));
        Self { words: words.collect() }
    }

    /// Gives the number of words of a mask.
    pub fn word_count(&self) -> usize {
        self.words.len()
    }

    /// Gives the patterns of one word that may match somewhere in the text; none beyond the last
    /// word.
    ///
    /// All of them with the plain executor, which is to judge this filter too.
    #[inline]
    pub fn word(&self, index: usize, subject: &[u8], scratch: &Scratch) -> u64 {
        let Some(word) = self.words.get(index) else { return 0 };
        scratch.prefilter_simd().map_or(word.all, |simd| word.candidates(simd, subject))
    }

    /// Puts the patterns that may match somewhere in the text into a mask.
    pub fn candidates(&self, subject: &[u8], scratch: &Scratch, mask: &mut Vec<u64>) {
        mask.clear();
        mask.extend((0..self.words.len()).map(|index| self.word(index, subject, scratch)));
    }
}

impl Prefilter {
    /// Works out the conditions of one pattern.
    pub fn new(pattern: &hir::Pattern) -> Self {
        Self(ListFilter::new(&[pattern]))
    }

    /// Tells whether there can be a match somewhere in the text; holds for searches from any place.
    #[inline]
    pub fn may_match(&self, subject: &[u8], scratch: &Scratch) -> bool {
        scratch.prefilter_simd().is_none_or(|simd| self.may_match_on(simd, subject))
    }

    /// [`Self::may_match`] for a level that is known.
    #[inline]
    pub(crate) fn may_match_on(&self, simd: Simd, subject: &[u8]) -> bool {
        self.0.words.iter().any(|word| word.candidates(simd, subject) != 0)
    }
}

impl Word {
    fn new(patterns: &[&hir::Pattern], model: &mut Model) -> Self {
        let mut front = Anchored::default();
        let mut back = Anchored::default();
        let mut wanted = Vec::new();
        let mut ends = Vec::new();
        let mut min_bytes = Vec::with_capacity(patterns.len());
        for (index, pattern) in patterns.iter().enumerate() {
            let bit = 1_u64 << index;
            let root = &pattern.root;
            min_bytes.push((root.facts.min_bytes as usize).min(MAX_LEN));
            let mut share = front.add(bit, root, From::Front, model);
            share *= back.add(bit, root, From::Back, model);
            if share < WEAK_ANCHOR {
                continue;
            }
            let parts = factor::parts(root, model);
            if place::front_anchor(root).is_some() {
                ends.extend(Ends::new(bit, From::Front, &parts.front, model));
            }
            if place::back_anchor(root).is_some() {
                ends.extend(Ends::new(bit, From::Back, &parts.back, model));
            }
            for (slot, clause) in chosen(&parts.clauses, model).into_iter().enumerate() {
                wanted.push(Wanted { pattern: bit, slot, runs: clause.runs });
            }
        }
        let longest = min_bytes.iter().copied().max().unwrap_or(0);
        let by_len = (0..=longest).map(|len| mask(&min_bytes, |min| *min <= len)).collect();
        Self {
            all: mask(&min_bytes, |_| true),
            by_len,
            front: front.table,
            front_lines: front.lines,
            back: back.table,
            back_lines: back.lines,
            ends: ends.into(),
            groups: group::groups(wanted, model),
        }
    }

    #[inline]
    fn candidates(&self, simd: Simd, subject: &[u8]) -> u64 {
        let Some(longest) = self.by_len.len().checked_sub(1) else { return 0 };
        let mut alive = self.by_len[subject.len().min(longest)];
        alive = self.anchored(subject, alive);
        for group in &self.groups {
            alive = group.candidates(simd, subject, alive);
        }
        alive
    }

    /// Excludes patterns by the bytes at the ends of the text, and of its lines.
    #[inline]
    fn anchored(&self, subject: &[u8], alive: u64) -> u64 {
        let mut kept = alive;
        if let Some(back) = &self.back {
            for (row, byte) in back.iter().zip(subject.iter().rev()) {
                kept &= row[usize::from(*byte)];
            }
        }
        if let Some(front) = &self.front {
            kept &= at_front(front, subject);
        }
        for ends in &self.ends {
            if kept & ends.pattern != 0 && !ends.is_at(subject) {
                kept &= !ends.pattern;
            }
        }
        let excluded = alive & !kept & (self.front_lines | self.back_lines);
        if excluded == 0 { kept } else { kept | self.behind_newlines(subject, alive, excluded) }
    }

    /// The patterns that the first and last places of the text exclude, and those of a line in it
    /// do not.
    fn behind_newlines(&self, subject: &[u8], alive: u64, excluded: u64) -> u64 {
        let mut newlines = memchr_iter(b'\n', subject).peekable();
        if newlines.peek().is_none() {
            return 0;
        }
        let Some(front) = &self.front else { return excluded };
        // Where the lines end is not looked at.
        let mut found = at_front(front, subject);
        let lines = excluded & self.front_lines;
        for newline in newlines {
            if lines & !found == 0 {
                break;
            }
            found |= at_front(front, &subject[newline + 1..]) & self.front_lines;
        }
        alive & excluded & found
    }
}

impl Ends {
    fn new(pattern: u64, from: From, runs: &[Run], model: &Model) -> Option<Self> {
        let sets =
            |run: &Run| run.sets().iter().map(|set| *model.bytes(*set)).collect::<Box<[_]>>();
        // Where a match can be empty, or begin in too many ways, there is nothing to compare.
        (runs.iter().all(|run| run.sets().len() > 1)).then(|| Self {
            pattern,
            from,
            runs: runs.iter().map(sets).collect(),
        })
    }

    fn is_at(&self, subject: &[u8]) -> bool {
        self.runs.iter().any(|sets| {
            let part = match self.from {
                From::Back => subject.len().checked_sub(sets.len()).map(|from| &subject[from..]),
                From::Front => subject.get(..sets.len()),
            };
            part.is_some_and(|part| sets.iter().zip(part).all(|(set, byte)| set.contains(*byte)))
        })
    }
}

#[inline]
fn at_front(table: &PlaceTable, subject: &[u8]) -> u64 {
    table.iter().zip(subject).fold(u64::MAX, |mask, (row, byte)| mask & row[usize::from(*byte)])
}

/// Least lengths above which patterns are not told apart.
const MAX_LEN: usize = 256;

/// The table of the patterns that are anchored at one end.
#[derive(Default)]
struct Anchored {
    table: Option<Box<PlaceTable>>,
    lines: u64,
}

impl Anchored {
    /// Enters a pattern and gives the share of texts that fulfil the condition.
    fn add(&mut self, bit: u64, root: &hir::Hir, from: From, model: &mut Model) -> f32 {
        let anchor = match from {
            From::Back => place::back_anchor(root),
            From::Front => place::front_anchor(root),
        };
        let Some(anchor) = anchor else { return 1.0 };
        let mut sets = place::places(root, from);
        let table = self.table.get_or_insert_with(|| Box::new([[u64::MAX; 256]; PLACES]));
        for (row, set) in table.iter_mut().zip(&sets) {
            for (byte, mask) in (0..=u8::MAX).zip(row) {
                if !set.contains(byte) {
                    *mask &= !bit;
                }
            }
        }
        if anchor == Anchor::Line {
            self.lines |= bit;
        }
        if from == From::Back {
            sets.reverse();
        }
        let sets = sets.map(|set| model.set(&set));
        model.share_of(&sets)
    }
}

/// Takes the clauses that cost least, until hardly any line has them all.
fn chosen(clauses: &[Clause], model: &mut Model) -> Vec<Clause> {
    let ranked = clauses.iter().map(|clause| {
        let places = group::places(&clause.runs, model);
        (places + clause.share * RUN_PLACES, places, clause)
    });
    let mut ranked: Vec<(f32, f32, &Clause)> = ranked.collect();
    ranked.sort_by(|left, right| left.0.total_cmp(&right.0));
    let mut chosen: Vec<Clause> = Vec::new();
    let mut lines = 1.0;
    for (_, places, clause) in ranked {
        let enough = if chosen.is_empty() { MANY_PLACES } else { FEW_PLACES };
        let is_told = chosen.iter().any(|other| factor::overlap(other, clause));
        if lines > FEW_LINES && places < enough && !is_told && chosen.len() < CLAUSES {
            lines *= (clause.share * TYPICAL_BYTES).min(1.0);
            chosen.push(clause.clone());
        }
    }
    chosen
}

/// Places at which runs are compared in the time that a pattern takes to fail.
const RUN_PLACES: f32 = 250.0;

/// Bytes of a typical line.
const TYPICAL_BYTES: f32 = 120.0;

/// Share of lines that may keep a pattern which they do not match.
const FEW_LINES: f32 = 0.0005;

/// Share of places that may have to be compared for a pattern: about two in each line.
const MANY_PLACES: f32 = 0.02;

/// Share of places that may have to be compared for a second clause of a pattern.
const FEW_PLACES: f32 = 0.008;

fn mask(lens: &[usize], holds: impl Fn(&usize) -> bool) -> u64 {
    lens.iter().enumerate().filter(|(_, len)| holds(len)).fold(0, |mask, (at, _)| mask | 1 << at)
}
