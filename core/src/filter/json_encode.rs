//! `json_encode`: a field's value becomes a JSON text.
//!
//! `{"a":{"b":1}}` with `json_encode { source => "a" target => "text" }` gives `text` = `{"b":1}`. Source of behaviour:
//! logstash-filter-json_encode 3.0.3.

use crate::event::{Event, SetError, Value, json};
use crate::filter::field::FieldName;
use crate::filter::{CompileCx, Cx, Filter, Outcome, tag_all};
use crate::program::PluginDoc;
use crate::program::options::PluginOptions;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Writes a field's value as a JSON text.",
    example: r#"json_encode { source => "[request][headers]" target => "headers_json" }"#,
    options: &[
        ("ecs_compatibility", "No effect on the events."),
        ("source", "The field that holds the value."),
        ("target", "The field that gets the text; without it, `source`."),
    ],
    differences: &[],
};

#[derive(Debug)]
struct JsonEncode {
    source: FieldName,
    target: Option<FieldName>,
    failure_tags: Box<[Box<str>]>,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature is that of all filters")]
pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let style = cx.options.field_reference_escape_style;
    let source = options.text("source").map_or("", |text| text.value);
    Some(Box::new(JsonEncode {
        source: FieldName::fixed(source, style),
        target: options.text("target").map(|text| FieldName::fixed(text.value, style)),
        failure_tags: Box::new(["_jsongeneratefailure".into()]),
    }))
}

impl Filter for JsonEncode {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        if self.encode(event, cx).is_ok() {
            return Outcome::Matched;
        }
        tag_all(event, &self.failure_tags, cx.arena);
        Outcome::Failed
    }

    fn new_fields(&self) -> usize {
        1
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &self.failure_tags
    }

    fn explain<'b>(&'b self, event: &Event<'b>, cx: &mut Cx<'_, 'b>) -> Option<String> {
        let target = self.target.as_ref().unwrap_or(&self.source);
        Some(format!("field {} cannot be set", target.shown(event, cx)))
    }
}

impl JsonEncode {
    fn encode<'b>(&'b self, event: &mut Event<'b>, cx: &Cx<'_, 'b>) -> Result<(), SetError> {
        let source = self.source.resolve(event, cx)?;
        let text = cx.arena.build(|out| match event.get(source) {
            None if source.is_whole_metadata() => json::push_object(event.metadata(), out),
            None => out.push_str("null"),
            Some(value) => json::push_value(value, out),
        });
        let target = match &self.target {
            Some(target) => target.resolve(event, cx)?,
            None => source,
        };
        event.set(target, Value::Str(text), cx.arena)
    }
}
