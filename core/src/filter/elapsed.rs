//! `elapsed`: measures the time between two events with the same id.
//!
//! An event tagged `taskStarted` with `id` 7 is remembered; one tagged `taskEnded` with that id gets
//! `elapsed_time` (seconds), `elapsed_timestamp_start` and the tags `elapsed`, `elapsed_match`. A start whose end
//! does not come becomes an event with the tag `elapsed_expired_error`. Source of behaviour:
//! logstash-filter-elapsed 4.1.0.

use std::collections::BTreeMap;

use crate::arena::Arena;
use crate::codec::json::{After, JsonReader, NegativeZero};
use crate::event::{Event, Key, Origin, TAGS, Value};
use crate::filter::field::FieldName;
use crate::filter::state::{Flush, FlushWhen};
use crate::filter::{CompileCx, Cx, Filter, Outcome};
use crate::limits;
use crate::program::PluginDoc;
use crate::program::options::PluginOptions;
use crate::time::Timestamp;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Measures the time between two events with the same id.",
    example: r#"elapsed { start_tag => "taskStarted" end_tag => "taskEnded" unique_id_field => "task_id" timeout => 600 }"#,
    options: &[
        ("end_tag", "The tag of events that end something."),
        ("keep_start_event", "Which of several starts with one id counts: `first` or `last`."),
        ("new_event_on_match", "Makes an event of each pair, instead of adding to the one that ends it."),
        ("periodic_flush", "Whether starts without an end expire before the run ends."),
        ("start_tag", "The tag of events that start something."),
        ("timeout", "Seconds of the clock after which a start without an end expires and makes an event."),
        ("unique_id_field", "The field with the id."),
    ],
    differences: &[(
        "timeout",
        "The clock is the run's: a run over files with one clock lets nothing expire. At most 250,000 starts wait; the oldest is then forgotten.",
    )],
};

const ELAPSED: &str = "elapsed";
const MATCH: &str = "elapsed_match";
const EXPIRED: &str = "elapsed_expired_error";
const END_WITHOUT_START: &str = "elapsed_end_without_start";
const TIME: Key<'static> = Key::new("elapsed_time");
const START: Key<'static> = Key::new("elapsed_timestamp_start");
const HOST: Key<'static> = Key::new("host");

#[derive(Debug)]
struct Elapsed {
    start_tag: Box<str>,
    end_tag: Box<str>,
    id: FieldName,
    timeout_s: f64,
    kept: Kept,
    on_match: OnMatch,
    flushes: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kept {
    First,
    Last,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum OnMatch {
    Add,
    Create,
}

#[expect(clippy::unnecessary_wraps, reason = "the signature is that of all filters")]
pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let style = cx.options.field_reference_escape_style;
    let text = |name: &str| options.text(name).map_or("", |text| text.value);
    Some(Box::new(Elapsed {
        start_tag: text("start_tag").into(),
        end_tag: text("end_tag").into(),
        id: FieldName::fixed(text("unique_id_field"), style),
        timeout_s: options.number("timeout").map_or(1800.0, |number| number.value.to_f64()),
        kept: if text("keep_start_event") == "last" { Kept::Last } else { Kept::First },
        on_match: if options.flag("new_event_on_match", false) {
            OnMatch::Create
        } else {
            OnMatch::Add
        },
        flushes: options.flag("periodic_flush", true),
    }))
}

/// The starts of one worker.
#[derive(Debug, Default)]
struct Starts {
    /// By the id as JSON: its place in the order.
    by_id: BTreeMap<Box<[u8]>, u64>,
    /// In the order in which the ids came.
    waiting: BTreeMap<u64, Waiting>,
    next_place: u64,
    id_bytes: usize,
    /// What [`Filter::complete`] is to add.
    ended: Ended,
}

#[derive(Debug)]
struct Waiting {
    id: Box<[u8]>,
    start: Option<Timestamp>,
    /// Flush periods since the start came.
    periods: u64,
}

/// What became of an event that ends something.
#[derive(Clone, Copy, Debug, Default)]
enum Ended {
    /// It began at this time.
    At(Option<Timestamp>),
    /// It is no such event, or all is done.
    #[default]
    No,
    /// Its start did not come.
    WithoutStart,
}

impl Starts {
    fn begin(&mut self, id: &[u8], start: Option<Timestamp>, kept: Kept) {
        if let Some(place) = self.by_id.get(id) {
            if kept == Kept::Last
                && let Some(waiting) = self.waiting.get_mut(place)
            {
                (waiting.start, waiting.periods) = (start, 0);
            }
            return;
        }
        let place = self.next_place;
        self.next_place += 1;
        self.id_bytes += id.len();
        self.by_id.insert(id.into(), place);
        self.waiting.insert(place, Waiting { id: id.into(), start, periods: 0 });
        while self.waiting.len() > limits::ELAPSED_STARTS
            || self.id_bytes > limits::ELAPSED_ID_BYTES
        {
            let Some((&oldest, _)) = self.waiting.first_key_value() else { return };
            self.remove(oldest);
        }
    }

    fn end(&mut self, id: &[u8]) -> Option<Waiting> {
        let place = *self.by_id.get(id)?;
        self.remove(place)
    }

    fn remove(&mut self, place: u64) -> Option<Waiting> {
        let waiting = self.waiting.remove(&place)?;
        self.by_id.remove(&waiting.id);
        self.id_bytes -= waiting.id.len();
        Some(waiting)
    }

    /// Takes out what has waited for so many seconds.
    fn expire(&mut self, periods: u64, timeout_s: f64) -> Vec<Waiting> {
        let mut expired = Vec::new();
        for (place, waiting) in &mut self.waiting {
            waiting.periods = waiting.periods.saturating_add(periods);
            #[expect(clippy::cast_precision_loss, reason = "seconds of a wait")]
            let age_s = (waiting.periods.saturating_mul(limits::FLUSH_PERIOD_S)) as f64;
            if age_s >= timeout_s {
                expired.push(*place);
            }
        }
        expired.into_iter().filter_map(|place| self.remove(place)).collect()
    }
}

impl Elapsed {
    fn add<'b>(event: &mut Event<'b>, start: Option<Timestamp>, arena: &'b Arena) {
        event.tag(ELAPSED, arena);
        event.tag(MATCH, arena);
        let seconds = match (event.timestamp(), start) {
            (Some(end), Some(start)) => Value::Float(seconds_between(start, end)),
            _ => Value::Null,
        };
        event.data.insert(TIME, seconds, arena);
        event.data.insert(START, start.map_or(Value::Null, Value::Time), arena);
    }

    fn set_id<'b>(&'b self, event: &mut Event<'b>, id: Value<'b>, cx: &Cx<'_, 'b>) {
        if let Ok(path) = self.id.resolve(event, cx) {
            let _ = event.set(path, id, cx.arena);
        }
    }
}

/// Ruby's difference of two times: a float.
fn seconds_between(start: Timestamp, end: Timestamp) -> f64 {
    let nanos = |time: Timestamp| {
        i128::from(time.as_seconds()) * 1_000_000_000 + i128::from(time.subsec_nanos())
    };
    #[expect(clippy::cast_precision_loss, reason = "a double is what Logstash gives")]
    let seconds = (nanos(end) - nanos(start)) as f64 / 1e9;
    seconds
}

fn has_tag(event: &Event<'_>, tag: &str) -> bool {
    match event.data.get(TAGS) {
        // Ruby's `include?` on a text looks for a part of it.
        Some(Value::Str(text)) => text.contains(tag),
        _ => event.has_tag(tag),
    }
}

impl Filter for Elapsed {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        let Ok(path) = self.id.resolve(event, cx) else { return Outcome::Unmatched };
        let Some(id) = event.get(path).filter(|id| !id.is_null()) else {
            return Outcome::Unmatched;
        };
        let is_start = has_tag(event, &self.start_tag);
        if !is_start && !has_tag(event, &self.end_tag) {
            return Outcome::Unmatched;
        }
        let mut key = Vec::new();
        id.write_json(&mut key);
        let starts = cx.state::<Starts>();
        if is_start {
            starts.begin(&key, event.timestamp(), self.kept);
            return Outcome::Matched;
        }
        let Some(waiting) = starts.end(&key) else {
            starts.ended = Ended::WithoutStart;
            return Outcome::MatchedThen;
        };
        if self.on_match == OnMatch::Add {
            starts.ended = Ended::At(waiting.start);
            return Outcome::MatchedThen;
        }
        let mut made = Event::empty(cx.now, event.origin, cx.arena);
        if let Some(host) = &cx.env.host_name {
            made.data.insert(HOST, Value::Str(host), cx.arena);
        }
        Self::add(&mut made, waiting.start, cx.arena);
        if let (Some(end), Some(start)) = (event.timestamp(), waiting.start) {
            made.data.insert(TIME, Value::Float(seconds_between(start, end)), cx.arena);
        }
        self.set_id(&mut made, id.copy_in(cx.arena), cx);
        cx.children.push(made);
        Outcome::MatchedThen
    }

    fn complete<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) {
        match core::mem::take(&mut cx.state::<Starts>().ended) {
            Ended::No => {}
            Ended::At(start) => Self::add(event, start, cx.arena),
            Ended::WithoutStart => event.tag(END_WITHOUT_START, cx.arena),
        }
    }

    fn flush_when(&self) -> FlushWhen {
        if self.flushes { FlushWhen::Periodically } else { FlushWhen::AtEnd }
    }

    fn flush<'b>(&'b self, flush: Flush, cx: &mut Cx<'_, 'b>) {
        let expired = cx.state::<Starts>().expire(flush.periods, self.timeout_s);
        let mut json = JsonReader::default();
        for waiting in expired {
            let mut event = Event::empty(cx.now, Origin::default(), cx.arena);
            event.tag(ELAPSED, cx.arena);
            event.tag(EXPIRED, cx.arena);
            if let Some(host) = &cx.env.host_name {
                event.data.insert(HOST, Value::Str(host), cx.arena);
            }
            let id = cx.arena.text(str::from_utf8(&waiting.id).unwrap_or_default());
            let id = json.read(id, After::Anything, NegativeZero::Kept, cx.arena);
            self.set_id(&mut event, id.unwrap_or(Value::Null), cx);
            let age_s = waiting.periods.saturating_mul(limits::FLUSH_PERIOD_S);
            let age_s = Value::Int(i64::try_from(age_s).unwrap_or(i64::MAX));
            event.data.insert(TIME, age_s, cx.arena);
            event.data.insert(START, waiting.start.map_or(Value::Null, Value::Time), cx.arena);
            cx.children.push(event);
        }
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &[]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_and_the_bytes_of_their_ids_are_limited() {
        let mut starts = Starts::default();
        for number in 0..limits::ELAPSED_STARTS + 10 {
            starts.begin(number.to_string().as_bytes(), None, Kept::First);
        }
        assert_eq!(starts.waiting.len(), limits::ELAPSED_STARTS);
        assert!(starts.end(b"9").is_none(), "the oldest are forgotten");
        assert!(starts.end(b"10").is_some());
        let mut starts = Starts::default();
        for number in 0..70_u8 {
            starts.begin(&[&[number][..], &vec![b'x'; 1024 * 1024]].concat(), None, Kept::First);
        }
        assert!(starts.id_bytes <= limits::ELAPSED_ID_BYTES && starts.waiting.len() > 60);
    }

    #[test]
    fn last_start_counts_when_asked_for_and_waits_anew() {
        for (kept, expected) in [(Kept::First, 1), (Kept::Last, 2)] {
            let mut starts = Starts::default();
            starts.begin(b"a", Timestamp::new(1, 0), kept);
            assert!(starts.expire(1, 10.0).is_empty());
            starts.begin(b"a", Timestamp::new(2, 0), kept);
            let expired = starts.expire(1, 10.0);
            assert_eq!(expired.len(), usize::from(kept == Kept::First));
            let start = expired.into_iter().next().or_else(|| starts.end(b"a"));
            let start = start.and_then(|waiting| waiting.start);
            assert_eq!(start, Timestamp::new(expected, 0));
        }
    }

    #[test]
    fn differences_of_times_are_floats_of_seconds() {
        let time = |seconds, nanos| Timestamp::new(seconds, nanos).unwrap_or(Timestamp::UNIX_EPOCH);
        assert!((seconds_between(time(10, 500_000_000), time(12, 0)) - 1.5).abs() < 1e-12);
        assert!((seconds_between(time(12, 0), time(10, 0)) + 2.0).abs() < 1e-12);
    }
}
