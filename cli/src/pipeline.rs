//! From arguments to a compiled pipeline: sources, resources, options.

use sawlog::{Config, Diagnostics, Ecs, Options, ParseOptions, Pipeline, Timestamp, Zone};

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
    /// The name of the zone of dates that name none.
    pub zone: String,
    /// What is worth telling about the choice of the zone.
    pub notice: Option<String>,
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
    let (zone, zone_name, notice) = time_zone(arguments).map_err(Failure::Argument)?;
    let options = Options {
        ecs: match arguments.ecs {
            EcsMode::Disabled => Ecs::Disabled,
            EcsMode::V1 => Ecs::V1,
            EcsMode::V8 => Ecs::V8,
        },
        support_escapes: arguments.support_escapes,
        timezone: zone,
        skip_unsupported: arguments.skip_unsupported,
        start,
        ..Options::default()
    };
    let sources = sources::read(config).map_err(Failure::Argument)?;
    let parse = ParseOptions { support_escapes: arguments.support_escapes };
    let config = Config::parse(sources, &parse).map_err(Failure::Config)?;
    let resources = resources::read(&config);
    let pipeline = Pipeline::compile(&config, &resources, &options).map_err(Failure::Config)?;
    Ok(Compiled { pipeline, zone: zone_name, notice })
}

fn time_zone(arguments: &CompileArguments) -> Result<(Zone, String, Option<String>), String> {
    let utc = || (Options::default().timezone, "UTC".to_owned());
    if let Some(name) = &arguments.timezone {
        return match Zone::parse(name) {
            Some(zone) => Ok((zone, name.clone(), None)),
            None => Err(format!(
                "time zone `{name}` is not known: give a name such as `Europe/Berlin` or `UTC`, or \
                 an offset such as `+01:00`"
            )),
        };
    }
    let Some(name) = host::time_zone_name() else {
        let (zone, name) = utc();
        return Ok((zone, name, None));
    };
    if let Some(zone) = Zone::parse(&name) {
        return Ok((zone, name, None));
    }
    let (zone, utc) = utc();
    let notice = format!("this machine's time zone `{name}` is not known, {utc} is used");
    Ok((zone, utc, Some(notice)))
}
