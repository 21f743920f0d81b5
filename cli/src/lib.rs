//! The command line of sawlog: files, standard streams, the environment and the clock around the
//! pure engine of the crate `sawlog`.
//!
//! One module per command ([`convert`], [`check`], [`grok`], [`patterns`], [`retry`], [`test`], [`diff`], [`fmt`],
//! [`pages`], [`plugins`]); the rest is what they share: reading
//! configs and what they ask for, and rendering diagnostics.

use std::{ffi::OsString, process::ExitCode};

use sawlog::program::schema::PluginKind;

pub mod args;
pub mod block;
pub mod buffer;
pub mod cases;
pub mod check;
pub mod convert;
pub mod dictionary;
pub mod diff;
pub mod engine;
pub mod fmt;
pub mod format;
pub mod grok;
pub mod history;
pub mod host;
pub mod input;
pub mod inputs;
pub mod manifest;
pub mod output;
pub mod pages;
pub mod patterns;
pub mod pipeline;
pub mod plugins;
pub mod process;
pub mod profile;
pub mod progress;
pub mod rejects;
pub mod render;
pub mod report;
pub mod resources;
pub mod retry;
pub mod sources;
pub mod summary;
pub mod surroundings;
pub mod test;
pub mod writer;

/// Exit status when everything was done.
pub const EXIT_DONE: u8 = 0;
/// Exit status when an input was unreadable, a line did not match or a case failed; the rest was
/// done.
pub const EXIT_INCOMPLETE: u8 = 1;
/// Exit status for wrong arguments and refused configs.
pub const EXIT_USAGE: u8 = 2;
/// Exit status with `--strict` when something was rejected; all else was done.
pub const EXIT_REJECTED: u8 = 3;
/// Exit status when sawlog finds that it lost or doubled something: a bug (`EX_SOFTWARE` of
/// sysexits.h).
pub const EXIT_FAULT: u8 = 70;
/// Exit status after Ctrl-C, as shells have it.
pub const EXIT_INTERRUPTED: u8 = 130;

/// Runs the command that `arguments` (program name first) asks for and returns the exit status.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match args::parse(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Nothing is left to tell when the terminal is gone.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { EXIT_USAGE } else { EXIT_DONE });
        }
    };
    let status = match &arguments.command {
        args::Command::Check(arguments) => check::run(arguments),
        args::Command::Codecs(arguments) => plugins::run(PluginKind::Codec, arguments),
        args::Command::Completions(arguments) => pages::completions(arguments),
        args::Command::Convert(arguments) => convert::run(arguments),
        args::Command::Diff(arguments) => diff::run(arguments),
        args::Command::Filters(arguments) => plugins::run(PluginKind::Filter, arguments),
        args::Command::Fmt(arguments) => fmt::run(arguments),
        args::Command::Grok(arguments) => grok::run(arguments),
        args::Command::Man(arguments) => pages::man(arguments),
        args::Command::Patterns(arguments) => patterns::run(arguments),
        args::Command::Retry(arguments) => retry::run(arguments),
        args::Command::Test(arguments) => test::run(arguments),
    };
    ExitCode::from(status)
}
