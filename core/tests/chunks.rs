//! However a stream is cut into pieces, the same events and refusals come out.

#![expect(clippy::unwrap_used, reason = "tests")]

use sawlog::{
    Config, Event, InputOptions, Options, ParseOptions, Pipeline, Refusal, Resources, Sink, Source,
    Tick, Timestamp, Worker,
};

#[derive(Debug, Default, PartialEq)]
struct Collected(Vec<u8>);

impl Sink for Collected {
    fn event(&mut self, event: &Event<'_>) {
        event.write_json_with_metadata(&mut self.0);
        let origin = event.origin();
        self.0.extend_from_slice(format!(" {} {}\n", origin.line, origin.offset).as_bytes());
    }

    fn refused(&mut self, refusal: &Refusal<'_, '_>) {
        let origin = refusal.origin;
        let line = format!("{} {} {} {}\n", refusal.kind, origin.line, origin.offset, origin.text);
        self.0.extend_from_slice(line.as_bytes());
    }
}

/// Lines of several kinds: a byte order mark, characters of two to four bytes, bytes that are no
/// UTF-8, line ends of two bytes, empty lines, over-long lines, JSON, no end at the end.
fn streams() -> Vec<Vec<u8>> {
    let long = "x".repeat(40);
    vec![
        b"\xEF\xBB\xBFfirst\nsecond\n\n\nlast".to_vec(),
        "é日本😀\r\n\r\nn=5 ü\r\n\r".as_bytes().to_vec(),
        b"ok\n\xE6\x97\nbad \xFF\xFE\n\xF0\x9F\x98\n\xF0\x9F\x98\x80\n".to_vec(),
        format!("{long}\nshort\r\n{long}{long}\r\nend").into_bytes(),
        b"{\"a\":\"\\u00e9\"}\n[{\"a\":1},{\"a\":2},3]\n\n{\"a\":\n5\n".to_vec(),
        b"a--b---c----d-".to_vec(),
        b"n=1\nn=x\nn=6\n".to_vec(),
    ]
}

const CONFIGS: &[&str] = &[
    "filter { }",
    "input { stdin { codec => line { delimiter => \"--\" } } } filter { }",
    "input { stdin { codec => json_lines } } filter { }",
    r#"filter { grok { match => { "message" => "n=%{INT:n:int}" } }
       if [n] > 5 { mutate { add_tag => "big" } } }"#,
    r"filter { if [message] =~ /\d$/ { clone { clones => [copy] } } drop { percentage => 50 } }",
];

fn run<'a>(pipeline: &Pipeline, pieces: impl IntoIterator<Item = &'a [u8]>) -> Collected {
    let input = (!pipeline.inputs().is_empty()).then_some(0);
    let options = InputOptions { input, max_line_bytes: 32, ..InputOptions::default() };
    let mut worker = Worker::new(pipeline, &options).unwrap();
    let tick = Tick { now: Timestamp::UNIX_EPOCH, seed: 3 };
    let mut collected = Collected::default();
    for piece in pieces {
        worker.push(piece, tick, &mut collected);
    }
    worker.flush(tick, &mut collected);
    let stats = worker.stats();
    assert_eq!(
        stats.events_decoded + stats.events_created,
        stats.events_out + stats.events_dropped + stats.events_refused,
        "{stats:?}"
    );
    collected
}

#[test]
fn the_whole_its_bytes_and_every_cut_give_the_same() {
    let escapes = ParseOptions { support_escapes: true };
    for text in CONFIGS
        .iter()
        .copied()
        .chain([r#"input { stdin { codec => line { delimiter => "\r\n" } } } filter { }"#])
    {
        let config = Config::parse(vec![Source::new("a.conf", text)], &escapes).unwrap();
        let pipeline = Pipeline::compile(&config, &Resources::new(), &Options::default()).unwrap();
        for stream in streams() {
            let whole = run(&pipeline, [&stream[..]]);
            assert_eq!(run(&pipeline, stream.chunks(1)), whole, "{text}: byte by byte");
            for cut in 0..=stream.len() {
                let (head, tail) = stream.split_at(cut);
                assert_eq!(run(&pipeline, [head, tail]), whole, "{text}: cut at {cut}");
            }
        }
    }
}

#[test]
fn a_stream_may_be_cut_at_a_line_and_shared_among_workers() {
    let source = Source::new("a.conf", CONFIGS[4]);
    let config = Config::parse(vec![source], &ParseOptions::default()).unwrap();
    let pipeline = Pipeline::compile(&config, &Resources::new(), &Options::default()).unwrap();
    let stream: Vec<u8> = (0..200).flat_map(|n| format!("line {n}\n").into_bytes()).collect();
    let whole = run_at(&pipeline, &stream, 1, 0);
    let mut parts = Collected::default();
    let (mut line, mut offset) = (1, 0);
    for part in stream.split_inclusive(|&byte| byte == b'\n') {
        parts.0.extend(run_at(&pipeline, part, line, offset).0);
        line += 1;
        offset += part.len() as u64;
    }
    assert_eq!(parts, whole);
}

fn run_at(pipeline: &Pipeline, bytes: &[u8], line: u64, offset: u64) -> Collected {
    let mut worker = Worker::new(pipeline, &InputOptions::default()).unwrap();
    worker.start_stream_at(None, line, offset);
    let tick = Tick { now: Timestamp::UNIX_EPOCH, seed: 3 };
    let mut collected = Collected::default();
    worker.push(bytes, tick, &mut collected);
    worker.flush(tick, &mut collected);
    collected
}
