//! What takes the events of a worker: as bytes, or on a tape, and what was rejected beside.

use pyo3::prelude::*;
use pyo3::types::PyList;
use sawlog::{Event, Refusal, Sink, Timestamp};
use sawlog_cli::{
    format::Formatter,
    rejects::{Outcome, Recorder},
};

use crate::tape::Tape;

/// Lines of JSON for what was refused and for events on which something failed, as `sawlog convert --rejects` has them.
#[derive(Debug)]
pub(crate) struct Rejects {
    recorder: Recorder,
    name: String,
    lines: Vec<u8>,
}

impl Rejects {
    pub(crate) fn new(recorder: Recorder, name: String) -> Self {
        Self { recorder, name, lines: Vec::new() }
    }

    pub(crate) fn set_name(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    fn failed(&mut self, event: &Event<'_>, outcome: Outcome, now: Timestamp) {
        if !event.failures().is_empty() {
            self.recorder.failed(&self.name, event, outcome, now, &mut self.lines);
        }
    }

    fn refused(&mut self, refusal: &Refusal<'_, '_>, now: Timestamp) {
        self.recorder.refused(&self.name, refusal, now, &mut self.lines);
    }

    /// Takes all of them out, as dicts.
    pub(crate) fn take<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let lines = std::mem::take(&mut self.lines);
        let loads = py.import("json")?.getattr("loads")?;
        let list = PyList::empty(py);
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            list.append(loads.call1((line,))?)?;
        }
        Ok(list)
    }
}

/// Writes events as bytes.
pub(crate) struct Lines<'a> {
    pub(crate) out: &'a mut Vec<u8>,
    pub(crate) formatter: &'a Formatter,
    pub(crate) metadata: bool,
    pub(crate) now: Timestamp,
    pub(crate) rejects: Option<&'a mut Rejects>,
}

impl Sink for Lines<'_> {
    #[inline]
    fn event(&mut self, event: &Event<'_>) {
        if let Some(rejects) = &mut self.rejects {
            rejects.failed(event, Outcome::Kept, self.now);
        }
        if self.metadata {
            event.write_json_with_metadata(self.out);
            self.out.push(b'\n');
        } else {
            self.formatter.push(event, self.now, self.out);
        }
    }

    fn refused(&mut self, refusal: &Refusal<'_, '_>) {
        if let Some(rejects) = &mut self.rejects {
            rejects.refused(refusal, self.now);
        }
    }

    fn dropped(&mut self, event: &Event<'_>) {
        if let Some(rejects) = &mut self.rejects {
            rejects.failed(event, Outcome::Dropped, self.now);
        }
    }
}

/// Puts events on a tape.
pub(crate) struct Taped<'a> {
    pub(crate) tape: &'a mut Tape,
    pub(crate) metadata: bool,
    pub(crate) now: Timestamp,
    pub(crate) rejects: Option<&'a mut Rejects>,
}

impl Sink for Taped<'_> {
    fn event(&mut self, event: &Event<'_>) {
        if let Some(rejects) = &mut self.rejects {
            rejects.failed(event, Outcome::Kept, self.now);
        }
        self.tape.write(event, self.metadata);
    }

    fn refused(&mut self, refusal: &Refusal<'_, '_>) {
        if let Some(rejects) = &mut self.rejects {
            rejects.refused(refusal, self.now);
        }
    }

    fn dropped(&mut self, event: &Event<'_>) {
        if let Some(rejects) = &mut self.rejects {
            rejects.failed(event, Outcome::Dropped, self.now);
        }
    }
}
