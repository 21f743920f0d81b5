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
    pub fn count_refusal(&mut self, input: &str, refusal: &Refusal<'_, '_>) -> Option<String> {
        self.refused += 1;
        if self.refused > SHOWN_REFUSALS {
            return (self.refused == SHOWN_REFUSALS + 1)
                .then(|| "further refusals are only counted".to_owned());
        }
        let Refusal { kind, origin, position, .. } = refusal;
        let text: String = printable(origin.text).chars().take(SHOWN_TEXT).collect();
        let more = if text.len() < origin.text.len() { "…" } else { "" };
        let at = position.map_or_else(String::new, |position| format!(" ({position})"));
        Some(format!("{input}:{}: refused: {kind}{at}: {text}{more}", origin.line))
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
