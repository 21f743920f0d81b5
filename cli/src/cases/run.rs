//! Runs cases: lines through a codec, fields onto the events, the events through the filters, and
//! what leaves against what is expected.

use std::{fmt::Write as _, path::Path};

use sawlog::{
    Config, Diagnostics, Event, InputOptions, Options, ParseOptions, Pipeline, Refusal, Resources,
    Sink, Source, Tick, Timestamp, Worker,
    config::{
        ast::{Ast, SectionKind},
        print,
    },
    conformance::{Numbers, differences},
};
use serde_json::{Map, Value};

use crate::{
    args::{ConfigArguments, TestArguments},
    inputs, pipeline,
    pipeline::Failure,
    resources, sources,
};

use super::format::{self, Case, CaseFile};

/// The config under test and how it is compiled.
pub(super) struct Suite {
    config: Config,
    resources: Resources,
    parse: ParseOptions,
    options: Options,
    now: Timestamp,
}

impl Suite {
    /// Reads the config; `now` is the clock of the cases that name none.
    ///
    /// Dates that name no zone are UTC unless the arguments say otherwise, as in
    /// logstash-filter-verifier.
    pub(super) fn new(
        arguments: &TestArguments,
        config: &ConfigArguments,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let mut compile = arguments.compile.clone();
        compile.timezone.get_or_insert_with(|| "UTC".to_owned());
        let (options, _) = pipeline::options(&compile, now).map_err(Failure::Argument)?;
        let parse = ParseOptions { support_escapes: compile.support_escapes };
        let sources = sources::read(config).map_err(Failure::Argument)?;
        let config = Config::parse(sources, &parse).map_err(Failure::Config)?;
        let resources = resources::read(&config);
        Ok(Self { config, resources, parse, options, now })
    }

    /// Compiles the config and what decodes the lines of one case file.
    pub(super) fn runner<'a>(
        &self,
        path: &Path,
        file: &'a CaseFile,
    ) -> Result<Runner<'a>, Failure> {
        let now = file.now.unwrap_or(self.now);
        let options = Options { start: now, host_name: None, ..self.options.clone() };
        let compile = |config: &Config| {
            Pipeline::compile(config, &self.resources, &options).map_err(Failure::Config)
        };
        let pipeline = compile(&self.config)?;
        let mut input = InputOptions::default();
        let decoding = if let Some(name) = &file.input_plugin {
            let index = inputs::find(&pipeline, name).map_err(|error| {
                Failure::Argument(format!("`{}`: `input_plugin`: {error}", path.display()))
            })?;
            input.input = Some(index);
            self.inputs_alone()
        } else {
            input.input = Some(0);
            let codec = match file.codec.as_deref().unwrap_or("line").trim() {
                "line" | "plain" => &format!("line {{ delimiter => \"{SEPARATOR}\" }}"),
                codec => codec,
            };
            let text = format!("input {{ stdin {{ codec => {codec} }} }}");
            Source::new(format!("codec of {}", path.display()), text)
        };
        let decoding = Config::parse(vec![decoding], &self.parse).map_err(Failure::Config)?;
        let is_json = file.input_plugin.is_none()
            && file.codec.as_deref().is_some_and(|codec| codec.trim().starts_with("json"));
        Ok(Runner { file, pipeline, decoding: compile(&decoding)?, input, is_json, now })
    }

    /// Returns the config's inputs without its filters and outputs.
    fn inputs_alone(&self) -> Source {
        let sections = self.config.ast().sections.iter();
        let inputs = sections.filter(|section| section.kind == SectionKind::Input).cloned();
        let ast = Ast { sections: inputs.collect(), comments: Vec::new() };
        Source::new("the config's inputs", print::print(&ast))
    }
}

/// Runs the cases of one file; nothing stays from case to case.
pub(super) struct Runner<'a> {
    file: &'a CaseFile,
    pipeline: Pipeline,
    /// A pipeline without filters, whose input decodes the lines.
    decoding: Pipeline,
    input: InputOptions,
    /// Whether the lines are JSON texts, in which field references may be keys.
    is_json: bool,
    now: Timestamp,
}

impl Runner<'_> {
    /// Returns what is to be said about the config.
    pub(super) fn warnings(&self) -> &Diagnostics {
        self.pipeline.warnings()
    }

    /// Runs one case; the text says where it fails, one difference a line, and is empty when it
    /// passes.
    pub(super) fn run(&mut self, case: &Case) -> String {
        let now = case.now.unwrap_or(self.now);
        let events = match self.decode(case, now) {
            Ok(events) => events,
            Err(error) => return error,
        };
        let options = InputOptions { explain_failures: true, ..InputOptions::default() };
        let mut left = Collector::default();
        let mut worker = match Worker::new(&self.pipeline, &options) {
            Ok(worker) => worker,
            Err(error) => return error.to_string(),
        };
        for (mut event, seed) in events.into_iter().zip(0..) {
            format::merge(&mut event, case.fields.clone());
            let text = Value::Object(event).to_string();
            worker.run_event(&text, Tick { now, seed }, &mut left);
        }
        worker.finish(Tick { now, seed: 0 }, &mut left);
        self.judge(case, left)
    }

    /// Turns the lines of a case into events; without any line there is one event without fields.
    fn decode(&self, case: &Case, now: Timestamp) -> Result<Vec<Map<String, Value>>, String> {
        if case.input.is_empty() {
            return Ok(vec![Map::new()]);
        }
        let mut left = Collector::default();
        let mut worker =
            Worker::new(&self.decoding, &self.input).map_err(|error| error.to_string())?;
        let tick = Tick { now, seed: 0 };
        for line in &case.input {
            let line = line.strip_suffix('\n').unwrap_or(line);
            let json = if self.is_json { expand_json(line) } else { None };
            worker.push(json.as_deref().unwrap_or(line).as_bytes(), tick, &mut left);
            let delimiter = worker.delimiter().to_vec();
            worker.push(&delimiter, tick, &mut left);
        }
        worker.flush(tick, &mut left);
        match left.reasons.first() {
            Some(reason) => Err(format!("the input cannot be read: {reason}")),
            None => Ok(left.events.into_iter().map(|left| left.fields).collect()),
        }
    }

    fn judge(&self, case: &Case, left: Collector) -> String {
        let Collector { events: found, reasons } = left;
        let mut text = String::new();
        let counts = (case.expected.len(), found.len());
        if counts.0 != counts.1 {
            let _ = writeln!(
                text,
                "{} {} expected, {} came out",
                counts.0,
                if counts.0 == 1 { "event" } else { "events" },
                counts.1
            );
        }
        let mut expected = case.expected.iter().cloned();
        for (index, Left { mut fields, explanations }) in found.into_iter().enumerate() {
            let Some(mut wanted) = expected.next() else {
                self.reduce(&mut fields, &mut Map::new());
                let _ = writeln!(text, "not expected: {}", Value::Object(fields));
                continue;
            };
            let at = if counts.1 > 1 { format!("event {}: ", index + 1) } else { String::new() };
            self.reduce(&mut fields, &mut wanted);
            let (wanted, fields) = (Value::Object(wanted), Value::Object(fields));
            let all = differences(&wanted, &fields, Numbers::ByValue);
            for one in &all {
                let _ = writeln!(text, "{at}{one}");
                if one.field == "[@timestamp]" && one.expected.is_none() {
                    let _ = writeln!(text, "  help: every event has one; expect it or `ignore` it");
                } else if one.field == "[@metadata]" && !self.file.export_metadata {
                    let _ = writeln!(text, "  help: `export_metadata: true` compares it");
                }
            }
            if !all.is_empty() {
                for explanation in explanations {
                    let _ = writeln!(text, "{at}a filter failed: {}", explanation.trim_end());
                }
            }
        }
        for event in expected {
            let _ = writeln!(text, "missing: {}", Value::Object(event));
        }
        if !text.is_empty() {
            for reason in reasons {
                let _ = writeln!(text, "refused: {reason}");
            }
        }
        text
    }

    /// Takes out what is not compared.
    ///
    /// `@version`, and the text that ECS codecs keep in `[event][original]`, are only compared when
    /// they are expected.
    fn reduce(&self, found: &mut Map<String, Value>, expected: &mut Map<String, Value>) {
        if !self.file.export_metadata {
            found.remove("@metadata");
        } else if let Some(Value::Object(metadata)) = found.get_mut("@metadata") {
            metadata.retain(|key, _| !PRIVATE.iter().any(|prefix| key.starts_with(prefix)));
            if metadata.is_empty() {
                found.remove("@metadata");
            }
        }
        for field in OPTIONAL {
            let steps = format::steps(field);
            if !format::has(expected, &steps) {
                format::remove(found, &steps);
            }
        }
        for steps in &self.file.ignore {
            format::remove(found, steps);
            format::remove(expected, steps);
        }
    }
}

/// What ends a line of text, so that a line may hold line ends itself.
const SEPARATOR: &str = "\u{1E}end of line\u{1E}";
/// Fields that are compared only when they are expected.
const OPTIONAL: [&str; 2] = ["@version", "[event][original]"];
/// Fields of `@metadata` that are never compared: those of logstash-filter-verifier itself.
const PRIVATE: [&str; 2] = ["__lfv_", "__tmp_"];

/// Writes a JSON text on one line, its field references as objects; nothing when it needs neither
/// or is no object.
fn expand_json(line: &str) -> Option<String> {
    if !line.contains(['\n', '\r']) && !line.contains("\"[") {
        return None;
    }
    match serde_json::from_str(line) {
        Ok(Value::Object(object)) => Some(Value::Object(format::expand(object)).to_string()),
        Ok(value) => Some(value.to_string()),
        Err(_) => None,
    }
}

/// What left a worker.
#[derive(Default)]
struct Collector {
    events: Vec<Left>,
    /// Why events were refused.
    reasons: Vec<String>,
}

/// An event that left, with its `@metadata`, and why filters failed on it.
struct Left {
    fields: Map<String, Value>,
    explanations: Vec<String>,
}

impl Sink for Collector {
    fn event(&mut self, event: &Event<'_>) {
        let mut bytes = Vec::new();
        event.write_json_with_metadata(&mut bytes);
        let explanations = event.failures().iter().filter_map(|one| one.explanation);
        let explanations = explanations.map(str::to_owned).collect();
        match serde_json::from_slice(&bytes) {
            Ok(fields) => self.events.push(Left { fields, explanations }),
            Err(error) => self.reasons.push(format!("an event is no JSON: {error}")),
        }
    }

    fn refused(&mut self, refusal: &Refusal<'_, '_>) {
        let at = refusal.position.map_or_else(String::new, |position| format!(" ({position})"));
        self.reasons.push(format!("{}{at}", refusal.kind));
    }
}
