//! `sawlog check`, and the golden texts of diagnostics: `core/tests/diagnostics/*.conf` with what
//! is shown for each in a `.snap` beside it. `BLESS=1` writes them anew.

use std::{env, fs, path::PathBuf};

use serde_json::Value;

use crate::support::{project, run};

#[test]
fn golden_diagnostics_are_as_recorded() {
    let directory = project().join("core/tests/diagnostics");
    let mut configs: Vec<PathBuf> = fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "conf"))
        .collect();
    configs.sort();
    assert!(!configs.is_empty());
    let bless = env::var_os("BLESS").is_some();
    let mut stale = String::new();
    for config in configs {
        // Named from the project's folder, so that the texts are the same everywhere.
        let name = config.strip_prefix(project()).unwrap().to_str().unwrap();
        let run = run(&["check", "-c", name]);
        assert_eq!(run.stderr, "", "{name}");
        let shown = format!("{}exit {}\n", run.text(), run.status);
        let snapshot = config.with_extension("snap");
        if bless {
            fs::write(&snapshot, &shown).unwrap();
        } else if fs::read_to_string(&snapshot).unwrap_or_default() != shown {
            stale.extend(["--- ", name, "\n", &shown]);
        }
    }
    assert!(stale.is_empty(), "differs from its .snap (BLESS=1 writes it):\n{stale}");
}

#[test]
fn file_without_its_option_is_told_where_it_stands() {
    let refused = run(&["check", "examples/auth/pipeline.conf"]);
    assert_eq!(refused.status, 2);
    assert!(refused.stderr.contains("tip: the config stands behind `-c`"), "{}", refused.stderr);
    let other = run(&["check", "--confg", "examples/auth/pipeline.conf"]);
    assert!(!other.stderr.contains("stands behind"), "{}", other.stderr);
}

#[test]
fn fine_config_is_status_0() {
    let run = run(&["check", "-c", "examples/auth/pipeline.conf"]);
    assert_eq!((run.status, run.text()), (0, "the config is fine\n"));
}

#[test]
fn json_form_holds_every_error_with_its_place() {
    let config = "filter {\n  mutate { ad_tag => [\"a\"] }\n  nope { }\n}";
    let run = run(&["check", "-e", config, "--format", "json"]);
    assert_eq!(run.status, 2);
    let all: Value = serde_json::from_str(run.text()).unwrap();
    assert_eq!(all["errors"], 2);
    let places: Vec<(&Value, &Value, &Value)> = all["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["code"], &one["line"], &one["column"]))
        .collect();
    assert_eq!(
        places,
        [
            (&Value::from("unknown-option"), &Value::from(2), &Value::from(12)),
            (&Value::from("unknown-plugin"), &Value::from(3), &Value::from(3)),
        ]
    );
}

#[test]
fn unreadable_config_is_status_2() {
    let run = run(&["check", "-c", "no-such.conf"]);
    assert_eq!((run.status, run.text()), (2, ""));
    assert!(run.stderr.contains("no-such.conf"), "{}", run.stderr);
}

#[test]
fn warnings_are_shown_and_change_the_status_only_when_denied() {
    let config = "filter { if [level] in [\"error\"] { drop { } } }";
    let run_it = |more: &[&str]| run(&[&["check", "-e", config], more].concat());
    let shown = run_it(&[]);
    assert_eq!(shown.status, 0);
    for part in
        ["warning[one-element-list]", "= help: write [level] == \"error\"", "1 warning, no errors"]
    {
        assert!(shown.text().contains(part), "{part} is not in:\n{}", shown.text());
    }
    assert_eq!(run_it(&["--deny-warnings"]).status, 2);
    let json = run_it(&["--format", "json"]);
    let all: Value = serde_json::from_str(json.text()).unwrap();
    assert_eq!((json.status, &all["warnings"]), (0, &Value::from(1)));
    assert_eq!(all["diagnostics"][0]["code"], "one-element-list");
    let fine = run(&["check", "--deny-warnings", "-c", "examples/auth/pipeline.conf"]);
    assert_eq!((fine.status, fine.text()), (0, "the config is fine\n"));
}

#[test]
fn convert_says_nothing_of_lints() {
    let config = "filter { if [level] in [\"error\"] { drop { } } }";
    let run = run(&["convert", "-e", config, "examples/auth/auth.log"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(!run.stderr.contains("one-element-list"), "{}", run.stderr);
}

#[test]
fn options_that_logstash_does_not_have_are_errors_with_the_right_hint() {
    for (wrong, right) in
        [("resurrect_after", "resurrect_delay"), ("retry_when_unreachable", "retry_")]
    {
        let config = format!("output {{ elasticsearch {{ {wrong} => 5 }} }}");
        let run = run(&["check", "-e", &config]);
        assert_eq!(run.status, 2);
        assert!(run.text().contains("unknown-option"), "{}", run.text());
        assert!(run.text().contains(right), "{}", run.text());
    }
}
