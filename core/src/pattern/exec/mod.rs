//! Program and subject to a match: the scratch memory, the step budget, and the executors.

pub(crate) mod fast;
pub(crate) mod intrinsics;
pub mod plain;

use crate::limits;
use crate::scan::{Simd, SimdLevel};

/// Steps that a search may still take.
///
/// Steps are counted by instruction, not by the clock, so that the same pattern and subject end
/// the same way on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Steps left; a search that needs more ends with [`BudgetExhausted`].
    pub steps_left: u64,
}

/// Says that a search was given up: its budget or its memory was used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetExhausted;

impl Budget {
    /// Gives the budget for a subject of `len` bytes: a base and a share for each byte.
    pub fn for_subject(len: usize) -> Self {
        let bytes = (len as u64).saturating_mul(limits::PATTERN_STEPS_PER_BYTE);
        Self { steps_left: limits::PATTERN_BASE_STEPS.saturating_add(bytes) }
    }

    /// Gives the budget for an explanation, or for those of a list of patterns together.
    pub fn for_explanation() -> Self {
        Self { steps_left: limits::EXPLAIN_STEPS }
    }
}

/// Which executor runs a search.
///
/// Both give the same matches; the plain one is the judge of the fast one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Executor {
    /// The fast one, for the patterns that it knows; what uses up its steps is tried by the plain one.
    #[default]
    Fast,
    /// The plain one.
    Plain,
}

/// How the loops over bytes are run: for tests, measurements and reports of bugs.
///
/// Nothing here changes an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Engine {
    /// What runs patterns.
    pub executor: Executor,
    /// The instructions that are used.
    pub simd: SimdLevel,
}

/// The memory of a search, to be used again for the next one.
///
/// It grows to what the searches need and stays there. After a successful search it holds the
/// places of the groups until the next search.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(super) stack: Vec<plain::Frame>,
    /// Start and end of each group, [`UNSET`] where it took no part.
    pub(super) slots: Vec<usize>,
    pub(super) regs: Vec<usize>,
    pub(super) calls: Vec<plain::CallFrame>,
    pub(super) saved: Vec<usize>,
    pub(super) memo: Vec<u64>,
    pub(super) tried: Vec<(usize, usize)>,
    executor: Executor,
    simd: Simd,
    fast: fast::Memory,
    /// Whether the groups of the last search are those of the fast executor.
    pub(super) uses_fast: bool,
}

/// Stands for a place that is not set.
pub(super) const UNSET: usize = usize::MAX;

impl Scratch {
    /// Makes an empty scratch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Chooses how searches run; the matches are the same.
    pub fn set_engine(&mut self, engine: Engine) {
        self.executor = engine.executor;
        self.simd = Simd::new(engine.simd);
    }

    /// What a test of a text before its patterns runs with; `None` if there is to be none.
    #[inline]
    pub(super) fn prefilter_simd(&self) -> Option<Simd> {
        (self.executor == Executor::Fast).then_some(self.simd)
    }

    /// Searches with the fast executor; `None` if the plain one has to.
    #[inline]
    pub(super) fn search(
        &mut self,
        program: &fast::Program,
        subject: &str,
        start: usize,
        anchored: bool,
        budget: &mut Budget,
    ) -> Option<bool> {
        if self.executor == Executor::Plain
            || subject.len() > fast::MAX_SUBJECT
            || !subject.is_char_boundary(start)
        {
            return None;
        }
        let mut steps = budget.steps_left;
        let found =
            fast::search(self.simd, program, subject, start, anchored, &mut self.fast, &mut steps);
        let found = found.ok()?;
        budget.steps_left = steps;
        self.uses_fast = true;
        if !found {
            self.fast.slots.clear();
        }
        Some(found)
    }

    /// Gives the byte range of a group of the last match, 0 for all of it.
    ///
    /// `None` for a group that took no part, and for all groups after a search without a match.
    #[inline]
    pub fn group(&self, index: u32) -> Option<(usize, usize)> {
        let at = index as usize * 2;
        if self.uses_fast {
            return match self.fast.slots.get(at..at + 2) {
                Some(&[start, end]) if end != fast::UNSET && start != fast::UNSET => {
                    Some((start as usize, end as usize))
                }
                _ => None,
            };
        }
        match self.slots.get(at..at + 2) {
            Some(&[start, end]) if start != UNSET && end != UNSET => Some((start, end)),
            _ => None,
        }
    }

    /// The groups of the last match.
    #[inline]
    pub(crate) fn groups(&self) -> Groups<'_> {
        if self.uses_fast {
            Groups::Fast(self.fast.slots.as_chunks().0)
        } else {
            Groups::Plain(self.slots.as_chunks().0)
        }
    }
}

/// Where the groups of the last match start and end.
#[derive(Clone, Copy)]
pub(crate) enum Groups<'s> {
    Fast(&'s [[u32; 2]]),
    Plain(&'s [[usize; 2]]),
}

impl Groups<'_> {
    /// Gives the text of a group, in the subject of the search.
    ///
    /// `None` as for [`Scratch::group`].
    // PERF: a place that is not set is beyond every subject, so that one check serves for both.
    #[inline]
    pub(crate) fn text<'s>(&self, index: u32, subject: &'s str) -> Option<&'s str> {
        match self {
            Self::Fast(groups) => {
                let &[start, end] = groups.get(index as usize)?;
                subject.get(start as usize..end as usize)
            }
            Self::Plain(groups) => {
                let &[start, end] = groups.get(index as usize)?;
                subject.get(start..end)
            }
        }
    }
}
