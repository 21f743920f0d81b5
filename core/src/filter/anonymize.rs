//! `anonymize`: fields are replaced with a keyed digest of their values.
//!
//! `{"ip":"10.1.2.3"}` with `anonymize { fields => ["ip"] algorithm => "IPV4_NETWORK" key => "24" }` gives
//! `10.1.2.0`. The common options never run. Source of behaviour: logstash-filter-anonymize 3.0.7.

use crate::event::{Event, Value};
use crate::filter::digest::{self, Digest, Form};
use crate::filter::field::FieldName;
use crate::filter::{CompileCx, Cx, Filter, Outcome, shown_value, tag_all};
use crate::program::PluginDoc;
use crate::program::options::PluginOptions;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Replaces fields with keyed digests of their values; `fingerprint` does more.",
    example: r#"anonymize { fields => ["clientip"] algorithm => "SHA256" key => "${ANONYMIZE_KEY:a long secret}" }"#,
    options: &[
        ("algorithm", "`SHA1`, `SHA256`, `SHA384`, `SHA512`, `MD5`, `MURMUR3` or `IPV4_NETWORK`."),
        ("fields", "The fields that are replaced."),
        ("key", "The key; for `IPV4_NETWORK` the number of bits that stay of an address."),
    ],
    differences: &[("", "What makes Logstash's worker die (a number, an address that is none) is tagged `_anonymize_error`.")],
};

#[derive(Debug)]
struct Anonymize {
    fields: Box<[FieldName]>,
    algorithm: Algorithm,
    failure_tags: [Box<str>; 1],
}

#[derive(Debug)]
enum Algorithm {
    Digest(Box<Digest>),
    Ipv4Network(u32),
    Murmur3,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature is that of all filters")]
pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let style = cx.options.field_reference_escape_style;
    let key = options.text("key").map_or("", |key| key.value);
    let name = options.text("algorithm").map_or("SHA1", |name| name.value);
    let algorithm = match (Digest::new(name, Some(key)), name) {
        (Some(digest), _) => Algorithm::Digest(Box::new(digest)),
        (None, "IPV4_NETWORK") => Algorithm::Ipv4Network(digest::leading_number(key)),
        (None, _) => Algorithm::Murmur3,
    };
    let fields = options.texts("fields");
    Some(Box::new(Anonymize {
        fields: fields.iter().map(|field| FieldName::fixed(field.value, style)).collect(),
        algorithm,
        failure_tags: [Box::from("_anonymize_error")],
    }))
}

impl Filter for Anonymize {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        for field in &self.fields {
            if self.replace(field, event, cx).is_none() {
                tag_all(event, &self.failure_tags, cx.arena);
                return Outcome::Failed;
            }
        }
        Outcome::Unmatched
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &self.failure_tags
    }

    fn explain<'b>(&'b self, event: &Event<'b>, cx: &mut Cx<'_, 'b>) -> Option<String> {
        let shown = |field: &'b FieldName| {
            let path = field.resolve(event, cx).ok()?;
            event.get(path).map(|value| format!("field `{path}` is {}", shown_value(value)))
        };
        let fields: Vec<String> = self.fields.iter().filter_map(shown).collect();
        let wanted = match self.algorithm {
            Algorithm::Ipv4Network(_) => "an address",
            _ => "a text",
        };
        Some(format!("{}; not each of them is {wanted}", fields.join(", ")))
    }
}

impl Anonymize {
    /// Replaces one field; nothing comes back when that cannot be done.
    fn replace<'b>(
        &'b self,
        field: &'b FieldName,
        event: &mut Event<'b>,
        cx: &Cx<'_, 'b>,
    ) -> Option<()> {
        let path = field.resolve(event, cx).ok()?;
        let value = match event.get(path) {
            None => return Some(()),
            Some(Value::Array(array)) => {
                let mut values = cx.arena.list();
                for item in array.as_slice() {
                    values.push(self.of(item, cx)?);
                }
                Value::array(values, cx.arena)
            }
            Some(value) => self.of(value, cx)?,
        };
        event.set(path, value, cx.arena).ok()
    }

    fn of<'b>(&self, value: &Value<'b>, cx: &Cx<'_, 'b>) -> Option<Value<'b>> {
        Some(match (&self.algorithm, value) {
            (Algorithm::Digest(digest), Value::Str(text)) => {
                Value::Str(digest.of(text, Form::Hex, cx.arena))
            }
            (Algorithm::Ipv4Network(bits), Value::Str(text)) => {
                Value::Str(digest::network(text, *bits, cx.arena)?)
            }
            (Algorithm::Murmur3, Value::Str(text)) => {
                Value::Int(digest::murmur3(text.as_bytes()).into())
            }
            (Algorithm::Murmur3, Value::Int(number)) => {
                Value::Int(digest::murmur3(&number.to_le_bytes()).into())
            }
            (Algorithm::Murmur3, _) => Value::Null,
            (Algorithm::Digest(_) | Algorithm::Ipv4Network(_), _) => return None,
        })
    }
}
