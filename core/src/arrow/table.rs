//! Maps as columns: the event itself, and the maps inside it.

use core::mem;
use std::collections::BTreeMap;

use arrow_array::ArrayRef;
use arrow_buffer::{NullBuffer, NullBufferBuilder};
use arrow_schema::{ArrowError, Field};

use super::column::{Column, Growth};
use super::{REST_COLUMN, json_field};
use crate::event::{Object, Value};

/// Columns by name, and which rows have a map at all.
#[derive(Debug)]
pub(super) struct Table {
    names: Vec<Box<str>>,
    columns: Vec<Column>,
    places: BTreeMap<Box<str>, usize>,
    nulls: NullBufferBuilder,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            names: Vec::new(),
            columns: Vec::new(),
            places: BTreeMap::new(),
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
        self.places.insert(name.into(), self.names.len());
        self.names.push(name.into());
        self.columns.push(column);
        true
    }

    /// Puts a map into a row, whose number is at least that of all rows before. What has no place is appended to `rest` as members
    /// of a JSON object that is not closed, with its brace if it is the first.
    pub(super) fn append(
        &mut self,
        object: &Object<'_>,
        row: usize,
        level: usize,
        growth: &mut Growth,
        rest: &mut Vec<u8>,
    ) {
        // PERF: events of one program have their fields in one order, so that the next column is nearly always the one
        // behind the last.
        let mut next = 0;
        for (name, value) in object.iter() {
            let known = match self.names.get(next) {
                Some(expected) if **expected == *name => Some(next),
                _ => self.place(name, level, growth),
            };
            let Some(place) = known else {
                member(rest, name, |out| value.write_json(out));
                continue;
            };
            next = place + 1;
            let mut inner = Vec::new();
            if !self.columns[place].append(value, row, level + 1, growth, &mut inner) {
                member(rest, name, |out| value.write_json(out));
            } else if !inner.is_empty() {
                member(rest, name, |out| {
                    out.extend_from_slice(&inner);
                    out.push(b'}');
                });
            }
        }
        if level > 0 {
            self.pad(row);
            self.nulls.append_non_null();
        }
    }

    #[inline(never)]
    fn place(&mut self, name: &str, level: usize, growth: &mut Growth) -> Option<usize> {
        if let Some(place) = self.places.get(name) {
            return Some(*place);
        }
        let is_allowed = growth.is_open && (level > 0 || name != REST_COLUMN);
        if !is_allowed || !growth.takes_column() {
            return None;
        }
        self.add(name, Column::Unknown);
        Some(self.names.len() - 1)
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
    pub(super) fn finish(&mut self, rows: usize) -> Result<Vec<ArrayRef>, ArrowError> {
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
        let mut members = Vec::new();
        let mut value = Vec::new();
        for (name, column) in self.names.iter().zip(&self.columns) {
            value.clear();
            if column.write_row(row, &mut value) {
                member(&mut members, name, |out| out.extend_from_slice(&value));
            }
        }
        if members.is_empty() {
            members.push(b'{');
        }
        out.extend_from_slice(&members);
        out.push(b'}');
        true
    }

    fn pad(&mut self, row: usize) {
        let missing = row.saturating_sub(self.nulls.len());
        if missing > 0 {
            self.nulls.append_n_nulls(missing);
        }
    }
}

/// Appends a member of a JSON object, with the brace before the first.
fn member(out: &mut Vec<u8>, name: &str, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(if out.is_empty() { b'{' } else { b',' });
    Value::Str(name).write_json(out);
    out.push(b':');
    write(out);
}
