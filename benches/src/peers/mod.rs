//! The peers, each used in the cheapest way its interface has.
//!
//! A peer that only has to count looks at every capture and keeps none, where the engine builds an
//! event: the comparison favours the peers.

#[cfg(any(
    feature = "grok-fancy-regex",
    feature = "grok-onig",
    feature = "grok-pcre2",
    feature = "peers"
))]
mod by_pattern;
#[cfg(any(feature = "grok-fancy-regex", feature = "grok-onig", feature = "grok-pcre2"))]
mod grok;
#[cfg(feature = "peers")]
mod json;
#[cfg(feature = "peers")]
mod pcre2;
#[cfg(feature = "peers")]
mod regex;
#[cfg(feature = "vrl")]
mod vrl;

use crate::Contestant;
use crate::output::Form;
use crate::tasks::Task;
#[cfg(any(
    feature = "grok-fancy-regex",
    feature = "grok-onig",
    feature = "grok-pcre2",
    feature = "peers"
))]
use by_pattern::ByPattern;

/// A program in Vector's language, run on an event for each line.
#[cfg(feature = "vrl")]
pub fn vector(source: &str) -> Box<dyn Contestant> {
    Box::new(vrl::Program::compile(source))
}

/// The names of the peers that this build has for a task. T7 has none: backtracking engines do not
/// end there.
pub(crate) fn names(task: &Task) -> Vec<&'static str> {
    let has_pattern = Form::of(task).is_some();
    let _ = has_pattern;
    let all: &[(&str, bool)] = &[
        #[cfg(feature = "peers")]
        ("pcre2", has_pattern),
        #[cfg(feature = "peers")]
        ("regex", has_pattern),
        #[cfg(any(feature = "grok-fancy-regex", feature = "grok-onig", feature = "grok-pcre2"))]
        (grok::NAME, has_pattern),
        #[cfg(feature = "peers")]
        ("simd-json", !has_pattern),
        #[cfg(feature = "peers")]
        ("sonic-rs", !has_pattern),
        #[cfg(feature = "peers")]
        ("serde-json", !has_pattern),
        #[cfg(feature = "vrl")]
        ("vrl", true),
    ];
    let backtracks = task.name.starts_with("T7");
    all.iter().filter(|(_, does)| *does && !backtracks).map(|(name, _)| *name).collect()
}

/// Prepares one of [`names`].
pub(crate) fn contestant(name: &str, task: &Task, config: &str) -> Option<Box<dyn Contestant>> {
    let _ = (name, config);
    let form = Form::of(task);
    #[cfg(any(feature = "grok-fancy-regex", feature = "grok-onig", feature = "grok-pcre2"))]
    if name == grok::NAME {
        return Some(Box::new(ByPattern::new(grok::Patterns::new(config), form?)));
    }
    #[cfg(feature = "peers")]
    match name {
        "pcre2" => return Some(Box::new(ByPattern::new(pcre2::Patterns::new(config), form?))),
        "regex" => return Some(Box::new(ByPattern::new(regex::Patterns::new(config), form?))),
        "serde-json" => return Some(Box::new(json::Serde::default())),
        "simd-json" => return Some(Box::new(json::Simd::default())),
        "sonic-rs" => return Some(Box::new(json::Sonic::default())),
        _ => {}
    }
    #[cfg(feature = "vrl")]
    if name == "vrl" {
        return Some(Box::new(vrl::Program::new(task, config)));
    }
    let _ = form;
    None
}
