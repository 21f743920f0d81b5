//! Maps as columns: the event itself, and the maps inside it.

use core::mem;
use std::collections::BTreeMap;

use arrow_buffer::{NullBuffer, NullBufferBuilder};
use arrow_schema::Field;

use super::batch::BatchColumn;
use super::column::{Column, Growth};
use super::{REST_COLUMN, json_field};
use crate::event::{Object, Value};

/// Columns by name, and which rows have a map at all.
#[derive(Debug)]
pub(super) struct Table {
    names: Vec<Box<str>>,
    columns: Vec<Column>,
    /// The fields that were met, those without a column included.
    fields: Vec<Known>,
    /// Where in `fields` a name stands.
    places: BTreeMap<Box<str>, usize>,
    /// Where in `fields` the first field of the last map stands.
    first: usize,
    nulls: NullBufferBuilder,
}

/// A field that was met.
#[derive(Debug)]
struct Known {
    name: Box<str>,
    /// Its place in `columns`; nothing for what is always left over.
    column: Option<usize>,
    /// Where in `fields` that one stands that came behind it last.
    next: usize,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            names: Vec::new(),
            columns: Vec::new(),
            fields: Vec::new(),
            places: BTreeMap::new(),
            first: 0,
            nulls: NullBufferBuilder::new(0),
        }
    }
}

impl Table {
    /// Adds a column, unless one of the name is there.
    pub(super) fn add(&mut self, name: &str, column: Column) -> bool {
        if self.places.contains_key(name) {
            return false;
        }
        self.know(name, Some(self.columns.len()));
        self.names.push(name.into());
        self.columns.push(column);
        true
    }

    /// Puts a map into a row, whose number is at least that of all rows before. What has no place is added to `left`.
    pub(super) fn append(
        &mut self,
        object: &Object<'_>,
        row: usize,
        level: usize,
        growth: &mut Growth,
        left: &mut Left,
    ) {
        // PERF: events of one program have their fields in one order, so that the next field is nearly always the one that
        // came next in the last event. COMBINEDAPACHELOG into 12 columns, three fields without one: 1,100 instructions a line
        // instead of 1,900 with a search for these three (callgrind).
        let mut last = None;
        let mut guess = self.first;
        for (name, value) in object.iter() {
            let place = match self.fields.get(guess) {
                Some(known) if is_same(&known.name, name) => Some(guess),
                _ => self.find(name, last, level, growth),
            };
            let known = place.and_then(|place| self.fields.get(place));
            let column = known.and_then(|known| known.column);
            if let Some(known) = known {
                last = place;
                guess = known.next;
            }
            let Some(column) = column else {
                left.member(name, |out| value.write_json(out));
                continue;
            };
            match (&mut self.columns[column], value) {
                (Column::AnyText(texts) | Column::Text(texts), Value::Str(text)) => {
                    texts.push(text.as_bytes(), row, growth);
                }
                (column, value) => {
                    if !column.append(name, value, row, level + 1, growth, left) {
                        left.member(name, |out| value.write_json(out));
                    }
                }
            }
        }
        if level > 0 {
            self.pad(row);
            self.nulls.append_non_null();
        }
    }

    /// Finds a field that came behind the one at `last`, or first, among those that were met, or adds it.
    #[inline(never)]
    fn find(
        &mut self,
        name: &str,
        last: Option<usize>,
        level: usize,
        growth: &mut Growth,
    ) -> Option<usize> {
        let place = match self.places.get(name) {
            Some(place) => *place,
            None => self.meet(name, level, growth)?,
        };
        match last.and_then(|last| self.fields.get_mut(last)) {
            Some(known) => known.next = place,
            None => self.first = place,
        }
        Some(place)
    }

    /// Adds a field that was not met before, as long as more are taken.
    fn meet(&mut self, name: &str, level: usize, growth: &mut Growth) -> Option<usize> {
        let is_allowed = growth.is_open && (level > 0 || name != REST_COLUMN) && is_name(name);
        if is_allowed && growth.takes_column() {
            let place = self.know(name, Some(self.columns.len()));
            self.names.push(name.into());
            self.columns.push(Column::Unknown);
            return Some(place);
        }
        let is_kept = name.len() <= KEPT_NAME_BYTES && growth.takes_name();
        is_kept.then(|| self.know(name, None))
    }

    fn know(&mut self, name: &str, column: Option<usize>) -> usize {
        let place = self.fields.len();
        self.fields.push(Known { name: name.into(), column, next: place + 1 });
        self.places.insert(name.into(), place);
        place
    }

    /// Rows that are there, null ones included.
    pub(super) fn len(&self) -> usize {
        self.nulls.len()
    }

    /// Fixes the kinds of columns of which nothing but null has been seen. Tells whether there is a column.
    pub(super) fn settle(&mut self, growth: &mut Growth) -> bool {
        for column in &mut self.columns {
            column.settle(growth);
        }
        !self.columns.is_empty()
    }

    pub(super) fn fields(&self) -> Vec<Field> {
        let fields = self.names.iter().zip(&self.columns).map(|(name, column)| {
            if column.is_json() {
                json_field(name)
            } else {
                Field::new(name.as_ref(), column.data_type(), true)
            }
        });
        fields.collect()
    }

    /// Takes the rows out of the columns.
    pub(super) fn finish(&mut self, rows: usize) -> Vec<BatchColumn> {
        self.columns.iter_mut().map(|column| column.finish(rows)).collect()
    }

    /// Takes out which rows have a map.
    pub(super) fn finish_nulls(&mut self, rows: usize) -> Option<NullBuffer> {
        self.pad(rows);
        mem::replace(&mut self.nulls, NullBufferBuilder::new(rows)).finish()
    }

    /// Writes a row as JSON; tells whether it has a map.
    pub(super) fn write_row(&self, row: usize, out: &mut Vec<u8>) -> bool {
        if row >= self.nulls.len() || !self.nulls.is_valid(row) {
            return false;
        }
        let mut members = Left::new(true);
        let mut value = Vec::new();
        for (name, column) in self.names.iter().zip(&self.columns) {
            value.clear();
            if column.write_row(row, &mut value) {
                members.member(name, |out| out.extend_from_slice(&value));
            }
        }
        members.write(out);
        true
    }

    fn pad(&mut self, row: usize) {
        let missing = row.saturating_sub(self.nulls.len());
        if missing > 0 {
            self.nulls.append_n_nulls(missing);
        }
    }
}

/// Whether a column may be called so: in Arrow's C data interface a zero ends a name.
pub(super) fn is_name(name: &str) -> bool {
    !name.as_bytes().contains(&0)
}

/// PERF: most names have 4 to 16 bytes, which two loads that overlap compare without a call to `memcmp`.
#[inline]
fn is_same(expected: &str, name: &str) -> bool {
    let (a, b) = (expected.as_bytes(), name.as_bytes());
    a.len() == b.len()
        && match a.len() {
            4..=7 => ends::<4>(a) == ends::<4>(b),
            8..=16 => ends::<8>(a) == ends::<8>(b),
            _ => a == b,
        }
}

/// The first bytes and the last ones.
#[inline]
fn ends<const N: usize>(bytes: &[u8]) -> (Option<&[u8; N]>, Option<&[u8; N]>) {
    (bytes.first_chunk(), bytes.last_chunk())
}

/// What of an event has no place in the columns: the members of a JSON object.
#[derive(Debug)]
pub(super) struct Left {
    /// Whether the members are written; otherwise it is only known whether there is one.
    is_kept: bool,
    is_empty: bool,
    members: Vec<u8>,
}

impl Left {
    pub(super) fn new(is_kept: bool) -> Self {
        Self { is_kept, is_empty: true, members: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.is_empty
    }

    pub(super) fn clear(&mut self) {
        self.is_empty = true;
        self.members.clear();
    }

    /// Adds a member.
    #[inline]
    pub(super) fn member(&mut self, name: &str, write: impl FnOnce(&mut Vec<u8>)) {
        if self.is_kept {
            self.members.push(if self.is_empty { b'{' } else { b',' });
            Value::Str(name).write_json(&mut self.members);
            self.members.push(b':');
            write(&mut self.members);
        }
        self.is_empty = false;
    }

    /// One for a map inside.
    pub(super) fn inside(&self) -> Self {
        Self::new(self.is_kept)
    }

    /// Appends the object.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        if self.is_empty {
            out.push(b'{');
        }
        out.extend_from_slice(&self.members);
        out.push(b'}');
    }
}

/// Bytes of the longest name without a column that is kept, to be found again without a search.
const KEPT_NAME_BYTES: usize = 256;
