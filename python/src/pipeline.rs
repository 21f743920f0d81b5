//! The class `Pipeline`.

use std::{
    collections::BTreeMap,
    env,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyList, PyMapping, PyString, PyType};
use sawlog::{Config, Ecs, EscapeStyle, Options, Order, ParseOptions, PathKind, Worker, Zone};
use sawlog_cli::{
    args::ConfigArguments,
    format::Formatter,
    host,
    pipeline::{Compiled, DebugHash},
    resources, sources,
};

use crate::arrow::ArrowStream;
use crate::errors::{self, value_error};
use crate::events::{EventIterator, Reader};
use crate::options::RunOptions;
use crate::sink::Lines;
use crate::source::{BLOCK_BYTES, Source};
use crate::worker;

/// What runs without options use again.
struct Slot {
    worker: Worker,
    formatter: Formatter,
    out: Vec<u8>,
}

/// What a pipeline keeps, shared with everything made of it.
pub(crate) struct Shared {
    pub(crate) compiled: Compiled,
    pub(crate) ecs: Ecs,
    /// Workers of runs that ended, of pipelines in which a worker keeps nothing from one stream to the next.
    slots: Mutex<Vec<Slot>>,
    /// As `slots`, of iterators that ended.
    readers: Mutex<Vec<Reader>>,
}

impl Shared {
    fn slots(&self) -> MutexGuard<'_, Vec<Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something to read events with, if they are read as most are and one is left over.
    pub(crate) fn reader(&self, options: &RunOptions) -> Option<Reader> {
        let take = || self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        options.is_default.then(take).flatten()
    }

    pub(crate) fn keep_reader(&self, reader: Reader) {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
    }
}

/// A compiled config.
#[pyclass(frozen, module = "sawlog")]
pub(crate) struct Pipeline {
    pub(crate) shared: Arc<Shared>,
}

#[pymethods]
impl Pipeline {
    /// Compiles a config: a text, a path, or texts by name.
    #[staticmethod]
    #[pyo3(signature = (
        config, *, ecs = "v8", timezone = "UTC", support_escapes = false, skip_unsupported = false,
        escape_style = "none", host_name = None, start = None, variables = None, files = None, read_files = true
    ))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments")]
    fn compile(
        config: &Bound<'_, PyAny>,
        ecs: &str,
        timezone: &str,
        support_escapes: bool,
        skip_unsupported: bool,
        escape_style: &str,
        host_name: Option<String>,
        start: Option<&Bound<'_, PyAny>>,
        variables: Option<BTreeMap<String, String>>,
        files: Option<&Bound<'_, PyMapping>>,
        read_files: bool,
    ) -> PyResult<Self> {
        let py = config.py();
        let sources = config_sources(config)?;
        let ecs = match ecs {
            "disabled" => Ecs::Disabled,
            "v1" => Ecs::V1,
            "v8" => Ecs::V8,
            _ => return Err(value_error(format!("ecs `{ecs}` is none of disabled, v1, v8"))),
        };
        let style = match escape_style {
            "ampersand" => EscapeStyle::Ampersand,
            "none" => EscapeStyle::None,
            "percent" => EscapeStyle::Percent,
            _ => {
                let text =
                    format!("escape_style `{escape_style}` is none of ampersand, none, percent");
                return Err(value_error(text));
            }
        };
        let zone = zone(timezone)?;
        let start = match start {
            Some(start) => crate::tape::timestamp(start)?,
            None => host::now(),
        };
        let options = Options {
            ecs,
            field_reference_escape_style: style,
            skip_unsupported,
            host_name,
            start,
            timezone: zone.clone(),
            ..Options::default()
        };
        let variables = variables.unwrap_or_default();
        let files = given_files(files)?;
        let compile = move || {
            let mut hash = DebugHash::default();
            hash.add(&(env!("CARGO_PKG_VERSION"), ecs, options.timezone.id(), skip_unsupported));
            hash.add(&(&sources, support_escapes));
            let config = Config::parse(sources, &ParseOptions { support_escapes })?;
            let resources = read_resources(&config, &variables, files, read_files);
            hash.add(&resources);
            let pipeline = sawlog::Pipeline::compile(&config, &resources, &options)?;
            Ok(Compiled { pipeline, zone, notice: None, fingerprint: hash.finish() })
        };
        match py.detach(compile) {
            Ok(compiled) => {
                let (slots, readers) = (Mutex::default(), Mutex::default());
                Ok(Self { shared: Arc::new(Shared { compiled, ecs, slots, readers }) })
            }
            Err(diagnostics) => Err(errors::config_error(py, &diagnostics)),
        }
    }

    /// Runs one complete stream.
    #[pyo3(signature = (data, **options))]
    fn run<'py>(
        &self,
        data: &Bound<'py, PyAny>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let py = data.py();
        let pipeline = &self.shared.compiled.pipeline;
        let options = RunOptions::read(pipeline, options)?;
        let mut source = Source::of_any(data)?;
        let mut slot = self.slot(&options)?;
        let tick = options.clock.tick();
        let Slot { worker, formatter, out } = &mut slot;
        out.clear();
        let mut lines =
            Lines { out, formatter, metadata: options.metadata, now: tick.now, rejects: None };
        // Bytes that fit in a block need one change of the lock.
        if let Some(bytes) = source.as_bytes()
            && bytes.len() <= BLOCK_BYTES
        {
            py.detach(|| {
                worker.push(bytes, tick, &mut lines);
                worker.finish(tick, &mut lines);
            });
        } else {
            while let Some(block) = source.next(py)? {
                py.detach(|| worker.push(&block, tick, &mut lines));
                py.check_signals()?;
            }
            py.detach(|| worker.finish(tick, &mut lines));
        }
        let layout = slot.formatter.layout();
        let result = if layout.head.is_empty() && layout.tail.is_empty() {
            PyBytes::new(py, &slot.out)
        } else {
            PyBytes::new(py, &[layout.head.as_slice(), &slot.out, &layout.tail].concat())
        };
        self.keep(slot, &options);
        Ok(result)
    }

    /// Runs one stream and gives its events one after the other.
    #[pyo3(signature = (source, **options))]
    fn events(
        &self,
        source: &Bound<'_, PyAny>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<EventIterator> {
        let pipeline = &self.shared.compiled.pipeline;
        let options = RunOptions::read(pipeline, options)?;
        EventIterator::new(&self.shared, Source::of_any(source)?, &options)
    }

    /// Runs one stream into Arrow record batches.
    #[pyo3(signature = (
        source, *, schema = None, rest = true, batch_events = None, batch_bytes = None, **options
    ))]
    fn to_arrow(
        &self,
        source: &Bound<'_, PyAny>,
        schema: Option<&Bound<'_, PyAny>>,
        rest: bool,
        batch_events: Option<usize>,
        batch_bytes: Option<usize>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<ArrowStream> {
        let pipeline = &self.shared.compiled.pipeline;
        let options = RunOptions::read(pipeline, options)?;
        let source = Source::of_any(source)?;
        ArrowStream::new(pipeline, source, options, schema, rest, (batch_events, batch_bytes))
    }

    /// Converts files, as `sawlog convert` does.
    #[pyo3(signature = (
        paths, out, *, jobs = None, format = "ndjson", fields = None, output_codec = None, rejects = None,
        failed = "keep", manifest = None, skip_existing = false, input = None, codec = None, set = None,
        keep_original = true, max_line_bytes = None, now = None
    ))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments")]
    fn convert<'py>(
        &self,
        py: Python<'py>,
        paths: &Bound<'py, PyAny>,
        out: PathBuf,
        jobs: Option<usize>,
        format: &str,
        fields: Option<Vec<String>>,
        output_codec: Option<String>,
        rejects: Option<PathBuf>,
        failed: &str,
        manifest: Option<PathBuf>,
        skip_existing: bool,
        input: Option<String>,
        codec: Option<String>,
        set: Option<BTreeMap<String, String>>,
        keep_original: bool,
        max_line_bytes: Option<usize>,
        now: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let inputs = match paths.extract::<PathBuf>() {
            Ok(path) => vec![path],
            Err(_) => paths.extract()?,
        };
        let arguments = crate::convert::Arguments {
            inputs,
            out,
            jobs,
            format: crate::options::format(format)?,
            fields: fields.unwrap_or_default(),
            output_codec,
            rejects,
            failed,
            manifest,
            skip_existing,
            input,
            codec,
            set: set.unwrap_or_default().into_iter().collect(),
            keep_original,
            max_line_bytes,
            now: match now {
                Some(now) => Some(crate::tape::timestamp(now)?.to_string()),
                None => None,
            },
        };
        crate::convert::run(py, &self.shared, arguments)
    }

    /// What is legal in the config and yet worth a look.
    #[getter]
    fn warnings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        errors::list(py, self.shared.compiled.pipeline.warnings())
    }

    /// The filters of the config: their names, ids and places.
    #[getter]
    fn filters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        static FILTER: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        let class = errors::class(py, &FILTER, "Filter")?;
        let list = PyList::empty(py);
        for filter in self.shared.compiled.pipeline.filters() {
            list.append(class.call1((filter.name, filter.id, filter.position.to_string()))?)?;
        }
        Ok(list)
    }

    /// Whether one worker must see all events in order.
    #[getter]
    fn is_ordered(&self) -> bool {
        self.shared.compiled.pipeline.order() == Order::Ordered
    }

    fn __repr__(&self) -> String {
        let count = self.shared.compiled.pipeline.filters().len();
        format!("<sawlog.Pipeline of {count} filter{}>", if count == 1 { "" } else { "s" })
    }
}

impl Pipeline {
    fn slot(&self, options: &RunOptions) -> PyResult<Slot> {
        if options.is_default
            && let Some(mut slot) = self.shared.slots().pop()
        {
            slot.worker.start_stream(None);
            return Ok(slot);
        }
        let worker = worker::of_options(&self.shared.compiled.pipeline, options)?;
        let formatter = options.formatter(self.shared.ecs)?;
        Ok(Slot { worker, formatter, out: Vec::new() })
    }

    fn keep(&self, slot: Slot, options: &RunOptions) {
        let is_small = slot.out.capacity() <= 16 * BLOCK_BYTES;
        if options.is_default && is_small && slot.worker.order() == Order::Stateless {
            self.shared.slots().push(slot);
        }
    }
}

fn config_sources(config: &Bound<'_, PyAny>) -> PyResult<Vec<sawlog::Source>> {
    if let Ok(text) = config.cast::<PyString>() {
        let text = text.to_str()?;
        if !text.contains('{') && !text.trim().is_empty() && std::path::Path::new(text).exists() {
            return Err(value_error(format!(
                "`{text}` is a file's name and not a config: give pathlib.Path({text:?})"
            )));
        }
        return Ok(vec![sawlog::Source::new("<config>", text)]);
    }
    if let Ok(path) = config.extract::<PathBuf>() {
        let arguments = ConfigArguments { config: Some(path), execute: None, grok: None };
        return sources::read(&arguments).map_err(value_error);
    }
    let Ok(mapping) = config.cast::<PyMapping>() else {
        let text = "a config is a str, a path, or a mapping of names to texts";
        return Err(PyTypeError::new_err(text));
    };
    let mut sources = Vec::new();
    for item in mapping.items()?.try_iter()? {
        let (name, text): (String, String) = item?.extract()?;
        sources.push(sawlog::Source::new(name, text));
    }
    Ok(sources)
}

fn zone(name: &str) -> PyResult<Zone> {
    Zone::parse(name).map_err(|error| {
        let hint =
            error.suggestion().map_or_else(String::new, |name| format!(": did you mean `{name}`?"));
        value_error(format!("{error}{hint}"))
    })
}

/// Files given as bytes or text.
fn given_files(files: Option<&Bound<'_, PyMapping>>) -> PyResult<Vec<(String, Vec<u8>)>> {
    let mut all = Vec::new();
    let Some(files) = files else { return Ok(all) };
    for item in files.items()?.try_iter()? {
        let (path, content): (String, Bound<'_, PyAny>) = item?.extract()?;
        let bytes = match content.extract::<String>() {
            Ok(text) => text.into_bytes(),
            Err(_) => content.extract::<Vec<u8>>()?,
        };
        all.push((path, bytes));
    }
    Ok(all)
}

/// What the config asks for: what was given, and else, unless that is not wanted, what the machine has.
fn read_resources(
    config: &Config,
    variables: &BTreeMap<String, String>,
    files: Vec<(String, Vec<u8>)>,
    read_files: bool,
) -> sawlog::Resources {
    let lookup = |name: &str| {
        let machines = || if read_files { env::var(name).ok() } else { None };
        variables.get(name).cloned().or_else(machines)
    };
    let mut all = if read_files {
        resources::read_with(config, &lookup)
    } else {
        let needs = config.needs_with(&lookup);
        let mut all =
            if needs.user_agents { resources::built_in() } else { sawlog::Resources::new() };
        for variable in needs.variables {
            if let Some(value) = lookup(&variable.name) {
                all.set_variable(variable.name, value);
            }
        }
        all
    };
    let needs = config.needs_with(&lookup);
    let mut directories: BTreeMap<String, Vec<(String, Vec<u8>)>> = BTreeMap::new();
    for (path, bytes) in files {
        // Below a directory of patterns, a file is one of its files.
        let place = needs.paths.iter().find_map(|need| match &need.kind {
            PathKind::PatternsDir { .. } => {
                let name = path.strip_prefix(need.path.as_str())?.strip_prefix('/')?;
                Some((need.path.clone(), name.to_owned()))
            }
            PathKind::File => None,
        });
        match place {
            Some((directory, name)) => {
                directories.entry(directory).or_default().push((name, bytes));
            }
            None => all.add_file(path, bytes),
        }
    }
    for (directory, files) in directories {
        all.add_directory(directory, files);
    }
    all
}
