//! JSON text to values: simd-json's tape first, an exact reader where that one refuses.
//!
//! simd-json rewrites the bytes it parses and turns every decimal into a double, so it works on a
//! copy, and a document whose numbers a double cannot hold is left to the exact reader. That
//! one alone decides that a text is no JSON. Source of behaviour: Logstash 9.x's JSON reader
//! (Jackson, strict; nesting up to 1,000).

use std::borrow::Cow;

use json_event_parser::{JsonEvent, LowLevelJsonParser};
use simd_json::{Buffers, Node, StaticNode, Tape};

use crate::arena::Arena;
use crate::event::{Key, Object, Value};
use crate::limits;

/// What a reader keeps between documents, to not allocate for each.
pub(crate) struct JsonReader {
    buffers: Buffers,
    tape: Tape<'static>,
}

impl Default for JsonReader {
    fn default() -> Self {
        Self { buffers: Buffers::default(), tape: Tape(Vec::new()) }
    }
}

impl core::fmt::Debug for JsonReader {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("JsonReader").finish_non_exhaustive()
    }
}

/// The text is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct JsonError;

/// What may follow the first value of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// Anything; it is not read (the codecs).
    Anything,
    /// More objects, of which the last counts (the filter).
    Objects,
}

impl JsonReader {
    /// Reads a text; blanks alone are an error.
    pub(crate) fn read<'b>(
        &mut self,
        text: &str,
        after: After,
        arena: &'b Arena,
    ) -> Result<Value<'b>, JsonError> {
        if !has_long_number(text) {
            let copy = arena.slice(text.as_bytes());
            let mut tape = core::mem::replace(&mut self.tape, Tape(Vec::new())).reset();
            let done = simd_json::fill_tape(copy, &mut self.buffers, &mut tape).is_ok();
            let value = if done { from_tape(&tape.0, arena) } else { None };
            self.tape = tape.reset();
            if let Some(value) = value {
                return Ok(value);
            }
        }
        read_exact(text, after, arena)
    }
}

/// Whether digits and dots follow each other so long that a double may not hold the number.
fn has_long_number(text: &str) -> bool {
    const SAFE_DIGITS: usize = 15;
    let mut run = 0;
    for byte in text.bytes() {
        if byte.is_ascii_digit() || byte == b'.' {
            run += 1;
            if run > SAFE_DIGITS {
                return true;
            }
        } else {
            run = 0;
        }
    }
    false
}

fn from_tape<'b>(nodes: &[Node<'b>], arena: &'b Arena) -> Option<Value<'b>> {
    let mut at = 0;
    let value = next_from_tape(nodes, &mut at, limits::NESTING, arena)?;
    (at == nodes.len()).then_some(value)
}

/// Builds the value at `at` and moves `at` behind it; `levels` bounds the recursion.
fn next_from_tape<'b>(
    nodes: &[Node<'b>],
    at: &mut usize,
    levels: usize,
    arena: &'b Arena,
) -> Option<Value<'b>> {
    let node = nodes.get(*at)?;
    *at += 1;
    Some(match *node {
        Node::String(text) => Value::Str(text),
        Node::Object { len, .. } => {
            let levels = levels.checked_sub(1)?;
            let mut object = Object::with_capacity_in(len, arena);
            for _ in 0..len {
                let Some(Node::String(name)) = nodes.get(*at) else { return None };
                *at += 1;
                let value = next_from_tape(nodes, at, levels, arena)?;
                object.insert(Key::new(name), value, arena);
            }
            Value::object(object, arena)
        }
        Node::Array { len, .. } => {
            let levels = levels.checked_sub(1)?;
            let mut items = Vec::new();
            items.reserve_exact(len.min(64));
            for _ in 0..len {
                items.push(next_from_tape(nodes, at, levels, arena)?);
            }
            Value::array(items, arena)
        }
        Node::Static(StaticNode::Null) => Value::Null,
        Node::Static(StaticNode::Bool(value)) => Value::Bool(value),
        Node::Static(StaticNode::F64(value)) if value.is_finite() => Value::Float(value),
        Node::Static(StaticNode::F64(_)) => return None,
        Node::Static(StaticNode::I64(value)) => Value::Int(value),
        Node::Static(StaticNode::U64(value)) => match i64::try_from(value) {
            Ok(value) => Value::Int(value),
            Err(_) => Value::Number(arena.text(itoa::Buffer::new().format(value))),
        },
    })
}

fn read_exact<'b>(text: &str, after: After, arena: &'b Arena) -> Result<Value<'b>, JsonError> {
    read_values(text, after, arena).or_else(|JsonError| {
        let repaired = without_lone_surrogates(text).ok_or(JsonError)?;
        read_values(&repaired, after, arena)
    })
}

fn read_values<'b>(text: &str, after: After, arena: &'b Arena) -> Result<Value<'b>, JsonError> {
    const BLANK: [char; 4] = [' ', '\t', '\r', '\n'];
    let mut rest = text;
    loop {
        let (value, len) = read_value(rest, arena)?;
        rest = rest.get(len..).unwrap_or("").trim_start_matches(BLANK);
        if rest.is_empty() || after == After::Anything {
            return Ok(value);
        }
        if !rest.starts_with('{') {
            return Err(JsonError);
        }
    }
}

/// Where a text stops to be JSON, and why; for explanations.
///
/// The place is a byte on a character boundary, the end of the text when something is missing
/// there. Nothing for a text that holds one value, or several objects.
pub(crate) fn first_error(text: &str) -> Option<(usize, String)> {
    const BLANK: [char; 4] = [' ', '\t', '\r', '\n'];
    let repaired = without_lone_surrogates(text);
    let whole = repaired.as_deref().unwrap_or(text);
    let mut from = 0;
    loop {
        let mut parser = LowLevelJsonParser::new();
        let mut consumed = from;
        let mut levels = 0_usize;
        loop {
            let step = parser.parse_next(whole.as_bytes().get(consumed..)?, true);
            consumed += step.consumed_bytes;
            let at = |offset: usize| whole.floor_char_boundary(offset.min(whole.len()));
            match step.event {
                None | Some(Ok(JsonEvent::Eof)) => {
                    return Some((whole.len(), "the text ends too early".to_owned()));
                }
                Some(Err(error)) => {
                    let offset = usize::try_from(error.location().start.offset).ok()?;
                    return Some((at(from.saturating_add(offset)), error.message().to_owned()));
                }
                Some(Ok(JsonEvent::StartArray | JsonEvent::StartObject)) => {
                    levels += 1;
                    if levels > limits::NESTING {
                        let message = format!("more than {} levels", limits::NESTING);
                        return Some((at(consumed), message));
                    }
                }
                Some(Ok(JsonEvent::EndArray | JsonEvent::EndObject)) => {
                    levels = levels.saturating_sub(1);
                }
                Some(Ok(_)) => {}
            }
            if levels == 0 {
                break;
            }
        }
        let rest = whole.get(consumed..)?.trim_start_matches(BLANK);
        if rest.is_empty() {
            return None;
        }
        from = whole.len() - rest.len();
        if !rest.starts_with('{') {
            return Some((from, "there is more text behind the value".to_owned()));
        }
    }
}

/// A list or map that is being read.
enum Open<'b> {
    Array(Vec<Value<'b>>),
    Object(Object<'b>, &'b str),
}

/// Reads the first value of a text and tells how many bytes it took.
fn read_value<'b>(text: &str, arena: &'b Arena) -> Result<(Value<'b>, usize), JsonError> {
    let bytes = text.as_bytes();
    let mut parser = LowLevelJsonParser::new();
    let mut consumed = 0;
    let mut open: Vec<Open<'b>> = Vec::new();
    loop {
        let step = parser.parse_next(&bytes[consumed..], true);
        consumed += step.consumed_bytes;
        let Some(Ok(event)) = step.event else { return Err(JsonError) };
        let opens = matches!(event, JsonEvent::StartArray | JsonEvent::StartObject);
        if opens && open.len() >= limits::NESTING {
            return Err(JsonError);
        }
        let value = match event {
            JsonEvent::StartArray => {
                open.push(Open::Array(Vec::new()));
                continue;
            }
            JsonEvent::StartObject => {
                open.push(Open::Object(Object::new_in(arena), ""));
                continue;
            }
            JsonEvent::ObjectKey(name) => {
                let Some(Open::Object(_, key)) = open.last_mut() else { return Err(JsonError) };
                *key = arena.text(&name);
                continue;
            }
            JsonEvent::EndArray => match open.pop() {
                Some(Open::Array(items)) => Value::array(items, arena),
                _ => return Err(JsonError),
            },
            JsonEvent::EndObject => match open.pop() {
                Some(Open::Object(object, _)) => Value::object(object, arena),
                _ => return Err(JsonError),
            },
            JsonEvent::String(text) => Value::Str(arena.text(&text)),
            JsonEvent::Number(text) => number(&text, arena),
            JsonEvent::Boolean(value) => Value::Bool(value),
            JsonEvent::Null => Value::Null,
            JsonEvent::Eof => return Err(JsonError),
        };
        match open.last_mut() {
            None => return Ok((value, consumed)),
            Some(Open::Array(items)) => items.push(value),
            Some(Open::Object(object, key)) => object.insert(Key::new(key), value, arena),
        }
    }
}

/// A JSON number as an integer or double when one of them is exactly it, else its text.
pub(crate) fn number<'b>(text: &str, arena: &'b Arena) -> Value<'b> {
    if !text.contains(['.', 'e', 'E']) {
        return text.parse().map_or_else(|_| Value::Number(arena.text(text)), Value::Int);
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && digits(text) == digits(&format!("{value:e}")) => {
            Value::Float(value)
        }
        _ => Value::Number(arena.text(text)),
    }
}

/// A decimal number as its digits without leading and trailing zeros, and the power of ten of the
/// first digit.
fn digits(text: &str) -> (Cow<'_, str>, i64) {
    let text = text.trim_start_matches(['-', '+']);
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i64 = exponent.parse().unwrap_or(i64::MAX / 4);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all: Cow<'_, str> = if fraction.is_empty() {
        Cow::Borrowed(whole)
    } else {
        Cow::Owned(format!("{whole}{fraction}"))
    };
    let leading = all.len() - all.trim_start_matches('0').len();
    let significant = all.trim_matches('0').to_owned();
    if significant.is_empty() {
        return (Cow::Borrowed(""), 0);
    }
    let place = |len: usize| i64::try_from(len).unwrap_or(i64::MAX / 4);
    (Cow::Owned(significant), exponent + place(whole.len()) - place(leading))
}

/// The text without `\uD83D` escapes that have no partner, which Logstash's reader drops and strict ones
/// refuse; nothing when there are none.
fn without_lone_surrogates(text: &str) -> Option<String> {
    let code = |at: usize| -> Option<u32> {
        let escape = text.get(at..at + 6)?;
        u32::from_str_radix(escape.strip_prefix("\\u")?, 16).ok()
    };
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = text[at..].find('\\') {
        at += found;
        match code(at) {
            Some(0xD800..=0xDBFF) if matches!(code(at + 6), Some(0xDC00..=0xDFFF)) => at += 12,
            Some(0xD800..=0xDFFF) => {
                out.push_str(&text[copied..at]);
                at += 6;
                copied = at;
            }
            Some(_) => at += 6,
            // The escape is two characters of which the second may have several bytes.
            None => at += 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8),
        }
    }
    if copied == 0 {
        return None;
    }
    out.push_str(&text[copied..]);
    Some(out)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn read(text: &str, after: After) -> Result<String, JsonError> {
        let arena = Arena::new();
        let value = JsonReader::default().read(text, after, &arena)?;
        let mut out = Vec::new();
        value.write_json(&mut out);
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn numbers_keep_their_text_when_no_machine_number_is_exactly_them() {
        for (text, expected) in [
            ("[9223372036854775807]", "[9223372036854775807]"),
            ("[9223372036854775808]", "[9223372036854775808]"),
            ("[18446744073709551616]", "[18446744073709551616]"),
            ("[-0]", "[0]"),
            ("[0.1]", "[0.1]"),
            ("[1.50]", "[1.5]"),
            ("[1e2]", "[100.0]"),
            ("[1e400]", "[1e400]"),
            ("[1.23456789012345678901234567890]", "[1.23456789012345678901234567890]"),
            ("[1.7976931348623157e308]", "[1.7976931348623157E308]"),
            ("[0.000000000000000000000]", "[0.0]"),
        ] {
            assert_eq!(read(text, After::Objects).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn first_error_is_where_the_text_stops_to_be_json() {
        for (text, at) in [
            ("{\"a\":1,}", Some(7)),
            ("{\"a\":1", Some(6)),
            ("{\"ä\":x}", Some(6)),
            ("{\"a\":1} {\"b\":2} x", Some(16)),
            ("{\"a\":1}{\"b\"}", Some(11)),
            ("{\"a\":1} {\"b\":2}", None),
            ("[1]", None),
            ("", Some(0)),
        ] {
            assert_eq!(first_error(text).map(|(at, _)| at), at, "{text}");
        }
        assert!(first_error(&"[".repeat(2000)).is_some());
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in [
            "",
            " ",
            "{",
            "{a:1}",
            "{'a':1}",
            "{\"a\":01}",
            "{\"a\":1,}",
            "[1,]",
            "NaN",
            "{\"a\":1} x",
            "{\"a\":\"\n\"}",
            "// c\n{}",
            "[1 2]",
            "\"\\x\"",
            "{\"a\":1}]",
            "tru",
        ] {
            assert_eq!(read(text, After::Objects), Err(JsonError), "{text}");
        }
    }

    #[test]
    fn the_last_of_several_objects_counts_for_the_filter_and_the_first_for_codecs() {
        assert_eq!(
            read("{\"a\":1}{\"b\":2} {\"c\":3}", After::Objects).as_deref(),
            Ok("{\"c\":3}")
        );
        assert_eq!(read("{\"a\":1} junk", After::Anything).as_deref(), Ok("{\"a\":1}"));
    }

    #[test]
    fn lone_surrogates_are_dropped_and_pairs_kept() {
        let text = "{\"a\":\"x\\ud83dy\\ud83d\\ude00\\\\ud83d\"}";
        assert_eq!(read(text, After::Objects).as_deref(), Ok("{\"a\":\"xy\u{1F600}\\\\ud83d\"}"));
    }

    #[test]
    fn nesting_is_taken_up_to_the_limit() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(read(&nested(limits::NESTING), After::Objects).is_ok());
        assert_eq!(read(&nested(limits::NESTING + 1), After::Objects), Err(JsonError));
        assert_eq!(read(&nested(1_000_000), After::Objects), Err(JsonError));
    }
}
