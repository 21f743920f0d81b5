//! Events to bytes: the codecs that write, and JSON and CSV of chosen fields.
//!
//! Source of behaviour: the codecs of Logstash 9.x and `Event#to_s`.

use core::fmt::Write;

use crate::event::{EscapeStyle, Event, Object, PathError, Template, Value, text};
use crate::time::Timestamp;

mod csv;
mod omit;
mod select;

/// One configured encoder.
#[derive(Debug)]
pub struct Encoder {
    format: OutputFormat,
}

#[derive(Debug)]
enum OutputFormat {
    Json,
    JsonLines {
        delimiter: Box<[u8]>,
    },
    /// As `JsonLines`, with `@metadata`.
    JsonLinesWithMetadata,
    Csv(csv::Columns),
    CsvRow(Box<crate::codec::plugin::csv::CsvEncoder>),
    Cef(Box<crate::codec::plugin::cef::CefEncoder>),
    Dots,
    Msgpack,
    /// As `JsonLines`, without some fields.
    Omission(omit::Omission),
    /// As `Json` and `JsonLines`, of chosen fields.
    Selection {
        fields: select::Selection,
        delimiter: Box<[u8]>,
    },
    /// codecs line and plain; plain has no delimiter.
    Text {
        format: Option<Template>,
        delimiter: Box<[u8]>,
    },
    RubyDebug {
        metadata: Metadata,
    },
}

/// Whether `@metadata` is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metadata {
    /// It is left out.
    Hide,
    /// It is the last field.
    Show,
}

impl Encoder {
    /// One JSON object after the other, without line ends.
    pub fn json() -> Self {
        Self { format: OutputFormat::Json }
    }

    /// One JSON object a line.
    pub fn json_lines() -> Self {
        Self { format: OutputFormat::JsonLines { delimiter: Box::new(*b"\n") } }
    }

    /// As [`Encoder::json_lines`], with `@metadata` as the last field unless it is empty.
    pub fn json_lines_with_metadata() -> Self {
        Self { format: OutputFormat::JsonLinesWithMetadata }
    }

    /// As [`Encoder::json`], with these fields only, in this order.
    ///
    /// # Errors
    /// When a text is no field reference.
    pub fn json_of(fields: &[&str], style: EscapeStyle) -> Result<Self, PathError> {
        let fields = select::Selection::new(fields, style)?;
        Ok(Self { format: OutputFormat::Selection { fields, delimiter: Box::new([]) } })
    }

    /// As [`Encoder::json_lines`], with these fields only, in this order.
    ///
    /// # Errors
    /// When a text is no field reference.
    pub fn json_lines_of(fields: &[&str], style: EscapeStyle) -> Result<Self, PathError> {
        let fields = select::Selection::new(fields, style)?;
        Ok(Self { format: OutputFormat::Selection { fields, delimiter: Box::new(*b"\n") } })
    }

    /// As [`Encoder::json_lines`], without these fields; a map that they leave empty goes with them.
    ///
    /// # Errors
    /// When a text is no field reference.
    pub fn json_lines_without(fields: &[&str], style: EscapeStyle) -> Result<Self, PathError> {
        Ok(Self { format: OutputFormat::Omission(omit::Omission::new(fields, style)?) })
    }

    /// One row of CSV for each event, with these fields as columns; [`Encoder::header`] is their names.
    ///
    /// A missing field and null give an empty cell, the empty text `""`, lists and maps JSON.
    ///
    /// # Errors
    /// When a text is no field reference.
    pub fn csv(fields: &[&str], style: EscapeStyle) -> Result<Self, PathError> {
        Ok(Self { format: OutputFormat::Csv(csv::Columns::new(fields, style)?) })
    }

    /// What stands once before the first event: the names of CSV's columns.
    pub fn header(&self) -> &[u8] {
        match &self.format {
            OutputFormat::Csv(columns) => columns.header(),
            OutputFormat::CsvRow(rows) => rows.header(),
            _ => &[],
        }
    }

    /// A text a line: a sprintf template, or `<@timestamp> <host> <message>` without one.
    pub fn line(format: Option<&str>, style: EscapeStyle) -> Self {
        let format = format.map(|format| Template::parse(format, style));
        Self { format: OutputFormat::Text { format, delimiter: Box::new(*b"\n") } }
    }

    /// As [`Encoder::line`], without line ends.
    pub fn plain(format: Option<&str>, style: EscapeStyle) -> Self {
        let format = format.map(|format| Template::parse(format, style));
        Self { format: OutputFormat::Text { format, delimiter: Box::new([]) } }
    }

    /// As [`Encoder::line`], with another line end.
    pub(crate) fn line_ended(format: Option<&str>, delimiter: &str, style: EscapeStyle) -> Self {
        let format = format.map(|format| Template::parse(format, style));
        Self { format: OutputFormat::Text { format, delimiter: delimiter.as_bytes().into() } }
    }

    /// As [`Encoder::json_lines`], with another line end.
    pub(crate) fn json_ended(delimiter: &str) -> Self {
        Self { format: OutputFormat::JsonLines { delimiter: delimiter.as_bytes().into() } }
    }

    /// Rows of CSV, as the codec's options say.
    pub(crate) fn csv_row(rows: crate::codec::plugin::csv::CsvEncoder) -> Self {
        Self { format: OutputFormat::CsvRow(Box::new(rows)) }
    }

    /// CEF, as the codec's options say.
    pub(crate) fn cef(cef: crate::codec::plugin::cef::CefEncoder) -> Self {
        Self { format: OutputFormat::Cef(Box::new(cef)) }
    }

    /// A map of `MessagePack` for each event, without anything between them.
    pub fn msgpack() -> Self {
        Self { format: OutputFormat::Msgpack }
    }

    /// A dot for each event.
    pub fn dots() -> Self {
        Self { format: OutputFormat::Dots }
    }

    /// The indented form for people.
    pub fn rubydebug(metadata: Metadata) -> Self {
        Self { format: OutputFormat::RubyDebug { metadata } }
    }

    /// Appends an event. A template that cannot be filled in gives the event's default text.
    pub fn encode(&self, event: &Event<'_>, now: Timestamp, out: &mut Vec<u8>) {
        match &self.format {
            OutputFormat::Json => event.write_json(out),
            OutputFormat::JsonLines { delimiter } => {
                event.write_json(out);
                out.extend_from_slice(delimiter);
            }
            OutputFormat::JsonLinesWithMetadata => {
                event.write_json_with_metadata(out);
                out.push(b'\n');
            }
            OutputFormat::Csv(columns) => columns.encode(event, out),
            OutputFormat::CsvRow(rows) => rows.encode(event, out),
            OutputFormat::Cef(cef) => cef.encode(event, now, out),
            OutputFormat::Msgpack => crate::codec::plugin::msgpack::write_event(event, out),
            OutputFormat::Dots => out.push(b'.'),
            OutputFormat::Omission(fields) => {
                fields.encode(event, out);
                out.push(b'\n');
            }
            OutputFormat::Selection { fields, delimiter } => {
                fields.encode(event, out);
                out.extend_from_slice(delimiter);
            }
            OutputFormat::Text { format, delimiter } => {
                let mut line = String::new();
                let filled = format
                    .as_ref()
                    .is_some_and(|format| format.push_rendered(event, now, &mut line).is_ok());
                if !filled {
                    line.clear();
                    push_default(event, &mut line);
                }
                out.extend_from_slice(line.as_bytes());
                out.extend_from_slice(delimiter);
            }
            OutputFormat::RubyDebug { metadata } => {
                let mut shown = String::new();
                let extra = (*metadata == Metadata::Show && !event.metadata().is_empty())
                    .then_some(("@metadata", event.metadata()));
                push_map(event.data(), extra, 0, &mut shown);
                shown.push('\n');
                out.extend_from_slice(shown.as_bytes());
            }
        }
    }
}

/// `Event#to_s`: time, host and message; a missing one stays as `%{host}`.
fn push_default(event: &Event<'_>, out: &mut String) {
    if let Some(time) = event.timestamp() {
        time.push_iso(out);
        out.push(' ');
    }
    for (at, name) in ["host", "message"].into_iter().enumerate() {
        if at > 0 {
            out.push(' ');
        }
        match event.data().get(crate::event::Key::new(name)) {
            None | Some(Value::Null) => {
                out.push_str("%{");
                out.push_str(name);
                out.push('}');
            }
            Some(value) => text::push_sprintf(value, out),
        }
    }
}

const INDENT: usize = 4;

/// A map over several lines, keys aligned to the right.
fn push_map(
    object: &Object<'_>,
    extra: Option<(&str, &Object<'_>)>,
    level: usize,
    out: &mut String,
) {
    let names: Vec<String> = object.iter().map(|(name, _)| quoted(name)).collect();
    let extra_name = extra.map(|(name, _)| quoted(name));
    let widest = names.iter().chain(&extra_name).map(|name| name.chars().count()).max();
    let Some(widest) = widest else {
        out.push_str("{}");
        return;
    };
    out.push_str("{\n");
    let count = names.len() + usize::from(extra.is_some());
    let key = |at: usize, name: &str, out: &mut String| {
        if at > 0 {
            out.push_str(",\n");
        }
        let pad = level * INDENT + INDENT + widest - name.chars().count();
        out.extend(core::iter::repeat_n(' ', pad));
        out.push_str(name);
        out.push_str(" => ");
    };
    for (at, ((_, value), name)) in object.iter().zip(&names).enumerate() {
        key(at, name, out);
        push_shown(value, level + 1, out);
    }
    if let Some(((_, object), name)) = extra.zip(extra_name) {
        key(count - 1, &name, out);
        push_map(object, None, level + 1, out);
    }
    out.push('\n');
    out.extend(core::iter::repeat_n(' ', level * INDENT));
    out.push('}');
}

fn push_shown(value: &Value<'_>, level: usize, out: &mut String) {
    match value {
        Value::Object(object) => push_map(object, None, level, out),
        Value::Array(array) if array.as_slice().is_empty() => out.push_str("[]"),
        Value::Array(array) => {
            out.push_str("[\n");
            let last_index = array.as_slice().len() - 1;
            let width = last_index.to_string().len();
            for (at, item) in array.as_slice().iter().enumerate() {
                out.extend(core::iter::repeat_n(' ', level * INDENT + INDENT));
                // Writing to a text in memory does not fail.
                let _ = write!(out, "[{at:>width$}] ");
                push_shown(item, level + 1, out);
                out.push_str(if at == last_index { "\n" } else { ",\n" });
            }
            out.extend(core::iter::repeat_n(' ', level * INDENT));
            out.push(']');
        }
        value => text::push_ruby_inspect(value, out),
    }
}

fn quoted(name: &str) -> String {
    let mut out = String::new();
    text::push_ruby_inspect(&Value::Str(name), &mut out);
    out
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::arena::Arena;
    use crate::event::{Key, Origin};

    fn event(arena: &Arena) -> Event<'_> {
        let mut event =
            Event::from_message("hi \"x\"", Timestamp::UNIX_EPOCH, Origin::default(), 8, arena);
        let list = Value::array([Value::Int(1), Value::Null], arena);
        event.data.insert(Key::new("list"), list, arena);
        event.metadata.insert(Key::new("m"), Value::Bool(true), arena);
        event
    }

    fn encoded(encoder: &Encoder) -> String {
        let arena = Arena::new();
        let mut out = Vec::new();
        encoder.encode(&event(&arena), Timestamp::UNIX_EPOCH, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn rubydebug_aligns_keys_to_the_right() {
        assert_eq!(
            encoded(&Encoder::rubydebug(Metadata::Show)),
            concat!(
                "{\n",
                "    \"@timestamp\" => 1970-01-01T00:00:00.000Z,\n",
                "      \"@version\" => \"1\",\n",
                "       \"message\" => \"hi \\\"x\\\"\",\n",
                "          \"list\" => [\n",
                "        [0] 1,\n",
                "        [1] nil\n",
                "    ],\n",
                "     \"@metadata\" => {\n",
                "        \"m\" => true\n",
                "    }\n",
                "}\n"
            )
        );
    }

    #[test]
    fn chosen_fields_keep_their_places_in_the_tree() {
        let style = EscapeStyle::None;
        for (fields, expected) in [
            (&["list", "message"][..], r#"{"list":[1,null],"message":"hi \"x\""}"#),
            (&["no", "[list][no]", "[no][a][b]"], "{}"),
            (
                &["[list][0]", "[no][a]", "[list][1]", "@version"],
                r#"{"list":{"0":1,"1":null},"@version":"1"}"#,
            ),
            (&["[list][0]", "list"], r#"{"list":[1,null]}"#),
            (&["list", "[list][0]"], r#"{"list":[1,null]}"#),
            (&["[@metadata][m]", "[@metadata][n]"], r#"{"@metadata":{"m":true}}"#),
            (&["@metadata"], r#"{"@metadata":{"m":true}}"#),
        ] {
            assert_eq!(encoded(&Encoder::json_of(fields, style).unwrap()), expected);
            let line = encoded(&Encoder::json_lines_of(fields, style).unwrap());
            assert_eq!(line, format!("{expected}\n"));
        }
        assert_eq!(Encoder::json_of(&["[a"], style).unwrap_err(), PathError::Unbalanced);
    }

    #[test]
    fn csv_has_a_cell_for_every_column() {
        let fields =
            ["message", "no", "[list]", "@timestamp", "[list][0]", "[@metadata][m]", "[list][1]"];
        let encoder = Encoder::csv(&fields, EscapeStyle::None).unwrap();
        let header = "message,no,[list],@timestamp,[list][0],[@metadata][m],[list][1]\n";
        assert_eq!(encoder.header(), header.as_bytes());
        let row = "\"hi \"\"x\"\"\",,\"[1,null]\",1970-01-01T00:00:00.000Z,1,true,\n";
        assert_eq!(encoded(&encoder), row);
    }

    #[test]
    fn texts_come_by_template_or_in_the_default_form() {
        let style = EscapeStyle::None;
        assert_eq!(encoded(&Encoder::line(Some("%{list}|%{no}"), style)), "1,|%{no}\n");
        assert_eq!(
            encoded(&Encoder::plain(None, style)),
            "1970-01-01T00:00:00.000Z %{host} hi \"x\""
        );
    }
}
