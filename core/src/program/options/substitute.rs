//! `${NAME:default}` in values: from a text with placeholders to the text or list it stands for.
//!
//! `"[${A:a}, b]"` becomes the list `a`, `b`. A value that is one placeholder and nothing else is
//! replaced as it is; then, in two rounds, every placeholder in the result is replaced, and only a
//! text in which that happened is refined: one layer of quotes goes, brackets make a list. Source: Logstash 9.x,
//! `util/substitution_variables.rb`, as the vectors recorded it.

use std::ops::Range;

use crate::diagnostic::{Code, Diagnostic, Span};

use super::{
    Lookup,
    raw::{Raw, RawKind},
};

/// Describes one `${NAME:default}` in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placeholder<'t> {
    pub(super) name: &'t str,
    pub(super) default: Option<&'t str>,
    /// From the `$` to behind the `}`.
    pub(super) range: Range<usize>,
}

/// Finds the next placeholder at or after `from`.
pub(super) fn next_placeholder(text: &str, mut from: usize) -> Option<Placeholder<'_>> {
    loop {
        let start = from + text.get(from..)?.find("${")?;
        let content = &text[start + 2..];
        from = start + 2;
        let Some(name) = variable_name(content) else { continue };
        let length = name.len();
        let behind = &content[length..];
        if behind.starts_with('}') {
            let range = start..start + 2 + length + 1;
            return Some(Placeholder { name, default: None, range });
        }
        let Some(default) = behind.strip_prefix(':') else { continue };
        // Without any `}` further on there is no further placeholder either.
        let end = default.find('}')?;
        let range = start..start + 2 + length + 1 + end + 1;
        return Some(Placeholder { name, default: Some(&default[..end]), range });
    }
}

/// Reads the name of a variable at the start of a text.
pub(super) fn variable_name(text: &str) -> Option<&str> {
    if !text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '.')) {
        return None;
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    let end = text.find(|c: char| !is_part(c)).unwrap_or(text.len());
    Some(&text[..end])
}

/// Replaces the placeholders of a whole value.
pub(super) fn value(raw: &mut Raw<'_>, lookup: Lookup<'_>, errors: &mut Vec<Diagnostic>) {
    whole_values(raw, lookup, errors);
    // What a replacement brought in is replaced once more: `${A:${B:c}}` is `c`.
    for _ in 0..2 {
        parts(raw, lookup, errors);
    }
}

/// Replaces the texts that are one placeholder and nothing else.
fn whole_values(raw: &mut Raw<'_>, lookup: Lookup<'_>, errors: &mut Vec<Diagnostic>) {
    match &mut raw.kind {
        RawKind::Array(elements) => {
            for element in elements {
                whole_values(element, lookup, errors);
            }
        }
        RawKind::Hash(entries) => {
            for entry in entries {
                whole_values(&mut entry.value, lookup, errors);
            }
        }
        RawKind::Number(_) | RawKind::Plugin(_) => {}
        RawKind::Text(text) => {
            if let Some(value) = whole(text, raw.span, lookup, errors) {
                *text = value;
            }
        }
    }
}

/// Replaces the placeholders in the texts, and refines the texts in which there were any.
fn parts(raw: &mut Raw<'_>, lookup: Lookup<'_>, errors: &mut Vec<Diagnostic>) {
    match &mut raw.kind {
        RawKind::Array(elements) => {
            for element in elements {
                parts(element, lookup, errors);
            }
        }
        RawKind::Hash(entries) => {
            for entry in entries {
                parts(&mut entry.value, lookup, errors);
            }
        }
        RawKind::Number(_) | RawKind::Plugin(_) => {}
        RawKind::Text(text) => {
            if next_placeholder(text, 0).is_some() {
                raw.kind = expand(text, raw.span, lookup, errors);
            }
        }
    }
}

/// Replaces a text that is one placeholder and nothing else, as conditions do.
pub(super) fn whole(
    text: &str,
    span: Span,
    lookup: Lookup<'_>,
    errors: &mut Vec<Diagnostic>,
) -> Option<String> {
    let placeholder = next_placeholder(text, 0)?;
    (placeholder.range == (0..text.len())).then(|| resolve(&placeholder, span, lookup, errors))
}

fn expand<'a>(
    text: &str,
    span: Span,
    lookup: Lookup<'_>,
    errors: &mut Vec<Diagnostic>,
) -> RawKind<'a> {
    let mut replaced = String::new();
    let mut from = 0;
    while let Some(placeholder) = next_placeholder(text, from) {
        replaced.push_str(&text[from..placeholder.range.start]);
        let part = part(span, text, &placeholder.range);
        replaced.push_str(&resolve(&placeholder, part, lookup, errors));
        from = placeholder.range.end;
    }
    replaced.push_str(&text[from..]);
    refine(&replaced, span)
}

/// Returns the place of a part of a text, when the text stands in the config as it is.
fn part(span: Span, text: &str, range: &Range<usize>) -> Span {
    let width = usize::try_from(span.end - span.start).unwrap_or(0);
    if width == text.len() + 2 { span.part(range.start + 1, range.end + 1) } else { span }
}

fn resolve(
    placeholder: &Placeholder<'_>,
    span: Span,
    lookup: Lookup<'_>,
    errors: &mut Vec<Diagnostic>,
) -> String {
    if let Some(value) = lookup(placeholder.name) {
        return value;
    }
    if let Some(default) = placeholder.default {
        return default.to_owned();
    }
    let name = placeholder.name;
    errors.push(
        Diagnostic::error(
            Code::UndefinedVariable,
            span,
            format!("the variable `{name}` is not set and `${{{name}}}` has no default"),
        )
        .with_help(format!("set it in the environment, or write `${{{name}:default}}`")),
    );
    String::new()
}

/// Takes one layer of quotes off, and makes a list of what stands in brackets.
fn refine<'a>(text: &str, span: Span) -> RawKind<'a> {
    let text = unquote(text);
    let Some(inner) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) else {
        return RawKind::Text(text.to_owned());
    };
    let mut elements: Vec<&str> = inner.split(',').map(str::trim).collect();
    // As Ruby splits: empty parts at the end go.
    while elements.last().is_some_and(|element| element.is_empty()) {
        elements.pop();
    }
    let elements = elements
        .into_iter()
        .map(|element| Raw { kind: RawKind::Text(unquote(element).to_owned()), span });
    RawKind::Array(elements.collect())
}

fn unquote(text: &str) -> &str {
    let mut text = text;
    for quote in ['\'', '"'] {
        let inner = text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
        text = inner.unwrap_or(text);
    }
    text
}
