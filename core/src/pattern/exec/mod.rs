//! Program and subject to a match: the scratch memory, the step budget, and the executors.

#[cfg_attr(
    not(any(test, feature = "fuzzing")),
    expect(dead_code, reason = "the fast executor takes the routines up")
)]
pub(crate) mod intrinsics;
pub mod plain;

use crate::limits;

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
}

/// Stands for a place that is not set.
pub(super) const UNSET: usize = usize::MAX;

impl Scratch {
    /// Makes an empty scratch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives the byte range of a group of the last match, 0 for all of it.
    ///
    /// `None` for a group that took no part, and for all groups after a search without a match.
    pub fn group(&self, index: u32) -> Option<(usize, usize)> {
        let at = index as usize * 2;
        match self.slots.get(at..at + 2) {
            Some(&[start, end]) if start != UNSET && end != UNSET => Some((start, end)),
            _ => None,
        }
    }
}
