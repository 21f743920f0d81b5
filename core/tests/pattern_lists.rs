//! Lists of patterns and chains of groks give what their patterns give one by one, and tell which
//! of them matched.

#![expect(clippy::unwrap_used, reason = "tests")]

use sawlog::{
    Config, Event, InputOptions, Options, ParseOptions, Pipeline, Resources, Sink, Source, Tick,
    Timestamp, Worker,
};

/// The events as JSON, with `@metadata`.
#[derive(Default)]
struct Collected(Vec<serde_json::Value>);

impl Sink for Collected {
    fn event(&mut self, event: &Event<'_>) {
        let mut json = Vec::new();
        event.write_json_with_metadata(&mut json);
        self.0.push(serde_json::from_slice(&json).unwrap());
    }
}

fn pipeline(filters: &str) -> Pipeline {
    let source = Source::new("a.conf", format!("filter {{ {filters} }}"));
    let config = Config::parse(vec![source], &ParseOptions::default()).unwrap();
    Pipeline::compile(&config, &Resources::new(), &Options::default()).unwrap()
}

/// Runs lines through one worker, one event after the other.
fn run(filters: &str, lines: &[&str]) -> Vec<serde_json::Value> {
    let mut worker = Worker::new(&pipeline(filters), &InputOptions::default()).unwrap();
    let tick = Tick { now: Timestamp::UNIX_EPOCH, seed: 3 };
    let mut collected = Collected::default();
    worker.push(lines.join("\n").as_bytes(), tick, &mut collected);
    worker.flush(tick, &mut collected);
    collected.0
}

/// Runs one event, given as JSON.
fn run_event(filters: &str, event: &str) -> serde_json::Value {
    let mut worker = Worker::new(&pipeline(filters), &InputOptions::default()).unwrap();
    let mut collected = Collected::default();
    worker.run_event(event, Tick { now: Timestamp::UNIX_EPOCH, seed: 3 }, &mut collected);
    collected.0.remove(0)
}

const PATTERNS: [&str; 6] = [
    "^%{IP:client} %{WORD:verb} %{NUMBER:bytes}$",
    "%{TIMESTAMP_ISO8601:ts} %{LOGLEVEL:level} %{GREEDYDATA:msg}",
    "user=%{USER:user}",
    "^%{UUID:id}",
    "^(?<number>[0-9]+)? ?end$",
    "%{SYSLOGLINE}",
];

const LINES: [&str; 9] = [
    "192.0.2.7 GET 512",
    "2024-01-02T03:04:05Z WARN user=bob is late",
    "login user=eve",
    "123e4567-e89b-12d3-a456-426614174000 done",
    "77 end",
    " end",
    "Mar  3 04:12:55 web01 sshd[2412]: Failed password for user=root",
    "nothing of all that",
    "192.0.2.7 GET 512 bytes",
];

fn list(patterns: &[&str], more: &str) -> String {
    let patterns: Vec<String> = patterns.iter().map(|text| format!("'{text}'")).collect();
    let patterns = patterns.join(", ");
    format!(
        "grok {{ match => {{ 'message' => [{patterns}] }} matched_pattern_target => 'pattern' {more} }}"
    )
}

#[test]
fn a_list_gives_what_its_first_matching_pattern_gives_alone() {
    let of_list = run(&list(&PATTERNS, ""), &LINES);
    // Each line once more before and behind another one: what is guessed from the last line changes nothing.
    let twice: Vec<&str> = LINES.iter().flat_map(|line| [*line, *line, LINES[0]]).collect();
    let of_twice = run(&list(&PATTERNS, ""), &twice);
    for (at, line) in LINES.iter().enumerate() {
        let alone = PATTERNS.iter().map(|pattern| run(&list(&[pattern], ""), &[line]).remove(0));
        let mut failed = run(&list(&["never"], ""), &[line]);
        let first = alone.into_iter().find(|event| event.get("pattern").is_some());
        let expected = first.unwrap_or_else(|| failed.remove(0));
        assert_eq!(of_list[at], expected, "{line}");
        assert_eq!(of_twice[at * 3], expected, "{line}");
        assert_eq!(of_twice[at * 3 + 1], expected, "{line}");
    }
}

#[test]
fn a_chain_of_filters_gives_what_the_list_gives() {
    let mut chain = list(&PATTERNS[..1], "");
    for pattern in &PATTERNS[1..] {
        let next = list(&[pattern], "");
        chain.extend([
            " if '_grokparsefailure' in [tags] { mutate { remove_tag => '_grokparsefailure' } ",
            &next,
            " }",
        ]);
    }
    let (of_chain, of_list) = (run(&chain, &LINES), run(&list(&PATTERNS, ""), &LINES));
    for (chain, list) in of_chain.iter().zip(&of_list) {
        assert_eq!(chain["pattern"], list["pattern"]);
        let tags =
            |event: &serde_json::Value| event["tags"].as_array().cloned().unwrap_or_default();
        assert_eq!(tags(chain), tags(list));
        assert_eq!(chain["message"], list["message"]);
    }
}

#[test]
fn a_text_that_changes_between_two_filters_is_looked_at_again() {
    let (first, second) = (list(&["^a=1 ", "^b=1 "], ""), list(&["^a=2 ", "^b=2 "], ""));
    let filters = format!("{first} mutate {{ gsub => ['message', '1', '2'] }} {second}");
    let events = run(&filters, &["b=1 x", "a=1 x"]);
    assert_eq!(events[0]["pattern"], "^b=2 ");
    assert_eq!(events[1]["pattern"], "^a=2 ");
    assert!(events.iter().all(|event| event.get("tags").is_none()), "{events:?}");
}

#[test]
fn all_patterns_of_a_list_that_goes_on_are_told() {
    let more = "break_on_match => false";
    let lines = ["2024-01-02T03:04:05Z WARN user=bob", "5 end", "user=eve", "x"];
    let events = run(&list(&PATTERNS[1..5], more), &lines);
    assert_eq!(events[0]["pattern"], serde_json::json!([PATTERNS[1], PATTERNS[2]]));
    assert_eq!(events[1]["pattern"], serde_json::json!([PATTERNS[4]]));
    assert_eq!(events[2]["pattern"], serde_json::json!([PATTERNS[2]]));
    assert_eq!(events[3].get("pattern"), None);
    // Logstash takes the last pattern's word for whether the filter matched.
    let failed = |at: usize| events[at].get("tags").is_some();
    assert_eq!([failed(0), failed(1), failed(2), failed(3)], [true, false, true, true]);
}

#[test]
fn each_text_of_a_list_field_has_its_own_pattern() {
    let filters = list(&["^a(?<a>.)", "^b(?<b>.)"], "");
    let event = run_event(&filters, r#"{"message":["b1","a2","c3"]}"#);
    assert_eq!((&event["b"], &event["a"]), (&"1".into(), &"2".into()));
    assert_eq!(event["pattern"], "^a(?<a>.)");
}

#[test]
fn the_pattern_can_go_where_no_output_shows_it() {
    let more = "matched_pattern_target";
    let filters = "grok { match => { 'message' => ['%{INT:n}', '%{WORD:w}'] }
        matched_pattern_target => '[@metadata][grok][pattern]' }";
    assert!(filters.contains(more));
    let event = &run(filters, &["word"])[0];
    assert_eq!(event["@metadata"]["grok"]["pattern"], "%{WORD:w}");
}

#[test]
fn a_target_that_cannot_be_set_is_left_out() {
    let filters =
        "grok { match => { 'message' => '%{WORD:w}' } matched_pattern_target => '[message][x]' }";
    let event = &run(filters, &["word"])[0];
    assert_eq!((&event["w"], &event["message"]), (&"word".into(), &"word".into()));
    assert_eq!(event.get("tags"), None);
}

#[test]
fn a_list_longer_than_a_word_of_the_mask_is_tried_to_its_end() {
    let patterns: Vec<String> = (0..150).map(|n| format!("^line {n}: %{{WORD:w}}")).collect();
    let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
    let events =
        run(&list(&patterns, ""), &["line 149: a", "line 0: b", "line 64: c", "line 150: d"]);
    let found: Vec<_> = events.iter().map(|event| event["pattern"].as_str()).collect();
    assert_eq!(found, [Some(patterns[149]), Some(patterns[0]), Some(patterns[64]), None]);
}
