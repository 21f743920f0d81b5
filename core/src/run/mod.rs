//! Running a program: bytes in, events out, one worker per thread.

pub(crate) mod execute;
mod stats;
mod worker;

pub use stats::{FilterStats, Imbalance, Stats};
pub use worker::{InputOptions, Refusal, RefusalKind, RunError, Sink, Tick, Worker};
