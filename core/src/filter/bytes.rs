//! `bytes`: a size such as `1.5 kB` becomes a number of bytes.
//!
//! `{"message":"1.5 kB"}` with `bytes { target => "size" }` gives `size` = 1536; the text loses its blanks at both ends.
//! Source of behaviour: logstash-filter-bytes 1.0.3.

use crate::arena::Arena;
use crate::event::{Event, Value};
use crate::filter::field::FieldName;
use crate::filter::{CompileCx, Cx, Filter, Outcome, number, shown_value, tag_all};
use crate::pattern::{Budget, Flags, Regex};
use crate::program::PluginDoc;
use crate::program::options::PluginOptions;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Turns sizes such as `1.5 kB` into numbers of bytes.",
    example: r#"bytes { source => "size" target => "size_bytes" conversion_method => "metric" }"#,
    options: &[
        ("conversion_method", "`binary`: a kilobyte has 1024 bytes; `metric`: 1000."),
        ("decimal_separator", "`.` or `,`; the other one stands between thousands."),
        ("source", "The field that holds the text."),
        ("tag_on_failure", "Tags for an event whose text is no size."),
        ("target", "The field that gets the number."),
    ],
    differences: &[],
};

#[derive(Debug)]
struct Bytes {
    source: FieldName,
    target: FieldName,
    /// The number and the prefix of the unit.
    shape: Regex,
    base: f64,
    decimal_separator: char,
    failure_tags: Box<[Box<str>]>,
}

pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let style = cx.options.field_reference_escape_style;
    let text = |name: &str| options.text(name).map(|text| text.value);
    Some(Box::new(Bytes {
        source: FieldName::fixed(text("source").unwrap_or("message"), style),
        // Logstash throws without a target, event by event.
        target: text("target").map_or(FieldName::Invalid, |name| FieldName::fixed(name, style)),
        shape: cx.regex(
            r"^([0-9.,]*)\s*([kKmMgGtTpPeE]?)[bB]?$",
            Flags::default(),
            options.name_span,
        )?,
        base: if text("conversion_method") == Some("metric") { 1000.0 } else { 1024.0 },
        decimal_separator: if text("decimal_separator") == Some(",") { ',' } else { '.' },
        failure_tags: CompileCx::failure_tags(options, "_bytesparsefailure"),
    }))
}

/// The event gets the failure tags.
struct Failed;

impl Filter for Bytes {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        self.convert(event, cx).unwrap_or_else(|Failed| {
            tag_all(event, &self.failure_tags, cx.arena);
            Outcome::Failed
        })
    }

    fn new_fields(&self) -> usize {
        1
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &self.failure_tags
    }

    fn explain<'b>(&'b self, event: &Event<'b>, cx: &mut Cx<'_, 'b>) -> Option<String> {
        if matches!(self.target, FieldName::Invalid) {
            return Some("`target` is not set, or is no field reference".to_owned());
        }
        let source = self.source.resolve(event, cx).ok()?;
        Some(match event.get(source) {
            None => format!("field `{source}` is missing"),
            Some(value) => format!("field `{source}` is {}, and no size", shown_value(value)),
        })
    }
}

impl Bytes {
    fn convert<'b>(
        &'b self,
        event: &mut Event<'b>,
        cx: &mut Cx<'_, 'b>,
    ) -> Result<Outcome, Failed> {
        let source = self.source.resolve(event, cx).map_err(|_| Failed)?;
        let Some(Value::Str(text)) = event.get_mut(source) else { return Err(Failed) };
        let blank = |c| matches!(c, '\0' | ' ' | '\t' | '\n' | '\x0B' | '\x0C' | '\r');
        *text = text.trim_matches(blank);
        let text = *text;
        let mut budget = Budget::for_subject(text.len());
        let found = self.shape.search(text, 0, &mut cx.scratch.pattern, &mut budget);
        if !found.map_err(|_| Failed)? {
            return Err(Failed);
        }
        let groups = cx.scratch.pattern.groups();
        let group = |index| groups.text(index, text).unwrap_or("");
        let size = self.number(group(1), cx.arena)? * self.factor(group(2));
        let value = number::truncate(size.round(), cx.arena).ok_or(Failed)?;
        let target = self.target.resolve(event, cx).map_err(|_| Failed)?;
        event.set(target, value, cx.arena).map_err(|_| Failed)?;
        Ok(Outcome::Matched)
    }

    fn number(&self, text: &str, arena: &Arena) -> Result<f64, Failed> {
        let plain = arena.build(|out| {
            let digits = text.chars().filter(|&c| c.is_ascii_digit() || c == self.decimal_separator);
            out.extend(digits.map(|c| if c.is_ascii_digit() { c } else { '.' }));
        });
        if plain.matches('.').count() > 1 {
            return Err(Failed);
        }
        // `3.` and `.3` are numbers, a dot alone is none.
        plain.parse().map_err(|_| Failed)
    }

    fn factor(&self, prefix: &str) -> f64 {
        let power = match prefix.as_bytes().first().map(u8::to_ascii_lowercase) {
            Some(b'k') => 1,
            Some(b'm') => 2,
            Some(b'g') => 3,
            Some(b't') => 4,
            Some(b'p') => 5,
            Some(b'e') => 6,
            _ => 0,
        };
        self.base.powi(power)
    }
}
