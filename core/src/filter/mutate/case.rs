//! uppercase, lowercase, capitalize: texts and lists of texts, with Unicode's full mappings.

use std::borrow::Cow;

use crate::event::{Event, Value};
use crate::filter::Cx;
use crate::filter::field::FieldName;
use crate::filter::mutate::Failed;

/// Changes a text, or each text of a list; everything else stays.
pub(super) fn apply<'b>(
    event: &mut Event<'b>,
    name: &'b FieldName,
    cx: &mut Cx<'_, 'b>,
    change: for<'t> fn(&'t str) -> Cow<'t, str>,
) -> Result<(), Failed> {
    let path = name.resolve(event, cx)?;
    let changed = |value: &mut Value<'b>| {
        if let Value::Str(text) = value
            && let Cow::Owned(new) = change(text)
        {
            *value = Value::Str(cx.arena.text(&new));
        }
    };
    match event.get_mut(path) {
        Some(Value::Array(array)) => array.as_mut_slice().iter_mut().for_each(changed),
        Some(value) => changed(value),
        None => {}
    }
    Ok(())
}

pub(super) fn uppercase(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_lowercase()) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().flat_map(char::to_uppercase).collect())
}

/// Character by character: a final sigma is not special, as in Ruby.
pub(super) fn lowercase(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().flat_map(char::to_lowercase).collect())
}

pub(super) fn capitalize(text: &str) -> Cow<'_, str> {
    let mut characters = text.chars();
    let Some(first) = characters.next() else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len());
    push_title(first, &mut out);
    out.extend(characters.flat_map(char::to_lowercase));
    if out == text { Cow::Borrowed(text) } else { Cow::Owned(out) }
}

/// Title case: the standard library has none; it differs from upper case where a letter maps to
/// several (`ß`, `ﬁ`) or is a digraph.
fn push_title(first: char, out: &mut String) {
    match first {
        '\u{01C4}'..='\u{01C6}' => out.push('\u{01C5}'),
        '\u{01C7}'..='\u{01C9}' => out.push('\u{01C8}'),
        '\u{01CA}'..='\u{01CC}' => out.push('\u{01CB}'),
        '\u{01F1}'..='\u{01F3}' => out.push('\u{01F2}'),
        _ => {
            let mut upper = first.to_uppercase();
            out.extend(upper.next());
            out.extend(upper.flat_map(char::to_lowercase));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_are_unicode_s_full_ones() {
        assert_eq!(uppercase("straße É"), "STRASSE É");
        assert_eq!(lowercase("ΣΑΣ"), "σασ");
        assert_eq!(capitalize("ßTRASSE"), "Sstrasse");
        assert_eq!(capitalize("ǆX"), "ǅx");
        assert_eq!(capitalize(""), "");
        assert!(matches!(uppercase("ABC 1"), Cow::Borrowed(_)));
    }
}
