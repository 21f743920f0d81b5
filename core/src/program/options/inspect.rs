//! Values as text, the way Ruby's `inspect` writes them: `["x", {"a"=>5}]`.
//!
//! Where a text is wanted and a list or hash was given, this is the text. Source: `JRuby` as the
//! vectors recorded it.

use std::fmt::Write as _;

use super::{
    OptionKind, OptionValue,
    raw::{Raw, RawKind},
};

/// Appends the text of a value inside a list or a hash: strings are quoted.
pub(super) fn value(value: &OptionValue, out: &mut String) {
    match &value.kind {
        OptionKind::Array(elements) => {
            out.push('[');
            for (index, element) in elements.iter().enumerate() {
                separate(index, out);
                self::value(element, out);
            }
            out.push(']');
        }
        OptionKind::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        OptionKind::Codec(codec) => string(&codec.name, out),
        OptionKind::Hash(entries) => {
            out.push('{');
            for (index, (key, entry)) in entries.iter().enumerate() {
                separate(index, out);
                self::value(key, out);
                out.push_str("=>");
                self::value(entry, out);
            }
            out.push('}');
        }
        OptionKind::Number(text, _) => out.push_str(text),
        OptionKind::Text(text) => string(text, out),
    }
}

/// Appends the text of a value without a type.
pub(super) fn raw(value: &Raw<'_>, out: &mut String) {
    match &value.kind {
        RawKind::Array(elements) => {
            out.push('[');
            for (index, element) in elements.iter().enumerate() {
                separate(index, out);
                raw(element, out);
            }
            out.push(']');
        }
        RawKind::Hash(entries) => {
            out.push('{');
            for (index, entry) in entries.iter().enumerate() {
                separate(index, out);
                string(&entry.key, out);
                out.push_str("=>");
                raw(&entry.value, out);
            }
            out.push('}');
        }
        RawKind::Number(number) => out.push_str(&number.to_text()),
        RawKind::Plugin(plugin) => string(&plugin.name.text, out),
        RawKind::Text(text) => string(text, out),
    }
}

fn separate(index: usize, out: &mut String) {
    if index > 0 {
        out.push_str(", ");
    }
}

fn string(text: &str, out: &mut String) {
    out.push('"');
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '#' if matches!(characters.peek(), Some('{' | '$' | '@')) => out.push_str("\\#"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '\u{1b}' => out.push_str("\\e"),
            '\u{7f}' => out.push_str("\\x7F"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
