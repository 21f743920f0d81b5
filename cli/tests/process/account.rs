//! `sawlog convert`: rejects, accounts, formats, the summary and the exit status for rejects.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use serde_json::{Value, json};

use crate::support::{NOW, Run, Scratch, run, run_on};

fn ndjson(path: &str) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Converts with rejects and returns the run, the events and the rejects.
fn convert(name: &str, config: &str, input: &str, more: &[&str]) -> (Run, Vec<Value>, Vec<Value>) {
    let scratch = Scratch::new(name);
    let config = scratch.file("p.conf", config);
    let log = scratch.file("a.log", input);
    let [output, rejects, stats] =
        ["out", "rejects", "stats.json"].map(|name| scratch.path.join(name).display().to_string());
    let arguments = [
        &["convert", "-c", &config, "-o", &output, "--rejects", &rejects, "--stats", &stats, &log],
        more,
    ]
    .concat();
    let run = run(&arguments);
    let stats: Value = serde_json::from_str(&fs::read_to_string(stats).unwrap()).unwrap();
    assert_eq!(stats["balanced"], true, "{stats}");
    let rejects = ndjson(&rejects);
    assert_eq!(stats["rejected"]["total"], rejects.len(), "{stats}");
    let events = ndjson(&output);
    assert_eq!(stats["events"]["out"], events.len(), "{stats}");
    (run, events, rejects)
}

const GROK: &str = r#"filter {
  grok { id => "words" match => { "message" => "^%{WORD:word} %{INT:n}$" } }
}
"#;

#[test]
fn reject_says_what_failed_where() {
    let name = "reject_says_what_failed_where";
    let (run, events, rejects) = convert(name, GROK, "a 1\nno \"match\"\n", &[]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(events.len(), 2, "a tagged event goes to the output too, as in Logstash");
    let [reject] = &rejects[..] else { panic!("{rejects:?}") };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let file = |name: &str| folder.join(name).display().to_string();
    assert_eq!(reject["input"], file("a.log"));
    assert_eq!((&reject["line"], &reject["offset"]), (&json!(2), &json!(4)));
    assert_eq!((&reject["outcome"], &reject["kind"]), (&json!("kept"), &json!("filter")));
    assert_eq!(reject["tags"], json!(["_grokparsefailure"]));
    assert_eq!(
        reject["filter"],
        json!({"name":"grok","id":"words","position":format!("{}:2:3", file("p.conf"))})
    );
    assert_eq!(reject["text"], "no \"match\"");
    assert_eq!((&reject["reason"], reject.get("now")), (&json!("grok failed"), None));
}

#[test]
fn diverted_events_are_in_the_rejects_only() {
    let name = "diverted_events_are_in_the_rejects_only";
    let more = ["--failed", "divert", "--now", NOW];
    let (run, events, rejects) = convert(name, GROK, "a 1\nno\nb 2\n", &more);
    assert_eq!(run.status, 0);
    let words: Vec<&Value> = events.iter().map(|event| &event["word"]).collect();
    assert_eq!(words, ["a", "b"]);
    assert_eq!((&rejects[0]["outcome"], &rejects[0]["text"]), (&json!("diverted"), &json!("no")));
    assert_eq!(rejects[0]["now"], "2024-03-15T15:00:00.000Z", "the clock that a retry needs");
    assert!(
        run.stderr.contains("3 lines = 3 events; 3 events = 2 out + 1 diverted"),
        "{}",
        run.stderr
    );

    let refused = run_on(&["convert", "-e", "filter { }", "--failed", "divert"], b"");
    assert_eq!(refused.status, 2);
    assert!(refused.stderr.contains("--rejects"), "{}", refused.stderr);
}

#[test]
fn everything_refused_is_in_the_rejects() {
    let name = "everything_refused_is_in_the_rejects";
    let long = "x".repeat(5000);
    let config = "filter { if [n] > 1 { mutate { add_tag => [\"big\"] } } }\n";
    let input = format!("{{\"n\":2}}\n{long}\n\n{{\"n\":\"two\"}}\nno json\n[{{\"n\":3}},4]\n[]\n");
    let more = ["--codec", "json", "--max-line-bytes", "4000"];
    let (run, events, rejects) = convert(name, config, &input, &more);
    let kinds: Vec<&Value> = rejects.iter().map(|reject| &reject["kind"]).collect();
    // A missing field cannot be compared either, so the unreadable lines are refused by the condition.
    assert_eq!(kinds, ["line_too_long", "condition", "condition", "condition"], "{rejects:?}");
    assert_eq!(events.len(), 2);
    assert_eq!(rejects[0]["bytes"], 5000);
    assert_eq!((&rejects[0]["cut"], &rejects[0]["outcome"]), (&json!(true), &json!("refused")));
    assert_eq!(rejects[0]["text"].as_str().unwrap().len(), 1024);
    let position = rejects[1]["condition"]["position"].as_str().unwrap();
    assert!(position.contains("p.conf:1:"), "{position}");
    assert_eq!(rejects[3]["others_out"], 1, "the list's first event is in the output");
    let equations = "7 lines = 5 events + 1 refused + 2 without event - 1 beyond one a line; \
                     5 events = 2 out + 3 refused by a condition";
    assert!(run.stderr.contains(equations), "{}", run.stderr);
}

#[test]
fn what_the_codec_cannot_read_is_a_reject() {
    let name = "what_the_codec_cannot_read_is_a_reject";
    let input =
        "{\"a\":1}\n{\"a\":\n{\"@timestamp\":\"soon\"}\n{\"tags\":[\"_jsonparsefailure\"]}\n";
    let (_, events, rejects) = convert(name, "filter { }", input, &["--codec", "json"]);
    assert_eq!(events.len(), 4);
    let kinds: Vec<_> = rejects.iter().map(|reject| (&reject["kind"], &reject["line"])).collect();
    assert_eq!(kinds, [(&json!("codec"), &json!(2)), (&json!("codec"), &json!(3))]);
    assert_eq!(rejects[0]["tags"], json!(["_jsonparsefailure"]));
    assert!(rejects[0].get("filter").is_none() && rejects[0]["explanation"].is_string());
}

#[test]
fn failure_that_a_later_pattern_made_good_is_no_reject() {
    let name = "failure_that_a_later_pattern_made_good_is_no_reject";
    let config = r#"filter {
      grok { match => { "message" => "^a" } }
      if "_grokparsefailure" in [tags] {
        grok { match => { "message" => "^b" } remove_tag => ["_grokparsefailure"] }
      }
    }"#;
    let (run, _, rejects) = convert(name, config, "a\nb\nc\n", &["--strict"]);
    assert_eq!(run.status, 3);
    let [reject] = &rejects[..] else { panic!("{rejects:?}") };
    assert_eq!(reject["text"], "c");
    let position = |filter: &Value| {
        let text = filter["filter"]["position"].as_str().unwrap().to_owned();
        text.rsplit_once("p.conf").unwrap().1.to_owned()
    };
    assert_eq!(position(reject), ":2:7");
    assert_eq!(
        position(&reject["further"][0]),
        ":4:9",
        "the second failure stands behind the first"
    );
}

#[test]
fn failed_event_that_is_dropped_is_a_reject_and_stays_dropped() {
    let name = "failed_event_that_is_dropped_is_a_reject_and_stays_dropped";
    let config = r#"filter {
      grok { match => { "message" => "^a" } }
      if "_grokparsefailure" in [tags] { drop { } }
    }"#;
    let (run, events, rejects) = convert(name, config, "a\nb\n", &["--failed", "divert"]);
    assert_eq!((events.len(), &rejects[0]["outcome"]), (1, &json!("dropped")));
    assert!(run.stderr.contains("2 events = 1 out + 1 dropped"), "{}", run.stderr);
}

#[test]
fn strict_is_status_3_and_only_for_rejects() {
    let convert = |input: &[u8], more: &[&str]| {
        run_on(&[&["convert", "--grok", "^a", "--strict"], more].concat(), input).status
    };
    assert_eq!(convert(b"a\n", &[]), 0);
    assert_eq!(convert(b"b\n", &[]), 3);
    assert_eq!(convert(b"aaaa\n", &["--max-line-bytes", "2"]), 3);
    assert_eq!(convert(b"b\n", &["no-such.log"]), 1, "what is missing counts more");
}

#[test]
fn quiet_run_says_nothing_and_its_stats_come_when_asked_for() {
    let quiet = run_on(&["convert", "--grok", "^a", "-q"], b"a\nb\n");
    assert_eq!((quiet.status, quiet.stderr.as_str()), (0, ""));
    let asked = run_on(&["convert", "--grok", "^a", "-q", "--stats", "json"], b"a\nb\n");
    let stats: Value = serde_json::from_str(&asked.stderr).unwrap();
    assert_eq!(stats["rejected"]["by_tag"], json!({"_grokparsefailure": 1}));
    assert_eq!(stats["lines"]["read"], 2);
    assert_eq!(
        (&stats["filters"][0]["failed"], &stats["filters"][0]["name"]),
        (&json!(1), &json!("grok"))
    );
    assert_eq!((&stats["bytes_in"], &stats["time_zone"]), (&json!(4), &json!("UTC")));
    let missing = run_on(&["convert", "-e", "filter { }", "--stats", "no-such-folder/s"], b"a\n");
    assert_eq!(missing.status, 1);
    assert!(missing.stderr.contains("no-such-folder/s"), "{}", missing.stderr);
}

#[test]
fn summary_names_the_filter_that_failed_and_years_that_were_guessed() {
    let config = r#"filter { date { id => "d" match => ["message", "MMM dd", "yyyy"] } }"#;
    let run = run_on(&["convert", "-e", config], b"Jan 02\nno\n1999\n");
    assert!(run.stderr.contains("date \"d\" (-e:1:10) failed on 1 of 3"), "{}", run.stderr);
    assert!(run.stderr.contains("1 date names no year"), "{}", run.stderr);
    assert!(run.stderr.contains("--now mtime"), "{}", run.stderr);
    let fixed = run_on(&["convert", "-e", config, "--now", NOW], b"Jan 02\n");
    assert!(!fixed.stderr.contains("no year"), "{}", fixed.stderr);
}

#[test]
fn formats_hold_the_same_events() {
    let convert = |format: &str, fields: &[&str], input: &[u8]| {
        let config =
            r#"filter { grok { match => { "message" => "%{WORD:[a][w]} %{NOTSPACE:n}" } } }"#;
        let arguments = ["convert", "-e", config, "--now", NOW, "--format", format];
        let run = run_on(&[&arguments, fields].concat(), input);
        assert_eq!(run.status, 0, "{}", run.stderr);
        run.text().to_owned()
    };
    let input = b"x 1\ny \"2,3\"\nz\n";
    let fields = ["--fields", "n,[a][w],tags"];
    assert_eq!(
        convert("csv", &fields, input),
        "n,[a][w],tags\n1,x,\n\"\"\"2,3\"\"\",y,\n,,\"[\"\"_grokparsefailure\"\"]\"\n"
    );
    let lines = convert("ndjson", &fields, input);
    assert_eq!(lines.lines().next().unwrap(), r#"{"n":"1","a":{"w":"x"}}"#);
    let list: Value = serde_json::from_str(&convert("json", &fields, input)).unwrap();
    let objects: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(list, Value::from(objects));
    let whole: Value = serde_json::from_str(&convert("json", &[], input)).unwrap();
    let lines = convert("ndjson", &[], input);
    let objects: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(whole, Value::from(objects));
    assert_eq!(serde_json::from_str::<Value>(&convert("json", &[], b"")).unwrap(), json!([]));
    assert_eq!(convert("csv", &fields, b""), "n,[a][w],tags\n");
    assert!(convert("rubydebug", &[], input).starts_with("{\n    \"@timestamp\" => 2024-03-15T15"));
}

#[test]
fn formats_and_fields_that_do_not_fit_are_refused() {
    for (more, word) in [
        (&["--format", "csv"][..], "--fields"),
        (&["--format", "rubydebug", "--fields", "a"], "csv"),
        (&["--fields", "[a"], "`[a`"),
        (&["--format", "xml"], "ndjson"),
    ] {
        let run = run_on(&[&["convert", "-e", "filter { }"], more].concat(), b"x\n");
        assert_eq!(run.status, 2, "{more:?}");
        assert!(run.stderr.contains(word), "{more:?}: {}", run.stderr);
    }
}

#[test]
fn progress_is_not_drawn_where_no_terminal_is() {
    let run = run_on(&["convert", "-e", "filter { }"], &b"line\n".repeat(200_000));
    assert!(!run.stderr.contains('\r') && !run.stderr.contains('\u{1b}'), "{:?}", run.stderr);
}

#[test]
fn retry_of_real_logs_gives_what_the_right_config_would_have_given() {
    let real = crate::support::project().join("../shared/data/real");
    if !real.is_dir() {
        let _ = writeln!(io::stderr(), "skipped: the logs of shared/data/real are not here");
        return;
    }
    let apache = r"^\[%{DATA:t}\] \[%{LOGLEVEL:level}\] \[client %{IP:ip}\] %{GREEDYDATA:msg}";
    let apache_right =
        r"^\[%{DATA:t}\] \[%{LOGLEVEL:level}\] (?:\[client %{IP:ip}\] )?%{GREEDYDATA:msg}";
    let sshd =
        r"^%{SYSLOGTIMESTAMP:t} %{HOSTNAME:h} sshd\[%{INT:pid}\]: Accepted %{GREEDYDATA:msg}";
    let sshd_right =
        r"^%{SYSLOGTIMESTAMP:t} %{HOSTNAME:h} sshd\[%{INT:pid}\]: (?:Accepted )?%{GREEDYDATA:msg}";
    for (log, wrong, right) in
        [("Apache.log", apache, apache_right), ("OpenSSH.log", sshd, sshd_right)]
    {
        let scratch = Scratch::new(&format!("retry_of_real_logs_{log}"));
        let file = |name: &str| scratch.path.join(name).display().to_string();
        let log = real.join(log).display().to_string();
        let (first, rejects, second, whole) =
            (file("first"), file("rejects.ndjson"), file("second"), file("whole"));
        let convert = |more: &[&str]| {
            let run = run(&[&["convert", "--now", NOW, "-q", &log], more].concat());
            assert_eq!((run.status, run.stderr.as_str()), (0, ""));
        };
        convert(&["--grok", wrong, "-o", &first, "--rejects", &rejects, "--failed", "divert"]);
        convert(&["--grok", right, "-o", &whole]);
        let rejected = ndjson(&rejects).len();
        assert!(rejected > 1000, "{rejected}");
        let retried = run(&["retry", &rejects, "--grok", right, "-o", &second]);
        assert_eq!(retried.status, 0, "{}", retried.stderr);
        assert_eq!(ndjson(&second).len(), rejected, "{}", retried.stderr);
        assert_eq!(fs::read_to_string(file("rejects.left.ndjson")).unwrap(), "");
        let sorted = |paths: &[&str]| {
            let texts: String =
                paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
            let mut lines: Vec<String> = texts.lines().map(str::to_owned).collect();
            lines.sort_unstable();
            lines
        };
        assert!(sorted(&[&first, &second]) == sorted(&[&whole]), "nothing is lost or doubled");
    }
}

/// Makes rejects of an input and returns their path.
fn rejects_of(scratch: &Scratch, pattern: &str, input: &[u8], more: &[&str]) -> String {
    let rejects = scratch.path.join("r.ndjson").display().to_string();
    let arguments = ["convert", "--grok", pattern, "-q", "--rejects", &rejects];
    let run = run_on(&[&arguments, more].concat(), input);
    assert_eq!(run.status, 0, "{}", run.stderr);
    rejects
}

#[test]
fn retry_keeps_what_fails_again_and_goes_on_from_there() {
    let scratch = Scratch::new("retry_keeps_what_fails_again_and_goes_on_from_there");
    let rejects = rejects_of(&scratch, "^a", b"a\nb\n\nc\n", &["--failed", "divert"]);
    let first = run(&["retry", &rejects, "--grok", "^b", "--strict"]);
    assert_eq!(first.status, 3, "{}", first.stderr);
    assert_eq!(first.events()[0]["message"], "b");
    assert!(first.events()[0].get("log").is_none(), "standard input has no path");
    let left = scratch.path.join("r.left.ndjson").display().to_string();
    let places: Vec<_> = ndjson(&left)
        .iter()
        .map(|reject| (reject["line"].clone(), reject["offset"].clone()))
        .collect();
    assert_eq!(
        places,
        [(json!(3), json!(4)), (json!(4), json!(5))],
        "places are those of the input"
    );

    let again = run(&["retry", &rejects, "--grok", "^b"]);
    assert_eq!(again.status, 2, "the same rejects a second time");
    assert!(again.stderr.contains("r.left.ndjson"), "{}", again.stderr);
    let second = run(&["retry", &left, "--grok", "^c?$"]);
    assert_eq!(second.events().len(), 2, "{}", second.stderr);
}

#[test]
fn retry_does_not_double_what_the_output_has() {
    let scratch = Scratch::new("retry_does_not_double_what_the_output_has");
    let rejects = rejects_of(&scratch, "^a", b"a\nb\n", &[]);
    let copies = run(&["retry", &rejects, "--grok", "^b"]);
    assert_eq!((copies.status, copies.text()), (2, ""));
    assert!(copies.stderr.contains("--failed divert"), "{}", copies.stderr);
    let wanted = run(&["retry", &rejects, "--grok", "^b", "--again"]);
    assert_eq!((wanted.status, wanted.events().len()), (0, 1), "{}", wanted.stderr);

    let scratch = Scratch::new("retry_does_not_double_what_the_output_has_of_a_line");
    let input = br#"[{"message":"a"},{"message":"b"},{"message":"c"}]"#;
    let rejects = rejects_of(&scratch, "^a", input, &["--failed", "divert", "--codec", "json"]);
    assert_eq!(ndjson(&rejects).len(), 2);
    let partly = run(&["retry", &rejects, "--grok", "^[ab]", "--codec", "json"]);
    assert_eq!((partly.status, partly.text()), (0, ""));
    assert!(partly.stderr.contains("2 rejects were not tried"), "{}", partly.stderr);
    let left = scratch.path.join("r.left.ndjson").display().to_string();
    assert_eq!(fs::read(&left).unwrap(), fs::read(&rejects).unwrap());
    let wanted = run(&["retry", &left, "--grok", "^[ab]", "--codec", "json", "--again"]);
    let messages: Vec<Value> =
        wanted.events().iter().map(|event| event["message"].clone()).collect();
    assert_eq!(messages, ["a", "b"], "a line with several rejects is converted once");
}

#[test]
fn retry_does_not_convert_cut_texts() {
    let scratch = Scratch::new("retry_does_not_convert_cut_texts");
    let long = format!("b{}\nb\n", "x".repeat(3000));
    let more = ["--failed", "divert", "--max-line-bytes", "2000"];
    let rejects = rejects_of(&scratch, "^a", long.as_bytes(), &more);
    let run = run(&["retry", &rejects, "--grok", "^b"]);
    assert_eq!((run.status, run.events().len()), (0, 1));
    assert!(run.stderr.contains("--max-line-bytes"), "{}", run.stderr);
    let left = ndjson(scratch.path.join("r.left.ndjson").to_str().unwrap());
    assert_eq!(left[0]["kind"], "line_too_long");
}

#[test]
fn retry_protects_its_source_and_names_what_is_no_reject() {
    let scratch = Scratch::new("retry_protects_its_source_and_names_what_is_no_reject");
    let rejects = rejects_of(&scratch, "^a", b"b\n", &["--failed", "divert"]);
    let before = fs::read(&rejects).unwrap();
    for option in ["-o", "--rejects"] {
        let run = run(&["retry", &rejects, "--grok", "^b", option, &rejects]);
        assert_eq!(run.status, 2, "{}", run.stderr);
        assert_eq!(fs::read(&rejects).unwrap(), before);
    }
    let events = scratch.file("events.ndjson", "{\"message\":\"x\"}\n");
    let run = run(&["retry", &events, "--grok", "^b"]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("events.ndjson`:1: this is no reject"), "{}", run.stderr);
    assert!(!Path::new(&scratch.path).join("events.left.ndjson").exists());
}

#[test]
fn outputs_and_rejects_are_the_same_for_every_number_of_jobs() {
    let scratch = Scratch::new("outputs_and_rejects_are_the_same_for_every_number_of_jobs");
    let line = |n: usize| match n % 7 {
        0 => format!("[{{\"n\":{n}}},{{\"n\":\"x{n}\"}}]\n"),
        1 => format!("broken {n}\n"),
        2 if n % 1001 == 2 => format!("{{\"long\":\"{}\"}}\n", "y".repeat(5000)),
        _ => format!("{{\"n\":{n},\"message\":\"{}\"}}\n", "m".repeat(n % 50)),
    };
    let log = scratch.file("a.log", (0..40_000).map(line).collect::<String>());
    let config = r#"filter {
      grok { match => { "n" => "^%{INT:number:int}$" } }
      if [n] and [number] > 39990 { drop { } }
    }"#;
    let convert = |jobs: &str, format: &str| {
        let [output, rejects] = ["out", "rejects"]
            .map(|name| scratch.path.join(format!("{name}-{jobs}")).display().to_string());
        let arguments = ["convert", "-e", config, "--codec", "json", "--now", NOW];
        let more = ["--failed", "divert", "--max-line-bytes", "4000", "--format", format];
        let files = ["-j", jobs, "-o", &output, "--rejects", &rejects, "--stats", "json", &log];
        let run = run(&[&arguments[..], &more, &files].concat());
        assert_eq!(run.status, 0, "{}", run.stderr);
        let last = run.stderr.lines().last().unwrap();
        let mut stats: Value = serde_json::from_str(last).unwrap();
        assert_eq!(stats["balanced"], true, "{stats}");
        stats["seconds"] = Value::Null;
        (fs::read(output).unwrap(), fs::read(rejects).unwrap(), stats)
    };
    for format in ["json", "ndjson"] {
        let one = convert("1", format);
        assert!(one.1.len() > 100_000 && one.2["lines"]["refused"] != 0, "{}", one.2);
        if format == "json" {
            let list: Value = serde_json::from_slice(&one.0).unwrap();
            assert_eq!(list.as_array().unwrap().len(), one.2["events"]["out"]);
        }
        for jobs in ["2", "4"] {
            assert!(convert(jobs, format) == one, "{jobs} jobs, {format}");
        }
    }
}
