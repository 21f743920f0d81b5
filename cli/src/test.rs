//! `sawlog test`: runs recorded cases and shows, for each that fails, where the outcome differs.

use std::{
    fs,
    io::{self, Write},
    panic::{self, AssertUnwindSafe},
    path::Path,
};

use sawlog::{
    Resources,
    conformance::{ExpectedDifferences, Tally, Vector, Verdict},
};

use crate::{EXIT_DONE, EXIT_INCOMPLETE, EXIT_USAGE, args::TestArguments, render::printable};

/// Characters of a config that are shown with a failure.
const SHOWN_CONFIG: usize = 400;

/// Runs the command; failures and the closing line go to standard output.
pub fn run(arguments: &TestArguments) -> u8 {
    let mut listed = match read_expected(arguments.expected.as_deref()) {
        Ok(listed) => listed,
        Err(message) => {
            let _ = writeln!(io::stderr(), "sawlog: {message}");
            return EXIT_USAGE;
        }
    };
    let mut out = io::BufWriter::new(io::stdout());
    let mut tally = Tally::default();
    for path in &arguments.files {
        let text = match fs::read(path) {
            Ok(text) => text,
            Err(error) => {
                let _ = writeln!(io::stderr(), "sawlog: cannot read `{}`: {error}", path.display());
                return EXIT_USAGE;
            }
        };
        run_file(path, &text, arguments, &mut listed, &mut tally, &mut out);
    }
    // Whoever closed the pipe has seen enough; the status still tells.
    let _ = close(&tally, arguments, &mut out);
    if tally.failed > 0 { EXIT_INCOMPLETE } else { EXIT_DONE }
}

fn read_expected(path: Option<&Path>) -> Result<ExpectedDifferences, String> {
    let Some(path) = path else { return Ok(ExpectedDifferences::default()) };
    let name = path.display();
    let text =
        fs::read_to_string(path).map_err(|error| format!("cannot read `{name}`: {error}"))?;
    ExpectedDifferences::parse(&text).map_err(|error| format!("`{name}`: {error}"))
}

fn run_file(
    path: &Path,
    text: &[u8],
    arguments: &TestArguments,
    listed: &mut ExpectedDifferences,
    tally: &mut Tally,
    out: &mut impl Write,
) {
    for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let line = String::from_utf8_lossy(line);
        let (id, config, verdict) = match Vector::parse(&line) {
            Ok(vector) => {
                let verdict = run_caught(&vector, arguments);
                (vector.id, vector.config, verdict)
            }
            Err(error) => ("?".to_owned(), String::new(), Verdict::Failed(error)),
        };
        if let Some(failure) = tally.count(&id, verdict, listed) {
            let _ =
                show(out, &format!("{id} ({}:{})", path.display(), index + 1), &config, &failure);
        }
    }
}

/// Runs one case; a panic is a failure of that case, not the end of the run.
fn run_caught(vector: &Vector, arguments: &TestArguments) -> Verdict {
    let run = AssertUnwindSafe(|| vector.run(&Resources::new()));
    let verdict = panic::catch_unwind(run).unwrap_or_else(|payload| {
        let text = payload
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| payload.downcast_ref::<&str>().copied())
            .unwrap_or("no text");
        Verdict::Failed(format!("panicked: {text}"))
    });
    match verdict {
        Verdict::Unsupported(_) if arguments.skip_unsupported => verdict,
        Verdict::Unsupported(_) if vector.expects_refusal() => Verdict::Passed,
        Verdict::Unsupported(names) => Verdict::Failed(names.join("\n")),
        _ => verdict,
    }
}

fn show(out: &mut impl Write, title: &str, config: &str, failure: &str) -> io::Result<()> {
    writeln!(out, "FAILED {}", printable(title))?;
    let mut shown: String = config.chars().take(SHOWN_CONFIG).collect();
    if shown.len() < config.len() {
        shown.push('…');
    }
    for line in shown.lines() {
        writeln!(out, "    | {}", printable(line))?;
    }
    for line in failure.lines() {
        writeln!(out, "    {}", printable(line))?;
    }
    writeln!(out)
}

fn close(tally: &Tally, arguments: &TestArguments, out: &mut impl Write) -> io::Result<()> {
    if tally.unsupported > 0 {
        writeln!(out, "{} left out: their plugins are not built", tally.unsupported)?;
    }
    write!(out, "{tally}")?;
    if arguments.expected.is_some() {
        write!(out, ", {} expected", tally.expected)?;
    }
    writeln!(out)?;
    out.flush()
}
