//! HIR to runs of bytes that every match contains: `\d+-%{WORD} \[` to `[0-9]-` and `[0-9A-Za-z_] \[`.
//!
//! ```text
//! Run      byte sets that follow each other: [0-9] [-]
//! Runs     alternatives: what a match of a node begins (or ends) with
//! Clause   alternatives of which every match of the node contains one
//! ```
//!
//! A run is an over-approximation: it may match more than the node, never less. What consumes
//! nothing (assertions, lookaround) is passed over, what is not known cuts the run.

use std::borrow::Cow;

use crate::limits;
use crate::pattern::hir::{Hir, HirKind};
use crate::pattern::unicode::{ByteSet, Class};

use super::model::{Model, SetId};
use super::{CLAUSES, RUN_PLACES};

/// Byte sets of a run at most; as many as [`Run::packed`] takes.
pub(super) const RUN_BYTES: usize = 8;

/// Alternatives of a node at most; above it they are shortened, at last to two for each length.
const MAX_RUNS: usize = 32;

/// Alternatives whose number may become their product.
const MAX_PRODUCT: usize = 64;

/// Clauses of a node that are kept.
const MAX_CLAUSES: usize = 6;

/// Copies of a repeat that are told apart from more.
const MAX_COPIES: u32 = 4;

/// Byte sets that follow each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Run {
    /// The first `len` are in use, the others are 0.
    sets: [SetId; RUN_BYTES],
    len: u8,
    /// Whether it is all of what the node matched.
    whole: bool,
}

impl Run {
    const EMPTY: Self = Self { sets: [SetId::FULL; RUN_BYTES], len: 0, whole: true };

    /// The sets of the run.
    pub(super) fn sets(&self) -> &[SetId] {
        &self.sets[..usize::from(self.len)]
    }

    /// All sets as two numbers, 16 bits for each.
    fn packed(&self) -> [u64; 2] {
        let pack = |sets: &[SetId]| {
            sets.iter().rev().fold(0, |packed, set| packed << u16::BITS | u64::from(set.0))
        };
        let (low, high) = self.sets.split_at(RUN_BYTES / 2);
        [pack(low), pack(high)]
    }

    fn push(&mut self, set: SetId) {
        self.sets[usize::from(self.len)] = set;
        self.len += 1;
    }

    /// The first or last sets of the run.
    fn part(&self, len: usize, side: Side) -> Self {
        let cut = match side {
            Side::Back => usize::from(self.len).saturating_sub(len),
            Side::Front => 0,
        };
        let mut run = Self { whole: false, ..Self::EMPTY };
        self.sets().iter().skip(cut).take(len).for_each(|set| run.push(*set));
        run
    }

    /// Puts two runs together and keeps [`RUN_BYTES`] sets, after the first `cut`; tells how many
    /// there were beyond.
    fn joined(left: &Self, right: &Self, cut: usize) -> (Self, usize) {
        let mut run = Self { whole: false, ..Self::EMPTY };
        let mut beyond = 0;
        for set in left.sets().iter().chain(right.sets()).skip(cut) {
            if usize::from(run.len) < RUN_BYTES { run.push(*set) } else { beyond += 1 }
        }
        (run, beyond)
    }
}

/// Alternatives; never none.
pub(super) type Runs = Vec<Run>;

/// Alternatives of which every match contains one.
#[derive(Clone, Debug)]
pub(super) struct Clause {
    pub(super) runs: Runs,
    /// The share of places in a log that begin one.
    pub(super) share: f32,
    /// What it costs to look for it, and to run the pattern where it is.
    cost: f32,
}

/// What is known of the matches of a node.
pub(super) struct Parts {
    /// What every match begins with.
    pub(super) front: Runs,
    /// What every match ends with.
    pub(super) back: Runs,
    pub(super) clauses: Vec<Clause>,
}

/// Finds what every match of a regex begins and ends with, and clauses, the best first.
pub(super) fn parts(root: &Hir, model: &mut Model) -> Parts {
    let mut finder = Finder { model, nodes_left: limits::PREFILTER_NODES, optional: 0 };
    let mut parts = finder.node(root);
    finder.consider(&parts.front, &mut parts.clauses);
    finder.consider(&parts.back, &mut parts.clauses);
    parts
}

struct Finder<'m> {
    model: &'m mut Model,
    nodes_left: usize,
    /// Repeats around the node that can do without it: what is in there makes no clause.
    optional: usize,
}

impl Finder<'_> {
    /// The recursion is as deep as groups nest in the pattern, which the parser limits.
    fn node(&mut self, hir: &Hir) -> Parts {
        let Some(left) = self.nodes_left.checked_sub(1) else { return unknown() };
        self.nodes_left = left;
        match &hir.kind {
            HirKind::Alternate(_) if is_large(hir, &mut { LARGE_NODES }) => self.first(hir),
            HirKind::Alternate(nodes) => self.alternate(nodes.iter()),
            HirKind::Assert(_)
            | HirKind::Empty
            | HirKind::Keep
            | HirKind::LookAhead { .. }
            | HirKind::LookBehind { .. } => nothing(),
            HirKind::Atomic(body) | HirKind::Capture { body, .. } => self.node(body),
            HirKind::Backref { .. } | HirKind::Call(_) => unknown(),
            HirKind::Class(class) => self.class(class),
            HirKind::Concat(nodes) => self.concat(nodes),
            HirKind::If { yes, no, .. } => self.alternate([&**yes, &**no].into_iter()),
            HirKind::Literal(text) => self.literal(text.as_bytes()),
            HirKind::Repeat { body, min, max, .. } => self.repeat(body, *min, *max),
        }
    }

    /// No more than the byte that a node begins with.
    fn first(&mut self, hir: &Hir) -> Parts {
        let mut parts = unknown();
        if !hir.facts.nullable() && hir.facts.first != ByteSet::FULL {
            let mut run = Run { whole: false, ..Run::EMPTY };
            run.push(self.model.set(&hir.facts.first));
            parts.front = vec![run];
        }
        parts
    }

    fn literal(&mut self, text: &[u8]) -> Parts {
        let sets: Vec<SetId> = text.iter().map(|byte| self.model.set(&set_of(&[*byte]))).collect();
        let run = |sets: &[SetId], whole| {
            let mut run = Run { whole, ..Run::EMPTY };
            for set in sets {
                run.push(*set);
            }
            vec![run]
        };
        if sets.len() <= RUN_BYTES {
            let runs = run(&sets, true);
            return Parts { front: runs.clone(), back: runs, clauses: Vec::new() };
        }
        let mut clauses = Vec::new();
        for window in sets.windows(RUN_BYTES).take(LITERAL_WINDOWS) {
            self.consider(&run(window, false), &mut clauses);
        }
        clauses.truncate(1);
        let front = run(&sets[..RUN_BYTES], false);
        let back = run(&sets[sets.len() - RUN_BYTES..], false);
        Parts { front, back, clauses }
    }

    /// One character of a class. Above ASCII only its first byte, or from behind its last, is told.
    fn class(&mut self, class: &Class) -> Parts {
        if class.is_empty {
            return unknown();
        }
        let mut run = |set: &ByteSet, whole| {
            let mut run = Run { whole, ..Run::EMPTY };
            run.push(self.model.set(set));
            run
        };
        if class.ranges.is_empty() {
            let runs = vec![run(&class.bytes, true)];
            return Parts { front: runs.clone(), back: runs, clauses: Vec::new() };
        }
        let (mut ascii, mut wide) = (ByteSet::default(), ByteSet::default());
        for byte in class.bytes.iter() {
            if byte < 0x80 { ascii.insert(byte) } else { wide.insert(byte) }
        }
        let tails = continuation();
        // A few wide characters (those that `k` and `s` fold to) are not to blur the others.
        let few = class.ranges.len() <= FEW_RANGES && !class.all_wide && !ascii.is_empty();
        let (front, back) = if few {
            let ascii = run(&ascii, true);
            (vec![ascii, run(&wide, false)], vec![ascii, run(&tails, false)])
        } else {
            (vec![run(&class.bytes, false)], vec![run(&ascii.union(&tails), false)])
        };
        Parts { front, back, clauses: Vec::new() }
    }

    fn concat(&mut self, nodes: &[Hir]) -> Parts {
        let mut so_far = nothing();
        for node in nodes {
            let next = self.node(node);
            if next.front.iter().any(|run| !run.whole) {
                let seam = seam(&so_far.back, &next.front, self.model);
                self.consider(&seam, &mut so_far.clauses);
            } else if so_far.back.iter().any(|run| usize::from(run.len) == RUN_BYTES) {
                // What the next node pushes out.
                self.consider(&so_far.back, &mut so_far.clauses);
            }
            so_far.front = follow(&so_far.front, &next.front, self.model);
            so_far.back = precede(&so_far.back, &next.back, self.model);
            for clause in next.clauses {
                keep(&mut so_far.clauses, clause);
            }
        }
        so_far
    }

    /// Joins alternatives: each has to give a clause.
    fn alternate<'h>(&mut self, nodes: impl Iterator<Item = &'h Hir>) -> Parts {
        let mut all: Vec<Parts> = nodes.map(|node| self.node(node)).collect();
        let mut clauses = Vec::new();
        if self.optional == 0 {
            for parts in &mut all {
                self.own_clauses(parts);
            }
            let best: Vec<Vec<&Clause>> =
                all.iter().map(|parts| distinct(&parts.clauses)).collect();
            // The best of each with the best of the others, the second with the second.
            for at in 0..best.iter().map(Vec::len).max().unwrap_or(0) {
                let of_each = best.iter().map(|best| best.get(at).or_else(|| best.last()));
                let of_each: Option<Vec<&[Run]>> = of_each.map(|best| Some(&*best?.runs)).collect();
                let Some(of_each) = of_each else { break };
                let mut runs = of_each.concat();
                simplify(&mut runs, Side::Back, self.model);
                self.consider(&runs, &mut clauses);
            }
        }
        let mut front: Runs = all.iter().flat_map(|parts| &parts.front).copied().collect();
        let mut back: Runs = all.iter().flat_map(|parts| &parts.back).copied().collect();
        simplify(&mut front, Side::Front, self.model);
        simplify(&mut back, Side::Back, self.model);
        Parts { front, back, clauses }
    }

    /// Makes clauses of the ends of a node that has none, so that it can stand in an alternation.
    fn own_clauses(&mut self, parts: &mut Parts) {
        self.consider(&parts.front, &mut parts.clauses);
        self.consider(&parts.back, &mut parts.clauses);
    }

    fn repeat(&mut self, body: &Hir, min: u32, max: Option<u32>) -> Parts {
        if max == Some(0) {
            return nothing();
        }
        self.optional += usize::from(min == 0);
        let one = self.node(body);
        self.optional -= usize::from(min == 0);
        let mut front = nothing().front;
        let mut back = front.clone();
        let copies = min.min(WRITTEN_COPIES);
        for _ in 0..copies {
            front = follow(&front, &one.front, self.model);
            back = precede(&back, &one.back, self.model);
        }
        if copies < min {
            open(&mut front);
            open(&mut back);
        }
        let clauses = if min > 0 { one.clauses } else { Vec::new() };
        let (mut more_front, mut more_back) = (front.clone(), back.clone());
        let extra = max.map_or(u32::MAX, |max| max.saturating_sub(min));
        // Of many copies no more is told than how they begin and end.
        let many = extra > MAX_COPIES;
        for _ in 0..if many { 1 } else { extra } {
            more_front = follow(&more_front, &one.front, self.model);
            more_back = precede(&more_back, &one.back, self.model);
            if many {
                open(&mut more_front);
                open(&mut more_back);
            }
            front.extend_from_slice(&more_front);
            back.extend_from_slice(&more_back);
        }
        simplify(&mut front, Side::Front, self.model);
        simplify(&mut back, Side::Back, self.model);
        Parts { front, back, clauses }
    }

    /// Keeps alternatives as a clause if it is among the best.
    fn consider(&mut self, runs: &[Run], clauses: &mut Vec<Clause>) {
        if self.optional > 0 || runs.iter().any(|run| run.len == 0) {
            return;
        }
        self.consider_as_is(runs, clauses);
        if runs.len() <= FEW_RUNS {
            return;
        }
        // Shorter alternatives are fewer, when they are parts of what varies in length.
        for len in PART_BYTES {
            for side in [Side::Back, Side::Front] {
                let mut parts: Runs = runs.iter().map(|run| run.part(len, side)).collect();
                unite(&mut parts, self.model);
                if parts.len() < runs.len() {
                    self.consider_as_is(&parts, clauses);
                }
            }
        }
    }

    fn consider_as_is(&mut self, runs: &[Run], clauses: &mut Vec<Clause>) {
        let share = self.model.share(runs);
        let cost = RUN_PLACES * share
            + RARE_SHARE * f32::from(u16::try_from(runs.len()).unwrap_or(u16::MAX));
        let last = clauses.get(MAX_CLAUSES - 1);
        if share < COMMON_SHARE && last.is_none_or(|last| cost < last.cost) {
            keep(clauses, Clause { runs: runs.to_vec(), share, cost });
        }
    }
}

/// Nodes of an alternation that is not looked into: more than `%{LOGLEVEL}` has and fewer than
/// `%{IPV6}`, which tells little and takes ten times as long as all others together.
const LARGE_NODES: usize = 350;

/// Tells whether a tree has more nodes than `left`, which it counts down.
fn is_large(hir: &Hir, left: &mut usize) -> bool {
    let Some(less) = left.checked_sub(1) else { return true };
    *left = less;
    match &hir.kind {
        HirKind::Alternate(nodes) | HirKind::Concat(nodes) => {
            nodes.iter().any(|node| is_large(node, left))
        }
        HirKind::Atomic(body) | HirKind::Capture { body, .. } | HirKind::Repeat { body, .. } => {
            is_large(body, left)
        }
        HirKind::If { yes, no, .. } => is_large(yes, left) || is_large(no, left),
        _ => false,
    }
}

/// Alternatives up to which no fewer are looked for.
const FEW_RUNS: usize = 2;

/// Lengths of the parts of alternatives that are looked at.
const PART_BYTES: [usize; 2] = [4, 5];

/// Windows of a literal that are looked at.
const LITERAL_WINDOWS: usize = 64;

/// Copies of a counted repeat that are written out.
const WRITTEN_COPIES: u32 = 8;

/// Share of places above which a clause tells nothing: one or two in each line.
const COMMON_SHARE: f32 = 0.015;

/// What an alternative costs that is never found, in places at which runs are compared.
const RARE_SHARE: f32 = 0.00001;

/// Puts a clause in its place by cost, for those that say nearly the same.
fn keep(clauses: &mut Vec<Clause>, clause: Clause) {
    let at = clauses.partition_point(|other| other.cost <= clause.cost);
    let tells = |one: &Clause, other: &Clause| overlap(one, other) || overlap(other, one);
    if at >= MAX_CLAUSES || clauses[..at].iter().any(|better| tells(better, &clause)) {
        return;
    }
    let mut place = 0;
    clauses.retain(|worse| {
        place += 1;
        place <= at || !tells(worse, &clause)
    });
    clauses.insert(at, clause);
    clauses.truncate(MAX_CLAUSES);
}

/// The best clauses that stand at different places of a pattern.
fn distinct(clauses: &[Clause]) -> Vec<&Clause> {
    let mut distinct: Vec<&Clause> = Vec::new();
    for clause in clauses {
        if distinct.len() < CLAUSES && !distinct.iter().any(|other| overlap(other, clause)) {
            distinct.push(clause);
        }
    }
    distinct
}

/// Tells whether one clause says nearly what the other says: each of its alternatives shares most of
/// its sets with one of the other's.
pub(super) fn overlap(left: &Clause, right: &Clause) -> bool {
    left.runs.iter().all(|left| {
        right.runs.iter().any(|right| {
            let (left, right) = (left.sets(), right.sets());
            let least = left.len().min(right.len()).saturating_sub(2).max(2);
            left.windows(least)
                .any(|part| right.windows(least).any(|other| part[0] == other[0] && part == other))
        })
    })
}

fn nothing() -> Parts {
    let runs = vec![Run::EMPTY];
    Parts { front: runs.clone(), back: runs, clauses: Vec::new() }
}

fn unknown() -> Parts {
    let mut parts = nothing();
    open(&mut parts.front);
    open(&mut parts.back);
    parts
}

/// Ranges above ASCII up to which they are told apart from the ASCII members.
const FEW_RANGES: usize = 4;

/// The bytes of a character behind its first.
pub(super) fn continuation() -> ByteSet {
    let mut set = ByteSet::default();
    (0x80..=0xbf).for_each(|byte| set.insert(byte));
    set
}

pub(super) fn set_of(bytes: &[u8]) -> ByteSet {
    let mut set = ByteSet::default();
    for byte in bytes {
        set.insert(*byte);
    }
    set
}

/// What begins with one of `front` and, where that is all, goes on with one of `next`.
fn follow(front: &Runs, next: &Runs, model: &mut Model) -> Runs {
    if next.len() == 1 && next[0] == Run::EMPTY {
        return front.clone();
    }
    let next = fitting(next, front.len(), Side::Front, model);
    let mut runs = Vec::with_capacity(front.len() * next.len());
    for run in front {
        if !run.whole {
            runs.push(*run);
            continue;
        }
        for more in &*next {
            let (mut joined, beyond) = Run::joined(run, more, 0);
            joined.whole = more.whole && beyond == 0;
            runs.push(joined);
        }
    }
    simplify(&mut runs, Side::Front, model);
    runs
}

/// What ends with one of `back` and, where that is all, has one of `before` ahead of it.
fn precede(before: &Runs, back: &Runs, model: &mut Model) -> Runs {
    if back.len() == 1 && back[0] == Run::EMPTY {
        return before.clone();
    }
    let before = fitting(before, back.len(), Side::Back, model);
    let mut runs = Vec::with_capacity(before.len() * back.len());
    for run in back {
        if !run.whole {
            runs.push(*run);
            continue;
        }
        for more in &*before {
            let cut = usize::from(more.len + run.len).saturating_sub(RUN_BYTES);
            let (mut joined, _) = Run::joined(more, run, cut);
            joined.whole = more.whole && cut == 0;
            runs.push(joined);
        }
    }
    simplify(&mut runs, Side::Back, model);
    runs
}

/// What stands around the place where one node ends and the next begins.
fn seam(back: &Runs, front: &Runs, model: &mut Model) -> Runs {
    let back = fitting(back, front.len(), Side::Back, model);
    let front = fitting(front, back.len(), Side::Front, model);
    let mut runs = Vec::with_capacity(back.len() * front.len());
    for left in &*back {
        for right in &*front {
            // As much of both sides as there is room for.
            let too_long = usize::from(left.len + right.len).saturating_sub(RUN_BYTES);
            let cut = too_long.min(usize::from(left.len).saturating_sub(RUN_BYTES / 2));
            runs.push(Run::joined(left, right, cut).0);
        }
    }
    simplify(&mut runs, Side::Back, model);
    runs
}

/// Which end of alternatives counts.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Side {
    Back,
    Front,
}

/// Shortens alternatives until their product with `others` is not too many.
fn fitting<'r>(runs: &'r Runs, others: usize, side: Side, model: &mut Model) -> Cow<'r, Runs> {
    if runs.len() * others <= MAX_PRODUCT {
        return Cow::Borrowed(runs);
    }
    let mut runs = runs.clone();
    shorten(&mut runs, MAX_PRODUCT / others, side, model);
    Cow::Owned(runs)
}

/// Says that what follows is not known.
fn open(runs: &mut [Run]) {
    for run in runs {
        run.whole = false;
    }
}

/// Joins alternatives that differ in one place only; makes them shorter if they are many.
fn simplify(runs: &mut Runs, side: Side, model: &mut Model) {
    unite(runs, model);
    if runs.len() > MAX_RUNS {
        shorten(runs, MAX_RUNS, side, model);
    }
}

/// Makes at most `most` alternatives of these, shorter ones or, at last, less exact ones.
fn shorten(runs: &mut Runs, most: usize, side: Side, model: &mut Model) {
    // Many have to become much shorter: the steps between are left out.
    let longest = if runs.len() > 3 * most { RUN_BYTES / 2 } else { RUN_BYTES - 2 };
    for len in (2..=longest).rev() {
        for run in runs.iter_mut().filter(|run| usize::from(run.len) > len) {
            *run = run.part(len, side);
        }
        unite(runs, model);
        if runs.len() <= most {
            return;
        }
    }
    let mut joined: Runs = Vec::new();
    for run in runs.drain(..) {
        let same = |other: &&mut Run| (other.whole, other.len) == (run.whole, run.len);
        match joined.iter_mut().find(same) {
            Some(other) => {
                for (set, more) in other.sets.iter_mut().zip(run.sets).take(usize::from(run.len)) {
                    *set = model.union(*set, more);
                }
            }
            None => joined.push(run),
        }
    }
    *runs = joined;
}

fn unite(runs: &mut Runs, model: &mut Model) {
    let mut kept = 0;
    for at in 0..runs.len() {
        let run = runs[at];
        let packed = run.packed();
        let joined = runs[..kept].iter_mut().any(|earlier| {
            if (earlier.whole, earlier.len) != (run.whole, run.len) {
                return false;
            }
            // PERF: two halves, since most differ in both, and shifts of 128 bits take ten instructions.
            let (low, high) = (earlier.packed()[0] ^ packed[0], earlier.packed()[1] ^ packed[1]);
            if low != 0 && high != 0 {
                return false;
            }
            let differing = low | high;
            if differing == 0 {
                return true;
            }
            let place = differing.trailing_zeros() / u16::BITS;
            if differing >> (place * u16::BITS) > u64::from(u16::MAX) {
                return false;
            }
            let place = place as usize + if low == 0 { RUN_BYTES / 2 } else { 0 };
            earlier.sets[place] = model.union(earlier.sets[place], run.sets[place]);
            true
        });
        if !joined {
            runs[kept] = run;
            kept += 1;
        }
    }
    runs.truncate(kept);
}
