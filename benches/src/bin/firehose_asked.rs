//! The Lambda function on a Firehose event, without Lambda, beside the engine on the lines in it.
//!
//! `firehose-asked CONFIG EVENT` answers lines on standard input with nanoseconds of processor time: `engine` runs the lines of all
//! records in batches of 64 KiB, JSON lines into memory; `function` makes the answer to the event. `write PATH` writes that answer.
//! `firehose-asked CONFIG EVENT engine|function N` does it N times and ends, for counting instructions.

use std::io::BufRead as _;
use std::{env, error::Error, fs, hint::black_box, io};

use sawlog::{
    Config, Ecs, Event, InputOptions, Options, ParseOptions, Pipeline, Resources, Sink, Source,
    Tick, Timestamp, Worker,
};
use sawlog_benches::clock;
use sawlog_lambda::{Function, Job, Settings};

/// The clock of every event.
const TICK: Tick = Tick { now: Timestamp::UNIX_EPOCH, seed: 0 };
/// Bytes of a batch of the engine.
const BATCH_BYTES: usize = 64 * 1024;

struct Lines(Vec<u8>);

impl Sink for Lines {
    fn event(&mut self, event: &Event<'_>) {
        event.write_json(&mut self.0);
        self.0.push(b'\n');
    }
}

/// Both, over the same lines.
struct Pair {
    worker: Worker,
    lines: Vec<u8>,
    out: Lines,
    function: Function,
    event: Vec<u8>,
}

impl Pair {
    fn new(config: &str, event: Vec<u8>) -> Result<Self, Box<dyn Error>> {
        let source = Source::new("task.conf", config);
        let config =
            Config::parse(vec![source], &ParseOptions::default()).map_err(|all| all.to_string())?;
        let options = Options { ecs: Ecs::Disabled, ..Options::default() };
        let pipeline = Pipeline::compile(&config, &Resources::new(), &options)
            .map_err(|all| all.to_string())?;
        Ok(Self {
            worker: Worker::new(&pipeline, &InputOptions::default())?,
            lines: lines(&event)?,
            out: Lines(Vec::new()),
            function: Function::new(&pipeline, Settings::default())?,
            event,
        })
    }

    fn run(&mut self, what: &str) -> Result<Vec<u8>, Box<dyn Error>> {
        if what == "engine" {
            for batch in self.lines.chunks(BATCH_BYTES) {
                self.out.0.clear();
                self.worker.push(batch, TICK, &mut self.out);
                black_box(&self.out.0);
            }
            return Ok(Vec::new());
        }
        match self.function.start(&self.event, TICK, &mut |_| true)? {
            Job::Answer(answer) => Ok(answer),
            other => Err(format!("no answer but {other:?}").into()),
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [config, event, rest @ ..] = &arguments[..] else {
        return Err("CONFIG EVENT [engine|function N]".into());
    };
    let mut pair = Pair::new(&fs::read_to_string(config)?, fs::read(event)?)?;
    if let [what, count] = rest {
        for _ in 0..count.parse::<u32>()? {
            black_box(pair.run(what)?);
        }
        return Ok(());
    }
    for line in io::stdin().lock().lines() {
        let line = line?;
        if let Some(path) = line.strip_prefix("write ") {
            fs::write(path, pair.run("function")?)?;
            println!("written");
        } else {
            let started = clock::thread();
            black_box(pair.run(&line)?);
            println!("{}", (clock::thread() - started).as_nanos());
        }
    }
    Ok(())
}

/// The lines of all records of an event.
fn lines(event: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let event: serde_json::Value = serde_json::from_slice(event)?;
    let mut lines = Vec::new();
    for record in event["records"].as_array().ok_or("no records")? {
        let data = record["data"].as_str().ok_or("no data")?;
        lines.extend(base64_simd::STANDARD.decode_to_vec(data)?);
    }
    Ok(lines)
}
