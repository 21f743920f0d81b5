//! `kv`: keys and values in a text become fields.
//!
//! `{"message":"ip=1.2.3.4 error=\"no route\""}` with `kv { }` gives `ip` and `error`. Source of behaviour:
//! logstash-filter-kv 4.7.0.

use crate::diagnostic::Code;
use crate::event::{Array, Event, Key, Object, SetError, Template, Value};
use crate::filter::field::{self, FieldName};
use crate::filter::mutate::case;
use crate::filter::timeout::Timeout;
use crate::filter::{CompileCx, Cx, Filter, Outcome, shown, tag_all};
use crate::limits;
use crate::pattern::{Budget, BudgetExhausted};
use crate::program::PluginDoc;
use crate::program::options::{OptionKind, OptionValue, PluginOptions};

mod chars;
mod scan;

use chars::Chars;
use scan::Scanner;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Turns keys and values in a text into fields.",
    example: r#"kv { field_split => "&?" value_split => "=" include_keys => ["user", "page"] prefix => "q_" }"#,
    options: &[
        ("allow_duplicate_values", "`false` keeps a value of a key only once."),
        ("allow_empty_values", "Sets fields for keys without a value too."),
        ("default_keys", "Keys and the values that they get when the text has none."),
        ("ecs_compatibility", "No effect on the events."),
        ("exclude_keys", "Keys that are left out."),
        ("field_split", "The characters that separate pairs, as they stand between `[` and `]` in a regular expression."),
        ("field_split_pattern", "A regular expression that separates pairs, instead of `field_split`."),
        ("include_brackets", "Values may stand in `()`, `[]` or `<>` as in quotes."),
        ("include_keys", "The only keys that are taken."),
        ("prefix", "A text put before each key."),
        ("recursive", "Takes values apart too."),
        ("remove_char_key", "Characters that are taken out of keys."),
        ("remove_char_value", "Characters that are taken out of values."),
        ("source", "The field that holds the text, or a list of texts."),
        ("tag_on_failure", "Tags for an event on which a field cannot be set."),
        ("tag_on_timeout", "The tag for an event on which the search took too long."),
        ("target", "The field that gets all pairs as a map."),
        ("timeout_millis", "The limit of the search; 0 for none but the built-in one."),
        ("transform_key", "Turns keys into `lowercase`, `uppercase` or `capitalize`d ones."),
        ("transform_value", "The same for values."),
        ("trim_key", "Characters that are cut off both ends of keys."),
        ("trim_value", "Characters that are cut off both ends of values."),
        ("value_split", "The characters that stand between key and value."),
        ("value_split_pattern", "A regular expression between key and value, instead of `value_split`."),
        ("whitespace", "`lenient` passes over blanks around the separator of key and value, `strict` does not."),
    ],
    differences: &[
        ("recursive", "To at most 100 levels."),
        ("timeout_millis", "The limit is a number of steps, so that the same input always gives the same events."),
    ],
};

#[derive(Debug)]
struct Kv {
    source: FieldName,
    target: Option<FieldName>,
    scanner: Scanner,
    /// What is done with keys and values; nothing in most configs.
    changes: Option<Box<Changes>>,
    empty: EmptyValues,
    duplicates: Duplicates,
    levels: usize,
    default_keys: Box<[(Box<str>, OptionValue)]>,
    timeout: Timeout,
    timeout_tag: Box<str>,
    failure_tags: Box<[Box<str>]>,
}

#[derive(Debug)]
struct Changes {
    key: Change,
    value: Change,
    prefix: Template,
    include: Box<[Template]>,
    exclude: Box<[Template]>,
}

/// What is done with a text, in this order.
#[derive(Debug)]
struct Change {
    trim: Option<Chars>,
    remove: Option<Chars>,
    case: Option<Case>,
}

#[derive(Clone, Copy, Debug)]
enum Case {
    Capital,
    Lower,
    Upper,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum EmptyValues {
    Keep,
    Skip,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Duplicates {
    Keep,
    Skip,
}

/// The names of [`Changes`] for one event.
#[derive(Clone, Copy)]
struct Names<'b> {
    prefix: &'b str,
    include: &'b [&'b str],
    exclude: &'b [&'b str],
}

/// Pairs for which there is room from the start.
const EXPECTED_PAIRS: usize = 16;

/// Why an event got tags.
enum Stop {
    Failed,
    TimedOut,
}

impl From<SetError> for Stop {
    fn from(_: SetError) -> Self {
        Self::Failed
    }
}

impl From<BudgetExhausted> for Stop {
    fn from(_: BudgetExhausted) -> Self {
        Self::TimedOut
    }
}

pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let style = cx.options.field_reference_escape_style;
    let field = |name: &str| FieldName::fixed(name, style);
    for name in ["value_split", "value_split_pattern", "field_split_pattern"] {
        if let Some(text) = options.text(name)
            && text.value.is_empty()
        {
            let message = format!("`{name}` is empty, and separates nothing");
            cx.error(Code::BadValue, text.span, message);
            return None;
        }
    }
    let scanner = Scanner::compile(options, cx);
    let (key, value) = (Change::compile("key", options, cx), Change::compile("value", options, cx));
    let (key, value) = (key?, value?);
    let templates = |name: &str| -> Box<[Template]> {
        options.texts(name).iter().map(|text| Template::parse(text.value, style)).collect()
    };
    let changes = Changes {
        key,
        value,
        prefix: Template::parse(options.text("prefix").map_or("", |text| text.value), style),
        include: templates("include_keys"),
        exclude: templates("exclude_keys"),
    };
    let default_keys = options.pairs("default_keys").into_iter();
    Some(Box::new(Kv {
        source: field(options.text("source").map_or("message", |text| text.value)),
        target: options.text("target").map(|text| field(text.value)),
        scanner: scanner?,
        changes: changes.is_any().then(|| Box::new(changes)),
        empty: if options.flag("allow_empty_values", false) {
            EmptyValues::Keep
        } else {
            EmptyValues::Skip
        },
        duplicates: if options.flag("allow_duplicate_values", true) {
            Duplicates::Keep
        } else {
            Duplicates::Skip
        },
        levels: if options.flag("recursive", false) { limits::KV_LEVELS } else { 1 },
        default_keys: default_keys.map(|(key, value)| (key.value.into(), value.clone())).collect(),
        timeout: Timeout::compile(options),
        timeout_tag: options
            .text("tag_on_timeout")
            .map_or("_kv_filter_timeout", |text| text.value)
            .into(),
        failure_tags: CompileCx::failure_tags(options, "_kv_filter_error"),
    }))
}

impl Filter for Kv {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        match self.read(event, cx) {
            Ok(outcome) => outcome,
            Err(Stop::TimedOut) => {
                event.tag(&self.timeout_tag, cx.arena);
                Outcome::Failed
            }
            Err(Stop::Failed) => {
                tag_all(event, &self.failure_tags, cx.arena);
                Outcome::Failed
            }
        }
    }

    fn new_fields(&self) -> usize {
        if self.target.is_none() { EXPECTED_PAIRS } else { 1 }
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &self.failure_tags
    }

    fn has_tagged(&self, event: &Event<'_>) -> bool {
        self.failure_tags.iter().chain([&self.timeout_tag]).any(|tag| event.has_tag(tag))
    }

    fn explain<'b>(&'b self, event: &Event<'b>, cx: &mut Cx<'_, 'b>) -> Option<String> {
        let source = self.source.resolve(event, cx).ok()?;
        if event.has_tag(&self.timeout_tag) {
            return Some(format!("the search for pairs in field `{source}` took too long"));
        }
        if let Some(target) = &self.target {
            let target = target.shown(event, cx);
            return Some(format!("the pairs of field `{source}` cannot be set as {target}"));
        }
        let pairs = self.collect(event, cx).ok()?;
        for (key, value) in pairs.into_entries() {
            let path = cx.path(key.text());
            let mut copy = event.copy_in(cx.arena);
            let reason = match path.and_then(|path| copy.set(path, value, cx.arena)) {
                Ok(()) => continue,
                Err(reason) => reason,
            };
            return Some(format!(
                "the key {} in field `{source}` cannot be set: {reason}",
                shown(key.text())
            ));
        }
        None
    }
}

impl Kv {
    fn read<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Result<Outcome, Stop> {
        let mut pairs = self.collect(event, cx)?;
        if !self.default_keys.is_empty() {
            pairs = self.with_defaults(pairs, cx);
        }
        if pairs.is_empty() {
            return Ok(Outcome::Unmatched);
        }
        if let Some(target) = &self.target {
            let path = target.resolve(event, cx)?;
            event.set(path, Value::object(pairs, cx.arena), cx.arena)?;
        } else {
            for (key, value) in pairs.entries_mut() {
                if !field::is_plain(key.text(), cx) {
                    let value = core::mem::replace(value, Value::Null);
                    event.set(cx.path(key.text())?, value, cx.arena)?;
                } else if let Value::Str(text) = value {
                    event.data.insert_text(event.data.seen(), key, text, cx.arena);
                } else {
                    let value = core::mem::replace(value, Value::Null);
                    event.data.insert(key, value, cx.arena);
                }
            }
        }
        Ok(Outcome::Matched)
    }

    /// The pairs of a text or of all texts of a list.
    fn collect<'b>(&'b self, event: &Event<'b>, cx: &mut Cx<'_, 'b>) -> Result<Object<'b>, Stop> {
        let value = match self.source.top() {
            Some(key) => event.data.get(key),
            None => event.get(self.source.resolve(event, cx)?),
        };
        let mut pairs = Object::with_capacity_in(EXPECTED_PAIRS, cx.arena);
        let texts = match value {
            Some(Value::Array(array)) => array.as_slice(),
            Some(value) => core::slice::from_ref(value),
            None => return Ok(pairs),
        };
        let names = match &self.changes {
            Some(changes) => Some((&**changes, changes.names(event, cx)?)),
            None => None,
        };
        for text in texts {
            if let Value::Str(text) = text {
                let mut budget = self.timeout.budget(text.len());
                self.parse(text, self.levels, names, &mut pairs, &mut budget, cx)?;
            }
        }
        Ok(pairs)
    }

    /// Adds the pairs of a text to a map. The recursion is as deep as [`limits::KV_LEVELS`].
    fn parse<'b>(
        &'b self,
        text: &'b str,
        levels: usize,
        names: Option<(&'b Changes, Names<'b>)>,
        pairs: &mut Object<'b>,
        budget: &mut Budget,
        cx: &mut Cx<'_, 'b>,
    ) -> Result<(), Stop> {
        let mut found = cx.arena.list();
        let (simd, scratch) = (cx.arena.simd(), &mut cx.scratch.pattern);
        self.scanner.find(text, simd, scratch, budget, &mut found)?;
        for (key, value) in found {
            if value.is_empty() && self.empty == EmptyValues::Skip {
                continue;
            }
            let (key, value) = match names {
                None => (key, value),
                Some((changes, names)) => match changes.apply(key, value, names, budget, cx)? {
                    Some(pair) => pair,
                    None => continue,
                },
            };
            let key = Key::new(key);
            if levels == 1 && !pairs.contains(key) {
                pairs.insert_text(pairs.seen(), key, value, cx.arena);
                continue;
            }
            if self.duplicates == Duplicates::Skip
                && pairs.get(key).is_some_and(|old| includes(old, value))
            {
                continue;
            }
            let value = if levels > 1 {
                self.parse_value(value, levels - 1, names, budget, cx)?
            } else {
                Value::Str(value)
            };
            match pairs.get_mut(key) {
                None => pairs.append(key, value, cx.arena),
                Some(Value::Array(array)) => array.push(value),
                Some(old) => {
                    let mut both = Array::new_in(cx.arena);
                    both.push(core::mem::replace(old, Value::Null));
                    both.push(value);
                    *old = Value::Array(cx.arena.alloc(both));
                }
            }
        }
        Ok(())
    }

    /// A value that holds pairs as a map.
    #[inline(never)]
    fn parse_value<'b>(
        &'b self,
        value: &'b str,
        levels: usize,
        names: Option<(&'b Changes, Names<'b>)>,
        budget: &mut Budget,
        cx: &mut Cx<'_, 'b>,
    ) -> Result<Value<'b>, Stop> {
        let mut inner = Object::new_in(cx.arena);
        self.parse(value, levels, names, &mut inner, budget, cx)?;
        Ok(if inner.is_empty() { Value::Str(value) } else { Value::object(inner, cx.arena) })
    }

    /// The defaults, each with the text's value if it has one, and then all others.
    fn with_defaults<'b>(&'b self, mut pairs: Object<'b>, cx: &Cx<'_, 'b>) -> Object<'b> {
        let room = self.default_keys.len() + pairs.len();
        let mut all = Object::with_capacity_in(room, cx.arena);
        for (key, default) in &self.default_keys {
            let key = Key::new(key);
            let value = pairs.remove(key).unwrap_or_else(|| default_value(default, cx));
            all.insert(key, value, cx.arena);
        }
        for (key, value) in pairs.into_entries() {
            all.append(key, value, cx.arena);
        }
        all
    }
}

/// Whether a value is one of those that the key has: a text that is part of its text, too.
fn includes(old: &Value<'_>, value: &str) -> bool {
    match old {
        Value::Array(array) => array.as_slice().iter().any(|old| old.as_str() == Some(value)),
        Value::Object(object) => object.contains(Key::new(value)),
        Value::Str(old) => old.contains(value),
        _ => false,
    }
}

/// A value of `default_keys`; it nests no deeper than the config.
fn default_value<'b>(value: &'b OptionValue, cx: &Cx<'_, 'b>) -> Value<'b> {
    match &value.kind {
        OptionKind::Text(text) => Value::Str(text),
        OptionKind::Number(_, number) => match number.as_int() {
            Some(number) => Value::Int(number),
            None => Value::Float(number.to_f64()),
        },
        OptionKind::Array(items) => {
            Value::array(items.iter().map(|item| default_value(item, cx)), cx.arena)
        }
        OptionKind::Hash(entries) => {
            let mut object = Object::new_in(cx.arena);
            for (key, value) in entries {
                let key = Key::new(cx.arena.text(&key.to_text()));
                object.insert(key, default_value(value, cx), cx.arena);
            }
            Value::object(object, cx.arena)
        }
        OptionKind::Bool(flag) => Value::Bool(*flag),
        OptionKind::Codec(_) => Value::Null,
    }
}

impl Changes {
    fn is_any(&self) -> bool {
        self.key.is_any()
            || self.value.is_any()
            || self.prefix.as_literal() != Some("")
            || !self.include.is_empty()
            || !self.exclude.is_empty()
    }

    fn names<'b>(&'b self, event: &Event<'b>, cx: &Cx<'_, 'b>) -> Result<Names<'b>, SetError> {
        let all = |templates: &'b [Template]| -> Result<&'b [&'b str], SetError> {
            let mut names = cx.arena.list();
            for template in templates {
                names.push(template.render(event, cx.now, cx.arena)?);
            }
            Ok(names.into_bump_slice())
        };
        Ok(Names {
            prefix: self.prefix.render(event, cx.now, cx.arena)?,
            include: all(&self.include)?,
            exclude: all(&self.exclude)?,
        })
    }

    /// The pair as it is to be set; nothing when its key is left out.
    fn apply<'b>(
        &self,
        key: &'b str,
        value: &'b str,
        names: Names<'b>,
        budget: &mut Budget,
        cx: &mut Cx<'_, 'b>,
    ) -> Result<Option<(&'b str, &'b str)>, BudgetExhausted> {
        let key = self.key.apply(key, budget, cx)?;
        let is_left_out = !names.include.is_empty() && !names.include.contains(&key)
            || names.exclude.contains(&key);
        if is_left_out {
            return Ok(None);
        }
        let key = if names.prefix.is_empty() {
            key
        } else {
            cx.arena.build(|out| {
                out.push_str(names.prefix);
                out.push_str(key);
            })
        };
        Ok(Some((key, self.value.apply(value, budget, cx)?)))
    }
}

impl Change {
    /// Reads the options that end in `_key` or `_value`; nothing when errors were recorded.
    fn compile(of: &str, options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Self> {
        let mut chars = |option: &str| -> Option<Option<Chars>> {
            match options.text(&format!("{option}_{of}")) {
                None => Some(None),
                Some(text) => Chars::compile(text, cx).map(Some),
            }
        };
        let (trim, remove) = (chars("trim"), chars("remove_char"));
        let case = options.text(&format!("transform_{of}")).map(|text| match text.value {
            "lowercase" => Case::Lower,
            "uppercase" => Case::Upper,
            _ => Case::Capital,
        });
        Some(Self { trim: trim?, remove: remove?, case })
    }

    fn is_any(&self) -> bool {
        self.trim.is_some() || self.remove.is_some() || self.case.is_some()
    }

    fn apply<'b>(
        &self,
        mut text: &'b str,
        budget: &mut Budget,
        cx: &mut Cx<'_, 'b>,
    ) -> Result<&'b str, BudgetExhausted> {
        if let Some(chars) = &self.trim {
            text = chars.trim(text, budget, cx)?;
        }
        if let Some(chars) = &self.remove {
            text = chars.remove(text, budget, cx)?;
        }
        Ok(match self.case {
            None => text,
            Some(Case::Capital) => case::capitalize(text, cx.arena),
            Some(Case::Lower) => case::lowercase(text, cx.arena),
            Some(Case::Upper) => case::uppercase(text, cx.arena),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::left_of;

    #[test]
    fn values_are_taken_apart_to_a_limited_depth() {
        let levels = limits::KV_LEVELS + 50;
        let text = "a=".repeat(levels) + "x";
        let left = left_of("kv { recursive => true target => \"tt\" }", &format!(r#"{{"message":"{text}"}}"#));
        let nested = left[0].matches(r#"{"a":"#).count();
        assert_eq!(nested, limits::KV_LEVELS);
        assert!(left[0].contains(&("a=".repeat(levels - limits::KV_LEVELS) + "x\"")), "{}", left[0]);
    }
}
