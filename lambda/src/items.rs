//! Batches of a stream or a queue: items in, events to be sent on, and an answer that names what failed.
//!
//! ```json
//! {"batchItemFailures":[{"itemIdentifier":"49568167373333333333333333333333333333333333333333333333"}]}
//! ```
//! What is read in order (Kinesis, a FIFO queue) stops at the first item that fails: it and all behind it come again, and none of
//! them was sent on before. When a destination refuses events of an item, those behind it may have been sent on, and are sent again.
//!
//! Source: the AWS Lambda developer guide, "Reporting batch item failures".

use core::ops::Range;

use sawlog::{Tick, Timestamp};

use crate::batch::Batch;
use crate::collector::Collector;
use crate::engine::{self, Engine, Field, PayloadError};
use crate::firehose::push_text;
use crate::function::{InvocationError, Need};
use crate::kpl::Aggregate;
use crate::metrics::{PayloadOutcome, Report};
use crate::settings::OnFailure;
use crate::shape::{KafkaRecord, KinesisRecord, SqsMessage};

/// Events that are to be sent on, and the answer to be given afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The events, in one batch for each of [`crate::Plan::targets`].
    pub batches: Vec<Batch>,
    /// The time at which the source took the first of them in, or that of the invocation: names of objects derive from it, so that
    /// what is sent again has the same.
    pub arrival: Timestamp,
    pub(crate) failures: Failures,
}

impl Delivery {
    /// The answer, when events of these items ([`Batch::item`]) could not be sent on.
    ///
    /// # Errors
    /// When something failed and the source knows only success or failure of the whole: the error makes it send all
    /// again.
    pub fn answer(&self, failed: &[usize]) -> Result<Vec<u8>, InvocationError> {
        let mut failures = self.failures.clone();
        for item in failed {
            failures.add(*item);
        }
        failures.answer()
    }
}

/// Which items of a source failed, and how it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failures {
    form: Form,
    failed: Vec<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    /// All items from the first failed one on, which alone is named.
    First(Vec<String>),
    /// All items from the first failed one on, by their ids.
    FromFirst(Vec<String>),
    /// The failed items, by their ids.
    Each(Vec<String>),
    /// All items or none.
    Whole,
}

impl Failures {
    fn new(form: Form, items: usize) -> Self {
        Self { form, failed: vec![false; items] }
    }

    /// For a source that knows only success or failure of the whole.
    pub(crate) fn whole(items: usize) -> Self {
        Self::new(Form::Whole, items)
    }

    /// For a queue.
    pub(crate) fn of_messages(messages: &[SqsMessage<'_>]) -> Self {
        let ids = messages.iter().map(|message| message.id.clone().into_owned()).collect();
        let is_fifo = messages.iter().any(|message| message.is_fifo);
        Self::new(if is_fifo { Form::FromFirst(ids) } else { Form::Each(ids) }, messages.len())
    }

    pub(crate) fn add(&mut self, item: usize) {
        if let Some(failed) = self.failed.get_mut(item) {
            *failed = true;
        }
    }

    /// Whether nothing may be sent on, since all of it comes again.
    fn keeps_nothing(&self) -> bool {
        self.form == Form::Whole && self.failed.contains(&true)
    }

    /// Whether items behind a failed one are not to be looked at.
    pub(crate) fn ends_at_failure(&self) -> bool {
        !matches!(self.form, Form::Each(_))
    }

    /// The answer.
    pub(crate) fn answer(&self) -> Result<Vec<u8>, InvocationError> {
        let first = self.failed.iter().position(|failed| *failed);
        let (ids, named): (&[String], Range<usize>) = match (&self.form, first) {
            (Form::Whole, None) => return Ok(b"null".to_vec()),
            (Form::Whole, Some(_)) => {
                let failed = self.failed.iter().filter(|failed| **failed).count();
                return Err(InvocationError::Failed { failed, items: self.failed.len() });
            }
            (Form::First(ids), Some(first)) => (ids, first..first + 1),
            (Form::Each(ids) | Form::FromFirst(ids), Some(first)) => (ids, first..ids.len()),
            (_, None) => (&[], 0..0),
        };
        let names_all = !matches!(self.form, Form::Each(_));
        let mut out = b"{\"batchItemFailures\":[".to_vec();
        let mut is_first = true;
        for (id, failed) in ids.iter().zip(&self.failed).take(named.end).skip(named.start) {
            if *failed || names_all {
                if !core::mem::take(&mut is_first) {
                    out.push(b',');
                }
                out.extend_from_slice(b"{\"itemIdentifier\":");
                push_text(id, &mut out);
                out.push(b'}');
            }
        }
        out.extend_from_slice(b"]}");
        Ok(out)
    }
}

/// What the items of a batch are run with.
pub(crate) struct Cx<'a> {
    pub(crate) engine: &'a mut Engine,
    pub(crate) collector: &'a mut Collector,
    pub(crate) on_failure: OnFailure,
    pub(crate) tick: Tick,
    pub(crate) has_time: &'a mut dyn FnMut(Need) -> bool,
    pub(crate) report: &'a mut Report,
}

/// Runs the records of a Kinesis stream.
pub(crate) fn run_kinesis(records: &[KinesisRecord<'_>], cx: Cx<'_>) -> Delivery {
    let ids = records.iter().map(|record| record.sequence_number.0.clone().into_owned());
    let failures = Failures::new(Form::First(ids.collect()), records.len());
    let mut data = Vec::new();
    let raw = |record: &KinesisRecord<'_>| record.data.0.clone().into_owned();
    run(records, failures, cx, raw, |record, index, tick, engine, sink| {
        let key = record.partition_key.as_ref().map(|key| &*key.0);
        sink.identify(&[record.sequence_number.0.as_bytes(), key.unwrap_or_default().as_bytes()]);
        engine::decode_base64(&record.data.0, &mut data)?;
        #[expect(clippy::cast_possible_truncation, reason = "a time in range, or one that is not")]
        let arrival_ms = record.arrival_s.map(|seconds| (seconds * 1000.0).round() as i64);
        let tick = engine::payload_tick(tick, index, arrival_ms);
        sink.set_now(tick.now);
        let number = (Field::SequenceNumber, Some(&*record.sequence_number.0));
        let Some(aggregate) = Aggregate::read(&data) else {
            return engine.run(&data, &[number, (Field::PartitionKey, key)], tick, sink);
        };
        for (place, (key, data)) in aggregate.records().enumerate() {
            let tick = engine::payload_tick(tick, place, None);
            engine.run(data, &[number, (Field::PartitionKey, key)], tick, sink)?;
        }
        Ok(())
    })
}

/// Runs the messages of a queue.
pub(crate) fn run_sqs(messages: &[SqsMessage<'_>], cx: Cx<'_>) -> Delivery {
    let failures = Failures::of_messages(messages);
    let raw = |message: &SqsMessage<'_>| message.body.clone().into_owned();
    run(messages, failures, cx, raw, |message, index, tick, engine, sink| {
        sink.identify(&[message.id.as_bytes()]);
        let tick = engine::payload_tick(tick, index, message.sent_ms);
        sink.set_now(tick.now);
        let fields = [(Field::MessageId, Some(&*message.id))];
        engine.run(message.body.as_bytes(), &fields, tick, sink)
    })
}

/// Runs the records of Kafka partitions; a tombstone has no event.
pub(crate) fn run_kafka(records: &[KafkaRecord<'_>], cx: Cx<'_>) -> Delivery {
    let (mut data, mut key) = (Vec::new(), Vec::new());
    let raw = |record: &KafkaRecord<'_>| {
        record.value.as_ref().map(|value| value.0.clone().into_owned()).unwrap_or_default()
    };
    run(records, Failures::whole(records.len()), cx, raw, |record, index, tick, engine, sink| {
        let Some(value) = &record.value else { return Ok(()) };
        sink.identify(&[
            record.topic.0.as_bytes(),
            &record.partition.to_le_bytes(),
            &record.offset.to_le_bytes(),
        ]);
        engine::decode_base64(&value.0, &mut data)?;
        let tick = engine::payload_tick(tick, index, record.timestamp_ms);
        sink.set_now(tick.now);
        let key = match &record.key {
            Some(text) => {
                engine::decode_base64(&text.0, &mut key)?;
                Some(String::from_utf8_lossy(&key))
            }
            None => None,
        };
        let (partition, offset) = (record.partition.to_string(), record.offset.to_string());
        let fields = [
            (Field::KafkaTopic, Some(&*record.topic.0)),
            (Field::KafkaPartition, Some(&*partition)),
            (Field::KafkaOffset, Some(&*offset)),
            (Field::KafkaKey, key.as_deref()),
        ];
        engine.run(&data, &fields, tick, sink)
    })
}

/// Runs the one payload of a subscription to a log group.
pub(crate) fn run_logs(text: &str, cx: Cx<'_>) -> Delivery {
    let mut data = Vec::new();
    run(
        &[text],
        Failures::whole(1),
        cx,
        |text| (*text).to_owned(),
        |text, index, tick, engine, sink| {
            // It holds the ids of its events.
            sink.identify(&[text.as_bytes()]);
            engine::decode_base64(text, &mut data)?;
            engine.run(&data, &[], engine::payload_tick(tick, index, None), sink)
        },
    )
}

fn run<I>(
    items: &[I],
    mut failures: Failures,
    cx: Cx<'_>,
    raw: impl Fn(&I) -> String,
    mut run_item: impl FnMut(&I, usize, Tick, &mut Engine, &mut Collector) -> Result<(), PayloadError>,
) -> Delivery {
    let Cx { engine, collector, on_failure, tick, has_time, report } = cx;
    collector.start_outbound(tick.now);
    let mut arrival = tick.now;
    for (index, item) in items.iter().enumerate() {
        if !has_time(Need::Delivery) {
            report.note("batch", &"no time was left for all of it");
            (index..items.len()).for_each(|item| failures.add(item));
            break;
        }
        collector.go_on(tick.now, index);
        let result = run_item(item, index, tick, engine, collector);
        arrival = arrival.min(collector.now());
        let tally = collector.tally();
        let checked = if result.is_ok() { check(collector, on_failure) } else { Ok(()) };
        let mut has_failed = false;
        if let Err(reason) = result.as_ref().and(checked.as_ref()) {
            collector.take_back();
            report.note(&format!("item {index}"), reason);
            // What lacks room has it next time; what cannot be read will never be.
            let is_readable = matches!(result, Ok(()) | Err(PayloadError::TooManyEvents));
            if is_readable || !collector.take_unread(&raw(item), reason) {
                failures.add(index);
                has_failed = true;
            }
        }
        report.count_payload(
            match (has_failed, tally.events) {
                (true, _) => PayloadOutcome::Failed,
                (false, 0) => PayloadOutcome::Dropped,
                (false, _) => PayloadOutcome::Kept,
            },
            tally,
        );
        if has_failed && failures.ends_at_failure() {
            break;
        }
    }
    if !failures.keeps_nothing() {
        // What filters still hold belongs to no item: it counts for the last.
        let last = items.len().saturating_sub(1);
        collector.go_on(tick.now, last);
        engine.finish(tick, collector);
        if let Err(reason) = check(collector, on_failure) {
            collector.take_back();
            report.note("batch", &reason);
            failures.add(last);
        }
    }
    if failures.keeps_nothing() {
        collector.start_outbound(tick.now);
    }
    Delivery { batches: collector.take(), arrival, failures }
}

/// Tells why an item has failed although it could be read.
pub(crate) fn check(collector: &Collector, on_failure: OnFailure) -> Result<(), PayloadError> {
    let tally = collector.tally();
    if collector.is_over() {
        Err(PayloadError::TooManyEvents)
    } else if tally.refused > 0 {
        Err(PayloadError::Refused(tally.refused))
    } else if tally.failed > 0 && on_failure == OnFailure::Fail {
        Err(PayloadError::FilterFailed(tally.failed))
    } else {
        Ok(())
    }
}
