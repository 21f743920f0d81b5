//! `geoip`: an address becomes a place, a network operator, …, by a `MaxMind` database.
//!
//! `{"client":{"ip":"89.160.20.112"}}` with `geoip { source => "[client][ip]" database => "GeoLite2-City.mmdb" }` gets
//! `[client][geo][city_name]` and others. The database comes in as a file of the resources; another one through
//! [`crate::Pipeline::with_resources`]. Source of behaviour: logstash-filter-geoip 7.3.4.

use core::net::IpAddr;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity, Span, Spanned};
use crate::event::{EscapeStyle, Event, FieldPath, Object, SetError, Value};
use crate::filter::field::FieldName;
use crate::filter::{CompileCx, Cx, Filter, Outcome, ReloadCx, shown_value, tag_all};
use crate::program::options::PluginOptions;
use crate::program::{Ecs, PluginDoc, Resources};

mod answer;
mod database;
mod fields;

use database::{Answer, Database};
use fields::Field;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Looks an address up in a MaxMind database.",
    example: r#"geoip { source => "[source][ip]" database => "GeoLite2-City.mmdb" }"#,
    options: &[
        ("cache_size", "No effect: a look-up takes no longer than a cache would."),
        ("database", "The database: a City, Country, Enterprise, ASN, ISP, Domain or Anonymous-IP file of MaxMind's."),
        ("default_database_type", "No effect: no database comes with this program."),
        ("ecs_compatibility", "Decides the names of the fields and whether `target` has a default."),
        ("fields", "The fields that are set; without it those that fit the database."),
        ("source", "The field with the address; of a list the first is looked up."),
        ("tag_on_failure", "Tags for an event without an address that the database has."),
        ("target", "The field below which the fields are set: without it `geoip`, and with ECS what stands before `[ip]` in `source`."),
    ],
    differences: &[
        ("database", "It must be named: no database is downloaded, and none is ever too old."),
        ("source", "Names of hosts are not resolved: they are not found."),
        ("", "What makes Logstash's worker die (a number as address) gets the tags of `tag_on_failure`."),
    ],
};

#[derive(Debug)]
struct Geoip {
    settings: Arc<Settings>,
    database: Arc<Database>,
    fields: Box<[Field]>,
}

#[derive(Debug)]
struct Settings {
    source: FieldName,
    target: FieldPath,
    /// The places of all fields; none where ECS has none.
    places: Box<[Option<FieldPath>]>,
    /// The fields that the config names.
    chosen: Vec<Field>,
    is_ecs: bool,
    path: Box<str>,
    span: Span,
    failure_tags: Box<[Box<str>]>,
}

pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let style = cx.options.field_reference_escape_style;
    let is_ecs = cx.ecs(options) != Ecs::Disabled;
    let source = options.text("source").map_or("", |source| source.value);
    let (places, chosen) = (places_of(source, is_ecs, options, cx), chosen_fields(options, cx));
    let path = database_path(options, cx)?;
    let (target, places) = places?;
    let settings = Settings {
        source: FieldName::fixed(source, style),
        target,
        places,
        chosen: chosen?,
        is_ecs,
        path: path.value.into(),
        span: path.span,
        failure_tags: CompileCx::failure_tags(options, "_geoip_lookup_failure"),
    };
    let filter = Geoip::load(&Arc::new(settings), cx.resources, cx.diagnostics)?;
    Some(Box::new(filter))
}

/// The field that gets the place, and those inside it; nothing when there is none.
fn places_of(
    source: &str,
    is_ecs: bool,
    options: &PluginOptions,
    cx: &mut CompileCx<'_>,
) -> Option<Places> {
    let target = match options.text("target").map(|target| target.value) {
        Some(target) => Some(target),
        None if !is_ecs => Some("geoip"),
        None => source.strip_suffix("[ip]").filter(|target| !target.is_empty()),
    };
    let Some(target) = target else {
        cx.error_with_help(
            Code::MissingOption,
            options.name_span,
            format!("with ECS `target` is needed, since `{source}` does not end in `[ip]`"),
            "name the field that gets the place, for instance target => \"client\"",
        );
        return None;
    };
    let found = places(target, is_ecs, cx.options.field_reference_escape_style);
    if found.is_none() {
        let span = options.option_span("target").unwrap_or(options.name_span);
        cx.error(Code::BadFieldReference, span, format!("`{target}` is no field reference"));
    }
    found
}

/// The option `database`, when its file is there.
fn database_path<'o>(options: &'o PluginOptions, cx: &mut CompileCx<'_>) -> Option<Spanned<&'o str>> {
    let Some(path) = options.text("database") else {
        cx.error_with_help(
            Code::MissingOption,
            options.name_span,
            "`geoip` has no `database`, and none comes with this program",
            "name a file of MaxMind's: database => \"GeoLite2-City.mmdb\"",
        );
        return None;
    };
    if cx.resources.file(path.value).is_none() {
        cx.error_with_help(
            Code::MissingResource,
            path.span,
            format!("the database `{}` of the option `database` was not found", path.value),
            "relative paths start at the working directory; MaxMind's GeoLite2 databases need a free account",
        );
        return None;
    }
    Some(path)
}

/// The fields of the option `fields`; nothing when one of them is unknown.
fn chosen_fields(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Vec<Field>> {
    let mut chosen = Vec::new();
    let mut is_sound = true;
    for name in options.texts("fields") {
        if let Some(field) = Field::from_name(name.value) {
            chosen.push(field);
            continue;
        }
        is_sound = false;
        let names: Vec<&str> = Field::ALL.iter().map(|field| field.name()).collect();
        cx.error_with_help(
            Code::BadValue,
            name.span,
            format!("`{}` is no field of `geoip`", name.value),
            format!("use some of {}", names.join(", ")),
        );
    }
    is_sound.then_some(chosen)
}

/// The field that gets the place, and the fields below it; none where ECS has none.
type Places = (FieldPath, Box<[Option<FieldPath>]>);

/// Where the fields are set: the target, and the places below it.
fn places(
    target: &str,
    is_ecs: bool,
    style: EscapeStyle,
) -> Option<Places> {
    let root = FieldPath::parse(target, style).ok()?;
    let base = if target.starts_with('[') { target.to_owned() } else { format!("[{target}]") };
    let place = |field: &Field| match (is_ecs, field.ecs()) {
        (true, "") => None,
        (true, below) => FieldPath::parse(&format!("{base}{below}"), style).ok(),
        (false, _) => FieldPath::parse(&format!("{base}{}", field.legacy()), style).ok(),
    };
    Some((root, Field::ALL.iter().map(place).collect()))
}

/// Why there is no place.
enum Miss {
    /// The field is not there or empty; nothing is set.
    NoAddress,
    /// The target is made, without anything in it.
    NotFound,
    /// What cannot be set, or be an address: Logstash's worker dies.
    Wrong,
}

impl From<SetError> for Miss {
    fn from(_: SetError) -> Self {
        Self::Wrong
    }
}

impl Filter for Geoip {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        if self.set(event, cx).is_err() {
            tag_all(event, &self.settings.failure_tags, cx.arena);
            return Outcome::Failed;
        }
        Outcome::Matched
    }

    fn with_resources(&self, cx: &mut ReloadCx<'_>) -> Option<Box<dyn Filter>> {
        let filter = Self::load(&self.settings, cx.resources, cx.diagnostics)?;
        Some(Box::new(filter))
    }

    fn new_fields(&self) -> usize {
        1
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &self.settings.failure_tags
    }

    fn explain<'b>(&'b self, event: &Event<'b>, cx: &mut Cx<'_, 'b>) -> Option<String> {
        let settings = &self.settings;
        let source = settings.source.resolve(event, cx).ok()?;
        let value = match event.get(source) {
            Some(Value::Array(array)) => array.as_slice().first(),
            value => value,
        };
        Some(match value {
            None | Some(Value::Null) => format!("field `{source}` holds no address"),
            Some(Value::Str(text)) => match Self::address(text) {
                Ok(address) => format!("the database `{}` does not have {address}", settings.path),
                Err(_) => format!("field `{source}` is {}, which is no address", shown_value(&Value::Str(text))),
            },
            Some(value) => format!("field `{source}` is {}, and an address is a text", shown_value(value)),
        })
    }
}

impl Geoip {
    /// Opens the database, when the resources hold it; what is wrong with it is for the diagnostics.
    fn load(
        settings: &Arc<Settings>,
        resources: &Resources,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let bytes = resources.file(&settings.path)?;
        match Database::open(bytes) {
            Ok(database) => {
                let fields = match &*settings.chosen {
                    [] => database.kind.default_fields(settings.is_ecs),
                    chosen => chosen,
                };
                Some(Self {
                    fields: fields.into(),
                    settings: Arc::clone(settings),
                    database: Arc::new(database),
                })
            }
            Err(error) => {
                let code = if error.is_limit { Code::LimitExceeded } else { Code::BadResource };
                let message = format!("the database `{}` {}", settings.path, error.message);
                let span = Some(settings.span);
                diagnostics.push(Diagnostic::new(code, Severity::Error, span, message));
                None
            }
        }
    }

    fn address(text: &str) -> Result<IpAddr, Miss> {
        // An IPv4 address inside of an IPv6 one is one of the former, as in Java.
        text.parse().map(|address: IpAddr| address.to_canonical()).map_err(|_| Miss::NotFound)
    }

    fn set<'b>(&'b self, event: &mut Event<'b>, cx: &Cx<'_, 'b>) -> Result<(), Miss> {
        let target = self.settings.target.as_ref();
        let answer = match self.look_up(event, cx) {
            Ok(answer) => answer,
            Err(Miss::NotFound) => cx.arena.list(),
            Err(miss) => return Err(miss),
        };
        if event.get(target).is_none_or(Value::is_null) {
            let empty = Value::object(Object::new_in(cx.arena), cx.arena);
            event.set(target, empty, cx.arena)?;
        }
        if answer.is_empty() {
            return Err(Miss::NotFound);
        }
        for (field, value) in answer {
            if let Some(place) = &self.settings.places[field as usize] {
                event.set(place.as_ref(), value, cx.arena)?;
            }
        }
        Ok(())
    }

    fn look_up<'b>(&'b self, event: &Event<'b>, cx: &Cx<'_, 'b>) -> Result<Answer<'b>, Miss> {
        let source = self.settings.source.resolve(event, cx)?;
        let text = match event.get(source) {
            None | Some(Value::Null) => return Err(Miss::NoAddress),
            Some(Value::Str(text)) => text,
            Some(Value::Array(array)) => match array.as_slice().first() {
                Some(Value::Str(text)) => text,
                _ => return Err(Miss::Wrong),
            },
            Some(_) => return Err(Miss::Wrong),
        };
        if text.trim().is_empty() {
            return Err(Miss::NoAddress);
        }
        let address = Self::address(text)?;
        self.database.find(address, &self.fields, cx.arena).map_err(|_| Miss::NotFound)
    }
}

#[cfg(test)]
mod tests;
