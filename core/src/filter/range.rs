//! `range`: acts on numbers, or lengths of texts, that lie in a range.
//!
//! `range { ranges => ["message", 0, 10, "tag:short", "ms", 1000, 100000, "field:speed:slow"] }`. Ranges of one field are
//! tried one after the other, fields in the order in which they are first named. Source of behaviour:
//! logstash-filter-range 3.0.3.

use crate::diagnostic::{Code, Span};
use crate::event::{Event, SetError, Template, Value, text};
use crate::filter::field::FieldName;
use crate::filter::{CompileCx, Cx, Filter, Outcome, tag_all};
use crate::program::PluginDoc;
use crate::program::options::{Number, OptionKind, OptionValue, PluginOptions};

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Tags, sets a field or drops the event when a number or the length of a text lies in a range.",
    example: r#"range { ranges => ["message", 0, 10, "tag:short", "duration", 1000, 100000, "field:speed:slow"] }"#,
    options: &[
        ("negate", "Acts on what lies outside."),
        ("ranges", "Quadruples of field, least value, greatest value and action: `drop`, `tag:name` or `field:name:value`."),
    ],
    differences: &[],
};

#[derive(Debug)]
struct Range {
    fields: Vec<(Box<str>, FieldName, Vec<Rule>)>,
    /// Whether a value has to lie inside.
    inside: bool,
    failure_tags: Box<[Box<str>]>,
}

#[derive(Debug)]
struct Rule {
    min: f64,
    max: f64,
    action: Action,
}

#[derive(Debug)]
enum Action {
    AddField { name: FieldName, value: Added },
    Drop,
    Tag(Template),
}

#[derive(Debug)]
enum Added {
    Number(Number),
    Text(Template),
}

pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let mut range = Range {
        fields: Vec::new(),
        inside: !options.flag("negate", false),
        failure_tags: Box::new(["_range_error".into()]),
    };
    let items = match options.value("ranges") {
        Some(OptionValue { kind: OptionKind::Array(items), span, .. }) if items.len() % 4 != 0 => {
            let message = format!("`ranges` has {} entries, which is not a multiple of four", items.len());
            let help = "write quadruples: \"field\", least, greatest, \"action\"";
            cx.error_with_help(Code::BadValue, *span, message, help);
            return None;
        }
        Some(OptionValue { kind: OptionKind::Array(items), .. }) => items.as_slice(),
        _ => &[],
    };
    let mut sound = true;
    for rule in items.chunks_exact(4) {
        let [field, min, max, action] = rule else { continue };
        let name = text_of(field, "field", cx);
        let (min, max) = (number_of(min, "least", cx), number_of(max, "greatest", cx));
        let action = text_of(action, "action", cx).and_then(|text| Action::parse(text, action.span, cx));
        let (Some(name), Some(min), Some(max), Some(action)) = (name, min, max, action) else {
            sound = false;
            continue;
        };
        let rule = Rule { min, max, action };
        let known = range.fields.iter_mut().find(|(known, ..)| **known == *name);
        if let Some((_, _, rules)) = known {
            rules.push(rule);
        } else {
            let style = cx.options.field_reference_escape_style;
            range.fields.push((name.into(), FieldName::fixed(name, style), vec![rule]));
        }
    }
    sound.then(|| Box::new(range) as Box<dyn Filter>)
}

fn text_of<'o>(value: &'o OptionValue, what: &str, cx: &mut CompileCx<'_>) -> Option<&'o str> {
    if let OptionKind::Text(text) = &value.kind {
        return Some(text);
    }
    let message = format!("the {what} of a range is a text; found `{}`", value.to_text());
    cx.error(Code::WrongType, value.span, message);
    None
}

fn number_of(value: &OptionValue, what: &str, cx: &mut CompileCx<'_>) -> Option<f64> {
    if let OptionKind::Number(_, number) = &value.kind {
        return Some(number.to_f64());
    }
    let message = format!("the {what} value of a range is a number; found `{}`", value.to_text());
    cx.error_with_help(Code::WrongType, value.span, message, "write it without quotes");
    None
}

impl Action {
    fn parse(text: &str, span: Span, cx: &mut CompileCx<'_>) -> Option<Self> {
        let style = cx.options.field_reference_escape_style;
        // Ruby's `split` drops what is empty at the end.
        let parts: Vec<&str> = text.trim_end_matches(':').split(':').collect();
        Some(match parts.as_slice() {
            ["drop"] => Self::Drop,
            ["tag", tag] => Self::Tag(Template::parse(tag, style)),
            ["field", name, value] => Self::AddField {
                name: FieldName::template(name, style),
                value: Added::parse(value).unwrap_or_else(|| Added::Text(Template::parse(value, style))),
            },
            _ => {
                let message = format!("`{text}` is no action of a range");
                let help = "use `drop`, `tag:name` or `field:name:value`";
                cx.error_with_help(Code::BadValue, span, message, help);
                return None;
            }
        })
    }
}

impl Added {
    /// A number, if it is written as Ruby prints it.
    fn parse(text: &str) -> Option<Self> {
        if let Ok(number) = text.parse::<i64>()
            && number.to_string() == text
        {
            return Some(Self::Number(Number::Int(number)));
        }
        let number = text.parse::<f64>().ok().filter(|number| number.is_finite())?;
        let mut printed = String::new();
        text::push_ruby_float(number, &mut printed);
        (printed == text).then_some(Self::Number(Number::Float(number)))
    }

    fn text<'b>(&'b self, event: &Event<'b>, cx: &Cx<'_, 'b>) -> Result<Value<'b>, SetError> {
        Ok(Value::Str(match self {
            Self::Number(number) => cx.arena.text(&number.to_text()),
            Self::Text(template) => template.render(event, cx.now, cx.arena)?,
        }))
    }

    fn value<'b>(&'b self, event: &Event<'b>, cx: &Cx<'_, 'b>) -> Result<Value<'b>, SetError> {
        match self {
            Self::Number(Number::Int(number)) => Ok(Value::Int(*number)),
            Self::Number(Number::Float(number)) => Ok(Value::Float(*number)),
            Self::Text(_) => self.text(event, cx),
        }
    }
}

impl Filter for Range {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        match self.act(event, cx) {
            Ok(()) if event.cancelled => Outcome::Unmatched,
            Ok(()) => Outcome::Matched,
            Err(_) => {
                tag_all(event, &self.failure_tags, cx.arena);
                Outcome::Failed
            }
        }
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &self.failure_tags
    }

    fn explain<'b>(&'b self, _: &Event<'b>, _: &mut Cx<'_, 'b>) -> Option<String> {
        Some("the field of an action cannot be set".to_owned())
    }
}

impl Range {
    fn act<'b>(&'b self, event: &mut Event<'b>, cx: &Cx<'_, 'b>) -> Result<(), SetError> {
        for (_, field, rules) in &self.fields {
            let path = field.resolve(event, cx)?;
            if !event.contains(path) {
                continue;
            }
            for rule in rules {
                let size = event.get(path).and_then(size);
                let is_inside = size.is_some_and(|size| rule.min <= size && size <= rule.max);
                if is_inside == self.inside && rule.action.apply(event, cx)? == Step::Stop {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// Whether the event goes on.
#[derive(Clone, Copy, PartialEq)]
enum Step {
    GoOn,
    Stop,
}

/// A number, or the characters of a text.
fn size(value: &Value<'_>) -> Option<f64> {
    match value {
        #[expect(clippy::cast_precision_loss, reason = "lengths are far below 2^53")]
        Value::Str(text) => Some(text.chars().count() as f64),
        value => Some(value.as_number()?.to_f64()),
    }
}

impl Action {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &Cx<'_, 'b>) -> Result<Step, SetError> {
        match self {
            Self::Drop => {
                event.cancel();
                return Ok(Step::Stop);
            }
            Self::Tag(template) => {
                let tag = template.render(event, cx.now, cx.arena)?;
                event.tag(tag, cx.arena);
            }
            Self::AddField { name, value } => {
                let path = name.resolve(event, cx)?;
                match event.get(path) {
                    None | Some(Value::Null | Value::Bool(false)) => {
                        let value = value.value(event, cx)?;
                        event.set(path, value, cx.arena)?;
                    }
                    Some(old) => {
                        let mut list = match old.copy_in(cx.arena) {
                            list @ Value::Array(_) => list,
                            old => Value::array([old], cx.arena),
                        };
                        if let Value::Array(list) = &mut list {
                            list.push(value.text(event, cx)?);
                        }
                        event.set(path, list, cx.arena)?;
                    }
                }
            }
        }
        Ok(Step::GoOn)
    }
}
