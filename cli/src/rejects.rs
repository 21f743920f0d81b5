//! Rejects: one JSON object a line for every event on which something failed, and for everything that
//! was refused, with the text it came from.
//!
//! ```json
//! {"input":"a.log","line":7,"offset":512,"outcome":"diverted","kind":"filter",
//!  "reason":"grok failed","tags":["_grokparsefailure"],
//!  "filter":{"name":"grok","id":null,"position":"p.conf:2:3"},"explanation":"…","text":"…"}
//! ```
//!
//! docs/convert.md describes every member.

use std::io::Write as _;

use sawlog::{Event, Failure, Key, Origin, Pipeline, Refusal, RefusalKind, Timestamp, Value};

/// What became of an event that has a reject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It went here instead of the output.
    Diverted,
    /// A filter dropped it.
    Dropped,
    /// It is in the output too.
    Kept,
    /// It cannot become output.
    Refused,
}

impl Outcome {
    /// The word for it in a reject.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Diverted => "diverted",
            Self::Dropped => "dropped",
            Self::Kept => "kept",
            Self::Refused => "refused",
        }
    }
}

/// Whether rejects name the clock of their events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockInRejects {
    /// The clock was the machine's: a retry takes its own.
    LeftOut,
    /// The clock belongs to the input (`--now`), so that a retry needs it.
    Named,
}

/// Writes rejects.
#[derive(Debug)]
pub struct Recorder {
    /// `{"name":…}` for each filter of the pipeline.
    filters: Vec<Vec<u8>>,
    /// `grok failed` for each filter of the pipeline.
    reasons: Vec<String>,
    clock: ClockInRejects,
}

impl Recorder {
    /// Prepares what is the same for all rejects of a pipeline.
    pub fn new(pipeline: &Pipeline, clock: ClockInRejects) -> Self {
        let filters = pipeline.filters().map(|filter| {
            let mut out = b"{\"name\":".to_vec();
            text(filter.name, &mut out);
            out.extend_from_slice(b",\"id\":");
            match filter.id {
                Some(id) => text(id, &mut out),
                None => out.extend_from_slice(b"null"),
            }
            out.extend_from_slice(b",\"position\":");
            text(&filter.position.to_string(), &mut out);
            out.push(b'}');
            out
        });
        let filters = filters.collect();
        let reasons = pipeline.filters().map(|filter| format!("{} failed", filter.name)).collect();
        Self { filters, reasons, clock }
    }

    /// Appends the reject of an event on which something failed.
    pub fn failed(
        &self,
        input: &str,
        event: &Event<'_>,
        outcome: Outcome,
        now: Timestamp,
        out: &mut Vec<u8>,
    ) {
        let Some((first, further)) = event.failures().split_first() else { return };
        let (kind, reason) = match first.filter.and_then(|index| self.reasons.get(index)) {
            Some(reason) => ("filter", reason.as_str()),
            None => ("codec", "the codec could not read the line"),
        };
        self.start(input, event.origin(), outcome, now, out);
        member("kind", kind, out);
        member("reason", reason, out);
        tags(event, out);
        self.failure(first, out);
        if !further.is_empty() {
            out.extend_from_slice(b",\"further\":[");
            for (at, failure) in further.iter().enumerate() {
                out.extend_from_slice(if at == 0 { b"{" } else { b",{" });
                let from = out.len();
                self.failure(failure, out);
                // The members follow each other with a comma before each; here one is the first.
                if out.get(from) == Some(&b',') {
                    out.remove(from);
                }
                out.push(b'}');
            }
            out.push(b']');
        }
        end(event.origin(), out);
    }

    /// Appends the reject of what was refused.
    pub fn refused(
        &self,
        input: &str,
        refusal: &Refusal<'_, '_>,
        now: Timestamp,
        out: &mut Vec<u8>,
    ) {
        self.start(input, &refusal.origin, Outcome::Refused, now, out);
        member("kind", refusal.kind.as_str(), out);
        member("reason", &refusal.kind.to_string(), out);
        if let RefusalKind::LineTooLong { bytes } = refusal.kind {
            number("bytes", bytes as u64, out);
            out.extend_from_slice(b",\"cut\":true");
        }
        if let Some(event) = refusal.event {
            tags(event, out);
        }
        if let Some(position) = refusal.position {
            out.extend_from_slice(b",\"condition\":{\"position\":");
            text(&position.to_string(), out);
            out.push(b'}');
        }
        end(&refusal.origin, out);
    }

    fn start(
        &self,
        input: &str,
        origin: &Origin<'_>,
        outcome: Outcome,
        now: Timestamp,
        out: &mut Vec<u8>,
    ) {
        out.extend_from_slice(b"{\"input\":");
        text(input, out);
        number("line", origin.line, out);
        number("offset", origin.offset, out);
        member("outcome", outcome.as_str(), out);
        if self.clock == ClockInRejects::Named {
            out.extend_from_slice(b",\"now\":");
            Value::Time(now).write_json(out);
        }
    }

    fn failure(&self, failure: &Failure<'_>, out: &mut Vec<u8>) {
        if let Some(filter) = failure.filter.and_then(|index| self.filters.get(index)) {
            out.extend_from_slice(b",\"filter\":");
            out.extend_from_slice(filter);
        }
        if let Some(explanation) = failure.explanation {
            member("explanation", explanation, out);
        }
    }
}

/// The rejects of one block, and what else came of the line they belong to.
#[derive(Debug, Default)]
pub struct LineRejects {
    offset: Option<u64>,
    /// Events of the line that are in the output and did not fail.
    others_out: u64,
    /// Where the line's rejects end in the block's.
    ends: Vec<usize>,
}

impl LineRejects {
    /// Goes on with the line of this offset, if it is another.
    pub fn at_line(&mut self, offset: u64, rejects: &mut Vec<u8>) {
        if self.offset != Some(offset) {
            self.end_line(rejects);
            self.offset = Some(offset);
        }
    }

    /// Counts an event that went to the output and did not fail.
    pub const fn count_out(&mut self) {
        self.others_out += 1;
    }

    /// Notes that a reject was written.
    pub fn note(&mut self, rejects: &[u8]) {
        self.ends.push(rejects.len());
    }

    /// Ends the line: its rejects tell of its other events, so that a retry does not make those twice.
    pub fn end_line(&mut self, rejects: &mut Vec<u8>) {
        let others = std::mem::take(&mut self.others_out);
        self.offset = None;
        if others > 0 {
            for end in self.ends.iter().rev() {
                let tail = rejects.split_off(end - END.len());
                number("others_out", others, rejects);
                rejects.extend_from_slice(&tail);
            }
        }
        self.ends.clear();
    }
}

/// What ends a reject.
const END: &[u8] = b"}\n";

fn end(origin: &Origin<'_>, out: &mut Vec<u8>) {
    member("text", origin.text, out);
    out.extend_from_slice(END);
}

fn tags(event: &Event<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"tags\":");
    match event.data().get(Key::new("tags")) {
        Some(value @ Value::Array(_)) => value.write_json(out),
        Some(Value::Null) | None => out.extend_from_slice(b"[]"),
        Some(value) => {
            out.push(b'[');
            value.write_json(out);
            out.push(b']');
        }
    }
}

fn member(name: &str, value: &str, out: &mut Vec<u8>) {
    key(name, out);
    text(value, out);
}

fn number(name: &str, value: u64, out: &mut Vec<u8>) {
    key(name, out);
    // Writing to memory does not fail.
    let _ = write!(out, "{value}");
}

/// The names are ours and need no escapes.
fn key(name: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

fn text(text: &str, out: &mut Vec<u8>) {
    Value::Str(text).write_json(out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_of_a_line_name_its_other_events() {
        let mut rejects = b"{\"a\":1}\n".to_vec();
        let mut line = LineRejects::default();
        line.at_line(0, &mut rejects);
        line.note(&rejects);
        line.at_line(9, &mut rejects);
        line.count_out();
        for _ in 0..2 {
            rejects.extend_from_slice(b"{\"b\":1}\n");
            line.note(&rejects);
        }
        line.at_line(9, &mut rejects);
        line.count_out();
        line.at_line(20, &mut rejects);
        line.count_out();
        line.end_line(&mut rejects);
        let expected =
            concat!("{\"a\":1}\n", "{\"b\":1,\"others_out\":2}\n", "{\"b\":1,\"others_out\":2}\n");
        assert_eq!(String::from_utf8_lossy(&rejects), expected);
    }
}
