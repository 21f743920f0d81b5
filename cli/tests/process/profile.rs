//! `sawlog convert --profile`: the same numbers for every number of jobs, and advice.

use std::fs;

use serde_json::Value;

use crate::support::{NOW, Scratch, run, run_on};

const LIST: &str = r#"filter { grok { match => { "message" => ["%{WORD:state} %{INT:n}", "%{WORD:verb} %{NOTSPACE:path}"] } } }"#;

/// The profile of a run, without what the clock says.
fn profile(config: &str, jobs: &str, input: &[u8]) -> Value {
    let run = run_on(
        &[
            "convert",
            "-e",
            config,
            "--now",
            NOW,
            "-q",
            "-o",
            "/dev/null",
            "-j",
            jobs,
            "--profile=json",
        ],
        input,
    );
    assert_eq!(run.status, 0, "{}", run.stderr);
    let mut value: Value = serde_json::from_str(&run.stderr).unwrap();
    for filter in value["filters"].as_array_mut().unwrap() {
        let filter = filter.as_object_mut().unwrap();
        assert!(filter.remove("nanoseconds").unwrap().as_u64().is_some());
        filter.remove("time_permille");
    }
    value
}

#[test]
fn profile_does_not_depend_on_the_number_of_jobs() {
    let lines = (0..60_000).map(|n| format!("GET /some/path/{n}")).collect::<Vec<_>>().join("\n");
    let one = profile(LIST, "1", lines.as_bytes());
    assert_eq!(one, profile(LIST, "3", lines.as_bytes()));
    let filter = &one["filters"][0];
    assert_eq!((&one["events"], &filter["matched"]), (&60_000.into(), &60_000.into()));
    let sampled = filter["sampled"].as_u64().unwrap();
    assert!((3_000..8_000).contains(&sampled), "{sampled} of 60000");
    assert_eq!(filter["patterns"][0]["tried"], sampled);
    assert_eq!(filter["patterns"][1]["matched"], sampled);
}

#[test]
fn advice_says_which_pattern_comes_first_and_whether_the_order_decides() {
    let advice = |config: &str, input: &str| -> Vec<String> {
        let profile = profile(config, "1", input.as_bytes());
        serde_json::from_value(profile["filters"][0]["advice"].clone()).unwrap()
    };
    let found = advice(LIST, &"GET /1/a\n".repeat(50));
    assert!(
        found[0].starts_with("pattern 2 matches 100.0% of the texts: put it first"),
        "{found:?}"
    );
    assert!(found[0].ends_with("so that the order decides nothing"), "{found:?}");
    assert!(found[1].starts_with("pattern 1 matched none of 50 texts"), "{found:?}");
    let both = format!("{}up 7\n", "GET /1/a\n".repeat(50));
    let found = advice(LIST, &both);
    assert!(found[0].contains("but an earlier one matches 1 of the sample's texts"), "{found:?}");
    let one = r#"filter { grok { match => { "message" => "%{WORD:verb} %{INT:n}$" } } }"#;
    let found = advice(one, "GET 1\nGET x\n");
    assert!(found[0].contains("1 of its 1 matches begin at the first character"), "{found:?}");
    let anchored = one.replace("%{WORD", "^%{WORD");
    assert_eq!(advice(&anchored, "GET 1\nGET x\n"), [] as [&str; 0]);
}

#[test]
fn profile_goes_to_a_file_or_as_a_table_to_standard_error() {
    let scratch = Scratch::new("profile_file");
    let file = scratch.path.join("profile.json");
    let log = scratch.file("a.log", "GET /a\n7 up\n-\n");
    let arguments = ["convert", "-e", LIST, "--now", NOW, "-q", "-o", "/dev/null", &log];
    let wanted = format!("--profile={}", file.display());
    let to_file = run(&[&arguments[..], &[&wanted]].concat());
    assert_eq!((to_file.status, to_file.stderr.as_str()), (0, ""));
    let value: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    assert_eq!(value["filters"][0]["failed"], 1);
    let table = run(&[&arguments[..], &["--profile"]].concat());
    assert!(
        table
            .stderr
            .starts_with("profile: time and steps are those of a sample of 3 of 3 events\n")
    );
    assert!(table.stderr.contains("2: %{WORD:verb} %{NOTSPACE:path}\n"), "{}", table.stderr);
    let without = run(&arguments);
    assert_eq!(without.stderr, "");
}
