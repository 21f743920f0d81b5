//! The end of a run: the check of the accounts, the summary, the exit status.

use std::{
    fmt::Write as _,
    fs,
    io::{self, Write as _},
};

use crate::{
    EXIT_DONE, EXIT_FAULT, EXIT_INCOMPLETE, EXIT_REJECTED, args::ReportArguments, process::Tally,
    summary::RunFacts,
};

/// Checks the accounts, says what was done as the arguments want it, and returns the exit status;
/// `status` is that of the run so far.
pub fn close(
    tally: &Tally,
    facts: &RunFacts<'_>,
    arguments: &ReportArguments,
    mut status: u8,
) -> u8 {
    let mut text = String::new();
    if arguments.wants_json() {
        text = tally.json(facts);
    } else if !arguments.quiet {
        text.extend(tally.closing(facts).iter().map(|line| format!("sawlog: {line}\n")));
    }
    if let Some(path) = arguments.file()
        && let Err(error) = fs::write(path, tally.json(facts))
    {
        let _ = writeln!(text, "sawlog: cannot write `{}`: {error}", path.display());
        status = EXIT_INCOMPLETE;
    }
    if status == EXIT_DONE && arguments.strict && tally.rejected() > 0 {
        status = EXIT_REJECTED;
    }
    if let Err(error) = tally.check() {
        let _ = writeln!(
            text,
            "sawlog: {error}: this is a bug in sawlog; do not rely on the output, and report it"
        );
        status = EXIT_FAULT;
    }
    // Nobody is left to be told when standard error is gone.
    let _ = io::stderr().write_all(text.as_bytes());
    status
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn lost_events_are_worse_than_anything_else() {
        let facts = RunFacts {
            elapsed: Duration::ZERO,
            zone: "UTC",
            rejects: None,
            is_clock_the_machines: false,
        };
        let arguments = ReportArguments { quiet: true, strict: true, stats: None };
        let mut tally = Tally { failed: 1, ..Tally::default() };
        assert_eq!(close(&tally, &facts, &arguments, EXIT_DONE), EXIT_REJECTED);
        assert_eq!(close(&tally, &facts, &arguments, EXIT_INCOMPLETE), EXIT_INCOMPLETE);
        tally.stats.events_out = 1;
        assert_eq!(close(&tally, &facts, &arguments, EXIT_INCOMPLETE), EXIT_FAULT);
    }
}
