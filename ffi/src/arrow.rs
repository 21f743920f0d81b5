//! Events as record batches, in Arrow's C data interface: <https://arrow.apache.org/docs/format/CDataInterface.html>.

use core::ffi::{CStr, c_char, c_void};
use core::ptr;
use std::ffi::CString;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, TimeUnit};
use sawlog::arrow::{Batch, BatchColumn, BatchError, Values};

use crate::handle::{Out, call, out, shared};
use crate::status::{
    Result, SAWLOG_BAD_LENGTH, SAWLOG_BAD_ORDER, SAWLOG_BAD_POINTER, SAWLOG_BAD_UTF8,
    SAWLOG_BAD_VALUE, SAWLOG_END, SAWLOG_EVENT_TOO_LARGE, Status,
};
use crate::worker::Worker;

/// `ARROW_FLAG_NULLABLE`.
const NULLABLE: i64 = 2;
/// Levels of a caller's schema that are read: more than a batch can have, so that what is deeper is refused by name.
const LEVELS: usize = sawlog::limits::BATCH_LEVELS + 2;

/// Arrow's struct of the same name.
#[derive(Debug)]
#[repr(C)]
pub struct ArrowSchema {
    format: *const c_char,
    name: *const c_char,
    metadata: *const c_char,
    flags: i64,
    n_children: i64,
    children: *mut *mut Self,
    dictionary: *mut Self,
    release: Option<unsafe extern "C" fn(*mut Self)>,
    private_data: *mut c_void,
}

/// Arrow's struct of the same name.
#[derive(Debug)]
#[repr(C)]
pub struct ArrowArray {
    length: i64,
    null_count: i64,
    offset: i64,
    n_buffers: i64,
    n_children: i64,
    buffers: *mut *const c_void,
    children: *mut *mut Self,
    dictionary: *mut Self,
    release: Option<unsafe extern "C" fn(*mut Self)>,
    private_data: *mut c_void,
}

/// Moves the oldest record batch to the caller, in Arrow's C data interface: one that is full, or else one of all events that wait. For
/// workers with `SAWLOG_FORMAT_ARROW`.
///
/// Effect: `*array` is a struct array, a child for each column; `*schema` says their names and types, and may be NULL for a host that has
/// it already: all batches of a worker have one schema, which the first one decides unless `columns` gave it. What the two structs held
/// before is overwritten and not released. Nothing is copied. Ownership: both are the caller's, who calls their `release` (or hands them to
/// a library that does), at any time and on any thread, also when the worker is long freed; the library must still be loaded. Threads: one
/// at a time for each worker. Statuses: `SAWLOG_END` when no event waits, and nothing is written; `SAWLOG_BAD_ORDER` for a worker with
/// another format, `SAWLOG_EVENT_TOO_LARGE` when the texts of one event in one column pass 2 GiB, which ends the stream;
/// `SAWLOG_BAD_POINTER`, `SAWLOG_BUSY`, `SAWLOG_PANICKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_worker_pull_arrow(
    worker: *mut Worker,
    schema: *mut ArrowSchema,
    array: *mut ArrowArray,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (worker, array) = unsafe { (shared(worker)?, out(array)?) };
        // SAFETY: as above.
        let schema = if schema.is_null() { None } else { Some(unsafe { out(schema) }?) };
        let mut state = worker.0.enter()?;
        state.forget();
        if state.converter.batches().is_none() {
            return Err(Status(SAWLOG_BAD_ORDER));
        }
        let batch = state.converter.take_batch().map_err(|error| match error {
            BatchError::TooLarge => Status(SAWLOG_EVENT_TOO_LARGE),
            _ => Status(SAWLOG_BAD_VALUE),
        })?;
        let batch = batch.ok_or(Status(SAWLOG_END))?;
        if let Some(schema) = schema {
            give_schema(batch.schema(), schema)?;
        }
        array.set(array_of_batch(batch));
        Ok(())
    })
}

/// Gives the schema of a worker's record batches, as `sawlog_worker_pull_arrow` does: for the readers of a stream without any.
///
/// Ownership: it is the caller's. Threads: one at a time for each worker. Statuses: `SAWLOG_END` as long as it is not decided, which is
/// until the first batch is full or pulled, or `sawlog_worker_finish`, and nothing is written; else as `sawlog_worker_pull_arrow`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_worker_arrow_schema(
    worker: *mut Worker,
    schema: *mut ArrowSchema,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (worker, schema) = unsafe { (shared(worker)?, out(schema)?) };
        let state = worker.0.enter()?;
        let batches = state.converter.batches().ok_or(Status(SAWLOG_BAD_ORDER))?;
        give_schema(batches.schema().ok_or(Status(SAWLOG_END))?, schema)
    })
}

fn give_schema(schema: &Schema, place: Out<'_, ArrowSchema>) -> Result {
    let row = DataType::Struct(schema.fields().clone());
    // The rows themselves are never null.
    let schema = schema_of_field(&Field::new("", row, false)).ok_or(Status(SAWLOG_BAD_VALUE))?;
    place.set(schema);
    Ok(())
}

/// What a schema's pointers lead to.
#[derive(Debug)]
struct SchemaOwner {
    name: CString,
    metadata: Option<Vec<u8>>,
    children: Vec<*mut ArrowSchema>,
}

/// Nothing for a type that batches do not have.
fn schema_of_field(field: &Field) -> Option<ArrowSchema> {
    let (format, children) = match field.data_type() {
        DataType::Boolean => (c"b", &[][..]),
        DataType::Float64 => (c"g", &[][..]),
        DataType::Int64 => (c"l", &[][..]),
        DataType::List(item) => (c"+l", core::slice::from_ref(item)),
        DataType::Struct(fields) => (c"+s", &fields[..]),
        DataType::Timestamp(unit, _) => (
            match unit {
                TimeUnit::Second => c"tss:UTC",
                TimeUnit::Millisecond => c"tsm:UTC",
                TimeUnit::Microsecond => c"tsu:UTC",
                TimeUnit::Nanosecond => c"tsn:UTC",
            },
            &[][..],
        ),
        DataType::Utf8 => (c"u", &[][..]),
        _ => return None,
    };
    let children: Option<Vec<_>> = children.iter().map(|field| schema_of_field(field)).collect();
    let children = children?.into_iter().map(|child| Box::into_raw(Box::new(child))).collect();
    // Columns have no such names: core.
    let name = CString::new(field.name().as_str()).unwrap_or_default();
    let metadata = (!field.metadata().is_empty()).then(|| metadata(field));
    let mut owner = Box::new(SchemaOwner { name, metadata, children });
    Some(ArrowSchema {
        format: format.as_ptr(),
        name: owner.name.as_ptr(),
        metadata: owner.metadata.as_ref().map_or(ptr::null(), |bytes| bytes.as_ptr().cast()),
        flags: if field.is_nullable() { NULLABLE } else { 0 },
        n_children: length(owner.children.len()),
        children: owner.children.as_mut_ptr(),
        dictionary: ptr::null_mut(),
        release: Some(release_schema),
        private_data: Box::into_raw(owner).cast(),
    })
}

/// Pairs as the interface wants them: numbers of 32 bits, not aligned, before each text.
fn metadata(field: &Field) -> Vec<u8> {
    let number = |len: usize| i32::try_from(len).unwrap_or(0).to_ne_bytes();
    let mut bytes = number(field.metadata().len()).to_vec();
    for (key, value) in field.metadata() {
        for text in [key.as_str(), value.as_str()] {
            bytes.extend_from_slice(&number(text.len()));
            bytes.extend_from_slice(text.as_bytes());
        }
    }
    bytes
}

unsafe extern "C" fn release_schema(schema: *mut ArrowSchema) {
    // SAFETY: who calls this has a schema of `schema_of_field`, or a bitwise copy of it, that was not released.
    let owner = unsafe {
        (*schema).release = None;
        Box::from_raw((*schema).private_data.cast::<SchemaOwner>())
    };
    for &child in &owner.children {
        // SAFETY: it comes from `Box::into_raw`; who moved its contents out has set `release` to NULL.
        unsafe {
            if let Some(release) = (*child).release {
                release(child);
            }
            drop(Box::from_raw(child));
        }
    }
}

/// What an array's pointers lead to.
#[derive(Debug)]
struct ArrayOwner {
    /// Whose buffers are shown.
    _values: Values,
    _nulls: Option<arrow_buffer::NullBuffer>,
    buffers: Vec<*const c_void>,
    children: Vec<*mut ArrowArray>,
}

fn array_of_batch(batch: Batch) -> ArrowArray {
    let rows = batch.rows();
    let values = Values::Struct(batch.into_columns());
    array_of_column(BatchColumn { rows, nulls: None, values })
}

fn array_of_column(column: BatchColumn) -> ArrowArray {
    let BatchColumn { rows, nulls, mut values } = column;
    let validity = nulls.as_ref().map_or(ptr::null(), |nulls| nulls.validity().as_ptr());
    let mut buffers = vec![validity.cast::<c_void>()];
    let mut children = Vec::new();
    // The buffers stay where they are when their owner is moved.
    match &mut values {
        Values::Bools(bits) => buffers.push(bits.values().as_ptr().cast()),
        Values::Floats(numbers) => buffers.push(numbers.as_ptr().cast()),
        Values::Ints(numbers) => buffers.push(numbers.as_ptr().cast()),
        Values::List { offsets, items } => {
            buffers.push(offsets.as_ptr().cast());
            let empty = BatchColumn { rows: 0, nulls: None, values: Values::Struct(Vec::new()) };
            children.push(core::mem::replace(&mut **items, empty));
        }
        Values::Struct(columns) => children.append(columns),
        Values::Texts { offsets, bytes } => {
            buffers.extend([offsets.as_ptr().cast(), bytes.as_ptr().cast::<c_void>()]);
        }
    }
    let children = children.into_iter().map(array_of_column);
    let children = children.map(|child| Box::into_raw(Box::new(child))).collect();
    let null_count = nulls.as_ref().map_or(0, arrow_buffer::NullBuffer::null_count);
    let mut owner = Box::new(ArrayOwner { _values: values, _nulls: nulls, buffers, children });
    ArrowArray {
        length: length(rows),
        null_count: length(null_count),
        offset: 0,
        n_buffers: length(owner.buffers.len()),
        n_children: length(owner.children.len()),
        buffers: owner.buffers.as_mut_ptr(),
        children: owner.children.as_mut_ptr(),
        dictionary: ptr::null_mut(),
        release: Some(release_array),
        private_data: Box::into_raw(owner).cast(),
    }
}

unsafe extern "C" fn release_array(array: *mut ArrowArray) {
    // SAFETY: who calls this has an array of `array_of_column`, or a bitwise copy of it, that was not released.
    let owner = unsafe {
        (*array).release = None;
        Box::from_raw((*array).private_data.cast::<ArrayOwner>())
    };
    for &child in &owner.children {
        // SAFETY: it comes from `Box::into_raw`; who moved its contents out has set `release` to NULL.
        unsafe {
            if let Some(release) = (*child).release {
                release(child);
            }
            drop(Box::from_raw(child));
        }
    }
}

/// Lengths of what lies in memory.
fn length(len: usize) -> i64 {
    i64::try_from(len).unwrap_or(i64::MAX)
}

/// A caller's schema cannot be used.
#[derive(Debug)]
pub(crate) enum Unusable {
    /// It is no schema.
    Status(Status),
    /// It has a column that is not built, which the words name.
    Text(String),
}

impl From<Status> for Unusable {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

/// Reads the columns of a caller's schema, which must be a struct; it stays the caller's.
///
/// # Safety
/// The pointer leads to a schema of the C data interface that nobody changes.
pub(crate) unsafe fn read_schema(
    schema: *const ArrowSchema,
) -> core::result::Result<Schema, Unusable> {
    // SAFETY: the caller vouches for it.
    let field = unsafe { read_field(schema, 0) }?;
    match field.data_type() {
        DataType::Struct(fields) => Ok(Schema::new(fields.clone())),
        _ => Err(Unusable::Text("the schema of the columns is no struct".to_owned())),
    }
}

/// # Safety
/// As [`read_schema`].
unsafe fn read_field(
    schema: *const ArrowSchema,
    level: usize,
) -> core::result::Result<Field, Unusable> {
    // SAFETY: the caller vouches for it.
    let schema = unsafe { shared(schema) }?;
    // SAFETY: as above.
    let (name, format) = unsafe { (c_text(schema.name)?, c_text(schema.format)?) };
    let (Some(format), Some(_)) = (format, schema.release) else {
        return Err(Status(SAWLOG_BAD_POINTER).into());
    };
    let name = name.unwrap_or_default();
    let time = |unit| DataType::Timestamp(unit, Some("UTC".into()));
    let kind = match format {
        "b" => DataType::Boolean,
        "g" => DataType::Float64,
        "l" => DataType::Int64,
        "tss:UTC" => time(TimeUnit::Second),
        "tsm:UTC" => time(TimeUnit::Millisecond),
        "tsu:UTC" => time(TimeUnit::Microsecond),
        "tsn:UTC" => time(TimeUnit::Nanosecond),
        "u" => DataType::Utf8,
        "+l" | "+s" if level < LEVELS => {
            // SAFETY: as above.
            let mut children = unsafe { read_children(schema, level + 1) }?;
            if format == "+s" {
                DataType::Struct(children.into())
            } else if let (Some(item), true) = (children.pop(), children.is_empty()) {
                DataType::List(Arc::new(item))
            } else {
                return Err(Status(SAWLOG_BAD_LENGTH).into());
            }
        }
        _ => {
            return Err(Unusable::Text(format!(
                "the column `{name}` has the format `{format}`; a column is `b`, `g`, `l`, `u`, `ts?:UTC`, a `+l` of \
                 one of these, or a `+s`"
            )));
        }
    };
    Ok(Field::new(name, kind, true))
}

/// # Safety
/// As [`read_schema`].
unsafe fn read_children(
    schema: &ArrowSchema,
    level: usize,
) -> core::result::Result<Vec<Field>, Unusable> {
    let count = usize::try_from(schema.n_children).map_err(|_| Status(SAWLOG_BAD_LENGTH))?;
    if count == 0 {
        return Ok(Vec::new());
    }
    if count > sawlog::limits::BATCH_COLUMNS {
        return Err(Status(SAWLOG_BAD_LENGTH).into());
    }
    // SAFETY: the caller vouches for it, and for as many pointers behind it.
    let children = unsafe {
        core::slice::from_raw_parts(shared(schema.children.cast::<*const ArrowSchema>())?, count)
    };
    // SAFETY: as above.
    children.iter().map(|child| unsafe { read_field(*child, level) }).collect()
}

/// A text that is ended by a zero; nothing for NULL.
///
/// # Safety
/// A pointer that is not NULL leads to such a text.
unsafe fn c_text<'a>(text: *const c_char) -> Result<Option<&'a str>> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller vouches for it.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_str().map(Some).map_err(|_| Status(SAWLOG_BAD_UTF8))
}
