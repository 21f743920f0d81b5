//! The executor that is used: the same matches as the plain one, at speed.
//!
//! It stands on what [`super::super::analysis`] proves of a pattern before it is run; see
//! [`compile`] for what is decided there and [`machine`] for what is left to do for each subject.

mod compile;
mod machine;
mod program;

use crate::scan::{Kernel, Level, Simd};

use super::BudgetExhausted;

pub(crate) use compile::compile;
pub(crate) use machine::{Memory, UNSET};
pub(crate) use program::Program;

/// Subjects from this number of bytes on are left to the plain executor: places have 32 bits.
pub(crate) const MAX_SUBJECT: usize = u32::MAX as usize - 64;

/// One search, compiled for each level of the CPU.
struct Search<'a> {
    program: &'a Program,
    bytes: &'a [u8],
    start: usize,
    anchored: bool,
    memory: &'a mut Memory,
    steps: &'a mut u64,
}

impl Kernel for Search<'_> {
    type Output = Result<bool, BudgetExhausted>;

    #[inline(always)]
    fn run<L: Level>(self, level: L) -> Self::Output {
        let Self { program, bytes, start, anchored, memory, steps } = self;
        machine::search(level, program, bytes, start, anchored, memory, steps)
    }
}

/// Finds the leftmost match from `start` on, which is a character boundary of the subject.
///
/// # Errors
/// The steps or the memory were used up.
pub(crate) fn search(
    simd: Simd,
    program: &Program,
    subject: &str,
    start: usize,
    anchored: bool,
    memory: &mut Memory,
    steps: &mut u64,
) -> Result<bool, BudgetExhausted> {
    let bytes = subject.as_bytes();
    simd.dispatch(Search { program, bytes, start, anchored, memory, steps })
}
