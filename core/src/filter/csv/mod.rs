//! `csv`: the columns of a line become fields.
//!
//! `{"message":"17,\"a, b\","}` with `csv { columns => ["id", "name", "note"] convert => { "id" => "integer" } }` gives
//! `id` = 17, `name` = `a, b` and `note` = null. Quotes are read as strictly as Ruby reads them. Source of
//! behaviour: logstash-filter-csv 3.1.1 and Ruby's csv.

use core::fmt::Write;

use crate::diagnostic::Code;
use crate::event::{Event, Name, SetError, Value};
use crate::filter::field::FieldName;
use crate::filter::{CompileCx, Cx, Filter, Order, Outcome, shown, shown_value, tag_all};
use crate::limits;
use crate::program::PluginDoc;
use crate::program::options::{OptionKind, OptionValue, PluginOptions};

pub(crate) mod convert;
pub(crate) mod row;

use convert::{Conversion, Dates};
pub(crate) use row::Cell;
use row::{Format, RowError};

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Turns the columns of a CSV line into fields.",
    example: r#"csv { columns => ["time", "user", "bytes"] separator => ";" convert => { "bytes" => "integer" } }"#,
    options: &[
        ("autodetect_column_names", "Takes the names of the columns from the first line, which is dropped; needs one worker."),
        ("autogenerate_column_names", "Names columns without a name `column1`, `column2`, …; `false` leaves them out."),
        ("columns", "The names of the columns."),
        ("convert", "Columns and their types: `integer`, `float`, `date`, `date_time`, `boolean`."),
        ("ecs_compatibility", "No effect on the events."),
        ("quote_char", "The character around values; `\\x00` for none."),
        ("separator", "The text between values."),
        ("skip_empty_columns", "Leaves out columns without a value."),
        ("skip_empty_rows", "Tags an empty line `_csvskippedemptyfield` instead of `_csvparsefailure`."),
        ("skip_header", "Drops a line that holds the names of the columns."),
        ("source", "The field that holds the line."),
        ("target", "The field under which the columns go."),
    ],
    differences: &[],
};

#[derive(Debug)]
struct Csv {
    source: FieldName,
    /// Nothing if the separator or the quote is none that Ruby takes.
    format: Option<Format>,
    columns: Box<[Column]>,
    /// `column1`, `column2`, … for those that have no name.
    generated: Box<[Column]>,
    conversions: Box<[(Box<str>, Conversion)]>,
    dates: Dates,
    /// The target as the start of a field reference: `[t]`, or nothing.
    target: Box<str>,
    unnamed: Unnamed,
    names: Names,
    header: Header,
    empty_columns: EmptyColumns,
    empty_rows: EmptyRows,
    failure_tags: Box<[Box<str>]>,
}

/// One column and where its values go.
#[derive(Debug)]
struct Column {
    name: Box<str>,
    field: FieldName,
    /// The field, where any value may be set and it stands at the top level.
    plain: Option<Name>,
    conversion: Option<Conversion>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Unnamed {
    Generate,
    Skip,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Names {
    FromConfig,
    FromFirstLine,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Header {
    Keep,
    Skip,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum EmptyColumns {
    Keep,
    Skip,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum EmptyRows {
    Fail,
    Skip,
}

/// Columns for which an event is given room.
const EXPECTED_COLUMNS: usize = 8;

/// The event gets the failure tag.
struct Failed;

impl From<SetError> for Failed {
    fn from(_: SetError) -> Self {
        Self
    }
}

pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let style = cx.options.field_reference_escape_style;
    let flag = |name, default| options.flag(name, default);
    let target = match options.text("target").map_or("", |text| text.value) {
        "" => String::new(),
        bracketed if is_bracketed(bracketed) => bracketed.to_owned(),
        name => format!("[{name}]"),
    };
    let mut sound = true;
    let mut conversions = Vec::new();
    for (column, kind) in options.pairs("convert") {
        if let Some(conversion) = Conversion::from_name(&kind.to_text()) {
            conversions.push((Box::from(column.value), conversion));
            continue;
        }
        sound = false;
        cx.error_with_help(
            Code::BadValue,
            kind.span,
            format!("`{}` is no type that `convert` knows", kind.to_text()),
            format!("use one of {}", Conversion::NAMES.join(", ")),
        );
    }
    let column = |name: &str| Column {
        name: name.into(),
        ..Column::new(reference(name, &target), style, conversion_of(&conversions, name))
    };
    let written = match options.value("columns").map(|value| &value.kind) {
        Some(OptionKind::Array(names)) => names.as_slice(),
        _ => &[],
    };
    let columns: Box<[Column]> = written
        .iter()
        .map(|name: &OptionValue| match &name.kind {
            OptionKind::Text(name) => column(name),
            // Logstash takes a number for a name, and fails on every event.
            _ => Column {
                name: name.to_text().into(),
                field: FieldName::Invalid,
                plain: None,
                conversion: None,
            },
        })
        .collect();
    let unnamed =
        if flag("autogenerate_column_names", true) { Unnamed::Generate } else { Unnamed::Skip };
    let generated = match unnamed {
        Unnamed::Generate => {
            (1..=limits::CSV_READY_COLUMNS).map(|n| column(&format!("column{n}"))).collect()
        }
        Unnamed::Skip => Box::default(),
    };
    let separator = options.text("separator").map_or(",", |text| text.value);
    let quote = match options.text("quote_char").map_or("\"", |text| text.value) {
        r"\x00" => "\0",
        quote => quote,
    };
    let csv = Csv {
        source: FieldName::fixed(options.text("source").map_or("message", |text| text.value), style),
        format: Format::new(separator, quote),
        names: if flag("autodetect_column_names", false) && columns.is_empty() {
            Names::FromFirstLine
        } else {
            Names::FromConfig
        },
        columns,
        generated,
        dates: Dates::new(&conversions),
        conversions: conversions.into(),
        target: target.into(),
        unnamed,
        header: if flag("skip_header", false) { Header::Skip } else { Header::Keep },
        empty_columns: if flag("skip_empty_columns", false) {
            EmptyColumns::Skip
        } else {
            EmptyColumns::Keep
        },
        empty_rows: if flag("skip_empty_rows", false) { EmptyRows::Skip } else { EmptyRows::Fail },
        failure_tags: Box::new(["_csvparsefailure".into()]),
    };
    sound.then(|| Box::new(csv) as Box<dyn Filter>)
}

impl Column {
    fn new(
        reference: String,
        style: crate::event::EscapeStyle,
        conversion: Option<Conversion>,
    ) -> Self {
        let field = FieldName::fixed(&reference, style);
        let plain = field.ordinary().map(Name::new);
        Self { name: reference.into(), field, plain, conversion }
    }
}

/// The field reference of a column.
fn reference(name: &str, target: &str) -> String {
    if is_bracketed(name) { format!("{target}{name}") } else { format!("{target}[{name}]") }
}

fn is_bracketed(name: &str) -> bool {
    name.starts_with('[') && name.ends_with(']')
}

fn conversion_of(conversions: &[(Box<str>, Conversion)], name: &str) -> Option<Conversion> {
    // As in a Ruby hash, the last one written counts.
    conversions.iter().rev().find(|(column, _)| **column == *name).map(|(_, kind)| *kind)
}

impl Filter for Csv {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        self.read(event, cx).unwrap_or_else(|Failed| {
            tag_all(event, &self.failure_tags, cx.arena);
            Outcome::Failed
        })
    }

    fn order(&self) -> Order {
        match self.names {
            Names::FromConfig => Order::Stateless,
            Names::FromFirstLine => Order::Ordered,
        }
    }

    fn new_fields(&self) -> usize {
        if self.target.is_empty() { self.columns.len().max(EXPECTED_COLUMNS) } else { 1 }
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &self.failure_tags
    }

    fn explain<'b>(&'b self, event: &Event<'b>, cx: &mut Cx<'_, 'b>) -> Option<String> {
        let path = self.source.resolve(event, cx).ok()?;
        let text = match event.get(path)? {
            Value::Str(text) => *text,
            value => {
                return Some(format!("field `{path}` is {}, and CSV is a text", shown_value(value)));
            }
        };
        let Some(format) = &self.format else {
            return Some("`separator` is empty, or `quote_char` is not one character".to_owned());
        };
        Some(match format.read(text, cx.arena.simd(), &mut cx.scratch.cells) {
            Ok(None) => format!("field `{path}` is empty"),
            Ok(Some(())) => "a column cannot be set or converted".to_owned(),
            Err(RowError { at, message }) => {
                let rest = text.get(at..).unwrap_or("");
                format!("field `{path}` is no CSV at byte {at}, {}: {message}", shown(rest))
            }
        })
    }
}

impl Csv {
    fn read<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Result<Outcome, Failed> {
        let value = match self.source.top() {
            Some(key) => event.data.get(key),
            None => event.get(self.source.resolve(event, cx)?),
        };
        let text = match value {
            None | Some(Value::Null | Value::Bool(false)) => return Ok(Outcome::Unmatched),
            Some(Value::Str(text)) => *text,
            Some(_) => return Err(Failed),
        };
        let format = self.format.as_ref().ok_or(Failed)?;
        match format.read(text, cx.arena.simd(), &mut cx.scratch.cells) {
            Ok(None) if self.empty_rows == EmptyRows::Skip => {
                event.tag("_csvskippedemptyfield", cx.arena);
                return Ok(Outcome::Unmatched);
            }
            Ok(None) | Err(_) => return Err(Failed),
            Ok(Some(())) => {}
        }
        if self.names == Names::FromFirstLine {
            return self.set_by_first_line(text, format, event, cx);
        }
        if self.header == Header::Skip
            && !self.columns.is_empty()
            && self.columns.len() == cx.scratch.cells.len()
            && self.columns.iter().zip(&cx.scratch.cells).all(|(column, cell)| {
                format.text(*cell, text, cx.arena) == Some(&*column.name)
            })
        {
            event.cancel();
            return Ok(Outcome::Unmatched);
        }
        for at in 0..cx.scratch.cells.len() {
            let value = format.text(cx.scratch.cells[at], text, cx.arena);
            if self.empty_columns == EmptyColumns::Skip && value.is_none_or(str::is_empty) {
                continue;
            }
            match self.columns.get(at).or_else(|| self.generated.get(at)) {
                Some(column) => self.set(column, value, event, cx)?,
                None if self.unnamed == Unnamed::Generate => {
                    self.set_generated(at, value, event, cx)?;
                }
                None => {}
            }
        }
        Ok(Outcome::Matched)
    }

    #[inline]
    fn set<'b>(
        &'b self,
        column: &'b Column,
        value: Option<&'b str>,
        event: &mut Event<'b>,
        cx: &Cx<'_, 'b>,
    ) -> Result<(), Failed> {
        if let (Some(name), None, Some(text)) = (&column.plain, column.conversion, value) {
            event.data.insert_text(event.data.seen(), name.key(), text, cx.arena);
            return Ok(());
        }
        let value = self.converted(column.conversion, value, cx)?;
        if let Some(name) = &column.plain {
            event.data.insert(name.key(), value, cx.arena);
            return Ok(());
        }
        Ok(event.set(column.field.resolve(event, cx)?, value, cx.arena)?)
    }

    #[inline]
    fn converted<'b>(
        &self,
        conversion: Option<Conversion>,
        value: Option<&'b str>,
        cx: &Cx<'_, 'b>,
    ) -> Result<Value<'b>, Failed> {
        match conversion {
            None => Ok(value.map_or(Value::Null, Value::Str)),
            Some(conversion) => conversion.apply(value, &self.dates, cx.arena).ok_or(Failed),
        }
    }

    /// Sets a column beyond those whose names are ready.
    fn set_generated<'b>(
        &'b self,
        at: usize,
        value: Option<&'b str>,
        event: &mut Event<'b>,
        cx: &Cx<'_, 'b>,
    ) -> Result<(), Failed> {
        // Writing to a text in memory does not fail.
        let name = cx.arena.build(|out| {
            let _ = write!(out, "column{}", at + 1);
        });
        let value = self.converted(conversion_of(&self.conversions, name), value, cx)?;
        let reference = cx.arena.build(|out| {
            let _ = write!(out, "{}[{name}]", self.target);
        });
        let path = cx.path(if self.target.is_empty() { name } else { reference })?;
        Ok(event.set(path, value, cx.arena)?)
    }

    /// Takes the names from the first line, and drops it; sets the columns of all others.
    fn set_by_first_line<'b>(
        &'b self,
        text: &'b str,
        format: &'b Format,
        event: &mut Event<'b>,
        cx: &mut Cx<'_, 'b>,
    ) -> Result<Outcome, Failed> {
        let mut values = cx.arena.list();
        values.extend(cx.scratch.cells.iter().map(|cell| format.text(*cell, text, cx.arena)));
        let names = cx.scratch.columns.entry(cx.filter).or_default();
        let is_header =
            || names.iter().map(Option::as_deref).eq(values.as_slice().iter().copied());
        if !names.is_empty() && self.header == Header::Skip && is_header() {
            event.cancel();
            return Ok(Outcome::Unmatched);
        }
        if names.is_empty() {
            *names = values.iter().map(|value| value.map(Box::from)).collect();
            event.cancel();
            return Ok(Outcome::Unmatched);
        }
        // Only texts of this event may go into it.
        let mut known = cx.arena.list();
        known.extend(names.iter().map(|name| name.as_ref().map(|name| cx.arena.text(name))));
        for (at, value) in values.into_iter().enumerate() {
            if self.empty_columns == EmptyColumns::Skip && value.is_none_or(str::is_empty) {
                continue;
            }
            match (known.get(at).copied().flatten(), self.generated.get(at)) {
                (Some(name), _) => self.set_named(name, value, event, cx)?,
                (None, Some(column)) => self.set(column, value, event, cx)?,
                (None, None) if self.unnamed == Unnamed::Generate => {
                    self.set_generated(at, value, event, cx)?;
                }
                (None, None) => {}
            }
        }
        Ok(Outcome::Matched)
    }

    fn set_named<'b>(
        &'b self,
        name: &'b str,
        value: Option<&'b str>,
        event: &mut Event<'b>,
        cx: &Cx<'_, 'b>,
    ) -> Result<(), Failed> {
        let value = self.converted(conversion_of(&self.conversions, name), value, cx)?;
        let reference = cx.arena.build(|out| out.push_str(&reference(name, &self.target)));
        Ok(event.set(cx.path(reference)?, value, cx.arena)?)
    }
}
