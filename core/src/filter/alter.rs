//! `alter`: changes fields that have a certain value, or sets the first of several values that is there.
//!
//! `alter { condrewrite => ["level", "W", "warning"] coalesce => ["user", "%{login}", "%{email}", "nobody"] }`. Source of
//! behaviour: logstash-filter-alter 3.0.3.

use crate::diagnostic::Code;
use crate::event::{Event, SetError, Template, Value};
use crate::filter::field::FieldName;
use crate::filter::{CompileCx, Cx, Filter, Outcome, tag_all};
use crate::program::PluginDoc;
use crate::program::options::{OptionKind, PluginOptions};

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Changes fields that have a certain value, or sets the first of several values that is there.",
    example: r#"alter { condrewrite => ["level", "W", "warning"] coalesce => ["user", "%{login}", "nobody"] }"#,
    options: &[
        ("coalesce", "A field, and the texts of which it gets the first whose fields are there."),
        ("condrewrite", "Triples of field, value and new value."),
        ("condrewriteother", "Quadruples of field, value, other field and its new value."),
    ],
    differences: &[],
};

#[derive(Debug)]
struct Alter {
    rewrites: Box<[Rewrite]>,
    coalesce: Option<(FieldName, Box<[Template]>)>,
    failure_tags: Box<[Box<str>]>,
}

#[derive(Debug)]
struct Rewrite {
    field: FieldName,
    expected: Template,
    /// Nothing for the field itself.
    other: Option<FieldName>,
    value: Template,
}

pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let style = cx.options.field_reference_escape_style;
    let mut sound = true;
    let mut rewrites = Vec::new();
    for (option, entries) in [("condrewrite", 3), ("condrewriteother", 4)] {
        let Some(value) = options.value(option) else { continue };
        let items = match &value.kind {
            OptionKind::Array(items) => items.as_slice(),
            _ => core::slice::from_ref(value),
        };
        if items.len() % entries != 0 {
            sound = false;
            let message = format!("`{option}` has {} entries, which is not a multiple of {entries}", items.len());
            cx.error(Code::BadValue, value.span, message);
        }
        for rule in items.chunks_exact(entries) {
            let field = |at: usize| FieldName::fixed(&rule[at].to_text(), style);
            let template = |at: usize| Template::parse(&rule[at].to_text(), style);
            rewrites.push(Rewrite {
                field: field(0),
                expected: template(1),
                other: (entries == 4).then(|| field(2)),
                value: template(entries - 1),
            });
        }
    }
    let coalesce = options.value("coalesce").map(|value| {
        let texts = options.texts("coalesce");
        if texts.len() < 2 {
            sound = false;
            let message = "`coalesce` has a field and no value to set it to";
            cx.error(Code::BadValue, value.span, message);
        }
        let field = FieldName::fixed(texts.first().map_or("", |text| text.value), style);
        let values = texts.iter().skip(1).map(|text| Template::parse(text.value, style)).collect();
        (field, values)
    });
    let alter = Alter {
        rewrites: rewrites.into(),
        coalesce,
        failure_tags: Box::new(["_alter_error".into()]),
    };
    sound.then(|| Box::new(alter) as Box<dyn Filter>)
}

impl Filter for Alter {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        if self.alter(event, cx).is_ok() {
            return Outcome::Matched;
        }
        tag_all(event, &self.failure_tags, cx.arena);
        Outcome::Failed
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &self.failure_tags
    }

    fn explain<'b>(&'b self, _: &Event<'b>, _: &mut Cx<'_, 'b>) -> Option<String> {
        Some("a field cannot be set, or a text cannot be filled in".to_owned())
    }
}

impl Alter {
    fn alter<'b>(&'b self, event: &mut Event<'b>, cx: &Cx<'_, 'b>) -> Result<(), SetError> {
        for rewrite in &self.rewrites {
            rewrite.apply(event, cx)?;
        }
        let Some((field, values)) = &self.coalesce else { return Ok(()) };
        for value in values {
            let text = value.render(event, cx.now, cx.arena)?;
            if is_there(text) {
                return event.set(field.resolve(event, cx)?, Value::Str(text), cx.arena);
            }
        }
        Ok(())
    }
}

/// Whether a filled in text counts as a value. Logstash leaves out what holds a `%`, unless there is a `%{x}` of
/// one character in it.
fn is_there(text: &str) -> bool {
    let has_short_reference = || {
        let mut rest = text;
        while let Some((_, behind)) = rest.split_once("%{") {
            let mut characters = behind.chars();
            if characters.next().is_some_and(|name| name != '}') && characters.next() == Some('}') {
                return true;
            }
            rest = behind;
        }
        false
    };
    text != "nil" && (!text.contains('%') || has_short_reference())
}

impl Rewrite {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &Cx<'_, 'b>) -> Result<(), SetError> {
        let path = self.field.resolve(event, cx)?;
        let expected = self.expected.render(event, cx.now, cx.arena)?;
        let value = self.value.render(event, cx.now, cx.arena)?;
        let is_expected = |value: &Value<'_>| value.as_str() == Some(expected);
        let has_it = match event.get(path) {
            Some(Value::Array(array)) => array.as_slice().iter().any(is_expected),
            Some(value) => is_expected(value),
            None => false,
        };
        if !has_it {
            return Ok(());
        }
        if let Some(other) = &self.other {
            return event.set(other.resolve(event, cx)?, Value::Str(value), cx.arena);
        }
        if let Some(Value::Array(array)) = event.get_mut(path) {
            let items = array.as_mut_slice().iter_mut();
            items.filter(|item| is_expected(item)).for_each(|item| *item = Value::Str(value));
            return Ok(());
        }
        event.set(path, Value::Str(value), cx.arena)
    }
}
