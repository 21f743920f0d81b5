//! Cases of codecs: bytes in, events out, whole and in every kind of pieces.
//!
//! One JSON object a line in `codecs/*.ndjson`: `id`, `codec` (as in a config), `input` (a text) or `hex`, `expect` (the
//! events), and if need be `ecs`, `refused` (the number of lines), `input_plugin`. `@timestamp` and `@version` are compared only when they
//! are expected; `[event][original]` is left out unless `original` is true.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;

use sawlog::{
    Config, Ecs, Event, InputOptions, Options, ParseOptions, Pipeline, Refusal, Resources, Sink,
    Source, Tick, Timestamp, Worker, Zone, conformance,
};
use serde_json::Value;

#[derive(Debug, Default, PartialEq)]
struct Seen {
    events: Vec<String>,
    refused: Vec<String>,
}

impl Sink for Seen {
    fn event(&mut self, event: &Event<'_>) {
        let mut json = Vec::new();
        event.write_json_with_metadata(&mut json);
        let origin = event.origin();
        let json = String::from_utf8(json).unwrap();
        self.events.push(format!("{json}\u{1}{} {} {}", origin.line, origin.offset, origin.text));
    }

    fn refused(&mut self, refusal: &Refusal<'_, '_>) {
        let origin = refusal.origin;
        self.refused.push(format!("{} {} {}", refusal.kind, origin.line, origin.offset));
    }
}

fn pipeline(case: &Value) -> Pipeline {
    let plugin = case["input_plugin"].as_str().unwrap_or("stdin");
    let text = format!("input {{ {plugin} {{ codec => {} }} }}", case["codec"].as_str().unwrap());
    let parse = ParseOptions { support_escapes: case["escapes"] == true };
    let config = Config::parse(vec![Source::new("t", text)], &parse).unwrap();
    let ecs = match case["ecs"].as_str() {
        Some("disabled") => Ecs::Disabled,
        _ => Ecs::V8,
    };
    let mut resources = Resources::new();
    resources.add_file("own.patterns", b"OWN [0-9]{4}:\n".to_vec());
    let options = Options { ecs, ..Options::default() };
    Pipeline::compile(&config, &resources, &options).unwrap()
}

fn run<'a>(pipeline: &Pipeline, pieces: impl IntoIterator<Item = &'a [u8]>) -> Seen {
    let options = InputOptions { input: Some(0), max_line_bytes: 5_000, ..InputOptions::default() };
    let mut worker = Worker::new(pipeline, &options).unwrap();
    let now = Timestamp::parse_lenient("2024-06-15T12:00:00Z", &Zone::utc()).unwrap();
    let tick = Tick { now, seed: 3 };
    let mut seen = Seen::default();
    for piece in pieces {
        worker.push(piece, tick, &mut seen);
        assert_eq!(worker.stats().check(), Ok(()));
    }
    worker.finish(tick, &mut seen);
    let stats = worker.stats();
    assert_eq!(stats.check(), Ok(()), "{stats:?}");
    assert_eq!(stats.lines_refused, seen.refused.len() as u64);
    seen
}

fn bytes(case: &Value) -> Vec<u8> {
    if let Some(hex) = case["hex"].as_str() {
        let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
        let byte =
            |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        return digits.chunks(2).map(byte).collect();
    }
    let text = case["input"].as_str().unwrap();
    if text.contains("\u{E000}") {
        // Stands for a byte that no text can hold.
        let parts: Vec<&[u8]> = text.split('\u{E000}').map(str::as_bytes).collect();
        return parts.join(&b"\xE9"[..]);
    }
    text.as_bytes().to_vec()
}

fn check(case: &Value) -> Result<(), String> {
    let pipeline = pipeline(case);
    let stream = bytes(case);
    let whole = run(&pipeline, [&stream[..]]);
    if run(&pipeline, stream.chunks(1)) != whole {
        return Err("byte by byte gives something else".to_owned());
    }
    for cut in 0..=stream.len() {
        let (head, tail) = stream.split_at(cut);
        if run(&pipeline, [head, tail]) != whole {
            return Err(format!("a cut at {cut} gives something else"));
        }
    }
    let expected = case["expect"].as_array().unwrap();
    let mut text = Vec::new();
    if expected.len() != whole.events.len() {
        let (wanted, came) = (expected.len(), whole.events.len());
        text.push(format!("{wanted} expected, {came} came: {whole:#?}"));
    }
    for (index, (expected, found)) in expected.iter().zip(&whole.events).enumerate() {
        let (json, _) = found.split_once('\u{1}').unwrap();
        let mut found: Value = serde_json::from_str(json).unwrap();
        for name in ["@timestamp", "@version"] {
            if expected.get(name).is_none() {
                found.as_object_mut().unwrap().remove(name);
            }
        }
        if case["original"] != true
            && let Some(event) = found.get_mut("event").and_then(Value::as_object_mut)
        {
            event.remove("original");
            if event.is_empty() {
                found.as_object_mut().unwrap().remove("event");
            }
        }
        let numbers = conformance::Numbers::ByTypeAndValue;
        for difference in conformance::differences(expected, &found, numbers) {
            text.push(format!("event {}: {difference}", index + 1));
        }
    }
    let refused = case["refused"].as_u64().unwrap_or(0);
    if refused != whole.refused.len() as u64 {
        text.push(format!("{refused} refused expected: {:?}", whole.refused));
    }
    if text.is_empty() { Ok(()) } else { Err(text.join("\n")) }
}

#[test]
fn recorded_and_argued_cases_give_their_events_however_the_bytes_are_cut() {
    let mut failures = Vec::new();
    let mut count = 0;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/codecs");
    #[expect(clippy::disallowed_methods, reason = "a test reads its cases")]
    let files = fs::read_dir(folder).unwrap();
    for file in files {
        #[expect(clippy::disallowed_methods, reason = "a test reads its cases")]
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        for line in text.lines().filter(|line| !line.is_empty()) {
            let case: Value = serde_json::from_str(line).expect(line);
            if case["feature"] == "gzip" && !cfg!(feature = "gzip") {
                continue;
            }
            count += 1;
            if let Err(text) = check(&case) {
                failures.push(format!("{}: {text}", case["id"]));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(count > 40, "{count}");
}

fn compiles(codec: &str) -> Result<(), String> {
    let text = format!("input {{ stdin {{ codec => {codec} }} }}");
    let config = Config::parse(vec![Source::new("t", text)], &ParseOptions::default()).unwrap();
    let compiled = Pipeline::compile(&config, &Resources::new(), &Options::default());
    compiled.map(|_| ()).map_err(|errors| errors.iter().map(|one| one.message.clone()).collect())
}

#[test]
fn codecs_that_cannot_be_used_are_refused_when_the_config_is_compiled() {
    for (codec, expected) in [
        ("line { delimiter => \"\" }", "must not be empty"),
        ("line { delimiter => \"é\" }", "never found in a stream"),
        ("plain { charset => \"CP437\" }", "the charset `CP437` is not read"),
        ("netflow", "the codec `netflow` is not supported"),
        ("fluent", "the codec `fluent` is not supported"),
        ("graphite", "the codec `graphite` is not supported"),
        ("edn", "the codec `edn` is not supported"),
        ("avro { schema_uri => \"a\" }", "the codec `avro` is not supported"),
        ("rubydebug", "writes events and reads none"),
        ("dots", "writes events and reads none"),
        ("multiline { pattern => \"(\" what => \"next\" }", "bad regular expression"),
        ("multiline { pattern => \"%{NOPE}\" what => \"next\" }", "NOPE"),
        ("cef { default_timezone => \"Mars/Olympus\" }", "Mars/Olympus"),
        ("json { target => \"[a\" }", "[a"),
    ] {
        let error = compiles(codec).expect_err(codec);
        assert!(error.contains(expected), "{codec}: {error}");
    }
}

#[test]
fn multiline_is_flushed_when_nothing_came_for_a_while() {
    let case = serde_json::json!({ "codec":
        r#"multiline { pattern => "^\s" what => "previous" auto_flush_interval => 2 }"# });
    let options = InputOptions { input: Some(0), ..InputOptions::default() };
    let mut worker = Worker::new(&pipeline(&case), &options).unwrap();
    let mut seen = Seen::default();
    let at = |seconds| Tick { now: Timestamp::new(seconds, 0).unwrap(), seed: 0 };
    worker.push(b"a\n b\nhal", at(10), &mut seen);
    worker.handle_tick(at(11), &mut seen);
    assert!(seen.events.is_empty());
    worker.handle_tick(at(12), &mut seen);
    assert!(seen.events[0].contains(r#""@timestamp":"1970-01-01T00:00:12.000Z""#), "{seen:?}");
    assert!(seen.events[0].contains(r#""message":"a\n b""#), "{seen:?}");
    worker.push(b"f\n c\n", at(13), &mut seen);
    worker.push(b" d\n", at(16), &mut seen);
    assert!(seen.events[1].contains(r#""message":"half\n c""#), "{seen:?}");
    worker.flush(at(17), &mut seen);
    assert!(seen.events[2].contains(r#""message":" d""#), "{seen:?}");
    assert_eq!(worker.stats().check(), Ok(()));
}

#[test]
fn stream_that_starts_anew_has_nothing_of_the_one_before() {
    let case = serde_json::json!({ "codec": "es_bulk" });
    let options = InputOptions { input: Some(0), ..InputOptions::default() };
    let mut worker = Worker::new(&pipeline(&case), &options).unwrap();
    let tick = Tick { now: Timestamp::UNIX_EPOCH, seed: 0 };
    let mut seen = Seen::default();
    worker.push(b"{\"index\":{}}\n", tick, &mut seen);
    worker.flush(tick, &mut seen);
    worker.start_stream(None);
    worker.push(b"{\"delete\":{}}\n", tick, &mut seen);
    worker.flush(tick, &mut seen);
    assert_eq!((seen.events.len(), seen.refused.len()), (1, 1));
}

#[test]
fn nesting_of_messagepack_is_limited() {
    let case = serde_json::json!({ "codec": "msgpack" });
    let pipeline = pipeline(&case);
    for (levels, is_read) in [(300, true), (1_100, false)] {
        let stream = [&b"\x81\xA1a"[..], &vec![0x91; levels], b"\x01"].concat();
        let seen = run(&pipeline, [&stream[..]]);
        assert_eq!(!seen.events[0].contains("_msgpackparsefailure"), is_read, "{levels}");
    }
}

/// Encodes each event.
struct Written<'a>(&'a sawlog::Encoder, Vec<u8>);

impl Sink for Written<'_> {
    fn event(&mut self, event: &Event<'_>) {
        self.0.encode(event, Timestamp::UNIX_EPOCH, &mut self.1);
    }
}

fn encoded_with(options: &Options, codec: &str, events: &[Value]) -> Vec<u8> {
    let encoder = sawlog::Encoder::of_codec(codec, options).expect(codec);
    let config =
        Config::parse(vec![Source::new("t", "filter { }")], &ParseOptions::default()).unwrap();
    let pipeline = Pipeline::compile(&config, &Resources::new(), options).unwrap();
    let mut worker = Worker::new(&pipeline, &InputOptions::default()).unwrap();
    let mut written = Written(&encoder, encoder.header().to_vec());
    let now = Timestamp::parse_lenient("2024-06-15T12:00:00Z", &Zone::utc()).unwrap();
    for event in events {
        worker.run_event(&event.to_string(), Tick { now, seed: 0 }, &mut written);
    }
    written.1
}

fn encoded(codec: &str, events: &[Value]) -> String {
    String::from_utf8(encoded_with(&Options::default(), codec, events)).unwrap()
}

#[test]
fn codecs_that_write_write_as_their_options_say() {
    let events = [
        serde_json::json!({"message": "a, \"b\"", "n": 1.5, "l": [1, null], "e": ""}),
        serde_json::json!({"message": "x"}),
    ];
    for (codec, expected) in [
        ("dots", ".."),
        ("line { format => \"%{message}\" delimiter => \"|\" }", "a, \"b\"|x|"),
        ("plain { format => \"<%{n}>\" }", "<1.5><%{n}>"),
        (
            "csv { columns => [\"message\", \"n\", \"l\", \"e\"] }",
            "\"a, \"\"b\"\"\",1.5,\"[1, nil]\",\"\"\nx,,,\n",
        ),
        (
            "csv { columns => [\"n\", \"message\"] include_headers => true separator => \";\" quote_char => \"'\" }",
            "n;message\n1.5;a, \"b\"\n;x\n",
        ),
        (
            "csv",
            "2024-06-15T12:00:00.000Z,1,\"\",\"[1, nil]\",\"a, \"\"b\"\"\",1.5\n2024-06-15T12:00:00.000Z,1,x\n",
        ),
    ] {
        assert_eq!(encoded(codec, &events), expected, "{codec}");
    }
    let lines = encoded("json_lines { delimiter => \"--\" }", &events[1..]);
    assert!(lines.ends_with("\"message\":\"x\"}--"), "{lines}");
    assert!(encoded("json", &events[1..]).ends_with('}'));
    let shown =
        encoded("rubydebug { metadata => true }", &[serde_json::json!({"@metadata":{"a":1}})]);
    assert!(shown.contains("\"@metadata\" => {\n        \"a\" => 1"), "{shown}");
    for codec in ["multiline { pattern => \"a\" what => \"next\" }", "es_bulk", "netflow"] {
        assert!(sawlog::Encoder::of_codec(codec, &Options::default()).is_err(), "{codec}");
    }
}

#[test]
fn cef_is_written_with_full_names_or_short_keys() {
    let event = serde_json::json!({
        "message": "a = b\\c\nd", "source": {"ip": "10.0.0.1", "user": {"id": 7}}, "x": {"y": 1},
        "@timestamp": "2024-01-02T03:04:05Z", "name": "a|b\\c\r\nd"
    });
    let fields = "fields => [\"message\", \"[source][ip]\", \"missing\", \"x\", \"@timestamp\"]";
    for (codec, expected) in [
        ("cef".to_owned(), "CEF:0|Elasticsearch|Logstash|1.0|Logstash|Logstash|6|"),
        (
            format!("cef {{ name => \"%{{name}}\" severity => \"9\" vendor => \"\" {fields} }}"),
            "CEF:0|Elasticsearch|Logstash|1.0|Logstash|a\\|b\\\\c d|9|message=a \\= b\\\\c\\nd sourceAddress=10.0.0.1 x={\"y\":1} deviceReceiptTime=2024-01-02T03:04:05.000Z",
        ),
        (
            format!("cef {{ reverse_mapping => true delimiter => \"\\n\" {fields} }}"),
            "CEF:0|Elasticsearch|Logstash|1.0|Logstash|Logstash|6|msg=a \\= b\\\\c\\nd src=10.0.0.1 x={\"y\":1} rt=2024-01-02T03:04:05.000Z\n",
        ),
    ] {
        assert_eq!(encoded(&codec, std::slice::from_ref(&event)), expected, "{codec}");
    }
}

#[test]
fn messagepack_is_read_as_it_was_written() {
    let event = serde_json::json!({
        "@timestamp": "2024-01-02T03:04:05.000Z", "@version": "1", "s": "é".repeat(300),
        "n": [0, -1, 300, -70_000, i64::MAX, 1.5, null, true], "u": u64::MAX, "m": {"": {}},
        "l": (0..40).collect::<Vec<_>>(),
    });
    let bytes = encoded_with(&Options::default(), "msgpack", std::slice::from_ref(&event));
    let seen = run(&pipeline(&serde_json::json!({ "codec": "msgpack" })), [&bytes[..]]);
    let (json, _) = seen.events[0].split_once('\u{1}').unwrap();
    assert_eq!(serde_json::from_str::<Value>(json).unwrap(), event);
}

#[test]
fn what_real_python_clients_sent_is_read() {
    // python-logstash: one JSON object a datagram, without a line end; over TCP one a line.
    let datagram = br#"{"@timestamp": "2024-01-02T03:04:05.678Z", "@version": "1", "message": "hi", "host": "h", "tags": [], "type": "logstash", "level": "INFO", "stack_info": null}"#;
    let pipeline = pipeline(&serde_json::json!({ "codec": "json" }));
    let stream = [&datagram[..], b"\n", datagram].concat();
    let seen = run(&pipeline, [&stream[..]]);
    assert_eq!(seen.events.len(), 2);
    assert!(
        seen.events[1].starts_with(
            r#"{"@timestamp":"2024-01-02T03:04:05.678Z","@version":"1","message":"hi""#
        )
    );
}

/// Numbers from a fixed seed (xorshift).
struct Draws(u64);

impl Draws {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (end.max(1) as u64)).unwrap()
    }
}

#[test]
fn spoiled_input_is_counted_and_may_be_cut_anywhere() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/codecs");
    #[expect(clippy::disallowed_methods, reason = "a test reads its cases")]
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let mut draws = Draws(0x5DEE_CE66_D1CE_4E5B);
    for file in files {
        #[expect(clippy::disallowed_methods, reason = "a test reads its cases")]
        let text = fs::read_to_string(file).unwrap();
        for line in text.lines() {
            let case: Value = serde_json::from_str(line).unwrap();
            if case["feature"] == "gzip" && !cfg!(feature = "gzip") {
                continue;
            }
            let pipeline = pipeline(&case);
            let original = bytes(&case);
            for _ in 0..12 {
                let mut stream = original.clone();
                for _ in 0..=draws.below(4) {
                    let at = draws.below(stream.len());
                    match (draws.below(4), stream.get_mut(at)) {
                        (0, Some(byte)) => *byte = b"\n\r\"\\{}[]|=\0\xC1\xFF"[draws.below(13)],
                        (1, Some(byte)) => *byte ^= 1 << draws.below(8),
                        (2, Some(_)) => drop(stream.remove(at)),
                        _ => {
                            stream.splice(at..at, original.iter().take(at).copied()).for_each(drop);
                        }
                    }
                }
                // `run` sees to it that every line is accounted for.
                let whole = run(&pipeline, [&stream[..]]);
                assert_eq!(run(&pipeline, stream.chunks(1)), whole, "{}: {stream:?}", case["id"]);
                let (head, tail) = stream.split_at(draws.below(stream.len() + 1));
                assert_eq!(run(&pipeline, [head, tail]), whole, "{}: {stream:?}", case["id"]);
            }
        }
    }
}
