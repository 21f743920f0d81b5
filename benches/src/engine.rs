//! The engine in this process, one thread: ECS disabled, UTC.

use std::hint::black_box;

use sawlog::{
    Config, Ecs, Event, InputOptions, Options, ParseOptions, Pipeline, Refusal, Resources, Sink,
    Source, Tick, Timestamp, Worker,
};

use crate::tasks::Output;

/// The clock of every event; its text is [`crate::peer::NOW`].
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

#[derive(Debug, Default)]
struct Lines {
    json: Vec<u8>,
}

impl Sink for Lines {
    fn event(&mut self, event: &Event<'_>) {
        event.write_json(&mut self.json);
        self.json.push(b'\n');
    }

    fn refused(&mut self, refusal: &Refusal<'_, '_>) {
        panic!("refused: {}", refusal.kind);
    }
}

impl Engine {
    /// Compiles a config; its first input gives the codec.
    pub fn new(config: &str) -> Self {
        let source = Source::new("task.conf", config);
        let config = Config::parse(vec![source], &ParseOptions::default())
            .unwrap_or_else(|problems| panic!("{problems}"));
        let options = Options { ecs: Ecs::Disabled, ..Options::default() };
        let pipeline = Pipeline::compile(&config, &Resources::new(), &options)
            .unwrap_or_else(|problems| panic!("{problems}"));
        let input = (!pipeline.inputs().is_empty()).then_some(0);
        let options = InputOptions { input, ..InputOptions::default() };
        let worker = Worker::new(&pipeline, &options).expect("the input is there");
        Self { worker, counted: Counted::default(), lines: Lines::default() }
    }

    /// Runs a whole stream and returns what came out of it: events, or bytes of JSON.
    pub fn run(&mut self, input: &str, output: Output) -> u64 {
        match output {
            Output::Counted => {
                self.counted.events = 0;
                stream(&mut self.worker, input.as_bytes(), &mut self.counted);
                self.counted.events
            }
            Output::JsonLines => self.json(input).len() as u64,
        }
    }

    /// Runs a whole stream and returns its events as JSON lines.
    pub fn json(&mut self, input: &str) -> &[u8] {
        self.lines.json.clear();
        stream(&mut self.worker, input.as_bytes(), &mut self.lines);
        &self.lines.json
    }
}

fn stream(worker: &mut Worker, input: &[u8], sink: &mut dyn Sink) {
    worker.start_stream(None);
    worker.push(input, TICK, sink);
    worker.flush(TICK, sink);
}
