//! `sawlog test`: counts, differences, the list of expected ones, exit status.

use crate::support::{Scratch, run};

const GOOD: &str = r#"{"id":"good","config":"filter { mutate { add_tag => [\"t\"] } }","event":{"a":1},"expect":[{"a":1,"tags":["t"]}]}"#;
const BAD: &str = r#"{"id":"bad","config":"filter { mutate { add_tag => [\"t\"] } }","event":{"a":1},"expect":[{"a":1.0,"tags":["u"]}]}"#;

fn last_line(text: &str) -> &str {
    text.lines().next_back().unwrap()
}

#[test]
fn passing_cases_are_status_0() {
    let scratch = Scratch::new("passing_cases_are_status_0");
    let refusal = r#"{"id":"r","config":"filter { nope { } }","event":{},"expect_error":true}"#;
    let dropped = r#"{"id":"d","config":"filter { drop { } }","events":[{},{}],"expect":[]}"#;
    let file = scratch.file("a.ndjson", [GOOD, refusal, "", dropped].join("\n"));
    let run = run(&["test", &file]);
    assert_eq!((run.status, run.text()), (0, "3 passed, 0 failed\n"), "{}", run.stderr);
}

#[test]
fn failing_case_shows_each_field_that_differs() {
    let scratch = Scratch::new("failing_case_shows_each_field_that_differs");
    let file = scratch.file("a.ndjson", [GOOD, BAD].join("\n"));
    let run = run(&["test", &file]);
    assert_eq!(run.status, 1);
    assert_eq!(last_line(run.text()), "1 passed, 1 failed");
    assert!(run.text().contains("FAILED bad"), "{}", run.text());
    assert!(run.text().contains("a.ndjson:2"), "{}", run.text());
    assert!(run.text().contains("[a]: expected 1.0, is 1\n"), "{}", run.text());
    assert!(run.text().contains("[tags][0]: expected \"u\", is \"t\"\n"), "{}", run.text());
}

#[test]
fn listed_case_counts_as_expected_until_it_passes() {
    let scratch = Scratch::new("listed_case_counts_as_expected_until_it_passes");
    let file = scratch.file("a.ndjson", [GOOD, BAD].join("\n"));
    let listed = scratch.file("expected.tsv", "bad\torder\twhy not\n");
    let first = run(&["test", &file, "--expected", &listed]);
    assert_eq!((first.status, first.text()), (0, "1 passed, 0 failed, 1 expected\n"));

    scratch.file("expected.tsv", "bad\torder\twhy not\ngood\torder\tstale\n");
    let second = run(&["test", &file, "--expected", &listed]);
    assert_eq!(second.status, 1);
    assert_eq!(last_line(second.text()), "0 passed, 1 failed, 1 expected");
    assert!(second.text().contains("FAILED good"), "{}", second.text());
}

#[test]
fn line_that_is_no_case_fails() {
    let scratch = Scratch::new("line_that_is_no_case_fails");
    let file = scratch.file("a.ndjson", format!("{GOOD}\nnonsense\n"));
    let run = run(&["test", &file]);
    assert_eq!((run.status, last_line(run.text())), (1, "1 passed, 1 failed"));
    assert!(run.text().contains("a.ndjson:2"), "{}", run.text());
}

#[test]
fn unreadable_files_are_status_2() {
    assert_eq!(run(&["test", "no-such.ndjson"]).status, 2);
    let scratch = Scratch::new("unreadable_files_are_status_2");
    let file = scratch.file("a.ndjson", GOOD);
    assert_eq!(run(&["test", &file, "--expected", "no-such.tsv"]).status, 2);
    let listed = scratch.file("expected.tsv", "no tab\n");
    assert_eq!(run(&["test", &file, "--expected", &listed]).status, 2);
}

#[test]
fn plugin_that_is_not_built_fails_or_is_left_out() {
    let scratch = Scratch::new("plugin_that_is_not_built_fails_or_is_left_out");
    let case = r#"{"id":"u","config":"filter { ruby { code => \"\" } }","event":{},"expect":[{}]}"#;
    let file = scratch.file("a.ndjson", format!("{case}\n{GOOD}\n"));
    let failed = run(&["test", &file]);
    assert_eq!((failed.status, last_line(failed.text())), (1, "1 passed, 1 failed"));
    let skipped = run(&["test", &file, "--skip-unsupported"]);
    assert_eq!((skipped.status, last_line(skipped.text())), (0, "1 passed, 0 failed"));
    assert!(skipped.text().starts_with("1 left out"), "{}", skipped.text());
}
