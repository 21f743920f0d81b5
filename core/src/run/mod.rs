//! Running a program: bytes in, events out, one worker per thread.

pub(crate) mod execute;
mod stats;
mod worker;

pub use stats::{FilterStats, Stats};
pub use worker::{InputOptions, Refusal, RefusalKind, RunError, Sink, Tick, Worker};
