//! What the bindings are measured against: the engine in this process, given the same pieces.
//!
//! ```text
//! batches CONFIG INPUT ROUNDS batches    64 KiB of INPUT at a time, JSON lines into memory, ROUNDS times
//! batches CONFIG INPUT ROUNDS lines      a line of INPUT at a time, its events looked at
//! batches CONFIG INPUT COUNT streams     the first COUNT pieces of 64 KiB and the rest of their last line, each a stream of its own
//! batches CONFIG INPUT                   answers lines on standard input: `run` runs all of these streams, `write PATH` writes their JSON
//! ```
//!
//! Prints the nanoseconds of processor time that the last round took, so that two runs whose rounds differ by one say what a round
//! costs, in instructions as well.

#![expect(clippy::print_stdout, reason = "says what it measured")]

use std::env;
use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::io::{self, BufRead as _};
use std::time::Duration;

use sawlog::{
    Config, Ecs, Event, InputOptions, Options, ParseOptions, Pipeline, Resources, Sink, Source,
    Tick, Timestamp, Worker,
};
use sawlog_benches::clock;

const PIECE_BYTES: usize = 64 * 1024;
/// The clock of every event.
const TICK: Tick = Tick { now: Timestamp::UNIX_EPOCH, seed: 0 };

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
    let [config, input, rest @ ..] = &arguments[..] else {
        return Err("CONFIG INPUT [ROUNDS batches|lines|streams]".into());
    };
    let source = Source::new(config.as_str(), fs::read_to_string(config)?);
    let config =
        Config::parse(vec![source], &ParseOptions::default()).map_err(|all| all.to_string())?;
    let options = Options { ecs: Ecs::Disabled, ..Options::default() };
    let pipeline =
        Pipeline::compile(&config, &Resources::new(), &options).map_err(|all| all.to_string())?;
    let mut worker = Worker::new(&pipeline, &InputOptions::default())?;
    let input = fs::read(input)?;
    let [rounds, mode] = rest else {
        return answer(&mut worker, &input);
    };
    let rounds = rounds.parse()?;
    let mut spent = Duration::ZERO;
    match mode.as_str() {
        "batches" => {
            let mut json = Json::default();
            for _ in 0..rounds {
                spent = timed(|| batches(&mut worker, &input, &mut json));
            }
        }
        "lines" => {
            let mut seen = Seen::default();
            for _ in 0..rounds {
                spent = timed(|| lines(&mut worker, &input, &mut seen));
            }
        }
        "streams" => {
            let mut json = Json::default();
            for piece in whole_lines(&input).into_iter().take(rounds) {
                stream(&mut worker, piece, &mut json);
            }
        }
        _ => return Err(format!("`{mode}` is none of batches, lines, streams").into()),
    }
    println!("{}", spent.as_nanos());
    Ok(())
}

fn answer(worker: &mut Worker, input: &[u8]) -> Result<(), Box<dyn Error>> {
    let mut json = Json::default();
    let pieces = whole_lines(input);
    for line in io::stdin().lock().lines() {
        if let Some(path) = line?.strip_prefix("write ") {
            let mut all = Vec::new();
            for piece in &pieces {
                stream(worker, piece, &mut json);
                all.extend_from_slice(&json.0);
            }
            fs::write(path, all)?;
            println!("written");
        } else {
            let spent = timed(|| {
                for piece in &pieces {
                    stream(worker, piece, &mut json);
                }
            });
            println!("{}", spent.as_nanos());
        }
    }
    Ok(())
}

fn timed(run: impl FnOnce()) -> Duration {
    let start = clock::thread();
    run();
    clock::thread() - start
}

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

/// Leaves the stream's events in `json`.
fn stream(worker: &mut Worker, piece: &[u8], json: &mut Json) {
    json.0.clear();
    worker.start_stream(None);
    worker.push(piece, TICK, json);
    worker.finish(TICK, json);
}

/// Pieces of 64 KiB, each with the rest of its last line.
fn whole_lines(input: &[u8]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let mut rest = input;
    while !rest.is_empty() {
        let end = rest
            .iter()
            .skip(PIECE_BYTES)
            .position(|byte| *byte == b'\n')
            .map_or(rest.len(), |at| PIECE_BYTES + at + 1);
        let (piece, next) = rest.split_at(end.min(rest.len()));
        pieces.push(piece);
        rest = next;
    }
    pieces
}
