//! Values as text, in the three spellings that Logstash uses: Java's (sprintf, JSON numbers),
//! Ruby's `to_s` (convert, join, grok) and Ruby's `inspect` (lists and maps inside texts).

use core::fmt::Write;

use crate::event::{Object, Value, json};

/// Appends a double as Java's `Double.toString`: `1.0`, `1.2345678E7`, `1.0E-4`.
pub(crate) fn push_java_double(value: f64, out: &mut impl Write) {
    push_double(value, out, Spelling::Java);
}

/// Appends a double as Ruby's `to_s`: `1.0`, `12345678.0`, `1.0e+20`, `1.0e-05`.
/// `JRuby` changes to exponents at 20 digits, where Ruby does at 16.
pub(crate) fn push_ruby_float(value: f64, out: &mut impl Write) {
    push_double(value, out, Spelling::Ruby);
}

#[derive(Clone, Copy, PartialEq)]
enum Spelling {
    Java,
    Ruby,
}

fn push_double(value: f64, out: &mut impl Write, spelling: Spelling) {
    // Writing to a text in memory does not fail.
    let _ = write_double(value, out, spelling);
}

fn write_double(value: f64, out: &mut impl Write, spelling: Spelling) -> core::fmt::Result {
    if value.is_nan() {
        return out.write_str("NaN");
    }
    if value.is_infinite() {
        return out.write_str(if value > 0.0 { "Infinity" } else { "-Infinity" });
    }
    if value.is_sign_negative() {
        out.write_char('-')?;
    }
    let value = value.abs();
    if value == 0.0 {
        return out.write_str("0.0");
    }
    // `{:e}` gives the shortest digits that read back as this double: `d.ddde-7`.
    let mut buffer = Digits::default();
    write!(buffer, "{value:e}")?;
    let text = buffer.as_str();
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (first, rest) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let plain = match spelling {
        Spelling::Java => (-3..7).contains(&exponent),
        Spelling::Ruby => (-4..20).contains(&exponent),
    };
    if !plain {
        let rest = if rest.is_empty() { "0" } else { rest };
        return match spelling {
            Spelling::Java => write!(out, "{first}.{rest}E{exponent}"),
            Spelling::Ruby => {
                let sign = if exponent < 0 { '-' } else { '+' };
                write!(out, "{first}.{rest}e{sign}{:02}", exponent.unsigned_abs())
            }
        };
    }
    if exponent < 0 {
        out.write_str("0.")?;
        for _ in 1..exponent.unsigned_abs() {
            out.write_char('0')?;
        }
        out.write_str(first)?;
        return out.write_str(rest);
    }
    let whole = exponent.unsigned_abs() as usize;
    out.write_str(first)?;
    if rest.len() <= whole {
        out.write_str(rest)?;
        for _ in rest.len()..whole {
            out.write_char('0')?;
        }
        return out.write_str(".0");
    }
    out.write_str(&rest[..whole])?;
    out.write_char('.')?;
    out.write_str(&rest[whole..])
}

/// Room for the longest `{:e}` of a double: 17 digits, a dot, `e-308`.
#[derive(Default)]
struct Digits {
    bytes: [u8; 32],
    len: usize,
}

impl Digits {
    fn as_str(&self) -> &str {
        str::from_utf8(&self.bytes[..self.len]).unwrap_or("0e0")
    }
}

impl Write for Digits {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        let end = self.len + text.len();
        self.bytes.get_mut(self.len..end).ok_or(core::fmt::Error)?.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

/// Appends what sprintf puts for `%{field}`.
///
/// Lists are joined with `,` at all levels, maps become compact JSON, a map inside a list becomes
/// Java's `{k=1}`. Null is the caller's: sprintf keeps the reference.
pub(crate) fn push_sprintf(value: &Value<'_>, out: &mut String) {
    match value {
        Value::Array(array) => {
            for (at, item) in array.as_slice().iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                match item {
                    Value::Null => {}
                    Value::Object(object) => push_java_map(object, out),
                    item => push_sprintf(item, out),
                }
            }
        }
        Value::Object(_) => json::push_value(value, out),
        value => push_java_scalar(value, out),
    }
}

fn push_java_scalar(value: &Value<'_>, out: &mut String) {
    match value {
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Float(value) => push_java_double(*value, out),
        Value::Int(value) => {
            let _ = write!(out, "{value}");
        }
        Value::Number(text) | Value::Str(text) => out.push_str(text),
        Value::Time(time) => time.push_iso(out),
        Value::Array(_) | Value::Null | Value::Object(_) => {}
    }
}

fn push_java_map(object: &Object<'_>, out: &mut String) {
    out.push('{');
    for (at, (name, value)) in object.iter().enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        out.push_str(name);
        out.push('=');
        push_java_value(value, out);
    }
    out.push('}');
}

/// Appends Java's `toString`: `[a, {k=1}]`, `null`.
pub(crate) fn push_java_value(value: &Value<'_>, out: &mut String) {
    match value {
        Value::Array(array) => {
            out.push('[');
            for (at, item) in array.as_slice().iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                push_java_value(item, out);
            }
            out.push(']');
        }
        Value::Null => out.push_str("null"),
        Value::Object(object) => push_java_map(object, out),
        value => push_java_scalar(value, out),
    }
}

/// Appends Ruby's `to_s`: null is empty, lists and maps are inspected.
pub(crate) fn push_ruby(value: &Value<'_>, out: &mut String) {
    match value {
        Value::Array(_) | Value::Object(_) => push_ruby_inspect(value, out),
        Value::Float(value) => push_ruby_float(*value, out),
        value => push_java_scalar(value, out),
    }
}

/// Appends Ruby's `inspect`: `["a", nil, {"k"=>1}]`.
pub(crate) fn push_ruby_inspect(value: &Value<'_>, out: &mut String) {
    match value {
        Value::Array(array) => {
            out.push('[');
            for (at, item) in array.as_slice().iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                push_ruby_inspect(item, out);
            }
            out.push(']');
        }
        Value::Null => out.push_str("nil"),
        Value::Object(object) => {
            out.push('{');
            for (at, (name, value)) in object.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                push_quoted(name, out);
                out.push_str("=>");
                push_ruby_inspect(value, out);
            }
            out.push('}');
        }
        Value::Str(text) => push_quoted(text, out),
        value => push_ruby(value, out),
    }
}

fn push_quoted(text: &str, out: &mut String) {
    out.push('"');
    push_inspected(text.as_bytes(), out);
    out.push('"');
}

/// Appends bytes as Ruby's `inspect` shows a UTF-8 text, without the quotes.
///
/// Bytes that are no UTF-8 become `\xE9`; quotes, backslashes, control characters and `#{` are escaped
/// as well. This is what Logstash's codecs make of a text that is not valid UTF-8.
pub(crate) fn push_inspected(bytes: &[u8], out: &mut String) {
    for chunk in bytes.utf8_chunks() {
        let mut characters = chunk.valid().chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '\x0C' => out.push_str("\\f"),
                '\x0B' => out.push_str("\\v"),
                '\x08' => out.push_str("\\b"),
                '\x07' => out.push_str("\\a"),
                '\x1B' => out.push_str("\\e"),
                '\x7F' => out.push_str("\\x7F"),
                '#' if matches!(characters.peek(), Some('{' | '$' | '@')) => out.push_str("\\#"),
                control if control.is_control() => {
                    let _ = write!(out, "\\u{:04X}", u32::from(control));
                }
                plain => out.push(plain),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_have_java_and_ruby_spellings() {
        for (value, java, ruby) in [
            (0.0, "0.0", "0.0"),
            (-0.0, "-0.0", "-0.0"),
            (1.0, "1.0", "1.0"),
            (-2.5, "-2.5", "-2.5"),
            (123.0, "123.0", "123.0"),
            (12_345_678.0, "1.2345678E7", "12345678.0"),
            (9_999_999.0, "9999999.0", "9999999.0"),
            (10_000_000.0, "1.0E7", "10000000.0"),
            (0.001, "0.001", "0.001"),
            (0.0001, "1.0E-4", "0.0001"),
            (0.000_012, "1.2E-5", "1.2e-05"),
            (1e20, "1.0E20", "1.0e+20"),
            (1e16, "1.0E16", "10000000000000000.0"),
            (1e15, "1.0E15", "1000000000000000.0"),
            (f64::MAX, "1.7976931348623157E308", "1.7976931348623157e+308"),
            (f64::INFINITY, "Infinity", "Infinity"),
        ] {
            let (mut as_java, mut as_ruby) = (String::new(), String::new());
            push_java_double(value, &mut as_java);
            push_ruby_float(value, &mut as_ruby);
            assert_eq!((as_java.as_str(), as_ruby.as_str()), (java, ruby));
        }
    }

    #[test]
    fn inspected_bytes_show_what_is_no_utf8() {
        let mut out = String::new();
        push_inspected(b"caf\xE9 \"x\"\n#{a} #b \xF0\x9F\x98\x80\x01", &mut out);
        assert_eq!(out, "caf\\xE9 \\\"x\\\"\\n\\#{a} #b \u{1F600}\\u0001");
    }
}
