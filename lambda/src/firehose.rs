//! The transformation of a Firehose stream: records in, and each of them back exactly once.
//!
//! ```json
//! {"records":[{"recordId":"1","result":"Ok","data":"…","metadata":{"partitionKeys":{"day":"7"}}},
//!             {"recordId":"2","result":"Dropped"}]}
//! ```
//! The answer has a bound, above which the whole invocation fails and is tried again. Its size is known while it is
//! written: every record that is still to come has the room of its shortest answer kept free, so that a record fits or does
//! not, and there is always room to say which.
//!
//! Source: the Firehose developer guide, "Transform source data".

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use sawlog::{Tick, limits};

use crate::collector::{Collector, Tally};
use crate::engine::{self, Engine, Field, PayloadError};
use crate::function::{InvocationError, Need};
use crate::metrics::Report;
use crate::settings::{OnFailure, Oversize, Settings};
use crate::shape::FirehoseRecord;

/// The answer before its first record.
const HEAD: &[u8] = b"{\"records\":[";
/// The answer behind its last record.
const TAIL: &[u8] = b"]}";

/// What one record came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Dropped,
    Failed,
    /// In full, or trimmed.
    Kept {
        is_trimmed: bool,
    },
}

/// Answers a transformation.
pub(crate) fn run(
    records: &[FirehoseRecord<'_>],
    engine: &mut Engine,
    collector: &mut Collector,
    settings: &Settings,
    tick: Tick,
    has_time: &mut dyn FnMut(Need) -> bool,
    report: &mut Report,
) -> Result<Vec<u8>, InvocationError> {
    let mut answer = Answer::new(records, settings.max_response_bytes)?;
    let mut buffers = Buffers::default();
    for (index, record) in records.iter().enumerate() {
        let id = &*record.id.0;
        let slot = answer.slot(index, settings.oversize);
        let outcome = if has_time(Need::Answer) {
            let tick = engine::payload_tick(tick, index, record.arrival_ms);
            collector.start(tick.now, slot.max_event_bytes);
            let result = run_record(record, engine, &mut buffers.payload, tick, collector);
            if index + 1 == records.len() {
                engine.finish(tick, collector);
            }
            if let Err(error) = &result {
                report.note(id, error);
            } else if collector.has_unfit_keys() {
                report.note(id, &UNFIT_KEYS);
            }
            let is_fit = result.is_ok() && !collector.has_unfit_keys();
            outcome(is_fit, collector, settings.on_failure)
        } else {
            collector.start(tick.now, 0);
            report.note(id, &"no time was left for it");
            Outcome::Failed
        };
        let is_over = collector.is_full_over() && collector.trimmed().is_none();
        let pushed =
            answer.push(index, record, outcome, collector, settings.oversize, &mut buffers);
        if is_over || (pushed != outcome) {
            report.note(id, &"the answer has no room for it");
        }
        let outcome = pushed;
        report.count_payload(outcome_name(outcome), collector.tally());
    }
    Ok(answer.finish())
}

const UNFIT_KEYS: &str =
    "`[@metadata][partition_keys]` differ within the record, or are no map of short texts";

fn outcome_name(outcome: Outcome) -> crate::metrics::PayloadOutcome {
    use crate::metrics::PayloadOutcome;
    match outcome {
        Outcome::Dropped => PayloadOutcome::Dropped,
        Outcome::Failed => PayloadOutcome::Failed,
        Outcome::Kept { .. } => PayloadOutcome::Kept,
    }
}

fn run_record(
    record: &FirehoseRecord<'_>,
    engine: &mut Engine,
    payload: &mut Vec<u8>,
    tick: Tick,
    collector: &mut Collector,
) -> Result<(), PayloadError> {
    let data = record.data.as_ref().or(record.kafka_value.as_ref());
    engine::decode_base64(&data.ok_or(PayloadError::Missing)?.0, payload)?;
    match &record.kinesis {
        Some(place) => {
            let fields = [
                (Field::PartitionKey, place.partition_key.as_ref().map(|text| &*text.0)),
                (Field::SequenceNumber, place.sequence_number.as_ref().map(|text| &*text.0)),
            ];
            engine.run(payload, &fields, tick, collector)
        }
        None => engine.run(payload, &[], tick, collector),
    }
}

/// What became of a record whose payload was run.
fn outcome(is_fit: bool, collector: &Collector, on_failure: OnFailure) -> Outcome {
    let Tally { events, failed, refused } = collector.tally();
    if !is_fit || refused > 0 || (failed > 0 && on_failure == OnFailure::Fail) {
        return Outcome::Failed;
    }
    if events == 0 {
        return Outcome::Dropped;
    }
    match (collector.is_full_over(), collector.trimmed()) {
        (false, _) => Outcome::Kept { is_trimmed: false },
        (true, Some(_)) => Outcome::Kept { is_trimmed: true },
        (true, None) => Outcome::Failed,
    }
}

#[derive(Default)]
struct Buffers {
    payload: Vec<u8>,
    packed: Vec<u8>,
}

/// The room of one record.
struct Slot {
    /// Bytes that its events may take before they are encoded further.
    max_event_bytes: usize,
}

/// Writes an answer that is never larger than it may be.
struct Answer {
    out: Vec<u8>,
    /// Bytes of the whole answer.
    max_bytes: usize,
    /// Bytes kept free: for the shortest answers of the records that are still to come, and for the end.
    /// `out.len() + reserved <= max_bytes`.
    reserved: usize,
    /// Bytes of each record's id as JSON.
    id_bytes: Vec<usize>,
}

impl Answer {
    fn new(records: &[FirehoseRecord<'_>], max_bytes: usize) -> Result<Self, InvocationError> {
        let id_bytes: Vec<usize> = records.iter().map(|record| text_bytes(&record.id.0)).collect();
        let least = id_bytes.iter().map(|bytes| least_bytes(*bytes)).sum::<usize>();
        let reserved = least + TAIL.len();
        if HEAD.len() + reserved > max_bytes {
            return Err(InvocationError::AnswerTooLarge { max_bytes });
        }
        // Events are larger than their lines; what is not used takes no memory.
        let data = records.iter().filter_map(|record| record.data.as_ref());
        let usual = 2 * data.map(|data| data.0.len()).sum::<usize>();
        let mut out = Vec::with_capacity(max_bytes.min(HEAD.len() + reserved + usual));
        out.extend_from_slice(HEAD);
        Ok(Self { out, max_bytes, reserved, id_bytes })
    }

    /// Bytes that the base64 text of the next record and its keys may take.
    fn room(&self, index: usize) -> usize {
        let id_bytes = self.id_bytes[index];
        let least = least_bytes(id_bytes);
        let room = self.max_bytes - self.out.len() - (self.reserved - least);
        room.saturating_sub(kept_bytes(id_bytes))
    }

    fn slot(&self, index: usize, oversize: Oversize) -> Slot {
        let max_event_bytes = match oversize {
            // What it becomes when it is packed is not known before.
            Oversize::Compress => {
                usize::try_from(limits::LAMBDA_INFLATED_BYTES).unwrap_or(usize::MAX)
            }
            Oversize::Fail | Oversize::Trim => self.room(index) / 4 * 3,
        };
        Slot { max_event_bytes }
    }

    /// Appends a record, and tells what it came to in the end.
    fn push(
        &mut self,
        index: usize,
        record: &FirehoseRecord<'_>,
        mut outcome: Outcome,
        collector: &Collector,
        oversize: Oversize,
        buffers: &mut Buffers,
    ) -> Outcome {
        let mut data: &[u8] = match outcome {
            Outcome::Kept { is_trimmed: true } => collector.trimmed().unwrap_or_default(),
            _ => collector.full(),
        };
        if oversize == Oversize::Compress && matches!(outcome, Outcome::Kept { .. }) {
            compress(data, &mut buffers.packed);
            data = &buffers.packed;
        }
        let keys = collector.keys();
        if matches!(outcome, Outcome::Kept { .. }) {
            let needed = base64_simd::STANDARD.encoded_length(data.len()) + keys_bytes(keys);
            if needed > self.room(index) {
                outcome = Outcome::Failed;
            }
        }
        let id_bytes = self.id_bytes[index];
        self.reserved -= least_bytes(id_bytes);
        let is_first = self.out.len() == HEAD.len();
        let before = b",{\"recordId\":";
        self.out.extend_from_slice(&before[usize::from(is_first)..]);
        // Escapes are longer than what they stand for: a text that is not longer has none.
        if id_bytes == record.id.0.len() + 2 {
            self.out.push(b'"');
            self.out.extend_from_slice(record.id.0.as_bytes());
            self.out.push(b'"');
        } else {
            push_text(&record.id.0, &mut self.out);
        }
        match outcome {
            Outcome::Dropped => self.out.extend_from_slice(b",\"result\":\"Dropped\""),
            Outcome::Failed => self.out.extend_from_slice(b",\"result\":\"ProcessingFailed\""),
            Outcome::Kept { .. } => self.out.extend_from_slice(b",\"result\":\"Ok\""),
        }
        if matches!(outcome, Outcome::Kept { .. }) {
            if record.data.is_none() && record.kafka_value.is_some() {
                self.out.extend_from_slice(KAFKA_DATA);
            } else {
                self.out.extend_from_slice(DATA);
            }
            base64_simd::STANDARD.encode_append(data, &mut self.out);
            self.out.push(b'"');
            if !keys.is_empty() {
                self.out.extend_from_slice(KEYS);
                self.out.extend_from_slice(keys);
                self.out.push(b'}');
            }
        }
        self.out.push(b'}');
        debug_assert!(self.out.len() + self.reserved <= self.max_bytes, "room was reckoned before");
        outcome
    }

    fn finish(mut self) -> Vec<u8> {
        self.out.extend_from_slice(TAIL);
        self.out
    }
}

const DATA: &[u8] = b",\"data\":\"";
const KAFKA_DATA: &[u8] = b",\"kafkaRecordValue\":\"";
const KEYS: &[u8] = b",\"metadata\":{\"partitionKeys\":";

/// Bytes of a record that is marked as failed, with the comma before it: no result has a longer name.
fn least_bytes(id_bytes: usize) -> usize {
    id_bytes + b",{\"recordId\":,\"result\":\"ProcessingFailed\"}".len()
}

/// Bytes of a record that is kept, without its payload and keys.
fn kept_bytes(id_bytes: usize) -> usize {
    id_bytes + b",{\"recordId\":,\"result\":\"Ok\"\"}".len() + KAFKA_DATA.len()
}

/// Bytes that the keys add.
fn keys_bytes(keys: &[u8]) -> usize {
    if keys.is_empty() { 0 } else { KEYS.len() + keys.len() + 1 }
}

/// Bytes of a text as JSON.
fn text_bytes(text: &str) -> usize {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    // Without an end before the last byte: vector instructions then.
    if text.bytes().fold(0, |odd, byte| odd | u8::from(!is_plain(byte))) == 0 {
        return text.len() + 2;
    }
    let mut written = Vec::new();
    push_text(text, &mut written);
    written.len()
}

/// Appends a text as JSON.
pub(crate) fn push_text(text: &str, out: &mut Vec<u8>) {
    sawlog::Value::Str(text).write_json(out);
}

/// Packs bytes into `out`, whose content is replaced.
pub(crate) fn compress(bytes: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let mut encoder = GzEncoder::new(core::mem::take(out), Compression::fast());
    // A vector takes everything.
    let written = encoder.write_all(bytes);
    debug_assert!(written.is_ok(), "a vector takes everything");
    if let Ok(packed) = encoder.finish() {
        *out = packed;
    }
}
