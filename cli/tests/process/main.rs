//! The command line as a process, on real files and pipes.

#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(unreachable_pub, reason = "the modules of a test have no public")]

mod cases;
mod check;
mod convert;
mod diff;
mod fmt;
mod grok;
mod pages;
mod patterns;
mod readme;
mod streaming;
mod support;
mod test;
