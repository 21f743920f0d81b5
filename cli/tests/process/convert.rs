//! `sawlog convert`: what comes out, what is said, and the exit status.

use std::{fs, io::Write as _};

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

use crate::support::{NOW, Scratch, project, run, run_on, sawlog};

const SEED_CONFIG: &str = "examples/auth/pipeline.conf";
const SEED_LOG: &str = "examples/auth/auth.log";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Converts one input with a config text; the clock stands still.
fn events(config: &str, input: &[u8]) -> Vec<Value> {
    let run = run_on(&["convert", "-e", config, "--now", NOW], input);
    assert_eq!(run.status, 0, "{}", run.stderr);
    run.events()
}

fn messages(config: &str, input: &[u8]) -> Vec<String> {
    let events = events(config, input);
    events.iter().map(|event| event["message"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn seed_scenario_gives_the_promised_event() {
    let run = run(&["convert", "-c", SEED_CONFIG, "--timezone", "UTC", "--now", NOW, SEED_LOG]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let first = concat!(
        r#"{"@timestamp":"2024-03-15T15:00:00.000Z","@version":"1","#,
        r#""message":"2024-03-15 14:23:01 INFO User login successful for user=admin from IP=192.168.1.100","#,
        r#""event":{"original":"2024-03-15 14:23:01 INFO User login successful for user=admin from IP=192.168.1.100"},"#,
        r#""log":{"file":{"path":"examples/auth/auth.log"}},"#,
        r#""timestamp":"2024-03-15T14:23:01.000Z","level":"INFO","#,
        r#""msg":"User login successful for user=admin from IP=192.168.1.100","app":"auth-service"}"#,
    );
    assert_eq!(run.text().lines().next().unwrap(), first);
    assert_eq!(run.text().lines().count(), 40);
    let failed = run.events().iter().filter(|event| event.get("tags").is_some()).count();
    assert_eq!(failed, 2, "two lines of the log do not match");
}

#[test]
fn gzip_gives_the_same_bytes() {
    let log = fs::read(project().join(SEED_LOG)).unwrap();
    let packed = fs::read(project().join("examples/auth/auth.log.gz")).unwrap();
    let arguments = ["convert", "-c", SEED_CONFIG, "--now", NOW, "-"];
    let (plain, packed) = (run_on(&arguments, &log), run_on(&arguments, &packed));
    assert_eq!(plain.status, 0, "{}", plain.stderr);
    assert_eq!(plain.stdout, packed.stdout);
    let members: Vec<u8> = log.split_inclusive(|byte| *byte == b'\n').flat_map(gzip).collect();
    assert_eq!(plain.stdout, run_on(&arguments, &members).stdout, "one member a line");
}

#[test]
fn output_goes_to_the_named_file() {
    let scratch = Scratch::new("output_goes_to_the_named_file");
    let output = scratch.file("out.ndjson", "old content that is longer than nothing");
    let run = run(&["convert", "-e", "filter { }", "-o", &output, SEED_LOG]);
    assert_eq!((run.status, run.text()), (0, ""));
    assert_eq!(fs::read_to_string(output).unwrap().lines().count(), 40);
}

#[test]
fn input_that_is_the_output_is_refused_and_kept() {
    let scratch = Scratch::new("input_that_is_the_output_is_refused_and_kept");
    let log = scratch.file("a.log", "precious\n");
    let run = run(&["convert", "-e", "filter { }", "-o", &log, &log]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("a.log"), "{}", run.stderr);
    assert_eq!(fs::read_to_string(log).unwrap(), "precious\n");
}

#[test]
fn unreadable_input_is_named_and_the_rest_is_done() {
    let run = run(&["convert", "-e", "filter { }", "no-such.log", "no-such-*", SEED_LOG]);
    assert_eq!(run.status, 1);
    assert_eq!(run.events().len(), 40);
    assert!(run.stderr.contains("`no-such.log`"), "{}", run.stderr);
    assert!(run.stderr.contains("`no-such-*`"), "{}", run.stderr);
}

#[test]
fn truncated_gzip_gives_what_is_there_and_status_1() {
    let lines: Vec<String> = (0..50_000).map(|n| format!("line {n}\n")).collect();
    let mut packed = gzip(lines.concat().as_bytes());
    packed.truncate(packed.len() / 2);
    let run = run_on(&["convert", "-e", "filter { }"], &packed);
    assert_eq!(run.status, 1);
    assert!(run.stderr.contains("standard input"), "{}", run.stderr);
    let events = run.events();
    assert!(events.len() > 1000);
    assert_eq!(events[999]["message"], "line 999");
}

#[test]
fn wrong_arguments_and_configs_are_status_2() {
    for arguments in [
        &["convert"][..],
        &["convert", "-e", "filter { }", "--no-such-option"],
        &["convert", "-e", "filter {"],
        &["convert", "-e", "filter { nope { } }"],
        &["convert", "-c", "no-such.conf"],
        &["convert", "-e", "filter { }", "--timezone", "Europe/Atlantis"],
        &["convert", "-e", "filter { }", "--now", "yesterday"],
        &["convert", "-e", "filter { }", "--codec", "nope"],
        &["convert", "-e", "filter { }", "--input", "nope"],
        &["convert", "-e", "filter { }", "--set", "no-equals-sign"],
        &["convert", "-e", "filter { }", "-o", "no-such-folder/out"],
    ] {
        let run = run(arguments);
        assert_eq!(run.status, 2, "{arguments:?}: {}", run.stderr);
        assert!(!run.stderr.is_empty(), "{arguments:?}");
        assert_eq!(run.text(), "", "{arguments:?}");
    }
}

#[test]
fn error_in_a_directory_of_configs_names_the_right_file_and_line() {
    let scratch = Scratch::new("error_in_a_directory_of_configs_names_the_right_file_and_line");
    scratch.file("conf/10-first.conf", "filter {\n  mutate { add_tag => [\"one\"] }\n}\n");
    scratch.file("conf/20-second.conf", "filter {\n\n  mutate { ad_tag => [\"two\"] }\n}\n");
    scratch.file("conf/30-backup.conf~", "this is no config");
    scratch.file("conf/.hidden", "nor is this");
    let directory = scratch.path.join("conf");
    let run_all = run(&["convert", "-c", directory.to_str().unwrap(), SEED_LOG]);
    assert_eq!(run_all.status, 2);
    assert!(run_all.stderr.contains("20-second.conf:3:12"), "{}", run_all.stderr);
    assert!(run_all.stderr.contains("add_tag"), "the near name is offered: {}", run_all.stderr);
    assert!(!run_all.stderr.contains("10-first.conf:"), "{}", run_all.stderr);

    scratch.file("conf/20-second.conf", "filter { mutate { add_tag => [\"two\"] } }");
    let glob = directory.join("*.conf");
    for config in [&directory, &glob] {
        let run = run_on(&["convert", "-c", config.to_str().unwrap()], b"x\n");
        assert_eq!(run.status, 0, "{}", run.stderr);
        assert_eq!(run.events()[0]["tags"], json!(["one", "two"]), "files in order of their names");
    }
}

#[test]
fn config_that_is_not_utf8_is_named_with_its_line() {
    let scratch = Scratch::new("config_that_is_not_utf8_is_named_with_its_line");
    let config = scratch.file("latin1.conf", b"filter {\n  # caf\xe9\n}\n");
    let run = run(&["convert", "-c", &config, SEED_LOG]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("latin1.conf") && run.stderr.contains("line 2"), "{}", run.stderr);
}

#[test]
fn grok_option_runs_one_pattern() {
    let run = run_on(&["convert", "--grok", r#""%{WORD:who}" isn't"#], b"\"Ada\" isn't here\n");
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(run.events()[0]["who"], "Ada");
}

#[test]
fn lines_are_events_as_they_stand() {
    assert_eq!(messages("filter { }", b"a\r\n\n  b\nlast"), ["a\r", "", "  b", "last"]);
    assert_eq!(messages("filter { }", b"\xef\xbb\xbfa\n"), ["a"], "a BOM is dropped");
    assert_eq!(messages("filter { }", b"caf\xe9\n"), [r"caf\xE9"]);
    assert_eq!(messages("filter { }", b""), [""; 0]);
}

#[test]
fn over_long_line_becomes_one_refusal() {
    let arguments = ["convert", "-e", "filter { }", "--max-line-bytes", "8"];
    let run = run_on(&arguments, b"short\nmuch too long for eight\n12345678\n");
    assert_eq!(run.status, 0);
    assert_eq!(run.events().len(), 2);
    assert!(run.stderr.contains("standard input:2: refused"), "{}", run.stderr);
    assert!(run.stderr.contains("1 refused"), "{}", run.stderr);
}

#[test]
fn codec_and_fields_of_the_chosen_input_apply() {
    let scratch = Scratch::new("codec_and_fields_of_the_chosen_input_apply");
    let config = scratch.file(
        "two.conf",
        r#"
        input { stdin { id => "first" type => "lines" } }
        input { tcp { id => "second" port => 5000 codec => json type => "t" tags => ["net"]
                      add_field => { "[a][b]" => "c" } } }
        "#,
    );
    let second = run_on(&["convert", "-c", &config, "--input", "second"], b"{\"n\":1}\n");
    assert_eq!(second.status, 0, "{}", second.stderr);
    let event = &second.events()[0];
    assert_eq!(
        (&event["n"], &event["type"], &event["tags"]),
        (&json!(1), &json!("t"), &json!(["net"]))
    );
    assert_eq!(event["a"]["b"], "c");

    let undecided = run_on(&["convert", "-c", &config], b"{\"n\":1}\n");
    assert_eq!(undecided.status, 0);
    assert_eq!(undecided.events()[0]["type"], "lines");
    assert!(undecided.stderr.contains("--input"), "{}", undecided.stderr);

    let overridden = run_on(&["convert", "-c", &config, "--codec", "json_lines"], b"{\"n\":1}\n");
    assert_eq!(overridden.events()[0]["n"], 1);
}

#[test]
fn set_fields_are_there_before_the_filters() {
    let config = r#"filter { if [env] == "prod" { mutate { add_tag => ["seen"] } } }"#;
    let run =
        run_on(&["convert", "-e", config, "--set", "env=prod", "--set", "[a][b]=x=y"], b"line\n");
    let event = &run.events()[0];
    assert_eq!(event["tags"], json!(["seen"]), "{}", run.stderr);
    assert_eq!(event["a"]["b"], "x=y");
}

#[test]
fn original_and_path_follow_the_ecs_mode() {
    let convert = |extra: &[&str]| {
        let arguments = [&["convert", "-e", "filter { }", SEED_LOG][..], extra].concat();
        run(&arguments).events().remove(0)
    };
    let event = convert(&[]);
    assert_eq!(event["event"]["original"], event["message"]);
    assert_eq!(event["log"]["file"]["path"], SEED_LOG);
    assert!(event.get("host").is_none());
    let event = convert(&["--no-original"]);
    assert!(event.get("event").is_none(), "{event}");
    let event = convert(&["--ecs", "disabled"]);
    assert_eq!((event.get("path"), event.get("log")), (Some(&json!(SEED_LOG)), None));
}

#[test]
fn clock_is_the_given_one() {
    assert_eq!(events("filter { }", b"x")[0]["@timestamp"], "2024-03-15T15:00:00.000Z");
}

#[test]
fn time_zone_is_the_machines_and_is_named() {
    let config = r#"filter { date { match => ["message", "yyyy-MM-dd HH:mm:ss"] } }"#;
    let scratch = Scratch::new("time_zone_is_the_machines_and_is_named");
    let log = scratch.file("a.log", "2024-03-15 14:23:01\n");
    let mut command = sawlog(&["convert", "-e", config, &log]);
    let run = crate::support::Run::new(command.env("TZ", "Europe/Berlin").output().unwrap());
    assert_eq!(run.events()[0]["@timestamp"], "2024-03-15T13:23:01.000Z");
    assert!(run.stderr.contains("Europe/Berlin"), "{}", run.stderr);
}

#[test]
fn output_section_is_not_executed_and_one_notice_says_so() {
    let config = "output { stdout { } stdout { } }";
    let run = run_on(&["convert", "-e", config], b"x\n");
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(run.events().len(), 1);
    assert_eq!(run.stderr.matches("output section is not executed").count(), 1, "{}", run.stderr);
    assert!(!run_on(&["convert", "-e", "filter { }"], b"x\n").stderr.contains("output section"));
}

#[test]
fn variables_and_pattern_files_come_from_the_machine() {
    let scratch = Scratch::new("variables_and_pattern_files_come_from_the_machine");
    scratch.file("patterns/own", "TICKET [A-Z]{2}-\\d+\n");
    let config = scratch.file(
        "p.conf",
        r#"filter { grok { patterns_dir => ["${PATTERNS}"] match => { "message" => "%{TICKET:t}" } } }"#,
    );
    let log = scratch.file("a.log", "see AB-12\n");
    let mut command = sawlog(&["convert", "-c", &config, &log]);
    command.env("PATTERNS", scratch.path.join("patterns"));
    let run = crate::support::Run::new(command.output().unwrap());
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(run.events()[0]["t"], "AB-12");
}

#[test]
fn unsupported_plugin_is_an_error_unless_skipped() {
    let config = r#"filter { ruby { code => "x" } mutate { add_tag => ["after"] } }"#;
    let refused = run_on(&["convert", "-e", config], b"x\n");
    assert_eq!(refused.status, 2);
    assert!(refused.stderr.contains("error[unsupported]"), "{}", refused.stderr);
    let skipped = run_on(&["convert", "-e", config, "--skip-unsupported"], b"x\n");
    assert_eq!(skipped.status, 0);
    assert!(skipped.stderr.contains("warning[unsupported]"), "{}", skipped.stderr);
    assert_eq!(skipped.events()[0]["tags"], json!(["after"]));
}
