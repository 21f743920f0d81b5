//! A pattern that backtracks without end costs a bounded number of steps and tags one event.

#![expect(clippy::unwrap_used, reason = "tests")]

use sawlog::{
    Config, Event, InputOptions, Options, ParseOptions, Pipeline, Refusal, Resources, Sink, Source,
    Tick, Timestamp, Worker,
};

#[derive(Default)]
struct Collected {
    tags: Vec<String>,
    refusals: Vec<String>,
}

impl Sink for Collected {
    fn event(&mut self, event: &Event<'_>) {
        let mut json = Vec::new();
        event.write_json(&mut json);
        let value: serde_json::Value = serde_json::from_slice(&json).unwrap();
        self.tags.push(value["tags"].to_string());
    }

    fn refused(&mut self, refusal: &Refusal<'_, '_>) {
        self.refusals.push(refusal.kind.to_string());
    }
}

fn run(config: &str, input: &str) -> Collected {
    let source = Source::new("a.conf", config);
    let config = Config::parse(vec![source], &ParseOptions::default()).unwrap();
    let pipeline = Pipeline::compile(&config, &Resources::new(), &Options::default()).unwrap();
    let mut worker = Worker::new(&pipeline, &InputOptions::default()).unwrap();
    let tick = Tick { now: Timestamp::UNIX_EPOCH, seed: 0 };
    let mut collected = Collected::default();
    worker.push(input.as_bytes(), tick, &mut collected);
    worker.flush(tick, &mut collected);
    collected
}

/// A reference back to a group keeps the memo of failed places from making this linear.
const ENDLESS: &str = r"^(?<x>(?:a|aa)+)\k<x>(?<y>(?:a|aa)+)\k<y>b$";

#[test]
fn a_spent_budget_gives_the_timeout_tag_and_no_other() {
    let config =
        format!("filter {{ grok {{ match => {{ message => '{ENDLESS}' }} add_tag => ok }} }}");
    let input = format!("{}bc\naaaab\nzz\n", "a".repeat(300));
    let tags = run(&config, &input).tags;
    assert_eq!(tags, [r#"["_groktimeout"]"#, r#"["ok"]"#, r#"["_grokparsefailure"]"#]);
}

#[test]
fn the_timeout_tag_can_be_chosen_and_the_budget_scaled() {
    let config = format!(
        "filter {{ grok {{ match => {{ message => ['{ENDLESS}', 'a'] }} tag_on_timeout => slow \
         timeout_millis => 1000 timeout_scope => event }} }}"
    );
    assert_eq!(run(&config, &format!("{}bc", "a".repeat(300))).tags, [r#"["slow"]"#]);
}

#[test]
fn a_condition_that_spends_its_budget_refuses_the_event() {
    let config = format!("filter {{ if [message] =~ /{ENDLESS}/ {{ drop {{ }} }} }}");
    let collected = run(&config, &format!("{}bc\nzz\n", "a".repeat(300)));
    assert_eq!(collected.tags.len(), 1);
    assert!(collected.refusals[0].contains("step budget"), "{:?}", collected.refusals);
}
