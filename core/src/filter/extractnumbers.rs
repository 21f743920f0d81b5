//! `extractnumbers`: the numbers among the words of a text become fields.
//!
//! `{"message":"took 12 ms of 1.5 s"}` with `extractnumbers { }` gives `int1` = 12 and `float1` = 1.5. The common
//! options are never carried out. Source of behaviour: logstash-filter-extractnumbers 3.0.3.

use core::fmt::Write;

use crate::event::{Event, Key, Value};
use crate::filter::field::FieldName;
use crate::filter::{CompileCx, Cx, Filter, Outcome, number, shown_value, tag_all};
use crate::program::PluginDoc;
use crate::program::options::PluginOptions;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Turns the numbers among the words of a text into fields `int1`, `float1`, …",
    example: r#"extractnumbers { source => "message" }"#,
    options: &[("source", "The field that holds the text; of a list, the first value counts.")],
    differences: &[],
};

#[derive(Debug)]
struct ExtractNumbers {
    source: FieldName,
    failure_tags: Box<[Box<str>]>,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature is that of all filters")]
pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let style = cx.options.field_reference_escape_style;
    let source = options.text("source").map_or("message", |text| text.value);
    Some(Box::new(ExtractNumbers {
        source: FieldName::fixed(source, style),
        failure_tags: Box::new(["_extractnumbers_error".into()]),
    }))
}

impl Filter for ExtractNumbers {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        let value = match self.source.resolve(event, cx) {
            Ok(path) => event.get(path),
            Err(_) => Some(&Value::Bool(true)),
        };
        let value = match value {
            Some(Value::Array(array)) => array.as_slice().first().or(Some(&Value::Null)),
            None | Some(Value::Null | Value::Bool(false)) => return Outcome::Unmatched,
            value => value,
        };
        // Logstash throws on anything but a text.
        let Some(Value::Str(text)) = value else {
            tag_all(event, &self.failure_tags, cx.arena);
            return Outcome::Failed;
        };
        let blank = |c| matches!(c, '\0' | ' ' | '\t' | '\n' | '\x0B' | '\x0C' | '\r');
        let (mut ints, mut floats) = (0_usize, 0_usize);
        for word in text.split(blank).filter(|word| !word.is_empty()) {
            if let Some(value) = number::strict_integer(word, cx.arena) {
                ints += 1;
                set("int", ints, value, event, cx);
            } else if let Some(value) = number::strict_float(word, cx.arena) {
                floats += 1;
                set("float", floats, Value::Float(value), event, cx);
            }
        }
        Outcome::Unmatched
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &self.failure_tags
    }

    fn explain<'b>(&'b self, event: &Event<'b>, cx: &mut Cx<'_, 'b>) -> Option<String> {
        let path = self.source.resolve(event, cx).ok()?;
        let value = event.get(path)?;
        Some(format!("field `{path}` is {}, and only texts have words", shown_value(value)))
    }
}

fn set<'b>(name: &str, number: usize, value: Value<'b>, event: &mut Event<'b>, cx: &Cx<'_, 'b>) {
    let name = cx.arena.build(|out| {
        // Writing to a text in memory does not fail.
        let _ = write!(out, "{name}{number}");
    });
    event.data.insert(Key::new(name), value, cx.arena);
}
