//! Logstash's filter engine as a library: bytes in, events out, no IO.
//!
//! ```
//! use sawlog::{Config, Event, InputOptions, Options, ParseOptions, Pipeline, Resources, Sink};
//! use sawlog::{Source, Tick, Timestamp, Worker};
//!
//! struct Lines(Vec<u8>);
//! impl Sink for Lines {
//!     fn event(&mut self, event: &Event<'_>) {
//!         event.write_json(&mut self.0);
//!         self.0.push(b'\n');
//!     }
//! }
//!
//! let text = r#"filter { grok { match => { "message" => "%{WORD:verb} %{NOTSPACE:path}" } } }"#;
//! let config = Config::parse(vec![Source::new("a.conf", text)], &ParseOptions::default())?;
//! let pipeline = Pipeline::compile(&config, &Resources::new(), &Options::default())?;
//! let mut worker = Worker::new(&pipeline, &InputOptions::default())?;
//! let tick = Tick { now: Timestamp::UNIX_EPOCH, seed: 0 };
//! let mut lines = Lines(Vec::new());
//! worker.push(b"GET /index.html\nnoth", tick, &mut lines);
//! worker.push(b"ing", tick, &mut lines);
//! worker.flush(tick, &mut lines);
//! let out = String::from_utf8(lines.0)?;
//! assert!(out.contains(r#""verb":"GET","path":"/index.html"}"#), "{out}");
//! assert!(out.contains(r#""tags":["_grokparsefailure"]}"#), "{out}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What the host supplies
//!
//! * The config's text, as one or several [`Source`]s, and what [`Config::needs`] asks for, as
//!   [`Resources`]: variables, pattern files.
//! * The bytes of a stream, in pieces of any size, to a [`Worker`]: one worker per thread, one
//!   [`Pipeline`] for all.
//! * The clock and a seed with each call, as a [`Tick`]. Equal input, resources and ticks give
//!   equal events.
//!
//! # What comes back
//!
//! A config that is wrong gives [`Diagnostics`], all at once. A line that does not fit the config is an event with a
//! tag, as in Logstash; what can never become an event is a [`Refusal`]. Nothing that stands in an input makes the engine fail.

mod arena;
#[cfg(feature = "arrow")]
pub mod arrow;
mod codec;
pub mod config;
#[cfg(feature = "conformance")]
pub mod conformance;
mod diagnostic;
mod event;
mod filter;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
pub mod limits;
pub mod lint;
pub mod pattern;
pub mod program;
pub mod protocol;
mod run;
#[cfg_attr(
    not(any(test, feature = "fuzzing")),
    expect(dead_code, reason = "the executors and writers take it up one by one")
)]
mod scan;
pub mod time;

pub use arena::Arena;
pub use codec::Encoder;
pub use codec::encode::Metadata;
#[cfg(feature = "gzip")]
pub use codec::inflate;
pub use config::{Config, ParseOptions};
pub use diagnostic::{
    Code, Diagnostic, Diagnostics, Label, Position, Severity, Source, Span, Spanned,
};
pub use event::{
    Array, EscapeStyle, Event, Failure, FieldPath, Key, Node, NodeKind, Object, Origin, PathError,
    PathRef, SetError, Snapshot, SnapshotTooLarge, Template, Value,
};
pub use filter::Order;
pub use program::condition::ConditionError;
pub use program::options::{Needs, PathKind, PathNeed, VariableNeed};
pub use program::{
    ConfigPosition, Ecs, Input, Options, Output, Pipeline, PlacedFilter, PluginDoc, ResourceError,
    Resources, Router,
};
pub use run::{
    Clock, ConvertError, Converter, ConverterOptions, FilterProfile, FilterStats, Imbalance,
    InputOptions, PatternProfile, Profile, Refusal, RefusalKind, Reject, RejectOutcome, Rejects,
    RunError, Sink, Stats, Tick, Worker,
};
pub use scan::SimdLevel;
pub use time::{Timestamp, Zone};

/// The filters that are built, in alphabetical order: their names and what the docs say of them.
pub fn filters() -> impl Iterator<Item = (&'static str, &'static PluginDoc)> {
    filter::all().map(|filter| (filter.name, filter.doc))
}

/// The codecs that are built, in alphabetical order: what each can do and what the docs say of it.
pub fn codecs() -> impl Iterator<Item = CodecEntry> {
    codec::plugin::all().map(|codec| CodecEntry {
        name: codec.name,
        doc: codec.doc,
        decodes: codec.decoder.is_some(),
        encodes: codec.encoder.is_some(),
    })
}

/// One codec that is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodecEntry {
    /// Its name.
    pub name: &'static str,
    /// What the docs say of it.
    pub doc: &'static PluginDoc,
    /// Whether it reads.
    pub decodes: bool,
    /// Whether it writes.
    pub encodes: bool,
}
