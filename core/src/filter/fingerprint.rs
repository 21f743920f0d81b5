//! `fingerprint`: a digest of one or more fields.
//!
//! `{"message":"abc"}` with `fingerprint { target => "[@metadata][id]" method => "SHA1" }` gets
//! `a9993e364706816aba3e25717850c26c9cd0d89d` there. Source of behaviour: logstash-filter-fingerprint 3.4.4.

use crate::diagnostic::Code;
use crate::event::{Event, SetError, Value, text};
use crate::filter::digest::{self, Digest, Form};
use crate::filter::field::FieldName;
use crate::filter::{CompileCx, Cx, Filter, Outcome, shown_value, tag_all, uuid};
use crate::pattern::unicode::{CharSet, Class};
use crate::program::options::PluginOptions;
use crate::program::{Ecs, PluginDoc};

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Puts a digest of fields into a field.",
    example: r#"fingerprint { source => ["message", "host"] concatenate_sources => true method => "SHA256" target => "[@metadata][id]" }"#,
    options: &[
        ("base64encode", "Whether digests are written in base64; else in hexadecimal digits."),
        ("concatenate_all_fields", "One digest of the names and values of all fields."),
        ("concatenate_sources", "One digest of the names and values of all sources; without it the last source that is there counts."),
        ("ecs_compatibility", "Decides the default of `target`."),
        ("key", "The key of an HMAC; for `IPV4_NETWORK` the number of bits that stay."),
        ("method", "`SHA1`, `SHA256`, `SHA384`, `SHA512`, `MD5`, `MURMUR3`, `MURMUR3_128`, `IPV4_NETWORK`, `UUID` or `PUNCTUATION`."),
        ("source", "The fields that are read."),
        ("target", "The field that gets the digest: without it `[event][hash]`, or `fingerprint` without ECS."),
    ],
    differences: &[
        ("method", "A `UUID` comes from the seed of the run, so that a repeated run gives the same."),
        ("", "What makes Logstash's worker die (an address that is none, punctuation of a number) is tagged `_fingerprint_error`."),
    ],
};

#[derive(Debug)]
struct Fingerprint {
    /// In order of their names where that matters.
    sources: Box<[(Box<str>, FieldName)]>,
    target: FieldName,
    method: Method,
    scope: Scope,
    form: Form,
    failure_tags: [Box<str>; 1],
}

#[derive(Debug)]
enum Method {
    Digest(Box<Digest>),
    /// Bits that stay of an address.
    Ipv4Network(u32),
    Murmur3,
    Murmur3Wide,
    /// The characters that stay.
    Punctuation(Box<Class>),
    Uuid,
}

/// What one digest is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// Names and values of all fields of the event.
    Event,
    /// The value of each source.
    Field,
    /// Names and values of the sources.
    Sources,
}

pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let style = cx.options.field_reference_escape_style;
    let key = options.text("key").map(|key| key.value);
    let name = options.text("method").map_or("SHA1", |method| method.value);
    let method = match (Digest::new(name, key), name) {
        (Some(digest), _) => Method::Digest(Box::new(digest)),
        (None, "IPV4_NETWORK") => {
            let Some(key) = key else {
                cx.error_with_help(
                    Code::MissingOption,
                    options.name_span,
                    "`IPV4_NETWORK` needs the number of bits that stay of an address in `key`",
                    "write for instance key => \"24\"",
                );
                return None;
            };
            Method::Ipv4Network(digest::leading_number(key))
        }
        (None, "MURMUR3") => Method::Murmur3,
        (None, "MURMUR3_128") => Method::Murmur3Wide,
        (None, "PUNCTUATION") => {
            let mut set = CharSet::empty();
            ["P", "S"].iter().filter_map(|name| CharSet::property(name)).for_each(|kind| set.union(&kind));
            Method::Punctuation(Box::new(set.to_class()))
        }
        (None, _) => Method::Uuid,
    };
    let scope = if options.flag("concatenate_all_fields", false) {
        Scope::Event
    } else if options.flag("concatenate_sources", false) {
        Scope::Sources
    } else {
        Scope::Field
    };
    let mut sources: Vec<&str> = match options.texts("source") {
        _ if !options.has("source") => vec!["message"],
        sources => sources.iter().map(|source| source.value).collect(),
    };
    if scope == Scope::Sources || matches!(method, Method::Punctuation(_)) {
        sources.sort_unstable();
    }
    let default = match cx.ecs(options) {
        Ecs::Disabled => "fingerprint",
        Ecs::V1 | Ecs::V8 => "[event][hash]",
    };
    let target = options.text("target").map_or(default, |target| target.value);
    let field = |name: &str| (Box::from(name), FieldName::fixed(name, style));
    Some(Box::new(Fingerprint {
        sources: sources.into_iter().map(field).collect(),
        target: FieldName::fixed(target, style),
        method,
        scope,
        form: if options.flag("base64encode", false) { Form::Base64 } else { Form::Hex },
        failure_tags: [Box::from("_fingerprint_error")],
    }))
}

/// The event gets the failure tag.
struct Failed;

impl From<SetError> for Failed {
    fn from(_: SetError) -> Self {
        Self
    }
}

impl Filter for Fingerprint {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        if self.set(event, cx).is_err() {
            tag_all(event, &self.failure_tags, cx.arena);
            return Outcome::Failed;
        }
        Outcome::Matched
    }

    fn new_fields(&self) -> usize {
        1
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &self.failure_tags
    }

    fn explain<'b>(&'b self, event: &Event<'b>, cx: &mut Cx<'_, 'b>) -> Option<String> {
        let wanted = match self.method {
            Method::Ipv4Network(_) => "an address with that many bits",
            Method::Punctuation(_) => "a text",
            _ => return Some(format!("field {} cannot be set", self.target.shown(event, cx))),
        };
        let value = |(_, field): &'b (Box<str>, FieldName)| {
            let path = field.resolve(event, cx).ok()?;
            event.get(path).map(|value| format!("field `{path}` is {}", shown_value(value)))
        };
        let fields: Vec<String> = self.sources.iter().filter_map(value).collect();
        Some(format!("{}; not each of them is {wanted}", fields.join(", ")))
    }
}

impl Fingerprint {
    fn set<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Result<(), Failed> {
        let target = self.target.resolve(event, cx)?;
        if matches!(self.method, Method::Uuid) {
            return Ok(event.set(target, Value::Str(uuid::random(cx)), cx.arena)?);
        }
        let each = self.scope == Scope::Field || matches!(self.method, Method::Punctuation(_));
        if !each {
            let text = self.concatenated(event, cx)?;
            let value = self.of(&Value::Str(text), cx)?;
            return Ok(event.set(target, value, cx.arena)?);
        }
        for (_, source) in &self.sources {
            let source = source.resolve(event, cx)?;
            let value = match event.get(source) {
                None if !event.contains(source) => continue,
                None => self.of(&Value::Null, cx)?,
                Some(Value::Array(array)) if !matches!(self.method, Method::Punctuation(_)) => {
                    let mut values = cx.arena.list();
                    for item in array.as_slice() {
                        values.push(self.of(item, cx)?);
                    }
                    Value::array(values, cx.arena)
                }
                Some(value) => self.of(value, cx)?,
            };
            event.set(target, value, cx.arena)?;
        }
        Ok(())
    }

    /// `|name|value|name|value|`, in order of the names.
    fn concatenated<'b>(
        &'b self,
        event: &Event<'b>,
        cx: &Cx<'_, 'b>,
    ) -> Result<&'b str, Failed> {
        cx.arena.try_build(|out| {
            let mut add = |name: &str, value: Option<&Value<'b>>| {
                out.push('|');
                out.push_str(name);
                out.push('|');
                if let Some(value) = value {
                    push_sorted(value, cx, out);
                }
            };
            if self.scope == Scope::Event {
                let mut fields = cx.arena.list();
                fields.extend(event.data().iter());
                fields.sort_unstable_by_key(|(name, _)| *name);
                fields.iter().for_each(|(name, value)| add(name, Some(value)));
            } else {
                for (name, source) in &self.sources {
                    add(name, event.get(source.resolve(event, cx)?));
                }
            }
            out.push('|');
            Ok(())
        })
    }

    fn of<'b>(&'b self, value: &Value<'b>, cx: &Cx<'_, 'b>) -> Result<Value<'b>, Failed> {
        let text = |value: &Value<'b>| match value {
            Value::Str(text) => *text,
            value => cx.arena.build(|out| push_sorted(value, cx, out)),
        };
        Ok(match (&self.method, value) {
            (Method::Digest(digest), value) => {
                Value::Str(digest.of(text(value), self.form, cx.arena))
            }
            (Method::Ipv4Network(bits), Value::Str(text)) => {
                Value::Str(digest::network(text, *bits, cx.arena).ok_or(Failed)?)
            }
            (Method::Murmur3, Value::Int(number)) => {
                Value::Int(digest::murmur3(&number.to_le_bytes()).into())
            }
            (Method::Murmur3, value) => Value::Int(digest::murmur3(text(value).as_bytes()).into()),
            (Method::Murmur3Wide, value) => {
                let hash = match value {
                    Value::Int(number) => match i32::try_from(*number) {
                        Ok(number) => digest::murmur3_128(&number.to_le_bytes()),
                        Err(_) => digest::murmur3_128(&number.to_le_bytes()),
                    },
                    value => digest::murmur3_128(text(value).as_bytes()),
                };
                Value::Str(digest::written(&hash, self.form, cx.arena))
            }
            (Method::Punctuation(class), Value::Str(text)) => Value::Str(cx.arena.build(|out| {
                out.extend(text.chars().filter(|&character| class.contains(character)));
            })),
            (Method::Ipv4Network(_) | Method::Punctuation(_) | Method::Uuid, _) => {
                return Err(Failed);
            }
        })
    }
}

/// Appends Ruby's `to_s` with the keys of maps in order, on all levels.
fn push_sorted<'b>(value: &Value<'b>, cx: &Cx<'_, 'b>, out: &mut String) {
    match value {
        Value::Array(_) | Value::Object(_) => push_sorted_inspect(value, cx, out),
        value => text::push_ruby(value, out),
    }
}

/// The recursion is as deep as events nest, which is limited.
fn push_sorted_inspect<'b>(value: &Value<'b>, cx: &Cx<'_, 'b>, out: &mut String) {
    match value {
        Value::Array(array) => {
            out.push('[');
            for (at, item) in array.as_slice().iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                push_sorted_inspect(item, cx, out);
            }
            out.push(']');
        }
        Value::Object(object) => {
            let mut fields = cx.arena.list();
            fields.extend(object.iter());
            fields.sort_unstable_by_key(|(name, _)| *name);
            out.push('{');
            for (at, (name, value)) in fields.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                text::push_ruby_inspect(&Value::Str(name), out);
                out.push_str("=>");
                push_sorted_inspect(value, cx, out);
            }
            out.push('}');
        }
        value => text::push_ruby_inspect(value, out),
    }
}
