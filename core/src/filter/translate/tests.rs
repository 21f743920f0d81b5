use crate::config::{Config, ParseOptions};
use crate::diagnostic::{Code, Diagnostics, Source};
use crate::event::Event;
use crate::program::{Options, Pipeline, Resources};
use crate::run::{InputOptions, RunError, Sink, Tick, Worker};
use crate::time::Timestamp;

const CONFIG: &str = r#"filter {
    translate { source => "m" target => "t" dictionary_path => "d.yml" OPTIONS }
}"#;

fn resources(path: &str, text: &str) -> Resources {
    let mut resources = Resources::new();
    resources.add_file(path, text.into());
    resources
}

fn compile(config: &str, resources: &Resources) -> Result<Pipeline, Diagnostics> {
    let source = Source::new("test", config);
    let config = Config::parse(vec![source], &ParseOptions::default()).expect("parses");
    Pipeline::compile(&config, resources, &Options::default())
}

fn compiled(options: &str, text: &str) -> Pipeline {
    let config = CONFIG.replace("OPTIONS", options);
    compile(&config, &resources("d.yml", text)).expect("compiles")
}

#[derive(Default)]
struct Found(Vec<Option<String>>);

impl Sink for Found {
    fn event(&mut self, event: &Event<'_>) {
        let value = event.data().iter().find(|(name, _)| *name == "t");
        self.0.push(value.and_then(|(_, value)| value.as_str()).map(str::to_owned));
    }
}

fn look_up(worker: &mut Worker, texts: &[&str]) -> Vec<Option<String>> {
    let mut found = Found::default();
    let tick = Tick { now: Timestamp::UNIX_EPOCH, seed: 0 };
    for text in texts {
        worker.run_event(&format!("{{\"m\":\"{text}\"}}"), tick, &mut found);
    }
    found.0
}

fn worker(pipeline: &Pipeline) -> Worker {
    Worker::new(pipeline, &InputOptions::default()).expect("a worker")
}

fn texts(found: &[&str]) -> Vec<Option<String>> {
    found.iter().map(|text| (!text.is_empty()).then(|| (*text).to_owned())).collect()
}

#[test]
fn a_changed_file_is_merged_or_replaces_the_old_one() {
    for (options, expected) in [
        ("", ["1", "2b", "3"]),
        ("refresh_behaviour => merge", ["1", "2b", "3"]),
        ("refresh_behaviour => replace", ["", "2b", "3"]),
    ] {
        let pipeline = compiled(options, "a: '1'\nb: '2'\n");
        let changed = pipeline.with_resources(&resources("d.yml", "b: 2b\nc: '3'\n"));
        let changed = changed.expect("sound");
        let mut running = worker(&pipeline);
        assert_eq!(look_up(&mut running, &["a", "b", "c"]), texts(&["1", "2", ""]));
        running.set_pipeline(&changed).expect("of the same config");
        assert_eq!(look_up(&mut running, &["a", "b", "c"]), texts(&expected), "{options}");
        // The old pipeline has the old dictionary.
        assert_eq!(look_up(&mut worker(&pipeline), &["b"]), texts(&["2"]));
    }
}

#[test]
fn a_file_that_is_not_given_stays_and_a_bad_one_is_an_error() {
    let pipeline = compiled("", "a: '1'\n");
    let same = pipeline.with_resources(&resources("other.yml", "a: '2'\n")).expect("nothing to read");
    assert_eq!(look_up(&mut worker(&same), &["a"]), texts(&["1"]));
    let wrong = pipeline.with_resources(&resources("d.yml", "a: [1\n")).expect_err("no YAML");
    let wrong = wrong.iter().next().expect("one").clone();
    assert_eq!(wrong.code, Code::BadResource);
    assert!(wrong.span.is_some());
    assert!(wrong.message.contains("`d.yml` is not valid YAML"), "{}", wrong.message);
}

#[test]
fn a_worker_keeps_its_pipeline_when_the_other_is_of_another_config() {
    let pipeline = compiled("", "a: '1'\n");
    let mut running = worker(&pipeline);
    let other = compiled("", "a: '2'\n");
    assert_eq!(running.set_pipeline(&other), Err(RunError::OtherPipeline));
    assert_eq!(look_up(&mut running, &["a"]), texts(&["1"]));
}

#[test]
fn keys_that_no_text_equals_are_warned_of() {
    let pipeline = compiled("", "200: OK\n404: NF\n'500': ISE\n");
    let warning = pipeline.warnings().iter().next().expect("a warning").clone();
    assert_eq!(warning.code, Code::Ineffective);
    assert!(warning.message.starts_with("2 of the keys in `d.yml`"), "{}", warning.message);
    assert_eq!(look_up(&mut worker(&pipeline), &["200", "500"]), texts(&["", "ISE"]));
}

#[test]
fn wrong_files_are_errors_that_name_them() {
    for (file, text, options, code, part) in [
        ("d.yml", "- a", "", Code::BadResource, "holds no YAML mapping"),
        ("d.yml", "'[': a", "regex => true", Code::BadRegex, "`[` in `d.yml` is no regular"),
        ("d.yml", "ab: cd", "yaml_dictionary_code_point_limit => 5", Code::LimitExceeded, "than the 5"),
        ("other", "", "", Code::MissingResource, "was not found"),
    ] {
        let config = CONFIG.replace("OPTIONS", options);
        let wrong = compile(&config, &resources(file, text)).expect_err(part);
        let wrong = wrong.iter().find(|one| one.code == code).expect(part);
        assert!(wrong.message.contains(part), "{}", wrong.message);
        assert!(wrong.span.is_some(), "{part}");
    }
}
