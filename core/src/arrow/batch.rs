//! Batches: the buffers of Arrow's columns, owned, as they were built.
//!
//! ```text
//! verb: utf8     Texts { offsets: [0, 3, 6], bytes: "GETPUT" }
//! bytes: int64   Ints([17, 0]), nulls: [valid, null]
//! ```
//!
//! Their layout is that of Arrow's columnar format, so that they are handed on without a copy: as a [`RecordBatch`] of arrow-rs, or
//! buffer by buffer.

use std::sync::Arc;

use arrow_array::types::{
    ArrowTimestampType, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, ListArray, PrimitiveArray, RecordBatch,
    RecordBatchOptions, StringArray, StructArray,
};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, DataType, Field, SchemaRef, TimeUnit};

use super::BatchError;

/// Events as columns.
#[derive(Clone, Debug)]
pub struct Batch {
    pub(super) schema: SchemaRef,
    pub(super) rows: usize,
    pub(super) columns: Vec<BatchColumn>,
}

/// One column: of a batch, or inside a list or map.
#[derive(Clone, Debug)]
pub struct BatchColumn {
    /// The number of values, those that are null included.
    pub rows: usize,
    /// Which values are null; nothing when none is. Its offset is 0.
    pub nulls: Option<NullBuffer>,
    /// The values, in the layout of the column's type; what stands for a null has no meaning.
    pub values: Values,
}

/// The values of a column.
#[derive(Clone, Debug)]
pub enum Values {
    /// `Boolean`: a bit each, from offset 0.
    Bools(BooleanBuffer),
    /// `Float64`.
    Floats(Vec<f64>),
    /// `Int64`, and `Timestamp` in its unit.
    Ints(Vec<i64>),
    /// `List`.
    List {
        /// Where each list ends among the items, after a 0.
        offsets: Vec<i32>,
        /// The items of all lists.
        items: Box<BatchColumn>,
    },
    /// `Struct`: a column for each field.
    Struct(Vec<BatchColumn>),
    /// `Utf8`.
    Texts {
        /// Where each text ends, after a 0.
        offsets: Vec<i32>,
        /// The texts, one behind the other.
        bytes: Vec<u8>,
    },
}

impl Batch {
    /// The names and types of the columns.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The number of events.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The columns, in the order of the schema's fields.
    pub fn columns(&self) -> &[BatchColumn] {
        &self.columns
    }

    /// Takes the columns out.
    pub fn into_columns(self) -> Vec<BatchColumn> {
        self.columns
    }

    /// The batch as arrow-rs has them; no buffer is copied.
    ///
    /// # Errors
    /// [`BatchError::Refused`], which is a fault of this library.
    pub fn into_record_batch(self) -> Result<RecordBatch, BatchError> {
        let refused = |error: ArrowError| BatchError::Refused(error.to_string());
        let fields = self.schema.fields().iter();
        let arrays = fields.zip(self.columns).map(|(field, column)| array(field, column));
        let arrays = arrays.collect::<Result<Vec<_>, _>>().map_err(refused)?;
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        RecordBatch::try_new_with_options(self.schema, arrays, &options).map_err(refused)
    }
}

fn array(field: &Field, column: BatchColumn) -> Result<ArrayRef, ArrowError> {
    let BatchColumn { rows, nulls, values } = column;
    Ok(match (values, field.data_type()) {
        (Values::Bools(values), DataType::Boolean) => Arc::new(BooleanArray::new(values, nulls)),
        (Values::Floats(values), DataType::Float64) => {
            Arc::new(Float64Array::try_new(values.into(), nulls)?)
        }
        (Values::Ints(values), DataType::Int64) => {
            Arc::new(Int64Array::try_new(values.into(), nulls)?)
        }
        (Values::Ints(values), DataType::Timestamp(unit, _)) => match unit {
            TimeUnit::Second => times::<TimestampSecondType>(values, nulls)?,
            TimeUnit::Millisecond => times::<TimestampMillisecondType>(values, nulls)?,
            TimeUnit::Microsecond => times::<TimestampMicrosecondType>(values, nulls)?,
            TimeUnit::Nanosecond => times::<TimestampNanosecondType>(values, nulls)?,
        },
        (Values::List { offsets, items }, DataType::List(item)) => {
            let items = array(item, *items)?;
            Arc::new(ListArray::try_new(Arc::clone(item), ends(offsets), items, nulls)?)
        }
        (Values::Struct(columns), DataType::Struct(fields)) => {
            let arrays = fields.iter().zip(columns).map(|(field, column)| array(field, column));
            let arrays = arrays.collect::<Result<Vec<_>, _>>()?;
            Arc::new(StructArray::try_new_with_length(fields.clone(), arrays, nulls, rows)?)
        }
        (Values::Texts { offsets, bytes }, DataType::Utf8) => {
            Arc::new(StringArray::try_new(ends(offsets), Buffer::from_vec(bytes), nulls)?)
        }
        (_, other) => {
            let text = format!("the column `{}` is no {other}", field.name());
            return Err(ArrowError::SchemaError(text));
        }
    })
}

fn times<T: ArrowTimestampType>(
    values: Vec<i64>,
    nulls: Option<NullBuffer>,
) -> Result<ArrayRef, ArrowError> {
    let array = PrimitiveArray::<T>::try_new(values.into(), nulls)?;
    Ok(Arc::new(array.with_timezone("UTC")))
}

fn ends(offsets: Vec<i32>) -> OffsetBuffer<i32> {
    OffsetBuffer::new(ScalarBuffer::from(offsets))
}
