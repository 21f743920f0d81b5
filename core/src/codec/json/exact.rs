//! JSON text to values, exactly: strict, not recursive, with every number's text at hand.
//!
//! Several times slower than the fast reader, and its judge.

use std::borrow::Cow;

use json_event_parser::{JsonEvent, LowLevelJsonParser};

use crate::arena::Arena;
use crate::codec::json::{After, JsonError, NegativeZero};
use crate::event::{Key, Object, Value};
use crate::limits;

/// Reads a text; blanks alone are an error.
pub(super) fn read<'b>(
    text: &str,
    after: After,
    zero: NegativeZero,
    arena: &'b Arena,
) -> Result<Value<'b>, JsonError> {
    let mut value = read_values(text, after, arena).or_else(|JsonError| {
        let repaired = without_lone_surrogates(text).ok_or(JsonError)?;
        read_values(&repaired, after, arena)
    })?;
    if zero == NegativeZero::Plain && text.contains("-0") {
        make_zeros_plain(&mut value);
    }
    Ok(value)
}

fn make_zeros_plain(value: &mut Value<'_>) {
    match value {
        Value::Float(number) if *number == 0.0 => *number = 0.0,
        Value::Array(array) => array.as_mut_slice().iter_mut().for_each(make_zeros_plain),
        Value::Object(object) => object.values_mut().for_each(make_zeros_plain),
        _ => {}
    }
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
