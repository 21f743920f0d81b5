//! `dissect`: delimiters take a text apart.
//!
//! `{"message":"<13>sshd[4711]: ok"}` with `dissect { mapping => { "message" => "<%{pri}>%{prog}[%{pid}]: %{msg}" } }`
//! gives `pri`, `prog`, `pid` and `msg`. Each field ends at the next place of its delimiter, the last one takes the rest;
//! nothing is set when a delimiter is missing. Source of behaviour: logstash-filter-dissect 1.2.5.

use bumpalo::collections::String as ArenaString;

use crate::arena::Arena;
use crate::event::{Event, SetError, Value, json, text};
use crate::filter::field::{FieldName, PlainField};
use crate::filter::{CompileCx, Cx, Filter, Outcome, shown, shown_value, tag_all};
use crate::program::PluginDoc;
use crate::program::options::PluginOptions;

mod convert;
mod pattern;

use convert::Conversion;
use pattern::{Pattern, Refused};

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Takes a text apart at delimiters.",
    example: r#"dissect { mapping => { "message" => "%{ts} %{+ts} %{level->} [%{thread}] %{msg}" } convert_datatype => { "pid" => "int" } }"#,
    options: &[
        ("convert_datatype", "Fields and the numbers that they become: `int` or `float`."),
        ("mapping", "Fields and the pattern for each: `%{field}`, `%{+append/2}`, `%{?skip}`, `%{&name}`, `%{padded->}`."),
        ("tag_on_failure", "Tags for an event whose text does not fit."),
    ],
    differences: &[
        ("", "Several entries of one hash option run in the order in which they are written."),
        ("convert_datatype", "The numbers behave as plain numbers: `[i] == 5` is true."),
    ],
};

#[derive(Debug)]
struct Dissect {
    mappings: Box<[Mapping]>,
    conversions: Box<[Conversion]>,
    failure_tags: Box<[Box<str>]>,
}

/// One field and the pattern that takes its text apart.
#[derive(Debug)]
struct Mapping {
    source: FieldName,
    pattern: Pattern,
}

/// One field of a pattern and where its text goes.
#[derive(Debug)]
struct Saved {
    /// Its place among the texts.
    at: usize,
    field: FieldName,
    /// The field, where any value may be set and it stands at the top level.
    plain: Option<PlainField>,
    how: How,
}

#[derive(Debug)]
enum How {
    /// Behind what the field holds already, with this text between them.
    Append { join: Box<str> },
    /// Under the name that the field holds; if there is no such field, that the text at this place is.
    Indirect { name_at: Option<usize> },
    Set,
}

/// The event gets the failure tags.
struct Failed;

impl From<SetError> for Failed {
    fn from(_: SetError) -> Self {
        Self
    }
}

pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let style = cx.options.field_reference_escape_style;
    let mut sound = true;
    let mut mappings = Vec::new();
    for (source, value) in options.pairs("mapping") {
        match Pattern::compile(value, cx) {
            Ok(Some(pattern)) => {
                let source = FieldName::fixed(source.value, style);
                mappings.push(Mapping { source, pattern });
            }
            Ok(None) => {}
            Err(Refused) => sound = false,
        }
    }
    let conversions = convert::compile(options, cx);
    let dissect = Dissect {
        mappings: mappings.into(),
        conversions: conversions?,
        failure_tags: CompileCx::failure_tags(options, "_dissectfailure"),
    };
    sound.then(|| Box::new(dissect) as Box<dyn Filter>)
}

impl Filter for Dissect {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        // One mapping and nothing after it, as in most configs: the caller does the common options.
        if let ([mapping], []) = (&*self.mappings, &*self.conversions) {
            return mapping.apply(event, cx).unwrap_or_else(|Failed| {
                cx.scratch.failed_step = 0;
                tag_all(event, &self.failure_tags, cx.arena);
                Outcome::Failed
            });
        }
        self.apply_all(event, cx)
    }

    fn new_fields(&self) -> usize {
        self.mappings.iter().map(|mapping| mapping.pattern.saved.len()).sum()
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &self.failure_tags
    }

    fn has_tagged(&self, event: &Event<'_>) -> bool {
        let of_conversions = self.conversions.iter().flat_map(Conversion::tags);
        self.failure_tags.iter().chain(of_conversions).any(|tag| event.has_tag(tag))
    }

    fn explain<'b>(&'b self, event: &Event<'b>, cx: &mut Cx<'_, 'b>) -> Option<String> {
        let step = cx.scratch.failed_step;
        match self.mappings.get(step) {
            Some(mapping) => mapping.explain(event, cx),
            None => self.conversions.get(step - self.mappings.len())?.explain(event, cx),
        }
    }
}

impl Dissect {
    /// Runs all mappings, each with the common options where it fits, then the conversions.
    #[inline(never)]
    fn apply_all<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        let mut failed = None;
        let mut matched = false;
        for (step, mapping) in self.mappings.iter().enumerate() {
            let outcome = mapping.apply(event, cx).and_then(|outcome| {
                if outcome == Outcome::Matched {
                    matched = true;
                    cx.decorate(event)?;
                }
                Ok(())
            });
            if let Err(Failed) = outcome {
                failed.get_or_insert(step);
                tag_all(event, &self.failure_tags, cx.arena);
            }
        }
        for (step, conversion) in self.conversions.iter().enumerate() {
            if !conversion.apply(event, cx) {
                failed.get_or_insert(self.mappings.len() + step);
            }
        }
        match failed {
            Some(step) => {
                cx.scratch.failed_step = step;
                Outcome::Failed
            }
            None if matched => Outcome::MatchedAndDecorated,
            None => Outcome::Unmatched,
        }
    }
}

impl Mapping {
    fn apply<'b>(
        &'b self,
        event: &mut Event<'b>,
        cx: &mut Cx<'_, 'b>,
    ) -> Result<Outcome, Failed> {
        let value = match self.source.top() {
            Some(key) => event.data.get(key),
            None => event.get(self.source.resolve(event, cx)?),
        };
        let Some(value) = value else { return Ok(Outcome::Unmatched) };
        let subject = subject(value, cx.arena);
        let Some(splitter) = self.pattern.splitter.as_ref().filter(|_| !subject.is_empty()) else {
            return Err(Failed);
        };
        let texts = cx.arena.texts(splitter.kept());
        if splitter.split(subject, cx.arena.simd(), texts).is_err() {
            return Err(Failed);
        }
        if let Some(names) = &self.pattern.plain
            && event.data.append_texts(names, texts)
        {
            return Ok(Outcome::Matched);
        }
        if let Some(layout) = &self.pattern.layout
            && let Some(mut filling) = layout.begin(&mut event.data, cx.arena)
        {
            for (field, text) in layout.fields().iter().zip(&*texts) {
                filling.text(field, text);
            }
            return Ok(Outcome::Matched);
        }
        self.set_each(texts, event, cx)
    }

    /// Sets the fields one by one.
    #[inline(never)]
    fn set_each<'b>(
        &'b self,
        texts: &[&'b str],
        event: &mut Event<'b>,
        cx: &Cx<'_, 'b>,
    ) -> Result<Outcome, Failed> {
        let before = event.data.seen();
        for saved in &self.pattern.saved {
            let text = texts.get(saved.at).copied().unwrap_or("");
            if let Some(field) = &saved.plain {
                field.set(before, &mut event.data, text, cx.arena);
            } else {
                saved.set(text, texts, event, cx)?;
            }
        }
        Ok(Outcome::Matched)
    }

    fn explain<'b>(&'b self, event: &Event<'b>, cx: &mut Cx<'_, 'b>) -> Option<String> {
        let path = self.source.resolve(event, cx).ok()?;
        let value = event.get(path)?;
        let subject = subject(value, cx.arena);
        if subject.is_empty() {
            return Some(format!("field `{path}` holds no text"));
        }
        let whole = match value {
            Value::Str(_) => String::new(),
            value => format!(" of {}", shown_value(value)),
        };
        let Some(splitter) = &self.pattern.splitter else {
            return Some("the pattern has no field, and fits nothing".to_owned());
        };
        let Err(miss) = splitter.split(subject, cx.arena.simd(), &mut vec![""; splitter.kept()]) else {
            return Some(format!("a field of the pattern cannot be set from field `{path}`"));
        };
        let rest = subject.get(miss.from..).unwrap_or("");
        Some(match (splitter.missed(miss), miss.delimiter) {
            ("", _) => "two fields of the pattern have no delimiter between them".to_owned(),
            (front, None) => {
                format!("field `{path}` does not start with {}{whole}: {}", shown(front), shown(rest))
            }
            (delimiter, Some(_)) => {
                let place = if rest.is_empty() { "its end".to_owned() } else { shown(rest) };
                format!(
                    "{} does not follow in field `{path}`{whole} after {} bytes, at {place}",
                    shown(delimiter),
                    miss.from
                )
            }
        })
    }
}

impl Saved {
    /// Sets what is appended, named by another field, or nested.
    #[inline(never)]
    fn set<'b>(
        &'b self,
        text: &'b str,
        texts: &[&'b str],
        event: &mut Event<'b>,
        cx: &Cx<'_, 'b>,
    ) -> Result<(), Failed> {
        let path = self.field.resolve(event, cx)?;
        match &self.how {
            How::Set => event.set_unchecked(path, Value::Str(text), cx.arena)?,
            How::Append { join } => {
                let text = match event.get(path) {
                    None => text,
                    // Logstash takes null for a value and fails on it.
                    Some(Value::Null) => return Err(Failed),
                    Some(old) => appended(old, join, text, cx.arena),
                };
                event.set_unchecked(path, Value::Str(text), cx.arena)?;
            }
            How::Indirect { name_at } => {
                let name = match event.get(path) {
                    None => name_at.and_then(|at| texts.get(at).copied()).unwrap_or(""),
                    Some(Value::Str(name)) => name,
                    Some(Value::Null) => "null",
                    Some(value) => cx.arena.build(|out| text::push_java_value(value, out)),
                };
                if !name.is_empty() {
                    event.set_unchecked(cx.path(name)?, Value::Str(text), cx.arena)?;
                }
            }
        }
        Ok(())
    }
}

fn appended<'b>(old: &Value<'b>, join: &str, new: &str, arena: &'b Arena) -> &'b str {
    if let Value::Str(old) = old {
        let mut text = ArenaString::with_capacity_in(old.len() + join.len() + new.len(), arena.bump());
        text.push_str(old);
        text.push_str(join);
        text.push_str(new);
        return text.into_bump_str();
    }
    arena.build(|out| {
        text::push_java_value(old, out);
        out.push_str(join);
        out.push_str(new);
    })
}

/// What a value is taken apart as: lists and maps as JSON.
fn subject<'b>(value: &Value<'b>, arena: &'b Arena) -> &'b str {
    match value {
        Value::Null => "",
        Value::Str(text) => text,
        Value::Array(_) | Value::Object(_) => arena.build(|out| json::push_value(value, out)),
        value => arena.build(|out| text::push_ruby(value, out)),
    }
}
