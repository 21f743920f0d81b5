//! Ruby's ways from text to number, which mutate and grok expose.
//!
//! Lenient (`to_i`, `to_f`: the longest number at the start, else 0) and strict (`Float()`, `Integer()`).

use core::fmt::Write;

use bumpalo::collections::String as ArenaString;

use crate::arena::Arena;
use crate::event::Value;

/// Digits of a number in another base than ten that are converted; more is refused. Stops quadratic
/// work on a hostile text.
const BASE_DIGITS: usize = 400;

/// Ruby's `String#to_i`: blanks, a sign, digits with single underscores; 0 when there are none.
pub(crate) fn to_i<'b>(text: &str, arena: &'b Arena) -> Value<'b> {
    let text = text.trim_start_matches(is_blank);
    let (negative, digits) = sign(text);
    let mut kept = arena.string(digits.len());
    let mut previous_digit = false;
    for byte in digits.bytes() {
        match byte {
            b'0'..=b'9' => {
                kept.push(char::from(byte));
                previous_digit = true;
            }
            b'_' if previous_digit => previous_digit = false,
            _ => break,
        }
    }
    integer(negative, &kept, arena)
}

/// Ruby's `String#to_f`: the longest decimal number at the start; 0.0 when there is none.
pub(crate) fn to_f(text: &str, arena: &Arena) -> f64 {
    let text = text.trim_start_matches(is_blank);
    let (negative, rest) = sign(text);
    let bytes = rest.as_bytes();
    let mut kept = arena.string(rest.len());
    let mut at = digits_at(bytes, 0, &mut kept);
    if at == 0 && bytes.first() != Some(&b'.') {
        return 0.0;
    }
    if bytes.get(at) == Some(&b'.') && bytes.get(at + 1).is_some_and(u8::is_ascii_digit) {
        kept.push('.');
        at = digits_at(bytes, at + 1, &mut kept);
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) && !kept.is_empty() {
        let signed = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        if bytes.get(at + 1 + signed).is_some_and(u8::is_ascii_digit) {
            kept.push('e');
            kept.extend(bytes[at + 1..at + 1 + signed].iter().map(|&byte| char::from(byte)));
            digits_at(bytes, at + 1 + signed, &mut kept);
        }
    }
    let value = kept.parse().unwrap_or(0.0);
    if negative { -value } else { value }
}

/// Ruby's `Float()` on a text without blanks around it.
///
/// Underscores stand between digits, a fraction needs digits behind its dot; `0x` introduces
/// hexadecimal digits with a binary exponent, and then also a fraction, without a `+` before it.
pub(crate) fn strict_float(text: &str, arena: &Arena) -> Option<f64> {
    let (negative, digits) = sign(text);
    if let Some(hex) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        if text.starts_with('+') {
            return None;
        }
        let value = hex_float(hex)?;
        return Some(if negative { -value } else { value });
    }
    let bytes = digits.as_bytes();
    let mut kept = arena.string(digits.len());
    let mut at = strict_digits_at(bytes, 0, &mut kept)?;
    if bytes.get(at) == Some(&b'.') {
        kept.push('.');
        let end = strict_digits_at(bytes, at + 1, &mut kept)?;
        if end == at + 1 {
            return None;
        }
        at = end;
    } else if at == 0 {
        return None;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        kept.push('e');
        at += 1;
        if let Some(&sign @ (b'+' | b'-')) = bytes.get(at) {
            kept.push(char::from(sign));
            at += 1;
        }
        let end = strict_digits_at(bytes, at, &mut kept)?;
        if end == at {
            return None;
        }
        at = end;
    }
    if at != bytes.len() {
        return None;
    }
    let value: f64 = kept.parse().ok()?;
    Some(if negative { -value } else { value })
}

/// Ruby's `Integer()` on a text without blanks around it: `0x`, `0b`, `0o` and a leading `0` choose the
/// base; any size.
pub(crate) fn strict_integer<'b>(text: &str, arena: &'b Arena) -> Option<Value<'b>> {
    let (negative, digits) = sign(text);
    let (base, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        // Before a character that is no ASCII the zero stays, which is refused all the same.
        [b'0', next, ..] if next.is_ascii() => (8, &digits[1..]),
        _ => (10, digits),
    };
    let digits = if base == 8 { digits.strip_prefix('_').unwrap_or(digits) } else { digits };
    let mut kept = arena.string(digits.len());
    let mut previous_digit = false;
    for character in digits.chars() {
        if character == '_' && previous_digit {
            previous_digit = false;
        } else if character.is_digit(base) {
            kept.push(character);
            previous_digit = true;
        } else {
            return None;
        }
    }
    if !previous_digit {
        return None;
    }
    if base == 10 {
        return Some(integer(negative, &kept, arena));
    }
    if kept.len() > BASE_DIGITS {
        return None;
    }
    Some(integer(negative, &to_decimal(&kept, base), arena))
}

/// The integer part of a double, any size; nothing for infinities and NaN.
pub(crate) fn truncate(value: f64, arena: &Arena) -> Option<Value<'_>> {
    if !value.is_finite() {
        return None;
    }
    let value = value.trunc();
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    let small = (-9.0e18..9.0e18).contains(&value).then_some(value as i64);
    Some(small.map_or_else(|| Value::Number(arena.text(&format!("{value:.0}"))), Value::Int))
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\x0B' | '\x0C' | '\r')
}

fn sign(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    }
}

/// An integer from its decimal digits; none are 0.
fn integer<'b>(negative: bool, digits: &str, arena: &'b Arena) -> Value<'b> {
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Value::Int(0);
    }
    let mut text = arena.string(digits.len() + 1);
    if negative {
        text.push('-');
    }
    text.push_str(digits);
    text.parse().map_or_else(|_| Value::Number(arena.text(&text)), Value::Int)
}

/// Copies digits from `at` on, leaving out single underscores between them; tells where it stopped.
fn digits_at(bytes: &[u8], mut at: usize, kept: &mut ArenaString<'_>) -> usize {
    loop {
        match bytes.get(at) {
            Some(digit @ b'0'..=b'9') => kept.push(char::from(*digit)),
            Some(b'_')
                if at > 0
                    && bytes[at - 1].is_ascii_digit()
                    && bytes.get(at + 1).is_some_and(u8::is_ascii_digit) => {}
            _ => return at,
        }
        at += 1;
    }
}

/// As [`digits_at`]; an underscore elsewhere than between digits is refused.
fn strict_digits_at(bytes: &[u8], at: usize, kept: &mut ArenaString<'_>) -> Option<usize> {
    let end = digits_at(bytes, at, kept);
    (bytes.get(end) != Some(&b'_')).then_some(end)
}

fn hex_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = match text.split_once(['p', 'P']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((_, "")) => return None,
        Some(_) if mantissa.len() == text.len() => return None,
        Some((whole, fraction)) => (whole, fraction),
        None => (mantissa, ""),
    };
    if whole.is_empty() || whole.starts_with('_') || whole.ends_with('_') || whole.contains("__") {
        return None;
    }
    let mut value = 0.0_f64;
    for character in whole.chars().filter(|&character| character != '_') {
        value = value.mul_add(16.0, f64::from(character.to_digit(16)?));
    }
    let mut scale = 1.0_f64 / 16.0;
    for character in fraction.chars() {
        value += f64::from(character.to_digit(16)?) * scale;
        scale /= 16.0;
    }
    Some(value * 2.0_f64.powi(exponent))
}

/// Digits of another base as decimal digits.
fn to_decimal(digits: &str, base: u32) -> String {
    const LIMB: u64 = 1_000_000_000;
    let mut limbs: Vec<u64> = vec![0];
    for digit in digits.chars().filter_map(|character| character.to_digit(base)) {
        let mut carry = u64::from(digit);
        for limb in &mut limbs {
            let value = *limb * u64::from(base) + carry;
            *limb = value % LIMB;
            carry = value / LIMB;
        }
        if carry > 0 {
            limbs.push(carry);
        }
    }
    let mut text = String::new();
    for (at, limb) in limbs.iter().rev().enumerate() {
        // Writing to a text in memory does not fail.
        let _ = if at == 0 { write!(text, "{limb}") } else { write!(text, "{limb:09}") };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lenient_conversions_take_what_stands_in_front() {
        let arena = Arena::new();
        for (text, expected) in [
            ("3.99", Value::Int(3)),
            ("12abc", Value::Int(12)),
            ("0x1f", Value::Int(0)),
            ("1_000", Value::Int(1000)),
            ("1__0", Value::Int(1)),
            (" -7", Value::Int(-7)),
            ("", Value::Int(0)),
            ("9223372036854775808", Value::Number("9223372036854775808")),
        ] {
            assert_eq!(to_i(text, &arena), expected, "{text}");
        }
        for (text, expected) in
            [("1e3", 1000.0), (".5", 0.5), ("abc", 0.0), ("1.", 1.0), ("-1.5x", -1.5), ("1e", 1.0)]
        {
            assert!((to_f(text, &arena) - expected).abs() < f64::EPSILON, "{text}");
        }
    }

    #[test]
    fn strict_conversions_take_all_or_nothing() {
        let arena = Arena::new();
        for (text, expected) in [
            ("010", Some(Value::Int(8))),
            ("08", None),
            ("-0x1A", Some(Value::Int(-26))),
            ("1_000", Some(Value::Int(1000))),
            ("1__0", None),
            ("_1", None),
            ("", None),
            ("0", Some(Value::Int(0))),
            ("0xffffffffffffffffff", Some(Value::Number("4722366482869645213695"))),
        ] {
            assert_eq!(strict_integer(text, &arena), expected, "{text}");
        }
        for text in [
            "", "12abc", "1.", "NaN", "0b11", "+0x1f", "1__0", "e5", ".", "1e", "_1", "1_", "0x1.8",
        ] {
            assert_eq!(strict_float(text, &arena), None, "{text}");
        }
        for (text, expected) in
            [("-.9", -0.9), ("0x1.8p0", 1.5), ("1.23e+02", 123.0), ("1_0.5", 10.5)]
        {
            assert_eq!(strict_float(text, &arena), Some(expected), "{text}");
        }
    }
}
