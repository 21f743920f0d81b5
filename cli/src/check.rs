//! `sawlog check`: all diagnostics of a config, for people or for programs.

use std::io::{self, Write as _};

use sawlog::{Diagnostics, Severity, lint::lint};

use crate::{
    EXIT_DONE, EXIT_USAGE,
    args::{CheckArguments, CheckFormat},
    host, pipeline,
    pipeline::Failure,
    render,
};

/// Runs the command; the diagnostics are its output, so they go to standard output.
pub fn run(arguments: &CheckArguments) -> u8 {
    let diagnostics = match diagnose(arguments) {
        Ok(diagnostics) | Err(Failure::Config(diagnostics)) => diagnostics,
        Err(Failure::Argument(message)) => {
            let _ = writeln!(io::stderr(), "sawlog: {message}");
            return EXIT_USAGE;
        }
    };
    let diagnostics = &diagnostics;
    let mut stdout = io::stdout();
    let text = match arguments.format {
        CheckFormat::Json => render::json(diagnostics),
        CheckFormat::Text => {
            render::text(diagnostics, render::Style::of(&stdout)) + &closing_line(diagnostics)
        }
    };
    // A closed pipe has seen all that it wants.
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    let is_refused = diagnostics.has_errors() || arguments.deny_warnings && !diagnostics.is_empty();
    if is_refused { EXIT_USAGE } else { EXIT_DONE }
}

/// All that is wrong with a config that compiles: what compiling warns of, and the lints.
fn diagnose(arguments: &CheckArguments) -> Result<Diagnostics, Failure> {
    let prepared = pipeline::prepare(&arguments.config, &arguments.compile, host::now())?;
    let lints = lint(&prepared.config, &prepared.resources, &prepared.options);
    let mut diagnostics = prepared.compile()?.pipeline.warnings().clone();
    diagnostics.extend(lints.iter().cloned());
    Ok(diagnostics)
}

fn closing_line(diagnostics: &Diagnostics) -> String {
    let count = |severity| diagnostics.iter().filter(|one| one.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    match (errors, warnings) {
        (0, 0) => "the config is fine\n".to_owned(),
        (0, _) => format!("{}, no errors\n", counted(warnings, "warning")),
        _ => format!("{}, {}\n", counted(errors, "error"), counted(warnings, "warning")),
    }
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
