//! Filters: one file each and one line each in the table below, which gives look-up, the list of
//! what is built, and order requirements.

use core::fmt;
use std::collections::BTreeMap;

use crate::arena::Arena;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity, Span};
use crate::event::{EscapeStyle, Event, PathRef, SetError, Value, text};
use crate::filter::state::{Flush, FlushWhen, States};
use crate::pattern;
use crate::program::options::PluginOptions;
use crate::program::{Ecs, Options, PluginDoc, Resources};
use crate::run::PatternProfile;
use crate::time::{Day, Timestamp, Zone};

pub(crate) mod decorate;
pub(crate) mod digest;
pub(crate) mod field;
pub(crate) mod kept;
pub(crate) mod lists;
mod number;
mod regex_cache;
pub(crate) mod state;
pub(crate) mod stored;
mod suffix;
mod timeout;
mod zone_cache;

/// What a filter made of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The filter could not do its work and has set its failure tags.
    Failed,
    /// The common options (`add_field`, …) apply to the event.
    Matched,
    /// As [`Self::Matched`], and the filter has carried the common options out.
    MatchedAndDecorated,
    /// The common options apply to the events that the filter made, and not to this one.
    MatchedChildren,
    /// The common options apply to the event and to those made of it; [`Filter::complete`] follows.
    MatchedThen,
    /// There was nothing to do.
    Unmatched,
}

/// One configured filter.
///
/// Bad data is never an error: it is tagged with the filter's failure tags.
pub(crate) trait Filter: Send + Sync + fmt::Debug {
    /// Handles one event.
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome;

    /// Goes on with an event to which the common options were applied: [`Outcome::MatchedThen`].
    fn complete<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) {
        let _ = (event, cx);
    }

    /// When [`Self::flush`] is to be called.
    fn flush_when(&self) -> FlushWhen {
        FlushWhen::Never
    }

    /// Puts what is due into `cx.children`; the common options apply to it, and the filters behind.
    fn flush<'b>(&'b self, flush: Flush, cx: &mut Cx<'_, 'b>) {
        let _ = (flush, cx);
    }

    /// Why the filter failed on this event, for a person who wants to repair the config.
    ///
    /// Asked right after [`Outcome::Failed`], before anything else changes the event.
    fn explain<'b>(&'b self, event: &Event<'b>, cx: &mut Cx<'_, 'b>) -> Option<String> {
        let _ = (event, cx);
        None
    }

    /// Whether it depends on the events before, as far as that is up to its options.
    fn order(&self) -> Order {
        Order::Stateless
    }

    /// The number of fields that it may set on an event which has none of them; a hint.
    fn new_fields(&self) -> usize {
        0
    }

    /// The patterns that a profile counts, in the order of trying.
    fn patterns(&self) -> Vec<PatternProfile> {
        Vec::new()
    }

    /// Counts for a profile what the patterns will do with an event, without changing it.
    fn count<'b>(&'b self, event: &Event<'b>, cx: &mut Cx<'_, 'b>, out: &mut [PatternProfile]) {
        let _ = (event, cx, out);
    }

    /// Sums up what was counted; asked once, when a profile is taken.
    fn finish_count(&self, out: &mut [PatternProfile]) {
        let _ = out;
    }

    /// The filter with those of its files anew that the resources hold; nothing when they hold none.
    ///
    /// What is wrong with a file is for `cx` to know, and nothing is given.
    fn with_resources(&self, cx: &mut ReloadCx<'_>) -> Option<Box<dyn Filter>> {
        let _ = cx;
        None
    }

    /// Tags for an event on which the common options cannot be carried out.
    fn failure_tags(&self) -> &[Box<str>];

    /// Whether the event has a tag that this filter sets when it fails.
    fn has_tagged(&self, event: &Event<'_>) -> bool {
        self.failure_tags().iter().any(|tag| event.has_tag(tag))
    }
}

/// Whether a filter depends on the events before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// It keeps something from event to event: one worker, in order.
    Ordered,
    /// It looks at one event only.
    Stateless,
}

/// What a filter can reach while it handles an event.
pub(crate) struct Cx<'a, 'b> {
    pub(crate) arena: &'b Arena,
    pub(crate) env: &'b Env,
    pub(crate) now: Timestamp,
    /// Differs from event to event, and is the same when the run is repeated.
    pub(crate) seed: u64,
    pub(crate) scratch: &'a mut Scratch,
    /// The place of the filter in the config's order.
    pub(crate) filter: usize,
    /// The common options of the filter.
    pub(crate) decoration: Option<&'b decorate::Decoration>,
    /// The events that the filter makes of this one.
    pub(crate) children: &'a mut bumpalo::collections::Vec<'b, Event<'b>>,
}

/// What all filters of a pipeline share.
#[derive(Debug)]
pub(crate) struct Env {
    pub(crate) engine: pattern::Engine,
    pub(crate) style: EscapeStyle,
    pub(crate) zone: Zone,
    pub(crate) start: Timestamp,
    /// The name of the machine, for filters that put it on the events they make.
    pub(crate) host_name: Option<Box<str>>,
    /// What the patterns of groks need to match, by field.
    pub(crate) lists: lists::ListFilters,
}

impl Scratch {
    /// The days that a filter of so many date formats remembers.
    #[inline]
    pub(crate) fn days(&mut self, filter: usize, formats: usize) -> &mut [Day] {
        if self.days.get(filter).is_none_or(|days| days.len() < formats) {
            self.make_days(filter, formats);
        }
        &mut self.days[filter]
    }

    /// Forgets what was found in files that have changed.
    pub(crate) fn forget_files(&mut self) {
        self.agents.clear();
    }

    #[cold]
    fn make_days(&mut self, filter: usize, formats: usize) {
        if self.days.len() <= filter {
            self.days.resize_with(filter + 1, Vec::new);
        }
        self.days[filter].resize_with(formats, Day::default);
    }
}

/// Memory that filters use again for every event.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    pub(crate) text: String,
    pub(crate) pattern: pattern::Scratch,
    pub(crate) json: crate::codec::json::JsonReader,
    pub(crate) lists: lists::ListCache,
    pub(crate) regexes: regex_cache::RegexCache,
    pub(crate) zones: zone_cache::ZoneCache,
    /// Of each filter in the config's order, the last day of each of its date formats.
    pub(crate) days: Vec<Vec<Day>>,
    /// Of each filter that reads user agents, what it found for the last ones.
    pub(crate) agents: BTreeMap<usize, kept::Kept<useragent::Texts>>,
    /// Dates without a year that got one from the clock since the counter was last taken.
    pub(crate) years_guessed: u64,
    /// Steps of searches that only a profile made, and that nobody asks for.
    pub(crate) unused_counts: pattern::profile::StepCounts,
    /// The operation at which a filter of several gave up, for its explanation.
    pub(crate) failed_step: usize,
    /// Where csv found the values of a line.
    pub(crate) cells: Vec<csv::Cell>,
    /// Of each csv that takes the names of its columns from the first line, these.
    pub(crate) columns: BTreeMap<usize, Box<[Option<Box<str>>]>>,
    pub(crate) states: States,
}

impl<'b> Cx<'_, 'b> {
    /// What this filter keeps from event to event, empty at first.
    pub(crate) fn state<T: core::any::Any + Default + Send>(&mut self) -> &mut T {
        self.scratch.states.of(self.filter)
    }

    /// Parses a field reference made at run time.
    pub(crate) fn path(&self, text: &'b str) -> Result<PathRef<'b>, SetError> {
        PathRef::parse_in(text, self.env.style, self.arena).map_err(|_| SetError::Reference)
    }

    /// Carries out the common options, for filters that match more than once.
    pub(crate) fn decorate(&self, event: &mut Event<'b>) -> Result<(), SetError> {
        self.decoration.map_or(Ok(()), |decoration| decoration.apply(event, self))
    }
}

/// Adds each tag unless it is there.
pub(crate) fn tag_all<'b>(event: &mut Event<'b>, tags: &'b [Box<str>], arena: &'b Arena) {
    for tag in tags {
        event.tag(tag, arena);
    }
}

/// A text as an explanation shows it: between backticks, cut, without control characters.
pub(crate) fn shown(text: &str) -> String {
    pattern::explain::quoted(text, SHOWN_CHARS)
}

/// Any value as an explanation shows it.
pub(crate) fn shown_value(value: &Value<'_>) -> String {
    let kind = match value {
        Value::Array(_) => "a list, ",
        Value::Bool(_) => "a boolean, ",
        Value::Object(_) => "a map, ",
        Value::Time(_) => "a timestamp, ",
        Value::Null => return "null".to_owned(),
        Value::Float(_) | Value::Int(_) | Value::Number(_) => "a number, ",
        Value::Str(text) => return shown(text),
    };
    let mut out = String::new();
    text::push_ruby(value, &mut out);
    format!("{kind}{}", shown(&out))
}

/// Characters of a value that an explanation shows.
const SHOWN_CHARS: usize = 60;

/// What a filter can reach while its files are read anew.
pub(crate) struct ReloadCx<'c> {
    pub(crate) resources: &'c Resources,
    pub(crate) diagnostics: &'c mut Diagnostics,
}

/// What a filter can reach while it is compiled.
pub(crate) struct CompileCx<'c> {
    pub(crate) options: &'c Options,
    pub(crate) resources: &'c Resources,
    pub(crate) diagnostics: &'c mut Diagnostics,
    /// Takes the patterns of groks.
    pub(crate) lists: &'c mut lists::Lists,
}

impl CompileCx<'_> {
    /// Records an error.
    pub(crate) fn error(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.push(code, span, message.into(), None);
    }

    /// Records an error with what to write instead.
    pub(crate) fn error_with_help(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(code, span, message.into(), Some(help.into()));
    }

    fn push(&mut self, code: Code, span: Span, message: String, help: Option<String>) {
        self.diagnostics.push(Diagnostic {
            code,
            severity: Severity::Error,
            message,
            span: Some(span),
            labels: Vec::new(),
            help,
        });
    }

    /// The plugin's `ecs_compatibility`, else the pipeline's.
    pub(crate) fn ecs(&self, options: &PluginOptions) -> Ecs {
        match options.text("ecs_compatibility").map(|text| text.value) {
            Some("disabled") => Ecs::Disabled,
            Some("v1") => Ecs::V1,
            Some("v8") => Ecs::V8,
            _ => self.options.ecs,
        }
    }

    /// The option `tag_on_failure` of one or several tags.
    pub(crate) fn failure_tags(options: &PluginOptions, default: &str) -> Box<[Box<str>]> {
        if options.has("tag_on_failure") {
            options.texts("tag_on_failure").iter().map(|text| Box::from(text.value)).collect()
        } else {
            Box::new([Box::from(default)])
        }
    }
}

/// Makes a filter of its options; nothing when errors were recorded.
type Compile = fn(&PluginOptions, &mut CompileCx<'_>) -> Option<Box<dyn Filter>>;

/// One filter that is built.
pub(crate) struct FilterInfo {
    pub(crate) name: &'static str,
    pub(crate) order: Order,
    pub(crate) compile: Compile,
    pub(crate) doc: &'static PluginDoc,
}

macro_rules! filters {
    ($($name:ident $order:ident)+) => {
        $(pub(crate) mod $name;)+
        const FILTERS: &[FilterInfo] = &[
            $(FilterInfo {
                name: stringify!($name),
                order: Order::$order,
                compile: $name::compile,
                doc: &$name::DOC,
            },)+
        ];
    };
}

filters! {
    alter Stateless
    anonymize Stateless
    bytes Stateless
    cidr Stateless
    clone Stateless
    csv Stateless
    date Stateless
    de_dot Stateless
    dissect Stateless
    drop Stateless
    elapsed Ordered
    environment Stateless
    extractnumbers Stateless
    fingerprint Stateless
    geoip Stateless
    grok Stateless
    json Stateless
    json_encode Stateless
    kv Stateless
    metrics Ordered
    mutate Stateless
    prune Stateless
    range Stateless
    sleep Stateless
    split Stateless
    syslog_pri Stateless
    throttle Ordered
    tld Stateless
    translate Stateless
    truncate Stateless
    urldecode Stateless
    useragent Stateless
    uuid Stateless
    xml Stateless
}

/// The filter of this name, when it is built.
pub(crate) fn lookup(name: &str) -> Option<&'static FilterInfo> {
    FILTERS.iter().find(|filter| filter.name == name)
}

/// The filters that are built, in alphabetical order.
pub(crate) fn all() -> impl Iterator<Item = &'static FilterInfo> {
    FILTERS.iter()
}

/// Runs one event, given as JSON, through filters; gives what leaves.
#[cfg(test)]
pub(crate) fn left_of(filters: &str, event: &str) -> Vec<String> {
    use crate::config::{Config, ParseOptions};
    use crate::{InputOptions, Pipeline, Sink, Source, Tick, Worker};

    struct Left(Vec<String>);
    impl Sink for Left {
        fn event(&mut self, event: &Event<'_>) {
            let mut json = Vec::new();
            event.write_json(&mut json);
            self.0.push(String::from_utf8_lossy(&json).into_owned());
        }
    }
    let source = Source::new("a.conf", format!("filter {{ {filters} }}"));
    let config = Config::parse(vec![source], &ParseOptions::default()).expect(filters);
    let pipeline =
        Pipeline::compile(&config, &Resources::new(), &Options::default()).expect(filters);
    let mut worker = Worker::new(&pipeline, &InputOptions::default()).expect(filters);
    let tick = Tick { now: Timestamp::UNIX_EPOCH, seed: 0 };
    let mut left = Left(Vec::new());
    worker.run_event(event, tick, &mut left);
    left.0
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::config::{Config, ParseOptions};
    use crate::diagnostic::Source;
    use crate::program::Pipeline;
    use crate::program::schema::{Known, PluginKind, Schema};

    #[test]
    fn every_option_of_every_filter_is_documented_once() {
        let schema = Schema::new();
        for filter in all() {
            let known = match schema.lookup(PluginKind::Filter, filter.name) {
                Known::Options(options) => options.iter().map(|option| option.name).collect(),
                _ => BTreeSet::new(),
            };
            let documented: BTreeSet<_> =
                filter.doc.options.iter().map(|(name, _)| *name).collect();
            assert_eq!(documented, known, "{}", filter.name);
            assert_eq!(documented.len(), filter.doc.options.len(), "{}", filter.name);
        }
    }

    #[test]
    fn the_example_of_every_filter_compiles() {
        for filter in all() {
            let text = format!("filter {{ {} }}", filter.doc.example);
            let config =
                Config::parse(vec![Source::new("example", text)], &ParseOptions::default())
                    .expect(filter.name);
            let compiled = Pipeline::compile(&config, &Resources::example(), &Options::default());
            assert!(compiled.is_ok(), "{}: {:?}", filter.name, compiled.err());
        }
    }
}
