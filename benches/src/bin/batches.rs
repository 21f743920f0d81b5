//! What the bindings are measured against: the engine in this process, given the same pieces.
//!
//! ```text
//! batches CONFIG INPUT ROUNDS batches    64 KiB of INPUT at a time, JSON lines into memory, ROUNDS times
//! batches CONFIG INPUT ROUNDS lines      a line of INPUT at a time, its events looked at
//! ```
//!
//! Prints the nanoseconds of processor time that the last round took, so that two runs whose rounds differ by one say what a round
//! costs, in instructions as well.

#![expect(clippy::print_stdout, reason = "says what it measured")]

use std::env;
use std::error::Error;
use std::fs;
use std::hint::black_box;

use nix::time::{ClockId, clock_gettime};
use sawlog::{
    Config, Ecs, Event, InputOptions, Options, ParseOptions, Pipeline, Resources, Sink, Source,
    Tick, Timestamp, Worker,
};

const PIECE_BYTES: usize = 64 * 1024;

#[derive(Default)]
struct Json(Vec<u8>);

impl Sink for Json {
    fn event(&mut self, event: &Event<'_>) {
        event.write_json(&mut self.0);
        self.0.push(b'\n');
    }
}

#[derive(Default)]
struct Seen(usize);

impl Sink for Seen {
    fn event(&mut self, event: &Event<'_>) {
        self.0 += black_box(event).data().len();
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [config, input, rounds, mode] = &arguments[..] else {
        return Err("CONFIG INPUT ROUNDS batches|lines".into());
    };
    let source = Source::new(config.as_str(), fs::read_to_string(config)?);
    let config = Config::parse(vec![source], &ParseOptions::default())?;
    let options = Options { ecs: Ecs::Disabled, ..Options::default() };
    let pipeline = Pipeline::compile(&config, &Resources::new(), &options)?;
    let mut worker = Worker::new(&pipeline, &InputOptions::default())?;
    let input = fs::read(input)?;
    let (mut json, mut seen) = (Json::default(), Seen::default());
    let mut spent = 0;
    for _ in 0..rounds.parse::<u32>()? {
        let start = now()?;
        if mode == "batches" {
            batches(&mut worker, &input, &mut json);
        } else {
            lines(&mut worker, &input, &mut seen);
        }
        spent = now()? - start;
    }
    println!("{spent}");
    Ok(())
}

const TICK: Tick = Tick { now: Timestamp::UNIX_EPOCH, seed: 0 };

fn batches(worker: &mut Worker, input: &[u8], json: &mut Json) {
    for piece in input.chunks(PIECE_BYTES) {
        worker.push(piece, TICK, json);
        black_box(&json.0);
        json.0.clear();
    }
}

fn lines(worker: &mut Worker, input: &[u8], seen: &mut Seen) {
    for line in input.split(|byte| *byte == b'\n') {
        worker.push_line(line, TICK, seen);
    }
}

fn now() -> Result<i64, Box<dyn Error>> {
    let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID)?;
    Ok(time.tv_sec() * 1_000_000_000 + time.tv_nsec())
}
