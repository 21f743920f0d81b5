//! `sawlog convert`: logs in, one JSON object per event out.

use std::{
    fs, io,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
    thread,
    time::Instant,
};

use sawlog::{InputOptions, Pipeline, Timestamp, Zone};

use crate::{
    EXIT_DONE, EXIT_INCOMPLETE, EXIT_INTERRUPTED, EXIT_USAGE,
    args::{ConvertArguments, FailedEvents, ReportArguments},
    block::{Item, Source, StreamError},
    engine::{self, Clock, Engine, Next, Opener, Packings},
    format::Formatter,
    history::{self, History, Wanted},
    host,
    input::{self, Discovery, Excluded, Input, Repeated, Unreadable},
    inputs,
    manifest::{Checkpoint, Fingerprint, Lengths, Manifest, Run},
    output::{self, Packing, Target},
    pipeline::{self, Compiled, DebugHash, Failure},
    process::{Layout, Processing, Writing},
    profile,
    progress::{Extent, Progress},
    rejects::{ClockInRejects, Recorder},
    summary::RunFacts,
    surroundings::{Surroundings, Terminal},
    writer::{Destination, Directory, Keeper, Names, Watched, WriteError, Writer},
};

/// Runs the command: events go to the output, all else that is to be said to standard error.
pub fn run(arguments: &ConvertArguments) -> u8 {
    let terminal = &mut Terminal;
    let started = Instant::now();
    let compiled = clock(arguments.now.as_deref())
        .map_err(Failure::Argument)
        .and_then(|now| pipeline::compile(&arguments.config, &arguments.compile, start(now)));
    match compiled.and_then(|compiled| convert(arguments, &compiled, started, terminal)) {
        Ok(status) => status,
        Err(Failure::Argument(message)) => {
            terminal.say(&message);
            EXIT_USAGE
        }
        Err(Failure::Config(diagnostics)) => {
            terminal.show(&diagnostics);
            EXIT_USAGE
        }
    }
}

/// Converts with a pipeline that is compiled already; gives the exit status of the command.
///
/// What the arguments say of the config and of compiling it is not looked at.
///
/// # Errors
///
/// [`Failure::Argument`] for arguments that cannot be used, and outputs that cannot be opened.
pub fn convert(
    arguments: &ConvertArguments,
    compiled: &Compiled,
    started: Instant,
    host: &mut dyn Surroundings,
) -> Result<u8, Failure> {
    let clock = clock(arguments.now.as_deref()).map_err(Failure::Argument)?;
    let Compiled { pipeline, zone, notice, .. } = compiled;
    host.show(pipeline.warnings());
    let options = input_options(arguments, pipeline, host).map_err(Failure::Argument)?;
    let writing = writing(arguments, pipeline).map_err(Failure::Argument)?;
    let mut processing = Processing::new(pipeline, options, writing)
        .map_err(|error| Failure::Argument(error.to_string()))?;
    processing.is_profiled = arguments.profile.is_some();
    let Discovery { inputs, unreadable, repeated, special, .. } =
        discover(arguments).map_err(Failure::Argument)?;
    let (layout, is_ordered) = (processing.layout(), processing.is_ordered());
    let job = Job { arguments, layout, is_ordered, inputs, clock };
    let plan = plan(&job, compiled.fingerprint, host).map_err(Failure::Argument)?;
    if let Some(notice) = notice {
        host.say(notice);
    }
    if pipeline.output_count() > 0 {
        host.say("the output section is not executed: events go to standard output or to `-o`");
    }
    for Unreadable { path, error } in &unreadable {
        host.say(&format!("cannot read `{}`: {error}", path.display()));
    }
    for Repeated { path, first } in &repeated {
        host.say(&format!(
            "`{}` is the file `{}`: it is read once",
            path.display(),
            first.display()
        ));
    }
    for path in &special {
        host.say(&format!("`{}` is a pipe, socket or device: left out", path.display()));
    }
    let status = match plan {
        Plan::Done { was_incomplete: false } => Ok(EXIT_DONE),
        Plan::Done { was_incomplete: true } => {
            host.say("inputs that could not be read to their end are `damaged` in the manifest");
            Ok(EXIT_INCOMPLETE)
        }
        Plan::Work(mut work) => {
            work.was_incomplete |= !unreadable.is_empty();
            execute(&job, work, &processing, zone, started, host)
        }
    };
    status.map(|status| match status {
        EXIT_DONE if !unreadable.is_empty() => EXIT_INCOMPLETE,
        status => status,
    })
}

/// What a run is asked for.
struct Job<'a> {
    arguments: &'a ConvertArguments,
    layout: Layout,
    is_ordered: bool,
    inputs: Vec<Input>,
    clock: Clock,
}

/// What a run is to do.
#[expect(clippy::large_enum_variant, reason = "made once")]
enum Plan {
    /// Nothing: an earlier run did it.
    Done { was_incomplete: bool },
    /// What is left.
    Work(Work),
}

/// What is left to do.
struct Work {
    /// The numbers of the inputs that are read.
    todo: Vec<usize>,
    /// The place in the first of them where reading starts.
    streams: usize,
    offset: u64,
    clock: Clock,
    writer: Writer,
    /// One for each of `todo` when there is a manifest, else none.
    watched: Vec<Watched>,
    /// Whether an input that is done could not be read to its end.
    was_incomplete: bool,
}

impl Work {
    fn of(
        todo: Vec<usize>,
        checkpoint: &Checkpoint,
        clock: Clock,
        writer: Writer,
        watched: Vec<Watched>,
    ) -> Self {
        let (streams, offset) = (checkpoint.stream, checkpoint.offset);
        Self { todo, streams, offset, clock, writer, watched, was_incomplete: false }
    }
}

impl Job<'_> {
    fn is_ordered(&self) -> bool {
        self.is_ordered
    }

    fn names(&self) -> Names {
        let relatives = self.inputs.iter().map(|input| input.relative.as_path());
        Names::plan(self.layout.extension, relatives)
    }

    /// Everything that decides what an event becomes, and where it goes.
    fn run(&self, fingerprint: u128) -> Run {
        let mut arguments = self.arguments.clone();
        // What changes nothing in the outputs, or is compared by itself.
        arguments.inputs.clear();
        arguments.output = PathBuf::new();
        arguments.rejects = None;
        arguments.manifest = None;
        arguments.jobs = None;
        arguments.skip_existing = false;
        arguments.report = ReportArguments::default();
        arguments.profile = None;
        let mut hash = DebugHash::default();
        hash.add(&(fingerprint, &arguments));
        Run {
            config: format!("xxh3:{:032x}", hash.finish()),
            output: self.arguments.output.display().to_string(),
            rejects: self.arguments.rejects.as_ref().map(|path| path.display().to_string()),
            now: start(self.clock).to_string(),
        }
    }

    fn watched(&self, input: usize) -> Watched {
        let path = self.inputs[input].name();
        Watched { path, input, before: Arc::default(), fingerprint: Arc::default() }
    }

    /// Opens the outputs; `resumed` are their lengths when they are gone on with.
    fn writer(
        &self,
        checkpoint: &Checkpoint,
        resumed: Option<Lengths>,
        todo: &[usize],
        keeper: Option<Keeper>,
    ) -> Result<Writer, String> {
        let path = &self.arguments.output;
        let open = |path: &Path, layout: &Layout, bytes: Option<u64>| {
            match bytes {
                Some(bytes) => Target::resume(path, layout, bytes),
                None => Target::create(path, layout),
            }
            .map_err(|error| format!("cannot write `{}`: {error}", path.display()))
        };
        let destination = if output::is_directory(path) {
            fs::create_dir_all(path)
                .map_err(|error| format!("cannot make `{}`: {error}", path.display()))?;
            Destination::Directory(Directory {
                path: path.clone(),
                names: self.names(),
                layout: self.layout.clone(),
                current: None,
                resumed: resumed
                    .map(|lengths| lengths.output_bytes)
                    .filter(|_| checkpoint.offset > 0),
            })
        } else {
            let bytes = resumed.map(|lengths| lengths.output_bytes);
            Destination::Single(open(path, &self.layout, bytes)?)
        };
        let rejects = match &self.arguments.rejects {
            Some(path) => {
                let bytes = resumed.map(|lengths| lengths.rejects_bytes);
                Some(open(path, &Layout::default(), bytes)?)
            }
            None => None,
        };
        let names = todo.iter().map(|input| self.inputs[*input].name()).collect();
        let partial = checkpoint.partial.clone();
        Ok(Writer::new(destination, rejects, keeper, names, partial, checkpoint.stream))
    }

    /// Returns how to open the work's `nth` input.
    fn opener(&self, work: &Work, nth: usize, delimiter: &[u8]) -> Opener {
        let number = work.todo[nth];
        let input = self.inputs[number].clone();
        let delimiter = delimiter.to_vec();
        let Some(watched) = work.watched.get(nth).cloned() else {
            return Box::new(move || input.source(number, &delimiter));
        };
        let (streams, offset) = if nth == 0 { (work.streams, work.offset) } else { (0, 0) };
        Box::new(move || {
            let before = Fingerprint::of_metadata(&input.path).ok();
            // Each is set once, by the thread that reads the input.
            let _ = watched.before.set(before);
            let inner = input.source(number, &delimiter);
            Box::new(Tracked { inner, path: input.path, watched, streams, offset, heads: 0 })
        })
    }
}

/// An input whose content goes into the manifest, and whose beginning may be done.
struct Tracked {
    inner: Box<dyn Source>,
    path: PathBuf,
    watched: Watched,
    /// Streams that are done.
    streams: usize,
    /// Bytes of the next stream that are done.
    offset: u64,
    /// Streams that have begun.
    heads: usize,
}

impl Source for Tracked {
    fn next(&mut self) -> Option<Item> {
        loop {
            let item = self.inner.next();
            match &item {
                None => {
                    let _ = self.watched.fingerprint.set(self.fingerprint());
                    return None;
                }
                Some(Item::Head(_)) => self.heads += 1,
                Some(Item::Block(block))
                    if self.heads == self.streams + 1 && block.offset < self.offset =>
                {
                    if block.offset + block.bytes.len() as u64 <= self.offset {
                        continue;
                    }
                    let text = "it is not what it was: delete the manifest to convert it again";
                    let error = io::Error::other(text);
                    return Some(Item::Error(StreamError { offset: block.offset, error }));
                }
                Some(Item::Block(_) | Item::Error(_)) => {}
            }
            if self.heads > self.streams || self.heads == 0 {
                return item;
            }
        }
    }
}

impl Tracked {
    /// What was read: without a hash that can be met again if the file changed meanwhile.
    fn fingerprint(&self) -> Option<Fingerprint> {
        let before = self.watched.before.get().cloned().flatten()?;
        let after = Fingerprint::of_content(&self.path).ok()?;
        let is_same = (before.bytes, before.mtime_ns) == (after.bytes, after.mtime_ns);
        Some(if is_same { after } else { before })
    }
}

/// Decides what is to be done, and opens the outputs; nothing when all is done.
fn plan(job: &Job<'_>, fingerprint: u128, host: &mut dyn Surroundings) -> Result<Plan, String> {
    let arguments = job.arguments;
    let is_directory = output::is_directory(&arguments.output);
    if arguments.skip_existing && !is_directory {
        return Err("`--skip-existing` needs an output directory: `-o DIR/`".to_owned());
    }
    let mut todo: Vec<usize> = (0..job.inputs.len()).collect();
    let names = job.names();
    if arguments.skip_existing {
        todo.retain(|input| !arguments.output.join(&names.planned[*input].1).exists());
        let skipped = job.inputs.len() - todo.len();
        if skipped > 0 {
            host.say(&format!(
                "{skipped} of {} inputs have their output already",
                job.inputs.len()
            ));
        }
    }
    let Some(path) = &arguments.manifest else {
        let writer = job.writer(&Checkpoint::default(), None, &todo, None)?;
        return Ok(Plan::Work(Work::of(
            todo,
            &Checkpoint::default(),
            job.clock,
            writer,
            Vec::new(),
        )));
    };
    if output::is_standard_output(&arguments.output) {
        return Err(
            "`--manifest` needs an output that can be gone on with: `-o FILE` or `-o DIR/`"
                .to_owned(),
        );
    }
    if job.inputs.iter().any(|input| input::is_standard_input(&input.path)) {
        return Err(
            "`--manifest` needs inputs that can be read again: standard input is none".to_owned()
        );
    }
    let cannot =
        |error: io::Error| format!("cannot use the manifest `{}`: {error}", path.display());
    let mut manifest = Manifest::open(path).map_err(cannot)?;
    let mut run = job.run(fingerprint);
    let wanted = Wanted {
        inputs: &job.inputs,
        output: &arguments.output,
        is_directory,
        rejects: arguments.rejects.as_deref(),
        is_ordered: job.is_ordered(),
    };
    let history = history::judge(manifest.past(), &run, &wanted)
        .map_err(|error| format!("cannot finish the output of the last run: {error}"))?;
    let was_incomplete = !matches!(history, History::Fresh(_))
        && manifest.past().entries.iter().any(|entry| !entry.errors.is_empty());
    let mut clock = job.clock;
    let checkpoint = match &history {
        History::Done => {
            if !manifest.past().is_finished {
                manifest.finish().map_err(cannot)?;
            }
            host.say("everything is done already, as the manifest has it");
            return Ok(Plan::Done { was_incomplete });
        }
        History::Fresh(reason) => {
            if let Some(reason) = reason {
                host.say(&format!("{reason}: all is converted again"));
            }
            manifest.restart(&run).map_err(cannot)?;
            Checkpoint::default()
        }
        History::Resume { todo: left, checkpoint, notes } => {
            for note in notes {
                host.say(note);
            }
            todo.retain(|input| left.binary_search(input).is_ok());
            if !manifest.past().is_finished
                && let Some(past) = &manifest.past().run
            {
                run.now.clone_from(&past.now);
                clock = restarted(clock, &past.now);
            }
            host.say(&format!(
                "{} of {} inputs are done already, as the manifest has it",
                job.inputs.len() - todo.len(),
                job.inputs.len()
            ));
            manifest.begin(&run).map_err(cannot)?;
            manifest.note(&[], checkpoint).map_err(cannot)?;
            checkpoint.clone()
        }
    };
    let watched: Vec<Watched> = todo.iter().map(|input| job.watched(*input)).collect();
    let keeper = Keeper::new(manifest, watched.clone(), job.inputs.len(), checkpoint.offset > 0);
    let is_resumed = matches!(history, History::Resume { .. });
    let resumed = is_resumed.then_some(checkpoint.lengths);
    let writer = job.writer(&checkpoint, resumed, &todo, Some(keeper))?;
    let mut work = Work::of(todo, &checkpoint, clock, writer, watched);
    work.was_incomplete = was_incomplete;
    Ok(Plan::Work(work))
}

/// Runs the engine to its end, or until it is stopped.
fn execute(
    job: &Job<'_>,
    work: Work,
    processing: &Processing,
    zone: &Zone,
    started: Instant,
    host: &mut dyn Surroundings,
) -> Result<u8, Failure> {
    let arguments = job.arguments;
    let jobs = match arguments.jobs {
        Some(jobs) => jobs.get(),
        None => thread::available_parallelism().map_or(1, NonZeroUsize::get),
    };
    let packings = Packings {
        output: if output::is_directory(&arguments.output) {
            Packing::Plain
        } else {
            Packing::of(&arguments.output)
        },
        rejects: arguments.rejects.as_deref().map_or(Packing::Plain, Packing::of),
    };
    let delimiter = processing.delimiter();
    let openers = (0..work.todo.len()).map(|nth| job.opener(&work, nth, delimiter)).collect();
    let is_ordered = job.is_ordered();
    let engine = Engine::start(openers, processing, jobs, is_ordered, work.clock, packings)
        .map_err(|error| Failure::Argument(format!("cannot start worker threads: {error}")))?;
    let is_interrupted = host.begin(engine.stop());
    let mut progress = Progress::new(extents(job, &work.todo), host.progress(arguments));
    let mut writer = work.writer;
    let result = drive(&engine, &mut writer, &mut progress, host);
    drop(progress);
    let is_incomplete = work.was_incomplete || writer.is_incomplete();
    let mut status = if is_incomplete { EXIT_INCOMPLETE } else { EXIT_DONE };
    let (totals, result) = match result {
        Ok(Next::End) => writer.finish(),
        Ok(_) if is_interrupted.load(Ordering::Relaxed) => {
            status = EXIT_INTERRUPTED;
            let kept = if arguments.manifest.is_some() {
                "run the same command again to go on"
            } else {
                "no output was kept"
            };
            let kept = if output::is_standard_output(&arguments.output) { "" } else { kept };
            host.say(&format!("interrupted{}{kept}", if kept.is_empty() { "" } else { ": " }));
            (writer.abandon(), Ok(()))
        }
        Ok(_) => {
            host.say("a worker thread failed, which is a fault of sawlog: please report it");
            status = EXIT_INCOMPLETE;
            (writer.abandon(), Ok(()))
        }
        Err(error) => (writer.abandon(), Err(error)),
    };
    if let Err(WriteError { name, error }) = result {
        if error.kind() == io::ErrorKind::BrokenPipe {
            // The reader of a pipe may leave when it has enough.
            return Ok(status);
        }
        host.say(&format!("cannot write `{name}`: {error}"));
        status = EXIT_INCOMPLETE;
    }
    if is_ordered && jobs > 1 && !arguments.report.quiet {
        host.say(
            "one worker: a filter or the codec keeps something from event to event, so events go in order",
        );
    }
    let rejects = arguments.rejects.as_ref().map(|path| path.display().to_string());
    let facts = RunFacts {
        elapsed: started.elapsed(),
        zone: zone.id(),
        rejects: rejects.as_deref(),
        is_clock_the_machines: matches!(job.clock, Clock::Machine(_)),
    };
    let mut status = host.close(&totals, &facts, &arguments.report, status);
    if let (Some(wanted), Some(profile)) = (&arguments.profile, &totals.profile)
        && let Err(message) = profile::write(profile, &totals.stats, wanted)
    {
        host.say(&message);
        status = if status == EXIT_DONE { EXIT_INCOMPLETE } else { status };
    }
    Ok(status)
}

/// What is written, as the arguments want it.
fn writing(arguments: &ConvertArguments, pipeline: &Pipeline) -> Result<Writing, String> {
    if arguments.failed == FailedEvents::Divert && arguments.rejects.is_none() {
        return Err("`--failed divert` needs a place for the events: `--rejects FILE`".to_owned());
    }
    let clock = match arguments.now {
        Some(_) => ClockInRejects::Named,
        None => ClockInRejects::LeftOut,
    };
    Ok(Writing {
        formatter: Formatter::of_arguments(
            &arguments.form,
            pipeline::ecs_of(arguments.compile.ecs),
        )?,
        recorder: arguments.rejects.is_some().then(|| Recorder::new(pipeline, clock)),
        failed: arguments.failed,
    })
}

/// What the bar needs to know of the inputs that are read.
fn extents(job: &Job<'_>, todo: &[usize]) -> Vec<Extent> {
    const PACKED: [&str; 8] = ["bz2", "gz", "lz4", "tgz", "xz", "zip", "zst", "zstd"];
    let extent = |input: &usize| {
        let path = &job.inputs[*input].path;
        let metadata = (!input::is_standard_input(path)).then(|| fs::metadata(path).ok());
        let metadata = metadata.flatten().filter(fs::Metadata::is_file);
        let suffix = path.extension().and_then(|suffix| suffix.to_str());
        Extent {
            bytes: metadata.map(|metadata| metadata.len()),
            is_packed: suffix.is_some_and(|suffix| PACKED.contains(&suffix)),
        }
    };
    todo.iter().map(extent).collect()
}

/// Takes everything from the engine to the writer.
fn drive(
    engine: &Engine,
    writer: &mut Writer,
    progress: &mut Progress,
    host: &mut dyn Surroundings,
) -> Result<Next, WriteError> {
    // The number of the input that is being written.
    let mut input = 0;
    loop {
        let mut flushed = Ok(());
        let next = engine.next(&mut || flushed = writer.idle());
        flushed?;
        match next {
            Next::Progress(next) => {
                match &next {
                    engine::Progress::Block(done) => {
                        progress.add(input, done.tally.stats.bytes_in);
                    }
                    engine::Progress::SourceEnd(ended) => {
                        progress.end(*ended);
                        input = ended + 1;
                    }
                    engine::Progress::Error(_) | engine::Progress::Head(_) => {}
                }
                writer.take(next, &mut |text| progress.aside(|| host.say(text)))?;
            }
            end => return Ok(end),
        }
    }
}

/// Finds the inputs; what the run itself writes is none, and may not be asked for as one.
fn discover(arguments: &ConvertArguments) -> Result<Discovery, String> {
    let outputs = [
        ("the output", Some(&arguments.output)),
        ("the file of rejects", arguments.rejects.as_ref()),
        ("the manifest", arguments.manifest.as_ref()),
        ("the file of counts", arguments.report.file()),
        ("the profile", arguments.profile_file()),
    ];
    let mut excluded = Excluded::default();
    for (number, (what, path)) in outputs.into_iter().enumerate() {
        let Some(path) = path else { continue };
        for (other, second) in &outputs[number + 1..] {
            if second.is_some_and(|second| second == path || host::is_same_file(second, path)) {
                return Err(format!("`{}` is {what} and {other}", path.display()));
            }
        }
        excluded.add(path);
    }
    excluded.set_temporary(output::is_part);
    let found = input::discover(&arguments.inputs, &excluded);
    if let Some(own) = found.own.first() {
        return Err(format!(
            "`{}` is an input and is written by the run: it would be overwritten before it is read",
            own.display()
        ));
    }
    Ok(found)
}

fn clock(text: Option<&str>) -> Result<Clock, String> {
    match text {
        None => Ok(Clock::Machine(host::now())),
        Some("mtime") => Ok(Clock::Modified(host::now())),
        Some(text) => match Timestamp::parse_lenient(text, &Zone::utc()) {
            Some(fixed) => Ok(Clock::Fixed(fixed)),
            None => Err(format!(
                "`--now {text}` is neither a time such as `2024-03-15T14:23:01Z` nor `mtime`"
            )),
        },
    }
}

/// The clock of streams that have none of their own.
const fn start(clock: Clock) -> Timestamp {
    match clock {
        Clock::Fixed(now) | Clock::Machine(now) | Clock::Modified(now) => now,
    }
}

/// The clock of a run that goes on: that of the run that was stopped.
fn restarted(clock: Clock, text: &str) -> Clock {
    let Some(now) = Timestamp::parse_lenient(text, &Zone::utc()) else { return clock };
    match clock {
        Clock::Fixed(_) => Clock::Fixed(now),
        Clock::Machine(_) => Clock::Machine(now),
        Clock::Modified(_) => Clock::Modified(now),
    }
}

fn input_options(
    arguments: &ConvertArguments,
    pipeline: &Pipeline,
    host: &mut dyn Surroundings,
) -> Result<InputOptions, String> {
    Ok(InputOptions {
        input: choose_input(arguments.input.as_deref(), pipeline, host)?,
        codec: arguments.codec.clone(),
        set: arguments.set.clone(),
        path: None,
        keep_original: !arguments.no_original,
        max_line_bytes: arguments.max_line_bytes,
        explain_failures: false,
    })
}

/// Finds the input whose codec and fields apply: the one that was asked for, or the first.
///
/// # Errors
///
/// Says what inputs there are.
pub fn choose_input(
    wanted: Option<&str>,
    pipeline: &Pipeline,
    host: &mut dyn Surroundings,
) -> Result<Option<usize>, String> {
    let inputs = pipeline.inputs();
    let Some(wanted) = wanted else {
        if let [first, _, ..] = inputs {
            host.say(&format!(
                "the config has {} inputs, the first (`{}`) applies: choose with `--input ID`",
                inputs.len(),
                first.name()
            ));
        }
        return Ok((!inputs.is_empty()).then_some(0));
    };
    inputs::find(pipeline, wanted).map(Some)
}
