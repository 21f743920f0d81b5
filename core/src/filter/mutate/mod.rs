//! `mutate`: rename, replace, convert, gsub, split, … in a fixed order.
//!
//! `{"a":"1,5"}` with `mutate { split => { "a" => "," } }` gives `{"a":["1","5"]}`. The order is coerce, rename,
//! update, replace, convert, gsub, uppercase, capitalize, lowercase, strip, split, join, merge, copy, whatever the
//! config's order; the first error tags the event with `tag_on_failure` and stops. Source of behaviour:
//! logstash-filter-mutate 3.5.9.

use crate::diagnostic::Code;
use crate::event::{Array, Event, PathRef, SetError, Template, Value, text};
use crate::filter::field::{self, FieldName};
use crate::filter::{CompileCx, Cx, Filter, Outcome, shown_value, tag_all};
use crate::program::PluginDoc;
use crate::program::options::{OptionKind, PluginOptions};

pub(in crate::filter) mod case;
mod convert;
mod gsub;
mod merge;
mod strings;

use convert::Conversion;
use gsub::Gsub;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Renames, replaces, converts and splits fields, in a fixed order.",
    example: r#"mutate { convert => { "status" => "integer" } rename => { "verb" => "[http][method]" } }"#,
    options: &[
        ("capitalize", "Fields whose first letter becomes a capital, the rest small."),
        ("coerce", "Fields that get a default when they are there and null."),
        ("convert", "Fields and their new types: `integer`, `float`, `integer_eu`, `float_eu`, `boolean`, `string`."),
        ("copy", "Fields and the names of their copies."),
        ("gsub", "Triples of field, regular expression and replacement."),
        ("join", "Lists and the separator with which they become texts."),
        ("lowercase", "Fields whose letters become small."),
        ("merge", "Lists or maps and the fields that are merged into them."),
        ("rename", "Fields and their new names."),
        ("replace", "Fields and their new texts, with `%{field}`."),
        ("split", "Texts and the separator at which they become lists."),
        ("strip", "Fields that lose white space at both ends."),
        ("tag_on_failure", "The tag for an event on which an operation failed."),
        ("update", "As `replace`, for fields that are there."),
        ("uppercase", "Fields whose letters become capitals."),
    ],
    differences: &[("", "Several entries of one hash option run in the order in which they are written.")],
};

#[derive(Debug)]
struct Mutate {
    steps: Box<[Step]>,
    failure_tags: Box<[Box<str>]>,
}

#[derive(Debug)]
enum Step {
    Capitalize(FieldName),
    Coerce(FieldName, Template),
    Convert(FieldName, Conversion),
    Copy(FieldName, FieldName),
    Gsub(FieldName, Gsub),
    /// A separator that is a number makes Logstash throw.
    Join(FieldName, Option<Box<str>>),
    Lowercase(FieldName),
    Merge(FieldName, Box<[FieldName]>),
    Rename(FieldName, FieldName),
    Replace(FieldName, Template),
    Split(FieldName, Option<Box<str>>),
    Strip(FieldName),
    Update(FieldName, Template),
    Uppercase(FieldName),
}

/// An operation cannot be carried out; the event gets the failure tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Failed;

impl From<SetError> for Failed {
    fn from(_: SetError) -> Self {
        Self
    }
}

pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let style = cx.options.field_reference_escape_style;
    let fixed = |text: &str| FieldName::fixed(text, style);
    let sprintf = |text: &str| FieldName::template(text, style);
    let mut steps = Vec::new();
    let mut sound = true;

    let texts = |name: &str| {
        let pairs = options.pairs(name).into_iter();
        pairs.map(|(field, value)| (field.value.to_owned(), value.to_text().into_owned())).collect::<Vec<_>>()
    };
    for (name, value) in texts("coerce") {
        steps.push(Step::Coerce(fixed(&name), Template::parse(&value, style)));
    }
    for (name, value) in texts("rename") {
        steps.push(Step::Rename(sprintf(&name), sprintf(&value)));
    }
    for (name, value) in texts("update") {
        steps.push(Step::Update(fixed(&name), Template::parse(&value, style)));
    }
    for (name, value) in texts("replace") {
        steps.push(Step::Replace(fixed(&name), Template::parse(&value, style)));
    }
    for (name, value) in options.pairs("convert") {
        match Conversion::from_name(&value.to_text()) {
            Some(conversion) if !matches!(value.kind, OptionKind::Array(_)) => {
                steps.push(Step::Convert(fixed(name.value), conversion));
            }
            _ => {
                sound = false;
                cx.error_with_help(
                    Code::BadValue,
                    value.span,
                    format!("`{}` is no type that `convert` knows", value.to_text()),
                    format!("use one of {}", Conversion::NAMES.join(", ")),
                );
            }
        }
    }
    match gsub::compile(options, cx) {
        Some(gsubs) => {
            for (name, gsub) in gsubs {
                steps.push(Step::Gsub(fixed(&name), gsub));
            }
        }
        None => sound = false,
    }
    let mut each = |option: &str, step: fn(FieldName) -> Step| {
        let Some(value) = options.value(option) else { return };
        let names = match &value.kind {
            OptionKind::Array(items) => &items[..],
            _ => core::slice::from_ref(value),
        };
        for name in names {
            // Logstash takes a map or number here and fails on every event.
            steps.push(step(match &name.kind {
                OptionKind::Text(text) => fixed(text),
                _ => FieldName::Invalid,
            }));
        }
    };
    each("uppercase", Step::Uppercase);
    each("capitalize", Step::Capitalize);
    each("lowercase", Step::Lowercase);
    each("strip", Step::Strip);
    for (option, step) in [("split", Step::Split as fn(_, _) -> _), ("join", Step::Join)] {
        for (name, value) in options.pairs(option) {
            let separator = match &value.kind {
                OptionKind::Text(text) => Some(Box::from(text.as_str())),
                _ => None,
            };
            steps.push(step(fixed(name.value), separator));
        }
    }
    for (name, value) in options.pairs("merge") {
        let sources = match &value.kind {
            OptionKind::Array(items) => items.iter().map(|item| fixed(&item.to_text())).collect(),
            _ => Box::from([fixed(&value.to_text())]),
        };
        steps.push(Step::Merge(fixed(name.value), sources));
    }
    for (name, value) in texts("copy") {
        steps.push(Step::Copy(fixed(&name), fixed(&value)));
    }
    let failure_tags = CompileCx::failure_tags(options, "_mutate_error");
    sound.then(|| Box::new(Mutate { steps: steps.into(), failure_tags }) as Box<dyn Filter>)
}

impl Filter for Mutate {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        for (index, step) in self.steps.iter().enumerate() {
            if step.apply(event, cx).is_err() {
                cx.scratch.failed_step = index;
                tag_all(event, &self.failure_tags, cx.arena);
                return Outcome::Failed;
            }
        }
        Outcome::Matched
    }

    fn new_fields(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step, Step::Copy(..) | Step::Replace(..))).count()
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &self.failure_tags
    }

    fn explain<'b>(&'b self, event: &Event<'b>, cx: &mut Cx<'_, 'b>) -> Option<String> {
        let (operation, name) = self.steps.get(cx.scratch.failed_step)?.operation();
        let field = name.shown(event, cx);
        let value = name.resolve(event, cx).ok().and_then(|path| event.get(path));
        let holds = value.map_or_else(
            || ", which is not there".to_owned(),
            |value| format!(", which is {}", shown_value(value)),
        );
        Some(format!("`{operation}` failed on field {field}{holds}"))
    }
}

impl Step {
    /// The operation's option and the field that it is about.
    fn operation(&self) -> (&'static str, &FieldName) {
        match self {
            Self::Capitalize(name) => ("capitalize", name),
            Self::Coerce(name, _) => ("coerce", name),
            Self::Convert(name, _) => ("convert", name),
            Self::Copy(name, _) => ("copy", name),
            Self::Gsub(name, _) => ("gsub", name),
            Self::Join(name, _) => ("join", name),
            Self::Lowercase(name) => ("lowercase", name),
            Self::Merge(name, _) => ("merge", name),
            Self::Rename(name, _) => ("rename", name),
            Self::Replace(name, _) => ("replace", name),
            Self::Split(name, _) => ("split", name),
            Self::Strip(name) => ("strip", name),
            Self::Update(name, _) => ("update", name),
            Self::Uppercase(name) => ("uppercase", name),
        }
    }

    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Result<(), Failed> {
        match self {
            Self::Capitalize(name) => case::apply(event, name, cx, case::capitalize),
            Self::Coerce(name, default) => {
                let path = name.resolve(event, cx)?;
                if event.get(path).is_some_and(Value::is_null) {
                    let value = field::render(default, event, cx)?;
                    event.set(path, value, cx.arena)?;
                }
                Ok(())
            }
            Self::Convert(name, conversion) => conversion.apply(event, name, cx),
            Self::Copy(from, to) => {
                let (from, to) = (from.resolve(event, cx)?, to.resolve(event, cx)?);
                let Some(value) = copied(event, from, cx) else { return Ok(()) };
                event.set(to, value, cx.arena)?;
                Ok(())
            }
            Self::Gsub(name, gsub) => gsub.apply(event, name, cx),
            Self::Join(name, separator) => join(event, name, separator.as_deref(), cx),
            Self::Lowercase(name) => case::apply(event, name, cx, case::lowercase),
            Self::Merge(into, sources) => merge::apply(event, into, sources, cx),
            Self::Rename(from, to) => {
                // A bad new name is found when the field is taken out already, as in Logstash.
                let (from, to) = (from.render(event, cx)?, to.render(event, cx)?);
                let from = from.path(cx)?;
                if !event.contains(from) {
                    return Ok(());
                }
                if from.is_whole_metadata() {
                    let Some(value) = copied(event, from, cx) else { return Ok(()) };
                    event.remove(from);
                    event.set(to.path(cx)?, value, cx.arena)?;
                } else if let Some(value) = event.remove(from) {
                    event.set(to.path(cx)?, value, cx.arena)?;
                }
                Ok(())
            }
            Self::Replace(name, template) => {
                let value = field::render(template, event, cx)?;
                let path = name.resolve(event, cx)?;
                event.set(path, value, cx.arena)?;
                Ok(())
            }
            Self::Split(name, separator) => split(event, name, separator.as_deref(), cx),
            Self::Strip(name) => strings::strip(event, name, cx),
            Self::Update(name, template) => {
                let path = name.resolve(event, cx)?;
                if event.contains(path) {
                    let value = field::render(template, event, cx)?;
                    event.set(path, value, cx.arena)?;
                }
                Ok(())
            }
            Self::Uppercase(name) => case::apply(event, name, cx, case::uppercase),
        }
    }
}

/// A deep copy of a field that is neither missing nor null.
fn copied<'b>(event: &Event<'b>, path: PathRef<'_>, cx: &Cx<'_, 'b>) -> Option<Value<'b>> {
    if path.is_whole_metadata() {
        return Some(Value::object(event.metadata().copy_in(cx.arena), cx.arena));
    }
    let value = event.get(path)?;
    (!value.is_null()).then(|| value.copy_in(cx.arena))
}

fn split<'b>(
    event: &mut Event<'b>,
    name: &'b FieldName,
    separator: Option<&'b str>,
    cx: &mut Cx<'_, 'b>,
) -> Result<(), Failed> {
    let path = name.resolve(event, cx)?;
    let Some(Value::Str(text)) = event.get(path) else { return Ok(()) };
    let text = *text;
    let pieces = strings::split(text, separator.ok_or(Failed)?, cx.arena);
    let value = Value::array(pieces.into_iter().map(Value::Str), cx.arena);
    event.set(path, value, cx.arena)?;
    Ok(())
}

fn join<'b>(
    event: &mut Event<'b>,
    name: &'b FieldName,
    separator: Option<&'b str>,
    cx: &mut Cx<'_, 'b>,
) -> Result<(), Failed> {
    let path = name.resolve(event, cx)?;
    let Some(Value::Array(array)) = event.get(path) else { return Ok(()) };
    let separator = separator.ok_or(Failed)?;
    let joined = cx.arena.build(|out| push_joined(array, separator, &mut true, out));
    let value = Value::Str(joined);
    event.set(path, value, cx.arena)?;
    Ok(())
}

fn push_joined(array: &Array<'_>, separator: &str, first: &mut bool, out: &mut String) {
    for item in array.as_slice() {
        if let Value::Array(inner) = item {
            push_joined(inner, separator, first, out);
            continue;
        }
        if !*first {
            out.push_str(separator);
        }
        *first = false;
        text::push_ruby(item, out);
    }
}
