//! `sawlog test -c CONFIG CASES…`: runs users' test cases and shows, for each that fails, the
//! fields that differ.
//!
//! The files are those of logstash-filter-verifier (its README, "Test case file reference"), in JSON
//! or YAML: input lines and fields on one side, expected events on the other.

pub mod format;
mod run;

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use sawlog::{Timestamp, Zone};

use crate::{
    EXIT_DONE, EXIT_INCOMPLETE, EXIT_USAGE,
    args::{ConfigArguments, TestArguments},
    host,
    pipeline::Failure,
    render,
    render::printable,
};

use format::{CaseFile, Syntax};
use run::Suite;

/// The endings of the names of case files.
const ENDINGS: [(&str, Syntax); 3] =
    [("json", Syntax::Json), ("yaml", Syntax::Yaml), ("yml", Syntax::Yaml)];

/// Runs the command for the config that the arguments name; failures and the closing line go to
/// standard output.
pub fn run(arguments: &TestArguments, config: &ConfigArguments) -> u8 {
    match test(arguments, config) {
        Ok(status) => status,
        Err(Failure::Argument(message)) => {
            let _ = writeln!(io::stderr(), "sawlog: {message}");
            EXIT_USAGE
        }
        Err(Failure::Config(diagnostics)) => {
            show(&diagnostics);
            EXIT_USAGE
        }
    }
}

/// Tells whether a path has the name of a case file.
pub fn is_case_file(path: &Path) -> bool {
    syntax_of(path).is_some()
}

fn test(arguments: &TestArguments, config: &ConfigArguments) -> Result<u8, Failure> {
    let now = match &arguments.now {
        Some(text) => Timestamp::parse_lenient(text, &Zone::utc()).ok_or_else(|| {
            Failure::Argument(format!("`--now {text}` is no time such as `2024-03-15T14:23:01Z`"))
        })?,
        None => host::now(),
    };
    let files = read(&arguments.files).map_err(Failure::Argument)?;
    let suite = Suite::new(arguments, config, now)?;
    let mut out = io::BufWriter::new(io::stdout());
    let (mut passed, mut failed) = (0_usize, 0_usize);
    for (index, (path, file)) in files.iter().enumerate() {
        let mut runner = suite.runner(path, file)?;
        if index == 0 {
            show(runner.warnings());
        }
        for case in &file.cases {
            let text = runner.run(case);
            if text.is_empty() {
                passed += 1;
                continue;
            }
            failed += 1;
            // Whoever closed the pipe has seen enough; the status still tells.
            let _ = report(&mut out, path, case, &text);
        }
    }
    let _ = writeln!(out, "{passed} passed, {failed} failed").and_then(|()| out.flush());
    Ok(if failed > 0 { EXIT_INCOMPLETE } else { EXIT_DONE })
}

fn report(out: &mut impl Write, path: &Path, case: &format::Case, text: &str) -> io::Result<()> {
    let path = path.display().to_string();
    write!(out, "FAILED {}, case {}", printable(&path), case.number)?;
    if let Some(description) = &case.description {
        write!(out, ": {}", printable(description.trim()))?;
    }
    writeln!(out)?;
    for line in text.lines() {
        writeln!(out, "    {}", printable(line))?;
    }
    writeln!(out)
}

fn show(diagnostics: &sawlog::Diagnostics) {
    let mut stderr = io::stderr();
    let text = render::text(diagnostics, render::Style::of(&stderr));
    // Nobody is left to be told when standard error is gone.
    let _ = stderr.write_all(text.as_bytes());
}

/// Reads all case files, those of directories sorted by name.
fn read(paths: &[PathBuf]) -> Result<Vec<(PathBuf, CaseFile)>, String> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            files.extend(directory(path)?);
        } else {
            files.push(path.clone());
        }
    }
    files
        .into_iter()
        .map(|path| {
            let name = path.display();
            let Some(syntax) = syntax_of(&path) else {
                return Err(format!(
                    "`{name}` is no file of test cases (.yaml, .yml, .json); recorded NDJSON cases \
                     bring their config and run without `-c`"
                ));
            };
            let text = fs::read_to_string(&path)
                .map_err(|error| format!("cannot read `{name}`: {error}"))?;
            let file = CaseFile::parse(&text, syntax).map_err(|error| format!("`{name}`: {error}"));
            Ok((path, file?))
        })
        .collect()
}

fn directory(path: &Path) -> Result<Vec<PathBuf>, String> {
    let name = path.display();
    let entries =
        fs::read_dir(path).map_err(|error| format!("cannot read directory `{name}`: {error}"))?;
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| format!("cannot read directory `{name}`: {error}"))?;
        if is_case_file(&entry.path()) && entry.path().is_file() {
            files.push(entry.path());
        }
    }
    if files.is_empty() {
        return Err(format!(
            "directory `{name}` holds no file of test cases (.yaml, .yml, .json); directories in it \
             are not searched"
        ));
    }
    files.sort();
    Ok(files)
}

fn syntax_of(path: &Path) -> Option<Syntax> {
    let ending = path.extension()?.to_str()?;
    ENDINGS.iter().find(|(known, _)| *known == ending).map(|(_, syntax)| *syntax)
}
