//! grok's options to patterns: dictionaries, expansion, regexes and where their groups go.

use crate::diagnostic::Span;
use crate::event::Layout;
use crate::filter::field::{FieldName, PlainField};
use crate::filter::grok::{
    BudgetScope, Capture, EmptyCaptures, Existing, FieldMatch, Grok, Pattern, Scope, Stop,
};
use crate::filter::timeout::Timeout;
use crate::filter::{CompileCx, Filter};
use crate::pattern::expand::{self, CaptureKind, Expansion};
use crate::pattern::library::{Dictionary, PatternSet};
use crate::pattern::{Flags, Regex};
use crate::program::{Ecs, PluginDoc};
use crate::program::options::{OptionKind, OptionValue, PluginOptions};

/// What all patterns of one grok share.
struct Shared<'o> {
    dictionary: Dictionary,
    named_captures_only: bool,
    overwrite: Vec<&'o str>,
    target: Option<String>,
}

/// Texts for the docs.
pub(in crate::filter) const DOC: PluginDoc = PluginDoc {
    summary: "Takes a text apart with named patterns.",
    example: r#"grok { match => { "message" => "%{IPORHOST:client} %{WORD:verb} %{NUMBER:bytes:int}" } }"#,
    options: &[
        ("break_on_match", "Stops at the first pattern that matches; `false` tries all of them."),
        ("ecs_compatibility", "Which set of stock patterns is used: `disabled` the legacy names, else those of ECS."),
        ("keep_empty_captures", "Sets fields for captures of no text too."),
        ("match", "Fields and the pattern or list of patterns for each."),
        ("matched_pattern_target", "The field that gets the text of the pattern that matched."),
        ("named_captures_only", "`false` also keeps what `%{NAME}` without a field matched, under its pattern name."),
        ("overwrite", "Fields that a capture replaces instead of making a list."),
        ("pattern_definitions", "Names and patterns for this filter."),
        ("patterns_dir", "Directories or files with patterns."),
        ("patterns_files_glob", "Which files of `patterns_dir` are read."),
        ("tag_on_failure", "Tags for an event that no pattern matches."),
        ("tag_on_timeout", "The tag for an event on which the search took too long."),
        ("target", "The field under which all captures go."),
        ("timeout_millis", "The limit of a search; 0 for none but the built-in one."),
        ("timeout_scope", "Whether the limit holds for each pattern or for all on an event."),
    ],
    differences: &[
        ("matched_pattern_target", "Ours: Logstash has no such option."),
        ("timeout_millis", "The limit is a number of steps, so that the same input always gives the same events."),
    ],
};

/// Reads the options; nothing when errors were recorded.
pub(in crate::filter) fn compile(
    options: &PluginOptions,
    cx: &mut CompileCx<'_>,
) -> Option<Box<dyn Filter>> {
    let style = cx.options.field_reference_escape_style;
    let shared = Shared {
        dictionary: dictionary(options, cx),
        named_captures_only: options.flag("named_captures_only", true),
        overwrite: options.texts("overwrite").iter().map(|text| text.value).collect(),
        target: target(options),
    };

    let mut sound = true;
    let mut matches = Vec::new();
    for (field, value) in options.pairs("match") {
        let sources = sources(value);
        let mut patterns = Vec::with_capacity(sources.len());
        for source in sources {
            match pattern(&source.to_text(), source.span, &shared, cx) {
                Some(pattern) => patterns.push(pattern),
                None => sound = false,
            }
        }
        let field = FieldName::fixed(field.value, style);
        let list = match &field {
            FieldName::Fixed(path) => {
                Some(cx.lists.add(path, patterns.iter().map(|pattern| &pattern.regex)))
            }
            _ => None,
        };
        matches.push(FieldMatch { field, list, patterns: patterns.into() });
    }
    let scope = match options.text("timeout_scope").map(|text| text.value) {
        Some("event") => Scope::Event,
        _ => Scope::Pattern,
    };
    let grok = Grok {
        matches: matches.into(),
        stop: if options.flag("break_on_match", true) { Stop::AtFirstMatch } else { Stop::Never },
        empty: if options.flag("keep_empty_captures", false) {
            EmptyCaptures::Keep
        } else {
            EmptyCaptures::Drop
        },
        budget: BudgetScope { timeout: Timeout::compile(options), scope },
        pattern_target: options
            .text("matched_pattern_target")
            .map(|text| FieldName::fixed(text.value, style)),
        failure_tags: CompileCx::failure_tags(options, "_grokparsefailure"),
        timeout_tag: options
            .text("tag_on_timeout")
            .map_or("_groktimeout", |text| text.value)
            .into(),
    };
    sound.then(|| Box::new(grok) as Box<dyn Filter>)
}

/// The definitions that the patterns of a grok may use.
pub(crate) fn dictionary(options: &PluginOptions, cx: &CompileCx<'_>) -> Dictionary {
    let mut dictionary = Dictionary::new(pattern_set(options, cx));
    let glob = options.text("patterns_files_glob").map_or("*", |text| text.value);
    for path in options.texts("patterns_dir") {
        for text in cx.resources.pattern_texts(path.value, glob) {
            dictionary.add_file_text(&text);
        }
    }
    for (name, definition) in options.pairs("pattern_definitions") {
        dictionary.define(name.value, &definition.to_text());
    }
    dictionary
}

/// The stock patterns of a grok.
pub(crate) fn pattern_set(options: &PluginOptions, cx: &CompileCx<'_>) -> PatternSet {
    if cx.ecs(options) == Ecs::Disabled { PatternSet::Legacy } else { PatternSet::EcsV1 }
}

/// The patterns that `match` gives for one field.
pub(crate) fn sources(value: &OptionValue) -> &[OptionValue] {
    match &value.kind {
        OptionKind::Array(items) => items,
        _ => core::slice::from_ref(value),
    }
}

/// The option `target` as a reference with brackets.
pub(crate) fn target(options: &PluginOptions) -> Option<String> {
    options.text("target").map(|text| {
        let name = text.value;
        if name.contains('[') { name.to_owned() } else { format!("[{name}]") }
    })
}

/// The reference of the field that a capture fills.
pub(crate) fn capture_reference(name: &str, target: Option<&str>) -> String {
    match target {
        None => name.to_owned(),
        Some(target) if name.starts_with('[') => format!("{target}{name}"),
        Some(target) => format!("{target}[{name}]"),
    }
}

fn pattern(
    source: &str,
    span: Span,
    shared: &Shared<'_>,
    cx: &mut CompileCx<'_>,
) -> Option<Pattern> {
    let (dictionary, named_only) = (&shared.dictionary, shared.named_captures_only);
    let (regex, expansion) = expanded_regex(source, span, dictionary, named_only, cx)?;
    let captures = captures(&regex, shared, cx);
    let paths = captures.iter().map(|capture| match &capture.field {
        FieldName::Fixed(path) => Some(path),
        FieldName::Invalid | FieldName::Template(_) => None,
    });
    // PERF: fields at the top level are set as fast one by one, and need no look at the event before.
    let layout = paths
        .collect::<Option<Vec<_>>>()
        .filter(|paths| paths.iter().any(|path| path.ordinary().is_none()))
        .and_then(|paths| Layout::new(paths.into_iter()));
    Some(Pattern { source: source.into(), regex, captures, layout, expansion })
}

/// The regular expression that a grok pattern stands for; nothing when an error was recorded.
pub(crate) fn expanded_regex(
    source: &str,
    span: Span,
    dictionary: &Dictionary,
    named_captures_only: bool,
    cx: &mut CompileCx<'_>,
) -> Option<(Regex, Expansion)> {
    let expansion = match expand::expand(source, dictionary, named_captures_only) {
        Ok(expansion) => expansion,
        Err(error) => {
            cx.expand_error(span, source, &error);
            return None;
        }
    };
    let flags = Flags { dot_all: true, ..Flags::default() };
    match Regex::pooled(&expansion.regex, flags, &mut cx.lists.pool) {
        Ok(regex) => Some((regex, expansion)),
        Err(error) => {
            cx.expanded_regex_error(span, source, &expansion, &error);
            None
        }
    }
}

/// The groups in the order in which jls-grok sets them: by the first appearance of their full name,
/// then by place. Of several groups with one full name only the first is converted.
fn captures(
    regex: &Regex,
    shared: &Shared<'_>,
    cx: &CompileCx<'_>,
) -> Box<[Capture]> {
    let names = regex.group_names();
    let mut captures: Vec<Capture> = Vec::with_capacity(names.len());
    for (at, (name, _)) in names.iter().enumerate() {
        if names[..at].iter().any(|(earlier, _)| earlier == name) {
            continue;
        }
        let parsed = expand::parse_capture_name(name);
        let groups = names.iter().filter(|(other, _)| other == name);
        for (occurrence, (_, group)) in groups.enumerate() {
            let kind = if occurrence == 0 { parsed.kind } else { CaptureKind::Text };
            let existing = if shared.overwrite.contains(&parsed.field) {
                Existing::Overwrite
            } else {
                Existing::Append
            };
            let field = capture_field(parsed.field, shared.target.as_deref(), cx);
            let plain = match kind {
                CaptureKind::Text => PlainField::new(&field, captures.iter().map(|earlier| &earlier.field)),
                CaptureKind::Float | CaptureKind::Int => None,
            };
            captures.push(Capture {
                group: *group,
                field,
                plain,
                kind,
                existing,
            });
        }
    }
    captures.into()
}

fn capture_field(name: &str, target: Option<&str>, cx: &CompileCx<'_>) -> FieldName {
    FieldName::fixed(&capture_reference(name, target), cx.options.field_reference_escape_style)
}
