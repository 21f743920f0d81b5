//! Whole files, on the library of the command line: several threads, compressed inputs, rejects, manifests.

use std::{
    mem,
    num::NonZeroUsize,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use sawlog_cli::{
    EXIT_DONE, EXIT_FAULT,
    args::{
        CompileArguments, ConfigArguments, ConvertArguments, EcsMode, FailedEvents, FormArguments,
        OutputFormat, ReportArguments,
    },
    convert,
    engine::Stop,
    process::Tally,
    progress,
    summary::RunFacts,
    surroundings::Surroundings,
};

use crate::errors::{self, runtime_error, value_error};
use crate::pipeline::Shared;

/// How often Ctrl-C is looked for.
const PATIENCE: Duration = Duration::from_millis(50);

/// The keyword arguments of a conversion.
pub(crate) struct Arguments<'a> {
    pub(crate) inputs: Vec<PathBuf>,
    pub(crate) out: PathBuf,
    pub(crate) jobs: Option<usize>,
    pub(crate) format: OutputFormat,
    pub(crate) fields: Vec<String>,
    pub(crate) output_codec: Option<String>,
    pub(crate) rejects: Option<PathBuf>,
    pub(crate) failed: &'a str,
    pub(crate) manifest: Option<PathBuf>,
    pub(crate) skip_existing: bool,
    pub(crate) input: Option<String>,
    pub(crate) codec: Option<String>,
    pub(crate) set: Vec<(String, String)>,
    pub(crate) keep_original: bool,
    pub(crate) max_line_bytes: Option<usize>,
    pub(crate) now: Option<String>,
}

impl Arguments<'_> {
    fn into_arguments(self) -> PyResult<ConvertArguments> {
        let failed = match self.failed {
            "divert" => FailedEvents::Divert,
            "keep" => FailedEvents::Keep,
            other => {
                return Err(value_error(format!("failed `{other}` is neither keep nor divert")));
            }
        };
        let jobs = match self.jobs.map(NonZeroUsize::new) {
            Some(None) => return Err(value_error("jobs is at least 1")),
            Some(jobs) => jobs,
            None => None,
        };
        Ok(ConvertArguments {
            // The pipeline is there already.
            config: ConfigArguments { config: None, execute: None, grok: None },
            compile: CompileArguments {
                ecs: EcsMode::V8,
                timezone: None,
                skip_unsupported: false,
                support_escapes: false,
            },
            inputs: self.inputs,
            output: self.out,
            rejects: self.rejects,
            manifest: self.manifest,
            jobs,
            skip_existing: self.skip_existing,
            input: self.input,
            codec: self.codec,
            set: self.set,
            no_original: !self.keep_original,
            max_line_bytes: self.max_line_bytes.unwrap_or(sawlog::limits::LINE_BYTES),
            now: self.now,
            failed,
            form: FormArguments {
                format: self.format,
                fields: self.fields,
                output_codec: self.output_codec,
            },
            profile: None,
            report: ReportArguments { strict: false, quiet: true, stats: None },
        })
    }
}

/// What a conversion said, and how to stop it.
#[derive(Default)]
struct Quiet {
    messages: Vec<String>,
    counts: Option<String>,
    fault: Option<String>,
    brake: Arc<Brake>,
}

/// Stops a run, also one that has not begun.
#[derive(Default)]
struct Brake {
    is_pulled: Arc<AtomicBool>,
    stop: Mutex<Option<Stop>>,
}

impl Brake {
    fn pull(&self) {
        self.is_pulled.store(true, Ordering::Relaxed);
        if let Some(stop) = &*self.stop.lock().unwrap_or_else(PoisonError::into_inner) {
            stop.stop();
        }
    }
}

impl Surroundings for Quiet {
    fn begin(&mut self, stop: Stop) -> Arc<AtomicBool> {
        *self.brake.stop.lock().unwrap_or_else(PoisonError::into_inner) = Some(stop);
        if self.brake.is_pulled.load(Ordering::Relaxed) {
            self.brake.pull();
        }
        Arc::clone(&self.brake.is_pulled)
    }

    fn close(
        &mut self,
        tally: &Tally,
        facts: &RunFacts<'_>,
        _arguments: &ReportArguments,
        status: u8,
    ) -> u8 {
        self.counts = Some(tally.json(facts));
        match tally.check() {
            Ok(()) => status,
            Err(error) => {
                self.fault = Some(error);
                EXIT_FAULT
            }
        }
    }

    fn progress(&self, _arguments: &ConvertArguments) -> progress::Wanted {
        progress::Wanted::Never
    }

    fn say(&mut self, text: &str) {
        self.messages.push(text.to_owned());
    }

    // `Pipeline.warnings` has them.
    fn show(&mut self, _diagnostics: &sawlog::Diagnostics) {}
}

/// Converts, and gives a `ConvertResult`.
pub(crate) fn run<'py>(
    py: Python<'py>,
    shared: &Shared,
    arguments: Arguments<'_>,
) -> PyResult<Bound<'py, PyAny>> {
    static RESULT: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let arguments = arguments.into_arguments()?;
    let mut quiet = Quiet::default();
    let brake = Arc::clone(&quiet.brake);
    let compiled = &shared.compiled;
    let mut signal: PyResult<()> = Ok(());
    let result = py.detach(|| {
        thread::scope(|scope| {
            let (ended, end) = mpsc::channel::<()>();
            let run = scope.spawn(|| {
                let result = convert::convert(&arguments, compiled, Instant::now(), &mut quiet);
                drop(ended);
                result
            });
            while end.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                let seen = Python::attach(|py| {
                    py.check_signals()?;
                    Ok(())
                });
                if seen.is_err() {
                    signal = seen;
                    brake.pull();
                    break;
                }
            }
            run.join()
        })
    });
    signal?;
    let Ok(result) = result else {
        return Err(runtime_error(
            "the conversion failed by a fault of sawlog's: please report it",
        ));
    };
    let status = result.map_err(|failure| errors::of_failure(py, failure))?;
    if let Some(fault) = quiet.fault {
        let text =
            format!("{fault}: this is a bug in sawlog; do not rely on the output, and report it");
        return Err(runtime_error(text));
    }
    let stats = match mem::take(&mut quiet.counts) {
        Some(json) => py.import("json")?.call_method1("loads", (json,))?,
        None => pyo3::types::PyDict::new(py).into_any(),
    };
    errors::class(py, &RESULT, "ConvertResult")?.call1((stats, quiet.messages, status == EXIT_DONE))
}
