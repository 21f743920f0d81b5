//! `urldecode`: `%41` becomes `A`.
//!
//! `{"message":"a%20b+c"}` with `urldecode { }` gives `a b+c`: a plus stays. Texts in lists and maps are decoded too; a
//! missing field becomes null. Bytes that are no UTF-8 show as `\xFF`. Source of behaviour:
//! logstash-filter-urldecode 3.0.6.

use crate::arena::Arena;
use crate::codec::charset::{CHARSETS, Charset};
use crate::diagnostic::Code;
use crate::event::{Event, SetError, Value};
use crate::filter::field::FieldName;
use crate::filter::{CompileCx, Cx, Filter, Outcome, tag_all};
use crate::program::PluginDoc;
use crate::program::options::PluginOptions;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Decodes `%41` in texts.",
    example: r#"urldecode { field => "[url][query]" }"#,
    options: &[
        ("all_fields", "Decodes all fields instead of one."),
        ("charset", "The character set of the decoded bytes."),
        ("ecs_compatibility", "No effect on the events."),
        ("field", "The field that is decoded."),
        ("tag_on_failure", "Tags for an event whose field cannot be set."),
    ],
    differences: &[],
};

#[derive(Debug)]
struct UrlDecode {
    /// Nothing for all fields.
    field: Option<FieldName>,
    charset: Charset,
    failure_tags: Box<[Box<str>]>,
}

pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let style = cx.options.field_reference_escape_style;
    let charset = match options.text("charset") {
        None => Some(Charset::Utf8),
        Some(name) => {
            let known = Charset::named(name.value);
            if known.is_none() {
                let message = format!("the charset `{}` is not read", name.value);
                cx.error_with_help(Code::Unsupported, name.span, message, CHARSETS);
            }
            known
        }
    }?;
    let field = options.text("field").map_or("message", |text| text.value);
    Some(Box::new(UrlDecode {
        field: (!options.flag("all_fields", false)).then(|| FieldName::fixed(field, style)),
        charset,
        failure_tags: CompileCx::failure_tags(options, "_urldecodefailure"),
    }))
}

impl Filter for UrlDecode {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        if self.decode(event, cx).is_ok() {
            return Outcome::Matched;
        }
        tag_all(event, &self.failure_tags, cx.arena);
        // The common options are carried out all the same.
        let _: Result<(), SetError> = cx.decorate(event);
        Outcome::Failed
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &self.failure_tags
    }

    fn explain<'b>(&'b self, event: &Event<'b>, cx: &mut Cx<'_, 'b>) -> Option<String> {
        let field = self.field.as_ref()?;
        Some(format!("field {} cannot be set", field.shown(event, cx)))
    }
}

impl UrlDecode {
    fn decode<'b>(&'b self, event: &mut Event<'b>, cx: &Cx<'_, 'b>) -> Result<(), SetError> {
        let Some(field) = &self.field else {
            event.data.values_mut().for_each(|value| decode(self.charset, value, cx.arena));
            return Ok(());
        };
        let path = field.resolve(event, cx)?;
        match event.get_mut(path) {
            Some(value) => decode(self.charset, value, cx.arena),
            None if path.is_whole_metadata() => {
                event
                    .metadata
                    .values_mut()
                    .for_each(|value| decode(self.charset, value, cx.arena));
            }
            None => event.set(path, Value::Null, cx.arena)?,
        }
        Ok(())
    }
}

/// Decodes a text, or the texts in a list or map. Values nest no deeper than events do.
fn decode<'b>(charset: Charset, value: &mut Value<'b>, arena: &'b Arena) {
    match value {
        Value::Array(array) => {
            array.as_mut_slice().iter_mut().for_each(|item| decode(charset, item, arena));
        }
        Value::Object(object) => {
            object.values_mut().for_each(|item| decode(charset, item, arena));
        }
        Value::Str(text) => *text = decoded(charset, text, arena),
        _ => {}
    }
}

fn decoded<'b>(charset: Charset, text: &'b str, arena: &'b Arena) -> &'b str {
    if memchr::memchr(b'%', text.as_bytes()).is_none() {
        return if charset == Charset::Utf8 { text } else { charset.text(text.as_bytes(), arena) };
    }
    let mut bytes = bumpalo::collections::Vec::with_capacity_in(text.len(), arena.bump());
    unescape(text.as_bytes(), &mut bytes);
    charset.text(bytes.into_bump_slice(), arena)
}

/// Puts a byte in the place of each `%` and two hexadecimal digits.
fn unescape(text: &[u8], out: &mut bumpalo::collections::Vec<'_, u8>) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'%', rest) {
        out.extend_from_slice(&rest[..at]);
        let digit = |at: usize| rest.get(at).and_then(|&byte| char::from(byte).to_digit(16));
        if let (Some(high), Some(low)) = (digit(at + 1), digit(at + 2)) {
            #[expect(clippy::cast_possible_truncation, reason = "two hexadecimal digits")]
            out.push((high << 4 | low) as u8);
            rest = &rest[at + 3..];
        } else {
            out.push(b'%');
            rest = &rest[at + 1..];
        }
    }
    out.extend_from_slice(rest);
}
