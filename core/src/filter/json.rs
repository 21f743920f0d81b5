//! `json`: a JSON text in a field becomes fields.
//!
//! `{"message":"{\"a\":1}"}` with `json { source => "message" }` gives `a` = 1 beside `message`. Without `target` the
//! text must hold an object, whose keys are field references. Source of behaviour:
//! logstash-filter-json 3.2.1.

use crate::codec::json::{self, After, NegativeZero};
use crate::event::{Event, Key, Object, SetError, TIMESTAMP, Value, text};
use crate::filter::field::FieldName;
use crate::filter::{CompileCx, Cx, Filter, Outcome, shown, shown_value, tag_all};
use crate::program::PluginDoc;
use crate::program::options::{OptionKind, PluginOptions};
use crate::time::Timestamp;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Turns a JSON text in a field into fields.",
    example: r#"json { source => "message" target => "app" }"#,
    options: &[
        ("ecs_compatibility", "No effect on the events."),
        ("skip_on_invalid_json", "Leaves an event whose text is no JSON as it is, without a tag."),
        ("source", "The field that holds the text."),
        ("tag_on_failure", "Tags for an event whose text is no JSON."),
        ("target", "The field that gets the value; without it the keys of the object become fields of the event."),
    ],
    differences: &[],
};

#[derive(Debug)]
struct Json {
    source: FieldName,
    target: Option<FieldName>,
    failure_tags: Box<[Box<str>]>,
    on_invalid: OnInvalid,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum OnInvalid {
    Skip,
    Tag,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature is that of all filters")]
pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let style = cx.options.field_reference_escape_style;
    let source = match options.value("source") {
        // A number is no field name: Logstash fails on every event.
        Some(value) if !matches!(value.kind, OptionKind::Text(_)) => FieldName::Invalid,
        _ => FieldName::fixed(options.text("source").map_or("", |text| text.value), style),
    };
    let target = options.text("target").filter(|text| !text.value.is_empty());
    Some(Box::new(Json {
        source,
        target: target.map(|text| FieldName::fixed(text.value, style)),
        failure_tags: CompileCx::failure_tags(options, "_jsonparsefailure"),
        on_invalid: if options.flag("skip_on_invalid_json", false) {
            OnInvalid::Skip
        } else {
            OnInvalid::Tag
        },
    }))
}

/// The event gets the failure tags.
struct Failed;

impl From<SetError> for Failed {
    fn from(_: SetError) -> Self {
        Self
    }
}

impl Filter for Json {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        self.read(event, cx).unwrap_or_else(|Failed| {
            tag_all(event, &self.failure_tags, cx.arena);
            Outcome::Failed
        })
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &self.failure_tags
    }

    fn explain<'b>(&'b self, event: &Event<'b>, cx: &mut Cx<'_, 'b>) -> Option<String> {
        let source = self.source.resolve(event, cx).ok()?;
        let text = match event.get(source)? {
            Value::Str(text) => text.strip_prefix('\u{FEFF}').unwrap_or(text),
            value => {
                return Some(format!(
                    "field `{source}` is {}, and JSON is a text",
                    shown_value(value)
                ));
            }
        };
        if let Some((at, message)) = json::first_error(text) {
            let rest = text.get(at..).filter(|rest| !rest.is_empty());
            let place = rest.map_or_else(|| "its end".to_owned(), shown);
            return Some(format!(
                "field `{source}` is not valid JSON at byte {at}, {place}: {message}"
            ));
        }
        let wants_object = self.target.is_none() && !text.trim_start().starts_with('{');
        Some(if wants_object {
            format!("field `{source}` holds JSON that is no object; `target` would take it")
        } else {
            format!("field `{source}` holds JSON whose fields cannot be set on this event")
        })
    }
}

impl Json {
    fn read<'b>(
        &'b self,
        event: &mut Event<'b>,
        cx: &mut Cx<'_, 'b>,
    ) -> Result<Outcome, Failed> {
        let source = self.source.resolve(event, cx)?;
        let text = match event.get(source) {
            None | Some(Value::Null | Value::Bool(false)) => return Ok(Outcome::Unmatched),
            Some(Value::Str(text)) => *text,
            Some(_) => return Err(Failed),
        };
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        let blank = text.trim_matches([' ', '\t', '\r', '\n']).is_empty();
        let value = if blank {
            Value::Null
        } else {
            let (after, zero) = (After::Objects, NegativeZero::Plain);
            match cx.scratch.json.read(text, after, zero, cx.arena) {
                Ok(value) => value,
                Err(_) if self.on_invalid == OnInvalid::Skip => return Ok(Outcome::Unmatched),
                Err(_) => return Err(Failed),
            }
        };
        if let Some(target) = &self.target {
            let path = target.resolve(event, cx)?;
            event.set(path, value, cx.arena)?;
            return Ok(Outcome::Matched);
        }
        let Value::Object(object) = value else { return Err(Failed) };
        let object = core::mem::replace(object, Object::new_in(cx.arena));
        set_at_root(event, object, cx)?;
        Ok(Outcome::Matched)
    }
}

/// Sets the keys of a map as field references; those before a bad one stay set.
fn set_at_root<'b>(
    event: &mut Event<'b>,
    mut object: Object<'b>,
    cx: &mut Cx<'_, 'b>,
) -> Result<(), Failed> {
    let time = object.remove(TIMESTAMP);
    for (key, value) in object.into_entries() {
        let path = cx.path(key.text())?;
        event.set(path, value, cx.arena)?;
    }
    set_timestamp(event, time, cx);
    Ok(())
}

/// A text that is a time replaces `@timestamp`; anything else but null leaves the clock's time, a
/// tag and the text in `_@timestamp`.
fn set_timestamp<'b>(event: &mut Event<'b>, value: Option<Value<'b>>, cx: &mut Cx<'_, 'b>) {
    let unread = match value {
        None | Some(Value::Null) => return,
        Some(Value::Str(text)) => match Timestamp::parse_lenient(text, &cx.env.zone) {
            Some(time) => {
                event.data.insert(TIMESTAMP, Value::Time(time), cx.arena);
                return;
            }
            None => text,
        },
        Some(other) => cx.arena.build(|out| text::push_ruby(&other, out)),
    };
    event.data.insert(TIMESTAMP, Value::Time(cx.now), cx.arena);
    event.tag("_timestampparsefailure", cx.arena);
    let kept = Key::new("_@timestamp");
    event.data.insert(kept, Value::Str(unread), cx.arena);
}
