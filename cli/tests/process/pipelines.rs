//! The gallery in examples/pipelines: each pipeline gives the events beside it, its page lists all,
//! and the real logs beside the project run through it.
//!
//! `BLESS=1` writes the events, the page and the table of counts anew; read the diff.

use std::{
    env,
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::support::{NOW, Run, project, run};

/// Lines of input that each pipeline shows.
const FEWEST_LINES: usize = 20;

/// The head of the page; the table follows.
const PAGE_HEAD: &str = "\
# Pipelines to copy from

Each folder has a config, lines of the log that it is for, and the events that come out. The lines are invented, in the form of the real program;
addresses and names are those that are reserved for documentation. What each does is the first line of its config.

```
sawlog convert -c examples/pipelines/NAME/pipeline.conf --timezone UTC --now 2024-03-15T15:00:00Z --no-original examples/pipelines/NAME/*.log
```

They have in common:

* Patterns start with `^`: a line of another form fails at once, and fails as a whole.
* Fields have [ECS](https://www.elastic.co/guide/en/ecs/current/index.html) names where there is one, numbers are numbers, and what only the config needs is under `[@metadata]`.
* `@timestamp` is the time in the line, with the zone that the program writes in; the text of the time is removed, or was never a field of the event.
* What cannot be parsed keeps its tag (`_grokparsefailure`, `_jsonparsefailure`, …) and its `message`, and is `event.kind: pipeline_error`. Each log has such a line.
* A comparison (`>=`) stands behind a test that the field is there: with a missing field it refuses the event.

`expected.ndjson` was written by the engine and then read against the lines. A test runs all of them; `BLESS=1 cargo test -p sawlog-cli` writes it anew.

";

/// The head of the table of counts; a row for each real log follows.
const COUNTS_HEAD: &str = "\
# Real logs beside the project (../shared/data), the pipeline of examples/pipelines that each runs through, and what came of it:
# file, pipeline, lines, events, events without a tag of a failure. BLESS=1 writes the counts anew; read the diff.
";

#[test]
fn every_pipeline_gives_the_events_beside_it() {
    let names = names();
    let mut stale = String::new();
    for name in &names {
        let input = input_of(name);
        let lines = fs::read_to_string(&input).unwrap().lines().count();
        assert!(lines >= FEWEST_LINES, "{name} has {lines} lines");
        let run = convert(name, &input);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{name}");
        let is_failure = |event: &Value| event["event"]["kind"] == "pipeline_error";
        assert!(run.events().iter().any(is_failure), "{name} shows no line that fails");
        let path = folder().join(name).join("expected.ndjson");
        if is_blessing() {
            fs::write(&path, &run.stdout).unwrap();
            continue;
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        for (number, (is, shall)) in run.text().lines().zip(expected.lines()).enumerate() {
            if is != shall {
                let _ =
                    writeln!(stale, "{name}, event {}:\n  is    {is}\n  shall {shall}", number + 1);
            }
        }
        let (is, shall) = (run.text().lines().count(), expected.lines().count());
        if is != shall {
            let _ = writeln!(stale, "{name}: {is} events, {shall} expected");
        }
    }
    assert!(stale.is_empty(), "differs from expected.ndjson (BLESS=1 writes it):\n{stale}");
}

#[test]
fn page_lists_every_pipeline_with_the_first_line_of_its_config() {
    let mut page = PAGE_HEAD.to_owned();
    let names = names();
    let _ = writeln!(page, "{} pipelines:\n\n| pipeline | what it shows |\n|---|---|", names.len());
    for name in &names {
        let config = fs::read_to_string(folder().join(name).join("pipeline.conf")).unwrap();
        let shows = config.lines().next().and_then(|line| line.strip_prefix("# "));
        let shows = shows.unwrap_or_else(|| panic!("{name} does not say what it shows"));
        let _ =
            writeln!(page, "| [{name}]({name}/pipeline.conf) | {} |", shows.replace('|', "\\|"));
    }
    hold(&folder().join("README.md"), &page);
}

#[test]
fn real_logs_are_parsed_as_counted() {
    let data = project().join("../shared/data");
    if !data.exists() {
        tell("skipped: ../shared/data is not there");
        return;
    }
    let path = project().join("cli/tests/real-logs.tsv");
    let table = fs::read_to_string(&path).unwrap();
    let mut counted = COUNTS_HEAD.to_owned();
    let mut seen = Vec::new();
    for row in table.lines().filter(|line| !line.starts_with('#')) {
        let mut cells = row.split('\t');
        let (file, pipeline) = (cells.next().unwrap(), cells.next().unwrap());
        let input = data.join(file);
        let lines = fs::read(&input).unwrap().split(|byte| *byte == b'\n').count();
        let ends_in_newline = fs::read(&input).unwrap().ends_with(b"\n");
        let lines = lines - usize::from(ends_in_newline);
        let run = convert(pipeline, &input);
        assert_eq!(run.status, 0, "{file}: {}", run.stderr);
        let events = run.events();
        let parsed = events.iter().filter(|event| !has_failed(event)).count();
        let _ = writeln!(counted, "{file}\t{pipeline}\t{lines}\t{}\t{parsed}", events.len());
        #[expect(clippy::cast_precision_loss, reason = "a share for people")]
        let share = 100.0 * parsed as f64 / events.len().max(1) as f64;
        tell(&format!("{file}: {share:.2} % of {} events ({pipeline})", events.len()));
        seen.push(file.to_owned());
    }
    for folder in ["real", "wire"] {
        for entry in fs::read_dir(data.join(folder)).unwrap() {
            let name = format!("{folder}/{}", entry.unwrap().file_name().display());
            assert!(seen.contains(&name), "{name} has no row in cli/tests/real-logs.tsv");
        }
    }
    hold(&path, &counted);
}

/// Whether an event has a tag that a failing filter or codec set.
fn has_failed(event: &Value) -> bool {
    let tags = event["tags"].as_array().into_iter().flatten();
    tags.filter_map(Value::as_str).any(|tag| tag.starts_with('_'))
}

fn convert(pipeline: &str, input: &Path) -> Run {
    // Named from the project's folder, so that the events are the same everywhere.
    let input = input.strip_prefix(project()).unwrap_or(input).to_str().unwrap().to_owned();
    let config = format!("examples/pipelines/{pipeline}/pipeline.conf");
    let mut run = run(&[
        "convert",
        "-c",
        &config,
        "--timezone",
        "UTC",
        "--now",
        NOW,
        "--no-original",
        "-q",
        &input,
    ]);
    let notes = run.stderr.lines().filter(|line| !line.contains("section is not executed"));
    run.stderr = notes.collect::<Vec<_>>().join("\n");
    run
}

fn folder() -> PathBuf {
    project().join("examples/pipelines")
}

/// The names of the pipelines, in order.
fn names() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

/// The log of a pipeline: the one file that ends in `.log`.
fn input_of(name: &str) -> PathBuf {
    let mut logs = fs::read_dir(folder().join(name))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "log"));
    let log = logs.next().unwrap_or_else(|| panic!("{name} has no log"));
    assert!(logs.next().is_none(), "{name} has several logs");
    log
}

/// Compares a generated text with its file, or writes the file.
fn hold(path: &Path, text: &str) {
    if is_blessing() {
        fs::write(path, text).unwrap();
        return;
    }
    let old = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(old, text, "{} (BLESS=1 writes it)", path.display());
}

fn is_blessing() -> bool {
    env::var_os("BLESS").is_some()
}

/// Says something that is worth reading when the tests pass, too.
fn tell(text: &str) {
    io::stderr().write_all(format!("real logs: {text}\n").as_bytes()).unwrap();
}
