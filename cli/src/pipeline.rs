//! From arguments to a compiled pipeline: sources, resources, options.

use std::fmt::{self, Write as _};

use sawlog::{
    Config, Diagnostics, Ecs, Options, ParseOptions, Pipeline, Resources, Timestamp, Zone,
};
use xxhash_rust::xxh3::Xxh3;

use crate::{
    args::{CompileArguments, ConfigArguments, EcsMode},
    host, resources, sources,
};

/// What stops a command before it starts.
#[derive(Debug)]
pub enum Failure {
    /// An argument cannot be used; the text says which and why.
    Argument(String),
    /// The config is refused.
    Config(Diagnostics),
}

/// A compiled pipeline and the time zone that it reads dates in.
#[derive(Debug)]
pub struct Compiled {
    /// The pipeline.
    pub pipeline: Pipeline,
    /// The zone of dates that name none.
    pub zone: Zone,
    /// What is worth telling about the choice of the zone.
    pub notice: Option<String>,
    /// A hash of all that the pipeline was made of: texts, files, variables, options.
    pub fingerprint: u128,
}

/// A config that follows the grammar, with all that compiling it needs.
#[derive(Debug)]
pub struct Prepared {
    /// The config.
    pub config: Config,
    /// What the config asks for, as far as it could be read.
    pub resources: Resources,
    /// The settings of the pipeline.
    pub options: Options,
    /// What is worth telling about the choice of the zone.
    notice: Option<String>,
    fingerprint: u128,
}

impl Prepared {
    /// Compiles the config.
    ///
    /// # Errors
    ///
    /// [`Failure::Config`] for what is wrong inside the config.
    pub fn compile(self) -> Result<Compiled, Failure> {
        let pipeline = Pipeline::compile(&self.config, &self.resources, &self.options)
            .map_err(Failure::Config)?;
        let Self { options, notice, fingerprint, .. } = self;
        Ok(Compiled { pipeline, zone: options.timezone, notice, fingerprint })
    }
}

/// Reads and compiles the config that the arguments name; `start` is the clock while compiling.
///
/// # Errors
///
/// [`Failure::Argument`] for unreadable files and unknown zones, [`Failure::Config`] for what is
/// wrong inside the config.
pub fn compile(
    config: &ConfigArguments,
    arguments: &CompileArguments,
    start: Timestamp,
) -> Result<Compiled, Failure> {
    prepare(config, arguments, start)?.compile()
}

/// Reads and parses the config that the arguments name, and what it asks for.
///
/// # Errors
///
/// [`Failure::Argument`] for unreadable files and unknown zones, [`Failure::Config`] for a text that
/// does not follow the grammar.
pub fn prepare(
    config: &ConfigArguments,
    arguments: &CompileArguments,
    start: Timestamp,
) -> Result<Prepared, Failure> {
    let (options, notice) = options(arguments, start).map_err(Failure::Argument)?;
    let sources = sources::read(config).map_err(Failure::Argument)?;
    let mut hash = DebugHash::default();
    // The clock while compiling is part of no event.
    let zone = options.timezone.id();
    hash.add(&(env!("CARGO_PKG_VERSION"), options.ecs, zone, options.skip_unsupported));
    hash.add(&(&sources, arguments.support_escapes));
    let parse = ParseOptions { support_escapes: arguments.support_escapes };
    let config = Config::parse(sources, &parse).map_err(Failure::Config)?;
    let resources = resources::read(&config);
    hash.add(&resources);
    Ok(Prepared { config, resources, options, notice, fingerprint: hash.finish() })
}

/// Turns the argument into the engine's word.
pub fn ecs_of(mode: EcsMode) -> Ecs {
    match mode {
        EcsMode::Disabled => Ecs::Disabled,
        EcsMode::V1 => Ecs::V1,
        EcsMode::V8 => Ecs::V8,
    }
}

/// Turns arguments into options; also gives what is worth telling about the choice of the zone.
///
/// # Errors
///
/// Says that the zone is unknown, with a hint.
pub fn options(
    arguments: &CompileArguments,
    start: Timestamp,
) -> Result<(Options, Option<String>), String> {
    let (timezone, notice) = time_zone(arguments)?;
    let options = Options {
        ecs: ecs_of(arguments.ecs),
        timezone,
        skip_unsupported: arguments.skip_unsupported,
        host_name: host::name(),
        start,
        ..Options::default()
    };
    Ok((options, notice))
}

/// Hashes values by what they show of themselves, which for plain data is everything.
#[derive(Default)]
pub struct DebugHash(Xxh3);

impl DebugHash {
    /// Adds a value.
    pub fn add(&mut self, value: &impl fmt::Debug) {
        // The writer takes everything.
        let _ = write!(self, "{value:?}\0");
    }

    /// Returns the hash of all that was added.
    pub fn finish(&self) -> u128 {
        self.0.digest128()
    }
}

impl fmt::Write for DebugHash {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}

fn time_zone(arguments: &CompileArguments) -> Result<(Zone, Option<String>), String> {
    if let Some(name) = &arguments.timezone {
        return match Zone::parse(name) {
            Ok(zone) => Ok((zone, None)),
            Err(error) => {
                let hint = error.suggestion().map_or_else(
                    || {
                        "give a name such as `Europe/Berlin` or an offset such as `+01:00`"
                            .to_owned()
                    },
                    |name| format!("did you mean `{name}`?"),
                );
                Err(format!("{error}: {hint}"))
            }
        };
    }
    let Some(name) = host::time_zone_name() else { return Ok((Zone::utc(), None)) };
    match Zone::parse(&name) {
        Ok(zone) => Ok((zone, None)),
        Err(error) => {
            Ok((Zone::utc(), Some(format!("{error}, though this machine has it: UTC is used"))))
        }
    }
}
