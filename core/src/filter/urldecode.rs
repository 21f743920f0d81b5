//! `urldecode`: `%41` becomes `A`.
//!
//! `{"message":"a%20b+c"}` with `urldecode { }` gives `a b+c`: a plus stays. Texts in lists and maps are decoded too; a
//! missing field becomes null. Bytes that are no UTF-8 show as `\xFF`. Source of behaviour:
//! logstash-filter-urldecode 3.0.6.

use crate::arena::Arena;
use crate::diagnostic::Code;
use crate::event::{Event, SetError, Value, text};
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
    differences: &[("charset", "`UTF-8`, `US-ASCII` and `ISO-8859-1` are known.")],
};

#[derive(Debug)]
struct UrlDecode {
    /// Nothing for all fields.
    field: Option<FieldName>,
    charset: Charset,
    failure_tags: Box<[Box<str>]>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Charset {
    Ascii,
    Latin1,
    Utf8,
}

pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let style = cx.options.field_reference_escape_style;
    let charset = match options.text("charset") {
        None => Charset::Utf8,
        Some(name) => match name.value.to_ascii_uppercase().as_str() {
            "UTF-8" => Charset::Utf8,
            "ISO-8859-1" | "ISO8859-1" => Charset::Latin1,
            "US-ASCII" | "ASCII" | "ASCII-8BIT" | "BINARY" => Charset::Ascii,
            _ => {
                let message = format!("the character set `{}` is not built yet", name.value);
                cx.error(Code::Unsupported, name.span, message);
                return None;
            }
        },
    };
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
            event.data.values_mut().for_each(|value| self.charset.decode(value, cx.arena));
            return Ok(());
        };
        let path = field.resolve(event, cx)?;
        match event.get_mut(path) {
            Some(value) => self.charset.decode(value, cx.arena),
            None if path.is_whole_metadata() => {
                event
                    .metadata
                    .values_mut()
                    .for_each(|value| self.charset.decode(value, cx.arena));
            }
            None => event.set(path, Value::Null, cx.arena)?,
        }
        Ok(())
    }
}

impl Charset {
    /// Decodes a text, or the texts in a list or map. Values nest no deeper than events do.
    fn decode<'b>(self, value: &mut Value<'b>, arena: &'b Arena) {
        match value {
            Value::Array(array) => {
                array.as_mut_slice().iter_mut().for_each(|item| self.decode(item, arena));
            }
            Value::Object(object) => {
                object.values_mut().for_each(|item| self.decode(item, arena));
            }
            Value::Str(text) => *text = self.text(text, arena),
            _ => {}
        }
    }

    fn text<'b>(self, text: &'b str, arena: &'b Arena) -> &'b str {
        if memchr::memchr(b'%', text.as_bytes()).is_none() && (self == Self::Utf8 || text.is_ascii())
        {
            return text;
        }
        let mut bytes = bumpalo::collections::Vec::with_capacity_in(text.len(), arena.bump());
        unescape(text.as_bytes(), &mut bytes);
        let bytes: &'b [u8] = bytes.into_bump_slice();
        match self {
            Self::Utf8 => match str::from_utf8(bytes) {
                Ok(text) => text,
                Err(_) => arena.build(|out| text::push_inspected(bytes, out)),
            },
            Self::Latin1 => {
                arena.build(|out| out.extend(bytes.iter().map(|&byte| char::from(byte))))
            }
            Self::Ascii => arena.build(|out| {
                let known = |&byte: &u8| if byte.is_ascii() { char::from(byte) } else { '\u{FFFD}' };
                out.extend(bytes.iter().map(known));
            }),
        }
    }
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
