//! Events and values as JSON text, as Logstash's json codec writes them: UTF-8 unescaped, `/`
//! unescaped, doubles in Java's notation, no blanks.

use crate::event::text::push_java_double;
use crate::event::{Event, Object, Value};

impl Event<'_> {
    /// Appends the event as one JSON object, without `@metadata` and without a line end.
    ///
    /// Fields come in order of first insertion; a codec's events start with `@timestamp` and
    /// `@version`.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        write_object(&self.data, out);
    }

    /// Appends the event as one JSON object with `@metadata` as its last field unless it is empty.
    pub fn write_json_with_metadata(&self, out: &mut Vec<u8>) {
        write_object(&self.data, out);
        if !self.metadata.is_empty() {
            out.pop();
            if !self.data.is_empty() {
                out.push(b',');
            }
            out.extend_from_slice(b"\"@metadata\":");
            write_object(&self.metadata, out);
            out.push(b'}');
        }
    }
}

impl Value<'_> {
    /// Appends the value as JSON text.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        write_value(self, out);
    }
}

/// Appends a value as JSON to a text.
pub(crate) fn push_value(value: &Value<'_>, out: &mut String) {
    push_written(out, |bytes| write_value(value, bytes));
}

/// Appends a map as JSON to a text.
pub(crate) fn push_object(object: &Object<'_>, out: &mut String) {
    push_written(out, |bytes| write_object(object, bytes));
}

fn push_written(out: &mut String, write: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = core::mem::take(out).into_bytes();
    write(&mut bytes);
    // The writer only appends UTF-8, so nothing is replaced here.
    *out = String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
}

/// Appends a map as JSON.
pub(crate) fn write_object(object: &Object<'_>, out: &mut Vec<u8>) {
    out.push(b'{');
    for (at, (name, value)) in object.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write_text(name, out);
        out.push(b':');
        write_value(value, out);
    }
    out.push(b'}');
}

fn write_value(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Array(array) => {
            out.push(b'[');
            for (at, item) in array.as_slice().iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write_value(item, out);
            }
            out.push(b']');
        }
        Value::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
        Value::Float(value) if value.is_finite() => push_java_double(*value, &mut Utf8(out)),
        Value::Float(value) => {
            out.push(b'"');
            push_java_double(*value, &mut Utf8(out));
            out.push(b'"');
        }
        Value::Int(value) => out.extend_from_slice(itoa::Buffer::new().format(*value).as_bytes()),
        Value::Null => out.extend_from_slice(b"null"),
        Value::Number(text) => out.extend_from_slice(text.as_bytes()),
        Value::Object(object) => write_object(object, out),
        Value::Str(text) => write_text(text, out),
        Value::Time(time) => {
            out.push(b'"');
            time.write_iso(out);
            out.push(b'"');
        }
    }
}

/// Bytes that JSON must escape: control characters, the quote and the backslash.
const ESCAPED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = true;
        byte += 1;
    }
    table[b'"' as usize] = true;
    table[b'\\' as usize] = true;
    table
};

/// Appends a text in quotes, escaped.
pub(crate) fn write_text(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    let mut plain_from = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if !ESCAPED[usize::from(byte)] {
            continue;
        }
        out.extend_from_slice(&bytes[plain_from..at]);
        plain_from = at + 1;
        let short = match byte {
            b'"' => b'"',
            b'\\' => b'\\',
            0x08 => b'b',
            0x0C => b'f',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            _ => {
                const HEX: &[u8; 16] = b"0123456789ABCDEF";
                out.extend_from_slice(b"\\u00");
                out.push(HEX[usize::from(byte >> 4)]);
                out.push(HEX[usize::from(byte & 15)]);
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', short]);
    }
    out.extend_from_slice(&bytes[plain_from..]);
    out.push(b'"');
}

/// A byte buffer that takes formatted text.
struct Utf8<'a>(&'a mut Vec<u8>);

impl core::fmt::Write for Utf8<'_> {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn texts_are_escaped_as_json_demands_and_no_more() {
        let mut out = Vec::new();
        write_text("a\"b\\c/\u{e9}\n\r\t\u{8}\u{c}\u{1}\u{1f}\u{7f}", &mut out);
        let expected = "\"a\\\"b\\\\c/\u{e9}\\n\\r\\t\\b\\f\\u0001\\u001F\u{7f}\"";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn what_is_written_is_json() {
        for value in [
            Value::Float(1e300),
            Value::Float(f64::NAN),
            Value::Float(-0.0),
            Value::Int(i64::MIN),
            Value::Number("1e400"),
            Value::Str("\u{0}\u{2028}"),
        ] {
            let mut out = Vec::new();
            write_value(&value, &mut out);
            let read: Result<serde_json::Value, _> = serde_json::from_slice(&out);
            assert!(read.is_ok(), "{value:?} became {}", String::from_utf8_lossy(&out));
        }
    }
}
