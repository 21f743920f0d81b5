//! CSV: chosen fields of an event as one row.
//!
//! `{"a":"x, y","b":{"c":1}}` with the columns `a,[b]` gives `"x, y","{""c"":1}"`. A missing field and
//! null are an empty cell, the empty text is `""`; lists and maps are JSON. Quoting is that of RFC 4180;
//! rows end in a line feed. Source of behaviour: logstash-output-csv 3.0, but for lists, which it writes as
//! Ruby shows them.

use crate::event::json::write_object;
use crate::event::{EscapeStyle, Event, FieldPath, PathError, Value};

/// The columns of a table.
#[derive(Debug)]
pub(super) struct Columns {
    header: Box<[u8]>,
    fields: Box<[FieldPath]>,
}

impl Columns {
    /// Reads field references, which are also the columns' names.
    pub(super) fn new(fields: &[&str], style: EscapeStyle) -> Result<Self, PathError> {
        let mut header = Vec::new();
        for (at, name) in fields.iter().enumerate() {
            if at > 0 {
                header.push(b',');
            }
            let from = header.len();
            header.extend_from_slice(name.as_bytes());
            quote(&mut header, from);
        }
        header.push(b'\n');
        let fields: Result<Vec<_>, _> =
            fields.iter().map(|name| FieldPath::parse(name, style)).collect();
        Ok(Self { header: header.into(), fields: fields?.into() })
    }

    /// The row of names.
    pub(super) fn header(&self) -> &[u8] {
        &self.header
    }

    /// Appends the row of an event.
    pub(super) fn encode(&self, event: &Event<'_>, out: &mut Vec<u8>) {
        for (at, field) in self.fields.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            let from = out.len();
            match event.get(field.as_ref()) {
                None if field.as_ref().is_whole_metadata() => write_object(event.metadata(), out),
                None | Some(Value::Null) => continue,
                Some(Value::Str(text)) => out.extend_from_slice(text.as_bytes()),
                Some(Value::Time(time)) => time.write_iso(out),
                Some(value) => value.write_json(out),
            }
            quote(out, from);
        }
        out.push(b'\n');
    }
}

/// Puts the cell that starts at `from` in quotes when it is empty or holds what would end it.
fn quote(out: &mut Vec<u8>, from: usize) {
    let cell = &out[from..];
    let is_plain = !cell.iter().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r'))
        && matches!((cell.first(), cell.last()), (Some(first), Some(last)) if !first.is_ascii_whitespace() && !last.is_ascii_whitespace());
    if is_plain {
        return;
    }
    let quotes = memchr::memchr_iter(b'"', cell).count();
    let len = cell.len();
    // The cell grows in place, from its end.
    out.resize(from + len + quotes + 2, 0);
    let mut to = out.len() - 1;
    out[to] = b'"';
    for at in (from..from + len).rev() {
        to -= 1;
        out[to] = out[at];
        if out[at] == b'"' {
            to -= 1;
            out[to] = b'"';
        }
    }
    out[from] = b'"';
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn quoted(cell: &str) -> String {
        let mut out = b"kept,".to_vec();
        out.extend_from_slice(cell.as_bytes());
        quote(&mut out, 5);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn cells_are_quoted_only_where_a_reader_needs_it() {
        for (cell, expected) in [
            ("a", "a"),
            ("a b", "a b"),
            ("", "\"\""),
            (" a", "\" a\""),
            ("a\t", "\"a\t\""),
            ("a,b", "\"a,b\""),
            ("a\nb", "\"a\nb\""),
            ("\"", "\"\"\"\""),
            ("say \"hi\", you", "\"say \"\"hi\"\", you\""),
            ("é;|", "é;|"),
        ] {
            assert_eq!(quoted(cell), format!("kept,{expected}"));
        }
    }
}
