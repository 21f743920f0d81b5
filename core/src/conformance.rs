//! Turns one recorded line of NDJSON (a vector) into a verdict.
//!
//! A vector says what enters a config's filters and what left them in Logstash:
//! `{"id":"…","config":"filter { … }","event":{…},"expect":[{…}]}`. Keys: `settings` (pipeline
//! settings), `now` (the clock), `files` (what the config can read: texts by path), `event` or `events`, and one of `expect` (the events that leave, in
//! order), `expect_error` (the config must be refused, with a position) and `expect_crash` (Logstash
//! died: here the event leaves with a failure tag or as a reject, or the config is refused).
//!
//! Compared as JSON values: the order of keys is free, that of arrays is not. `1` and `1.0` differ,
//! decimals compare by value. `@timestamp` and `@version` left out of `expect` stand for what every
//! event has when nothing touched them; `null` stands for no such field. `@metadata` is part of an
//! event when it is not empty.
//!
//! Pure, like the rest of the crate: the caller reads the files. The command line and the crate's
//! own tests use this one runner.

mod bindings;
mod compare;
mod plugins;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::panic::{self, AssertUnwindSafe};

use serde_json::{Map, Value};

use crate::pattern::Engine;
use crate::program::schema::PluginKind;
use crate::{
    Code, Config, Diagnostics, Ecs, EscapeStyle, Event, InputOptions, Options, ParseOptions,
    Pipeline, Refusal, Resources, Severity, Sink, Source, Tick, Timestamp, Worker, Zone, lint,
};

pub use bindings::BindingCase;
pub use compare::{Difference, Numbers, differences};

/// The clock of a vector that names none.
const DEFAULT_NOW: &str = "2024-06-15T12:00:00Z";

/// What stands for the clock in the `@timestamp` of an expected event.
const CLOCK: &str = "__NOW__";

/// One recorded case: a config, what enters its filters, and what is expected of it.
#[derive(Debug, Clone)]
pub struct Vector {
    /// The case's unique name.
    pub id: String,
    /// The whole config text.
    pub config: String,
    parse: ParseOptions,
    options: Options,
    now: Timestamp,
    files: Vec<(String, String)>,
    events: Vec<Value>,
    outcome: Outcome,
}

#[derive(Debug, Clone)]
enum Outcome {
    Crash,
    Error,
    Events(Vec<Value>),
}

/// What running a vector showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The outcome differs; the text says where, one difference a line.
    Failed(String),
    /// The outcome is the recorded one.
    Passed,
    /// The config was refused, only for plugins or options that are not built; the messages, sorted.
    Unsupported(Vec<String>),
}

impl Vector {
    /// Parses one line of NDJSON.
    ///
    /// # Errors
    ///
    /// Says what is wrong when the line is not JSON, lacks `id`, `config` or an outcome, or has a
    /// setting or clock that is not understood.
    pub fn parse(line: &str) -> Result<Self, String> {
        let value: Value =
            serde_json::from_str(line).map_err(|error| format!("not a JSON object: {error}"))?;
        let Value::Object(mut object) = value else {
            return Err("not a JSON object".to_owned());
        };
        let mut text = |key: &str| match object.remove(key) {
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(format!("`{key}` is not a string")),
            None => Err(format!("`{key}` is missing")),
        };
        let id = text("id")?;
        let config = text("config")?;
        let now = match object.remove("now") {
            None => DEFAULT_NOW.to_owned(),
            Some(Value::String(text)) => text,
            Some(_) => return Err("`now` is not a string".to_owned()),
        };
        let now = Timestamp::parse_lenient(&now, &Zone::utc())
            .ok_or_else(|| format!("`now` is no time: `{now}`"))?;
        let mut options = Options { start: now, ..Options::default() };
        let mut parse = ParseOptions::default();
        if let Some(settings) = object.get("settings") {
            let Value::Object(settings) = settings else {
                return Err("`settings` is not an object".to_owned());
            };
            for (key, value) in settings {
                apply_setting(&mut options, &mut parse, key, value)?;
            }
        }
        let mut files = Vec::new();
        match object.remove("files") {
            None => {}
            Some(Value::Object(entries)) => {
                for (path, text) in entries {
                    let Value::String(text) = text else {
                        return Err(format!("the file `{path}` is not a string"));
                    };
                    files.push((path, text));
                }
            }
            Some(_) => return Err("`files` is not an object".to_owned()),
        }
        let events = match (object.remove("events"), object.remove("event")) {
            (Some(Value::Array(events)), None) => events,
            (None, Some(event @ Value::Object(_))) => vec![event],
            (None, None) => Vec::new(),
            _ => return Err("needs either `event`, an object, or `events`, an array".to_owned()),
        };
        let outcome = match object.remove("expect") {
            Some(Value::Array(events)) => Outcome::Events(events),
            Some(_) => return Err("`expect` is not an array".to_owned()),
            None if is_true(&object, "expect_error") => Outcome::Error,
            None if is_true(&object, "expect_crash") => Outcome::Crash,
            None => {
                return Err("has none of `expect`, `expect_error`, `expect_crash`".to_owned());
            }
        };
        Ok(Self { id, config, parse, options, now, files, events, outcome })
    }

    /// Compiles the config, runs the events one at a time, and judges what left.
    ///
    /// `resources` and the vector's own files are all that the config can reach; an empty one leaves
    /// every variable unset.
    pub fn run(&self, resources: &Resources) -> Verdict {
        let mut with_files;
        let resources = if self.files.is_empty() {
            resources
        } else {
            with_files = resources.clone();
            for (path, text) in &self.files {
                with_files.add_file(path, text.clone().into_bytes());
            }
            &with_files
        };
        let pipeline = match self.compile(resources) {
            Ok(pipeline) => pipeline,
            Err(diagnostics) => return self.judge_refused_config(&diagnostics),
        };
        let mut left = Collector { events: Vec::new(), reasons: Vec::new() };
        let mut worker = match Worker::new(&pipeline, &InputOptions::default()) {
            Ok(worker) => worker,
            Err(error) => return Verdict::Failed(format!("no worker can be made: {error}")),
        };
        let tick = Tick { now: self.now, seed: 0 };
        for event in &self.events {
            worker.run_event(&event.to_string(), tick, &mut left);
        }
        worker.finish(tick, &mut left);
        match &self.outcome {
            Outcome::Error => Verdict::Failed("the config was accepted, not refused".to_owned()),
            Outcome::Crash => judge_crash(&left),
            Outcome::Events(expected) => self.judge_events(expected, &left),
        }
    }

    /// Gives what the lints say of the config; nothing when it is refused, here or there.
    pub fn lint(&self, resources: &Resources) -> Option<Diagnostics> {
        if self.expects_refusal() {
            return None;
        }
        let source = Source::new("config", self.config.as_str());
        let config = Config::parse(vec![source], &self.parse).ok()?;
        Pipeline::compile(&config, resources, &self.options).ok()?;
        Some(lint::lint(&config, resources, &self.options))
    }

    /// Tells whether the recorded outcome is a refusal of the config.
    pub fn expects_refusal(&self) -> bool {
        matches!(self.outcome, Outcome::Error)
    }

    fn compile(&self, resources: &Resources) -> Result<Pipeline, Diagnostics> {
        let source = Source::new("config", self.config.as_str());
        let config = Config::parse(vec![source], &self.parse)?;
        Pipeline::compile(&config, resources, &self.options)
    }

    fn judge_refused_config(&self, diagnostics: &Diagnostics) -> Verdict {
        let errors = || diagnostics.iter().filter(|one| one.severity == Severity::Error);
        if errors().all(|one| one.code == Code::Unsupported) {
            let messages: BTreeSet<String> = errors().map(|one| one.message.clone()).collect();
            return Verdict::Unsupported(messages.into_iter().collect());
        }
        match self.outcome {
            Outcome::Error if errors().any(|one| one.span.is_none()) => {
                Verdict::Failed("the config was refused without a position".to_owned())
            }
            Outcome::Error | Outcome::Crash => Verdict::Passed,
            Outcome::Events(_) => {
                let mut text = "the config was refused".to_owned();
                for one in errors() {
                    let _ = write!(text, "\n  {}", one.message);
                }
                Verdict::Failed(text)
            }
        }
    }

    fn judge_events(&self, expected: &[Value], left: &Collector) -> Verdict {
        let mut text = String::new();
        if expected.len() != left.events.len() {
            let _ =
                writeln!(text, "{} events expected, {} left", expected.len(), left.events.len());
        }
        for (index, expected) in expected.iter().enumerate() {
            let Some(found) = left.events.get(index) else { break };
            let mut expected = expected.clone();
            self.complete(&mut expected, found);
            let at = if left.events.len() > 1 {
                format!("event {}: ", index + 1)
            } else {
                String::new()
            };
            for difference in differences(&expected, found, Numbers::ByTypeAndValue) {
                let _ = writeln!(text, "{at}{difference}");
            }
        }
        for event in left.events.iter().skip(expected.len()) {
            let _ = writeln!(text, "not expected: {event}");
        }
        for event in expected.iter().skip(left.events.len()) {
            let _ = writeln!(text, "missing: {event}");
        }
        if text.is_empty() {
            return Verdict::Passed;
        }
        for reason in &left.reasons {
            let _ = writeln!(text, "refused: {reason}");
        }
        Verdict::Failed(text.trim_end().to_owned())
    }

    /// Adds what `expect` leaves out: the fields that every event has when nothing touched them.
    fn complete(&self, expected: &mut Value, found: &Value) {
        let Value::Object(object) = expected else { return };
        let defaults =
            [("@timestamp", Value::String(self.now.to_string())), ("@version", "1".into())];
        for (key, default) in defaults {
            match object.get(key) {
                None => {
                    object.insert(key.to_owned(), default);
                }
                // A field that is null is written like one that is missing.
                Some(Value::Null) if found.get(key).is_none() => {
                    object.remove(key);
                }
                Some(Value::String(text)) if text == CLOCK => {
                    object.insert(key.to_owned(), default);
                }
                Some(_) => {}
            }
        }
    }
}

/// The differences that are known and wanted: vectors by id, each with a kind and a reason.
///
/// One a line, `id<TAB>kind<TAB>reason`, or `id<TAB>reason`; empty lines and lines that start with
/// `#` are skipped.
#[derive(Debug, Clone, Default)]
pub struct ExpectedDifferences {
    entries: BTreeMap<String, String>,
    seen: BTreeSet<String>,
}

impl ExpectedDifferences {
    /// Parses a list of expected differences.
    ///
    /// # Errors
    ///
    /// Names the line that has no reason, or repeats an id.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut entries = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let Some((id, reason)) = line.split_once('\t') else {
                return Err(format!("line {}: needs an id, a tab and a reason", index + 1));
            };
            if reason.trim().is_empty() {
                return Err(format!("line {}: `{id}` has no reason", index + 1));
            }
            if entries.insert(id.to_owned(), reason.replace('\t', ": ")).is_some() {
                return Err(format!("line {}: `{id}` is listed twice", index + 1));
            }
        }
        Ok(Self { entries, seen: BTreeSet::new() })
    }
}

/// Counts of verdicts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Vectors with the recorded outcome.
    pub passed: usize,
    /// Vectors with another outcome that is not listed, and listed ones that passed.
    pub failed: usize,
    /// Listed vectors with another outcome.
    pub expected: usize,
    /// Vectors left out because their plugins are not built.
    pub unsupported: usize,
}

impl Tally {
    /// Counts all of them.
    pub fn total(self) -> usize {
        self.passed + self.failed + self.expected + self.unsupported
    }

    /// Returns what was counted after an earlier state of the same counts.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self {
            passed: self.passed - earlier.passed,
            failed: self.failed - earlier.failed,
            expected: self.expected - earlier.expected,
            unsupported: self.unsupported - earlier.unsupported,
        }
    }

    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.expected += other.expected;
        self.unsupported += other.unsupported;
    }
}

impl fmt::Display for Tally {
    /// Writes `9 passed, 1 failed`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// What to do with a vector whose config is refused only for plugins that are not built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUnsupported {
    /// It fails, unless a refusal is the recorded outcome.
    Fail,
    /// It is left out and counted.
    Skip,
}

/// One vector that failed, for a report.
#[derive(Debug, Clone, Copy)]
pub struct Failure<'a> {
    /// The vector's id; `?` when the line has none.
    pub id: &'a str,
    /// The line in its file, from 1.
    pub line: usize,
    /// The config text.
    pub config: &'a str,
    /// What differs, one difference a line.
    pub text: &'a str,
}

/// Runs whole files of vectors and keeps count.
#[derive(Debug)]
pub struct Runner {
    listed: ExpectedDifferences,
    on_unsupported: OnUnsupported,
    resources: Resources,
    engine: Engine,
    tally: Tally,
    by_plugin: BTreeMap<(PluginKind, String), Tally>,
}

impl Runner {
    /// Makes a runner; its configs reach no variable and no file but those of their vectors.
    pub fn new(listed: ExpectedDifferences, on_unsupported: OnUnsupported) -> Self {
        let (resources, engine) = (Resources::new(), Engine::default());
        let (tally, by_plugin) = (Tally::default(), BTreeMap::new());
        Self { listed, on_unsupported, resources, engine, tally, by_plugin }
    }

    /// Chooses how the loops over bytes are run.
    #[must_use]
    pub fn with_engine(self, engine: Engine) -> Self {
        Self { engine, ..self }
    }

    /// Gives what all configs can reach.
    #[must_use]
    pub fn with_resources(self, resources: Resources) -> Self {
        Self { resources, ..self }
    }

    /// Runs every line of a file and reports those that fail, in order.
    ///
    /// A line that is no vector fails. So does one whose run panics; the others go on.
    pub fn run_file(&mut self, text: &str, report: &mut dyn FnMut(Failure<'_>)) {
        for (index, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            let before = self.tally;
            let mut plugins = BTreeSet::new();
            let (id, config, verdict) = match Vector::parse(line) {
                Ok(mut vector) => {
                    vector.options.engine = self.engine;
                    let verdict = self.run_caught(&vector);
                    plugins = plugins::plugins_of(&vector.config, vector.parse);
                    (vector.id, vector.config, verdict)
                }
                Err(error) => ("?".to_owned(), String::new(), Verdict::Failed(error)),
            };
            let failure = self.count(&id, verdict);
            for plugin in plugins {
                self.by_plugin.entry(plugin).or_default().add(self.tally.since(before));
            }
            if let Some(text) = failure {
                report(Failure { id: &id, line: index + 1, config: &config, text: &text });
            }
        }
    }

    /// Returns the counts so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Returns the counts so far of the vectors that use a plugin, for each plugin that one uses.
    pub fn tallies_by_plugin(&self) -> impl Iterator<Item = (PluginKind, &str, Tally)> {
        self.by_plugin.iter().map(|((kind, name), tally)| (*kind, name.as_str(), *tally))
    }

    /// Lists the expected differences that no vector had, sorted by id.
    pub fn unseen(&self) -> impl Iterator<Item = &str> {
        let ids = self.listed.entries.keys();
        ids.filter(|id| !self.listed.seen.contains(*id)).map(String::as_str)
    }

    fn run_caught(&self, vector: &Vector) -> Verdict {
        let run = AssertUnwindSafe(|| vector.run(&self.resources));
        let verdict = panic::catch_unwind(run).unwrap_or_else(|payload| {
            let text = payload
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| payload.downcast_ref::<&str>().copied())
                .unwrap_or("no text");
            Verdict::Failed(format!("panicked: {text}"))
        });
        match (verdict, self.on_unsupported) {
            (Verdict::Unsupported(_), OnUnsupported::Fail) if vector.expects_refusal() => {
                Verdict::Passed
            }
            (Verdict::Unsupported(messages), OnUnsupported::Fail) => {
                Verdict::Failed(messages.join("\n"))
            }
            (verdict, _) => verdict,
        }
    }

    /// Counts one verdict and gives the text to show for it, if it counts as a failure.
    ///
    /// A listed vector that passes fails: its entry is stale.
    fn count(&mut self, id: &str, verdict: Verdict) -> Option<String> {
        let reason = self.listed.entries.get(id);
        if reason.is_some() {
            self.listed.seen.insert(id.to_owned());
        }
        match (verdict, reason) {
            (Verdict::Failed(_), Some(_)) => self.tally.expected += 1,
            (Verdict::Failed(text), None) => {
                self.tally.failed += 1;
                return Some(text);
            }
            (Verdict::Passed, None) => self.tally.passed += 1,
            (Verdict::Passed, Some(reason)) => {
                self.tally.failed += 1;
                return Some(format!("passes, but is listed as different ({reason})"));
            }
            (Verdict::Unsupported(_), _) => self.tally.unsupported += 1,
        }
        None
    }
}

fn is_true(object: &Map<String, Value>, key: &str) -> bool {
    object.get(key) == Some(&Value::Bool(true))
}

fn apply_setting(
    options: &mut Options,
    parse: &mut ParseOptions,
    key: &str,
    value: &Value,
) -> Result<(), String> {
    let wrong = || format!("setting `{key}` cannot be {value}");
    match key {
        "pipeline.ecs_compatibility" => {
            options.ecs = match value.as_str().ok_or_else(wrong)? {
                "disabled" => Ecs::Disabled,
                "v1" => Ecs::V1,
                "v8" => Ecs::V8,
                _ => return Err(wrong()),
            };
        }
        "config.support_escapes" => parse.support_escapes = value.as_bool().ok_or_else(wrong)?,
        "config.field_reference.escape_style" => {
            options.field_reference_escape_style = match value.as_str().ok_or_else(wrong)? {
                "ampersand" => EscapeStyle::Ampersand,
                "none" => EscapeStyle::None,
                "percent" => EscapeStyle::Percent,
                _ => return Err(wrong()),
            };
        }
        _ => return Err(format!("setting `{key}` is not known")),
    }
    Ok(())
}

/// What left a worker: events as JSON with their `@metadata`, and the reasons of refusals.
struct Collector {
    events: Vec<Value>,
    reasons: Vec<String>,
}

impl Sink for Collector {
    fn event(&mut self, event: &Event<'_>) {
        let mut bytes = Vec::new();
        event.write_json_with_metadata(&mut bytes);
        // An event that is no JSON is a finding, not a reason to stop: it equals nothing expected.
        let value = serde_json::from_slice(&bytes).unwrap_or_else(|error| {
            Value::String(format!("{error}: {}", String::from_utf8_lossy(&bytes)))
        });
        self.events.push(value);
    }

    fn refused(&mut self, refusal: &Refusal<'_, '_>) {
        self.reasons.push(refusal.kind.to_string());
    }
}

fn judge_crash(left: &Collector) -> Verdict {
    let tagged = |event: &Value| {
        event.get("tags").and_then(Value::as_array).is_some_and(|tags| {
            tags.iter().any(|tag| tag.as_str().is_some_and(|tag| tag.starts_with('_')))
        })
    };
    if !left.reasons.is_empty() || left.events.iter().any(tagged) {
        return Verdict::Passed;
    }
    Verdict::Failed(
        "Logstash died here; no event left with a failure tag and none was refused".to_owned(),
    )
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn vector_without_outcome_is_refused() {
        assert!(Vector::parse(r#"{"id":"x","config":"filter { }","event":{}}"#).is_err());
        assert!(Vector::parse(r#"{"id":"x","config":"","expect":[],"settings":{"x":1}}"#).is_err());
        assert!(Vector::parse("[]").is_err());
    }

    #[test]
    fn listed_vector_that_passes_fails() {
        let listed = "# why\n\na\tthrows\tdies\nb\tr\nd\tr\n";
        let listed = ExpectedDifferences::parse(listed).unwrap();
        let mut runner = Runner::new(listed, OnUnsupported::Skip);
        assert!(runner.count("a", Verdict::Passed).is_some());
        assert!(runner.count("b", Verdict::Failed("x".into())).is_none());
        assert!(runner.count("c", Verdict::Failed("x".into())).is_some());
        assert_eq!(runner.tally(), Tally { passed: 0, failed: 2, expected: 1, unsupported: 0 });
        assert_eq!(runner.unseen().collect::<Vec<_>>(), ["d"]);
    }

    #[test]
    fn line_that_is_no_vector_fails_with_its_number() {
        let mut runner = Runner::new(ExpectedDifferences::default(), OnUnsupported::Fail);
        let mut failed = Vec::new();
        runner.run_file("\n{}\n", &mut |failure| {
            failed.push((failure.line, !failure.text.is_empty()));
        });
        assert_eq!(failed, [(2, true)]);
    }

    #[test]
    fn expected_difference_needs_a_reason_and_one_entry() {
        assert!(ExpectedDifferences::parse("a").is_err());
        assert!(ExpectedDifferences::parse("a\t ").is_err());
        assert!(ExpectedDifferences::parse("a\tx\na\ty").is_err());
    }
}
