//! `sawlog patterns`: the list, one pattern, and names that are none.

use serde_json::json;

use crate::support::{Scratch, run};

#[test]
fn list_has_every_name_of_the_set_in_order() {
    for (ecs, count) in [("disabled", 317), ("v1", 362), ("v8", 362)] {
        let run = run(&["patterns", "--ecs", ecs]);
        assert_eq!(run.status, 0);
        let names: Vec<&str> =
            run.text().lines().filter_map(|line| line.split(' ').next()).collect();
        assert_eq!(names.len(), count);
        assert!(names.is_sorted() && names.contains(&"COMBINEDAPACHELOG"));
    }
    let run = run(&["patterns", "--definition", "AAA=x", "--format", "json"]);
    assert_eq!(run.events()[0], json!({"name": "AAA", "definition": "x"}));
}

#[test]
fn one_pattern_is_shown_with_captures_parts_and_users() {
    let expected = "\
SYSLOGFACILITY
  <%{NONNEGINT:facility}.%{NONNEGINT:priority}>

sets
  facility  text
  priority  text

is made of
  NONNEGINT:facility
  NONNEGINT:priority

is used by
  SYSLOGBASE SYSLOGBASE2
";
    for name in ["SYSLOGFACILITY", "%{SYSLOGFACILITY}"] {
        assert_eq!(run(&["patterns", name, "--ecs", "disabled"]).text(), expected);
    }
}

#[test]
fn repeated_parts_are_drawn_once() {
    let run = run(&["patterns", "COMMONAPACHELOG"]);
    assert!(run.text().contains("HTTPDUSER:[user][name] …\n"), "{}", run.text());
    assert_eq!(run.text().matches("EMAILLOCALPART").count(), 1);
}

#[test]
fn expansion_is_the_bare_regex() {
    let run = run(&["patterns", "INT", "--expand"]);
    assert_eq!(run.text(), "(?:[+-]?(?:[0-9]+))\n");
}

#[test]
fn json_has_everything_of_one_pattern() {
    let run = run(&["patterns", "N", "--definition", "N=%{INT:n:int}", "--format", "json"]);
    assert_eq!(
        run.events(),
        [json!({
            "name": "N",
            "definition": "%{INT:n:int}",
            "captures": [{"field": "n", "type": "int"}],
            "regex": "(?<INT:n:int>(?:[+-]?(?:[0-9]+)))",
            "used_by": []
        })]
    );
}

#[test]
fn unknown_name_gets_a_suggestion() {
    let unknown = run(&["patterns", "HTTPDATTE"]);
    assert_eq!((unknown.status, unknown.text()), (2, ""));
    assert_eq!(
        unknown.stderr,
        "sawlog: there is no pattern `HTTPDATTE` in the set `ecs-v1`: did you mean `HTTPDATE`?\n"
    );
    let far = run(&["patterns", "ZZZZZZZZZ"]);
    assert!(far.stderr.contains("`sawlog patterns` lists all"), "{}", far.stderr);
}

#[test]
fn definition_that_does_not_compile_is_shown() {
    let scratch = Scratch::new("patterns_broken");
    let file = scratch.file("own", "BROKEN *a\nOUTER %{BROKEN}\n");
    let run = run(&["patterns", "OUTER", "--patterns-dir", &file]);
    assert_eq!((run.status, run.text()), (2, ""));
    assert!(run.stderr.contains("%{OUTER} > %{BROKEN}"), "{}", run.stderr);
}
