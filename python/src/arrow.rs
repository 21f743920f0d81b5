//! Events as an Arrow stream, handed over by the `PyCapsule` interface.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyCapsule, PyDict, PyList, PyString};
use sawlog::arrow::{Batch, BatchBuilder, BatchOptions, Rest};
use sawlog::{Order, Pipeline, Stats, Tick, Worker};

use crate::errors::{runtime_error, value_error};
use crate::options::{Clock, RunOptions};
use crate::source::{BLOCK_BYTES, Source};
use crate::worker;

/// The name that consumers look for.
const STREAM: &std::ffi::CStr = c"arrow_array_stream";

/// What is known of a stream that was read to its end.
#[derive(Default)]
struct Outcome {
    stats: Option<Stats>,
    left_out: u64,
}

/// Where a stream's bytes come from.
enum Feed {
    /// Bytes that every reading starts anew with; read without the interpreter's lock.
    Bytes(PyBackedBytes),
    /// Something that can be read once.
    Once(Option<Source>),
}

/// The events of a stream as a table that any reader of Arrow takes.
#[pyclass(frozen, module = "sawlog")]
pub(crate) struct ArrowStream {
    pipeline: Pipeline,
    feed: Mutex<Feed>,
    options: RunOptions,
    batches: BatchOptions,
    outcome: Arc<Mutex<Outcome>>,
}

impl ArrowStream {
    pub(crate) fn new(
        pipeline: &Pipeline,
        source: Source,
        options: RunOptions,
        schema: Option<&Bound<'_, PyAny>>,
        rest: bool,
        (batch_events, batch_bytes): (Option<usize>, Option<usize>),
    ) -> PyResult<Self> {
        // What is wrong is said here and not where the stream is read.
        worker::of_options(pipeline, &options)?;
        let defaults = BatchOptions::default();
        let batches = BatchOptions {
            schema: schema.map(read_schema).transpose()?,
            rest: if rest { Rest::Keep } else { Rest::Count },
            batch_events: batch_events.unwrap_or(defaults.batch_events),
            batch_bytes: batch_bytes.unwrap_or(defaults.batch_bytes),
        };
        BatchBuilder::new(&batches).map_err(|error| value_error(error.to_string()))?;
        let feed = match source {
            Source::Bytes { bytes, .. } => Feed::Bytes(bytes),
            source => Feed::Once(Some(source)),
        };
        let (feed, outcome) = (Mutex::new(feed), Arc::default());
        Ok(Self { pipeline: pipeline.clone(), feed, options, batches, outcome })
    }

    fn take_feed(&self, py: Python<'_>) -> PyResult<Reading> {
        match &mut *lock(&self.feed) {
            Feed::Bytes(bytes) => Ok(Reading::Bytes { bytes: bytes.clone_ref(py), at: 0 }),
            Feed::Once(source) => source.take().map(Reading::Python).ok_or_else(|| {
                runtime_error(
                    "the stream was read already; only one made of bytes can be read again",
                )
            }),
        }
    }
}

#[pymethods]
impl ArrowStream {
    /// Gives the stream to a reader of Arrow.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // A reader that wants other types casts what it gets, as the interface allows.
        let _ = requested_schema;
        let feed = self.take_feed(py)?;
        let worker = worker::of_options(&self.pipeline, &self.options)?;
        let builder =
            BatchBuilder::new(&self.batches).map_err(|error| value_error(error.to_string()))?;
        let mut reader = Reader {
            worker,
            builder,
            feed,
            clock: self.options.clock,
            schema: Arc::new(Schema::empty()),
            is_finished: false,
            outcome: Arc::clone(&self.outcome),
        };
        py.detach(|| reader.start())?;
        let stream = FFI_ArrowArrayStream::new(Box::new(reader));
        PyCapsule::new_with_value(py, stream, STREAM)
    }

    /// What was counted, once the stream was read to its end.
    #[getter]
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        lock(&self.outcome).stats.as_ref().map(|stats| worker::stats(py, stats)).transpose()
    }

    /// Events with values that had no place, with `rest=False`.
    #[getter]
    fn left_out(&self) -> u64 {
        lock(&self.outcome).left_out
    }

    /// Whether one worker must see all events in order.
    #[getter]
    fn is_ordered(&self) -> bool {
        self.pipeline.order() == Order::Ordered
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A reading under way.
enum Reading {
    Bytes { bytes: PyBackedBytes, at: usize },
    Python(Source),
}

/// Runs the engine as batches are asked for, by whatever thread asks.
struct Reader {
    worker: Worker,
    builder: BatchBuilder,
    feed: Reading,
    clock: Clock,
    schema: SchemaRef,
    is_finished: bool,
    outcome: Arc<Mutex<Outcome>>,
}

impl Reader {
    /// Reads until the columns are known.
    fn start(&mut self) -> PyResult<()> {
        loop {
            if let Some(schema) = self.builder.schema() {
                self.schema = Arc::clone(schema);
                return Ok(());
            }
            self.advance()?;
        }
    }

    fn advance(&mut self) -> PyResult<()> {
        let tick: Tick = self.clock.tick();
        let Self { worker, builder, .. } = self;
        match &mut self.feed {
            Reading::Bytes { bytes, at } if *at < bytes.len() => {
                let end = bytes.len().min(*at + BLOCK_BYTES);
                worker.push(bytes.get(*at..end).unwrap_or_default(), tick, builder);
                *at = end;
                return Ok(());
            }
            Reading::Bytes { .. } => {}
            Reading::Python(source) => {
                let block = Python::attach(|py| {
                    py.check_signals()?;
                    source.next(py)
                })?;
                if let Some(block) = block {
                    worker.push(&block, tick, builder);
                    return Ok(());
                }
            }
        }
        worker.finish(tick, builder);
        builder.finish();
        self.is_finished = true;
        let mut outcome = lock(&self.outcome);
        outcome.stats = Some(worker.stats().clone());
        outcome.left_out = builder.left_out();
        Ok(())
    }
}

impl Iterator for Reader {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let next = self.builder.next_batch();
            match next.and_then(|batch| batch.map(Batch::into_record_batch).transpose()) {
                Ok(Some(batch)) => return Some(Ok(batch)),
                Err(error) => return Some(Err(ArrowError::ExternalError(Box::new(error)))),
                Ok(None) if self.is_finished => return None,
                Ok(None) => {}
            }
            if let Err(error) = self.advance() {
                self.is_finished = true;
                return Some(Err(ArrowError::ExternalError(Box::new(error))));
            }
        }
    }
}

impl RecordBatchReader for Reader {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

/// Reads a schema: names to types, as `sawlog._types.schema` spells them.
fn read_schema(schema: &Bound<'_, PyAny>) -> PyResult<SchemaRef> {
    static SPELL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = schema.py();
    let spell = SPELL.get_or_try_init(py, || {
        py.import("sawlog._types")?.getattr("spell_schema").map(Bound::unbind)
    })?;
    let spelled = spell.bind(py).call1((schema,))?;
    Ok(Arc::new(Schema::new(fields(&spelled)?)))
}

fn fields(spelled: &Bound<'_, PyAny>) -> PyResult<Vec<Field>> {
    let mut fields = Vec::new();
    for (name, kind) in spelled.cast::<PyDict>()? {
        fields.push(Field::new(name.extract::<String>()?, data_type(&kind)?, true));
    }
    Ok(fields)
}

fn data_type(kind: &Bound<'_, PyAny>) -> PyResult<DataType> {
    if kind.is_instance_of::<PyDict>() {
        return Ok(DataType::Struct(fields(kind)?.into()));
    }
    if let Ok(list) = kind.cast::<PyList>() {
        let item = data_type(&list.get_item(0)?)?;
        return Ok(DataType::List(Arc::new(Field::new("item", item, true))));
    }
    let name = kind.cast::<PyString>()?.to_str()?;
    let time = |unit| DataType::Timestamp(unit, Some("UTC".into()));
    Ok(match name {
        "bool" => DataType::Boolean,
        "float64" => DataType::Float64,
        "int64" => DataType::Int64,
        "string" => DataType::Utf8,
        "timestamp[s]" => time(TimeUnit::Second),
        "timestamp[ms]" => time(TimeUnit::Millisecond),
        "timestamp[us]" => time(TimeUnit::Microsecond),
        "timestamp[ns]" => time(TimeUnit::Nanosecond),
        _ => return Err(PyTypeError::new_err(format!("`{name}` is no type of a column"))),
    })
}
