//! The iterator over the events of a stream.

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;
use sawlog::Order;

use crate::errors::{runtime_error, value_error};
use crate::options::{Clock, RunOptions};
use crate::pipeline::Shared;
use crate::sink::Taped;
use crate::source::Source;
use crate::tape::{Names, Tape};
use crate::worker;

/// What another iterator of the pipeline may use again: memory, and Python objects.
pub(crate) struct Reader {
    worker: sawlog::Worker,
    tape: Tape,
    names: Names,
}

struct Inner {
    /// Nothing when all events were read.
    reader: Option<Reader>,
    shared: Arc<Shared>,
    is_default: bool,
    source: Source,
    clock: Clock,
    metadata: bool,
    is_finished: bool,
}

/// Gives the events of a stream as dicts, reading it as far as is needed.
#[pyclass(frozen, module = "sawlog")]
pub(crate) struct EventIterator {
    /// Boxed, since a worker is aligned for vector instructions and Python's objects are not.
    inner: Mutex<Box<Inner>>,
}

impl EventIterator {
    pub(crate) fn new(
        shared: &Arc<Shared>,
        source: Source,
        options: &RunOptions,
    ) -> PyResult<Self> {
        let is_json = options.form.output_codec.is_none() && options.form.fields.is_empty();
        if !is_json {
            return Err(value_error("events are dicts: they have neither fields nor output_codec"));
        }
        let reader = match shared.reader(options) {
            Some(mut reader) => {
                reader.worker.start_stream(None);
                reader
            }
            None => Reader {
                worker: worker::of_options(&shared.compiled.pipeline, options)?,
                tape: Tape::default(),
                names: Names::default(),
            },
        };
        let inner = Inner {
            reader: Some(reader),
            shared: Arc::clone(shared),
            is_default: options.is_default,
            source,
            clock: options.clock,
            metadata: options.metadata,
            is_finished: false,
        };
        Ok(Self { inner: Mutex::new(Box::new(inner)) })
    }
}

#[pymethods]
impl EventIterator {
    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let mut inner = match self.inner.try_lock() {
            Ok(inner) => inner,
            Err(std::sync::TryLockError::Poisoned(inner)) => PoisonError::into_inner(inner),
            Err(std::sync::TryLockError::WouldBlock) => {
                return Err(runtime_error("another thread is waiting for the next event"));
            }
        };
        let inner = &mut **inner;
        loop {
            let Inner { reader, source, clock, metadata, is_finished, .. } = &mut *inner;
            let Some(Reader { worker, tape, names }) = reader else { return Ok(None) };
            if let Some(event) = tape.next(py, names)? {
                return Ok(Some(event));
            }
            if *is_finished {
                if let Some(reader) = inner.reader.take()
                    && inner.is_default
                    && reader.worker.order() == Order::Stateless
                {
                    inner.shared.keep_reader(reader);
                }
                return Ok(None);
            }
            let block = source.next(py)?;
            let tick = clock.tick();
            let mut sink = Taped { tape, metadata: *metadata, now: tick.now, rejects: None };
            if let Some(block) = block {
                py.detach(|| worker.push(&block, tick, &mut sink));
            } else {
                py.detach(|| worker.finish(tick, &mut sink));
                *is_finished = true;
            }
            py.check_signals()?;
        }
    }
}
