//! Codecs and filters that keep something: across blocks and streams, and to the end of the run.

use std::fs;

use crate::support::{NOW, Scratch, run, run_on};

const TRACES: &str = r#"input { file { path => "/x" codec => multiline { pattern => "^\s" what => "previous" } } } filter { }"#;

#[test]
fn events_of_several_lines_go_on_in_the_next_block_and_end_with_their_file() {
    let scratch = Scratch::new("codecs-multiline");
    // More than a block of a megabyte, so that many events are cut.
    let trace = |n: usize| format!("error {n}\n  at a.b(C.java:{n})\n  at d.e(F.java:{n})\n");
    let text: String = (0..30_000).map(trace).collect();
    let first = scratch.file("a.log", &text);
    let second = scratch.file("b.log", "  at the start\nlast\n  without end");
    let arguments = ["convert", "-e", TRACES, "--now", NOW, "--no-original", &first, &second];
    let done = run(&arguments);
    assert_eq!(done.status, 0, "{}", done.stderr);
    let events = done.events();
    assert_eq!(events.len(), 30_000 + 2);
    for (n, event) in events[..30_000].iter().enumerate() {
        assert_eq!(event["message"], trace(n).trim_end(), "{n}");
        assert_eq!(event["tags"][0], "multiline");
    }
    assert_eq!(events[30_000]["message"], "  at the start", "a file begins anew");
    assert_eq!(events[30_001]["message"], "last\n  without end");
    let again = run(&[&arguments[..], &["--jobs", "4", "-q"]].concat());
    assert_eq!(again.stdout, done.stdout);
}

#[test]
fn codec_with_options_may_be_given_for_a_run() {
    let codec = r#"multiline { pattern => "^ " what => "previous" }"#;
    let arguments = ["convert", "-e", "filter { }", "--codec", codec, "-q"];
    let done = run_on(&arguments, b"a\n b\nc");
    let messages: Vec<_> = done.events().iter().map(|event| event["message"].clone()).collect();
    assert_eq!(messages, ["a\n b", "c"]);
    let refused = run(&["convert", "-e", "filter { }", "--codec", "multiline"]);
    assert_eq!(refused.status, 2);
    assert!(refused.stderr.contains("pattern"), "{}", refused.stderr);
    let unknown = run(&["convert", "-e", "filter { }", "--codec", "dots"]);
    assert!(unknown.stderr.contains("no codec `dots` that reads"), "{}", unknown.stderr);
}

#[test]
fn filters_give_what_they_hold_once_at_the_end_of_the_run() {
    let scratch = Scratch::new("codecs-metrics");
    for n in 0..3 {
        scratch.file(&format!("in/{n}.log"), "a\nb\n");
    }
    let folder = scratch.path.join("in").display().to_string();
    let config = r#"filter { metrics { meter => "all" rates => [] add_tag => "metric" } }"#;
    let mut arguments = vec!["convert", "-e", config, "--now", NOW, "-q", &folder];
    let done = run(&arguments);
    assert_eq!(done.status, 0, "{}", done.stderr);
    let events = done.events();
    assert_eq!(events.len(), 7);
    assert_eq!((&events[6]["all"]["count"], &events[6]["tags"][0]), (&6.into(), &"metric".into()));
    let out = format!("{}/", scratch.path.join("out").display());
    arguments.extend(["-o", &out]);
    assert_eq!(run(&arguments).status, 0);
    let last = fs::read_to_string(format!("{out}2.log.ndjson")).unwrap();
    assert_eq!(last.lines().count(), 3, "{last}");
}

#[test]
fn events_are_written_with_any_codec_that_writes() {
    let input = b"{\"src\":\"10.0.0.1\"}\n{\"a\":1}\n";
    let write = |codec: &str| {
        let arguments =
            ["convert", "-e", "filter { }", "--codec", "json", "--output-codec", codec, "-q"];
        run_on(&arguments, input)
    };
    assert_eq!(write("dots").text(), "..");
    assert_eq!(
        write(r#"csv { columns => ["src"] include_headers => true }"#).text(),
        "src\n10.0.0.1\n\n"
    );
    let cef = r#"cef { fields => ["src"] delimiter => "\n" }"#;
    assert!(write(cef).text().contains("|src=10.0.0.1\nCEF:0|"));
    let packed = write("msgpack");
    let read = run_on(&["convert", "-e", "filter { }", "--codec", "msgpack", "-q"], &packed.stdout);
    assert_eq!(read.events()[0]["src"], "10.0.0.1");
    let refused = write("es_bulk");
    assert_eq!(refused.status, 2);
    assert!(refused.stderr.contains("writes none"), "{}", refused.stderr);
}
