//! Events and values as JSON text, as Logstash's json codec writes them: UTF-8 unescaped, `/`
//! unescaped, doubles in Java's notation, no blanks.

use crate::event::text::push_java_double;
use crate::event::{Array, Event, Object, Value};
use crate::scan::json::{push_json_name, push_json_string, push_plain, push_written_name};
use crate::scan::{Kernel, Level, Simd};

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
    Simd::default().dispatch_wide(Map { object, out });
}

fn write_value(value: &Value<'_>, out: &mut Vec<u8>) {
    Simd::default().dispatch_wide(Any { value, out });
}

/// Writes a map.
struct Map<'a, 'b> {
    object: &'a Object<'b>,
    out: &'a mut Vec<u8>,
}

impl Kernel for Map<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Level>(self, level: L) {
        let Self { object, out } = self;
        if let Some(raw) = object.raw() {
            out.extend_from_slice(raw.text());
            return;
        }
        let start = out.len();
        for (key, value) in object.entries() {
            match key.written() {
                Some(name) => push_written_name(name, out),
                None => push_json_name(level, key.text().as_bytes(), out),
            }
            push_value_at(level, value, out);
        }
        // PERF: each field starts with a comma; the first one's place is the brace's.
        match out.get_mut(start) {
            Some(first) => *first = b'{',
            None => out.push(b'{'),
        }
        out.push(b'}');
    }
}

/// Writes a list.
struct List<'a, 'b> {
    array: &'a Array<'b>,
    out: &'a mut Vec<u8>,
}

impl Kernel for List<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Level>(self, level: L) {
        let Self { array, out } = self;
        if let Some(raw) = array.raw() {
            out.extend_from_slice(raw.text());
            return;
        }
        out.push(b'[');
        for (at, item) in array.as_slice().iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            push_value_at(level, item, out);
        }
        out.push(b']');
    }
}

/// Writes a value.
struct Any<'a, 'b> {
    value: &'a Value<'b>,
    out: &'a mut Vec<u8>,
}

impl Kernel for Any<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Level>(self, level: L) {
        push_value_at(level, self.value, self.out);
    }
}

#[inline(always)]
fn push_value_at<L: Level>(level: L, value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Array(array) => level.enter(List { array, out }),
        Value::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
        Value::Float(value) => push_float(*value, out),
        Value::Int(value) => push_int(*value, out),
        Value::Null => out.extend_from_slice(b"null"),
        Value::Number(text) => out.extend_from_slice(text.as_bytes()),
        Value::Object(object) => level.enter(Map { object, out }),
        Value::Str(text) => push_json_string(level, text.as_bytes(), out),
        Value::Time(time) => {
            out.push(b'"');
            time.write_iso(out);
            out.push(b'"');
        }
    }
}

fn push_int(value: i64, out: &mut Vec<u8>) {
    match u32::try_from(value) {
        Ok(value) if value < 100_000_000 => push_eight_digits(value, out),
        _ => push_plain(itoa::Buffer::new().format(value).as_bytes(), out),
    }
}

/// Appends a number of up to eight digits.
// PERF: all digits are made in one register and stored at once; digits that are stored one by one and then
// copied wait for the stores.
#[inline(always)]
fn push_eight_digits(value: u32, out: &mut Vec<u8>) {
    let value = u64::from(value);
    // Two numbers of four digits, four of two, eight of one; the first stands lowest. The quotients are exact for
    // numbers of that size.
    let fours = (value / 10_000) | ((value % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007F_0000_007F;
    let twos = hundreds | (fours - 100 * hundreds) << 16;
    let tens = ((twos * 103) >> 10) & 0x000F_000F_000F_000F;
    let digits = tens | (twos - 10 * tens) << 8;
    let leading = (digits.trailing_zeros() / 8).min(7);
    let text = (digits | 0x3030_3030_3030_3030) >> (8 * leading);
    let end = out.len() + 8 - leading as usize;
    out.extend_from_slice(&text.to_le_bytes());
    out.truncate(end);
}

#[inline(never)]
fn push_float(value: f64, out: &mut Vec<u8>) {
    if value.is_finite() {
        push_java_double(value, &mut Utf8(out));
    } else {
        out.push(b'"');
        push_java_double(value, &mut Utf8(out));
        out.push(b'"');
    }
}

/// Appends a text in quotes, escaped.
pub(crate) fn write_text(text: &str, out: &mut Vec<u8>) {
    Simd::default().dispatch_wide(Quoted { text, out });
}

/// Writes a text.
struct Quoted<'a> {
    text: &'a str,
    out: &'a mut Vec<u8>,
}

impl Kernel for Quoted<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Level>(self, level: L) {
        push_json_string(level, self.text.as_bytes(), self.out);
    }
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
    fn integers_are_written_in_decimals() {
        let edges = (0..=19).flat_map(|digits| {
            let power = 10_i64.checked_pow(digits).unwrap_or(i64::MAX);
            [power - 1, power, power.wrapping_add(1), power / 7, -power]
        });
        for value in edges.chain((0..200_000_000).step_by(9_973)) {
            let mut out = b"x".to_vec();
            write_value(&Value::Int(value), &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), format!("x{value}"));
        }
    }

    #[test]
    fn what_is_written_is_json() {
        for value in [
            Value::Float(1e300),
            Value::Float(f64::NAN),
            Value::Float(-0.0),
            Value::Int(i64::MIN),
            Value::Int(-1),
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
