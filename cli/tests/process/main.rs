//! The command line as a process, on real files and pipes.

#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(unreachable_pub, reason = "the modules of a test have no public")]

mod account;
mod archives;
mod check;
mod convert;
mod discovery;
mod manifest;
mod parallel;
mod readme;
mod streaming;
mod support;
mod test;
