//! The peers: the crate `grok` with the engine it was built with, `serde_json` and `chrono` doing
//! what the configs say, each in the cheapest way its interface has.
//!
//! A peer that only has to count looks at every capture and keeps none, where the engine builds an
//! event: the comparison favours the peers.

use std::hint::black_box;

use chrono::{DateTime, NaiveDateTime, SecondsFormat, Utc};
use grok::{Grok, Matches, Pattern};
use serde::ser::{SerializeMap, Serializer};
use serde_json::{Map, Value};

use crate::tasks::{Output, Task};

/// The clock of every event.
pub const NOW: &str = "1970-01-01T00:00:00.000Z";

/// The engine that the crate `grok` was built with.
pub const GROK: &str = if cfg!(feature = "pcre2") { "grok-pcre2" } else { "grok-onig" };

/// One peer, ready for one task.
#[derive(Debug)]
pub struct Peer {
    patterns: Vec<Pattern>,
    work: Work,
    out: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    /// Captures beside the line.
    Captures,
    /// T2.
    Access,
    /// T3.
    App,
    /// T5.
    Json,
}

impl Peer {
    /// The peer that is built for this task, and its name; none for T7, which backtracking engines
    /// do not end.
    pub fn new(task: &Task, config: &str) -> Option<(Self, &'static str)> {
        let (work, name) = match task.name {
            "T1" | "T4" | "T6" | "T6n" => (Work::Captures, GROK),
            "T2" => (Work::Access, GROK),
            "T3" => (Work::App, GROK),
            "T5" => (Work::Json, "serde-json"),
            _ => return None,
        };
        let grok = Grok::with_default_patterns();
        let texts = if work == Work::Json { Vec::new() } else { grok_patterns(config) };
        let patterns = texts
            .iter()
            .map(|text| grok.compile(text, true).unwrap_or_else(|error| panic!("{error}")))
            .collect();
        Some((Self { patterns, work, out: Vec::new() }, name))
    }

    /// Runs all lines and returns what came out: events, or bytes of JSON.
    pub fn run(&mut self, input: &str, output: Output) -> u64 {
        match output {
            Output::Counted => {
                let mut events = 0;
                for line in input.lines() {
                    if let Some(matches) = first_match(&self.patterns, line) {
                        for capture in &matches {
                            black_box(capture);
                        }
                    }
                    events += 1;
                }
                events
            }
            Output::JsonLines => self.json(input).len() as u64,
        }
    }

    /// Runs all lines and returns their events as JSON lines.
    pub fn json(&mut self, input: &str) -> &[u8] {
        let Self { patterns, work, out, .. } = self;
        out.clear();
        for line in input.lines() {
            let matches = first_match(patterns, line);
            match work {
                Work::Captures => captures(line, matches.as_ref(), out),
                Work::Access => access(line, matches.as_ref(), out),
                Work::App => app(line, matches.as_ref(), out),
                Work::Json => json(line, out),
            }
            .expect("a vector takes everything");
            out.push(b'\n');
        }
        out
    }
}

/// The patterns of the one grok filter in a config: one string or a list of them.
fn grok_patterns(config: &str) -> Vec<String> {
    let (_, mut rest) = config.split_once("\"message\" =>").expect("the tasks match on `message`");
    let is_list = rest.trim_start().starts_with('[');
    let mut patterns = Vec::new();
    while let Some(start) = rest.find(['"', '\'', ']', '}']) {
        let quote = &rest[start..=start];
        if matches!(quote, "]" | "}") {
            break;
        }
        let (pattern, after) = rest[start + 1..].split_once(quote).expect("the quote ends");
        patterns.push(pattern.to_owned());
        rest = after;
        if !is_list {
            break;
        }
    }
    patterns
}

fn first_match<'a>(patterns: &'a [Pattern], line: &'a str) -> Option<Matches<'a>> {
    patterns.iter().find_map(|pattern| pattern.match_against(line))
}

type Written = Result<(), serde_json::Error>;

fn head<M: SerializeMap>(map: &mut M, timestamp: &str) -> Result<(), M::Error> {
    map.serialize_entry("@timestamp", timestamp)?;
    map.serialize_entry("@version", "1")
}

/// T1, T4, T6: what was captured, else the line and a tag.
fn captures(line: &str, matches: Option<&Matches<'_>>, out: &mut Vec<u8>) -> Written {
    let mut serializer = serde_json::Serializer::new(out);
    let mut map = serializer.serialize_map(None)?;
    head(&mut map, NOW)?;
    let mut has_message = false;
    if let Some(matches) = matches {
        for (name, value) in matches.into_iter().filter(|(_, value)| !value.is_empty()) {
            has_message |= name == "message";
            map.serialize_entry(name, value)?;
        }
    } else {
        map.serialize_entry("tags", &["_grokparsefailure"])?;
    }
    if !has_message {
        map.serialize_entry("message", line)?;
    }
    map.end()
}

/// T2: captures, HTTP date, two integers, one field more.
fn access(line: &str, matches: Option<&Matches<'_>>, out: &mut Vec<u8>) -> Written {
    let mut serializer = serde_json::Serializer::new(out);
    let mut map = serializer.serialize_map(None)?;
    if let Some(matches) = matches {
        let date = matches
            .get("timestamp")
            .and_then(|text| DateTime::parse_from_str(text, "%d/%b/%Y:%H:%M:%S %z").ok());
        if let Some(date) = date {
            head(&mut map, &date.to_utc().to_rfc3339_opts(SecondsFormat::Millis, true))?;
        } else {
            head(&mut map, NOW)?;
            map.serialize_entry("tags", &["_dateparsefailure"])?;
        }
        for (name, value) in matches.into_iter().filter(|(_, value)| !value.is_empty()) {
            let number = matches!(name, "response" | "bytes").then(|| value.parse::<i64>());
            if let Some(Ok(number)) = number {
                map.serialize_entry(name, &number)?;
            } else {
                map.serialize_entry(name, value)?;
            }
        }
    } else {
        head(&mut map, NOW)?;
        map.serialize_entry("message", line)?;
        map.serialize_entry("tags", &["_grokparsefailure"])?;
    }
    map.serialize_entry("env", "prod")?;
    map.end()
}

/// T3: captures, the ISO date in place of its text, one field more.
fn app(line: &str, matches: Option<&Matches<'_>>, out: &mut Vec<u8>) -> Written {
    let mut serializer = serde_json::Serializer::new(out);
    let mut map = serializer.serialize_map(None)?;
    head(&mut map, NOW)?;
    if let Some(matches) = matches {
        for (name, value) in matches.into_iter().filter(|(_, value)| !value.is_empty()) {
            if name != "timestamp" {
                map.serialize_entry(name, value)?;
            } else if let Some(date) = iso_date(value) {
                map.serialize_entry(name, &date.to_rfc3339_opts(SecondsFormat::Millis, true))?;
            } else {
                map.serialize_entry(name, value)?;
                map.serialize_entry("tags", &["_dateparsefailure"])?;
            }
        }
    } else {
        map.serialize_entry("message", line)?;
        map.serialize_entry("tags", &["_grokparsefailure"])?;
    }
    map.serialize_entry("app", "auth-service")?;
    map.end()
}

/// The spellings of the corpus, all without a zone or as RFC 3339.
fn iso_date(text: &str) -> Option<DateTime<Utc>> {
    let separator = text.as_bytes().get(10)?;
    let naive = match (separator, text.as_bytes().get(19)) {
        (b' ', None) => NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S"),
        (b' ', Some(b',')) => NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S,%3f"),
        (b'T', None) => NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S"),
        _ => return DateTime::parse_from_rfc3339(text).ok().map(|date| date.to_utc()),
    };
    naive.ok().map(|naive| naive.and_utc())
}

/// T5: the object of the line and two fields more.
fn json(line: &str, out: &mut Vec<u8>) -> Written {
    let mut event: Map<String, Value> = serde_json::from_str(line)?;
    for (name, value) in
        [("@timestamp", NOW), ("@version", "1"), ("service_id", "auth-7"), ("version", "1.4.2")]
    {
        event.insert(name.to_owned(), Value::from(value));
    }
    serde_json::to_writer(out, &event)
}
