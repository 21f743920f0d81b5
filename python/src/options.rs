//! Keyword arguments that say how bytes become events.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyMapping};
use sawlog::{InputOptions, Pipeline, Tick, Timestamp};
use sawlog_cli::{
    args::{FormArguments, OutputFormat},
    format::Formatter,
    host, inputs,
};

use crate::errors::value_error;
use crate::tape;

/// What may be said of a run.
#[derive(Debug)]
pub(crate) struct RunOptions {
    pub(crate) input: InputOptions,
    pub(crate) clock: Clock,
    /// Whether dicts and JSON show `@metadata`.
    pub(crate) metadata: bool,
    pub(crate) form: FormArguments,
    /// Whether nothing was said, so that a worker made for another such run will do.
    pub(crate) is_default: bool,
}

/// The clock and the seed of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    now: Option<Timestamp>,
    seed: u64,
}

impl Clock {
    /// The tick of a call: the machine's time unless one was given.
    pub(crate) fn tick(self) -> Tick {
        Tick { now: self.now.unwrap_or_else(host::now), seed: self.seed }
    }
}

impl RunOptions {
    /// Reads keyword arguments.
    pub(crate) fn read(pipeline: &Pipeline, words: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        // As the command line does it: the config's first input gives codec, type, tags and fields.
        let input = (!pipeline.inputs().is_empty()).then_some(0);
        let mut options = Self {
            input: InputOptions { input, ..InputOptions::default() },
            clock: Clock { now: None, seed: 0 },
            metadata: false,
            form: FormArguments {
                format: OutputFormat::Ndjson,
                fields: Vec::new(),
                output_codec: None,
            },
            is_default: true,
        };
        for (word, value) in words.into_iter().flatten() {
            let word: String = word.extract()?;
            options.set(pipeline, &word, &value)?;
        }
        Ok(options)
    }

    fn set(&mut self, pipeline: &Pipeline, word: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        match word {
            "now" => {
                self.clock.now = if value.is_none() { None } else { Some(tape::timestamp(value)?) };
                return Ok(());
            }
            "seed" => {
                self.clock.seed = value.extract()?;
                return Ok(());
            }
            _ => self.is_default = false,
        }
        match word {
            "codec" => self.input.codec = value.extract()?,
            "explain_failures" => self.input.explain_failures = value.extract()?,
            "fields" => self.form.fields = value.extract()?,
            "format" => self.form.format = format(value.extract()?)?,
            "input" if value.is_none() => {}
            "input" if value.is_instance_of::<PyInt>() => self.input.input = Some(value.extract()?),
            "input" => {
                let name: String = value.extract()?;
                self.input.input = Some(inputs::find(pipeline, &name).map_err(value_error)?);
            }
            "keep_original" => self.input.keep_original = value.extract()?,
            "max_line_bytes" => self.input.max_line_bytes = value.extract()?,
            "metadata" => self.metadata = value.extract()?,
            "output_codec" => self.form.output_codec = value.extract()?,
            "path" => self.input.path = value.extract()?,
            "set" => {
                for item in value.cast::<PyMapping>()?.items()?.try_iter()? {
                    self.input.set.push(item?.extract()?);
                }
            }
            _ => {
                let text = format!("`{word}` is no keyword argument of a run");
                return Err(PyTypeError::new_err(text));
            }
        }
        Ok(())
    }

    /// What writes events as bytes.
    pub(crate) fn formatter(&self, ecs: sawlog::Ecs) -> PyResult<Formatter> {
        Formatter::of_arguments(&self.form, ecs).map_err(|text| {
            // The command line's names of options are those of the keyword arguments.
            value_error(text.replace("--output-codec", "output_codec").replace("--", ""))
        })
    }
}

/// Reads the name of an output format.
pub(crate) fn format(name: &str) -> PyResult<OutputFormat> {
    Ok(match name {
        "csv" => OutputFormat::Csv,
        "json" => OutputFormat::Json,
        "ndjson" => OutputFormat::Ndjson,
        "rubydebug" => OutputFormat::Rubydebug,
        _ => {
            let text = format!("the format `{name}` is none of csv, json, ndjson, rubydebug");
            return Err(value_error(text));
        }
    })
}
