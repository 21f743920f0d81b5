//! What a worker asks of the allocator: nothing for the lines of the common configs once it is warm, and
//! twice as much for twice the line. Bytes and steps are counted, and no clock is read.

#![expect(clippy::disallowed_macros, reason = "tests run in threads of one process")]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use sawlog::pattern::expand::expand;
use sawlog::pattern::library::{Dictionary, PatternSet};
use sawlog::pattern::{Budget, Flags, Regex, Scratch};
use sawlog::{
    Config, Ecs, Event, InputOptions, Options, ParseOptions, Pipeline, Resources, Sink, Source,
    Tick, Timestamp, Worker,
};

/// The system's allocator, which counts what each thread asks of it.
struct Counting;

mod counters {
    use super::Cell;

    std::thread_local! {
        pub(crate) static ASKED: Cell<u64> = const { Cell::new(0) };
        pub(crate) static BYTES: Cell<u64> = const { Cell::new(0) };
    }
}

fn count(bytes: usize) {
    // A thread that ends may ask for memory when its counters are gone.
    let _ = counters::ASKED.try_with(|asked| asked.set(asked.get() + 1));
    let _ = counters::BYTES.try_with(|sum| sum.set(sum.get() + bytes as u64));
}

#[expect(unsafe_code, reason = "an allocator is unsafe to write; this one passes every call on")]
// SAFETY: all calls go to the system's allocator unchanged, and counting neither allocates nor panics.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller keeps the contract of `alloc`, which is the same there.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the place came from `alloc` or `realloc` above, and so from the system.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        // SAFETY: the place came from here, and the caller keeps the contract of `realloc`.
        unsafe { System.realloc(place, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often this thread has asked for memory.
fn asked() -> u64 {
    counters::ASKED.with(Cell::get)
}

/// Writes events into memory that is used again.
struct Json(Vec<u8>);

impl Sink for Json {
    fn event(&mut self, event: &Event<'_>) {
        self.0.clear();
        event.write_json(&mut self.0);
    }
}

const ACCESS: &[&str] = &[
    r#"203.0.113.7 - - [25/Mar/2024:13:00:00 +0000] "GET /a/b.html?q=1 HTTP/1.1" 200 5120 "-" "Mozilla/5.0""#,
    r#"198.51.100.20 - anna [25/Mar/2024:13:00:01 +0000] "POST /login HTTP/2" 302 - "https://a.example/" "curl/8""#,
    r#"2001:db8::1 - - [26/Mar/2024:00:00:00 +0100] "-" 408 0 "-" "-""#,
    "this is no access log",
    "",
    "b\u{fc}cher \u{65e5}\u{672c}",
];

const APP: &[&str] = &[
    "2024-03-15T14:23:01.123Z INFO user 17 logged in from 203.0.113.9",
    "2024-03-15 14:23:02,5 ERROR timeout after 3000 ms",
    "2024-03-16T00:00:00+02:00 WARN queue is 90 % full",
    "starting up",
];

const SYSLOG: &[&str] = &[
    "Mar 15 14:23:01 web-1 sshd[4711]: Accepted publickey for anna from 203.0.113.9 port 22",
    "Mar  5 04:03:01 db-2 kernel: eth0: link up",
    "<34>Oct 11 22:14:15 mymachine su: 'su root' failed",
    "no syslog at all",
];

const T1: &str = r#"filter { grok { match => { "message" => "%{COMBINEDAPACHELOG}" } } }"#;

const T2: &str = r#"filter {
  grok { match => { "message" => "%{COMBINEDAPACHELOG}" } remove_field => ["message"] }
  date { match => ["timestamp", "dd/MMM/yyyy:HH:mm:ss Z"] }
  mutate { convert => { "response" => "integer" "bytes" => "integer" } add_field => { "env" => "prod" } }
}"#;

const T3: &str = r#"filter {
  grok { match => { "message" => "%{TIMESTAMP_ISO8601:timestamp} %{LOGLEVEL:level} %{GREEDYDATA:msg}" }
         remove_field => ["message"] }
  date { match => ["timestamp", "ISO8601"] target => "timestamp" }
  mutate { add_field => { "app" => "auth-service" } }
}"#;

const T4: &str =
    r#"filter { grok { match => { "message" => "%{SYSLOGLINE}" } overwrite => ["message"] } }"#;

const T6: &str = r#"filter { grok { match => { "message" => [
  "%{COMBINEDAPACHELOG}",
  "%{TIMESTAMP_ISO8601:ts} %{LOGLEVEL:level} %{GREEDYDATA:msg}",
  "^%{UUID:id} %{GREEDYDATA:msg}",
  "level=%{WORD:level} ts=%{NOTSPACE:ts} msg=%{QUOTEDSTRING:msg}",
  "%{SYSLOGLINE}"
] } overwrite => ["message"] } }"#;

const T5: &str = r#"input { stdin { codec => json } }
filter { mutate { add_field => { "service_id" => "auth-7" "version" => "1.4.2" } } }"#;

const JSON: &[&str] = &[
    r#"{"@timestamp":"2024-03-15T14:23:01.123Z","level":"info","user":{"id":17,"tags":["a","b"]},"ms":1.25}"#,
    r#"{"level":"warn","text":"\u00e9 and \"quotes\"","n":null,"ok":true,"big":12345678901234567890}"#,
    r#"{"text": "loguru", "record": {"elapsed": {"repr": "0:00:01.5", "seconds": 1.5}, "extra": {}, "line": 12}}"#,
    "[]",
];

/// Left to the exact reader.
const BROKEN_JSON: &[&str] = &["no JSON", r#"{"a":"#, r#"{"a":1} more"#];

/// What the tasks leave out: conditions, templates, types, branches, tags, a year from the clock.
const MIXED: &str = r#"filter {
  grok {
    match => { "message" => "^(?:<%{NONNEGINT:[syslog][pri]:int}>)?%{SYSLOGTIMESTAMP:ts} %{NOTSPACE:host} %{GREEDYDATA:rest}" }
    add_tag => ["syslog", "from_%{host}"]
    tag_on_failure => ["odd"]
  }
  date { match => ["ts", "MMM dd HH:mm:ss", "MMM  d HH:mm:ss"] timezone => "Europe/Paris" }
  if "odd" in [tags] { mutate { replace => { "kind" => "unknown: %{message}" } } }
  else if [syslog][pri] > 20 { mutate { convert => { "[syslog][pri]" => "float" } } }
  else { mutate { add_field => { "day" => "%{+yyyy.MM.dd} %{[syslog][pri]}" } remove_tag => ["syslog"] } }
  mutate { rename => { "rest" => "[text][rest]" } copy => { "host" => "[host2]" } lowercase => ["host"] }
}"#;

const WORDS: &[&str] = &[
    "2024-03-15 14:23:01,123 [main] INFO  com.x.Y - started in 12 ms",
    "2024-03-15 14:23:02,5 [worker-7]   ERROR com.x.Z - took too long",
    "no such line",
    "",
    "Mar 15 14:23:01 web-1 sshd[4711]: Accepted publickey for anna",
];

const DISSECT: &str = r#"filter {
  dissect {
    mapping => { "message" => "%{ts} %{+ts} [%{thread->}] %{level->} %{[log][logger]} - %{msg}" }
    tag_on_failure => ["odd"]
  }
  if "odd" in [tags] { dissect { mapping => { "message" => "%{?m} %{d} %{t} %{host} %{prog}[%{pid}]: %{msg}" } convert_datatype => { "pid" => "int" } } }
}"#;

const PAIRS: &[&str] = &[
    r#"date=2024-03-15 time=14:23:01 srcip=203.0.113.9 msg="a long text" user='anna b' n=(1 2) empty= x=\"#,
    "ip=198.51.100.20 ip=198.51.100.21 path=C:\\logs\\a.txt status = 200",
    "no pairs",
    "",
    "é=ü \"a\"=b c==d",
];

const KV: &str = r#"filter { kv { target => "kv" } kv { trim_value => "<>," transform_key => "lowercase" include_keys => ["ip", "user", "status"] prefix => "x_" } kv { whitespace => "strict" allow_empty_values => true exclude_keys => ["message"] } }"#;

const ROWS: &[&str] =
    &[r#"Error,2024-03-15 14:23:01,"a, ""b""",4711,,x"#, "1,2,3", r#"broken "row",1"#, "", "é;ü"];

const CSV: &str = r#"filter { csv { columns => ["level", "time", "[text][long]", "id"] convert => { "id" => "integer" } } csv { target => "t" } csv { separator => ";" skip_empty_columns => true } }"#;

const SMALL: &str = r#"filter {
  grok { match => { "message" => "^<%{NONNEGINT:pri}>" } }
  syslog_pri { syslog_pri_field_name => "pri" ecs_compatibility => "disabled" }
  cidr { address => ["%{message}", "203.0.113.9"] network => ["10.0.0.0/8", "203.0.113.0/24"] add_tag => ["near"] }
  prune { blacklist_names => ["^xx"] }
  truncate { length_bytes => 20 fields => ["message"] }
  urldecode { field => "message" }
  bytes { source => "pri" target => "size" }
}"#;

const LOOKUPS: &str = r#"filter {
  translate { source => "message" target => "a" dictionary => { "no such line" => "x" "" => ["y", 1] } fallback => "none: %{message}" }
  translate { source => "message" target => "b" regex => true dictionary => { "^Mar" => "syslog" "ERROR" => "error" } }
  translate { source => "message" target => "c" exact => false dictionary => { "INFO" => "info" "ms" => "milliseconds" } }
  fingerprint { source => ["message", "b"] concatenate_sources => true method => "SHA256" key => "k" target => "d" }
  fingerprint { source => ["message"] method => "MURMUR3_128" target => "e" }
  fingerprint { source => ["message"] method => "PUNCTUATION" target => "f" }
  anonymize { fields => ["c"] key => "k" algorithm => "SHA1" }
  uuid { target => "g" }
  mutate { add_field => { "host" => "www.Example.co.uk" } }
  tld { source => "host" }
}"#;

fn tick() -> Tick {
    Tick { now: Timestamp::from_millis(1_711_000_000_000), seed: 1 }
}

fn worker(config: &str) -> Worker {
    let source = Source::new("a.conf", config);
    let config = Config::parse(vec![source], &ParseOptions::default()).unwrap();
    let options = Options { ecs: Ecs::Disabled, ..Options::default() };
    let pipeline = Pipeline::compile(&config, &Resources::new(), &options).unwrap();
    let input = (!pipeline.inputs().is_empty()).then_some(0);
    Worker::new(&pipeline, &InputOptions { input, ..InputOptions::default() }).unwrap()
}

/// Runs the lines again and again; gives how often memory was asked for once that is of no use.
fn asked_when_warm(config: &str, lines: &[&str]) -> u64 {
    let mut worker = worker(config);
    let mut sink = Json(Vec::with_capacity(4096));
    let text = lines.join("\n") + "\n";
    // Pieces that cut lines in two, as a file's do.
    let mut push = |worker: &mut Worker| {
        for piece in text.as_bytes().chunks(150) {
            worker.push(piece, tick(), &mut sink);
        }
        worker.push(text.as_bytes(), tick(), &mut sink);
    };
    for _ in 0..3 {
        push(&mut worker);
    }
    let before = asked();
    for _ in 0..10 {
        push(&mut worker);
    }
    asked() - before
}

#[test]
fn warm_workers_ask_for_no_memory() {
    for (name, config, lines) in [
        ("T1", T1, ACCESS),
        ("T2", T2, ACCESS),
        ("T3", T3, APP),
        ("T4", T4, SYSLOG),
        ("T5", T5, JSON),
        ("T6", T6, SYSLOG),
        ("T6, no match", T6, APP),
        ("mixed", MIXED, SYSLOG),
        ("dissect", DISSECT, WORDS),
        ("kv", KV, PAIRS),
        ("csv", CSV, ROWS),
        ("small filters", SMALL, SYSLOG),
        ("look-ups", LOOKUPS, WORDS),
    ] {
        assert_eq!(asked_when_warm(config, lines), 0, "{name}");
    }
}

#[test]
fn lines_that_are_no_json_ask_for_little_memory() {
    // Each line is run twenty times; the exact reader keeps nothing between lines.
    let asked = asked_when_warm(T5, BROKEN_JSON);
    assert!(asked <= 20 * 8 * BROKEN_JSON.len() as u64, "{asked}");
}

#[test]
fn the_counter_counts() {
    let before = asked();
    let list: Vec<u8> = Vec::with_capacity(100);
    assert_eq!((asked() - before, list.capacity()), (1, 100));
}

/// The bytes that a new worker asks for to run one line.
fn bytes_for(config: &str, line: &str) -> u64 {
    let mut worker = worker(config);
    let mut sink = Json(Vec::with_capacity(line.len() * 4));
    let before = counters::BYTES.with(Cell::get);
    worker.push(line.as_bytes(), tick(), &mut sink);
    worker.push(b"\n", tick(), &mut sink);
    assert_eq!(worker.stats().events_out, 1);
    counters::BYTES.with(Cell::get) - before
}

fn json_of(keys: usize) -> String {
    let fields: Vec<String> = (0..keys).map(|n| format!("\"key{n}\":\"v{n}\"")).collect();
    format!("{{{}}}", fields.join(","))
}

fn pairs_of(keys: usize) -> String {
    let pairs: Vec<String> = (0..keys).map(|n| format!("key{n}=v{n}")).collect();
    pairs.join(" ")
}

#[test]
fn twice_the_line_takes_twice_the_memory() {
    let json =
        "input { stdin { codec => json } } filter { mutate { add_field => { \"aa\" => \"b\" } } }";
    let field = r#"filter { json { source => "message" } }"#;
    let half = 5 * 1024 * 1024;
    for (name, config, short, long) in [
        ("keys of the codec", json, json_of(50_000), json_of(100_000)),
        ("keys of the filter", field, json_of(50_000), json_of(100_000)),
        ("pairs", "filter { kv { } }", pairs_of(50_000), pairs_of(100_000)),
        ("equal keys", "filter { kv { } }", "a=1 ".repeat(200_000), "a=1 ".repeat(400_000)),
        (
            "openers without closers",
            "filter { kv { } }",
            "a=(b ".repeat(100_000),
            "a=(b ".repeat(200_000),
        ),
        ("columns", "filter { csv { } }", "1,".repeat(50_000), "1,".repeat(100_000)),
        ("a long line", T2, "x ".repeat(half / 2), "x ".repeat(half)),
        (
            "an app's long line",
            T3,
            format!("{} {}", APP[0], "y".repeat(half)),
            format!("{} {}", APP[0], "y".repeat(half * 2 - 100)),
        ),
    ] {
        let (once, twice) = (bytes_for(config, &short), bytes_for(config, &long));
        // Memory grows by doubling, which may just have happened, or be about to.
        assert!(twice * 10 <= once * 23, "{name}: {once} bytes, then {twice}");
    }
}

#[test]
fn twice_the_line_takes_twice_the_steps() {
    let dictionary = Dictionary::new(PatternSet::Legacy);
    let half = 5 * 1024 * 1024;
    for (pattern, unit) in [
        ("%{COMBINEDAPACHELOG}", "x "),
        ("%{COMBINEDAPACHELOG}", ACCESS[1]),
        ("%{TIMESTAMP_ISO8601:ts} %{LOGLEVEL:level} %{GREEDYDATA:msg}", "2024-03-15T14:23 "),
        ("%{SYSLOGLINE}", "Mar 15 14:23:01 web-1 sshd "),
    ] {
        let regex = expand(pattern, &dictionary, true).unwrap().regex;
        let regex = Regex::new(&regex, Flags { dot_all: true, ..Flags::default() }).unwrap();
        let steps = |len: usize| {
            let subject = unit.repeat(len / unit.len());
            let mut budget = Budget::for_subject(subject.len());
            let all = budget.steps_left;
            let found = regex.search(&subject, 0, &mut Scratch::new(), &mut budget);
            assert!(found.is_ok(), "{pattern} on {len} bytes of {unit:?} runs out of steps");
            all - budget.steps_left
        };
        let (once, twice) = (steps(half), steps(half * 2));
        assert!(twice * 10 <= once * 23, "{pattern} on {unit:?}: {once} steps, then {twice}");
    }
}
