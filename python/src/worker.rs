//! The class `Worker`: one stream after the other, partial lines kept between calls.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyType};
use sawlog::{InputOptions, Order, Sink, Stats, Tick};
use sawlog_cli::{
    format::Formatter,
    rejects::{ClockInRejects, Recorder},
};

use crate::errors::{self, runtime_error, value_error};
use crate::options::{Clock, RunOptions};
use crate::pipeline::{Pipeline, Shared};
use crate::sink::{Lines, Rejects, Taped};
use crate::source::Source;
use crate::tape::{Names, Tape};

/// Makes a worker of the engine.
pub(crate) fn of_options(
    pipeline: &sawlog::Pipeline,
    options: &RunOptions,
) -> PyResult<sawlog::Worker> {
    of_input(pipeline, &options.input)
}

pub(crate) fn of_input(
    pipeline: &sawlog::Pipeline,
    options: &InputOptions,
) -> PyResult<sawlog::Worker> {
    sawlog::Worker::new(pipeline, options).map_err(|error| value_error(error.to_string()))
}

/// What a worker is made of; one thread at a time has it.
struct Inner {
    worker: sawlog::Worker,
    formatter: Formatter,
    rejects: Option<Rejects>,
    out: Vec<u8>,
    tape: Tape,
    names: Names,
    /// Whether a call was broken off in the middle, so that nobody knows what the worker has seen.
    is_broken: bool,
}

/// Runs streams through a pipeline.
#[pyclass(frozen, module = "sawlog")]
pub(crate) struct Worker {
    /// Boxed, since a worker is aligned for vector instructions and Python's objects are not.
    inner: Mutex<Box<Inner>>,
    shared: Arc<Shared>,
    clock: Clock,
    metadata: bool,
}

/// What a worker is told to do.
#[derive(Clone, Copy)]
enum End {
    Finish,
    Flush,
    Tick,
}

#[pymethods]
impl Worker {
    /// Makes a worker at the start of a stream.
    #[new]
    #[pyo3(signature = (pipeline, *, rejects = false, **options))]
    fn new(
        pipeline: &Bound<'_, Pipeline>,
        rejects: bool,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let shared = Arc::clone(&pipeline.get().shared);
        let compiled = &shared.compiled.pipeline;
        let options = RunOptions::read(compiled, options)?;
        let formatter = options.formatter(shared.ecs)?;
        let layout = formatter.layout();
        if !layout.head.is_empty() || !layout.separator.is_empty() {
            let text = "a worker writes ndjson, rubydebug or a codec: csv and json have a beginning and an end";
            return Err(value_error(text));
        }
        let name = options.input.path.clone().unwrap_or_default();
        let recorder = || Recorder::new(compiled, ClockInRejects::LeftOut);
        let inner = Inner {
            worker: of_options(compiled, &options)?,
            formatter,
            rejects: rejects.then(|| Rejects::new(recorder(), name)),
            out: Vec::new(),
            tape: Tape::default(),
            names: Names::default(),
            is_broken: false,
        };
        let (clock, metadata) = (options.clock, options.metadata);
        Ok(Self { inner: Mutex::new(Box::new(inner)), shared, clock, metadata })
    }

    /// Takes a piece of the stream and gives the events of every line that ends in it, as bytes.
    fn push<'py>(&self, data: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        let py = data.py();
        let mut source = Source::of_bytes(data)?;
        let inner = &mut **self.lock(py)?;
        inner.out.clear();
        inner.is_broken = true;
        while let Some(block) = source.next(py)? {
            let tick = self.clock.tick();
            py.detach(|| {
                inner.bytes(self.metadata, tick, |worker, sink| worker.push(&block, tick, sink));
            });
            py.check_signals()?;
        }
        inner.is_broken = false;
        Ok(PyBytes::new(py, &inner.out))
    }

    /// As `push`, with the events as dicts.
    fn push_events<'py>(&self, data: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
        let py = data.py();
        let mut source = Source::of_bytes(data)?;
        let inner = &mut **self.lock(py)?;
        inner.is_broken = true;
        let list = PyList::empty(py);
        while let Some(block) = source.next(py)? {
            let tick = self.clock.tick();
            py.detach(|| {
                inner.tape(self.metadata, tick, |worker, sink| worker.push(&block, tick, sink));
            });
            py.check_signals()?;
            inner.read_tape(&list)?;
        }
        inner.is_broken = false;
        Ok(list)
    }

    /// Runs one event through the filters, without codec.
    fn run_event<'py>(&self, event: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
        let py = event.py();
        let json = json_of(event)?;
        let inner = &mut **self.lock(py)?;
        let tick = self.clock.tick();
        py.detach(|| {
            inner.tape(self.metadata, tick, |worker, sink| worker.run_event(&json, tick, sink));
        });
        let list = PyList::empty(py);
        inner.read_tape(&list)?;
        Ok(list)
    }

    /// As `run_event`, with the events as bytes.
    fn run_event_bytes<'py>(&self, event: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        let py = event.py();
        let json = json_of(event)?;
        let inner = &mut **self.lock(py)?;
        let tick = self.clock.tick();
        inner.out.clear();
        py.detach(|| {
            inner.bytes(self.metadata, tick, |worker, sink| worker.run_event(&json, tick, sink));
        });
        Ok(PyBytes::new(py, &inner.out))
    }

    /// Ends the stream.
    fn flush<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.end_bytes(py, End::Flush)
    }

    /// As `flush`, with the events as dicts.
    fn flush_events<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        self.end_events(py, End::Flush)
    }

    /// Ends the stream and the run.
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.end_bytes(py, End::Finish)
    }

    /// As `finish`, with the events as dicts.
    fn finish_events<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        self.end_events(py, End::Finish)
    }

    /// Tells the time when no bytes come.
    fn tick<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.end_bytes(py, End::Tick)
    }

    /// As `tick`, with the events as dicts.
    fn tick_events<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        self.end_events(py, End::Tick)
    }

    /// Goes on with another stream.
    #[pyo3(signature = (path = None))]
    fn start_stream(&self, py: Python<'_>, path: Option<&str>) -> PyResult<()> {
        let inner = &mut **self.lock(py)?;
        inner.worker.start_stream(path);
        if let Some(rejects) = &mut inner.rejects {
            rejects.set_name(path.unwrap_or_default());
        }
        Ok(())
    }

    /// Takes out what was rejected.
    fn take_rejects<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        match &mut self.lock(py)?.rejects {
            Some(rejects) => rejects.take(py),
            None => Err(value_error("the worker keeps no rejects: make it with rejects=True")),
        }
    }

    /// What the worker has done so far.
    #[getter]
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let inner = self.lock(py)?;
        stats(py, inner.worker.stats())
    }

    /// What ends a line of the stream.
    #[getter]
    fn delimiter<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, self.lock(py)?.worker.delimiter()))
    }

    /// Whether one worker must see the whole of a stream in order.
    #[getter]
    fn is_ordered(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.lock(py)?.worker.order() == Order::Ordered)
    }

    /// The pipeline that the worker was made of.
    #[getter]
    fn pipeline(&self) -> Pipeline {
        Pipeline { shared: Arc::clone(&self.shared) }
    }
}

impl Worker {
    /// Waits, without the interpreter's lock, until no other thread has the worker.
    fn lock(&self, py: Python<'_>) -> PyResult<MutexGuard<'_, Box<Inner>>> {
        let inner = loop {
            match self.inner.try_lock() {
                Ok(inner) => break inner,
                Err(std::sync::TryLockError::Poisoned(inner)) => break inner.into_inner(),
                Err(std::sync::TryLockError::WouldBlock) => {
                    py.detach(|| drop(self.inner.lock().unwrap_or_else(PoisonError::into_inner)));
                }
            }
        };
        if inner.is_broken || self.inner.is_poisoned() {
            let text = "a call to this worker was broken off, so that nobody knows what it has seen: make another";
            return Err(runtime_error(text));
        }
        Ok(inner)
    }

    fn end_bytes<'py>(&self, py: Python<'py>, end: End) -> PyResult<Bound<'py, PyBytes>> {
        let inner = &mut **self.lock(py)?;
        let tick = self.clock.tick();
        inner.out.clear();
        py.detach(|| inner.bytes(self.metadata, tick, |worker, sink| end.tell(worker, tick, sink)));
        Ok(PyBytes::new(py, &inner.out))
    }

    fn end_events<'py>(&self, py: Python<'py>, end: End) -> PyResult<Bound<'py, PyList>> {
        let inner = &mut **self.lock(py)?;
        let tick = self.clock.tick();
        py.detach(|| inner.tape(self.metadata, tick, |worker, sink| end.tell(worker, tick, sink)));
        let list = PyList::empty(py);
        inner.read_tape(&list)?;
        Ok(list)
    }
}

impl End {
    fn tell(self, worker: &mut sawlog::Worker, tick: Tick, sink: &mut dyn Sink) {
        match self {
            Self::Finish => worker.finish(tick, sink),
            Self::Flush => worker.flush(tick, sink),
            Self::Tick => worker.handle_tick(tick, sink),
        }
    }
}

impl Inner {
    fn bytes(
        &mut self,
        metadata: bool,
        tick: Tick,
        run: impl FnOnce(&mut sawlog::Worker, &mut dyn Sink),
    ) {
        let Self { worker, formatter, rejects, out, .. } = self;
        let (now, rejects) = (tick.now, rejects.as_mut());
        run(worker, &mut Lines { out, formatter, metadata, now, rejects });
    }

    fn tape(
        &mut self,
        metadata: bool,
        tick: Tick,
        run: impl FnOnce(&mut sawlog::Worker, &mut dyn Sink),
    ) {
        let Self { worker, rejects, tape, .. } = self;
        let (now, rejects) = (tick.now, rejects.as_mut());
        run(worker, &mut Taped { tape, metadata, now, rejects });
    }

    fn read_tape(&mut self, list: &Bound<'_, PyList>) -> PyResult<()> {
        while let Some(event) = self.tape.next(list.py(), &mut self.names)? {
            list.append(event)?;
        }
        Ok(())
    }
}

/// The JSON of an event that is a text, bytes or a dict.
fn json_of(event: &Bound<'_, PyAny>) -> PyResult<String> {
    static DUMPS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    if let Ok(text) = event.cast::<PyString>() {
        return Ok(text.to_str()?.to_owned());
    }
    if let Ok(bytes) = event.cast::<PyBytes>() {
        let text = std::str::from_utf8(bytes.as_bytes());
        return text.map(str::to_owned).map_err(|error| value_error(error.to_string()));
    }
    let py = event.py();
    let dumps = DUMPS.get_or_try_init(py, || {
        py.import("sawlog._types")?.getattr("to_json").map(Bound::unbind)
    })?;
    dumps.call1(py, (event,))?.extract(py)
}

pub(crate) fn stats<'py>(py: Python<'py>, stats: &Stats) -> PyResult<Bound<'py, PyAny>> {
    static STATS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static FILTER: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let class = errors::class(py, &FILTER, "FilterStats")?;
    let filters = PyList::empty(py);
    for filter in &stats.filters {
        let position = filter.position.to_string();
        let counts = (filter.events_in, filter.matched, filter.failed);
        let id = filter.id.as_deref();
        filters.append(class.call1((
            filter.name,
            id,
            position,
            counts.0,
            counts.1,
            counts.2,
        ))?)?;
    }
    let fields = PyDict::new(py);
    for (name, count) in [
        ("bytes_in", stats.bytes_in),
        ("lines", stats.lines),
        ("lines_refused", stats.lines_refused),
        ("lines_merged", stats.lines_merged),
        ("lines_without_event", stats.lines_without_event),
        ("events_beyond_first", stats.events_beyond_first),
        ("events_decoded", stats.events_decoded),
        ("events_created", stats.events_created),
        ("events_out", stats.events_out),
        ("events_dropped", stats.events_dropped),
        ("events_refused", stats.events_refused),
        ("years_guessed", stats.years_guessed),
    ] {
        fields.set_item(name, count)?;
    }
    fields.set_item("filters", filters)?;
    errors::class(py, &STATS, "Stats")?.call((), Some(&fields))
}
