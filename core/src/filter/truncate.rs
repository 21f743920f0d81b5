//! `truncate`: cuts texts that have too many bytes.
//!
//! `{"message":"naïve"}` with `truncate { length_bytes => 3 }` gives `na`: a character is never cut. Texts in lists are
//! cut too, and those in maps at any depth. Source of behaviour: logstash-filter-truncate 1.0.6.

use crate::event::{Event, SetError, Value};
use crate::filter::field::FieldName;
use crate::filter::{CompileCx, Cx, Filter, Outcome, tag_all};
use crate::program::PluginDoc;
use crate::program::options::{Number, PluginOptions};

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Cuts texts that have too many bytes.",
    example: r#"truncate { fields => ["message", "[error][stack]"] length_bytes => 10000 }"#,
    options: &[
        ("fields", "The fields that are cut; without it, all."),
        ("length_bytes", "How many bytes stay."),
    ],
    differences: &[],
};

#[derive(Debug)]
struct Truncate {
    /// Each with whether it is written in brackets.
    fields: Option<Box<[(FieldName, bool)]>>,
    /// Nothing if texts become null.
    length_bytes: Option<usize>,
    failure_tags: Box<[Box<str>]>,
}

/// What became of a value.
#[derive(Clone, Copy, PartialEq)]
enum Change {
    Cut,
    None,
}

/// Where Logstash throws: the event gets the failure tag.
struct Failed;

impl From<SetError> for Failed {
    fn from(_: SetError) -> Self {
        Self
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the signature is that of all filters")]
pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let style = cx.options.field_reference_escape_style;
    let length = options.number("length_bytes").map_or(Number::Int(0), |number| number.value);
    let length_bytes = match length {
        Number::Int(bytes) => usize::try_from(bytes).ok(),
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is not below 0")]
        Number::Float(bytes) => (bytes >= 0.0).then_some(bytes as usize),
    };
    let fields = options.has("fields").then(|| {
        let texts = options.texts("fields");
        let field = |text: &str| (FieldName::fixed(text, style), text.starts_with('['));
        texts.iter().map(|text| field(text.value)).collect()
    });
    let failure_tags = Box::new(["_truncate_error".into()]);
    Some(Box::new(Truncate { fields, length_bytes, failure_tags }))
}

impl Filter for Truncate {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        match self.truncate(event, cx) {
            Ok(Change::Cut) => Outcome::Matched,
            Ok(Change::None) => Outcome::Unmatched,
            Err(Failed) => {
                tag_all(event, &self.failure_tags, cx.arena);
                Outcome::Failed
            }
        }
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &self.failure_tags
    }

    fn explain<'b>(&'b self, event: &Event<'b>, cx: &mut Cx<'_, 'b>) -> Option<String> {
        for (field, has_brackets) in self.fields.iter().flatten() {
            let path = field.resolve(event, cx).ok()?;
            if !has_brackets && matches!(event.get(path), Some(Value::Object(_))) {
                return Some(format!(
                    "field `{path}` is a map, and `fields` has to name it as `[{path}]`"
                ));
            }
        }
        Some("a field cannot be set".to_owned())
    }
}

impl Truncate {
    fn truncate<'b>(
        &'b self,
        event: &mut Event<'b>,
        cx: &Cx<'_, 'b>,
    ) -> Result<Change, Failed> {
        let mut change = Change::None;
        let Some(fields) = &self.fields else {
            for value in event.data.values_mut() {
                self.cut(value, &mut change);
            }
            return Ok(change);
        };
        for (field, has_brackets) in fields {
            let path = field.resolve(event, cx)?;
            let Some(value) = event.get_mut(path) else { continue };
            if let Value::Object(object) = value
                && !has_brackets
                && !object.is_empty()
            {
                return Err(Failed);
            }
            // A text in its place is none of what tags take.
            if path.is_in_tags() && self.length_bytes.is_none() {
                return Err(Failed);
            }
            self.cut(value, &mut change);
        }
        Ok(change)
    }

    /// Cuts a text, those of a list, or those of a map. Values nest no deeper than events do.
    fn cut(&self, value: &mut Value<'_>, change: &mut Change) {
        match value {
            Value::Str(_) => self.cut_text(value, change),
            Value::Array(array) if array.as_slice().iter().any(|item| self.is_too_long(item)) => {
                array.as_mut_slice().iter_mut().for_each(|item| self.cut_text(item, change));
            }
            Value::Object(object) => object.values_mut().for_each(|value| self.cut(value, change)),
            _ => {}
        }
    }

    fn is_too_long(&self, value: &Value<'_>) -> bool {
        let Value::Str(text) = value else { return false };
        self.length_bytes.is_none_or(|bytes| text.len() > bytes)
    }

    fn cut_text(&self, value: &mut Value<'_>, change: &mut Change) {
        if !self.is_too_long(value) {
            return;
        }
        *change = Change::Cut;
        match (value, self.length_bytes) {
            (Value::Str(text), Some(bytes)) => *text = &text[..text.floor_char_boundary(bytes)],
            (value, _) => *value = Value::Null,
        }
    }
}
