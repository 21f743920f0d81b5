//! `sawlog test -c`: case files as logstash-filter-verifier documents them, in JSON and YAML; what a
//! failing case shows; what is refused.

use crate::support::{Run, Scratch, run};

/// A config as it belongs to the examples in the README of logstash-filter-verifier.
const CONFIG: &str = r#"
input { beats { id => "beats" port => 5044 tags => ["from_beats"] codec => json } stdin { id => "text" } }
filter {
  if [type] == "syslog" {
    grok {
      match => { "message" => "^%{SYSLOGTIMESTAMP:time} %{IPORHOST:host} %{WORD:program}(\[%{INT:pid:int}\])?: %{GREEDYDATA:message}$" }
      overwrite => ["message"]
    }
    date { match => ["time", "MMM  d HH:mm:ss"] remove_field => ["time"] }
  } else if [type] == "app" {
    date { match => ["time", "ISO8601"] remove_field => ["time"] }
    mutate { rename => { "client" => "clientip" } add_field => { "client" => "localhost" "host" => "somewhere" } }
  } else if [type] == "gone" {
    drop { }
  } else if [type] == "twice" {
    clone { clones => ["copy"] }
  }
}
"#;

const SYSLOG: &str = r#"
fields:
  type: "syslog"
testcases:
  - input:
      - "Oct  6 20:55:29 myhost myprogram[31993]: This is a test message"
    expected:
      - "@timestamp": "2015-10-06T20:55:29.000Z"
        host: "myhost"
        message: "This is a test message"
        pid: 31993
        program: "myprogram"
        type: "syslog"
  - input:
      - "Oct  6 20:55:29 myhost myprogram: This is a test message"
    expected:
      - "@timestamp": "2015-10-06T20:55:29.000Z"
        host: "myhost"
        message: "This is a test message"
        program: "myprogram"
        type: "syslog"
"#;

const SYSLOG_JSON: &str = r#"{
  "fields": { "type": "syslog" },
  "testcases": [
    {
      "input": ["Oct  6 20:55:29 myhost myprogram[31993]: This is a test message"],
      "expected": [
        {
          "@timestamp": "2015-10-06T20:55:29.000Z",
          "host": "myhost",
          "message": "This is a test message",
          "pid": 31993,
          "program": "myprogram",
          "type": "syslog"
        }
      ]
    }
  ]
}"#;

const APP: &str = r#"
fields:
  type: "app"
codec: "json_lines"
ignore:
  - "host"
testcases:
  - input:
      - >
        {
          "message": "This is a test message",
          "client": "127.0.0.1",
          "time": "2015-10-06T20:55:29Z"
        }
    expected:
      - "@timestamp": "2015-10-06T20:55:29.000Z"
        client: "localhost"
        clientip: "127.0.0.1"
        message: "This is a test message"
        type: "app"
"#;

const APP_JSON: &str = r#"{
  "fields": { "type": "app" },
  "codec": "json_lines",
  "ignore": ["host"],
  "testcases": [
    {
      "input": [
        "{\"message\": \"This is a test message\", \"client\": \"127.0.0.1\", \"time\": \"2015-10-06T20:55:29Z\"}"
      ],
      "expected": [
        {
          "@timestamp": "2015-10-06T20:55:29.000Z",
          "client": "localhost",
          "clientip": "127.0.0.1",
          "message": "This is a test message",
          "type": "app"
        }
      ]
    }
  ]
}"#;

/// Runs case files in a folder of their own against [`CONFIG`].
fn test(name: &str, files: &[(&str, &str)], more: &[&str]) -> Run {
    let scratch = Scratch::new(name);
    let config = scratch.file("pipeline.conf", CONFIG);
    let files: Vec<String> =
        files.iter().map(|(name, text)| scratch.file(&format!("cases/{name}"), text)).collect();
    let mut arguments = vec!["test", "-c", &config, "--now", "2015-11-01T00:00:00Z"];
    arguments.extend(more);
    arguments.extend(files.iter().map(String::as_str));
    run(&arguments)
}

/// Runs one YAML file with the clock standing at noon and `@timestamp` ignored.
fn yaml(name: &str, cases: &str) -> Run {
    let text = format!("ignore: ['@timestamp']\n{cases}");
    test(name, &[("a.yaml", &text)], &[])
}

fn passes(name: &str, cases: &str, count: usize) {
    let run = yaml(name, cases);
    assert_eq!(run.text(), format!("{count} passed, 0 failed\n"), "{}", run.stderr);
    assert_eq!((run.status, &*run.stderr), (0, ""));
}

fn fails(name: &str, cases: &str, shown: &str) {
    let run = yaml(name, cases);
    assert_eq!(run.status, 1, "{}{}", run.text(), run.stderr);
    assert!(run.text().contains(shown), "{}", run.text());
    assert!(run.text().ends_with(" failed\n"), "{}", run.text());
}

fn is_refused(name: &str, cases: &str, said: &str) {
    let run = yaml(name, cases);
    assert_eq!((run.status, run.text()), (2, ""), "{}", run.stderr);
    assert!(run.stderr.contains(said) && run.stderr.contains("a.yaml"), "{}", run.stderr);
}

#[test]
fn documented_examples_pass_in_json_and_yaml_plain_and_with_codec() {
    let files = [
        ("syslog.yaml", SYSLOG),
        ("syslog.json", SYSLOG_JSON),
        ("app.yml", APP),
        ("app.json", APP_JSON),
    ];
    let run = test("documented_examples_pass", &files, &[]);
    assert_eq!((run.status, run.text()), (0, "5 passed, 0 failed\n"), "{}", run.stderr);
}

#[test]
fn documented_examples_that_are_wrong_name_file_case_and_field() {
    let wrong =
        |text: &str| text.replace("31993\n", "\"31993\"\n").replace("127.0.0.1\"\n", "::1\"\n");
    let syslog = wrong(SYSLOG).replace("  - input", "  - description: with a pid\n    input");
    let syslog_json = SYSLOG_JSON.replace("\"pid\": 31993,", "\"pid\": 31994,");
    let app = wrong(APP);
    let app_json = APP_JSON.replace("\"type\": \"app\"\n        }", "\"kind\": \"app\"\n        }");
    let files = [
        ("syslog.yaml", &*syslog),
        ("syslog.json", &*syslog_json),
        ("app.yml", &*app),
        ("app.json", &*app_json),
    ];
    let run = test("documented_examples_that_are_wrong", &files, &[]);
    assert_eq!(run.status, 1);
    let text = run.text();
    assert!(text.contains("syslog.yaml, case 1: with a pid\n"), "{text}");
    assert!(text.contains("    [pid]: expected \"31993\", is 31993\n"), "{text}");
    assert!(text.contains("syslog.json, case 1\n    [pid]: expected 31994, is 31993\n"), "{text}");
    assert!(text.contains("app.yml, case 1\n    [clientip]: expected \"::1\", is \"127.0.0.1\"\n"));
    assert!(text.contains("    [kind]: expected \"app\", is missing\n"), "{text}");
    assert!(text.contains("    [type]: not expected, is \"app\"\n"), "{text}");
    assert!(text.ends_with("\n1 passed, 4 failed\n"), "{text}");
}

#[test]
fn directory_stands_for_its_case_files() {
    let scratch = Scratch::new("directory_stands_for_its_case_files");
    let config = scratch.file("pipeline.conf", CONFIG);
    scratch.file("cases/b.json", SYSLOG_JSON);
    scratch.file("cases/a.yaml", SYSLOG);
    scratch.file("cases/notes.txt", "no case");
    scratch.file("cases/deeper/c.yaml", "no case");
    let cases = scratch.path.join("cases");
    let cases = cases.to_str().unwrap();
    let first = run(&["test", "-c", &config, cases, "--now", "2015-11-01T00:00:00Z"]);
    assert_eq!((first.status, first.text()), (0, "3 passed, 0 failed\n"), "{}", first.stderr);
    std::fs::create_dir(scratch.path.join("empty")).unwrap();
    let empty = run(&["test", "-c", &config, scratch.path.join("empty").to_str().unwrap()]);
    assert_eq!(empty.status, 2);
    assert!(empty.stderr.contains("holds no file of test cases"), "{}", empty.stderr);
}

#[test]
fn first_form_of_the_files_is_one_case() {
    passes(
        "first_form_of_the_files_is_one_case",
        "fields: {type: twice}\ninput: [a]\nexpected:\n- {message: a, type: twice}\n- {message: a, type: twice, tags: [copy]}\n",
        1,
    );
}

#[test]
fn dropped_events_are_an_empty_list() {
    passes("dropped_events", "fields: {type: gone}\ntestcases: [{input: [a, b], expected: []}]", 1);
    fails(
        "dropped_events_wrong",
        "testcases: [{input: [a, b], expected: []}]",
        "    0 events expected, 2 came out\n    not expected: {\"message\":\"a\"}\n",
    );
    fails(
        "dropped_events_missing",
        "fields: {type: gone}\ntestcases: [{input: [a], expected: [{message: a}]}]",
        "    1 event expected, 0 came out\n    missing: {\"message\":\"a\"}\n",
    );
}

#[test]
fn several_events_are_numbered() {
    fails(
        "several_events_are_numbered",
        "testcases: [{input: [a, b], expected: [{message: a}, {message: c}]}]",
        "    event 2: [message]: expected \"c\", is \"b\"\n",
    );
}

#[test]
fn field_references_are_trees_and_local_fields_replace_global_ones() {
    passes(
        "field_references_are_trees",
        "fields: {'[log][file][path]': /a, n: 1}\ncodec: json_lines\ntestcases:\n- fields: {n: 2.50, '[log][level]': x}\n  input: ['{\"message\": \"m\", \"[a][b]\": true}']\n  expected:\n  - {message: m, n: 2.5, log: {file: {path: /a}, '[level]': x}, '[a][b]': true}\n",
        1,
    );
}

#[test]
fn numbers_compare_by_value_and_not_with_texts() {
    let case = |value: &str| {
        format!(
            "fields: {{n: 5.0}}\ntestcases: [{{input: [a], expected: [{{message: a, n: {value}}}]}}]"
        )
    };
    passes("numbers_compare_by_value", &case("5"), 1);
    fails("numbers_are_no_texts", &case("'5'"), "[n]: expected \"5\", is 5");
}

#[test]
fn ignored_fields_may_be_nested_and_leave_nothing_empty() {
    let cases = "ignore: ['@timestamp', '[a][b]']\nfields: {'[a][b]': 1, '[c][d]': 1}\ntestcases: [{input: [a], expected: [{message: a, c: {d: 1}}]}]";
    let run = test("ignored_fields_may_be_nested", &[("a.yaml", cases)], &[]);
    assert_eq!((run.status, run.text()), (0, "1 passed, 0 failed\n"), "{}", run.stderr);
}

#[test]
fn version_and_original_are_compared_when_expected() {
    passes(
        "version_and_original",
        "testcases: [{input: [a], expected: [{message: a, '@version': '1', '[event][original]': a}]}]",
        1,
    );
    fails(
        "version_and_original_wrong",
        "testcases: [{input: [a], expected: [{message: a, '@version': '2', '[event][original]': b}]}]",
        "[@version]: expected \"2\", is \"1\"\n    [event][original]: expected \"b\", is \"a\"\n",
    );
}

#[test]
fn timestamp_is_compared_unless_ignored() {
    let cases = "testcases: [{input: [a], expected: [{message: a}]}]";
    let run = test("timestamp_is_compared", &[("a.yaml", cases)], &[]);
    assert_eq!(run.status, 1);
    assert!(
        run.text().contains("[@timestamp]: not expected, is \"2015-11-01T00:00:00.000Z\""),
        "{}",
        run.text()
    );
    assert!(run.text().contains("`ignore` it"), "{}", run.text());
}

#[test]
fn clock_of_a_case_goes_before_that_of_its_file() {
    let cases = "now: 2020-01-01T00:00:00Z\ntestcases:\n- {input: [a], expected: [{message: a, '@timestamp': '2020-01-01T00:00:00.000Z'}]}\n- {now: '2021-01-01T00:00:00Z', input: [a], expected: [{message: a, '@timestamp': '2021-01-01T00:00:00.000Z'}]}\n";
    let run = test("clock_of_a_case", &[("a.yaml", cases)], &[]);
    assert_eq!((run.status, run.text()), (0, "2 passed, 0 failed\n"), "{}", run.stderr);
}

#[test]
fn metadata_is_compared_when_exported() {
    let cases = |export: &str, expected: &str| {
        format!(
            "{export}fields: {{'@metadata': {{index: i, __tmp_x: 1}}}}\ntestcases: [{{input: [a], expected: [{{message: a{expected}}}]}}]"
        )
    };
    passes("metadata_hidden", &cases("", ""), 1);
    let export = "export_metadata: true\n";
    passes("metadata_exported", &cases(export, ", '[@metadata][index]': i"), 1);
    fails("metadata_exported_wrong", &cases(export, ""), "[@metadata]: not expected");
    fails(
        "metadata_hidden_wrong",
        &cases("", ", '[@metadata][index]': i"),
        "`export_metadata: true` compares it",
    );
}

#[test]
fn input_plugin_gives_codec_and_tags() {
    passes(
        "input_plugin_gives_codec_and_tags",
        "input_plugin: beats\ntestcases: [{input: ['{\"message\": \"m\"}'], expected: [{message: m, tags: [from_beats]}]}]",
        1,
    );
    is_refused(
        "input_plugin_that_is_none",
        "input_plugin: kafka\ntestcases: [{input: [a], expected: []}]",
        "the config has no input `kafka`; its inputs: `beats` (beats), `text` (stdin)",
    );
}

#[test]
fn codec_may_have_options() {
    passes(
        "codec_may_have_options",
        "codec: 'line { delimiter => \"|\" }'\ntestcases: [{input: ['a|b'], expected: [{message: a}, {message: b}]}]",
        1,
    );
    let run = yaml("codec_unknown", "codec: nope\ntestcases: [{input: [a], expected: []}]");
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("`nope`") && run.stderr.contains("codec of "), "{}", run.stderr);
}

#[test]
fn one_input_is_one_event_although_it_has_lines() {
    passes(
        "one_input_is_one_event",
        "testcases:\n- input:\n  - |\n    a\n    b\n  expected: [{message: \"a\\nb\"}]\n",
        1,
    );
}

#[test]
fn case_without_input_is_an_event_of_its_fields() {
    passes(
        "case_without_input",
        "testcases: [{event: {a: 1, tags: [t]}, expected: [{a: 1, tags: [t]}]}]",
        1,
    );
}

#[test]
fn cases_do_not_see_each_other() {
    passes(
        "cases_do_not_see_each_other",
        "fields: {a: 1}\ntestcases:\n- {fields: {b: 2}, input: [a], expected: [{message: a, a: 1, b: 2}]}\n- {input: [a], expected: [{message: a, a: 1}]}\n",
        2,
    );
}

#[test]
fn what_is_not_supported_is_refused_by_name() {
    let case = "testcases: [{input: [a], expected: []}]";
    is_refused("export_outputs", &format!("export_outputs: true\n{case}"), "`export_outputs`");
    passes(
        "export_outputs_off",
        "export_outputs: false\nfields: {type: gone}\ntestcases: [{input: [a], expected: [], expected_outputs: []}]",
        1,
    );
    is_refused(
        "expected_outputs",
        "testcases: [{input: [a], expected: [], expected_outputs: [x]}]",
        "case 1 of `testcases`: `expected_outputs` is not supported",
    );
    is_refused("unknown_key", &format!("testcase: []\n{case}"), "no property `testcase`");
    is_refused("no_case", "fields: {a: 1}", "there is no case in it");
    is_refused("wrong_type", "testcases: [{input: a, expected: []}]", "`input` is to be a list");
    is_refused("bad_yaml", "testcases: [", "line 2");
    is_refused("repeated_key", "ignore: [a]", "duplicate mapping key `ignore`");
}

#[test]
fn case_files_need_a_config_and_a_config_case_files() {
    let scratch = Scratch::new("case_files_need_a_config");
    let cases = scratch.file("a.yaml", SYSLOG);
    let without = run(&["test", &cases]);
    assert_eq!(without.status, 2);
    assert!(without.stderr.contains("`-c CONFIG`"), "{}", without.stderr);
    let vectors = scratch.file("a.ndjson", "{}");
    let with = run(&["test", "-e", "filter { }", &vectors]);
    assert_eq!(with.status, 2);
    assert!(with.stderr.contains("run without `-c`"), "{}", with.stderr);
    let wrong = run(&["test", "-e", "filter { nope { } }", &cases]);
    assert_eq!((wrong.status, wrong.text()), (2, ""));
    assert!(wrong.stderr.contains("error[unknown-plugin]"), "{}", wrong.stderr);
}

#[test]
fn refused_event_says_why() {
    let scratch = Scratch::new("refused_event_says_why");
    let cases = scratch.file("a.yaml", "testcases: [{input: [a], expected: [{message: a}]}]");
    let run = run(&["test", "-e", "filter { if [n] > 5 { drop { } } }", &cases]);
    assert_eq!(run.status, 1);
    assert!(run.text().contains("refused: ") && run.text().contains("(-e:1:"), "{}", run.text());
}
