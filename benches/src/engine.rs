//! The engine in this process, one thread: ECS disabled, UTC.

use std::hint::black_box;

use sawlog::pattern::{Budget, Flags, Regex, Scratch};
use sawlog::{
    Config, Ecs, Event, InputOptions, Options, ParseOptions, Pipeline, Refusal, Resources,
    SimdLevel, Sink, Source, Tick, Timestamp, Worker,
};

use crate::Contestant;
use crate::expansion::Expanded;
use crate::output::{Captured, Form};
use crate::tasks::{OUTPUT_BYTES, Output, Task, grok_patterns};

/// The clock of every event; its text is [`crate::output::NOW`].
const TICK: Tick = Tick { now: Timestamp::UNIX_EPOCH, seed: 0 };

/// A compiled task.
#[derive(Debug)]
pub struct Engine {
    worker: Worker,
    counted: Counted,
    lines: Lines,
}

#[derive(Debug, Default)]
struct Counted {
    events: u64,
}

impl Sink for Counted {
    fn event(&mut self, event: &Event<'_>) {
        black_box(event);
        self.events += 1;
    }

    fn refused(&mut self, refusal: &Refusal<'_, '_>) {
        panic!("refused: {}", refusal.kind);
    }
}

/// Writes events as JSON lines into memory that starts again at its front, or keeps them all.
#[derive(Debug, Default)]
struct Lines {
    json: Vec<u8>,
    bytes: u64,
    keeps_all: bool,
}

impl Sink for Lines {
    fn event(&mut self, event: &Event<'_>) {
        event.write_json(&mut self.json);
        self.json.push(b'\n');
        if self.json.len() > OUTPUT_BYTES && !self.keeps_all {
            self.bytes += self.json.len() as u64;
            self.json.clear();
        }
    }

    fn refused(&mut self, refusal: &Refusal<'_, '_>) {
        panic!("refused: {}", refusal.kind);
    }
}

impl Engine {
    /// Compiles a config; its first input gives the codec.
    pub fn new(config: &str) -> Self {
        Self::with_simd(config, SimdLevel::Auto)
    }

    /// Compiles a config for a SIMD level.
    pub fn with_simd(config: &str, simd: SimdLevel) -> Self {
        Self::with_resources(config, &Resources::new(), simd)
    }

    /// Compiles a config that needs files.
    pub fn with_resources(config: &str, resources: &Resources, simd: SimdLevel) -> Self {
        let source = Source::new("task.conf", config);
        let config = Config::parse(vec![source], &ParseOptions::default())
            .unwrap_or_else(|problems| panic!("{problems}"));
        let engine = sawlog::pattern::Engine { simd, ..sawlog::pattern::Engine::default() };
        let options = Options { ecs: Ecs::Disabled, engine, ..Options::default() };
        let pipeline = Pipeline::compile(&config, resources, &options)
            .unwrap_or_else(|problems| panic!("{problems}"));
        let input = (!pipeline.inputs().is_empty()).then_some(0);
        let options = InputOptions { input, ..InputOptions::default() };
        let worker = Worker::new(&pipeline, &options).expect("the input is there");
        Self { worker, counted: Counted::default(), lines: Lines::default() }
    }
}

impl Contestant for Engine {
    fn run(&mut self, input: &str, output: Output) -> u64 {
        match output {
            Output::Counted => {
                self.counted.events = 0;
                stream(&mut self.worker, input.as_bytes(), &mut self.counted);
                self.counted.events
            }
            Output::JsonLines => {
                self.lines.json.clear();
                self.lines.bytes = 0;
                stream(&mut self.worker, input.as_bytes(), &mut self.lines);
                self.lines.bytes + self.lines.json.len() as u64
            }
        }
    }

    fn json(&mut self, input: &str, out: &mut Vec<u8>) {
        let mut lines = Lines { keeps_all: true, ..Lines::default() };
        std::mem::swap(&mut lines.json, out);
        stream(&mut self.worker, input.as_bytes(), &mut lines);
        std::mem::swap(&mut lines.json, out);
    }
}

fn stream(worker: &mut Worker, input: &[u8], sink: &mut dyn Sink) {
    worker.start_stream(None);
    worker.push(input, TICK, sink);
    worker.flush(TICK, sink);
}

/// The pattern engine without the rest: the regex of the config's one pattern searched in every
/// line, and its captures read. What raw PCRE2 does, and nothing more.
#[derive(Debug)]
pub struct Captures {
    regex: Regex,
    /// Field and group number.
    groups: Vec<(String, u32)>,
    scratch: Scratch,
}

impl Captures {
    /// Whether a task is about captures.
    pub fn does(task: &Task) -> bool {
        matches!(task.name, "T1" | "T4" | "T7a" | "T7b")
    }

    /// Compiles the one pattern of a config.
    pub fn new(config: &str) -> Self {
        let patterns = grok_patterns(config);
        let expanded = Expanded::new(&patterns[0]);
        let flags = Flags { dot_all: true, ..Flags::default() };
        let regex = Regex::new(&expanded.own, flags).expect("the pattern compiles");
        let numbers = regex.group_names().iter().map(|(_, number)| *number);
        let groups = expanded.fields.into_iter().zip(numbers).collect();
        Self { regex, groups, scratch: Scratch::new() }
    }

    /// Counts the steps that the search of a line takes.
    pub fn steps(&mut self, line: &str) -> u64 {
        let mut budget = Budget { steps_left: u64::MAX };
        let found = self.regex.search(line, 0, &mut self.scratch, &mut budget);
        black_box(found.expect("this budget lasts"));
        u64::MAX - budget.steps_left
    }

    fn is_match(&mut self, line: &str) -> bool {
        let mut budget = Budget::for_subject(line.len());
        self.regex.search(line, 0, &mut self.scratch, &mut budget).expect("the budget lasts")
    }
}

impl Contestant for Captures {
    fn run(&mut self, input: &str, _: Output) -> u64 {
        let mut events = 0;
        for line in input.lines() {
            if self.is_match(line) {
                let found = Found { captures: self, line };
                for field in found.fields() {
                    black_box(field);
                }
            }
            events += 1;
        }
        events
    }

    fn json(&mut self, input: &str, out: &mut Vec<u8>) {
        for line in input.lines() {
            let is_match = self.is_match(line);
            let found = is_match.then_some(Found { captures: self, line });
            Form::Captures.write(line, found.as_ref(), out);
        }
    }
}

struct Found<'s> {
    captures: &'s Captures,
    line: &'s str,
}

impl Captured for Found<'_> {
    fn field(&self, name: &str) -> Option<&str> {
        self.fields().find_map(|(field, text)| (field == name).then_some(text))
    }

    fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.captures.groups.iter().filter_map(|(field, number)| {
            let (start, end) = self.captures.scratch.group(*number)?;
            Some((field.as_str(), self.line.get(start..end)?))
        })
    }
}
