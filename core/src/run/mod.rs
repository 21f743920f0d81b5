//! Running a program: bytes in, events out, one worker per thread.

mod converter;
pub(crate) mod execute;
pub(crate) mod profile;
mod stats;
mod worker;

pub use converter::{ConvertError, Converter, ConverterOptions, Reject, RejectOutcome, Rejects};
pub use profile::{Clock, FilterProfile, PatternProfile, Profile};
pub use stats::{FilterStats, Imbalance, Stats};
pub use worker::{InputOptions, Refusal, RefusalKind, RunError, Sink, Tick, Worker};
