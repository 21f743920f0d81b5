//! `sawlog fmt`: gives configs their canonical layout; comments stay where they belong.
//!
//! A file is replaced as a whole or not at all: the text goes to a temporary file beside it, which is
//! then renamed. A config with errors, and one that is formatted already, is not touched.

use std::{
    fs, io,
    io::{Read as _, Write},
    path::{Path, PathBuf},
};

use sawlog::{Config, Diagnostics, ParseOptions, Source, config::print};

use crate::{EXIT_DONE, EXIT_INCOMPLETE, EXIT_USAGE, args::FmtArguments, input, render};

/// Runs the command; standard output gets the formatted standard input, or with `--check` the names
/// of the files that would change.
pub fn run(arguments: &FmtArguments) -> u8 {
    let standard_input = [PathBuf::from("-")];
    let files = if arguments.files.is_empty() { &standard_input[..] } else { &arguments.files[..] };
    let mut status = EXIT_DONE;
    for path in files {
        match format_file(path, arguments.check) {
            Ok(State::Same) => {}
            Ok(State::Differs) => {
                if arguments.check {
                    // A closed pipe has seen enough; the status still tells.
                    let _ = writeln!(io::stdout(), "{}", path.display());
                    status = status.max(EXIT_INCOMPLETE);
                }
            }
            Err(Problem::Config(diagnostics)) => {
                let mut stderr = io::stderr();
                let text = render::text(&diagnostics, render::Style::of(&stderr));
                // Nobody is left to be told when standard error is gone.
                let _ = stderr.write_all(text.as_bytes());
                status = EXIT_USAGE;
            }
            Err(Problem::File(message)) => {
                let _ = writeln!(io::stderr(), "sawlog: {message}");
                status = EXIT_USAGE;
            }
        }
    }
    status
}

enum State {
    Differs,
    Same,
}

enum Problem {
    Config(Diagnostics),
    File(String),
}

fn format_file(path: &Path, is_check: bool) -> Result<State, Problem> {
    let is_standard_input = input::is_standard_input(path);
    let name = if is_standard_input { "standard input".into() } else { path.to_string_lossy() };
    let failed = |what: &str, error: &dyn std::fmt::Display| {
        Problem::File(format!("{what} `{name}`: {error}"))
    };
    let mut bytes = Vec::new();
    if is_standard_input {
        let _ =
            io::stdin().read_to_end(&mut bytes).map_err(|error| failed("cannot read", &error))?;
    } else {
        bytes = fs::read(path).map_err(|error| failed("cannot read", &error))?;
    }
    let text =
        String::from_utf8(bytes).map_err(|error| failed("cannot format", &error.utf8_error()))?;
    let formatted = formatted(&name, &text)?;
    let is_same = formatted == text;
    if is_standard_input && !is_check {
        let mut stdout = io::stdout();
        // A closed pipe has seen all that it wants.
        let _ = stdout.write_all(formatted.as_bytes()).and_then(|()| stdout.flush());
    } else if !is_same && !is_check {
        replace(path, formatted.as_bytes()).map_err(|error| failed("cannot write", &error))?;
    }
    Ok(if is_same { State::Same } else { State::Differs })
}

fn formatted(name: &str, text: &str) -> Result<String, Problem> {
    let parse = |text: &str| {
        Config::parse(vec![Source::new(name, text)], &ParseOptions::default())
            .map_err(Problem::Config)
    };
    let config = parse(text)?;
    let formatted = print::format(&config);
    // A file is somebody's work: what does not read back to the same is not written.
    let again = parse(&formatted)?;
    if print::print(again.ast()) == print::print(config.ast()) && print::format(&again) == formatted
    {
        return Ok(formatted);
    }
    Err(Problem::File(format!("`{name}` was left alone: a fault in sawlog would have damaged it")))
}

/// Replaces a file as a whole; its permissions stay, and so does a link to it.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let permissions = fs::metadata(&path)?.permissions();
    if permissions.readonly() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
    }
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let mut file = fs::File::create_new(&temporary)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.set_permissions(permissions))
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&temporary, &path));
    if written.is_err() {
        // The first error is the one that matters.
        let _ = fs::remove_file(&temporary);
    }
    written
}
