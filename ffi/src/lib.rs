//! The C interface of sawlog. `include/sawlog.h` is written from this crate, doc comments included, and is its
//! documentation; docs/c.md is the guide.
//!
//! Nothing is decided here: each function checks what it was given, calls [`sawlog`] once inside of a boundary that
//! turns a panic into a status, and writes what came back.
//!
//! What all functions rely on, and only the caller can see to: a pointer that is not NULL points to what the header
//! says, for as long as the call takes, and a handle has not been freed. NULL, alignment, lengths, sizes of
//! structs, UTF-8 and two threads in one worker are checked.

#![expect(unsafe_code, reason = "pointers come from C")]
#![expect(clippy::missing_safety_doc, reason = "the rules for callers are those of the crate")]

mod arrow;
mod config;
mod diagnostics;
mod event;
mod handle;
mod needs;
mod pipeline;
mod rejects;
mod resources;
mod stats;
mod status;
#[cfg(feature = "test-hooks")]
mod test_hooks;
mod types;
mod version;
mod worker;

pub use arrow::*;
pub use config::*;
pub use diagnostics::*;
pub use event::*;
pub use needs::*;
pub use pipeline::*;
pub use rejects::*;
pub use resources::*;
pub use stats::*;
pub use status::*;
#[cfg(feature = "test-hooks")]
pub use test_hooks::*;
pub use types::*;
pub use version::*;
pub use worker::*;
