//! Counts what a conversion did and says it in a line or two.

use std::{collections::BTreeMap, fmt};

use sawlog::{Event, Key, Refusal, Stats, Value};

use crate::render::printable;

/// Refusals that are shown one by one; more are only counted.
const SHOWN_REFUSALS: u64 = 5;
/// Characters of a refused text that are shown.
const SHOWN_TEXT: usize = 80;
/// Failure tags that are counted one by one; a config can make tags out of field values.
const COUNTED_TAGS: usize = 100;

/// Counts over all inputs of a run.
#[derive(Debug, Default)]
pub struct Summary {
    events_in: u64,
    events_out: u64,
    dropped: u64,
    refused: u64,
    failures: BTreeMap<String, u64>,
}

impl Summary {
    /// Counts an event that leaves, by its failure tags (those that start with `_`).
    pub fn count_event(&mut self, event: &Event<'_>) {
        const TAGS: Key<'static> = Key::new("tags");
        match event.data().get(TAGS) {
            Some(Value::Array(tags)) => {
                for tag in tags.as_slice().iter().filter_map(Value::as_str) {
                    self.count_tag(tag);
                }
            }
            Some(Value::Str(tag)) => self.count_tag(tag),
            _ => {}
        }
    }

    /// Counts a refusal and gives the text to show for it; nothing after the first few.
    pub fn count_refusal(&mut self, input: &str, refusal: &Refusal<'_>) -> Option<String> {
        self.refused += 1;
        if self.refused > SHOWN_REFUSALS {
            return (self.refused == SHOWN_REFUSALS + 1)
                .then(|| "further refusals are only counted".to_owned());
        }
        let text: String = printable(refusal.text).chars().take(SHOWN_TEXT).collect();
        let more = if text.len() < refusal.text.len() { "…" } else { "" };
        Some(format!("{input}:{}: refused: {}: {text}{more}", refusal.line, refusal.reason))
    }

    /// Adds the counts of one worker.
    pub fn add(&mut self, stats: &Stats) {
        self.events_in += stats.events_in;
        self.events_out += stats.events_out;
        self.dropped += stats.dropped;
    }

    fn count_tag(&mut self, tag: &str) {
        if !tag.starts_with('_') {
            return;
        }
        if let Some(count) = self.failures.get_mut(tag) {
            *count += 1;
        } else if self.failures.len() < COUNTED_TAGS {
            self.failures.insert(tag.to_owned(), 1);
        }
    }
}

impl fmt::Display for Summary {
    /// Writes `40 events in, 38 out, 1 dropped, 1 refused; 2 _grokparsefailure`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.events_in == 1 { "" } else { "s" };
        write!(formatter, "{} event{plural} in, {} out", self.events_in, self.events_out)?;
        for (count, what) in [(self.dropped, "dropped"), (self.refused, "refused")] {
            if count > 0 {
                write!(formatter, ", {count} {what}")?;
            }
        }
        for (index, (tag, count)) in self.failures.iter().enumerate() {
            let separator = if index == 0 { "; " } else { ", " };
            write!(formatter, "{separator}{count} {}", printable(tag))?;
        }
        Ok(())
    }
}
