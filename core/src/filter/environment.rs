//! `environment`: variables of the environment become fields of `@metadata`.
//!
//! `environment { add_metadata_from_env => { "stage" => "STAGE" } }` sets `[@metadata][stage]`. The host hands the
//! variables over ([`crate::Needs::variables`] lists them); one that is not set gives null. Source of behaviour:
//! logstash-filter-environment 3.0.3.

use crate::diagnostic::Code;
use crate::event::{Event, FieldPath, Value};
use crate::filter::{CompileCx, Cx, Filter, Outcome, tag_all};
use crate::program::PluginDoc;
use crate::program::options::PluginOptions;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Puts variables of the environment into `@metadata`.",
    example: r#"environment { add_metadata_from_env => { "stage" => "STAGE" } }"#,
    options: &[
        ("add_metadata_from_env", "Names of fields below `@metadata`, and of the variables that they get."),
    ],
    differences: &[("", "The variables are read when the pipeline starts.")],
};

#[derive(Debug)]
struct Environment {
    fields: Box<[(FieldPath, Option<Box<str>>)]>,
    failure_tags: [Box<str>; 1],
}

pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let style = cx.options.field_reference_escape_style;
    let mut fields = Vec::new();
    let mut is_sound = true;
    for (name, variable) in options.pairs("add_metadata_from_env") {
        let below = match name.value {
            name if name.starts_with('[') => name.to_owned(),
            name => format!("[{name}]"),
        };
        let value = cx.resources.variable(&variable.to_text());
        if let Ok(path) = FieldPath::parse(&format!("[@metadata]{below}"), style) {
            fields.push((path, value.map(Box::from)));
            continue;
        }
        is_sound = false;
        let message = format!("`{}` is no name of a field", name.value);
        cx.error(Code::BadFieldReference, name.span, message);
    }
    let failure_tags = [Box::from("_environment_error")];
    is_sound.then(|| Box::new(Environment { fields: fields.into(), failure_tags }) as Box<dyn Filter>)
}

impl Filter for Environment {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        for (path, value) in &self.fields {
            let value = value.as_deref().map_or(Value::Null, Value::Str);
            if event.set(path.as_ref(), value, cx.arena).is_err() {
                tag_all(event, &self.failure_tags, cx.arena);
                return Outcome::Failed;
            }
        }
        Outcome::Matched
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &self.failure_tags
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, ParseOptions};
    use crate::diagnostic::Source;
    use crate::event::Event;
    use crate::program::{Options, Pipeline, Resources};
    use crate::run::{InputOptions, Sink, Tick, Worker};
    use crate::time::Timestamp;

    struct Metadata(String);

    impl Sink for Metadata {
        fn event(&mut self, event: &Event<'_>) {
            self.0 = format!("{:?}", event.metadata());
        }
    }

    #[test]
    fn variables_are_asked_for_and_become_metadata() {
        let text = r#"filter { environment {
            add_metadata_from_env => { "a" => "SET" "[b][c]" => "UNSET" }
        } }"#;
        let config = Config::parse(vec![Source::new("test", text)], &ParseOptions::default());
        let config = config.expect("parses");
        let needed: Vec<_> =
            config.needs().variables.into_iter().map(|need| (need.name, need.has_default)).collect();
        assert_eq!(needed, [("SET".to_owned(), true), ("UNSET".to_owned(), true)]);
        let mut resources = Resources::new();
        resources.set_variable("SET", "x");
        let pipeline = Pipeline::compile(&config, &resources, &Options::default());
        let pipeline = pipeline.expect("compiles");
        let mut worker = Worker::new(&pipeline, &InputOptions::default()).expect("a worker");
        let mut out = Metadata(String::new());
        worker.run_event("{}", Tick { now: Timestamp::UNIX_EPOCH, seed: 0 }, &mut out);
        assert_eq!(out.0, r#"{"a": "x", "b": {"c": null}}"#);
    }
}
