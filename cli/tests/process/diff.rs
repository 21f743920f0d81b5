//! `sawlog diff`: counts, fields, lines, limits, exit status.

use std::fmt::Write as _;

use crate::support::{NOW, Run, Scratch, run, run_on};

const OLD: &str =
    r#"filter { grok { match => { "message" => "^%{WORD:verb} %{INT:size:int}$" } } }"#;

/// Compares [`OLD`] with a new config over an input.
fn diff(name: &str, new: &str, input: &str, more: &[&str]) -> Run {
    let scratch = Scratch::new(name);
    let (old, new) = (scratch.file("old.conf", OLD), scratch.file("new.conf", new));
    let mut arguments = vec!["diff", "-c", &old, "-c", &new, "--now", NOW];
    arguments.extend(more);
    run_on(&arguments, input.as_bytes())
}

#[test]
fn equal_configs_have_no_difference() {
    let new = OLD.replace("{ ", "{\n");
    let run = diff("equal_configs", &new, "GET 1\nnope\n", &[]);
    let counts = "2 events the same, 0 changed, 0 only in OLD, 0 only in NEW\n";
    assert_eq!((run.status, run.text(), &*run.stderr), (0, counts, ""));
}

#[test]
fn changed_fields_are_shown_with_their_line() {
    let new = OLD.replace("size:int", "bytes").replace("}$", "}");
    let run = diff("changed_fields", &new, "nope\nGET 12\nGET 1 x\n", &[]);
    assert_eq!(run.status, 1);
    let shown = "standard input:2: changed\n  - [size]: 12\n  + [bytes]: \"12\"\n\
                 standard input:3: changed\n  - [tags]: [\"_grokparsefailure\"]\n  + [bytes]: \"1\"\n  + [verb]: \"GET\"\n\
                 fields that differ: [bytes] in 2, [size] in 1, [tags] in 1, [verb] in 1\n\
                 1 event the same, 2 changed, 0 only in OLD, 0 only in NEW\n";
    assert_eq!(run.text(), shown);
}

#[test]
fn order_of_fields_is_no_difference() {
    let new = r#"filter { mutate { add_field => { "size" => "0" } } mutate { remove_field => ["size"] }
        grok { match => { "message" => "^(?=%{WORD:verb} %{INT:size:int}$)" } } }"#;
    assert_eq!(diff("order_of_fields", new, "GET 12\n", &[]).status, 0);
}

#[test]
fn events_of_one_side_are_counted_apart() {
    let new = OLD.replacen("filter {", r#"filter { if [message] =~ "x" { drop { } } "#, 1)
        + r#"filter { if [verb] { clone { clones => ["copy"] } } }"#;
    let run = diff("events_of_one_side", &new, "a 1\nx 2\nb\n", &[]);
    assert_eq!(run.status, 1);
    assert!(run.text().contains("standard input:1: only in NEW\n  {"), "{}", run.text());
    assert!(run.text().contains("standard input:2: only in OLD\n  {"), "{}", run.text());
    assert!(
        run.text().ends_with("2 events the same, 0 changed, 1 only in OLD, 1 only in NEW\n"),
        "{}",
        run.text()
    );
}

#[test]
fn refused_events_say_why() {
    let new = OLD.replacen("filter {", "filter { if [n] > 1 { drop { } }", 1);
    let run = diff("refused_events", &new, "a 1\n", &[]);
    assert_eq!(run.status, 1);
    assert!(run.text().contains("standard input:1: refused by NEW: "), "{}", run.text());
    assert!(run.text().ends_with("1 only in OLD, 0 only in NEW, 1 refused by NEW alone\n"));
}

#[test]
fn limit_bounds_what_is_shown_and_not_what_is_counted() {
    let mut input = String::new();
    for index in 0..1000 {
        let _ = writeln!(input, "GET {index}");
    }
    let new = OLD.replace(":int", "");
    let run = diff("limit_bounds", &new, &input, &["--limit", "3"]);
    assert_eq!(run.text().matches(": changed\n").count(), 3);
    assert!(run.text().contains("997 more differences are not shown"), "{}", run.text());
    assert!(run.text().contains("[size] in 1000\n"), "{}", run.text());
    assert!(
        run.text().ends_with("0 events the same, 1000 changed, 0 only in OLD, 0 only in NEW\n")
    );
    let none = diff("limit_bounds", &new, &input, &["--limit", "0", "--format", "json"]);
    assert_eq!(none.events()[0]["changed"], 1000);
    assert_eq!(none.events()[0]["differences"].as_array().unwrap().len(), 0);
}

#[test]
fn json_form_is_one_object() {
    let new = OLD.replace(":int", "");
    let run = diff("json_form", &new, "GET 1\nPUT 2\nx\n", &["--format", "json"]);
    assert_eq!(run.status, 1);
    let expected = serde_json::json!({
        "differences": [
            {"input": "standard input", "line": 1, "kind": "changed",
             "fields": [{"field": "[size]", "old": 1, "new": "1"}]},
            {"input": "standard input", "line": 2, "kind": "changed",
             "fields": [{"field": "[size]", "old": 2, "new": "2"}]},
        ],
        "shown": 2, "same": 1, "changed": 2, "only_old": 0, "only_new": 0,
        "refused_old": 0, "refused_new": 0, "fields": {"[size]": 2},
    });
    assert_eq!(run.events(), [expected]);
}

#[test]
fn lines_count_in_each_file() {
    let scratch = Scratch::new("lines_count_in_each_file");
    let old = scratch.file("old.conf", OLD);
    let new = scratch.file("new.conf", OLD.replace(":int", ""));
    let a = scratch.file("a.log", "x\ny\n");
    let b = scratch.file("b.log", "x\nGET 1");
    let run = run(&["diff", "-c", &old, "-c", &new, &a, &b, "--now", NOW]);
    assert_eq!(run.status, 1);
    assert!(run.text().starts_with(&format!("{b}:2: changed\n")), "{}", run.text());
}

#[test]
fn mistakes_are_status_2() {
    let scratch = Scratch::new("diff_mistakes_are_status_2");
    let old = scratch.file("old.conf", OLD);
    let bad = scratch.file("bad.conf", "filter { nope { } }");
    let log = scratch.file("a.log", "GET 1\n");
    let one = run(&["diff", "-c", &old, &log]);
    assert_eq!(one.status, 2);
    assert!(one.stderr.contains("two configs are compared, 1 given"), "{}", one.stderr);
    let refused = run(&["diff", "-c", &old, "-c", &bad, &log]);
    assert_eq!(refused.status, 2);
    assert!(refused.stderr.contains("bad.conf:1:10"), "{}", refused.stderr);
    let missing = run(&["diff", "-c", &old, "-c", &old, "no-such.log", &log, "--now", NOW]);
    assert_eq!(missing.status, 2);
    assert!(missing.stderr.contains("no-such.log"), "{}", missing.stderr);
    assert!(missing.text().starts_with("1 event the same"), "{}", missing.text());
}
