//! A config of ours and an input: every filter and codec with every option that a test case has, on
//! whatever comes.
//!
//! The first two bytes choose a config: the examples of the docs and those of the conformance cases.
//! The rest is a stream for its input; a config without one gets the stream's lines, as events where
//! they are JSON objects. Events are JSON, what went in is accounted for, a second run gives the
//! same, and a stream gives the same however it is cut.

#![no_main]

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sawlog::{
    Config, Encoder, Event, InputOptions, Options, ParseOptions, Pipeline, Refusal, Resources,
    Sink, Source, Tick, Timestamp, Worker,
};

/// What the command line brings, a database, and the files of all cases.
fn resources() -> Resources {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |path: &str| fs::read(project.join(path)).expect(path);
    let mut resources = Resources::new();
    resources.set_user_agents(&read("cli/data/uap-core/regexes.yaml")).expect("a list");
    let database = read("core/tests/data/maxmind/GeoLite2-City-Test.mmdb");
    resources.add_file("GeoLite2-City.mmdb", database);
    resources
}

static PIPELINES: LazyLock<Vec<Pipeline>> = LazyLock::new(|| {
    let mut resources = resources();
    let mut configs: Vec<String> =
        sawlog::filters().map(|(_, doc)| format!("filter {{ {} }}", doc.example)).collect();
    let of_codec = |codec: &str| format!("input {{ stdin {{ codec => {codec} }} }}");
    let decoders = sawlog::codecs().filter(|codec| codec.decodes);
    configs.extend(decoders.map(|codec| of_codec(codec.doc.example)));
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests");
    let mut files: Vec<_> = ["codecs", "conformance"]
        .iter()
        .flat_map(|folder| fs::read_dir(tests.join(folder)).expect("the cases"))
        .map(|file| file.expect("a case").path())
        .collect();
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|end| end == "ndjson")) {
        for line in fs::read_to_string(file).expect("a text").lines() {
            let case: serde_json::Value = serde_json::from_str(line).expect("JSON");
            configs.extend(case["config"].as_str().map(str::to_owned));
            for (path, text) in case["files"].as_object().into_iter().flatten() {
                resources.add_file(path, text.as_str().expect("a text").into());
            }
            configs.extend(case["codec"].as_str().map(of_codec));
        }
    }
    configs.sort();
    configs.dedup();
    configs.into_iter().filter_map(|text| compile(text, &resources)).collect()
});

static ENCODERS: LazyLock<Vec<Encoder>> = LazyLock::new(|| {
    let codecs = sawlog::codecs().filter(|codec| codec.encodes);
    codecs
        .map(|codec| Encoder::of_codec(codec.doc.example, &Options::default()).expect(codec.name))
        .collect()
});

fn compile(text: String, resources: &Resources) -> Option<Pipeline> {
    let source = Source::new("a.conf", text);
    let config = Config::parse(vec![source], &ParseOptions::default()).ok()?;
    Pipeline::compile(&config, resources, &Options::default()).ok()
}

fuzz_target!(|data: &[u8]| {
    let [low, high, input @ ..] = data else { return };
    let number = usize::from(u16::from_le_bytes([*low, *high]));
    let pipeline = &PIPELINES[number % PIPELINES.len()];
    let whole = run(pipeline, |worker, tick, out| feed(pipeline, worker, [input], tick, out));
    let again = run(pipeline, |worker, tick, out| feed(pipeline, worker, [input], tick, out));
    assert_eq!(whole, again, "a second time");
    if !pipeline.inputs().is_empty() {
        let bytes =
            run(pipeline, |worker, tick, out| feed(pipeline, worker, input.chunks(1), tick, out));
        assert_eq!(whole, bytes, "byte by byte");
    }
    for line in whole.events.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let value: serde_json::Value = serde_json::from_slice(line)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(line)));
        assert!(value.is_object());
    }
});

/// Gives the pieces of a stream to the input, or its lines to the filters.
fn feed<'a>(
    pipeline: &Pipeline,
    worker: &mut Worker,
    pieces: impl IntoIterator<Item = &'a [u8]>,
    tick: Tick,
    out: &mut Collected,
) {
    for piece in pieces {
        if !pipeline.inputs().is_empty() {
            worker.push(piece, tick, out);
            continue;
        }
        for line in piece.split(|byte| *byte == b'\n') {
            match std::str::from_utf8(line) {
                Ok(text) if text.starts_with('{') => worker.run_event(text, tick, out),
                _ => {
                    worker.push(line, tick, out);
                    worker.push(b"\n", tick, out);
                }
            }
        }
    }
    worker.finish(tick, out);
}

#[derive(Debug, Default, PartialEq)]
struct Collected {
    events: Vec<u8>,
    refusals: Vec<String>,
}

impl Sink for Collected {
    fn event(&mut self, event: &Event<'_>) {
        event.write_json_with_metadata(&mut self.events);
        self.events.push(b'\n');
        let mut written = Vec::new();
        for encoder in &*ENCODERS {
            encoder.encode(event, Timestamp::UNIX_EPOCH, &mut written);
        }
        assert!(!written.is_empty(), "a dot at least");
    }

    fn refused(&mut self, refusal: &Refusal<'_, '_>) {
        self.refusals.push(refusal.kind.to_string());
    }
}

fn run(pipeline: &Pipeline, feed: impl FnOnce(&mut Worker, Tick, &mut Collected)) -> Collected {
    let mut collected = Collected::default();
    let input = (!pipeline.inputs().is_empty()).then_some(0);
    // Explanations run too.
    let options = InputOptions {
        input,
        max_line_bytes: 4096,
        explain_failures: true,
        ..InputOptions::default()
    };
    let mut worker = Worker::new(pipeline, &options).expect("the first input is there");
    feed(&mut worker, Tick { now: Timestamp::UNIX_EPOCH, seed: 1 }, &mut collected);
    assert_eq!(worker.stats().check(), Ok(()), "{:?}", worker.stats());
    collected
}
