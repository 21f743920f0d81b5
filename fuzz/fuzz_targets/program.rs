//! A config and an input: whatever compiles runs to its end, gives JSON, and gives the same bytes
//! however the input is cut.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sawlog::{
    Config, Event, InputOptions, Options, ParseOptions, Pipeline, Refusal, Resources, Sink, Source,
    Tick, Timestamp, Worker,
};

/// The input starts after the first of these; the rest before it is the config.
const SEPARATOR: char = '\0';

fuzz_target!(|data: &[u8]| {
    let split = data.iter().position(|byte| *byte == SEPARATOR as u8).unwrap_or(data.len());
    let Ok(config) = std::str::from_utf8(&data[..split]) else { return };
    let input = data.get(split + 1..).unwrap_or_default();
    let source = Source::new("a.conf", config);
    let Ok(config) = Config::parse(vec![source], &ParseOptions::default()) else { return };
    let options = Options { skip_unsupported: true, ..Options::default() };
    let Ok(pipeline) = Pipeline::compile(&config, &Resources::new(), &options) else { return };
    let whole = run(&pipeline, [input]);
    assert_eq!(whole, run(&pipeline, input.chunks(1)), "byte by byte");
    let (head, tail) = input.split_at(input.len() / 2);
    assert_eq!(whole, run(&pipeline, [head, tail]), "in two halves");
    for line in whole.events.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let value: serde_json::Value = serde_json::from_slice(line)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(line)));
        assert!(value.is_object());
    }
});

#[derive(Debug, Default, PartialEq)]
struct Collected {
    events: Vec<u8>,
    refusals: Vec<String>,
}

impl Sink for Collected {
    fn event(&mut self, event: &Event<'_>) {
        event.write_json(&mut self.events);
        self.events.push(b'\n');
    }

    fn refused(&mut self, refusal: &Refusal<'_, '_>) {
        self.refusals.push(refusal.kind.to_string());
    }
}

fn run<'a>(pipeline: &Pipeline, pieces: impl IntoIterator<Item = &'a [u8]>) -> Collected {
    let mut collected = Collected::default();
    let options = InputOptions { max_line_bytes: 4096, ..InputOptions::default() };
    let mut worker = Worker::new(pipeline, &options).expect("the default options fit");
    let tick = Tick { now: Timestamp::UNIX_EPOCH, seed: 1 };
    for piece in pieces {
        worker.push(piece, tick, &mut collected);
    }
    worker.flush(tick, &mut collected);
    assert_eq!(worker.stats().check(), Ok(()), "{:?}", worker.stats());
    collected
}
