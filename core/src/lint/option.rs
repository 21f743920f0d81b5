//! Options that say something else than they seem to: date patterns without `+`, `match` twice.

use crate::config::ast::Plugin;
use crate::diagnostic::{Code, Diagnostic};
use crate::lint::{Cx, Findings, all_options, each_plugin, references};
use crate::program::options::{OptionKind, OptionValue, PluginKind, PluginOptions};

/// Options whose `%{..}` are no templates.
const NO_TEMPLATES: [(&str, &str); 7] = [
    ("date", "match"),
    ("dissect", "mapping"),
    ("grok", "match"),
    ("grok", "overwrite"),
    ("grok", "pattern_definitions"),
    ("ruby", "code"),
    ("ruby", "init"),
];

pub(super) fn check(cx: &Cx<'_>, found: &mut Findings) {
    for section in &cx.config.ast().sections {
        each_plugin(&section.body, &mut |plugin| date_match(plugin, found));
    }
    for options in all_options(cx.resolved) {
        for (_, value) in templates(options) {
            each_text(value, &mut |text, value| date_patterns(cx, text, value, found));
        }
    }
}

/// The options of a plugin in which `%{..}` is filled in, and perhaps some others.
pub(super) fn templates(options: &PluginOptions) -> impl Iterator<Item = (&str, &OptionValue)> {
    options
        .names()
        .filter(|name| !is_no_template(options, name))
        .filter_map(|name| options.value(name).map(|value| (name, value)))
}

fn is_no_template(options: &PluginOptions, name: &str) -> bool {
    options.kind == PluginKind::Filter && NO_TEMPLATES.contains(&(options.name.as_str(), name))
}

/// Calls `each` with every text of a value, keys included.
pub(super) fn each_text<'a>(
    value: &'a OptionValue,
    each: &mut impl FnMut(&'a str, &'a OptionValue),
) {
    match &value.kind {
        OptionKind::Array(items) => items.iter().for_each(|item| each_text(item, each)),
        OptionKind::Hash(entries) => {
            for (key, value) in entries {
                each_text(key, each);
                each_text(value, each);
            }
        }
        OptionKind::Text(text) => each(text, value),
        OptionKind::Codec(codec) => {
            for (_, value) in templates(codec) {
                each_text(value, each);
            }
        }
        OptionKind::Bool(_) | OptionKind::Number(..) => {}
    }
}

fn date_patterns(cx: &Cx<'_>, text: &str, value: &OptionValue, found: &mut Findings) {
    for (start, inner) in references(text) {
        if !is_date_pattern(inner) || is_captured(cx, inner) {
            continue;
        }
        let span = value.text_span().part(start, start + inner.len() + 3);
        let pattern = inner.trim_start().trim_start_matches('+');
        found.push(
            Diagnostic::warning(
                Code::DatePatternWithoutPlus,
                span,
                format!("`%{{{inner}}}` is the field `{inner}`, and no date"),
            )
            .with_help(format!("write %{{+{pattern}}} for the date of the event")),
        );
    }
}

/// `YYYY.MM.dd`, `HH:mm`, ` +YYYY`: letters of a date format that no field is named by.
pub(super) fn is_date_pattern(inner: &str) -> bool {
    if let Some(pattern) = inner.trim_start().strip_prefix('+') {
        return inner.starts_with(char::is_whitespace) && !pattern.is_empty();
    }
    let separators = |c: char| " ./-_:,".contains(c);
    let mut runs = 0;
    let mut has_full_year = false;
    for run in inner.split(separators).filter(|run| !run.is_empty()) {
        let Some(letter) = run.chars().next() else { return false };
        let is_run = run.chars().all(|c| c == letter);
        if !is_run || run.len() < 2 || !"yYxMdHhmsSwD".contains(letter) {
            return false;
        }
        runs += 1;
        has_full_year |= run.len() == 4 && "yYx".contains(letter);
    }
    runs > 1 || has_full_year
}

/// Whether a grok of the config fills a field of this name.
fn is_captured(cx: &Cx<'_>, name: &str) -> bool {
    let captures = cx.groks.values().flatten().flat_map(|pattern| &pattern.captures);
    captures.into_iter().any(|capture| capture.field == name)
}

fn date_match(plugin: &Plugin, found: &mut Findings) {
    if plugin.name.text != "date" {
        return;
    }
    let mut matches = plugin.attributes.iter().filter(|attribute| attribute.name.text == "match");
    let (Some(first), Some(second)) = (matches.next(), matches.next()) else { return };
    found.push(
        Diagnostic::warning(
            Code::DateMatchRepeated,
            second.name.span,
            "the lists of both `match` are joined: what this one starts with is a date format, \
             and no field",
        )
        .with_label(first.name.span, "the list that it is added to")
        .with_help("write one `date` for each field, or one `match` with all formats of one field"),
    );
}
