//! The engine over a file in batches of 64 KiB, for the bindings to be compared with.
//!
//! `batches-asked CONFIG FILE` answers lines on standard input: `write PATH` writes the JSON lines of all batches, `run` runs
//! all batches once and prints the nanoseconds of processor time. `batches-asked CONFIG FILE N` runs the
//! first N batches and ends, for counting instructions.

use std::io::BufRead as _;
use std::{env, error::Error, fs, io};

use sawlog::{
    Config, Ecs, Event, InputOptions, Options, ParseOptions, Pipeline, Resources, Sink, Source,
    Tick, Timestamp, Worker,
};
use sawlog_benches::clock;

/// The clock of every event.
const TICK: Tick = Tick { now: Timestamp::UNIX_EPOCH, seed: 0 };
/// Bytes of a batch, up to the end of its last line.
const BATCH_BYTES: usize = 64 * 1024;

struct Lines(Vec<u8>);

impl Sink for Lines {
    fn event(&mut self, event: &Event<'_>) {
        event.write_json(&mut self.0);
        self.0.push(b'\n');
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let config = fs::read_to_string(arguments.next().ok_or("a config is wanted")?)?;
    let input = fs::read(arguments.next().ok_or("a file is wanted")?)?;
    let source = Source::new("task.conf", config);
    let config =
        Config::parse(vec![source], &ParseOptions::default()).map_err(|all| all.to_string())?;
    let options = Options { ecs: Ecs::Disabled, ..Options::default() };
    let pipeline =
        Pipeline::compile(&config, &Resources::new(), &options).map_err(|all| all.to_string())?;
    let mut worker = Worker::new(&pipeline, &InputOptions::default())?;
    let mut lines = Lines(Vec::new());
    let batches = batches(&input);
    if let Some(count) = arguments.next() {
        for batch in batches.iter().take(count.parse()?) {
            run(&mut worker, batch, &mut lines);
        }
        return Ok(());
    }
    for line in io::stdin().lock().lines() {
        let line = line?;
        if let Some(path) = line.strip_prefix("write ") {
            let mut all = Vec::new();
            for batch in &batches {
                run(&mut worker, batch, &mut lines);
                all.extend_from_slice(&lines.0);
            }
            fs::write(path, all)?;
            println!("written");
        } else {
            let started = clock::thread();
            for batch in &batches {
                run(&mut worker, batch, &mut lines);
            }
            println!("{}", (clock::thread() - started).as_nanos());
        }
    }
    Ok(())
}

fn run(worker: &mut Worker, batch: &[u8], lines: &mut Lines) {
    lines.0.clear();
    worker.start_stream(None);
    worker.push(batch, TICK, lines);
    worker.finish(TICK, lines);
}

fn batches(input: &[u8]) -> Vec<&[u8]> {
    let mut batches = Vec::new();
    let mut rest = input;
    while !rest.is_empty() {
        let end = rest
            .iter()
            .skip(BATCH_BYTES)
            .position(|byte| *byte == b'\n')
            .map_or(rest.len(), |at| BATCH_BYTES + at + 1);
        let (batch, next) = rest.split_at(end.min(rest.len()));
        batches.push(batch);
        rest = next;
    }
    batches
}
