//! `translate`: a field's value is looked up in a dictionary.
//!
//! `{"status":"404"}` with `translate { source => "status" target => "text" dictionary => { "404" => "Not Found" } }`
//! gets `text` = `Not Found`. The dictionary stands in the config or in a YAML, JSON or CSV file; a changed file comes in through
//! [`crate::Pipeline::with_resources`]. Source of behaviour: logstash-filter-translate 3.5.0.

use core::fmt::Write;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity, Span};
use crate::event::{Event, PathRef, SetError, Template, Value, text};
use crate::filter::field::FieldName;
use crate::filter::stored::{self, Entries, File, FileError, Stored, csv, json, yaml};
use crate::filter::{CompileCx, Cx, Filter, Outcome, ReloadCx, tag_all};
use crate::program::options::PluginOptions;
use crate::program::{Ecs, PluginDoc, Resources};

mod dictionary;

use dictionary::{Dictionary, Mode, OutOfSteps, Wrong};

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Looks a field's value up in a dictionary.",
    example: r#"translate { source => "status" target => "[http][reason]" dictionary => { "404" => "Not Found" } fallback => "unknown" }"#,
    options: &[
        ("destination", "The old name of `target`."),
        ("dictionary", "Keys and what they stand for."),
        ("dictionary_path", "A YAML, JSON or CSV file (by the end of its name) with the keys and what they stand for."),
        ("ecs_compatibility", "Decides the default of `target`."),
        ("exact", "Whether the whole value is looked up; else keys are replaced wherever they stand in it."),
        ("fallback", "What a value that is not in the dictionary becomes, with `%{field}`."),
        ("field", "The old name of `source`."),
        ("iterate_on", "A list whose elements are looked up; when it is not `source`, a list of maps in which `source` and `target` are fields."),
        ("override", "Whether a target that is there is replaced; without it only when it is the source."),
        ("refresh_behaviour", "Whether entries that a changed file no longer has stay (`merge`) or go (`replace`)."),
        ("refresh_interval", "Seconds between looks at the file, for hosts that run on; `sawlog convert` reads it once."),
        ("regex", "Whether keys are regular expressions, of which the first that matches counts; for `exact` only."),
        ("source", "The field to look up."),
        ("target", "The field that gets what was found: without it the source, or `translation` without ECS."),
        ("yaml_dictionary_code_point_limit", "Characters of the longest YAML file that is read."),
        ("yaml_load_strategy", "No effect: a file is read in one go."),
    ],
    differences: &[
        ("refresh_interval", "The file is read when the pipeline starts and when the host gives it anew."),
        ("dictionary_path", "Dates and times without quotes in a YAML file are texts."),
    ],
};

#[derive(Debug)]
struct Translate {
    settings: Arc<Settings>,
    dictionary: Arc<Dictionary>,
}

#[derive(Debug)]
struct Settings {
    source: FieldName,
    target: FieldName,
    /// Whether the common options apply whatever was found.
    in_place: bool,
    keep_target: bool,
    iterate: Iterate,
    fallback: Option<Template>,
    mode: Mode,
    file: Option<DictionaryFile>,
    failure_tags: [Box<str>; 1],
}

#[derive(Debug)]
enum Iterate {
    /// A list of maps: its reference, and those of source and target inside of a map.
    Maps { list: Box<str>, source: Box<str>, target: Box<str> },
    No,
    Values,
}

#[derive(Debug)]
struct DictionaryFile {
    path: Box<str>,
    span: Span,
    format: Format,
    max_yaml_chars: usize,
    on_change: OnChange,
}

#[derive(Clone, Copy, Debug)]
enum Format {
    Csv,
    Json,
    Yaml,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OnChange {
    Merge,
    Replace,
}

impl Format {
    fn of(path: &str) -> Option<Self> {
        let name = |ends: &[&str]| ends.iter().any(|end| path.ends_with(end));
        if name(&[".yml", ".yaml"]) {
            Some(Self::Yaml)
        } else if name(&[".json"]) {
            Some(Self::Json)
        } else {
            name(&[".csv"]).then_some(Self::Csv)
        }
    }
}

/// Characters of a YAML file in Logstash.
const YAML_CHARS: usize = 128 * 1024 * 1024;

pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let style = cx.options.field_reference_escape_style;
    let source = renamed(options, "source", "field", cx).ok()?;
    let target = renamed(options, "target", "destination", cx).ok()?;
    let Some(source) = source else {
        cx.error_with_help(
            Code::MissingOption,
            options.name_span,
            "`translate` has no `source`",
            "name the field to look up: source => \"field\"",
        );
        return None;
    };
    let default = match cx.ecs(options) {
        Ecs::Disabled => "translation",
        Ecs::V1 | Ecs::V8 => source,
    };
    let target = target.unwrap_or(default);
    let in_place = source == target;
    let overrides = options.flag("override", in_place);
    if in_place && !overrides {
        cx.error_with_help(
            Code::BadValue,
            options.option_span("override").unwrap_or(options.name_span),
            format!("`override => false` leaves nothing to do, since `{source}` is translated in place"),
            "name a target, or leave `override` out",
        );
        return None;
    }
    let iterate = match options.text("iterate_on").map(|list| list.value) {
        None => Iterate::No,
        Some(list) if list == source => Iterate::Values,
        Some(list) => Iterate::Maps {
            list: bracketed(list),
            source: bracketed(source),
            target: bracketed(target),
        },
    };
    let mode = match (options.flag("exact", true), options.flag("regex", false)) {
        (false, _) => Mode::Words,
        (true, false) => Mode::Exact,
        (true, true) => Mode::Regex,
    };
    let (dictionary, file) = dictionary(options, mode, cx)?;
    let fallback = options.text("fallback").map(|text| Template::parse(text.value, style));
    let settings = Settings {
        source: FieldName::fixed(source, style),
        target: FieldName::fixed(target, style),
        in_place,
        keep_target: !overrides,
        iterate,
        fallback,
        mode,
        file,
        failure_tags: [Box::from("_translate_error")],
    };
    Some(Box::new(Translate { settings: Arc::new(settings), dictionary: Arc::new(dictionary) }))
}

/// What is wrong is among the diagnostics.
struct Reported;

/// An option that has an old name; both at once are an error.
fn renamed<'o>(
    options: &'o PluginOptions,
    name: &str,
    old: &str,
    cx: &mut CompileCx<'_>,
) -> Result<Option<&'o str>, Reported> {
    match (options.text(name), options.text(old)) {
        (Some(_), Some(text)) => {
            cx.error_with_help(
                Code::BadValue,
                text.span,
                format!("`{old}` is the old name of `{name}`, and both are set"),
                format!("leave `{old}` out"),
            );
            Err(Reported)
        }
        (new, old) => Ok(new.or(old).map(|text| text.value)),
    }
}

/// A reference that others can be appended to.
fn bracketed(name: &str) -> Box<str> {
    if name.starts_with('[') && name.ends_with(']') { name.into() } else { format!("[{name}]").into() }
}

fn dictionary(
    options: &PluginOptions,
    mode: Mode,
    cx: &mut CompileCx<'_>,
) -> Option<(Dictionary, Option<DictionaryFile>)> {
    let inline = options.pairs("dictionary");
    let Some(path) = options.text("dictionary_path") else {
        let entries = inline.iter().map(|(key, value)| (key.value.into(), Stored::from_option(value)));
        let entries: Entries = entries.collect();
        return match Dictionary::new(entries, mode) {
            Ok(dictionary) => Some((dictionary, None)),
            Err(wrong) => {
                let mut span = options.option_span("dictionary").unwrap_or(options.name_span);
                let message = match wrong {
                    Wrong::File(error) => format!("the dictionary {}", error.message),
                    Wrong::Regex { entry, message } => {
                        span = inline.get(entry).map_or(span, |(key, _)| key.span);
                        format!("bad regular expression as a key: {message}")
                    }
                };
                cx.error(Code::BadRegex, span, message);
                None
            }
        };
    };
    if !inline.is_empty() {
        cx.error_with_help(
            Code::BadValue,
            path.span,
            "`dictionary` and `dictionary_path` are both set",
            "put all entries into one of them",
        );
        return None;
    }
    let Some(format) = Format::of(path.value) else {
        cx.error_with_help(
            Code::BadValue,
            path.span,
            format!("`{}` ends in none of `.yml`, `.yaml`, `.json`, `.csv`", path.value),
            "name the file after its format",
        );
        return None;
    };
    let on_change = match options.text("refresh_behaviour").map(|text| text.value) {
        Some("replace") => OnChange::Replace,
        _ => OnChange::Merge,
    };
    let max = options.number("yaml_dictionary_code_point_limit").map(|number| number.value);
    let max = max.and_then(|number| usize::try_from(number.as_int()?).ok());
    let file = DictionaryFile {
        path: path.value.into(),
        span: path.span,
        format,
        max_yaml_chars: max.unwrap_or(YAML_CHARS),
        on_change,
    };
    if cx.resources.file(path.value).is_none() {
        cx.error_with_help(
            Code::MissingResource,
            path.span,
            format!("the dictionary `{}` of `dictionary_path` was not found", path.value),
            "relative paths start at the working directory",
        );
        return None;
    }
    let dictionary = file.load(None, mode, cx.resources, cx.diagnostics)?;
    Some((dictionary, Some(file)))
}

impl DictionaryFile {
    /// Reads the file, when it is there, over what there was.
    fn load(
        &self,
        old: Option<&Dictionary>,
        mode: Mode,
        resources: &Resources,
        diagnostics: &mut Diagnostics,
    ) -> Option<Dictionary> {
        let bytes = resources.file(&self.path)?;
        let report = |severity, code, message| Diagnostic::new(code, severity, Some(self.span), message);
        let wrong = |error: FileError| {
            let code = if error.is_limit { Code::LimitExceeded } else { Code::BadResource };
            let message = format!("the dictionary `{}` {}", self.path, error.message);
            report(Severity::Error, code, message)
        };
        let file = match self.read(bytes.as_ref()) {
            Ok(file) => file,
            Err(error) => {
                diagnostics.push(wrong(error));
                return None;
            }
        };
        if let Some(key) = file.odd_keys.first() {
            let (count, path) = (file.odd_keys.len(), &self.path);
            let message = format!(
                "{count} of the keys in `{path}` are no texts, as the first, `{key}`, and no value of a \
                 field is found there"
            );
            let warning = report(Severity::Warning, Code::Ineffective, message);
            diagnostics.push(warning.with_help("put such keys into quotes: \"200\": OK"));
        }
        let mut entries = match (old, self.on_change) {
            (Some(old), OnChange::Merge) => old.entries().clone(),
            _ => Entries::new(),
        };
        entries.extend(file.entries);
        let key_of = |entry: usize, entries: &Entries| entries.get(entry).map(|(key, _)| key.clone());
        let for_message = (mode == Mode::Regex).then(|| entries.clone());
        Dictionary::new(entries, mode).map_err(|error| {
            diagnostics.push(match error {
                Wrong::File(error) => wrong(error),
                Wrong::Regex { entry, message } => {
                    let key = for_message.and_then(|entries| key_of(entry, &entries));
                    let (key, path) = (key.unwrap_or_default(), &self.path);
                    let message = format!("`{key}` in `{path}` is no regular expression: {message}");
                    report(Severity::Error, Code::BadRegex, message)
                }
            });
        })
        .ok()
    }

    fn read(&self, bytes: &[u8]) -> Result<File, FileError> {
        let text = stored::text(bytes)?;
        let entries = match self.format {
            Format::Csv => csv::read(&text)?,
            Format::Json => json::read(&text)?,
            Format::Yaml => {
                if text.len() > self.max_yaml_chars && text.chars().count() > self.max_yaml_chars {
                    return Err(FileError::limit(format!(
                        "has more characters than the {} of `yaml_dictionary_code_point_limit`",
                        self.max_yaml_chars
                    )));
                }
                return yaml::read(&text);
            }
        };
        Ok(File { entries, odd_keys: Vec::new() })
    }
}

/// Why nothing was set.
enum Miss {
    /// Something cannot be set or filled in: Logstash logs it and leaves the event alone.
    Set,
    Steps,
}

impl From<SetError> for Miss {
    fn from(_: SetError) -> Self {
        Self::Set
    }
}

impl From<OutOfSteps> for Miss {
    fn from(_: OutOfSteps) -> Self {
        Self::Steps
    }
}

impl Filter for Translate {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        match self.translate(event, cx) {
            Ok(true) => Outcome::Matched,
            Ok(false) | Err(Miss::Set) => Outcome::Unmatched,
            Err(Miss::Steps) => {
                tag_all(event, &self.settings.failure_tags, cx.arena);
                Outcome::Failed
            }
        }
    }

    fn new_fields(&self) -> usize {
        usize::from(!self.settings.in_place)
    }

    fn with_resources(&self, cx: &mut ReloadCx<'_>) -> Option<Box<dyn Filter>> {
        let (file, mode) = (self.settings.file.as_ref()?, self.settings.mode);
        let dictionary = file.load(Some(&self.dictionary), mode, cx.resources, cx.diagnostics)?;
        let settings = Arc::clone(&self.settings);
        Some(Box::new(Self { settings, dictionary: Arc::new(dictionary) }))
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &self.settings.failure_tags
    }

    fn explain<'b>(&'b self, event: &Event<'b>, cx: &mut Cx<'_, 'b>) -> Option<String> {
        let source = self.settings.source.shown(event, cx);
        Some(format!("looking field {source} up took more steps than a search may take"))
    }
}

impl Translate {
    /// Whether the common options apply.
    fn translate<'b>(
        &'b self,
        event: &mut Event<'b>,
        cx: &mut Cx<'_, 'b>,
    ) -> Result<bool, Miss> {
        let settings = &*self.settings;
        let found = match &settings.iterate {
            Iterate::Maps { list, source, target } => {
                self.each_map(event, [list, source, target], cx)?
            }
            Iterate::No => self.value(event, cx)?,
            Iterate::Values => self.each_value(event, cx)?,
        };
        Ok(found.is_some_and(|found| found || settings.in_place))
    }

    /// One value; nothing when there is nothing to do.
    fn value<'b>(
        &'b self,
        event: &mut Event<'b>,
        cx: &mut Cx<'_, 'b>,
    ) -> Result<Option<bool>, Miss> {
        let settings = &*self.settings;
        let source = settings.source.resolve(event, cx)?;
        let target = settings.target.resolve(event, cx)?;
        if settings.keep_target && event.contains(target) {
            return Ok(None);
        }
        if !event.contains(source) {
            return Ok(None);
        }
        let value = match event.get(source) {
            Some(Value::Array(array)) => array.as_slice().first(),
            value => value,
        };
        let found = self.find(value, cx)?;
        self.put(event, target, found, cx).map(Some)
    }

    /// Sets what was found, or the fallback.
    fn put<'b>(
        &'b self,
        event: &mut Event<'b>,
        target: PathRef<'b>,
        found: Option<Value<'b>>,
        cx: &Cx<'_, 'b>,
    ) -> Result<bool, Miss> {
        let value = match (found, &self.settings.fallback) {
            (Some(value), _) => value,
            (None, Some(fallback)) => Value::Str(fallback.render(event, cx.now, cx.arena)?),
            (None, None) => return Ok(false),
        };
        event.set(target, value, cx.arena)?;
        Ok(true)
    }

    fn each_value<'b>(
        &'b self,
        event: &mut Event<'b>,
        cx: &mut Cx<'_, 'b>,
    ) -> Result<Option<bool>, Miss> {
        let settings = &*self.settings;
        let source = settings.source.resolve(event, cx)?;
        let target = settings.target.resolve(event, cx)?;
        if (settings.keep_target && event.contains(target)) || !event.contains(source) {
            return Ok(None);
        }
        let fallback = match &settings.fallback {
            Some(fallback) => Some(fallback.render(event, cx.now, cx.arena)?),
            None => None,
        };
        let items = match event.get(source) {
            Some(Value::Array(array)) => array.as_slice(),
            None | Some(Value::Null) => &[],
            Some(value) => core::slice::from_ref(value),
        };
        let mut values = cx.arena.list();
        for item in items {
            let found = self.find(Some(item), cx)?;
            values.push(found.or_else(|| fallback.map(Value::Str)).unwrap_or(Value::Null));
        }
        let any = values.iter().any(|value| !matches!(value, Value::Null | Value::Bool(false)));
        event.set(target, Value::array(values, cx.arena), cx.arena)?;
        Ok(Some(any))
    }

    fn each_map<'b>(
        &'b self,
        event: &mut Event<'b>,
        [list, source, target]: [&str; 3],
        cx: &mut Cx<'_, 'b>,
    ) -> Result<Option<bool>, Miss> {
        let path = cx.path(cx.arena.text(list))?;
        let len = match event.get(path) {
            None if !event.contains(path) => return Ok(None),
            Some(Value::Array(array)) => array.as_slice().len(),
            _ => return Ok(Some(false)),
        };
        let mut any = false;
        for index in 0..len {
            let inside = |name: &str| {
                cx.path(cx.arena.build(|out| {
                    let _ = write!(out, "{list}[{index}]{name}");
                }))
            };
            let (source, target) = (inside(source)?, inside(target)?);
            let value = match event.get(source) {
                None | Some(Value::Null) => continue,
                value => value,
            };
            let found = self.find(value, cx)?;
            any |= self.put(event, target, found, cx)?;
        }
        Ok(Some(any))
    }

    /// What a value stands for, by its text.
    fn find<'b>(
        &'b self,
        value: Option<&Value<'b>>,
        cx: &mut Cx<'_, 'b>,
    ) -> Result<Option<Value<'b>>, Miss> {
        let scratch = &mut *cx.scratch;
        if let Some(Value::Str(text)) = value {
            return Ok(self.dictionary.find(text, &mut scratch.pattern, cx.arena)?);
        }
        scratch.text.clear();
        if let Some(value) = value {
            text::push_ruby(value, &mut scratch.text);
        }
        Ok(self.dictionary.find(&scratch.text, &mut scratch.pattern, cx.arena)?)
    }
}

#[cfg(test)]
mod tests;
