//! Counts what a conversion did and says it in a line or two.

use std::{collections::BTreeMap, fmt::Write as _};

use sawlog::{Event, Key, Refusal, Stats, Value};

use crate::render::printable;

/// Refusals that are shown one by one; more are only counted.
const SHOWN_REFUSALS: u64 = 5;
/// Characters of a refused text that are shown.
const SHOWN_TEXT: usize = 80;
/// Failure tags that are counted one by one; a config can make tags out of field values.
const COUNTED_TAGS: usize = 100;

/// Counts what the engine does not: failure tags, and the refusals that were shown.
#[derive(Debug, Default)]
pub struct Summary {
    refused: u64,
    /// The texts of refusals that are yet to be shown.
    shown: Vec<String>,
    failures: BTreeMap<String, u64>,
}

impl Summary {
    /// Counts an event that leaves, by its failure tags (those that start with `_`).
    pub fn count_event(&mut self, event: &Event<'_>) {
        const TAGS: Key<'static> = Key::new("tags");
        match event.data().get(TAGS) {
            Some(Value::Array(tags)) => {
                for tag in tags.as_slice().iter().filter_map(Value::as_str) {
                    self.count_tag(tag, 1);
                }
            }
            Some(Value::Str(tag)) => self.count_tag(tag, 1),
            _ => {}
        }
    }

    /// Counts a refusal and keeps the text to show for it, of the first few.
    pub fn count_refusal(&mut self, input: &str, refusal: &Refusal<'_, '_>) {
        self.refused += 1;
        if self.refused > SHOWN_REFUSALS {
            return;
        }
        let Refusal { kind, origin, position, .. } = refusal;
        let text: String = printable(origin.text).chars().take(SHOWN_TEXT).collect();
        let more = if text.len() < origin.text.len() { "…" } else { "" };
        let at = position.map_or_else(String::new, |position| format!(" ({position})"));
        self.shown.push(format!("{input}:{}: refused: {kind}{at}: {text}{more}", origin.line));
    }

    /// Adds what was counted of the next block and returns what is to be shown of it.
    pub fn add(&mut self, next: Self) -> Vec<String> {
        let before = self.refused;
        self.refused += next.refused;
        let mut shown = next.shown;
        let room = SHOWN_REFUSALS.saturating_sub(before);
        shown.truncate(usize::try_from(room).unwrap_or(usize::MAX));
        if before <= SHOWN_REFUSALS && self.refused > SHOWN_REFUSALS {
            shown.push("further refusals are only counted".to_owned());
        }
        for (tag, count) in next.failures {
            self.count_tag(&tag, count);
        }
        shown
    }

    /// Returns the closing text of a run: `40 events in, 38 out, 1 dropped, 1 refused; 2
    /// _grokparsefailure`.
    pub fn text(&self, stats: &Stats) -> String {
        let decoded = stats.events_decoded;
        let plural = if decoded == 1 { "" } else { "s" };
        let mut text = format!("{decoded} event{plural} in, {} out", stats.events_out);
        let counts = [
            (stats.events_created, "created by filters"),
            (stats.events_dropped, "dropped"),
            (stats.events_refused + stats.lines_refused, "refused"),
        ];
        for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
            let _ = write!(text, ", {count} {what}");
        }
        for (index, (tag, count)) in self.failures.iter().enumerate() {
            let separator = if index == 0 { "; " } else { ", " };
            let _ = write!(text, "{separator}{count} {}", printable(tag));
        }
        text
    }

    fn count_tag(&mut self, tag: &str, times: u64) {
        if !tag.starts_with('_') {
            return;
        }
        if let Some(count) = self.failures.get_mut(tag) {
            *count += times;
        } else if self.failures.len() < COUNTED_TAGS {
            self.failures.insert(tag.to_owned(), times);
        }
    }
}
