//! `useragent`: a browser's name for itself becomes fields.
//!
//! `{"agent":"curl/8.4.0"}` with `useragent { source => "agent" }` gets `[user_agent][name]` = `curl` and
//! `[user_agent][version]` = `8.4.0`. What browsers are known by is uap-core's `regexes.yaml`, which the option `regexes` names or
//! the host gives. Source of behaviour: logstash-filter-useragent 3.3.5.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity, Span};
use crate::event::{Event, FieldPath, SetError, Value};
use crate::filter::field::FieldName;
use crate::filter::kept::Kept;
use crate::filter::{CompileCx, Cx, Filter, Outcome, ReloadCx, shown_value, tag_all};
use crate::limits;
use crate::program::options::PluginOptions;
use crate::program::{Ecs, PluginDoc, Resources};
use std::sync::Arc;

pub(crate) mod agents;

use agents::{Agents, Known, Named};

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Reads browser, system and device from a user agent.",
    example: r#"useragent { source => "agent" }"#,
    options: &[
        ("ecs_compatibility", "Decides the names of the fields."),
        ("lru_cache_size", "User agents that each worker keeps what it found for."),
        ("prefix", "What the names of the fields begin with; without ECS only."),
        ("regexes", "A file like uap-core's `regexes.yaml`; the command line brings one."),
        ("source", "The field with the user agent; of a list the first is read."),
        ("target", "The field that gets the fields: without it `user_agent`, or the event itself without ECS."),
    ],
    differences: &[
        ("regexes", "The list that the command line brings is that of uap-core 0.18.0."),
        ("lru_cache_size", "Every worker and every filter has its own cache, of 1,000,000 entries at most."),
        ("", "What makes Logstash's worker die (a number as user agent) is tagged `_useragent_error`. Of a text only the first 16 KiB are looked at."),
    ],
};

#[derive(Debug)]
struct UserAgent {
    settings: Arc<Settings>,
    agents: Agents,
}

#[derive(Debug)]
struct Settings {
    source: FieldName,
    replaces_source: bool,
    fields: Fields,
    cached: usize,
    /// The file that the config names; nothing for the host's list.
    path: Option<Box<str>>,
    span: Span,
    failure_tags: [Box<str>; 1],
}

/// The fields that are set; nothing for names that are no references.
#[derive(Debug)]
struct Fields {
    name: Option<FieldPath>,
    device: Option<FieldPath>,
    major: Option<FieldPath>,
    minor: Option<FieldPath>,
    patch: Option<FieldPath>,
    version: Option<FieldPath>,
    os_major: Option<FieldPath>,
    os_minor: Option<FieldPath>,
    os_patch: Option<FieldPath>,
    os_version: Option<FieldPath>,
    os_name: Option<FieldPath>,
    /// Without ECS the same as `os_name`.
    os: Option<FieldPath>,
    os_full: Option<FieldPath>,
}

pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let style = cx.options.field_reference_escape_style;
    let ecs = cx.ecs(options);
    let source = options.text("source").map_or("", |source| source.value);
    let target = options.text("target").map(|target| target.value);
    let prefix = options.text("prefix").map_or("", |prefix| prefix.value);
    let root = match (target, ecs) {
        (Some(target), _) if target.starts_with('[') && target.ends_with(']') => target.to_owned(),
        (Some(target), _) => format!("[{target}]"),
        (None, Ecs::Disabled) => String::new(),
        (None, Ecs::V1 | Ecs::V8) => "[user_agent]".to_owned(),
    };
    let mut fields_sound = true;
    let mut field = |legacy: &str, own: &str| {
        let name = match ecs {
            Ecs::Disabled => format!("{root}[{prefix}{legacy}]"),
            Ecs::V1 | Ecs::V8 if own.is_empty() => return None,
            Ecs::V1 | Ecs::V8 if own.starts_with("[@metadata]") => own.to_owned(),
            Ecs::V1 | Ecs::V8 => format!("{root}{own}"),
        };
        let path = FieldPath::parse(&name, style).ok();
        fields_sound &= path.is_some();
        path
    };
    let fields = Fields {
        name: field("name", "[name]"),
        device: field("device", "[device][name]"),
        major: field("major", "[@metadata][filter][user_agent][version][major]"),
        minor: field("minor", "[@metadata][filter][user_agent][version][minor]"),
        patch: field("patch", "[@metadata][filter][user_agent][version][patch]"),
        version: field("version", "[version]"),
        os_major: field("os_major", "[@metadata][filter][user_agent][os][version][major]"),
        os_minor: field("os_minor", "[@metadata][filter][user_agent][os][version][minor]"),
        os_patch: field("os_patch", "[@metadata][filter][user_agent][os][version][patch]"),
        os_version: field("os_version", "[os][version]"),
        os_name: field("os_name", "[os][name]"),
        os: field("os", ""),
        os_full: field("os_full", "[os][full]"),
    };
    if !fields_sound {
        let span = options.option_span("target").or_else(|| options.option_span("prefix"));
        cx.error_with_help(
            Code::BadFieldReference,
            span.unwrap_or(options.name_span),
            "`target` and `prefix` give no field references",
            "write a name, or names in brackets: [a][b]",
        );
    }
    let regexes = options.text("regexes");
    let cached = options.number("lru_cache_size").and_then(|number| number.value.as_int());
    let cached = cached.map_or(100_000, |number| usize::try_from(number).unwrap_or(0));
    let settings = Settings {
        source: FieldName::fixed(source, style),
        replaces_source: target == Some(source),
        fields,
        cached: cached.clamp(1, limits::KEPT_ENTRIES),
        path: regexes.map(|path| path.value.into()),
        span: regexes.map_or(options.name_span, |path| path.span),
        failure_tags: [Box::from("_useragent_error")],
    };
    match settings.load(cx.resources, cx.diagnostics) {
        Loaded::Read(agents) if fields_sound => {
            Some(Box::new(UserAgent { settings: Arc::new(settings), agents }))
        }
        Loaded::Bad | Loaded::Read(_) => None,
        Loaded::Missing => {
            let (message, help) = match &settings.path {
                Some(path) => (
                    format!("the list of user agents `{path}` of `regexes` was not found"),
                    "relative paths start at the working directory; without `regexes` the list of this \
                     program is taken",
                ),
                None => (
                    "this host brings no list of user agents".to_owned(),
                    "name a file: regexes => \"regexes.yaml\" (of uap-core)",
                ),
            };
            cx.error_with_help(Code::MissingResource, settings.span, message, help);
            None
        }
    }
}

/// What became of reading a list.
enum Loaded {
    /// It is wrong, which is among the diagnostics.
    Bad,
    Missing,
    Read(Agents),
}

impl Settings {
    /// The list, when the resources hold one.
    fn load(&self, resources: &Resources, diagnostics: &mut Diagnostics) -> Loaded {
        let Some(path) = &self.path else {
            return resources.user_agents().cloned().map_or(Loaded::Missing, Loaded::Read);
        };
        let Some(bytes) = resources.file(path) else { return Loaded::Missing };
        match Agents::read(bytes.as_ref()) {
            Ok(agents) => Loaded::Read(agents),
            Err(error) => {
                let code = if error.is_limit { Code::LimitExceeded } else { Code::BadResource };
                let message = format!("the list of user agents `{path}` {}", error.message);
                let severity = Severity::Error;
                diagnostics.push(Diagnostic::new(code, severity, Some(self.span), message));
                Loaded::Bad
            }
        }
    }
}

/// The event gets the failure tag.
struct Failed;

impl From<SetError> for Failed {
    fn from(_: SetError) -> Self {
        Self
    }
}

impl Filter for UserAgent {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        self.read(event, cx).unwrap_or_else(|Failed| {
            tag_all(event, &self.settings.failure_tags, cx.arena);
            Outcome::Failed
        })
    }

    fn with_resources(&self, cx: &mut ReloadCx<'_>) -> Option<Box<dyn Filter>> {
        match self.settings.load(cx.resources, cx.diagnostics) {
            Loaded::Read(agents) => {
                Some(Box::new(Self { settings: Arc::clone(&self.settings), agents }))
            }
            Loaded::Bad | Loaded::Missing => None,
        }
    }

    fn new_fields(&self) -> usize {
        1
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &self.settings.failure_tags
    }

    fn explain<'b>(&'b self, event: &Event<'b>, cx: &mut Cx<'_, 'b>) -> Option<String> {
        let source = self.settings.source.resolve(event, cx).ok()?;
        let value = event.get(source)?;
        Some(match value {
            Value::Str(_) => format!("the fields of the user agent in `{source}` cannot be set"),
            value => format!("field `{source}` is {}, and a user agent is a text", shown_value(value)),
        })
    }
}

impl UserAgent {
    fn read<'b>(
        &'b self,
        event: &mut Event<'b>,
        cx: &mut Cx<'_, 'b>,
    ) -> Result<Outcome, Failed> {
        let settings = &*self.settings;
        let source = settings.source.resolve(event, cx)?;
        let value = match event.get(source) {
            Some(Value::Array(array)) => array.as_slice().first(),
            value => value,
        };
        let agent = match value {
            None | Some(Value::Null | Value::Str("") | Value::Array(_) | Value::Object(_)) => {
                return Ok(Outcome::Unmatched);
            }
            Some(Value::Str(text)) => *text,
            Some(_) => return Err(Failed),
        };
        let agent = &agent[..agent.floor_char_boundary(limits::USER_AGENT_BYTES)];
        let cache = cx.scratch.agents.entry(cx.filter);
        let cache = cache.or_insert_with(|| Kept::new(settings.cached, cx.seed));
        if settings.replaces_source {
            event.remove(source);
        }
        if let Some(known) = cache.get(agent) {
            set(&settings.fields, known, event, cx.arena)?;
            return Ok(Outcome::Matched);
        }
        let found = self.agents.find(agent, &mut cx.scratch.pattern).map_err(|_| Failed)?;
        let known = Texts::new(&found, agent);
        set(&settings.fields, &known, event, cx.arena)?;
        cache.insert(agent, known);
        Ok(Outcome::Matched)
    }
}

/// What is known of a user agent, as the texts of fields.
#[derive(Debug)]
pub(crate) struct Texts {
    browser: Named,
    system: Named,
    device: Box<str>,
    version: Option<Box<str>>,
    os_version: Option<Box<str>>,
    os_full: Box<str>,
}

impl Texts {
    fn new(known: &Known, agent: &str) -> Self {
        let os_version = os_version(known.system.version());
        let os = known.system.name();
        let os_full = os_version.as_ref().map_or_else(|| os.to_owned(), |it| format!("{os} {it}"));
        Self {
            device: known.device.name().into(),
            version: version(known.browser.version(), agent).map(Box::from),
            os_version: os_version.map(Box::from),
            os_full: os_full.into(),
            browser: known.browser.clone(),
            system: known.system.clone(),
        }
    }
}

fn set<'b>(
    fields: &'b Fields,
    known: &Texts,
    event: &mut Event<'b>,
    arena: &'b crate::arena::Arena,
) -> Result<(), Failed> {
    let mut set = |field: &'b Option<FieldPath>, text: Option<&str>| match (field, text) {
        (Some(field), Some(text)) => {
            event.set(field.as_ref(), Value::Str(arena.text(text)), arena)
        }
        _ => Ok(()),
    };
    let [major, minor, patch, _] = known.browser.version();
    let [os_major, os_minor, os_patch, _] = known.system.version();
    let os = Some(known.system.name());
    set(&fields.name, Some(known.browser.name()))?;
    set(&fields.device, Some(&known.device))?;
    set(&fields.major, major)?;
    set(&fields.minor, minor)?;
    set(&fields.patch, patch)?;
    set(&fields.version, known.version.as_deref())?;
    set(&fields.os_major, os_major)?;
    set(&fields.os_minor, os_minor)?;
    set(&fields.os_patch, os_patch)?;
    set(&fields.os_version, known.os_version.as_deref())?;
    set(&fields.os_name, os)?;
    set(&fields.os, os)?;
    set(&fields.os_full, Some(&known.os_full))?;
    Ok(())
}

/// The version of a browser; with the fourth part that stands in the text and is in no group.
fn version([major, minor, patch, rest]: [Option<&str>; 4], agent: &str) -> Option<String> {
    let mut version = major?.to_owned();
    for part in [minor, patch, rest] {
        let Some(part) = part else { break };
        version.push('.');
        version.push_str(part);
    }
    if minor.is_some() && patch.is_some() && rest.is_none() {
        let behind = agent.find(&version).map(|at| &agent[at + version.len()..]);
        let part = behind.and_then(|behind| behind.strip_prefix('.')?.split_once(' '));
        if let Some((part, _)) = part.filter(|(part, _)| is_number(part)) {
            version.push('.');
            version.push_str(part);
        }
    }
    Some(version)
}

/// Whether Ruby would print the number that it reads in a text as that text.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_zero = digits == "0";
    !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (is_zero || !digits.starts_with('0'))
        && !(is_zero && text.starts_with('-'))
}

/// `10.15.7`; a name such as `Vista` is set off by a blank.
fn os_version([major, minor, patch, rest]: [Option<&str>; 4]) -> Option<String> {
    let mut version = major?.to_owned();
    let mut separator = if is_number(&version) { '.' } else { ' ' };
    for part in [minor, patch, rest] {
        let Some(part) = part else { break };
        version.push(separator);
        version.push_str(part);
        separator = '.';
    }
    Some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_joined_and_completed_from_the_text() {
        let some = |parts: [&'static str; 4]| parts.map(|part| (part != "-").then_some(part));
        for (parts, agent, expected) in [
            (["120", "0", "6099", "-"], "Chrome/120.0.6099.130 Safari", "120.0.6099.130"),
            (["120", "0", "6099", "-"], "Chrome/120.0.6099.130", "120.0.6099"),
            (["1", "2", "3", "-"], "X/1.2.3.04 Y", "1.2.3"),
            (["1", "2", "3", "4"], "", "1.2.3.4"),
            (["1", "-", "3", "-"], "", "1"),
        ] {
            assert_eq!(version(some(parts), agent).as_deref(), Some(expected), "{agent}");
        }
        assert_eq!(version(some(["-", "1", "-", "-"]), ""), None);
        assert_eq!(os_version(some(["10", "15", "7", "-"])).as_deref(), Some("10.15.7"));
        assert_eq!(os_version(some(["XP", "2", "7", "-"])).as_deref(), Some("XP 2.7"));
    }
}
