//! What a run did, counted while it goes on and said at its end: to people in a few lines, to
//! programs as one JSON object.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use sawlog::{Event, FilterStats, Key, Refusal, Value};
use serde_json::json;

use crate::{process::Tally, render::printable};

/// Refusals that are shown one by one; more are only counted.
const SHOWN_REFUSALS: u64 = 5;
/// Characters of a refused text that are shown.
const SHOWN_TEXT: usize = 80;
/// Failure tags that are counted one by one; a config can make tags out of field values.
const COUNTED_TAGS: usize = 100;
/// Bytes that must have been read before a rate means anything.
const RATED_BYTES: u64 = 1_000_000;
/// Filters whose failures are shown; `--stats json` has all.
const SHOWN_FILTERS: usize = 10;

/// Counts what the engine does not: failure tags, and the refusals that were shown.
#[derive(Debug, Default)]
pub struct Summary {
    refused: u64,
    /// The texts of refusals that are yet to be shown.
    shown: Vec<String>,
    failures: BTreeMap<String, u64>,
    /// By the names that rejects have for them.
    refusals: BTreeMap<&'static str, u64>,
}

/// What is known of a run beside its counts.
#[derive(Debug, Clone, Copy)]
pub struct RunFacts<'a> {
    /// How long it took.
    pub elapsed: Duration,
    /// The zone of dates that name none.
    pub zone: &'a str,
    /// Where the rejects are, when they were written.
    pub rejects: Option<&'a str>,
    /// Whether the clock was the machine's, so that years of dates without one are this year's.
    pub is_clock_the_machines: bool,
}

impl Summary {
    /// Counts an event on which something failed, by its failure tags (those that start with `_`).
    pub fn count_failed(&mut self, event: &Event<'_>) {
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
        *self.refusals.entry(refusal.kind.as_str()).or_default() += 1;
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
        for (kind, count) in next.refusals {
            *self.refusals.entry(kind).or_default() += count;
        }
        shown
    }

    /// Refusals counted.
    pub const fn refused(&self) -> u64 {
        self.refused
    }

    fn count_tag(&mut self, tag: &str, by: u64) {
        if !tag.starts_with('_') {
            return;
        }
        if let Some(count) = self.failures.get_mut(tag) {
            *count += by;
        } else if self.failures.len() < COUNTED_TAGS {
            self.failures.insert(tag.to_owned(), by);
        }
    }
}

impl Tally {
    /// Returns what happened in a line: `40 events in, 38 out, 1 dropped, 1 refused; 2
    /// _grokparsefailure`.
    pub fn text(&self) -> String {
        let stats = &self.stats;
        let decoded = stats.events_decoded;
        let plural = if decoded == 1 { "" } else { "s" };
        let mut text = format!("{decoded} event{plural} in, {} out", self.written);
        let counts = [
            (stats.events_created, "created by filters"),
            (stats.events_dropped, "dropped"),
            (self.diverted, "diverted"),
            (self.refused(), "refused"),
        ];
        for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
            let _ = write!(text, ", {count} {what}");
        }
        for (index, (tag, count)) in self.summary.failures.iter().enumerate() {
            let separator = if index == 0 { "; " } else { ", " };
            let _ = write!(text, "{separator}{count} {}", printable(tag));
        }
        text
    }

    /// Returns the two equations of the run, without the terms that are 0.
    ///
    /// `40 lines = 39 events + 1 refused; 39 events = 37 out + 2 diverted`
    pub fn equations(&self) -> String {
        let stats = &self.stats;
        let mut lines = side(&[
            (stats.events_decoded, plural(stats.events_decoded, "event")),
            (stats.lines_merged, "merged into another's event"),
            (stats.lines_refused, "refused"),
            (stats.lines_without_event, "without event"),
        ]);
        if stats.events_beyond_first > 0 {
            let _ = write!(lines, " - {} beyond one a line", stats.events_beyond_first);
        }
        let came = side(&[
            (stats.events_decoded, plural(stats.events_decoded, "event")),
            (stats.events_created, "created"),
        ]);
        let went = side(&[
            (self.written, "out"),
            (stats.events_dropped, "dropped"),
            (self.diverted, "diverted"),
            (stats.events_refused, "refused by a condition"),
        ]);
        format!("{} {} = {lines}; {came} = {went}", stats.lines, plural(stats.lines, "line"))
    }

    /// Returns what is said at the end of a run, a line each.
    pub fn closing(&self, facts: &RunFacts<'_>) -> Vec<String> {
        let stats = &self.stats;
        let mut first = format!("{}; time zone {}", self.text(), facts.zone);
        if stats.bytes_in >= RATED_BYTES {
            let _ = write!(first, "; {}", rate(stats.bytes_in, facts.elapsed));
        }
        let mut lines = vec![first, self.equations()];
        let failing = || stats.filters.iter().filter(|filter| filter.failed > 0);
        for filter in failing().take(SHOWN_FILTERS) {
            let FilterStats { events_in, failed, .. } = filter;
            lines.push(format!("{} failed on {failed} of {events_in}", place(filter)));
        }
        let hidden = failing().count().saturating_sub(SHOWN_FILTERS);
        if hidden > 0 {
            lines.push(format!("{hidden} more filters failed: `--stats json` names them"));
        }
        match facts.rejects {
            Some(name) if self.rejected() > 0 => {
                lines.push(format!("{} rejected, see `{name}`", self.rejected()));
            }
            _ => {}
        }
        if stats.years_guessed > 0 && facts.is_clock_the_machines {
            lines.push(format!(
                "{} {} no year and got this year's: `--now mtime` takes that of each file",
                stats.years_guessed,
                if stats.years_guessed == 1 { "date names" } else { "dates name" },
            ));
        }
        lines
    }

    /// Returns all counts as one JSON object on one line; docs/convert.md describes its members.
    pub fn json(&self, facts: &RunFacts<'_>) -> String {
        let stats = &self.stats;
        let filters = stats.filters.iter().map(|filter| {
            json!({
                "name": filter.name,
                "id": filter.id,
                "position": filter.position.to_string(),
                "events_in": filter.events_in,
                "matched": filter.matched,
                "failed": filter.failed,
            })
        });
        let value = json!({
            "bytes_in": stats.bytes_in,
            "seconds": facts.elapsed.as_secs_f64(),
            "lines": {
                "read": stats.lines,
                "merged": stats.lines_merged,
                "refused": stats.lines_refused,
                "without_event": stats.lines_without_event,
            },
            "events": {
                "decoded": stats.events_decoded,
                "beyond_first": stats.events_beyond_first,
                "created": stats.events_created,
                "out": self.written,
                "dropped": stats.events_dropped,
                "diverted": self.diverted,
                "refused": stats.events_refused,
            },
            "rejected": {
                "total": self.rejected(),
                "failed": self.failed,
                "failed_and_dropped": self.failed_dropped,
                "refused": self.refused(),
                "by_tag": self.summary.failures,
                "by_refusal": self.summary.refusals,
            },
            "filters": filters.collect::<Vec<_>>(),
            "years_guessed": stats.years_guessed,
            "time_zone": facts.zone,
            "balanced": self.check().is_ok(),
        });
        format!("{value}\n")
    }
}

/// The terms of a sum that are not 0, or the first.
fn side(terms: &[(u64, &str)]) -> String {
    let mut text = String::new();
    for (count, what) in terms.iter().filter(|(count, _)| *count > 0) {
        let separator = if text.is_empty() { "" } else { " + " };
        let _ = write!(text, "{separator}{count} {what}");
    }
    if text.is_empty()
        && let Some((count, what)) = terms.first()
    {
        let _ = write!(text, "{count} {what}");
    }
    text
}

fn plural(count: u64, noun: &'static str) -> &'static str {
    match (noun, count) {
        ("event", 1) => "event",
        ("event", _) => "events",
        (_, 1) => "line",
        _ => "lines",
    }
}

/// `grok "first" (pipeline.conf:2:3)`
fn place(filter: &FilterStats) -> String {
    let id = filter.id.as_ref().map_or_else(String::new, |id| format!(" \"{}\"", printable(id)));
    format!("{}{id} ({})", filter.name, filter.position)
}

fn rate(bytes: u64, elapsed: Duration) -> String {
    let nanoseconds = elapsed.as_nanos().max(1);
    // Bytes in a microsecond are megabytes in a second.
    let tenths = u128::from(bytes) * 10_000 / nanoseconds;
    format!("{}.{} MB/s", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use sawlog::Stats;

    use super::*;

    fn facts() -> RunFacts<'static> {
        RunFacts {
            elapsed: Duration::from_millis(500),
            zone: "UTC",
            rejects: None,
            is_clock_the_machines: true,
        }
    }

    #[test]
    fn equations_leave_out_what_is_zero() {
        let stats = Stats {
            lines: 40,
            lines_refused: 1,
            events_decoded: 39,
            events_created: 2,
            events_out: 41,
            ..Stats::default()
        };
        let tally = Tally { written: 38, diverted: 3, stats, ..Tally::default() };
        let expected = "40 lines = 39 events + 1 refused; \
                        39 events + 2 created = 38 out + 3 diverted";
        assert_eq!(tally.equations(), expected);
        assert_eq!(Tally::default().equations(), "0 lines = 0 events; 0 events = 0 out");
    }

    #[test]
    fn rate_is_shown_for_what_takes_time() {
        let with = |bytes_in| {
            let stats = Stats { bytes_in, ..Stats::default() };
            Tally { stats, ..Tally::default() }.closing(&facts()).remove(0)
        };
        assert!(with(123_456_789).ends_with("time zone UTC; 246.9 MB/s"), "{}", with(123_456_789));
        assert!(with(999_999).ends_with("time zone UTC"));
    }

    #[test]
    fn event_that_is_neither_written_nor_diverted_is_noticed() {
        let stats = Stats { lines: 2, events_decoded: 2, events_out: 2, ..Stats::default() };
        let lost = Tally { written: 1, stats: stats.clone(), ..Tally::default() };
        assert!(lost.check().is_err());
        let kept = Tally { written: 1, diverted: 1, stats, ..Tally::default() };
        assert_eq!(kept.check(), Ok(()));
    }
}
