//! The peers, each used in the cheapest way its interface has.
//!
//! A peer that only has to count looks at every capture and keeps none, where the engine builds an
//! event: the comparison favours the peers.

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

use std::hint::black_box;

use crate::Contestant;
use crate::output::{Captured, Form};
use crate::tasks::{OUTPUT_BYTES, Output, Task};

/// The names of the peers that this build has for a task. T7 has none: backtracking engines do not
/// end there.
pub(crate) fn names(task: &Task) -> Vec<&'static str> {
    let mut names = Vec::new();
    let backtracks = task.name.starts_with("T7");
    let has_pattern = Form::of(task).is_some();
    if has_pattern && !backtracks {
        #[cfg(feature = "peers")]
        names.extend(["pcre2", "regex"]);
        #[cfg(any(feature = "grok-fancy-regex", feature = "grok-onig", feature = "grok-pcre2"))]
        names.push(grok::NAME);
    } else if !has_pattern {
        #[cfg(feature = "peers")]
        names.extend(["simd-json", "sonic-rs", "serde-json"]);
    }
    #[cfg(feature = "vrl")]
    if !backtracks {
        names.push("vrl");
    }
    names
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

/// A list of patterns in some engine.
pub(crate) trait Matcher {
    /// Finds the first pattern that matches a line.
    fn first<'s>(&'s mut self, line: &'s str) -> Option<impl Captured + 's>;
}

/// A pattern engine, with what the config does beside matching.
pub(crate) struct ByPattern<M> {
    matcher: M,
    form: Form,
    out: Vec<u8>,
}

impl<M: Matcher> ByPattern<M> {
    pub(crate) fn new(matcher: M, form: Form) -> Self {
        Self { matcher, form, out: Vec::new() }
    }
}

impl<M: Matcher> Contestant for ByPattern<M> {
    fn run(&mut self, input: &str, output: Output) -> u64 {
        let mut events = 0;
        let mut bytes = 0;
        self.out.clear();
        for line in input.lines() {
            let captured = self.matcher.first(line);
            match output {
                Output::Counted => {
                    for field in captured.iter().flat_map(Captured::fields) {
                        black_box(field);
                    }
                }
                Output::JsonLines => {
                    self.form.write(line, captured.as_ref(), &mut self.out);
                    if self.out.len() > OUTPUT_BYTES {
                        bytes += self.out.len() as u64;
                        self.out.clear();
                    }
                }
            }
            events += 1;
        }
        match output {
            Output::Counted => events,
            Output::JsonLines => bytes + self.out.len() as u64,
        }
    }

    fn json(&mut self, input: &str, out: &mut Vec<u8>) {
        for line in input.lines() {
            let captured = self.matcher.first(line);
            self.form.write(line, captured.as_ref(), out);
        }
    }
}
