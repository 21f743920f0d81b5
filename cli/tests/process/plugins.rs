//! `sawlog filters` and `sawlog codecs`: the list, one plugin, and names that are not built.

use serde_json::json;

use crate::support::run;

#[test]
fn list_has_what_is_built_and_what_is_not() {
    let run = run(&["filters"]);
    assert_eq!(run.status, 0);
    let (built, others) = run.text().split_once("\nnot supported").unwrap();
    let names: Vec<&str> = built.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(names.is_sorted() && names.contains(&"grok"), "{names:?}");
    assert!(others.contains(" ruby "), "{others}");
    let all = sawlog::filters().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names, all);
}

#[test]
fn json_list_tells_of_every_plugin_of_logstash_how_much_works() {
    let plugins = run(&["filters", "--format", "json"]).events();
    let of = |name: &str| plugins.iter().find(|plugin| plugin["name"] == name).unwrap();
    assert_eq!(of("json")["support"], "supported");
    assert_eq!(of("ruby")["support"], "refused");
    assert_eq!(of("ruby")["reason"], "its `code` is Ruby");
    assert!(plugins.iter().all(|plugin| plugin["summary"] != plugin["reason"]));
}

#[test]
fn one_filter_is_shown_with_options_example_and_differences() {
    let run = run(&["filters", "drop"]);
    let text = run.text();
    for part in [
        "drop\n  Removes the event.\n\noptions\n",
        "  percentage  (number, default 100)\n      The share of events",
        "\noptions of every filter\n  add_field  (hash, default {})\n",
        "\nexample\n  drop { percentage => 90 }\n",
        "\ndiffers from Logstash\n  percentage: ",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 96), "{text}");
}

#[test]
fn json_has_everything_of_one_filter() {
    let plugin = &run(&["filters", "json", "--format", "json"]).events()[0];
    assert_eq!((&plugin["name"], &plugin["kind"]), (&json!("json"), &json!("filter")));
    let options = plugin["options"].as_array().unwrap();
    let ecs = options.iter().find(|option| option["name"] == "ecs_compatibility").unwrap();
    assert_eq!(ecs["values"], json!(["disabled", "v1", "v8"]));
    let all = options.iter().chain(plugin["common_options"].as_array().unwrap());
    assert!(all.into_iter().all(|option| option["description"] != ""));
}

#[test]
fn plugin_that_is_not_built_is_status_2_with_a_way_out() {
    for (arguments, message) in [
        (["filters", "gork"], "there is no filter `gork`: did you mean `grok`?\n"),
        (["filters", "zzzzzz"], "there is no filter `zzzzzz`: `sawlog filters` lists all\n"),
        (
            ["filters", "rubydebug"],
            "there is no filter `rubydebug`: there is a codec of this name: `sawlog codecs rubydebug`\n",
        ),
        (
            ["filters", "ruby"],
            "the filter `ruby` is not supported: its `code` is Ruby\n  use `mutate`",
        ),
        (["codecs", "avro"], "the codec `avro` is not supported: "),
    ] {
        let run = run(&arguments);
        assert_eq!((run.status, run.text()), (2, ""), "{arguments:?}");
        let message = format!("sawlog: {message}");
        assert!(run.stderr.starts_with(&message), "{arguments:?}: {}", run.stderr);
    }
}

#[test]
fn codec_says_whether_it_reads_and_writes() {
    for (name, directions) in
        [("json", "Reads and writes."), ("cloudtrail", "Reads."), ("rubydebug", "Writes.")]
    {
        let text = run(&["codecs", name]);
        assert!(text.text().contains(directions), "{name}: {}", text.text());
        let json = run(&["codecs", name, "--format", "json"]);
        assert_eq!(json.events()[0]["directions"], directions, "{name}");
    }
}
