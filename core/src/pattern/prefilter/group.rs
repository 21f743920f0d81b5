//! Clauses of a list to one pass over a text: up to 8 buckets of runs, four byte sets of each run
//! as its fingerprint.
//!
//! ```text
//! fingerprints of 8 buckets --SIMD--> (place, buckets) --every run of the bucket--> clause found
//! ```

use crate::pattern::unicode::ByteSet;
use crate::scan::Simd;
use crate::scan::teddy::{self, Teddy};

use super::CLAUSES;
use super::factor::{RUN_BYTES, Runs};
use super::model::{Model, SetId};

/// Runs of one group at most; more share their buckets too much.
const GROUP_RUNS: usize = 40;

/// A clause of a pattern that has to be found.
pub(super) struct Wanted {
    /// The pattern's bit.
    pub(super) pattern: u64,
    /// Which of its clauses this is.
    pub(super) slot: usize,
    pub(super) runs: Runs,
}

/// Clauses that are looked for in one pass.
#[derive(Debug)]
pub(super) struct Group {
    teddy: Teddy,
    /// The runs of each bucket, a bit for each run.
    buckets: [u64; teddy::BUCKETS],
    /// The patterns that each bucket is there for.
    patterns: [u64; teddy::BUCKETS],
    /// Runs by place, counted from [`BEFORE`] bytes before the fingerprint, and byte. The byte 256
    /// stands for what is outside of the text.
    compare: Box<[[u64; 257]]>,
    runs: Box<[Needle]>,
    /// Patterns that lack a clause, by clause.
    without: [u64; CLAUSES],
}

/// A run that is looked for.
#[derive(Debug)]
struct Needle {
    /// The patterns of whose clauses it is one alternative, by clause.
    finds: [u64; CLAUSES],
    /// The runs, itself too, that need not be found once it is.
    settles: u64,
}

/// Bytes of a run that may be before its fingerprint.
const BEFORE: usize = RUN_BYTES - teddy::PLACES;

/// Bytes that are compared where a fingerprint is found.
const COMPARED: usize = BEFORE + RUN_BYTES;

/// Divides the clauses among groups.
pub(super) fn groups(wanted: Vec<Wanted>, model: &mut Model) -> Box<[Group]> {
    let mut groups = Vec::new();
    let mut part = Builder::default();
    for clause in wanted {
        if part.drafts.len() + clause.runs.len() > GROUP_RUNS && !part.drafts.is_empty() {
            groups.push(std::mem::take(&mut part).finish(model));
        }
        part.add(&clause, model);
    }
    if !part.drafts.is_empty() {
        groups.push(part.finish(model));
    }
    groups.into()
}

impl Group {
    /// Keeps those of the patterns whose clauses are all there.
    #[inline]
    pub(super) fn candidates(&self, simd: Simd, subject: &[u8], alive: u64) -> u64 {
        let mut found = self.without;
        let done = |found: &[u64; CLAUSES]| found.iter().fold(alive, |all, found| all & found);
        if done(&found) == alive {
            return alive;
        }
        let mut active = 0;
        for (bucket, patterns) in self.patterns.iter().enumerate() {
            active |= u8::from(patterns & alive != 0) << bucket;
        }
        let mut wanted = u64::MAX;
        self.teddy.find(simd, subject, active, |at, buckets| {
            let mut runs = self.runs_at(subject, at, buckets) & wanted;
            if runs == 0 {
                return active;
            }
            while runs != 0 {
                let run = &self.runs[runs.trailing_zeros() as usize];
                runs &= runs - 1;
                wanted &= !run.settles;
                for (found, finds) in found.iter_mut().zip(run.finds) {
                    *found |= finds;
                }
            }
            for (bucket, runs) in self.buckets.iter().enumerate() {
                active &= !(u8::from(runs & wanted == 0) << bucket);
            }
            active
        });
        done(&found)
    }

    /// The runs of some buckets whose fingerprint is at a place, and the bytes around it too.
    #[inline]
    fn runs_at(&self, subject: &[u8], at: usize, mut buckets: u8) -> u64 {
        let mut runs = 0;
        while buckets != 0 {
            runs |= self.buckets[buckets.trailing_zeros() as usize];
            buckets &= buckets - 1;
        }
        // PERF: one look-up for all runs of the buckets at a place, not one for each.
        if let Some(start) = at.checked_sub(BEFORE)
            && let Some(part) = subject.get(start..start + COMPARED)
        {
            for (row, byte) in self.compare.iter().zip(part) {
                runs &= row[usize::from(*byte)];
            }
            return runs;
        }
        for (place, row) in self.compare.iter().enumerate() {
            let byte = (at + place).checked_sub(BEFORE).and_then(|at| subject.get(at));
            runs &= row[byte.map_or(OUTSIDE, |byte| usize::from(*byte))];
        }
        runs
    }
}

/// Stands for a byte before or behind the text.
const OUTSIDE: usize = 256;

/// The sets that are looked at in the pass.
type Print = [SetId; teddy::PLACES];

/// A run before it has its bucket.
struct Draft {
    sets: Vec<SetId>,
    finds: [u64; CLAUSES],
    before: usize,
    /// The fingerprint; what is behind a short run may be anything.
    print: Print,
    share: f32,
}

#[derive(Default)]
struct Builder {
    drafts: Vec<Draft>,
    with: [u64; CLAUSES],
}

impl Builder {
    fn add(&mut self, clause: &Wanted, model: &mut Model) {
        self.with[clause.slot] |= clause.pattern;
        for run in &clause.runs {
            let known = self.drafts.iter_mut().find(|draft| draft.sets == run.sets());
            if let Some(draft) = known {
                draft.finds[clause.slot] |= clause.pattern;
                continue;
            }
            let (before, print, share) = fingerprint(run.sets(), model);
            let mut finds = [0; CLAUSES];
            finds[clause.slot] = clause.pattern;
            self.drafts.push(Draft { sets: run.sets().to_vec(), finds, before, print, share });
        }
    }

    /// Puts each run into the bucket that it makes least more common, the commonest first.
    fn finish(mut self, model: &mut Model) -> Group {
        self.drafts.sort_by(|left, right| right.share.total_cmp(&left.share));
        let none = [model.set(&ByteSet::default()); teddy::PLACES];
        let mut buckets: [(Vec<Draft>, Print, f32); teddy::BUCKETS] =
            core::array::from_fn(|_| (Vec::new(), none, 0.0));
        for draft in self.drafts {
            let mut best = (f32::INFINITY, 0);
            for (at, (_, print, share)) in buckets.iter().enumerate() {
                let joined = union(*print, draft.print, model);
                let more = model.blurred_share(&joined) - share;
                if more < best.0 {
                    best = (more, at);
                }
            }
            let (drafts, print, share) = &mut buckets[best.1];
            *print = union(*print, draft.print, model);
            *share = model.blurred_share(print);
            drafts.push(draft);
        }
        let prints = buckets.each_ref().map(|(_, print, _)| print.map(|set| *model.bytes(set)));
        let mut finds = Vec::new();
        let mut rows = [const { Vec::new() }; COMPARED];
        let mut patterns = [0; teddy::BUCKETS];
        let mut patterns_of = patterns.iter_mut();
        let buckets = buckets.map(|(drafts, ..)| {
            let mut bucket = 0;
            if let Some(patterns) = patterns_of.next() {
                *patterns = drafts.iter().flat_map(|draft| draft.finds).fold(0, |a, b| a | b);
            }
            for draft in drafts {
                // Fewer than 64, see GROUP_RUNS.
                let bit = 1 << (finds.len() % 64);
                bucket |= bit;
                finds.push(draft.finds);
                for (row, set) in rows.iter_mut().skip(BEFORE - draft.before).zip(&draft.sets) {
                    row.push((bit, *model.bytes(*set)));
                }
            }
            bucket
        });
        let runs = finds.iter().map(|own| Needle {
            finds: *own,
            settles: finds.iter().enumerate().fold(0, |settled, (at, other)| {
                let within = other.iter().zip(own).all(|(other, own)| other & !own == 0);
                settled | u64::from(within) << at
            }),
        });
        let runs = runs.collect();
        Group {
            teddy: Teddy::new(&prints),
            buckets,
            patterns,
            compare: rows.iter().map(|runs| compared(runs)).collect(),
            runs,
            without: self.with.map(|with| !with),
        }
    }
}

/// The runs that a byte leaves open at one place: those that have it there, and those that have no set there.
fn compared(runs: &[(u64, ByteSet)]) -> [u64; 257] {
    let mut row = [runs.iter().fold(u64::MAX, |others, (bit, _)| others & !bit); 257];
    for (bit, set) in runs {
        set.iter().for_each(|byte| row[usize::from(byte)] |= bit);
    }
    row
}

/// The share of places in a log at which runs have to be compared.
pub(super) fn places(runs: &Runs, model: &mut Model) -> f32 {
    runs.iter().map(|run| fingerprint(run.sets(), model).2).sum()
}

/// Chooses the rarest four neighbouring sets of a run.
fn fingerprint(sets: &[SetId], model: &mut Model) -> (usize, Print, f32) {
    let mut best = (0, [SetId::FULL; teddy::PLACES], f32::INFINITY);
    for at in 0..=sets.len().saturating_sub(teddy::PLACES) {
        let mut print = [SetId::FULL; teddy::PLACES];
        for (set, own) in print.iter_mut().zip(&sets[at..]) {
            *set = *own;
        }
        let share = model.blurred_share(&print);
        if share < best.2 {
            best = (at, print, share);
        }
    }
    best
}

fn union(left: Print, right: Print, model: &mut Model) -> Print {
    core::array::from_fn(|at| model.union(left[at], right[at]))
}
