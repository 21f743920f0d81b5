//! The command line as a process, on real files and pipes.

#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(unreachable_pub, reason = "the modules of a test have no public")]

mod account;
mod archives;
mod cases;
mod check;
mod codecs;
mod convert;
mod diff;
mod discovery;
mod fmt;
mod grok;
mod manifest;
mod pages;
mod parallel;
mod patterns;
mod pipelines;
mod plugin_pages;
mod plugins;
mod profile;
mod readme;
mod streaming;
mod support;
mod test;
