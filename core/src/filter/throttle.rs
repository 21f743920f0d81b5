//! `throttle`: counts events by key and period, and matches those below or above a number.
//!
//! `throttle { key => "%{host}" after_count => 1 add_tag => "throttled" }` lets the first event of each host in
//! a minute pass as it is and tags the others. Time is the events' own. Source of behaviour:
//! logstash-filter-throttle 4.0.4.

use std::collections::BTreeMap;

use crate::event::{Event, Template, Value};
use crate::filter::state::{Flush, FlushWhen};
use crate::filter::{CompileCx, Cx, Filter, Outcome, number};
use crate::limits;
use crate::program::PluginDoc;
use crate::program::options::{Number, PluginOptions};
use crate::time::Timestamp;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Counts events by key and period, and matches those below or above a number.",
    example: r#"throttle { key => "%{host}%{message}" after_count => 1 period => "600" add_tag => "throttled" }"#,
    options: &[
        ("after_count", "Events beyond this number in a period are matched; -1 for none."),
        ("before_count", "Events below this number in a period are matched; -1 for none."),
        ("key", "What events are counted by; fields are filled in."),
        (
            "max_age",
            "Seconds, by the events' time, after which a period is forgotten when a later one of its key has begun.",
        ),
        ("max_counters", "Counters from which on periods are forgotten earlier; -1 for no such number."),
        ("period", "Seconds of a period, which starts with the first event of a key; fields are filled in."),
        ("periodic_flush", "Whether `max_counters` is looked after."),
    ],
    differences: &[(
        "max_counters",
        "It is looked after at once and not only every five seconds, and there are never more than 1,000,000 counters.",
    )],
};

#[derive(Debug)]
struct Throttle {
    key: Template,
    period: Template,
    before_count: f64,
    after_count: f64,
    max_age: Number,
    /// None for no such number.
    max_counters: Option<f64>,
    flushes: bool,
}

/// No number is set: Logstash's -1.
const UNSET: f64 = -1.0;

/// A shrunken age is at least so many percent of the one that was asked for.
const LEAST_PERCENT: i64 = 5;
/// Percent by which the age shrinks and grows.
const STEP_PERCENT: i64 = 5;
/// Percent of `max_counters` below which the age grows again.
const GROW_PERCENT: f64 = 80.0;

#[expect(clippy::unnecessary_wraps, reason = "the signature is that of all filters")]
pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let style = cx.options.field_reference_escape_style;
    let number = |name: &str, default: i64| {
        options.number(name).map_or(Number::Int(default), |number| number.value)
    };
    let text = |name: &str, default: &'static str| {
        Template::parse(options.text(name).map_or(default, |text| text.value), style)
    };
    let max_counters = number("max_counters", 100_000).to_f64();
    Some(Box::new(Throttle {
        key: text("key", ""),
        period: text("period", "60"),
        before_count: number("before_count", -1).to_f64(),
        after_count: number("after_count", -1).to_f64(),
        max_age: number("max_age", 3_600),
        max_counters: (max_counters != UNSET).then_some(max_counters),
        flushes: options.flag("periodic_flush", true),
    }))
}

/// The counters of one worker.
#[derive(Debug, Default)]
struct Counters {
    keys: BTreeMap<Box<str>, Periods>,
    /// Counters of all keys.
    total: usize,
    /// Bytes of all keys.
    key_bytes: usize,
    /// Seconds; nothing before the first event. Shrinks and grows with the number of counters.
    max_age: Option<f64>,
    /// Counters at which the age is looked at next although no flush came.
    next_look: usize,
}

/// The counters of one key.
#[derive(Debug)]
struct Periods {
    created: i64,
    latest: i64,
    /// By the period's first second.
    counts: BTreeMap<i64, u64>,
}

impl Counters {
    /// Counts an event, and gives the count of its key and period.
    fn count(&mut self, key: &str, epoch: i64, period: i64, max_age: f64) -> f64 {
        let max_age = *self.max_age.get_or_insert(max_age);
        if !self.keys.contains_key(key) {
            self.key_bytes += key.len();
            let periods = Periods { created: epoch, latest: epoch, counts: BTreeMap::new() };
            self.keys.insert(key.into(), periods);
        }
        let Some(periods) = self.keys.get_mut(key) else { return 0.0 };
        periods.latest = periods.latest.max(epoch);
        let slot = epoch.saturating_sub(floor_mod(epoch.saturating_sub(periods.created), period));
        let before = periods.counts.len();
        let count = periods.counts.entry(slot).or_default();
        *count += 1;
        let count = *count;
        let newest = periods.counts.last_key_value().map_or(0, |(slot, _)| *slot);
        let oldest_kept = as_f64(newest) - max_age;
        while let Some(first) = periods.counts.first_entry()
            && as_f64(*first.key()) < oldest_kept
        {
            first.remove();
        }
        self.total = self.total + periods.counts.len() - before;
        #[expect(clippy::cast_precision_loss, reason = "compared with numbers of a config")]
        let count = count as f64;
        count
    }

    /// What Logstash does at a flush: keys without a recent event are forgotten, and the age that counts as
    /// recent follows the number of counters.
    fn forget_old(&mut self, filter: &Throttle) {
        let Some(max_age) = self.max_age else { return };
        let latest = self.keys.values().map(|periods| periods.latest).max().unwrap_or(0).max(0);
        let oldest_kept = as_f64(latest) - max_age;
        self.retain(|periods| as_f64(periods.latest) >= oldest_kept);
        let Some(max_counters) = filter.max_counters else { return };
        let percent = |percent: i64| match filter.max_age {
            Number::Int(age) => as_f64(age.saturating_mul(percent) / 100),
            Number::Float(age) => age * as_f64(percent) / 100.0,
        };
        #[expect(clippy::cast_precision_loss, reason = "compared with numbers of a config")]
        let total = self.total as f64;
        let (step, asked) = (percent(STEP_PERCENT), percent(100));
        if total > max_counters && max_age > percent(LEAST_PERCENT) {
            self.max_age = Some(max_age - step);
        } else if max_age < asked && total < max_counters * GROW_PERCENT / 100.0 {
            self.max_age = Some(max_age + step);
        }
    }

    /// Does not wait for a flush when there are too many counters: a batch has no clock.
    fn forget_early(&mut self, filter: &Throttle) {
        #[expect(clippy::cast_precision_loss, reason = "compared with numbers of a config")]
        let is_over = filter.max_counters.is_some_and(|most| self.total as f64 > most);
        if is_over && self.total >= self.next_look {
            self.forget_old(filter);
            // Looking takes as long as there are keys: not at every event.
            self.next_look = self.total + self.total / 8 + 1;
        }
    }

    /// Forgets the keys seen longest ago when a limit is passed, a tenth at a time.
    fn evict(&mut self, max_counters: usize, max_key_bytes: usize) {
        if self.total <= max_counters && self.key_bytes <= max_key_bytes {
            return;
        }
        let mut by_age: Vec<(i64, usize, usize)> = self
            .keys
            .iter()
            .map(|(key, periods)| (periods.latest, periods.counts.len(), key.len()))
            .collect();
        by_age.sort_unstable();
        let (mut total, mut bytes) = (self.total, self.key_bytes);
        let mut latest_gone = i64::MIN;
        for (latest, counters, key_bytes) in by_age {
            if total <= max_counters / 10 * 9 && bytes <= max_key_bytes / 10 * 9 {
                break;
            }
            total -= counters;
            bytes -= key_bytes;
            latest_gone = latest;
        }
        self.retain(|periods| periods.latest > latest_gone);
    }

    fn retain(&mut self, keep: impl Fn(&Periods) -> bool) {
        let (total, key_bytes) = (&mut self.total, &mut self.key_bytes);
        self.keys.retain(|key, periods| {
            let is_kept = keep(periods);
            if !is_kept {
                *total -= periods.counts.len();
                *key_bytes -= key.len();
            }
            is_kept
        });
    }
}

/// Ruby's `%`: the result has the sign of the divisor, which is not 0.
fn floor_mod(value: i64, divisor: i64) -> i64 {
    let rest = value.checked_rem(divisor).unwrap_or(0);
    if rest != 0 && (rest < 0) != (divisor < 0) { rest.saturating_add(divisor) } else { rest }
}

#[expect(clippy::cast_precision_loss, reason = "seconds of log lines are far below 2^53")]
fn as_f64(seconds: i64) -> f64 {
    seconds as f64
}

impl Filter for Throttle {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        // A template that cannot be filled in makes Logstash throw: the event passes unmatched.
        let (Ok(key), Ok(period)) = (
            self.key.render(event, cx.now, cx.arena),
            self.period.render(event, cx.now, cx.arena),
        ) else {
            return Outcome::Unmatched;
        };
        let period = match number::to_i(period, cx.arena) {
            Value::Int(0) => 60,
            Value::Int(period) => period,
            // Beyond 64 bits: one period for all time.
            _ => i64::MAX,
        };
        let epoch = event.timestamp().map_or(0, Timestamp::as_seconds);
        let counters = cx.state::<Counters>();
        let count = counters.count(key, epoch, period, self.max_age.to_f64());
        if self.flushes {
            counters.forget_early(self);
        }
        counters.evict(limits::THROTTLE_COUNTERS, limits::THROTTLE_KEY_BYTES);
        let is_below = self.before_count != UNSET && count < self.before_count;
        let is_above = self.after_count != UNSET && count > self.after_count;
        if is_below || is_above { Outcome::Matched } else { Outcome::Unmatched }
    }

    fn flush_when(&self) -> FlushWhen {
        if self.flushes { FlushWhen::Periodically } else { FlushWhen::Never }
    }

    fn flush<'b>(&'b self, flush: Flush, cx: &mut Cx<'_, 'b>) {
        let counters = cx.state::<Counters>();
        // More steps than from 100 to 5 percent change nothing.
        for _ in 0..flush.periods.min(20) {
            counters.forget_old(self);
        }
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &[]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(max_age: i64, max_counters: f64) -> Throttle {
        let text = |text| Template::parse(text, crate::event::EscapeStyle::None);
        Throttle {
            key: text("k"),
            period: text("60"),
            before_count: UNSET,
            after_count: UNSET,
            max_age: Number::Int(max_age),
            max_counters: Some(max_counters),
            flushes: true,
        }
    }

    #[test]
    fn a_period_starts_at_the_first_event_of_its_key() {
        let mut counters = Counters::default();
        let counts: Vec<f64> =
            [100, 159, 160, 99, 40, 39].map(|at| counters.count("k", at, 60, 3600.0)).into();
        assert_eq!(counts, [1.0, 2.0, 1.0, 1.0, 2.0, 1.0]);
    }

    #[test]
    fn negative_periods_round_as_in_ruby() {
        assert_eq!([floor_mod(7, 3), floor_mod(-7, 3), floor_mod(7, -3)], [1, 2, -2]);
        assert_eq!(floor_mod(i64::MIN, -1), 0);
    }

    #[test]
    fn flush_forgets_keys_without_recent_events_and_shrinks_the_age_when_there_are_too_many() {
        let filter = filter(100, 2.0);
        let mut counters = Counters::default();
        counters.count("old", 1_000, 60, 100.0);
        for key in ["a", "b", "c"] {
            counters.count(key, 2_000, 60, 100.0);
        }
        counters.forget_old(&filter);
        assert_eq!((counters.keys.len(), counters.total, counters.max_age), (3, 3, Some(95.0)));
        for _ in 0..40 {
            counters.forget_old(&filter);
        }
        assert_eq!(counters.max_age, Some(5.0), "not below five percent");
        counters.retain(|_| false);
        counters.forget_old(&filter);
        assert_eq!(counters.max_age, Some(10.0), "it grows again");
    }

    #[test]
    fn too_many_counters_are_looked_after_without_a_flush() {
        let filter = filter(100, 50.0);
        let mut counters = Counters::default();
        for number in 0..1_000 {
            counters.count(&number.to_string(), number * 10, 60, 100.0);
            counters.forget_early(&filter);
        }
        assert!(counters.total < 80, "{}", counters.total);
    }

    #[test]
    fn counters_and_key_bytes_are_limited() {
        let mut counters = Counters::default();
        let most = i64::try_from(limits::THROTTLE_COUNTERS).unwrap_or(i64::MAX);
        for number in 0..most + 10 {
            counters.count("one", number, 1, f64::INFINITY);
            counters.evict(limits::THROTTLE_COUNTERS, limits::THROTTLE_KEY_BYTES);
        }
        assert!(counters.total <= limits::THROTTLE_COUNTERS, "{}", counters.total);
        let mut counters = Counters::default();
        let long = "k".repeat(1024 * 1024);
        for number in 0..140 {
            counters.count(&format!("{number}{long}"), number, 60, 3600.0);
            counters.evict(limits::THROTTLE_COUNTERS, limits::THROTTLE_KEY_BYTES);
            assert!(counters.key_bytes <= limits::THROTTLE_KEY_BYTES);
        }
        assert!(counters.keys.len() > 100 && counters.keys.len() < 130);
    }
}
