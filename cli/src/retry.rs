//! `sawlog retry`: the texts of rejects through a repaired config.
//!
//! What is converted leaves the rejects, what fails again or cannot be tried stays in them; a line whose
//! events the output has already is not converted again unless that is asked for.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::Instant,
};

use sawlog::{InputOptions, Timestamp, Zone};

use self::record::{Record, Records};
use crate::{
    EXIT_DONE, EXIT_INCOMPLETE, EXIT_USAGE,
    args::{FailedEvents, RetryArguments},
    buffer::Buffer,
    convert::choose_input,
    format::Formatter,
    host,
    output::{Packing, Target},
    pipeline::{self, Compiled, Failure},
    process::{BlockProcessor, Layout, Processing, StreamInfo, Tally, Writing},
    rejects::{ClockInRejects, Recorder},
    render, report,
    summary::RunFacts,
    surroundings::Terminal,
};

mod record;

/// Runs the command: events go to the output, what fails again to the new rejects.
pub fn run(arguments: &RetryArguments) -> u8 {
    match retry(arguments) {
        Ok(status) => status,
        Err(Failure::Argument(message)) => {
            say(&message);
            EXIT_USAGE
        }
        Err(Failure::Config(diagnostics)) => {
            show(&diagnostics);
            EXIT_USAGE
        }
    }
}

fn retry(arguments: &RetryArguments) -> Result<u8, Failure> {
    let started = Instant::now();
    let clock = arguments.now.as_deref().map(parse_time).transpose().map_err(Failure::Argument)?;
    let start = clock.unwrap_or_else(host::now);
    let compiled = pipeline::compile(&arguments.config, &arguments.compile, start)?;
    let Compiled { pipeline, zone, notice, .. } = &compiled;
    show(pipeline.warnings());
    let left = places(arguments).map_err(Failure::Argument)?;
    let survey = Survey::of(&arguments.source).map_err(Failure::Argument)?;
    if survey.kept > 0 && !arguments.again {
        return Err(Failure::Argument(format!(
            "{} of {} rejects in `{}` are copies of events that are in the output too: the run that \
             wrote them had `--failed keep`; convert again with `--failed divert`, or give `--again` \
             to have these events twice",
            survey.kept,
            survey.all,
            arguments.source.display()
        )));
    }
    let options = InputOptions {
        input: choose_input(arguments.input.as_deref(), pipeline, &mut Terminal)
            .map_err(Failure::Argument)?,
        codec: arguments.codec.clone(),
        set: arguments.set.clone(),
        keep_original: !arguments.no_original,
        // These lines passed the limit once; bytes that are no UTF-8 became longer since.
        max_line_bytes: usize::MAX,
        ..InputOptions::default()
    };
    let formatter =
        Formatter::of_arguments(&arguments.form, pipeline::ecs_of(arguments.compile.ecs))
            .map_err(Failure::Argument)?;
    let in_rejects = if survey.names_clock || clock.is_some() {
        ClockInRejects::Named
    } else {
        ClockInRejects::LeftOut
    };
    let writing = Writing {
        formatter,
        recorder: Some(Recorder::new(pipeline, in_rejects)),
        failed: FailedEvents::Divert,
    };
    let processing = Processing::new(pipeline, options, writing)
        .map_err(|error| Failure::Argument(error.to_string()))?;
    let processor = processing.processor().map_err(|error| Failure::Argument(error.to_string()))?;
    if let Some(notice) = notice {
        say(notice);
    }

    let files =
        Files::create(&arguments.output, &left, &processing.layout()).map_err(Failure::Argument)?;
    let mut run = Run {
        processor,
        files,
        clock,
        start,
        again: arguments.again,
        previous: None,
        stream: StreamInfo { index: 0, name: String::new(), path: None },
        tally: Tally::default(),
        skipped: Skipped::default(),
    };
    let outcome = run.read(&arguments.source);
    let Run { files, tally, skipped, .. } = run;
    let outcome = match outcome {
        Ok(()) => files.publish(),
        Err(message) => {
            files.discard();
            Err(message)
        }
    };
    if let Err(message) = outcome {
        say(&message);
        return Ok(EXIT_INCOMPLETE);
    }
    skipped.say(&left);
    let name = left.display().to_string();
    let facts = RunFacts {
        elapsed: started.elapsed(),
        zone: zone.id(),
        rejects: Some(&name),
        is_clock_the_machines: false,
    };
    Ok(report::close(&tally, &facts, &arguments.report, EXIT_DONE))
}

/// Chooses where what is left goes, and sees that nothing is overwritten that is needed.
fn places(arguments: &RetryArguments) -> Result<PathBuf, String> {
    let source = &arguments.source;
    if source.as_os_str() == "-" {
        return Err("the rejects are read twice: give a file".to_owned());
    }
    let left = arguments.rejects.clone().unwrap_or_else(|| left_path(source));
    if arguments.rejects.is_none() && left.exists() {
        return Err(format!(
            "`{}` is there: it holds what an earlier retry left; retry that file, or name another \
             for what is left with `--rejects`",
            left.display()
        ));
    }
    for (path, option) in [(&left, "--rejects"), (&arguments.output, "-o")] {
        if path == source || host::is_same_file(path, source) {
            return Err(format!(
                "`{}` is read and would be overwritten by `{option}`: name another file",
                source.display()
            ));
        }
    }
    if left == arguments.output || host::is_same_file(&left, &arguments.output) {
        return Err(format!("`{}` is named for events and for rejects", left.display()));
    }
    Ok(left)
}

/// `rejects.ndjson.gz` leaves `rejects.left.ndjson.gz`.
fn left_path(source: &Path) -> PathBuf {
    let name = source.file_name().unwrap_or_default().to_string_lossy();
    let at = name.find('.').filter(|at| *at > 0).unwrap_or(name.len());
    source.with_file_name(format!("{}.left{}", &name[..at], &name[at..]))
}

fn parse_time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_lenient(text, &Zone::utc())
        .ok_or_else(|| format!("`--now {text}` is no time such as `2024-03-15T14:23:01Z`"))
}

/// What the rejects hold, before anything is done.
#[derive(Debug, Default)]
struct Survey {
    all: u64,
    /// Those of events that the output has too.
    kept: u64,
    names_clock: bool,
}

impl Survey {
    fn of(path: &Path) -> Result<Self, String> {
        let mut survey = Self::default();
        Records::read(path, &mut |_, record| {
            survey.all += 1;
            survey.kept += u64::from(record.is_kept);
            survey.names_clock |= record.now.is_some();
            Ok(())
        })?;
        Ok(survey)
    }
}

/// Rejects that were not tried, and stay as they are.
#[derive(Debug, Default)]
struct Skipped {
    /// Of lines whose text is cut.
    cut: u64,
    /// Of lines of which other events are in the output.
    partly_out: u64,
}

impl Skipped {
    fn say(&self, left: &Path) {
        let reasons = [
            (
                self.cut,
                "the line was over the limit and its text is cut; convert its input again with a \
                 larger `--max-line-bytes`",
            ),
            (
                self.partly_out,
                "other events of the same line are in the output already; `--again` converts the \
                 whole line",
            ),
        ];
        for (count, reason) in reasons.into_iter().filter(|(count, _)| *count > 0) {
            let rejects = if count == 1 { "reject was" } else { "rejects were" };
            let left = left.display();
            say(&format!("{count} {rejects} not tried and stay in `{left}`: {reason}"));
        }
    }
}

/// A retry under way.
struct Run {
    processor: BlockProcessor,
    files: Files,
    clock: Option<Timestamp>,
    start: Timestamp,
    again: bool,
    /// The line that the last reject came from: it may have several, and is converted once.
    previous: Option<(u64, u64)>,
    stream: StreamInfo,
    tally: Tally,
    skipped: Skipped,
}

impl Run {
    fn read(&mut self, path: &Path) -> Result<(), String> {
        Records::read(path, &mut |line, record| self.record(line, &record))
    }

    fn record(&mut self, line: &[u8], record: &Record) -> Result<(), String> {
        let skipped = if record.is_cut {
            Some(&mut self.skipped.cut)
        } else if record.others_out > 0 && !self.again {
            Some(&mut self.skipped.partly_out)
        } else {
            None
        };
        if let Some(count) = skipped {
            *count += 1;
            return self.files.keep(line);
        }
        let place = (record.line, record.offset);
        if self.stream.name != record.input {
            self.stream = record.stream();
            self.previous = None;
        }
        if self.previous == Some(place) {
            return Ok(());
        }
        self.previous = Some(place);
        let now = self.clock.or(record.now).unwrap_or(self.start);
        let result = self.processor.process_line(&record.text, place, &self.stream, now);
        self.files.write(result.output, result.rejects)?;
        for text in self.tally.add(result.tally) {
            say(&text);
        }
        Ok(())
    }
}

/// The two files that a retry writes; they get their names together, when they are whole.
struct Files {
    output: File,
    left: File,
}

struct File {
    target: Target,
    packing: Packing,
}

impl Files {
    fn create(output: &Path, left: &Path, layout: &Layout) -> Result<Self, String> {
        let left = File::create(left, &Layout::default())?;
        match File::create(output, layout) {
            Ok(output) => Ok(Self { output, left }),
            Err(error) => {
                left.target.discard();
                Err(error)
            }
        }
    }

    fn write(&mut self, events: Buffer, rejects: Buffer) -> Result<(), String> {
        self.output.append(events)?;
        self.left.append(rejects)
    }

    /// Keeps a reject as it is.
    fn keep(&mut self, line: &[u8]) -> Result<(), String> {
        self.left.append([line, b"\n"].concat().into())
    }

    fn publish(mut self) -> Result<(), String> {
        for file in [&mut self.left, &mut self.output] {
            file.guard(|target| target.seal().map(drop))?;
        }
        // What is left comes last: its presence says that the retry was done.
        for File { target, .. } in [self.output, self.left] {
            let name = target.name().to_owned();
            target.publish().map_err(|error| format!("cannot write `{name}`: {error}"))?;
        }
        Ok(())
    }

    fn discard(self) {
        self.output.target.discard();
        self.left.target.discard();
    }
}

impl File {
    fn create(path: &Path, layout: &Layout) -> Result<Self, String> {
        let target = Target::create(path, layout)
            .map_err(|error| format!("cannot write `{}`: {error}", path.display()))?;
        Ok(Self { target, packing: Packing::of(path) })
    }

    fn append(&mut self, bytes: Buffer) -> Result<(), String> {
        let piece = self.packing.piece(bytes);
        self.guard(|target| target.append(piece))
    }

    fn guard(&mut self, write: impl FnOnce(&mut Target) -> io::Result<()>) -> Result<(), String> {
        write(&mut self.target)
            .map_err(|error| format!("cannot write `{}`: {error}", self.target.name()))
    }
}

fn show(diagnostics: &sawlog::Diagnostics) {
    let mut stderr = io::stderr();
    let text = render::text(diagnostics, render::Style::of(&stderr));
    // Nobody is left to be told when standard error is gone.
    let _ = stderr.write_all(text.as_bytes());
}

fn say(text: &str) {
    let _ = writeln!(io::stderr(), "sawlog: {text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_stands_beside_its_source() {
        for (source, left) in [
            ("rejects.ndjson", "rejects.left.ndjson"),
            ("a.b/rejects.ndjson.gz", "a.b/rejects.left.ndjson.gz"),
            ("rejects", "rejects.left"),
            (".hidden", ".hidden.left"),
        ] {
            assert_eq!(left_path(Path::new(source)), Path::new(left));
        }
    }
}
