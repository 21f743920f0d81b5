//! uppercase, lowercase, capitalize: texts and lists of texts, with Unicode's full mappings.

use crate::arena::Arena;
use crate::event::{Event, Value};
use crate::filter::Cx;
use crate::filter::field::FieldName;
use crate::filter::mutate::Failed;

/// Changes a text, or each text of a list; everything else stays.
pub(super) fn apply<'b>(
    event: &mut Event<'b>,
    name: &'b FieldName,
    cx: &mut Cx<'_, 'b>,
    change: fn(&'b str, &'b Arena) -> &'b str,
) -> Result<(), Failed> {
    let path = name.resolve(event, cx)?;
    let changed = |value: &mut Value<'b>| {
        if let Value::Str(text) = value {
            *text = change(text, cx.arena);
        }
    };
    match event.get_mut(path) {
        Some(Value::Array(array)) => array.as_mut_slice().iter_mut().for_each(changed),
        Some(value) => changed(value),
        None => {}
    }
    Ok(())
}

pub(in crate::filter) fn uppercase<'b>(text: &'b str, arena: &'b Arena) -> &'b str {
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_lowercase()) {
        return text;
    }
    arena.build(|out| out.extend(text.chars().flat_map(char::to_uppercase)))
}

/// Character by character: a final sigma is not special, as in Ruby.
pub(in crate::filter) fn lowercase<'b>(text: &'b str, arena: &'b Arena) -> &'b str {
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        return text;
    }
    arena.build(|out| out.extend(text.chars().flat_map(char::to_lowercase)))
}

pub(in crate::filter) fn capitalize<'b>(text: &'b str, arena: &'b Arena) -> &'b str {
    let mut characters = text.chars();
    let Some(first) = characters.next() else { return text };
    arena.build(|out| {
        push_title(first, out);
        out.extend(characters.flat_map(char::to_lowercase));
    })
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
        let arena = Arena::new();
        assert_eq!(uppercase("straße É", &arena), "STRASSE É");
        assert_eq!(lowercase("ΣΑΣ", &arena), "σασ");
        assert_eq!(capitalize("ßTRASSE", &arena), "Sstrasse");
        assert_eq!(capitalize("ǆX", &arena), "ǅx");
        assert_eq!(capitalize("", &arena), "");
    }
}
