//! `sawlog grok`: fields of lines that match, drawings of those that do not.

use serde_json::json;

use crate::support::{Scratch, run, run_on};

const ACCESS: &str = r#"127.0.0.1 - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 512"#;

#[test]
fn all_lines_match_is_status_0_and_prints_typed_fields() {
    let run = run_on(
        &["grok", "%{WORD:verb} %{NUMBER:seconds:float} %{INT:bytes:int}"],
        b"GET 0.5 12\nPUT 1 7\n",
    );
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    assert_eq!(
        run.events(),
        [
            json!({"verb": "GET", "seconds": 0.5, "bytes": 12}),
            json!({"verb": "PUT", "seconds": 1.0, "bytes": 7})
        ]
    );
}

#[test]
fn line_that_does_not_match_is_drawn_and_status_1() {
    let lines = format!("{ACCESS}\n{}\n", ACCESS.replace(":10:05:03 +0000", " 10:05"));
    let run = run_on(&["grok", "--ecs", "disabled", "%{COMMONAPACHELOG}"], lines.as_bytes());
    assert_eq!(run.status, 1);
    let (first, rest) = run.text().split_once('\n').unwrap();
    assert!(first.starts_with(r#"{"clientip":"127.0.0.1","#), "{first}");
    assert_eq!(
        rest,
        r#"line 2: no match
  127.0.0.1 - - [17/May/2015 10:05] "GET /a HTTP/1.1" 200 512
  --------------------------^ stopped here, after 26 characters
  in %{COMMONAPACHELOG} > %{HTTPD_COMMONLOG} > %{HTTPDATE}, expected `:`
"#
    );
}

#[test]
fn caret_stands_below_the_character_whatever_its_width() {
    let run = run_on(&["grok", "^\\S+ %{INT:n}$"], "日本\tx\nö\u{301} x\n".as_bytes());
    let lines: Vec<&str> = run.text().lines().collect();
    assert_eq!(lines[1], "  日本    x");
    assert_eq!(lines[2], "  ----^ stopped here, after 2 characters");
    assert_eq!(lines[5], "  ö\u{301} x");
    assert_eq!(lines[6], "  --^ stopped here, after 3 characters");
}

#[test]
fn long_line_is_cut_around_the_caret() {
    let line = format!("{} {} end\n", "a".repeat(300), "b".repeat(300));
    let run = run_on(&["grok", "^%{WORD:a} %{INT:b}"], line.as_bytes());
    let lines: Vec<&str> = run.text().lines().collect();
    assert!(lines[1].chars().count() < 140 && lines[1].contains("aaa bbb"), "{}", lines[1]);
    let caret = lines[2].chars().position(|c| c == '^').unwrap();
    assert_eq!(lines[1].chars().nth(caret), Some('b'));
}

#[test]
fn start_of_the_best_try_is_marked() {
    let run = run_on(&["grok", "%{WORD:verb} %{INT:bytes}"], b"-- GET x\n");
    assert_eq!(
        run.text(),
        "line 1: no match\n  -- GET x\n     ----^ stopped here, after 4 characters from character 4 \
         on\n  expected %{INT:bytes} (a digit)\n"
    );
}

#[test]
fn only_failed_leaves_out_the_others() {
    let run = run_on(&["grok", "--only-failed", "^%{INT:n}$"], b"1\nx\n2\n");
    assert_eq!(run.status, 1);
    assert!(run.text().starts_with("line 2: no match\n"), "{}", run.text());
    assert_eq!(run.text().lines().count(), 4);
}

#[test]
fn count_groups_lines_by_reason() {
    let run = run_on(&["grok", "--count", "^%{INT:n}$"], b"1\nx\n2y\nz\n");
    assert_eq!(run.status, 1);
    assert_eq!(
        run.text(),
        "1 of 4 lines matched\n     2  expected %{INT:n} (a digit) (first: line 2)\n     1  \
         expected the end of the line (first: line 3)\n"
    );
    let run = run_on(&["grok", "--count", "--format", "json", "^%{INT:n}$"], b"1\nx\n");
    assert_eq!(
        run.events(),
        [json!({"lines": 2, "matched": 1, "failed": 1, "reasons": [
            {"lines": 1, "message": "expected %{INT:n} (a digit)", "first": "line 2"}]})]
    );
}

#[test]
fn json_has_one_object_for_every_line() {
    let run =
        run_on(&["grok", "--format", "json", "%{WORD:w} %{INT:n}"], "ab 1\nab ä\n".as_bytes());
    assert_eq!(
        run.events(),
        [
            json!({"line": 1, "fields": {"w": "ab", "n": "1"}}),
            json!({
                "line": 2,
                "text": "ab ä",
                "message": "expected %{INT:n} (a digit)",
                "explanation": {"start": 0, "at": 3, "expected": ["%{INT:n} (a digit)"],
                    "has_more": false, "chain": [], "pattern_start": 10, "pattern_end": 18,
                    "is_complete": true}
            })
        ]
    );
}

#[test]
fn files_are_named_when_there_are_several() {
    let scratch = Scratch::new("grok_files");
    let (a, b) = (scratch.file("a.log", "1\n"), scratch.file("b.log", "x"));
    let run = run(&["grok", "^%{INT:n}$", &a, &b]);
    assert!(run.text().contains(&format!("{b}:1: no match\n")), "{}", run.text());
}

#[test]
fn definitions_come_from_files_directories_and_arguments() {
    let scratch = Scratch::new("grok_definitions");
    scratch.file("patterns/own", "QUEUE [0-9A-F]{4}\nCOLOUR red\n");
    let directory = scratch.path.join("patterns");
    let run = run_on(
        &[
            "grok",
            "--patterns-dir",
            directory.to_str().unwrap(),
            "--definition",
            "COLOUR=gr(?:e|a)y",
            "%{QUEUE:q} %{COLOUR:c}",
        ],
        b"00FF gray\n",
    );
    assert_eq!(run.events(), [json!({"q": "00FF", "c": "gray"})]);
}

#[test]
fn pattern_keeps_quotes_and_takes_the_place_of_no_field() {
    let run = run_on(
        &["grok", r#"^"%{DATA:message}" '%{DATA:tags}' %{GREEDYDATA:event}"#],
        b"\"a\" 'b' c\n",
    );
    assert_eq!(run.status, 0, "{}{}", run.text(), run.stderr);
    assert_eq!(run.events(), [json!({"message": "a", "tags": "b", "event": "c"})]);
}

#[test]
fn wrong_pattern_is_status_2_with_its_place() {
    for (pattern, expected) in [
        (
            "a %{IPORHSOT:a}",
            "error[unknown-pattern]: grok pattern `%{IPORHSOT}` is not defined, did you mean \
             `IPORHOST`\n  --> PATTERN:1:3\n   |\n 1 | a %{IPORHSOT:a}\n   |   ^^^^^^^^^^^^^\n\n",
        ),
        (
            "a(b",
            "error[bad-regex]: bad regular expression: group is not closed\n  --> PATTERN:1:2\n   \
             |\n 1 | a(b\n   |  ^\n\n",
        ),
    ] {
        let run = run(&["grok", pattern]);
        assert_eq!((run.status, run.text()), (2, ""), "{pattern}");
        assert_eq!(run.stderr, expected, "{pattern}");
    }
    for arguments in [
        &["grok", "x", "--definition", "A"][..],
        &["grok", "x", "--definition", "A B=c"],
        &["grok", "x", "--patterns-dir", "no/such/place"],
        &["grok"],
    ] {
        assert_eq!(run(arguments).status, 2, "{arguments:?}");
    }
}

#[test]
fn unreadable_file_is_named_and_the_others_are_read() {
    let scratch = Scratch::new("grok_unreadable");
    let file = scratch.file("a.log", "1\n");
    let run = run(&["grok", "%{INT:n}", "no/such.log", &file]);
    assert_eq!((run.status, run.text()), (1, "{\"n\":\"1\"}\n"));
    assert!(run.stderr.contains("cannot read `no/such.log`"), "{}", run.stderr);
}

#[test]
fn pattern_that_backtracks_too_long_says_so() {
    let line = "a".repeat(3000) + "\n";
    let pattern = r"(?<x>a|aa)*(?<y>a|aa)*(?<z>a|aa)*\k<x>(?:b|c)";
    let run = run_on(&["grok", "--count", pattern], line.as_bytes());
    assert_eq!(run.status, 1);
    assert!(run.text().contains("given up: the pattern backtracks too long"), "{}", run.text());
}

#[test]
fn explain_says_what_to_change_and_tries_it_on_the_next_line() {
    let pattern = "^%{WORD:verb} %{INT:bytes}$";
    let run = run_on(&["grok", "--explain", pattern], b"GET -\nPUT -\n");
    assert_eq!(run.status, 1);
    let lines: Vec<&str> = run.text().lines().collect();
    assert_eq!(
        lines[4..6],
        [
            "  change: `-` may stand in place of %{INT:bytes}",
            "  matches with: ^%{WORD:verb} (?:%{INT:bytes}|-)$"
        ]
    );
    assert_eq!(lines[10], "  matches with the pattern suggested for line 1");
    let run = run_on(&["grok", "--explain", "--count", pattern], b"GET -\nPUT -\n1 2\n");
    assert_eq!(
        run.text(),
        "1 of 3 lines matched\n     2  in %{INT}, expected a digit (first: line 1)\n        change: `-` may \
         stand in place of %{INT:bytes}\n        matches with: ^%{WORD:verb} (?:%{INT:bytes}|-)$\n"
    );
}

#[test]
fn explain_goes_into_json() {
    let run = run_on(&["grok", "--explain", "--format", "json", "^%{INT:n}$"], b"1 x\n");
    let suggestion = &run.events()[0]["suggestion"];
    assert_eq!(
        suggestion,
        &json!({
            "pattern": "^%{INT:n}(?: %{GREEDYDATA:rest})?$",
            "changes": ["more may follow: here `x`"],
            "is_match": true,
            "at": 3,
            "kind": "changed"
        })
    );
}
