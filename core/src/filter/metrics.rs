//! `metrics`: counts events and measures values, and makes an event of the figures from time to time.
//!
//! `metrics { meter => "http_%{status}" }` gives every five seconds an event with
//! `{"http_200":{"count":12,"rate_1m":2.4,…}}`; `timer => { "took" => "%{duration}" }` adds least, greatest and mean
//! value, deviation and percentiles. Source of behaviour: logstash-filter-metrics 4.0.7 and metriks 0.9.9.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::diagnostic::Code;
use crate::event::{Event, Origin, PathRef, Template, Value};
use crate::filter::state::{Flush, FlushWhen};
use crate::filter::{CompileCx, Cx, Filter, Outcome, number, tag_all};
use crate::limits;
use crate::program::PluginDoc;
use crate::program::options::{OptionKind, OptionValue, PluginOptions};
use crate::time::Timestamp;

pub(super) const DOC: PluginDoc = PluginDoc {
    summary: "Counts events and measures values, and makes an event of the figures from time to time.",
    example: r#"metrics { meter => ["http_%{status}"] timer => { "took" => "%{duration}" } add_tag => "metric" }"#,
    options: &[
        ("clear_interval", "Seconds after which counting starts again; -1 for never."),
        ("flush_interval", "Seconds between two events with the figures; a multiple of five."),
        ("ignore_older_than", "Events older than so many seconds are not counted; 0 counts all."),
        ("meter", "Names under which each event is counted; fields are filled in."),
        ("percentiles", "The percentiles of timers."),
        ("rates", "The minutes over which rates are averaged: 1, 5, 15."),
        ("timer", "Names, and the value of each event that is measured; fields are filled in."),
    ],
    differences: &[
        (
            "",
            "The clock is the run's: a run over files with one clock makes one event, at its end, with rates of 0. The host's name stands in `message` when the host program gives it.",
        ),
        ("timer", "Percentiles of more than 1,028 values are those of a sample, as in Logstash; it is drawn by the run's seed."),
    ],
};

#[derive(Debug)]
struct Metrics {
    meters: Box<[Template]>,
    timers: Box<[(Template, Template)]>,
    /// Of 1, 5 and 15 minutes.
    rates: [bool; 3],
    percentiles: Box<[Percentile]>,
    flush_interval_s: f64,
    clear_interval_s: f64,
    ignore_older_than_s: f64,
    failure_tags: Box<[Box<str>]>,
}

#[derive(Debug)]
struct Percentile {
    /// `p99.9`
    name: Box<str>,
    /// 0 to 1.
    quantile: f64,
}

pub(super) fn compile(options: &PluginOptions, cx: &mut CompileCx<'_>) -> Option<Box<dyn Filter>> {
    let style = cx.options.field_reference_escape_style;
    let number = |name: &str, default: f64| {
        options.number(name).map_or(default, |number| number.value.to_f64())
    };
    let meters = options.texts("meter");
    let timers = options.pairs("timer");
    let mut is_sound = true;
    let mut rates = [true; 3];
    if options.has("rates") {
        rates = [false; 3];
        for rate in options.texts("rates") {
            let place = ["1", "5", "15"].iter().position(|known| *known == rate.value);
            if let Some(at) = place {
                rates[at] = true;
            } else {
                cx.error_with_help(
                    Code::BadValue,
                    rate.span,
                    format!("`rates` has `{}`", rate.value),
                    "the rates are over 1, 5 and 15 minutes",
                );
                is_sound = false;
            }
        }
    }
    let mut percentiles = Vec::new();
    for value in elements(options.value("percentiles")) {
        match &value.kind {
            OptionKind::Number(text, number) if (0.0..=100.0).contains(&number.to_f64()) => {
                let name = format!("p{text}").into();
                percentiles.push(Percentile { name, quantile: number.to_f64() / 100.0 });
            }
            _ => {
                cx.error_with_help(
                    Code::BadValue,
                    value.span,
                    format!("`percentiles` has `{}`", value.to_text()),
                    "write numbers from 0 to 100, without quotes",
                );
                is_sound = false;
            }
        }
    }
    if !options.has("percentiles") {
        percentiles = [1, 5, 10, 90, 95, 99, 100]
            .map(|percent| Percentile {
                name: format!("p{percent}").into(),
                quantile: f64::from(percent) / 100.0,
            })
            .into();
    }
    is_sound.then(|| -> Box<dyn Filter> {
        Box::new(Metrics {
            meters: meters.iter().map(|name| Template::parse(name.value, style)).collect(),
            timers: timers
                .iter()
                .map(|(name, value)| {
                    (Template::parse(name.value, style), Template::parse(&value.to_text(), style))
                })
                .collect(),
            rates,
            percentiles: percentiles.into(),
            flush_interval_s: number("flush_interval", 5.0),
            clear_interval_s: number("clear_interval", -1.0),
            ignore_older_than_s: number("ignore_older_than", 0.0),
            failure_tags: Box::new(["_metrics_error".into()]),
        })
    })
}

fn elements(value: Option<&OptionValue>) -> &[OptionValue] {
    match value {
        None => &[],
        Some(OptionValue { kind: OptionKind::Array(elements), .. }) => elements,
        Some(value) => core::slice::from_ref(value),
    }
}

/// The figures of one worker.
#[derive(Debug, Default)]
struct Figures {
    /// By name, in the order in which the names came.
    meters: Named<Meter>,
    timers: Named<Timer>,
    /// Flush periods since the last event with figures, and since counting started.
    unflushed: u64,
    uncleared: u64,
}

#[derive(Debug)]
struct Named<T> {
    places: BTreeMap<Box<str>, usize>,
    items: Vec<T>,
}

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self { places: BTreeMap::new(), items: Vec::new() }
    }
}

impl<T> Named<T> {
    /// The one of this name; nothing when there are too many names.
    fn get(&mut self, name: &str, room: usize, make: impl FnOnce() -> T) -> Option<&mut T> {
        if let Some(place) = self.places.get(name) {
            return self.items.get_mut(*place);
        }
        if room == 0 {
            return None;
        }
        self.places.insert(name.into(), self.items.len());
        self.items.push(make());
        self.items.last_mut()
    }
}

/// Counts, and averages the rate over the last minutes.
#[derive(Debug)]
struct Meter {
    count: u64,
    /// Counted since the averages were last brought up to date.
    uncounted: u64,
    /// The time, in seconds, up to which the averages are.
    ticked_s: f64,
    rates: Option<[f64; 3]>,
}

/// Seconds that an average goes on by.
const TICK_S: f64 = 5.0;

impl Meter {
    fn new(now_s: f64) -> Self {
        Self { count: 0, uncounted: 0, ticked_s: now_s, rates: None }
    }

    fn mark(&mut self, now_s: f64) {
        self.tick(now_s);
        self.count += 1;
        self.uncounted += 1;
    }

    /// Brings the averages up to date, when five seconds have passed.
    fn tick(&mut self, now_s: f64) {
        let age_s = now_s - self.ticked_s;
        if age_s < TICK_S {
            return;
        }
        self.ticked_s = now_s;
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let instant = core::mem::take(&mut self.uncounted) as f64 / TICK_S;
        // What was counted belongs to the first of the five seconds that passed, nothing to the others.
        let others = (age_s / TICK_S).trunc() - 1.0;
        let known = self.rates;
        let mut rates = [0.0; 3];
        for (at, minutes) in [1.0, 5.0, 15.0].into_iter().enumerate() {
            let share = TICK_S / 60.0 / minutes;
            let alpha = 1.0 - (-share).exp();
            let rate = known.map_or(instant, |rates| rates[at] + alpha * (instant - rates[at]));
            rates[at] = rate * (-share * others).exp();
        }
        self.rates = Some(rates);
    }

    fn rate(&mut self, at: usize, now_s: f64) -> f64 {
        self.tick(now_s);
        self.rates.map_or(0.0, |rates| rates[at])
    }
}

/// A meter of values.
#[derive(Debug)]
struct Timer {
    meter: Meter,
    start_s: f64,
    least: f64,
    greatest: f64,
    sum: f64,
    /// Mean and sum of squared differences so far (Welford).
    mean: f64,
    squares: f64,
    /// A sample that prefers late values: by priority.
    sample: BTreeMap<Priority, f64>,
}

/// The logarithm of a weight: greater stays longer. Equal ones go by the number of the value.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Priority(f64, u64);

impl Eq for Priority {}

impl Ord for Priority {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.0.total_cmp(&other.0).then(self.1.cmp(&other.1))
    }
}

impl PartialOrd for Priority {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// How much a second is worth in the sample.
const SAMPLE_ALPHA: f64 = 0.015;

impl Timer {
    fn new(now_s: f64) -> Self {
        Self {
            meter: Meter::new(now_s),
            start_s: now_s,
            least: f64::INFINITY,
            greatest: f64::NEG_INFINITY,
            sum: 0.0,
            mean: 0.0,
            squares: 0.0,
            sample: BTreeMap::new(),
        }
    }

    fn update(&mut self, value: f64, now_s: f64, draw: f64) {
        self.meter.mark(now_s);
        self.least = self.least.min(value);
        self.greatest = self.greatest.max(value);
        self.sum += value;
        let before = self.mean;
        self.mean = if self.meter.count == 1 { value } else { before + (value - before) / self.count() };
        self.squares += (value - before) * (value - self.mean);
        let priority = SAMPLE_ALPHA * (now_s - self.start_s) - draw.ln();
        self.sample.insert(Priority(priority, self.meter.count), value);
        if self.sample.len() > limits::METRIC_SAMPLES {
            self.sample.pop_first();
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a count that divides doubles")]
    fn count(&self) -> f64 {
        self.meter.count as f64
    }

    fn deviation(&self) -> f64 {
        if self.meter.count <= 1 {
            return 0.0;
        }
        (self.squares / (self.count() - 1.0)).sqrt()
    }
}

/// The value at a quantile of sorted values, between two where it falls there.
fn quantile(sorted: &[f64], quantile: f64) -> f64 {
    let (Some(first), Some(last)) = (sorted.first(), sorted.last()) else { return 0.0 };
    #[expect(clippy::cast_precision_loss, reason = "at most 1,028")]
    let len = sorted.len() as f64;
    let place = quantile * (len + 1.0);
    if place < 1.0 {
        return *first;
    }
    if place >= len {
        return *last;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 1,028")]
    let at = place.trunc() as usize;
    let (lower, upper) = (sorted[at - 1], sorted[at]);
    lower + place.fract() * (upper - lower)
}

fn seconds(time: Timestamp) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a difference of a clock's seconds is meant")]
    let whole = time.as_seconds() as f64;
    whole + f64::from(time.subsec_nanos()) / 1e9
}

impl Metrics {
    /// Nothing when a name is one too many, or a template cannot be filled in.
    fn count<'b>(&'b self, event: &Event<'b>, cx: &mut Cx<'_, 'b>) -> Option<()> {
        let now_s = seconds(cx.now);
        for name in &self.meters {
            let name = name.render(event, cx.now, cx.arena).ok()?;
            let figures = cx.state::<Figures>();
            let room = figures.room();
            figures.meters.get(name, room, || Meter::new(now_s))?.mark(now_s);
        }
        for (place, (name, value)) in (1_u64..).zip(&self.timers) {
            let name = name.render(event, cx.now, cx.arena).ok()?;
            let value = number::to_f(value.render(event, cx.now, cx.arena).ok()?, cx.arena);
            let draw = super::drop::draw(cx.seed.wrapping_add(place));
            let figures = cx.state::<Figures>();
            let room = figures.room();
            let timer = figures.timers.get(name, room, || Timer::new(now_s))?;
            if value >= 0.0 {
                timer.update(value, now_s, 1.0 - draw);
            }
        }
        Some(())
    }

    fn put_rates(&self, meter: &mut Meter, now_s: f64, put: &mut Put<'_, '_>) {
        put.set("count", Value::Int(i64::try_from(meter.count).unwrap_or(i64::MAX)));
        for (at, name) in ["rate_1m", "rate_5m", "rate_15m"].into_iter().enumerate() {
            if self.rates[at] {
                put.set(name, Value::Float(meter.rate(at, now_s)));
            }
        }
    }
}

impl Figures {
    fn room(&self) -> usize {
        let names = self.meters.items.len() + self.timers.items.len();
        limits::METRIC_NAMES.saturating_sub(names)
    }
}

/// Sets the figures of one name.
struct Put<'a, 'b> {
    event: &'a mut Event<'b>,
    name: &'a str,
    arena: &'b crate::arena::Arena,
    style: crate::event::EscapeStyle,
    has_failed: bool,
}

impl<'b> Put<'_, 'b> {
    fn set(&mut self, figure: &str, value: Value<'b>) {
        let name = self.name;
        let reference = self.arena.build(|out| {
            // Writing to a text in memory does not fail.
            let _ = write!(out, "[{name}][{figure}]");
        });
        let path = PathRef::parse_in(reference, self.style, self.arena);
        let set = path.ok().and_then(|path| self.event.set(path, value, self.arena).ok());
        self.has_failed |= set.is_none();
    }
}

impl Filter for Metrics {
    fn apply<'b>(&'b self, event: &mut Event<'b>, cx: &mut Cx<'_, 'b>) -> Outcome {
        if self.ignore_older_than_s > 0.0
            && let Some(time) = event.timestamp()
            && seconds(cx.now) - seconds(time) > self.ignore_older_than_s
        {
            return Outcome::Unmatched;
        }
        if self.count(event, cx).is_none() {
            tag_all(event, &self.failure_tags, cx.arena);
            return Outcome::Failed;
        }
        Outcome::Unmatched
    }

    fn explain<'b>(&'b self, _event: &Event<'b>, cx: &mut Cx<'_, 'b>) -> Option<String> {
        let is_full = cx.state::<Figures>().room() == 0;
        Some(if is_full {
            format!("there are {} names already, and this event has another", limits::METRIC_NAMES)
        } else {
            "a name or a value cannot be filled in".to_owned()
        })
    }

    fn flush_when(&self) -> FlushWhen {
        FlushWhen::Periodically
    }

    fn flush<'b>(&'b self, flush: Flush, cx: &mut Cx<'_, 'b>) {
        let (now, arena, style) = (cx.now, cx.arena, cx.env.style);
        let now_s = seconds(now);
        let host = cx.env.host_name.as_deref();
        let figures = cx.state::<Figures>();
        figures.unflushed = figures.unflushed.saturating_add(flush.periods);
        figures.uncleared = figures.uncleared.saturating_add(flush.periods);
        #[expect(clippy::cast_precision_loss, reason = "seconds since a flush")]
        let passed_s = |periods: u64| periods.saturating_mul(limits::FLUSH_PERIOD_S) as f64;
        let is_empty = figures.meters.items.is_empty() && figures.timers.items.is_empty();
        if passed_s(figures.unflushed) < self.flush_interval_s || is_empty {
            return;
        }
        let mut event = Event::empty(now, Origin::default(), arena);
        if let Some(host) = host {
            event.data.insert(crate::event::Key::new("message"), Value::Str(host), arena);
        }
        let mut has_failed = false;
        let Figures { meters, timers, .. } = figures;
        let Named { places, items } = meters;
        for (name, meter) in by_place(places).zip(items) {
            let mut put = Put { event: &mut event, name, arena, style, has_failed: false };
            self.put_rates(meter, now_s, &mut put);
            has_failed |= put.has_failed;
        }
        let Named { places, items } = timers;
        for (name, timer) in by_place(places).zip(items) {
            let mut put = Put { event: &mut event, name, arena, style, has_failed: false };
            self.put_rates(&mut timer.meter, now_s, &mut put);
            let is_measured = timer.meter.count > 0;
            let figure = |value: f64| Value::Float(if is_measured { value } else { 0.0 });
            put.set("min", figure(timer.least));
            put.set("max", figure(timer.greatest));
            put.set("stddev", figure(timer.deviation()));
            put.set("mean", figure(timer.sum / timer.count()));
            let mut sorted: Vec<f64> = timer.sample.values().copied().collect();
            sorted.sort_unstable_by(f64::total_cmp);
            for percentile in &self.percentiles {
                let value = quantile(&sorted, percentile.quantile);
                put.set(&percentile.name, Value::Float(value));
            }
            has_failed |= put.has_failed;
        }
        if has_failed {
            tag_all(&mut event, &self.failure_tags, arena);
        }
        figures.unflushed = 0;
        if self.clear_interval_s > 0.0 && passed_s(figures.uncleared) >= self.clear_interval_s {
            *figures = Figures::default();
        }
        cx.children.push(event);
    }

    fn failure_tags(&self) -> &[Box<str>] {
        &self.failure_tags
    }
}

/// The names in the order of their places.
fn by_place(places: &BTreeMap<Box<str>, usize>) -> impl Iterator<Item = &str> {
    let mut names = vec![""; places.len()];
    for (name, place) in places {
        if let Some(slot) = names.get_mut(*place) {
            *slot = name;
        }
    }
    names.into_iter()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::{
        Config, InputOptions, Options, ParseOptions, Pipeline, Resources, Sink, Source, Tick, Worker,
    };

    #[derive(Default)]
    struct Texts(Vec<String>);

    impl Sink for Texts {
        fn event(&mut self, event: &Event<'_>) {
            let mut json = Vec::new();
            event.write_json(&mut json);
            self.0.push(String::from_utf8(json).unwrap());
        }
    }

    fn at(seconds: i64) -> Tick {
        Tick { now: Timestamp::new(seconds, 0).unwrap(), seed: 1 }
    }

    fn worker(config: &str) -> Worker {
        let source = Source::new("t", config);
        let config = Config::parse(vec![source], &ParseOptions::default()).unwrap();
        let options = Options { host_name: Some("box".to_owned()), ..Options::default() };
        let pipeline = Pipeline::compile(&config, &Resources::new(), &options).unwrap();
        Worker::new(&pipeline, &InputOptions::default()).unwrap()
    }

    #[test]
    fn figures_come_out_as_the_clock_goes_on() {
        let mut worker = worker(
            "filter { metrics { meter => \"m\" rates => [1] flush_interval => 10 clear_interval => 20 } }",
        );
        let mut seen = Texts::default();
        worker.run_event("{}", at(100), &mut seen);
        worker.run_event("{}", at(104), &mut seen);
        worker.handle_tick(at(105), &mut seen);
        assert_eq!(seen.0.len(), 2, "five seconds of ten");
        worker.handle_tick(at(111), &mut seen);
        assert!(seen.0[2].contains(r#""message":"box","m":{"count":2,"rate_1m":0.3"#), "{}", seen.0[2]);
        worker.handle_tick(at(121), &mut seen);
        assert!(seen.0[3].contains(r#""count":2"#), "{}", seen.0[3]);
        worker.handle_tick(at(131), &mut seen);
        assert_eq!(seen.0.len(), 4, "all was cleared after twenty seconds");
        worker.run_event("{}", at(132), &mut seen);
        worker.finish(at(141), &mut seen);
        assert!(seen.0[5].contains(r#""count":1"#), "{}", seen.0[5]);
        assert_eq!(worker.stats().check(), Ok(()));
    }

    #[test]
    fn rate_of_steady_events_is_their_number_a_second() {
        let mut meter = Meter::new(0.0);
        for second in 0..300_u32 {
            for _ in 0..4 {
                meter.mark(f64::from(second));
            }
        }
        assert!((meter.rate(0, 300.0) - 4.0).abs() < 0.5, "{:?}", meter.rates);
        let before = meter.rate(0, 300.0);
        assert!(meter.rate(0, 360.0) < before / 2.0, "a minute without events");
    }

    #[test]
    fn sample_keeps_as_many_values_as_there_is_room() {
        let mut timer = Timer::new(0.0);
        for number in 0..3_000_u32 {
            let draw = super::super::drop::draw(u64::from(number));
            timer.update(f64::from(number), 0.0, 1.0 - draw);
        }
        assert_eq!(timer.sample.len(), limits::METRIC_SAMPLES);
        let mut sorted: Vec<f64> = timer.sample.values().copied().collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let median = quantile(&sorted, 0.5);
        assert!((1_300.0..1_700.0).contains(&median), "{median}");
    }

    #[test]
    fn event_with_a_name_too_many_is_tagged() {
        let mut worker = worker("filter { metrics { meter => \"%{n}\" } }");
        let mut seen = Texts::default();
        for number in 0..=limits::METRIC_NAMES {
            worker.run_event(&format!("{{\"n\":{number}}}"), at(0), &mut seen);
        }
        assert!(!seen.0[limits::METRIC_NAMES - 1].contains("_metrics_error"));
        assert!(seen.0[limits::METRIC_NAMES].contains("_metrics_error"));
    }
}
