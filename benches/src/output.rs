//! What the configs of the tasks make of a line's captures, done with `serde_json` and `chrono` in
//! the cheapest way that these have: the part of a peer that is no pattern engine.

use chrono::{DateTime, NaiveDateTime, SecondsFormat, Utc};
use serde::ser::{SerializeMap, Serializer};

use crate::tasks::Task;

/// The clock of every event.
pub const NOW: &str = "1970-01-01T00:00:00.000Z";

/// The captures of one line.
pub trait Captured {
    /// The text of a field.
    fn field(&self, name: &str) -> Option<&str>;

    /// All fields that took part, with their texts.
    fn fields(&self) -> impl Iterator<Item = (&str, &str)>;
}

/// How the events of a task are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// T1, T4, T6: what was captured, else the line and a tag.
    Captures,
    /// T2: captures, HTTP date, two integers, one field more.
    Access,
    /// T3: captures, the ISO date in place of its text, one field more.
    App,
}

type Written = Result<(), serde_json::Error>;

impl Form {
    /// The form of a task; none for T5, which has no pattern.
    pub fn of(task: &Task) -> Option<Self> {
        match task.name {
            "T1" | "T4" | "T6" | "T6n" | "T7a" | "T7b" => Some(Self::Captures),
            "T2" => Some(Self::Access),
            "T3" => Some(Self::App),
            _ => None,
        }
    }

    /// Appends the event of a line, `None` where no pattern matches.
    pub fn write(self, line: &str, captured: Option<&impl Captured>, out: &mut Vec<u8>) {
        let written = match self {
            Self::Captures => captures(line, captured, out),
            Self::Access => access(line, captured, out),
            Self::App => app(line, captured, out),
        };
        written.expect("a vector takes everything");
        out.push(b'\n');
    }
}

fn head<M: SerializeMap>(map: &mut M, timestamp: &str) -> Result<(), M::Error> {
    map.serialize_entry("@timestamp", timestamp)?;
    map.serialize_entry("@version", "1")
}

fn captures(line: &str, captured: Option<&impl Captured>, out: &mut Vec<u8>) -> Written {
    let mut serializer = serde_json::Serializer::new(out);
    let mut map = serializer.serialize_map(None)?;
    head(&mut map, NOW)?;
    let mut has_message = false;
    if let Some(captured) = captured {
        for (name, value) in captured.fields().filter(|(_, value)| !value.is_empty()) {
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

fn access(line: &str, captured: Option<&impl Captured>, out: &mut Vec<u8>) -> Written {
    let mut serializer = serde_json::Serializer::new(out);
    let mut map = serializer.serialize_map(None)?;
    if let Some(captured) = captured {
        let date = captured
            .field("timestamp")
            .and_then(|text| DateTime::parse_from_str(text, "%d/%b/%Y:%H:%M:%S %z").ok());
        if let Some(date) = date {
            head(&mut map, &date.to_utc().to_rfc3339_opts(SecondsFormat::Millis, true))?;
        } else {
            head(&mut map, NOW)?;
            map.serialize_entry("tags", &["_dateparsefailure"])?;
        }
        for (name, value) in captured.fields().filter(|(_, value)| !value.is_empty()) {
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

fn app(line: &str, captured: Option<&impl Captured>, out: &mut Vec<u8>) -> Written {
    let mut serializer = serde_json::Serializer::new(out);
    let mut map = serializer.serialize_map(None)?;
    head(&mut map, NOW)?;
    if let Some(captured) = captured {
        for (name, value) in captured.fields().filter(|(_, value)| !value.is_empty()) {
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
