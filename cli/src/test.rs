//! `sawlog test`: runs recorded cases and shows, for each that fails, where the outcome differs.
//!
//! With a config it runs the test cases of users instead ([`crate::cases`]).

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use sawlog::conformance::{ExpectedDifferences, Failure, OnUnsupported, Runner};

use crate::{
    EXIT_DONE, EXIT_INCOMPLETE, EXIT_USAGE,
    args::{ConfigArguments, TestArguments},
    cases,
    render::printable,
    resources,
};

/// Characters of a config that are shown with a failure.
const SHOWN_CONFIG: usize = 400;

/// Runs the command; failures and the closing line go to standard output.
pub fn run(arguments: &TestArguments) -> u8 {
    if arguments.config.is_some() || arguments.execute.is_some() {
        let config = ConfigArguments {
            config: arguments.config.clone(),
            execute: arguments.execute.clone(),
            grok: None,
        };
        return cases::run(arguments, &config);
    }
    match test(arguments) {
        Ok(status) => status,
        Err(message) => {
            let _ = writeln!(io::stderr(), "sawlog: {message}");
            EXIT_USAGE
        }
    }
}

fn test(arguments: &TestArguments) -> Result<u8, String> {
    let is_case_file = |path: &&PathBuf| cases::is_case_file(path) || path.is_dir();
    if let Some(path) = arguments.files.iter().find(is_case_file) {
        return Err(format!(
            "`{}` holds test cases of a config: say which with `-c CONFIG` (recorded cases, which \
             bring their config, are in files named .ndjson)",
            path.display()
        ));
    }
    let listed = match &arguments.expected {
        Some(path) => ExpectedDifferences::parse(&read(path)?)
            .map_err(|error| format!("`{}`: {error}", path.display()))?,
        None => ExpectedDifferences::default(),
    };
    let on_unsupported =
        if arguments.compile.skip_unsupported { OnUnsupported::Skip } else { OnUnsupported::Fail };
    let runner = Runner::new(listed, on_unsupported);
    let mut runner = runner.with_resources(resources::built_in());
    let mut out = io::BufWriter::new(io::stdout());
    for path in &arguments.files {
        // Whoever closed the pipe has seen enough; the status still tells.
        runner.run_file(&read(path)?, &mut |failure| drop(show(&mut out, path, failure)));
    }
    let tally = runner.tally();
    let left_out = match tally.unsupported {
        0 => String::new(),
        count => format!("{count} left out: their plugins are not built\n"),
    };
    let listed = match &arguments.expected {
        Some(_) => format!(", {} expected", tally.expected),
        None => String::new(),
    };
    let _ = writeln!(out, "{left_out}{tally}{listed}").and_then(|()| out.flush());
    Ok(if tally.failed > 0 { EXIT_INCOMPLETE } else { EXIT_DONE })
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("cannot read `{}`: {error}", path.display()))
}

fn show(out: &mut impl Write, path: &Path, failure: Failure<'_>) -> io::Result<()> {
    let Failure { id, line, config, text } = failure;
    writeln!(out, "FAILED {} ({}:{line})", printable(id), path.display())?;
    let mut shown: String = config.chars().take(SHOWN_CONFIG).collect();
    if shown.len() < config.len() {
        shown.push('…');
    }
    for line in shown.lines() {
        writeln!(out, "    | {}", printable(line))?;
    }
    for line in text.lines() {
        writeln!(out, "    {}", printable(line))?;
    }
    writeln!(out)
}
