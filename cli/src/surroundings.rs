//! What a conversion asks of the program that it runs in, and how a terminal answers.

use std::{
    io::{self, IsTerminal as _, Write as _},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use sawlog::Diagnostics;

use crate::{
    EXIT_INTERRUPTED,
    args::{ConvertArguments, ReportArguments},
    engine::Stop,
    output,
    process::Tally,
    progress, render, report,
    summary::RunFacts,
};

/// The program that a conversion runs in.
///
/// All calls come from the thread that called [`crate::convert::convert`].
pub trait Surroundings {
    /// Takes the means to stop the run, which then goes on, and gives the flag that says that they
    /// were used.
    fn begin(&mut self, stop: Stop) -> Arc<AtomicBool>;

    /// Takes the counts at the end of the run, whose exit status would be `status`, and gives the
    /// final one.
    fn close(
        &mut self,
        tally: &Tally,
        facts: &RunFacts<'_>,
        arguments: &ReportArguments,
        status: u8,
    ) -> u8;

    /// Tells whether a bar shows how far the run is.
    fn progress(&self, arguments: &ConvertArguments) -> progress::Wanted;

    /// Takes a message, one line.
    fn say(&mut self, text: &str);

    /// Takes what is worth a look in the config.
    fn show(&mut self, diagnostics: &Diagnostics);
}

/// The command line: messages go to standard error, Ctrl-C stops.
#[derive(Debug)]
pub struct Terminal;

impl Surroundings for Terminal {
    /// Stops the engine on Ctrl-C; the second one ends the process at once.
    fn begin(&mut self, stop: Stop) -> Arc<AtomicBool> {
        let is_interrupted = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&is_interrupted);
        let handler = move || {
            if flag.swap(true, Ordering::Relaxed) {
                // The main thread may be stuck writing to a pipe.
                std::process::exit(i32::from(EXIT_INTERRUPTED));
            }
            stop.stop();
        };
        // Where there are no signals to be had, the process ends without ceremony.
        let _ = ctrlc::set_handler(handler);
        is_interrupted
    }

    fn close(
        &mut self,
        tally: &Tally,
        facts: &RunFacts<'_>,
        arguments: &ReportArguments,
        status: u8,
    ) -> u8 {
        report::close(tally, facts, arguments, status)
    }

    fn progress(&self, arguments: &ConvertArguments) -> progress::Wanted {
        // A bar between events on the same terminal helps nobody.
        let is_in_the_way =
            output::is_standard_output(&arguments.output) && io::stdout().is_terminal();
        if arguments.report.quiet || is_in_the_way {
            progress::Wanted::Never
        } else {
            progress::Wanted::IfTerminal
        }
    }

    fn say(&mut self, text: &str) {
        // Nobody is left to be told when standard error is gone.
        let _ = writeln!(io::stderr(), "sawlog: {text}");
    }

    fn show(&mut self, diagnostics: &Diagnostics) {
        let mut stderr = io::stderr();
        let text = render::text(diagnostics, render::Style::of(&stderr));
        let _ = stderr.write_all(text.as_bytes());
    }
}
