//! Programs: a parsed config with everything it needs, compiled and immutable.

use core::fmt;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::Config;
use crate::diagnostic::Diagnostics;
use crate::event::EscapeStyle;
use crate::filter::decorate::Decoration;
use crate::filter::useragent::agents::Agents;
use crate::filter::{Env, Filter, Order, ReloadCx};
use crate::pattern::Engine;
use crate::time::{Timestamp, Zone};

mod compile;
pub(crate) mod condition;
mod doc;
mod input;
pub mod options;
mod output;
mod refusal;
mod ruby;
pub mod schema;

pub use doc::{PluginDoc, common_options};
pub use input::Input;
pub use output::{Output, Router};
pub use refusal::{Refusal, refusal};

use condition::Condition;

/// `pipeline.ecs_compatibility`: which names plugins use by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ecs {
    /// Plain names, Logstash 7's default.
    Disabled,
    /// Elastic Common Schema.
    V1,
    /// Elastic Common Schema; the default since Logstash 8.
    #[default]
    V8,
}

/// Settings of a pipeline that do not stand in its config.
#[derive(Clone, Debug)]
pub struct Options {
    /// `pipeline.ecs_compatibility`.
    pub ecs: Ecs,
    /// How the loops over bytes are run; changes no event.
    pub engine: Engine,
    /// `config.field_reference.escape_style`.
    pub field_reference_escape_style: EscapeStyle,
    /// Leaves plugins out that are known and not built, with a warning, instead of refusing them.
    pub skip_unsupported: bool,
    /// The name of the machine, for filters that put it on the events they make (`metrics`, `elapsed`); without
    /// it these events have no such field.
    pub host_name: Option<String>,
    /// The clock when the pipeline starts: the year of `Feb 29` in a date without a year.
    pub start: Timestamp,
    /// The zone of dates that name none.
    pub timezone: Zone,
}

/// Logstash 9's defaults, with UTC as the zone and 1970 as the start.
impl Default for Options {
    fn default() -> Self {
        Self {
            ecs: Ecs::default(),
            engine: Engine::default(),
            field_reference_escape_style: EscapeStyle::default(),
            skip_unsupported: false,
            host_name: None,
            start: Timestamp::UNIX_EPOCH,
            timezone: Zone::utc(),
        }
    }
}

/// A resource cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceError {
    /// What is wrong with it, in words that follow its name.
    message: String,
}

impl fmt::Display for ResourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the resource {}", self.message)
    }
}

impl core::error::Error for ResourceError {}

/// The bytes of a file, shared: a database has some hundred megabytes.
#[derive(Clone)]
pub(crate) struct FileBytes(Arc<Vec<u8>>);

impl AsRef<[u8]> for FileBytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for FileBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// What a config can reach, given as data: `Config::needs` says what it asks for.
#[derive(Clone, Debug, Default)]
pub struct Resources {
    variables: BTreeMap<String, String>,
    files: BTreeMap<String, FileBytes>,
    user_agents: Option<Agents>,
    directories: BTreeMap<String, Vec<(String, Vec<u8>)>>,
}

impl Resources {
    /// Nothing at all.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives a variable for `${NAME}`; an empty value counts as set.
    pub fn set_variable(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.variables.insert(name.into(), value.into());
    }

    /// Gives a file under the path that the config names.
    pub fn add_file(&mut self, path: impl Into<String>, bytes: Vec<u8>) {
        self.files.insert(path.into(), FileBytes(Arc::new(bytes)));
    }

    /// Gives what user agents are known by (the text of uap-core's `regexes.yaml`), for filters that name
    /// no file. It is read once, here: all pipelines that are given these resources share it.
    ///
    /// # Errors
    /// When the text is no such list.
    pub fn set_user_agents(&mut self, yaml: &[u8]) -> Result<(), ResourceError> {
        let agents =
            Agents::read(yaml).map_err(|error| ResourceError { message: error.message })?;
        self.user_agents = Some(agents);
        Ok(())
    }

    /// Gives a directory under the path that the config names: names and contents of its files, in
    /// the order in which they are to be read.
    pub fn add_directory(&mut self, path: impl Into<String>, files: Vec<(String, Vec<u8>)>) {
        self.directories.insert(path.into(), files);
    }

    /// Adds a file to a directory, behind those that it has.
    pub fn add_directory_file(
        &mut self,
        path: impl Into<String>,
        name: impl Into<String>,
        bytes: Vec<u8>,
    ) {
        self.directories.entry(path.into()).or_default().push((name.into(), bytes));
    }

    /// The files that the examples in the docs name.
    #[cfg(test)]
    pub(crate) fn example() -> Self {
        let mut resources = Self::new();
        let agents = "user_agent_parsers: []\nos_parsers: []\ndevice_parsers: []\n";
        resources.set_user_agents(agents.as_bytes()).expect("an empty list");
        let database = include_bytes!("../../tests/data/maxmind/GeoLite2-City-Test.mmdb");
        resources.add_file("GeoLite2-City.mmdb", database.to_vec());
        resources
    }

    /// The bytes of a file that the config names.
    pub(crate) fn file(&self, path: &str) -> Option<&FileBytes> {
        self.files.get(path)
    }

    /// What user agents are known by.
    pub(crate) fn user_agents(&self) -> Option<&Agents> {
        self.user_agents.as_ref()
    }

    /// The value of a variable that was given.
    pub fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }

    /// The pattern files at a path of `patterns_dir`; a missing one is empty, as in Logstash.
    pub(crate) fn pattern_texts(&self, path: &str, glob: &str) -> Vec<Cow<'_, str>> {
        if let Some(FileBytes(bytes)) = self.files.get(path) {
            return vec![String::from_utf8_lossy(bytes)];
        }
        let files = self.directories.get(path).into_iter().flatten();
        files
            .filter(|(name, _)| fast_glob::glob_match(glob, name))
            .map(|(_, bytes)| String::from_utf8_lossy(bytes))
            .collect()
    }
}

/// A compiled pipeline: immutable, shareable between threads, cheap to clone.
#[derive(Clone)]
pub struct Pipeline {
    pub(crate) program: Arc<Program>,
}

/// A place in a config, for reports at run time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigPosition {
    /// The name of the source.
    pub source: Box<str>,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for ConfigPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.source, self.line, self.column)
    }
}

/// The compiled form that workers run.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) ops: Arc<[Op]>,
    pub(crate) filters: Box<[FilterSlot]>,
    pub(crate) env: Arc<Env>,
    pub(crate) ecs: Ecs,
    pub(crate) inputs: Arc<[Input]>,
    pub(crate) outputs: Arc<[Output]>,
    /// As `ops`, of outputs.
    pub(crate) output_ops: Arc<[Op]>,
    pub(crate) order: Order,
    /// The number of fields that an event of a text line is given room for.
    pub(crate) room: usize,
    /// Whether a filter has something to do at a flush.
    pub(crate) flushes: bool,
    pub(crate) warnings: Diagnostics,
}

/// One step; ranges are places in [`Program::ops`].
#[derive(Debug)]
pub(crate) enum Op {
    /// The first arm whose condition holds runs, else `otherwise`. `end` is behind the branch.
    Branch { arms: Box<[Arm]>, otherwise: (u32, u32), end: u32 },
    /// A filter with its common options.
    Filter(u32),
}

#[derive(Debug)]
pub(crate) struct Arm {
    pub(crate) condition: Condition,
    pub(crate) position: ConfigPosition,
    pub(crate) ops: (u32, u32),
}

/// One filter of the config.
#[derive(Clone, Debug)]
pub(crate) struct FilterSlot {
    pub(crate) name: &'static str,
    pub(crate) id: Option<Box<str>>,
    pub(crate) position: ConfigPosition,
    pub(crate) filter: Arc<dyn Filter>,
    pub(crate) decoration: Option<Arc<Decoration>>,
    /// Tags for an event on which the common options cannot be carried out.
    pub(crate) failure_tags: Box<[Box<str>]>,
}

impl Pipeline {
    /// Compiles a config.
    ///
    /// # Errors
    /// All problems of the config at once: unknown plugins and options, wrong types, bad patterns,
    /// regular expressions, date formats and field references, undefined variables.
    pub fn compile(
        config: &Config,
        resources: &Resources,
        options: &Options,
    ) -> Result<Self, Diagnostics> {
        let program = compile::compile(config, resources, options)?;
        Ok(Self { program: Arc::new(program) })
    }

    /// Gives this pipeline with the files anew that its filters look things up in: dictionaries, address
    /// databases, user agents.
    ///
    /// A file that `resources` does not hold stays as it was, and so does everything else; nothing but
    /// the files is read, so that this is cheap. This pipeline goes on as before:
    /// [`crate::Worker::set_pipeline`] changes a worker over while it runs.
    ///
    /// # Errors
    /// What is wrong with the files, all at once.
    pub fn with_resources(&self, resources: &Resources) -> Result<Self, Diagnostics> {
        let program = &*self.program;
        let mut diagnostics = Diagnostics::new(program.warnings.sources().to_vec());
        let mut cx = ReloadCx { resources, diagnostics: &mut diagnostics };
        let mut filters = program.filters.clone();
        for slot in &mut filters {
            if let Some(filter) = slot.filter.with_resources(&mut cx) {
                slot.filter = Arc::from(filter);
            }
        }
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        let program = Program {
            ops: Arc::clone(&program.ops),
            filters,
            env: Arc::clone(&program.env),
            ecs: program.ecs,
            inputs: Arc::clone(&program.inputs),
            outputs: Arc::clone(&program.outputs),
            output_ops: Arc::clone(&program.output_ops),
            order: program.order,
            room: program.room,
            flushes: program.flushes,
            warnings: program.warnings.clone(),
        };
        Ok(Self { program: Arc::new(program) })
    }

    /// What is legal in the config and yet worth a look: plugins left out, inputs beside the chosen one.
    pub fn warnings(&self) -> &Diagnostics {
        &self.program.warnings
    }

    /// The inputs of the config, in order.
    pub fn inputs(&self) -> &[Input] {
        &self.program.inputs
    }

    /// The outputs of the config, in order; a host that sends events on asks a [`Router`] which of them each goes to.
    pub fn outputs(&self) -> &[Output] {
        &self.program.outputs
    }

    /// The number of outputs of the config.
    pub fn output_count(&self) -> usize {
        self.program.outputs.len()
    }

    /// The filters of the config, in order.
    pub fn filters(&self) -> impl ExactSizeIterator<Item = PlacedFilter<'_>> {
        self.program.filters.iter().map(|slot| PlacedFilter {
            name: slot.name,
            id: slot.id.as_deref(),
            position: &slot.position,
        })
    }

    /// Whether events must pass in order through one worker.
    pub fn order(&self) -> Order {
        self.program.order
    }
}

/// One filter of a pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlacedFilter<'p> {
    /// The plugin's name.
    pub name: &'static str,
    /// The plugin's id, when the config sets one.
    pub id: Option<&'p str>,
    /// Where the filter stands in the config.
    pub position: &'p ConfigPosition,
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline")
            .field("filters", &self.program.filters.len())
            .field("inputs", &self.program.inputs.len())
            .finish_non_exhaustive()
    }
}
