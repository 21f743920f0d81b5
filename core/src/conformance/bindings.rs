//! Turns vectors into cases for the bindings: C, Go, Python.
//!
//! A case is a vector with all that a driver would have to work out, and with what this crate's own worker makes of it:
//!
//! ```json
//! {"id":"…","config":"filter { … }","ecs":"v8","support_escapes":false,"escape_style":"none",
//!  "now_ns":1718452800000000000,"files":{},"events":["{\"a\":1}"],"verdict":"passed","outcome":"{…}\n"}
//! ```
//!
//! A driver parses the config as one source named `config`, hands over `files` and the list of user agents, compiles with `now_ns` as
//! the start, gives each event to a worker, finishes, and puts together the outcome in the same way: of a config that is
//! refused, `refused` and ` code@line:column` for each error (`@-` without a place); else the events as JSON lines with their `@metadata`,
//! and `! kind: reason` and a line end for each refusal. If that is the outcome of the case, byte for byte, its verdict is that of the case;
//! if not, it is `failed`.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{Runner, Vector, Verdict};
use crate::{
    Diagnostics, Ecs, EscapeStyle, Event, InputOptions, Refusal, Resources, Severity, Sink, Tick,
    Worker,
};

/// A case for the bindings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindingCase {
    /// The vector's id.
    pub id: String,
    /// `passed`, `different` for one that is listed, `unsupported`, or `failed`.
    pub verdict: &'static str,
    /// The case as one line of JSON, without a line end.
    pub json: String,
}

impl Runner {
    /// Makes a case of each line of a file.
    ///
    /// # Errors
    /// Names the line that is no vector.
    pub fn binding_cases(&mut self, text: &str) -> Result<Vec<BindingCase>, String> {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        lines
            .map(|(index, line)| {
                let vector =
                    Vector::parse(line).map_err(|error| format!("line {}: {error}", index + 1))?;
                Ok(self.binding_case(&vector))
            })
            .collect()
    }

    fn binding_case(&mut self, vector: &Vector) -> BindingCase {
        let verdict = self.run_caught(vector);
        let is_unsupported = matches!(verdict, Verdict::Unsupported(_));
        let is_different = matches!(verdict, Verdict::Failed(_));
        let verdict = match self.count(&vector.id, verdict) {
            Some(_) => "failed",
            None if is_unsupported => "unsupported",
            None if is_different => "different",
            None => "passed",
        };
        let files: Map<String, Value> =
            vector.files.iter().map(|(path, text)| (path.clone(), text.as_str().into())).collect();
        let events: Vec<Value> = vector.events.iter().map(|one| one.to_string().into()).collect();
        let now = vector.now;
        let now_ns = now.as_seconds().saturating_mul(1_000_000_000) + i64::from(now.subsec_nanos());
        let json = json!({
            "id": vector.id,
            "config": vector.config,
            "ecs": match vector.options.ecs {
                Ecs::Disabled => "disabled",
                Ecs::V1 => "v1",
                Ecs::V8 => "v8",
            },
            "support_escapes": vector.parse.support_escapes,
            "escape_style": match vector.options.field_reference_escape_style {
                EscapeStyle::Ampersand => "ampersand",
                EscapeStyle::None => "none",
                EscapeStyle::Percent => "percent",
            },
            "now_ns": now_ns,
            "files": files,
            "events": events,
            "verdict": verdict,
            "outcome": vector.outcome_text(&self.resources),
        });
        BindingCase { id: vector.id.clone(), verdict, json: json.to_string() }
    }
}

impl Vector {
    /// What comes of the vector here, as text.
    fn outcome_text(&self, resources: &Resources) -> String {
        let mut resources = resources.clone();
        for (path, text) in &self.files {
            resources.add_file(path, text.clone().into_bytes());
        }
        let pipeline = match self.compile(&resources) {
            Ok(pipeline) => pipeline,
            Err(diagnostics) => return refused_text(&diagnostics),
        };
        let mut left = Left::default();
        let tick = Tick { now: self.now, seed: 0 };
        match Worker::new(&pipeline, &InputOptions::default()) {
            Ok(mut worker) => {
                for event in &self.events {
                    worker.run_event(&event.to_string(), tick, &mut left);
                }
                worker.finish(tick, &mut left);
            }
            Err(error) => left.refusals = error.to_string(),
        }
        String::from_utf8_lossy(&left.events).into_owned() + &left.refusals
    }
}

fn refused_text(diagnostics: &Diagnostics) -> String {
    let mut text = "refused".to_owned();
    for one in diagnostics.iter().filter(|one| one.severity == Severity::Error) {
        // Writing to a text in memory does not fail.
        let _ = match one.span.and_then(|span| diagnostics.position(span)) {
            Some(at) => write!(text, " {}@{}:{}", one.code, at.line, at.column),
            None => write!(text, " {}@-", one.code),
        };
    }
    text
}

#[derive(Default)]
struct Left {
    events: Vec<u8>,
    refusals: String,
}

impl Sink for Left {
    fn event(&mut self, event: &Event<'_>) {
        event.write_json_with_metadata(&mut self.events);
        self.events.push(b'\n');
    }

    fn refused(&mut self, refusal: &Refusal<'_, '_>) {
        // Writing to a text in memory does not fail.
        let _ = writeln!(self.refusals, "! {}: {}", refusal.kind.as_str(), refusal.kind);
    }
}
