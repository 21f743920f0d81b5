//! Why a filter failed, as a reject tells it.

#![expect(clippy::unwrap_used, reason = "tests")]

use sawlog::{
    Config, Event, InputOptions, Options, ParseOptions, Pipeline, Resources, Sink, Source, Tick,
    Timestamp, Worker,
};

/// Runs one line through filters and gives the explanations of those that failed.
fn explained(filters: &str, line: &str) -> Vec<String> {
    struct Explanations(Vec<String>);
    impl Sink for Explanations {
        fn event(&mut self, event: &Event<'_>) {
            let failures = event.failures().iter();
            self.0.extend(failures.map(|failure| failure.explanation.unwrap_or("-").to_owned()));
        }
    }
    let source = Source::new("a.conf", format!("filter {{ {filters} }}"));
    let config = Config::parse(vec![source], &ParseOptions::default()).unwrap();
    let pipeline = Pipeline::compile(&config, &Resources::new(), &Options::default()).unwrap();
    let options = InputOptions { explain_failures: true, ..InputOptions::default() };
    let mut worker = Worker::new(&pipeline, &options).unwrap();
    let tick = Tick { now: Timestamp::UNIX_EPOCH, seed: 0 };
    let mut sink = Explanations(Vec::new());
    worker.push(format!("{line}\n").as_bytes(), tick, &mut sink);
    sink.0
}

fn check(cases: &[(&str, &str, &str)]) {
    for (filters, line, expected) in cases {
        let found = explained(filters, line).join(" | ");
        assert_eq!(found, *expected, "{filters} on {line}");
    }
}

#[test]
fn grok_tells_of_the_pattern_that_got_furthest() {
    check(&[
        (
            r#"grok { match => { "message" => "%{WORD:verb} %{INT:bytes}" } }"#,
            "GET x",
            "stopped after 4 of 5 characters at `x`: expected %{INT:bytes} (a digit)",
        ),
        (
            r#"grok { match => { "message" => ["^%{INT:n}$", "%{WORD:verb} %{INT:bytes}"] } }"#,
            "GET x",
            "pattern 2 of 2 got furthest, stopped after 4 of 5 characters at `x`: expected \
             %{INT:bytes} (a digit)",
        ),
        (
            r#"grok { match => { "a" => "%{INT:n}" "message" => "^%{INT:n}$" } }"#,
            "7x",
            "field `message`, stopped after 1 of 2 characters at `x`: expected the end of the line",
        ),
        (r#"grok { match => { "[a][b]" => "%{INT:n}" } }"#, "x", "field `[a][b]` is missing"),
        (r#"grok { match => { "message" => "%{WORD:w}" } }"#, "x", ""),
    ]);
}

#[test]
fn grok_that_backtracks_too_long_says_so() {
    let filters =
        r#"grok { match => { "message" => "(?<x>a|aa)*(?<y>a|aa)*(?<z>a|aa)*\k<x>(?:b|c)" } }"#;
    assert_eq!(
        explained(filters, &"a".repeat(3000)),
        ["the pattern was given up: it backtracks too long on the 3000 bytes of field `message`"]
    );
}

#[test]
fn date_names_text_and_formats() {
    check(&[
        (
            r#"date { match => ["message", "dd/MMM/yyyy"] }"#,
            "2015-05-17",
            "`2015-05-17` in field `message` does not fit the format `dd/MMM/yyyy`, or is a time \
             that does not exist",
        ),
        (
            r#"date { match => ["message", "ISO8601", "UNIX"] }"#,
            "soon",
            "`soon` in field `message` fits none of the 2 formats `ISO8601`, `UNIX`, or is a time \
             that does not exist",
        ),
        (
            r#"mutate { split => { "message" => "," } } date { match => ["message", "UNIX"] }"#,
            "1,2",
            "field `message` is a list, `[\"1\", \"2\"]`, and a date is a text or a number",
        ),
        (
            r#"date { match => ["message", "UNIX"] timezone => "%{message}" }"#,
            "5",
            "`timezone` gives `5`, which is no time zone",
        ),
    ]);
}

#[test]
fn json_names_the_byte() {
    let filters = r#"json { source => "message" }"#;
    let found = explained(filters, r#"{"a":1,"b":x}"#);
    assert!(
        found[0].starts_with("field `message` is not valid JSON at byte 11, `x}`: "),
        "{found:?}"
    );
    let found = explained(filters, r#"{"a":1"#);
    assert!(
        found[0].starts_with("field `message` is not valid JSON at byte 6, its end: "),
        "{found:?}"
    );
    check(&[(
        filters,
        "[1]",
        "field `message` holds JSON that is no object; `target` would take it",
    )]);
}

#[test]
fn mutate_names_operation_field_and_value() {
    check(&[
        (
            r#"mutate { convert => { "message" => "integer" } }"#,
            "abc",
            "`convert` failed on field `message`, which is `abc`",
        ),
        (
            r#"mutate { uppercase => ["message"] rename => { "message" => "[a][b]" } convert => { "[a][b]" => "float" } }"#,
            "x",
            "`convert` failed on field `[a][b]`, which is `x`",
        ),
    ]);
}

#[test]
fn dissect_names_the_delimiter() {
    check(&[
        (
            r#"dissect { mapping => { "message" => "<%{pri}>%{rest}" } }"#,
            "13 x",
            "field `message` does not start with `<`: `13 x`",
        ),
        (
            r#"dissect { mapping => { "message" => "%{a} [%{b}] %{c}" } }"#,
            "x [y) z",
            "`] ` does not follow in field `message` after 3 bytes, at `y) z`",
        ),
        (
            r#"dissect { mapping => { "message" => "%{a}-%{b}%{c}" } }"#,
            "x-y",
            "two fields of the pattern have no delimiter between them",
        ),
        (
            r#"dissect { convert_datatype => { "message" => "int" } }"#,
            "x",
            "`convert_datatype` cannot make a number of field `message`: `x`",
        ),
    ]);
}

#[test]
fn kv_names_the_key() {
    check(&[
        (
            "kv { }",
            "a=1 b]c=2",
            "the key `b]c` in field `message` cannot be set: an invalid field reference or template",
        ),
        (
            "kv { target => \"[message][x]\" }",
            "a=1",
            "the pairs of field `message` cannot be set as `[message][x]`",
        ),
    ]);
}

#[test]
fn csv_names_the_byte() {
    check(&[
        (
            "csv { }",
            r#"a,b"c,d"#,
            "field `message` is no CSV at byte 3, `\"c,d`: a quote stands inside of a value without \
             quotes",
        ),
        (
            "csv { quote_char => \"ab\" }",
            "a",
            "`separator` is empty, or `quote_char` is not one character",
        ),
        ("csv { columns => [\"a]\"] }", "x", "a column cannot be set or converted"),
    ]);
}

#[test]
fn the_small_filters_name_field_and_value() {
    check(&[
        (
            r#"mutate { convert => { "message" => "integer" } } split { }"#,
            "5",
            "field `message` is a number, `5`, and only texts and lists are split",
        ),
        (
            r#"syslog_pri { syslog_pri_field_name => "message" }"#,
            "999",
            "field `message` is `999`, which is no syslog priority",
        ),
        (r#"bytes { target => "size" }"#, "1 KiB", "field `message` is `1 KiB`, and no size"),
        (
            r#"json_encode { source => "message" target => "[message][x]" }"#,
            "a",
            "field `[message][x]` cannot be set",
        ),
    ]);
}
