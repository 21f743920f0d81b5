//! `csv`: each line is a row of values, and each event is written as one.
//!
//! `a,"b ""c""",` with `columns => ["x", "y", "z"]` gives `x` = `a`, `y` = `b "c"`, `z` = null. Quoting is as strict as Ruby's: a row
//! that breaks it is the `message` of an event with the tag `_csvparsefailure`. Source of behaviour:
//! logstash-codec-csv 1.1.0.

use bumpalo::collections::Vec as ArenaVec;

use crate::codec::decode;
use crate::codec::encode::Encoder;
use crate::codec::plugin::{Decode, DecodeCx, Decoder, Out, Piece, Taken, json, target};
use crate::diagnostic::Code;
use crate::event::{Event, FieldPath, Key, Object, Value, text};
use crate::filter::csv::convert::{Conversion, Dates};
use crate::filter::csv::row::Format;
use crate::filter::{CompileCx, Order};
use crate::program::PluginDoc;
use crate::program::options::PluginOptions;
use crate::scan::Simd;

pub(super) use crate::filter::csv::Cell;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Rows of comma-separated values, one a line.",
    example: r#"csv { columns => ["name", "age"] convert => { "age" => "integer" } }"#,
    options: &[
        ("autodetect_column_names", "Takes the names of the columns from the first line, unless `columns` is set."),
        ("autogenerate_column_names", "Keeps values beyond the columns as `column4` and so on."),
        ("charset", "The encoding of the bytes that are read."),
        ("columns", "The names of the columns."),
        ("convert", "Columns and what their values become: `integer`, `float`, `date`, `date_time` or `boolean`."),
        ("include_headers", "Writes a row of names before the first event."),
        ("quote_char", "The character around values with separators inside."),
        ("separator", "What stands between values."),
        ("skip_empty_columns", "Leaves out fields without a value."),
        ("target", "The field that gets the values; without it they become fields of the event."),
    ],
    differences: &[
        ("", "An empty line is a failure with the tag `_csvparsefailure`; Logstash throws."),
        ("include_headers", "Needs `columns`."),
    ],
};

#[derive(Debug)]
struct Csv {
    columns: Box<[Box<str>]>,
    convert: Box<[(Box<str>, Conversion)]>,
    dialect: Dialect,
    names: Names,
    empty: Empty,
    target: Option<FieldPath>,
    dates: Dates,
}

/// Where the names of columns come from that `columns` lacks.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Names {
    FromFirstLine { are_generated: bool },
    Generated,
    None,
}

/// What becomes of a value that is null or empty.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Empty {
    Keep,
    Skip,
}

/// How values stand in a row.
#[derive(Debug)]
struct Dialect {
    separator: Box<str>,
    quote: Box<str>,
    /// None when Ruby takes separator and quote for none: every row then fails.
    format: Option<Format>,
}

/// The names that the first line of the stream gave.
#[derive(Debug, Default)]
struct Detected {
    names: Option<Vec<Option<Box<str>>>>,
}

pub(super) fn decoder(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Decoder> {
    let target = target(options, cx).ok()?;
    let columns: Box<[Box<str>]> =
        options.texts("columns").iter().map(|name| name.value.into()).collect();
    let mut convert = Vec::new();
    let mut is_sound = true;
    for (name, kind) in options.pairs("convert") {
        let Some(conversion) = Conversion::from_name(&kind.to_text()) else {
            cx.error_with_help(
                Code::BadValue,
                kind.span,
                format!("`{}` is no type that `convert` knows", kind.to_text()),
                format!("use one of {}", Conversion::NAMES.join(", ")),
            );
            is_sound = false;
            continue;
        };
        convert.push((name.value.into(), conversion));
    }
    let are_generated = options.flag("autogenerate_column_names", true);
    let names = if columns.is_empty() && options.flag("autodetect_column_names", false) {
        Names::FromFirstLine { are_generated }
    } else if are_generated {
        Names::Generated
    } else {
        Names::None
    };
    let decode = Csv {
        columns,
        dates: Dates::new(&convert),
        convert: convert.into(),
        dialect: Dialect::new(options),
        names,
        empty: if options.flag("skip_empty_columns", false) { Empty::Skip } else { Empty::Keep },
        target,
    };
    let mut decoder = Decoder::coded(cx.ecs(options), decode);
    if matches!(names, Names::FromFirstLine { .. }) {
        decoder.order = Order::Ordered;
    }
    decoder.with_text_options(options, cx).filter(|_| is_sound)
}

pub(super) fn encoder(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Encoder> {
    let style = cx.options.field_reference_escape_style;
    let mut columns = Vec::new();
    let mut is_sound = true;
    for name in options.texts("columns") {
        match FieldPath::parse(name.value, style) {
            Ok(path) => columns.push(path),
            Err(error) => {
                cx.error(Code::BadFieldReference, name.span, error.to_string());
                is_sound = false;
            }
        }
    }
    let dialect = Dialect::new(options);
    let mut header = Vec::new();
    if options.flag("include_headers", false) {
        for (at, name) in options.texts("columns").iter().enumerate() {
            dialect.push_cell(at, Some(name.value), &mut header);
        }
        header.push(b'\n');
    }
    is_sound.then(|| Encoder::csv_row(CsvEncoder { columns: columns.into(), dialect, header: header.into() }))
}

impl Dialect {
    fn new(options: &PluginOptions) -> Self {
        let separator = options.text("separator").map_or(",", |text| text.value);
        let quote = options.text("quote_char").map_or("\"", |text| text.value);
        // Written so, it stands for the character that no text has.
        let quote = if quote == "\\x00" { "\0" } else { quote };
        let format = Format::new(separator, quote);
        Self { separator: separator.into(), quote: quote.into(), format }
    }

    /// Appends a value of a row, with a separator before all but the first.
    fn push_cell(&self, at: usize, cell: Option<&str>, out: &mut Vec<u8>) {
        if at > 0 {
            out.extend_from_slice(self.separator.as_bytes());
        }
        let Some(cell) = cell else { return };
        let quote = &*self.quote;
        let is_edge = |character: Option<char>| character.is_none_or(|edge| edge.is_ascii_whitespace());
        let is_plain = !is_edge(cell.chars().next())
            && !is_edge(cell.chars().next_back())
            && !cell.contains(['\r', '\n'])
            && !cell.contains(quote)
            && !cell.contains(&*self.separator);
        if is_plain {
            out.extend_from_slice(cell.as_bytes());
            return;
        }
        let quote_bytes = quote.as_bytes();
        out.extend_from_slice(quote_bytes);
        for (nth, part) in cell.split(quote).enumerate() {
            if nth > 0 {
                out.extend_from_slice(quote_bytes);
                out.extend_from_slice(quote_bytes);
            }
            out.extend_from_slice(part.as_bytes());
        }
        out.extend_from_slice(quote_bytes);
    }
}

impl Decode for Csv {
    fn decode<'b>(
        &'b self,
        piece: Piece<'b>,
        cx: &mut DecodeCx<'_, 'b>,
        out: &mut dyn Out<'b>,
    ) -> Taken {
        let origin = piece.origin;
        let Some(format) = self.read(origin.text, cx.arena.simd(), &mut cx.memory.cells) else {
            let why = "the line is no row of CSV";
            out.event(decode::failed(origin, "_csvparsefailure", why, cx));
            return Taken::Line;
        };
        let cells = cx.memory.cells.iter().map(|cell| format.text(*cell, origin.text, cx.arena));
        let cells = ArenaVec::from_iter_in(cells, cx.arena.bump());
        if matches!(self.names, Names::FromFirstLine { .. }) {
            let detected = cx.state::<Detected>();
            if detected.names.is_none() {
                let names = cells.iter().map(|cell| cell.map(Box::from)).collect();
                detected.names = Some(names);
                return Taken::Line;
            }
        }
        let Some(object) = self.object(cells, cx) else {
            let why = "an empty value cannot become a boolean";
            out.event(decode::failed(origin, "_csvparsefailure", why, cx));
            return Taken::Line;
        };
        let mut event = json::from_object(self.target.as_ref(), object, origin, cx);
        if cx.keeps_original {
            decode::set_original_if_absent(&mut event, cx.arena);
        }
        out.event(event);
        Taken::Line
    }
}

impl Csv {
    /// Finds the values of a line; nothing when it breaks the rules.
    fn read(&self, line: &str, simd: Simd, cells: &mut Vec<Cell>) -> Option<&Format> {
        let format = self.dialect.format.as_ref()?;
        format.read(line, simd, cells).ok()??;
        Some(format)
    }

    /// Nothing when a value cannot be converted as Logstash would.
    fn object<'b>(
        &'b self,
        cells: ArenaVec<'b, Option<&'b str>>,
        cx: &mut DecodeCx<'_, 'b>,
    ) -> Option<Object<'b>> {
        let arena = cx.arena;
        let mut object = Object::with_capacity_in(cells.len(), arena);
        for (at, cell) in cells.into_iter().enumerate() {
            if self.empty == Empty::Skip && cell.is_none_or(str::is_empty) {
                continue;
            }
            let known = match self.names {
                Names::FromFirstLine { .. } => {
                    let names = cx.state::<Detected>().names.as_ref();
                    let name = names.and_then(|names| names.get(at)?.as_deref());
                    name.map(|name| arena.text(name))
                }
                Names::Generated | Names::None => self.columns.get(at).map(|name| &**name),
            };
            let name = match (known, self.names) {
                (Some(name), _) => name,
                (None, Names::Generated | Names::FromFirstLine { are_generated: true }) => {
                    arena.build(|out| {
                        out.push_str("column");
                        out.push_str(itoa::Buffer::new().format(at + 1));
                    })
                }
                (None, _) => continue,
            };
            let conversion = self.convert.iter().find(|(column, _)| **column == *name);
            let value = match conversion {
                None => cell.map_or(Value::Null, Value::Str),
                Some((_, conversion)) => conversion.apply(cell, &self.dates, arena)?,
            };
            object.insert(Key::new(name), value, arena);
        }
        Some(object)
    }
}

/// Writes events as rows.
#[derive(Debug)]
pub(crate) struct CsvEncoder {
    /// None: all fields in their order.
    columns: Box<[FieldPath]>,
    dialect: Dialect,
    header: Box<[u8]>,
}

impl CsvEncoder {
    /// The row of names, if it was asked for.
    pub(crate) fn header(&self) -> &[u8] {
        &self.header
    }

    /// Appends the row of an event.
    pub(crate) fn encode(&self, event: &Event<'_>, out: &mut Vec<u8>) {
        let mut shown = String::new();
        let mut push = |at: usize, value: Option<&Value<'_>>| {
            let cell = match value {
                None | Some(Value::Null) => None,
                Some(Value::Str(text)) => Some(*text),
                Some(value) => {
                    shown.clear();
                    text::push_ruby(value, &mut shown);
                    Some(shown.as_str())
                }
            };
            self.dialect.push_cell(at, cell, out);
        };
        if self.columns.is_empty() {
            event.data().iter().enumerate().for_each(|(at, (_, value))| push(at, Some(value)));
        } else {
            let columns = self.columns.iter().enumerate();
            columns.for_each(|(at, path)| push(at, event.get(path.as_ref())));
        }
        out.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_only_where_a_reader_needs_it() {
        let dialect = Dialect { separator: ";".into(), quote: "'".into(), format: None };
        let mut out = Vec::new();
        let cells = [Some("a"), None, Some(""), Some("b;c"), Some("it's"), Some(" x"), Some("a,b")];
        for (at, cell) in cells.into_iter().enumerate() {
            dialect.push_cell(at, cell, &mut out);
        }
        assert_eq!(String::from_utf8(out), Ok("a;;'';'b;c';'it''s';' x';a,b".to_owned()));
    }
}
