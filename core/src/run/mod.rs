//! Running a program: bytes in, events out, one worker per thread.

pub(crate) mod execute;
pub(crate) mod profile;
mod stats;
mod worker;

pub use profile::{Clock, FilterProfile, PatternProfile, Profile};
pub use stats::{FilterStats, Imbalance, Stats};
pub use worker::{InputOptions, Refusal, RefusalKind, RunError, Sink, Tick, Worker};
