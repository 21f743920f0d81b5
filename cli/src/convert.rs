//! `sawlog convert`: logs in, one JSON object per event out.

use std::io::{self, Write as _};

use sawlog::{Event, Input, InputOptions, Pipeline, Refusal, Sink, Tick, Timestamp, Worker, Zone};

use crate::{
    EXIT_DONE, EXIT_INCOMPLETE, EXIT_USAGE,
    args::ConvertArguments,
    block::Item,
    host,
    input::{self, Excluded, Unreadable},
    output::{Output, State},
    pipeline::{self, Compiled, Failure},
    render,
    summary::Summary,
};

/// Runs the command: events go to the output, all else that is to be said to standard error.
pub fn run(arguments: &ConvertArguments) -> u8 {
    match convert(arguments) {
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

fn convert(arguments: &ConvertArguments) -> Result<u8, Failure> {
    let clock = Clock::new(arguments.now.as_deref()).map_err(Failure::Argument)?;
    let compiled = pipeline::compile(&arguments.config, &arguments.compile, clock.now())?;
    let Compiled { pipeline, zone, notice } = &compiled;
    show(pipeline.warnings());
    let options = input_options(arguments, pipeline).map_err(Failure::Argument)?;
    let mut worker =
        Worker::new(pipeline, &options).map_err(|error| Failure::Argument(error.to_string()))?;
    let excluded = Excluded::new([arguments.output.as_path()]);
    let found = input::discover(&arguments.inputs, &excluded);
    if let Some(own) = found.own.first() {
        return Err(Failure::Argument(format!(
            "`{}` is an input and the output: it would be overwritten before it is read",
            own.display()
        )));
    }
    let output = Output::open(&arguments.output).map_err(|error| {
        Failure::Argument(format!("cannot write `{}`: {error}", arguments.output.display()))
    })?;
    if let Some(notice) = notice {
        say(notice);
    }
    if pipeline.output_count() > 0 {
        say("the output section is not executed: events go to standard output or to `-o`");
    }

    let mut run = Run { clock, output, summary: Summary::default(), name: String::new() };
    let mut status = EXIT_DONE;
    for Unreadable { path, error } in &found.unreadable {
        say(&format!("cannot read `{}`: {error}", path.display()));
        status = EXIT_INCOMPLETE;
    }
    for input in &found.inputs {
        if !run.convert_input(input, &mut worker) {
            status = EXIT_INCOMPLETE;
        }
        if !matches!(run.output.state(), State::Open) {
            break;
        }
    }
    run.output.flush();
    match run.output.state() {
        State::Closed => return Ok(status),
        State::Failed(error) => {
            say(&format!("cannot write `{}`: {error}", arguments.output.display()));
            status = EXIT_INCOMPLETE;
        }
        State::Open => {}
    }
    say(&format!("{}; time zone {}", run.summary.text(worker.stats()), zone.id()));
    Ok(status)
}

/// What goes on from input to input.
struct Run {
    clock: Clock,
    output: Output,
    summary: Summary,
    /// The input being read, as shown to people.
    name: String,
}

impl Run {
    /// Reads one input to its end, names what cannot be read, and returns whether all could.
    fn convert_input(&mut self, input: &input::Input, worker: &mut Worker) -> bool {
        let mut is_whole = true;
        self.name = input.name();
        let delimiter = worker.delimiter().to_vec();
        let mut source = input.source(0, &delimiter);
        while let Some(item) = source.next() {
            let tick = self.clock.tick();
            match item {
                Item::Head(head) => {
                    worker.flush(tick, self);
                    self.name.clone_from(&head.info.name);
                    worker.start_stream(head.info.path.as_deref());
                }
                Item::Block(block) => {
                    worker.push(&block.bytes, tick, self);
                    if block.is_idle {
                        self.output.flush();
                    }
                }
                Item::Error(error) => {
                    say(&format!("cannot read `{}`: {error}", self.name));
                    is_whole = false;
                }
            }
            if !matches!(self.output.state(), State::Open) {
                break;
            }
        }
        let tick = self.clock.tick();
        worker.flush(tick, self);
        is_whole
    }
}

impl Sink for Run {
    fn event(&mut self, event: &Event<'_>) {
        self.summary.count_event(event);
        self.output.append(|buffer| {
            event.write_json(buffer);
            buffer.push(b'\n');
        });
    }

    fn refused(&mut self, refusal: &Refusal<'_, '_>) {
        let mut one = Summary::default();
        one.count_refusal(&self.name, refusal);
        for text in self.summary.add(one) {
            say(&text);
        }
    }
}

/// The machine's clock, or one that stands still.
#[derive(Debug, Clone, Copy)]
struct Clock {
    fixed: Option<Timestamp>,
}

impl Clock {
    fn new(text: Option<&str>) -> Result<Self, String> {
        let Some(text) = text else { return Ok(Self { fixed: None }) };
        match Timestamp::parse_lenient(text, &Zone::utc()) {
            Some(fixed) => Ok(Self { fixed: Some(fixed) }),
            None => Err(format!("`--now {text}` is no time such as `2024-03-15T14:23:01Z`")),
        }
    }

    fn now(self) -> Timestamp {
        self.fixed.unwrap_or_else(host::now)
    }

    /// The seed is fixed: the same input gives the same output.
    fn tick(self) -> Tick {
        Tick { now: self.now(), seed: 0 }
    }
}

fn input_options(
    arguments: &ConvertArguments,
    pipeline: &Pipeline,
) -> Result<InputOptions, String> {
    Ok(InputOptions {
        input: choose_input(arguments.input.as_deref(), pipeline)?,
        codec: arguments.codec.clone(),
        set: arguments.set.clone(),
        path: None,
        keep_original: !arguments.no_original,
        max_line_bytes: arguments.max_line_bytes,
        explain_failures: false,
    })
}

/// Finds the input whose codec and fields apply: the one that was asked for, or the first.
fn choose_input(wanted: Option<&str>, pipeline: &Pipeline) -> Result<Option<usize>, String> {
    let inputs = pipeline.inputs();
    let Some(wanted) = wanted else {
        if let [first, _, ..] = inputs {
            say(&format!(
                "the config has {} inputs, the first (`{}`) applies: choose with `--input ID`",
                inputs.len(),
                first.name()
            ));
        }
        return Ok((!inputs.is_empty()).then_some(0));
    };
    if let Some(index) = inputs.iter().position(|input| input.id() == Some(wanted)) {
        return Ok(Some(index));
    }
    let mut same_plugin = (0..inputs.len()).filter(|index| inputs[*index].name() == wanted);
    match (same_plugin.next(), same_plugin.next()) {
        (Some(index), None) => Ok(Some(index)),
        (Some(_), Some(_)) => Err(format!(
            "several inputs are called `{wanted}`: give the wanted one an `id` and name that"
        )),
        _ => {
            let known: Vec<String> = inputs.iter().map(name_of).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            Err(format!("the config has no input `{wanted}`; its inputs: {known}"))
        }
    }
}

fn name_of(input: &Input) -> String {
    match input.id() {
        Some(id) => format!("`{id}` ({})", input.name()),
        None => format!("`{}`", input.name()),
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
