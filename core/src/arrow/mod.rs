//! Events to Arrow record batches, for hosts that hand tables on.
//!
//! ```text
//! {"@timestamp":…,"verb":"GET","bytes":17,"tags":["a"],"url":{"path":"/"}}
//! @timestamp: timestamp[ns, UTC]  verb: utf8  bytes: int64  tags: list<utf8>  url: struct<path: utf8>  _rest: utf8
//! ```
//!
//! # How columns are found
//!
//! All batches of one [`BatchBuilder`] have one schema, because a stream of batches has one. Without a schema of
//! the caller's, **the first batch decides it**: every field of its events becomes a column, in order of first
//! appearance.
//!
//! | values in the first batch | column |
//! |---|---|
//! | texts | `Utf8` |
//! | integers | `Int64` |
//! | decimals, also with integers up to 2^53 | `Float64` |
//! | `true` and `false` | `Boolean` |
//! | instants | `Timestamp(Nanosecond, "UTC")` |
//! | lists of one of these kinds | `List` of it |
//! | maps | `Struct` of their fields, by the same rules |
//! | anything else, and a mixture | `Utf8` that holds JSON, marked by the metadata [`ENCODING_KEY`] = `json` |
//!
//! A field whose name has a zero in it gets no column, since names end with one where arrays are handed on.
//!
//! Whatever does not fit afterwards stands in the last column, [`REST_COLUMN`]: a JSON object of the fields (or the parts of
//! maps) that have no column, or that are of another kind than their column. So the columns and the rest together are the event,
//! whatever comes; the one thing that is not told apart is a null from a missing field. Instants that nanoseconds since 1970
//! cannot count (before 1677, after 2262) are texts in JSON.
//!
//! `@metadata` is part of no output, and of no batch.

mod batch;
mod column;
mod schema;
mod table;

use core::fmt;
use std::collections::VecDeque;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef};

use crate::event::Event;
use crate::limits;
use crate::run::Sink;

use column::{Growth, Texts};
use table::{Left, Table};

pub use batch::{Batch, BatchColumn, Values};

/// The column that holds what has no place in the others.
pub const REST_COLUMN: &str = "_rest";

/// The key in the metadata of a column that holds JSON texts; its value is `json`.
pub const ENCODING_KEY: &str = "sawlog.encoding";

/// How batches are made.
#[derive(Clone, Debug)]
pub struct BatchOptions {
    /// The columns; found in the first batch when there are none.
    ///
    /// Columns are fields of the event by their names, of `Boolean`, `Int64`, `Float64`, `Utf8`, `Timestamp` in UTC
    /// of any unit (finer parts are cut off), a `List` of one of these, or a `Struct`. A `Utf8` column takes values of every kind, as texts; the others take what
    /// they can hold exactly.
    pub schema: Option<SchemaRef>,
    /// What becomes of values that have no place in the columns.
    pub rest: Rest,
    /// Events in a batch: at least 1.
    pub batch_events: usize,
    /// Bytes of texts after which a batch ends before it has that many events; 1 GiB at most.
    pub batch_bytes: usize,
}

/// What becomes of values that have no place in the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// They are counted ([`BatchBuilder::left_out`]) and left out.
    Count,
    /// They stand in the column [`REST_COLUMN`].
    Keep,
}

impl Default for BatchOptions {
    fn default() -> Self {
        Self {
            schema: None,
            rest: Rest::Keep,
            batch_events: limits::BATCH_EVENTS,
            batch_bytes: limits::BATCH_BYTES,
        }
    }
}

/// Batches cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BatchError {
    /// A column of the schema that was given is of a type that events are not turned into.
    ColumnType {
        /// The column.
        column: String,
        /// Its type.
        found: String,
    },
    /// A column's name stands twice, is [`REST_COLUMN`], or has a zero in it.
    ColumnName(String),
    /// The texts of one event in one column pass 2 GiB.
    TooLarge,
    /// The Arrow library refused what was built, which is a fault of this one.
    Refused(String),
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ColumnName(name) if name == REST_COLUMN => {
                write!(f, "a column cannot be called `{name}`, which is that of what is left")
            }
            Self::ColumnName(name) if !table::is_name(name) => {
                write!(f, "a column cannot be called {name:?}: no name has a zero in it")
            }
            Self::ColumnName(name) => write!(f, "the column `{name}` stands twice in the schema"),
            Self::ColumnType { column, found } => write!(
                f,
                "the column `{column}` is {found}; a column is Boolean, Int64, Float64, Utf8, Timestamp in UTC, a \
                 List of one of these, or a Struct"
            ),
            Self::Refused(text) => write!(f, "the batch was refused: {text}"),
            Self::TooLarge => f.write_str("the texts of one event in one column pass 2 GiB"),
        }
    }
}

impl core::error::Error for BatchError {}

/// Takes events and gives record batches; belongs to one stream of batches.
///
/// As a [`Sink`] it takes what leaves the filters. Batches that are full wait in
/// [`Self::next_batch`]; a host that takes them after each call to a worker holds one or two.
#[derive(Debug)]
pub struct BatchBuilder {
    table: Table,
    rest: Option<Texts>,
    growth: Growth,
    batch_events: usize,
    batch_bytes: usize,
    /// Events in the batch that is being built.
    rows: usize,
    left_out: u64,
    schema: Option<SchemaRef>,
    ready: VecDeque<Batch>,
    error: Option<BatchError>,
    /// What is left over of one event.
    left: Left,
}

impl BatchBuilder {
    /// Makes a builder without events.
    ///
    /// # Errors
    /// When the schema has a column that cannot be built.
    pub fn new(options: &BatchOptions) -> Result<Self, BatchError> {
        let table = match &options.schema {
            Some(schema) => schema::table(schema)?,
            None => Table::default(),
        };
        let mut builder = Self {
            table,
            rest: (options.rest == Rest::Keep).then(Texts::default),
            growth: Growth::new(options.schema.is_none()),
            batch_events: options.batch_events.max(1),
            batch_bytes: options.batch_bytes.min(limits::BATCH_BYTES_MAX),
            rows: 0,
            left_out: 0,
            schema: None,
            ready: VecDeque::new(),
            error: None,
            left: Left::new(options.rest == Rest::Keep),
        };
        if options.schema.is_some() {
            builder.settle();
        }
        Ok(builder)
    }

    /// Adds an event as a row.
    pub fn push(&mut self, event: &Event<'_>) {
        if self.error.is_some() {
            return;
        }
        self.left.clear();
        self.table.append(event.data(), self.rows, 0, &mut self.growth, &mut self.left);
        if !self.left.is_empty() {
            match &mut self.rest {
                Some(rest) => {
                    let left = &self.left;
                    rest.push_with(self.rows, &mut self.growth, |out| left.write(out));
                }
                None => self.left_out += 1,
            }
        }
        if self.growth.is_too_large {
            self.error = Some(BatchError::TooLarge);
            return;
        }
        self.rows += 1;
        if self.rows >= self.batch_events || self.growth.bytes >= self.batch_bytes {
            self.finish();
        }
    }

    /// Ends the batch that is being built; the schema is known afterwards.
    pub fn finish(&mut self) {
        if self.schema.is_none() {
            self.settle();
        }
        if self.rows == 0 || self.error.is_some() {
            return;
        }
        let rows = core::mem::take(&mut self.rows);
        self.growth.bytes = 0;
        let mut columns = self.table.finish(rows);
        columns.extend(self.rest.as_mut().map(|rest| rest.finish(rows)));
        let schema = self.schema.clone().unwrap_or_else(|| Arc::new(Schema::empty()));
        self.ready.push_back(Batch { schema, rows, columns });
    }

    /// Gives the next batch that is full, or that [`Self::finish`] ended; nothing while there is none.
    ///
    /// # Errors
    /// When a batch could not be built; every call then says so, once the batches before it are taken.
    pub fn next_batch(&mut self) -> Result<Option<Batch>, BatchError> {
        match (self.ready.pop_front(), &self.error) {
            (Some(batch), _) => Ok(Some(batch)),
            (None, Some(error)) => Err(error.clone()),
            (None, None) => Ok(None),
        }
    }

    /// The schema of all batches; nothing before the first batch ends, unless it was given.
    pub fn schema(&self) -> Option<&SchemaRef> {
        self.schema.as_ref()
    }

    /// Whether [`Self::next_batch`] has a batch, or an error.
    pub fn is_ready(&self) -> bool {
        !self.ready.is_empty() || self.error.is_some()
    }

    /// Events in the batch that is being built.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Events that had values for which there was no place, with [`Rest::Count`].
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Fixes the columns.
    fn settle(&mut self) {
        self.growth.is_open = false;
        self.table.settle(&mut self.growth);
        let mut fields = self.table.fields();
        if self.rest.is_some() {
            fields.push(json_field(REST_COLUMN));
        }
        self.schema = Some(Arc::new(Schema::new(fields)));
    }
}

impl Sink for BatchBuilder {
    fn event(&mut self, event: &Event<'_>) {
        self.push(event);
    }
}

/// A column of JSON texts.
fn json_field(name: &str) -> Field {
    Field::new(name, DataType::Utf8, true).with_metadata([(ENCODING_KEY, "json")])
}
