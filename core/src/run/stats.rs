//! Counters of one worker.

use core::fmt;

use crate::program::{ConfigPosition, Program};

/// What a worker has done since it was made.
///
/// Nothing is lost without a count; [`Stats::check`] holds after every call to a worker:
///
/// * `lines` = `events_decoded` + `lines_merged` + `lines_refused` + `lines_without_event` -
///   `events_beyond_first`
/// * `events_decoded` + `events_created` = `events_out` + `events_dropped` + `events_refused`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Bytes taken in.
    pub bytes_in: u64,
    /// Lines read, refused ones included.
    pub lines: u64,
    /// Lines refused because they are too long, and texts handed in that are no event.
    pub lines_refused: u64,
    /// Lines that became part of an event that another line began.
    pub lines_merged: u64,
    /// Lines that hold no event and are no error: a blank line or `[]` in JSON.
    pub lines_without_event: u64,
    /// Events beyond the first of the same line: a JSON list.
    pub events_beyond_first: u64,
    /// Events that codecs made, or that were handed in.
    pub events_decoded: u64,
    /// Events that filters made of others.
    pub events_created: u64,
    /// Events that left the last filter.
    pub events_out: u64,
    /// Events that a filter dropped.
    pub events_dropped: u64,
    /// Events that a condition refused.
    pub events_refused: u64,
    /// Dates without a year that got one from the clock.
    pub years_guessed: u64,
    /// One entry for each filter, in the config's order.
    pub filters: Vec<FilterStats>,
}

/// What one filter has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterStats {
    /// The plugin's name.
    pub name: &'static str,
    /// The plugin's id, when the config sets one.
    pub id: Option<Box<str>>,
    /// Where the filter stands.
    pub position: ConfigPosition,
    /// Events that came in.
    pub events_in: u64,
    /// Events to which the common options applied.
    pub matched: u64,
    /// Events on which the filter failed.
    pub failed: u64,
}

impl Stats {
    pub(crate) fn new(program: &Program) -> Self {
        let filters = program.filters.iter().map(|slot| FilterStats {
            name: slot.name,
            id: slot.id.clone(),
            position: slot.position.clone(),
            events_in: 0,
            matched: 0,
            failed: 0,
        });
        Self { filters: filters.collect(), ..Self::default() }
    }

    /// Adds what another worker of the same pipeline did; empty statistics take over its filters.
    pub fn merge(&mut self, other: &Self) {
        self.bytes_in += other.bytes_in;
        self.lines += other.lines;
        self.lines_refused += other.lines_refused;
        self.lines_merged += other.lines_merged;
        self.lines_without_event += other.lines_without_event;
        self.events_beyond_first += other.events_beyond_first;
        self.events_decoded += other.events_decoded;
        self.events_created += other.events_created;
        self.events_out += other.events_out;
        self.events_dropped += other.events_dropped;
        self.events_refused += other.events_refused;
        self.years_guessed += other.years_guessed;
        if self.filters.is_empty() {
            self.filters.clone_from(&other.filters);
            return;
        }
        for (filter, other) in self.filters.iter_mut().zip(&other.filters) {
            filter.events_in += other.events_in;
            filter.matched += other.matched;
            filter.failed += other.failed;
        }
    }

    /// Checks that every line and every event has been counted on both sides.
    ///
    /// # Errors
    /// The equation that does not hold, with its numbers: a bug in the engine.
    pub fn check(&self) -> Result<(), Imbalance> {
        let lines = i128::from(self.events_decoded)
            + i128::from(self.lines_merged)
            + i128::from(self.lines_refused)
            + i128::from(self.lines_without_event)
            - i128::from(self.events_beyond_first);
        if i128::from(self.lines) != lines {
            return Err(Imbalance { what: "lines", came: self.lines.into(), went: lines });
        }
        let came = i128::from(self.events_decoded) + i128::from(self.events_created);
        let went = i128::from(self.events_out)
            + i128::from(self.events_dropped)
            + i128::from(self.events_refused);
        if came == went { Ok(()) } else { Err(Imbalance { what: "events", came, went }) }
    }
}

/// Lines or events were lost, or counted twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Imbalance {
    what: &'static str,
    came: i128,
    went: i128,
}

impl fmt::Display for Imbalance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, came, went } = self;
        write!(f, "{came} {what} came in and {went} are accounted for")
    }
}

impl core::error::Error for Imbalance {}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::event::Event;
    use crate::run::{Refusal, Sink, Tick, Worker};
    use crate::time::Timestamp;
    use crate::{Config, InputOptions, Options, ParseOptions, Pipeline, Resources, Source};

    /// Counts what a worker gives, beside the worker's own counters.
    #[derive(Default)]
    struct Seen {
        out: u64,
        failed: u64,
        dropped: Vec<usize>,
        refused: u64,
    }

    impl Sink for Seen {
        fn event(&mut self, event: &Event<'_>) {
            self.out += 1;
            self.failed += u64::from(!event.failures().is_empty());
        }

        fn refused(&mut self, _refusal: &Refusal<'_, '_>) {
            self.refused += 1;
        }

        fn dropped(&mut self, event: &Event<'_>) {
            self.dropped.push(event.failures().len());
        }
    }

    fn run(config: &str, codec: &str, input: &str) -> (Stats, Seen) {
        let sources = vec![Source::new("t", config)];
        let config = Config::parse(sources, &ParseOptions::default()).unwrap();
        let pipeline = Pipeline::compile(&config, &Resources::new(), &Options::default()).unwrap();
        let options = InputOptions {
            codec: Some(codec.to_owned()),
            max_line_bytes: 200,
            ..InputOptions::default()
        };
        let mut worker = Worker::new(&pipeline, &options).unwrap();
        let tick = Tick { now: Timestamp::UNIX_EPOCH, seed: 0 };
        let mut seen = Seen::default();
        worker.push(input.as_bytes(), tick, &mut seen);
        worker.flush(tick, &mut seen);
        let stats = worker.take_stats();
        assert_eq!(stats.check(), Ok(()), "{stats:?}");
        assert_eq!(
            (stats.events_out, stats.events_refused + stats.lines_refused),
            (seen.out, seen.refused)
        );
        assert_eq!(worker.stats().lines, 0);
        (stats, seen)
    }

    #[test]
    fn lines_of_every_kind_are_counted_once() {
        let long = "x".repeat(300);
        let input = format!("{{\"a\":1}}\n\n[]\n[{{}},{{}},{{}}]\nno json\n{long}\n7\n");
        let (stats, seen) = run("filter { }", "json", &input);
        assert_eq!(stats.lines, 7);
        assert_eq!((stats.lines_refused, stats.lines_without_event), (1, 2));
        assert_eq!((stats.events_decoded, stats.events_beyond_first), (6, 2));
        assert_eq!(seen.failed, 2, "what the codec could not read is a failure");
    }

    #[test]
    fn events_made_dropped_and_refused_are_counted_once() {
        let config = r#"filter {
            clone { clones => ["a", "b"] }
            if "a" in [tags] { drop { } }
            if [n] > 1 { mutate { add_tag => ["big"] } }
        }"#;
        let (stats, seen) = run(config, "json", "{\"n\":1}\n{\"n\":\"x\"}\n{\"n\":2}\n");
        assert_eq!((stats.events_decoded, stats.events_created), (3, 6));
        assert_eq!((stats.events_dropped, stats.events_refused), (3, 2));
        assert_eq!(seen.dropped, [0, 0, 0]);
    }

    #[test]
    fn failure_stands_as_long_as_its_tag() {
        let config = r#"filter {
            grok { match => { "message" => "^a" } }
            if "_grokparsefailure" in [tags] {
                grok { match => { "message" => "^b" } remove_tag => ["_grokparsefailure"] }
            }
            grok { match => { "message" => "z" } tag_on_failure => [] }
            if [message] == "drop" { drop { } }
        }"#;
        let (stats, seen) = run(config, "line", "a\nb\nc\ndrop\n");
        assert_eq!((seen.out, seen.failed), (3, 1), "only `c` fits none");
        assert_eq!(seen.dropped, [2]);
        assert_eq!(stats.filters[0].failed, 3);
    }

    #[test]
    fn copies_inherit_what_failed() {
        let config = r#"filter {
            grok { match => { "message" => "^a" } }
            clone { clones => ["x"] }
        }"#;
        assert_eq!(run(config, "line", "b\n").1.failed, 2);
    }

    #[test]
    fn guessed_years_are_counted() {
        let config = r#"filter { date { match => ["message", "yyyy-MM-dd", "MMM dd"] } }"#;
        let (stats, _) = run(config, "line", "2024-01-02\nJan 02\nno\n");
        assert_eq!(stats.years_guessed, 1);
    }

    #[test]
    fn common_options_that_fail_are_a_failure() {
        let config = r#"filter {
            grok { match => { "message" => "^a" } add_field => { "[message][x]" => "y" } }
        }"#;
        let (stats, seen) = run(config, "line", "a\n");
        assert_eq!((seen.failed, stats.filters[0].matched, stats.filters[0].failed), (1, 1, 1));
    }

    #[test]
    fn merged_statistics_are_those_of_one_worker() {
        let config = "filter { grok { match => { \"message\" => \"^a\" } } }";
        let (mut first, _) = run(config, "line", "a\nb\n");
        let (second, _) = run(config, "line", "a\n");
        let (both, _) = run(config, "line", "a\nb\na\n");
        first.merge(&second);
        assert_eq!(first, both);
        let mut empty = Stats::default();
        empty.merge(&both);
        assert_eq!(empty, both);
    }

    #[test]
    fn lost_event_breaks_the_balance() {
        let stats = Stats { lines: 2, events_decoded: 2, events_out: 1, ..Stats::default() };
        let text = stats.check().unwrap_err().to_string();
        assert_eq!(text, "2 events came in and 1 are accounted for");
    }
}
