//! Columns while they are built: values in, one row after the other, the buffers of an Arrow array out.
//!
//! Rows without a value are filled in when the next value comes or the batch ends, so that a field that an event does
//! not have costs nothing.

use core::mem;
use std::sync::Arc;

use arrow_buffer::{BooleanBufferBuilder, NullBuffer, NullBufferBuilder};
use arrow_schema::{DataType, Field, Fields, TimeUnit};

use super::batch::{BatchColumn, Values};
use super::table::{Left, Table};
use crate::event::{Array, Value};
use crate::limits;
use crate::time::Timestamp;

/// What the columns of one builder share.
#[derive(Debug)]
pub(super) struct Growth {
    /// Whether columns may still be added and change their kind.
    pub(super) is_open: bool,
    /// Bytes of texts in the batch.
    pub(super) bytes: usize,
    /// Whether a column of texts would pass what its offsets can count.
    pub(super) is_too_large: bool,
    columns_left: usize,
    names_left: usize,
}

impl Growth {
    pub(super) fn new(is_open: bool) -> Self {
        let columns_left = limits::BATCH_COLUMNS;
        Self { is_open, bytes: 0, is_too_large: false, columns_left, names_left: columns_left }
    }

    /// Tells whether one more name without a column may be kept, and counts it.
    pub(super) fn takes_name(&mut self) -> bool {
        let takes = self.names_left > 0;
        self.names_left = self.names_left.saturating_sub(1);
        takes
    }

    /// Tells whether one more column may be added, and counts it.
    pub(super) fn takes_column(&mut self) -> bool {
        let takes = self.columns_left > 0;
        self.columns_left = self.columns_left.saturating_sub(1);
        takes
    }
}

/// The values of one field.
#[derive(Debug)]
pub(super) enum Column {
    /// Values of any kind, as texts: a column of the caller's.
    AnyText(Texts),
    Bool(Bools),
    Float(Numbers<f64>),
    Int(Numbers<i64>),
    /// Values of any kind, as JSON.
    Json(Texts),
    List(Box<List>),
    Struct(Box<Table>),
    Text(Texts),
    Time(Times),
    /// Nothing but null so far.
    Unknown,
}

impl Column {
    pub(super) fn any_texts() -> Self {
        Self::AnyText(Texts::default())
    }

    pub(super) fn booleans() -> Self {
        Self::Bool(Bools { values: BooleanBufferBuilder::new(0), nulls: no_nulls() })
    }

    pub(super) fn floats() -> Self {
        Self::Float(Numbers::default())
    }

    pub(super) fn integers() -> Self {
        Self::Int(Numbers::default())
    }

    pub(super) fn list(items: Self) -> Self {
        Self::List(Box::new(List { offsets: vec![0], items, nulls: no_nulls() }))
    }

    pub(super) fn times(unit: TimeUnit) -> Self {
        Self::Time(Times { ticks: Numbers::default(), unit, is_cut: true })
    }

    /// An empty column for values like this one.
    fn of(value: &Value<'_>, level: usize) -> Self {
        match value {
            Value::Array(array) => match kind_of_items(array) {
                Some(items) => Self::list(items),
                None => Self::Json(Texts::default()),
            },
            Value::Bool(_) => Self::booleans(),
            Value::Float(_) => Self::floats(),
            Value::Int(_) => Self::integers(),
            Value::Null => Self::Unknown,
            Value::Object(_) if level <= limits::BATCH_LEVELS => Self::Struct(Box::default()),
            Value::Number(_) | Value::Object(_) => Self::Json(Texts::default()),
            Value::Str(_) => Self::Text(Texts::default()),
            Value::Time(_) => Self::Time(Times {
                ticks: Numbers::default(),
                unit: TimeUnit::Nanosecond,
                is_cut: false,
            }),
        }
    }

    /// Puts a value into a row, whose number is at least that of all rows before.
    ///
    /// Tells whether the column took it. Parts of a map that have no place are added to `left`, under the field's name.
    pub(super) fn append(
        &mut self,
        name: &str,
        value: &Value<'_>,
        row: usize,
        level: usize,
        growth: &mut Growth,
        left: &mut Left,
    ) -> bool {
        match (&mut *self, value) {
            (Self::Text(texts) | Self::AnyText(texts), Value::Str(text)) => {
                texts.push(text.as_bytes(), row, growth);
                true
            }
            (Self::Int(numbers), Value::Int(value)) => numbers.push(*value, row),
            (Self::Float(numbers), Value::Float(value)) => numbers.push(*value, row),
            (Self::Bool(bools), Value::Bool(value)) => bools.push(*value, row),
            (_, Value::Null) => true,
            (Self::Time(times), Value::Time(time)) if let Some(ticks) = times.ticks_of(*time) => {
                times.ticks.push(ticks, row)
            }
            (Self::Struct(table), Value::Object(object)) => {
                let mut inner = left.inside();
                table.append(object, row, level, growth, &mut inner);
                if !inner.is_empty() {
                    left.member(name, |out| inner.write(out));
                }
                true
            }
            (Self::List(list), Value::Array(array)) if list.takes(array) => {
                list.push(array, row, growth);
                true
            }
            (Self::Json(texts), value) => {
                texts.push_with(row, growth, |out| value.write_json(out));
                true
            }
            (Self::AnyText(texts), value) => {
                texts.push_with(row, growth, |out| match value {
                    Value::Time(time) => time.write_iso(out),
                    value => value.write_json(out),
                });
                true
            }
            (Self::Float(numbers), Value::Int(value)) if let Some(value) = exact(*value) => {
                numbers.push(value, row)
            }
            _ if growth.is_open => {
                self.change_for(value, level, growth);
                self.append(name, value, row, level, growth, left)
            }
            _ => false,
        }
    }

    /// Becomes a column that takes the value beside those that it has.
    fn change_for(&mut self, value: &Value<'_>, level: usize, growth: &mut Growth) {
        match (&mut *self, value) {
            (Self::Unknown, value) => {
                *self = Self::of(value, level);
                return;
            }
            (Self::Int(numbers), Value::Float(_)) => {
                let floats: Option<Vec<f64>> =
                    numbers.values.iter().map(|value| exact(*value)).collect();
                if let Some(values) = floats {
                    let nulls = mem::replace(&mut numbers.nulls, no_nulls());
                    *self = Self::Float(Numbers { values, nulls });
                    return;
                }
            }
            (Self::List(list), Value::Array(array)) if matches!(list.items, Self::Unknown) => {
                if let Some(items) = kind_of_items(array) {
                    // The items so far are nulls, and rows that are missing are filled in.
                    list.items = items;
                    return;
                }
            }
            _ => {}
        }
        self.turn_to_json(growth);
    }

    fn turn_to_json(&mut self, growth: &mut Growth) {
        let mut texts = Texts::default();
        let mut text = Vec::new();
        for row in 0..self.len() {
            text.clear();
            if self.write_row(row, &mut text) {
                texts.push(&text, row, growth);
            }
        }
        *self = Self::Json(texts);
    }

    /// Fixes the kind.
    pub(super) fn settle(&mut self, growth: &mut Growth) {
        if let Self::Struct(table) = self
            && table.settle(growth)
        {
            return;
        }
        match self {
            // A struct of no columns is more than most readers take.
            Self::Struct(_) => self.turn_to_json(growth),
            Self::Unknown => *self = Self::Json(Texts::default()),
            Self::List(list) if matches!(list.items, Self::Unknown) => self.turn_to_json(growth),
            _ => {}
        }
    }

    pub(super) fn is_json(&self) -> bool {
        matches!(self, Self::Json(_))
    }

    pub(super) fn data_type(&self) -> DataType {
        match self {
            Self::AnyText(_) | Self::Json(_) | Self::Text(_) | Self::Unknown => DataType::Utf8,
            Self::Bool(_) => DataType::Boolean,
            Self::Float(_) => DataType::Float64,
            Self::Int(_) => DataType::Int64,
            Self::List(list) => DataType::List(Arc::new(list.item_field())),
            Self::Struct(table) => DataType::Struct(Fields::from(table.fields())),
            Self::Time(times) => DataType::Timestamp(times.unit, Some("UTC".into())),
        }
    }

    /// Takes the rows out; the column goes on without any.
    pub(super) fn finish(&mut self, rows: usize) -> BatchColumn {
        match self {
            Self::AnyText(texts) | Self::Json(texts) | Self::Text(texts) => texts.finish(rows),
            Self::Bool(bools) => bools.finish(rows),
            Self::Float(numbers) => numbers.finish(rows, Values::Floats),
            Self::Int(numbers) => numbers.finish(rows, Values::Ints),
            Self::List(list) => list.finish(rows),
            Self::Struct(table) => {
                let values = Values::Struct(table.finish(rows));
                BatchColumn { rows, nulls: table.finish_nulls(rows), values }
            }
            Self::Time(times) => times.ticks.finish(rows, Values::Ints),
            // Columns are settled before a batch ends.
            Self::Unknown => Texts::default().finish(rows),
        }
    }

    /// Rows that are there, null ones included.
    fn len(&self) -> usize {
        match self {
            Self::AnyText(texts) | Self::Json(texts) | Self::Text(texts) => texts.nulls.len(),
            Self::Bool(bools) => bools.nulls.len(),
            Self::Float(numbers) => numbers.nulls.len(),
            Self::Int(numbers) => numbers.nulls.len(),
            Self::List(list) => list.nulls.len(),
            Self::Struct(table) => table.len(),
            Self::Time(times) => times.ticks.nulls.len(),
            Self::Unknown => 0,
        }
    }

    /// Writes a row as JSON; tells whether it has a value.
    pub(super) fn write_row(&self, row: usize, out: &mut Vec<u8>) -> bool {
        let is_there = |nulls: &NullBufferBuilder| row < nulls.len() && nulls.is_valid(row);
        match self {
            Self::Bool(bools) if is_there(&bools.nulls) => {
                Value::Bool(bools.values.get_bit(row)).write_json(out);
            }
            Self::Float(numbers) if is_there(&numbers.nulls) => {
                Value::Float(numbers.values[row]).write_json(out);
            }
            Self::Int(numbers) if is_there(&numbers.nulls) => {
                Value::Int(numbers.values[row]).write_json(out);
            }
            Self::Json(texts) if is_there(&texts.nulls) => out.extend_from_slice(texts.row(row)),
            Self::AnyText(texts) | Self::Text(texts) if is_there(&texts.nulls) => {
                let text = core::str::from_utf8(texts.row(row)).unwrap_or_default();
                Value::Str(text).write_json(out);
            }
            Self::List(list) if is_there(&list.nulls) => list.write_row(row, out),
            Self::Struct(table) => return table.write_row(row, out),
            Self::Time(times) if is_there(&times.ticks.nulls) => {
                Value::Time(times.row(row)).write_json(out);
            }
            _ => return false,
        }
        true
    }
}

fn no_nulls() -> NullBufferBuilder {
    NullBufferBuilder::new(0)
}

/// The double that is this integer.
#[expect(clippy::cast_precision_loss, reason = "of such integers none is lost")]
fn exact(value: i64) -> Option<f64> {
    (value.unsigned_abs() <= 1 << 53).then_some(value as f64)
}

/// An empty column for the items of a list: nothing when they are of several kinds, or maps or lists.
fn kind_of_items(array: &Array<'_>) -> Option<Column> {
    let mut items = Column::Unknown;
    for value in array.as_slice() {
        match (&items, value) {
            (_, Value::Array(_) | Value::Number(_) | Value::Object(_)) => return None,
            (Column::Unknown, value) => items = Column::of(value, 0),
            (items, value) if !is_of_kind(items, value) => return None,
            _ => {}
        }
    }
    Some(items)
}

fn is_of_kind(items: &Column, value: &Value<'_>) -> bool {
    matches!(
        (items, value),
        (Column::AnyText(_), _)
            | (_, Value::Null)
            | (Column::Bool(_), Value::Bool(_))
            | (Column::Float(_), Value::Float(_))
            | (Column::Int(_), Value::Int(_))
            | (Column::Text(_), Value::Str(_))
    ) || matches!((items, value), (Column::Time(times), Value::Time(time)) if times.ticks_of(*time).is_some())
}

/// Texts, one behind the other.
#[derive(Debug)]
pub(super) struct Texts {
    /// Where each text ends, after a 0.
    offsets: Vec<i32>,
    bytes: Vec<u8>,
    nulls: NullBufferBuilder,
}

impl Default for Texts {
    fn default() -> Self {
        Self { offsets: vec![0], bytes: Vec::new(), nulls: no_nulls() }
    }
}

impl Texts {
    pub(super) fn push(&mut self, text: &[u8], row: usize, growth: &mut Growth) {
        self.push_with(row, growth, |out| out.extend_from_slice(text));
    }

    #[inline]
    pub(super) fn push_with(
        &mut self,
        row: usize,
        growth: &mut Growth,
        write: impl FnOnce(&mut Vec<u8>),
    ) {
        self.pad(row);
        let before = self.bytes.len();
        write(&mut self.bytes);
        let Ok(end) = i32::try_from(self.bytes.len()) else {
            self.bytes.truncate(before);
            growth.is_too_large = true;
            return;
        };
        growth.bytes += self.bytes.len() - before;
        self.offsets.push(end);
        self.nulls.append_non_null();
    }

    #[inline]
    fn pad(&mut self, row: usize) {
        // There is one offset more than rows.
        if row >= self.offsets.len() {
            self.pad_to(row);
        }
    }

    #[inline(never)]
    fn pad_to(&mut self, row: usize) {
        let missing = row.saturating_sub(self.nulls.len());
        let end = self.offsets.last().copied().unwrap_or(0);
        self.offsets.resize(self.offsets.len() + missing, end);
        self.nulls.append_n_nulls(missing);
    }

    pub(super) fn finish(&mut self, rows: usize) -> BatchColumn {
        self.pad(rows);
        // The next batch is about as long; an eighth more, so that it seldom has to move.
        let room = self.bytes.len() + self.bytes.len() / 8;
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        let offsets = mem::replace(&mut self.offsets, offsets);
        let bytes = mem::replace(&mut self.bytes, Vec::with_capacity(room));
        let nulls = take_nulls(&mut self.nulls, rows);
        BatchColumn { rows, nulls, values: Values::Texts { offsets, bytes } }
    }

    fn row(&self, row: usize) -> &[u8] {
        let end = |at: usize| usize::try_from(self.offsets[at]).unwrap_or(0);
        &self.bytes[end(row)..end(row + 1)]
    }
}

/// Numbers of one kind.
#[derive(Debug)]
pub(super) struct Numbers<T> {
    values: Vec<T>,
    nulls: NullBufferBuilder,
}

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self { values: Vec::new(), nulls: no_nulls() }
    }
}

impl<T: Copy + Default> Numbers<T> {
    #[inline]
    fn push(&mut self, value: T, row: usize) -> bool {
        self.pad(row);
        self.values.push(value);
        self.nulls.append_non_null();
        true
    }

    #[inline]
    fn pad(&mut self, row: usize) {
        let missing = row.saturating_sub(self.nulls.len());
        if missing > 0 {
            self.values.resize(self.values.len() + missing, T::default());
            self.nulls.append_n_nulls(missing);
        }
    }

    fn finish(&mut self, rows: usize, values: impl FnOnce(Vec<T>) -> Values) -> BatchColumn {
        self.pad(rows);
        let numbers = mem::replace(&mut self.values, Vec::with_capacity(rows));
        BatchColumn { rows, nulls: take_nulls(&mut self.nulls, rows), values: values(numbers) }
    }
}

/// Instants in UTC.
#[derive(Debug)]
pub(super) struct Times {
    ticks: Numbers<i64>,
    unit: TimeUnit,
    /// Whether parts finer than the unit are cut off.
    is_cut: bool,
}

impl Times {
    fn per_second(&self) -> i64 {
        match self.unit {
            TimeUnit::Second => 1,
            TimeUnit::Millisecond => 1_000,
            TimeUnit::Microsecond => 1_000_000,
            TimeUnit::Nanosecond => 1_000_000_000,
        }
    }

    fn ticks_of(&self, time: Timestamp) -> Option<i64> {
        let per_second = self.per_second();
        let tick_ns = 1_000_000_000 / per_second;
        let nanos = i64::from(time.subsec_nanos());
        if !self.is_cut && nanos % tick_ns != 0 {
            return None;
        }
        time.as_seconds().checked_mul(per_second)?.checked_add(nanos / tick_ns)
    }

    fn row(&self, row: usize) -> Timestamp {
        let per_second = self.per_second();
        let ticks = self.ticks.values[row];
        let nanos = ticks.rem_euclid(per_second) * (1_000_000_000 / per_second);
        let nanos = u32::try_from(nanos).unwrap_or(0);
        Timestamp::new(ticks.div_euclid(per_second), nanos).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

/// Booleans.
#[derive(Debug)]
pub(super) struct Bools {
    values: BooleanBufferBuilder,
    nulls: NullBufferBuilder,
}

impl Bools {
    fn push(&mut self, value: bool, row: usize) -> bool {
        self.pad(row);
        self.values.append(value);
        self.nulls.append_non_null();
        true
    }

    fn pad(&mut self, row: usize) {
        let missing = row.saturating_sub(self.nulls.len());
        if missing > 0 {
            self.values.append_n(missing, false);
            self.nulls.append_n_nulls(missing);
        }
    }

    fn finish(&mut self, rows: usize) -> BatchColumn {
        self.pad(rows);
        let nulls = take_nulls(&mut self.nulls, rows);
        BatchColumn { rows, nulls, values: Values::Bools(self.values.finish()) }
    }
}

/// Lists of scalars of one kind.
#[derive(Debug)]
pub(super) struct List {
    /// Where each list ends, after a 0.
    offsets: Vec<i32>,
    items: Column,
    nulls: NullBufferBuilder,
}

impl List {
    /// Whether all items are of the kind, and not too many.
    fn takes(&self, array: &Array<'_>) -> bool {
        let items = array.as_slice();
        i32::try_from(self.end() + items.len()).is_ok()
            && items.iter().all(|item| is_of_kind(&self.items, item))
    }

    /// Puts a list that it takes into a row.
    fn push(&mut self, array: &Array<'_>, row: usize, growth: &mut Growth) {
        self.pad(row);
        let start = self.end();
        let items = array.as_slice();
        for (at, item) in (start..).zip(items) {
            // Scalars leave nothing over.
            self.items.append("", item, at, 0, growth, &mut Left::new(false));
        }
        self.offsets.push(i32::try_from(start + items.len()).unwrap_or(i32::MAX));
        self.nulls.append_non_null();
    }

    fn pad(&mut self, row: usize) {
        let missing = row.saturating_sub(self.nulls.len());
        if missing > 0 {
            let end = self.offsets.last().copied().unwrap_or(0);
            self.offsets.resize(self.offsets.len() + missing, end);
            self.nulls.append_n_nulls(missing);
        }
    }

    /// The number of items in all lists.
    fn end(&self) -> usize {
        self.start(self.offsets.len() - 1)
    }

    /// The number of items in the lists before a row.
    fn start(&self, row: usize) -> usize {
        usize::try_from(self.offsets[row]).unwrap_or(0)
    }

    fn item_field(&self) -> Field {
        Field::new("item", self.items.data_type(), true)
    }

    fn write_row(&self, row: usize, out: &mut Vec<u8>) {
        let first = self.start(row);
        out.push(b'[');
        for item in first..self.start(row + 1) {
            if item > first {
                out.push(b',');
            }
            if !self.items.write_row(item, out) {
                out.extend_from_slice(b"null");
            }
        }
        out.push(b']');
    }

    fn finish(&mut self, rows: usize) -> BatchColumn {
        self.pad(rows);
        let items = Box::new(self.items.finish(self.end()));
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        let offsets = mem::replace(&mut self.offsets, offsets);
        let nulls = take_nulls(&mut self.nulls, rows);
        BatchColumn { rows, nulls, values: Values::List { offsets, items } }
    }
}

fn take_nulls(nulls: &mut NullBufferBuilder, rows: usize) -> Option<NullBuffer> {
    mem::replace(nulls, NullBufferBuilder::new(rows)).finish()
}
