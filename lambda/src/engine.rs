//! Payloads to events: bytes of one record, plain or compressed, lines or CloudWatch Logs, run through the pipeline.
//!
//! Each payload is a stream of its own: the codec starts anew, and its last line needs no end. What filters keep from one
//! event to the next lives as long as an invocation.

use core::fmt;

use sawlog::inflate::{Compression, InflateError, InflateLimits, Inflater};
use sawlog::{
    InputOptions, Order, Pipeline, RunError, Sink, Stats, Tick, Timestamp, Worker, limits,
};

use crate::cloudwatch::{self, Logs};
use crate::collector::Collector;

/// What a source tells of a payload, as fields of its events.
///
/// The names are those of Logstash's inputs where there is one: `kinesis`, `kafka`, `s3`; `cloudwatch_logs` as in
/// the plugin `logstash-input-cloudwatch_logs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Bucket,
    EventId,
    Key,
    KafkaKey,
    KafkaOffset,
    KafkaPartition,
    KafkaTopic,
    LogGroup,
    LogStream,
    MessageId,
    PartitionKey,
    SequenceNumber,
}

/// The names, in the order of [`Field`].
const FIELDS: [&str; 12] = [
    "[@metadata][s3][bucket]",
    "[cloudwatch_logs][event_id]",
    "[@metadata][s3][key]",
    "[@metadata][kafka][key]",
    "[@metadata][kafka][offset]",
    "[@metadata][kafka][partition]",
    "[@metadata][kafka][topic]",
    "[cloudwatch_logs][log_group]",
    "[cloudwatch_logs][log_stream]",
    "[@metadata][sqs][message_id]",
    "[@metadata][partition_key]",
    "[@metadata][sequence_number]",
];

/// Bytes that are unpacked at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// Runs payloads through a pipeline.
#[derive(Debug)]
pub(crate) struct Engine {
    pipeline: Pipeline,
    input: InputOptions,
    worker: Worker,
    /// The fields that have a text.
    set: Vec<Field>,
    piece: Box<[u8]>,
    /// Whether filters hold something of this invocation.
    has_state: bool,
    stats: Stats,
}

/// A payload cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PayloadError {
    /// It is no base64 text.
    Base64,
    /// It is missing.
    Missing,
    /// It is compressed and cannot be unpacked.
    Inflate(InflateError),
    /// It says that it is of CloudWatch Logs and is not.
    Logs(String),
    /// There is no room for its events in one invocation.
    TooManyEvents,
    /// So many of its lines or events can never become output, and there is no place for dead letters.
    Refused(usize),
    /// A filter failed on so many of its events, which is not to be.
    FilterFailed(usize),
}

impl fmt::Display for PayloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base64 => f.write_str("the payload is no base64 text"),
            Self::Missing => f.write_str("there is no payload"),
            Self::Inflate(error) => error.fmt(f),
            Self::TooManyEvents => f.write_str("there is no room for its events in one invocation"),
            Self::Refused(count) => write!(f, "{count} of its lines or events were refused"),
            Self::FilterFailed(count) => write!(f, "a filter failed on {count} of its events"),
            Self::Logs(problem) => write!(f, "the payload is none of CloudWatch Logs: {problem}"),
        }
    }
}

impl core::error::Error for PayloadError {}

impl Engine {
    pub(crate) fn new(pipeline: &Pipeline, codec: Option<String>) -> Result<Self, RunError> {
        let input = InputOptions {
            input: (!pipeline.inputs().is_empty()).then_some(0),
            codec,
            set: FIELDS.iter().map(|name| ((*name).to_owned(), String::new())).collect(),
            ..InputOptions::default()
        };
        let mut engine = Self {
            worker: Worker::new(pipeline, &input)?,
            pipeline: pipeline.clone(),
            input,
            set: Vec::with_capacity(FIELDS.len()),
            piece: vec![0; PIECE_BYTES].into(),
            has_state: false,
            stats: Stats::default(),
        };
        engine.clear_fields();
        Ok(engine)
    }

    /// Begins an invocation.
    pub(crate) fn start(&mut self) -> Result<(), RunError> {
        if self.has_state {
            self.stats.merge(&self.worker.take_stats());
            self.worker = Worker::new(&self.pipeline, &self.input)?;
            self.clear_fields();
            self.has_state = false;
        }
        Ok(())
    }

    fn clear_fields(&mut self) {
        self.set.clear();
        for place in 0..FIELDS.len() {
            self.worker.set_field_text(place, None);
        }
    }

    /// Sets the fields of the payload that comes next, and no others.
    pub(crate) fn set_fields(&mut self, fields: &[(Field, Option<&str>)]) {
        for field in &self.set {
            if !fields.iter().any(|(other, _)| other == field) {
                self.worker.set_field_text(*field as usize, None);
            }
        }
        self.set.clear();
        for (field, text) in fields {
            self.worker.set_field_text(*field as usize, *text);
            self.set.push(*field);
        }
    }

    /// Runs one whole payload; `fields` are those of its source.
    pub(crate) fn run(
        &mut self,
        payload: &[u8],
        fields: &[(Field, Option<&str>)],
        tick: Tick,
        sink: &mut Collector,
    ) -> Result<(), PayloadError> {
        if let Some(compression) = Compression::detect(payload) {
            return self.run_packed(payload, compression, fields, tick, sink);
        }
        if cloudwatch::is_logs(payload) {
            return self.run_logs(payload, fields, tick, sink);
        }
        self.start_stream(fields);
        self.push(payload, tick, sink);
        self.flush(tick, sink);
        Ok(())
    }

    /// Begins a stream that comes in pieces.
    pub(crate) fn start_stream(&mut self, fields: &[(Field, Option<&str>)]) {
        self.set_fields(fields);
        self.worker.start_stream_at(None, 1, 0);
        self.has_state |= self.pipeline.order() == Order::Ordered;
    }

    /// Takes a piece of the stream.
    pub(crate) fn push(&mut self, bytes: &[u8], tick: Tick, sink: &mut Collector) {
        for piece in bytes.chunks(limits::PUSH_BYTES) {
            if sink.is_over() {
                return;
            }
            self.worker.push(piece, tick, sink);
        }
    }

    /// Ends the stream.
    pub(crate) fn flush(&mut self, tick: Tick, sink: &mut Collector) {
        self.worker.flush(tick, sink);
    }

    fn run_packed(
        &mut self,
        packed: &[u8],
        compression: Compression,
        fields: &[(Field, Option<&str>)],
        tick: Tick,
        sink: &mut Collector,
    ) -> Result<(), PayloadError> {
        let limits =
            InflateLimits { max_bytes: limits::LAMBDA_INFLATED_BYTES, ..InflateLimits::default() };
        let mut inflater = Inflater::new(compression, limits);
        self.with_piece(|engine, piece| {
            engine.unpack(&mut inflater, packed, piece, fields, tick, sink)
        })
    }

    /// Lends the room for what is unpacked.
    pub(crate) fn with_piece<T>(&mut self, run: impl FnOnce(&mut Self, &mut [u8]) -> T) -> T {
        let mut piece = core::mem::take(&mut self.piece);
        let result = run(self, &mut piece);
        self.piece = piece;
        result
    }

    fn unpack(
        &mut self,
        inflater: &mut Inflater,
        mut packed: &[u8],
        piece: &mut [u8],
        fields: &[(Field, Option<&str>)],
        tick: Tick,
        sink: &mut Collector,
    ) -> Result<(), PayloadError> {
        // What CloudWatch Logs sends must be read as a whole; anything else need not.
        let mut whole: Option<Vec<u8>> = None;
        let mut is_begun = false;
        loop {
            let progress = inflater.handle(packed, piece).map_err(PayloadError::Inflate)?;
            packed = &packed[progress.consumed..];
            let mut written = progress.written;
            if written == 0 && packed.is_empty() {
                written = inflater.finish(piece).map_err(PayloadError::Inflate)?;
            }
            if written == 0 {
                break;
            }
            let unpacked = &piece[..written];
            if !is_begun {
                is_begun = true;
                if cloudwatch::is_logs(unpacked) {
                    whole = Some(Vec::new());
                } else {
                    self.start_stream(fields);
                }
            }
            match &mut whole {
                Some(whole) => whole.extend_from_slice(unpacked),
                None => self.push(unpacked, tick, sink),
            }
            if sink.is_over() {
                return Ok(());
            }
        }
        match whole {
            Some(whole) => self.run_logs(&whole, fields, tick, sink)?,
            None if is_begun => self.flush(tick, sink),
            None => {}
        }
        Ok(())
    }

    /// Runs the log events of CloudWatch Logs, each of which is a line whatever it holds.
    fn run_logs(
        &mut self,
        payload: &[u8],
        fields: &[(Field, Option<&str>)],
        tick: Tick,
        sink: &mut Collector,
    ) -> Result<(), PayloadError> {
        let Logs::Data { group, stream, events } = cloudwatch::read(payload)? else {
            return Ok(());
        };
        let mut fields = fields.to_vec();
        fields.push((Field::LogGroup, Some(&group)));
        fields.push((Field::LogStream, Some(&stream)));
        self.start_stream(&fields);
        self.set.push(Field::EventId);
        let mut tick = tick;
        for event in &events {
            if sink.is_over() {
                break;
            }
            self.worker.set_field_text(Field::EventId as usize, Some(&event.id.0));
            if let Some(millis) = event.timestamp_ms {
                tick.now = Timestamp::from_millis(millis);
                sink.set_now(tick.now);
            }
            self.worker.push_line(event.text(), tick, sink);
        }
        self.worker.flush(tick, sink);
        Ok(())
    }

    /// Ends an invocation: gives what filters still hold.
    pub(crate) fn finish(&mut self, tick: Tick, sink: &mut dyn Sink) {
        if self.has_state {
            // A payload that failed may have left half a line.
            self.worker.start_stream_at(None, 1, 0);
            self.worker.finish(tick, sink);
        }
    }

    /// The byte behind which the rest of a stream can be read by itself; nothing when there is none, since what follows depends on
    /// what came before.
    pub(crate) fn separator(&self) -> Option<u8> {
        match self.worker.delimiter() {
            [byte] if self.worker.order() == Order::Stateless => Some(*byte),
            _ => None,
        }
    }

    /// What was done since this was last asked.
    pub(crate) fn take_stats(&mut self) -> Stats {
        let mut stats = core::mem::take(&mut self.stats);
        stats.merge(&self.worker.take_stats());
        stats
    }
}

/// The tick of a payload: its own seed, and the time at which its source took it in, if that is known. Equal events
/// then give equal answers, also when they are sent again.
pub(crate) fn payload_tick(tick: Tick, index: usize, arrival_ms: Option<i64>) -> Tick {
    let place = (index as u64 + 1).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    Tick {
        now: arrival_ms.map_or(tick.now, Timestamp::from_millis),
        seed: tick.seed ^ place.rotate_left(32),
    }
}

/// Decodes a base64 text into `out`, whose content is replaced.
pub(crate) fn decode_base64(text: &str, out: &mut Vec<u8>) -> Result<(), PayloadError> {
    let base64 = base64_simd::STANDARD;
    let Ok(len) = base64.decoded_length(text.as_bytes()) else { return Err(PayloadError::Base64) };
    out.resize(len, 0);
    match base64.decode(text.as_bytes(), base64_simd::Out::from_slice(out)) {
        Ok(_) => Ok(()),
        Err(_) => Err(PayloadError::Base64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_strict() {
        let mut out = vec![9; 40];
        assert_eq!(decode_base64("YQpi", &mut out), Ok(()));
        assert_eq!(out, b"a\nb");
        assert_eq!(decode_base64("", &mut out), Ok(()));
        assert!(out.is_empty());
        for wrong in ["YQ", "YQ=", "YQ==YQ==", "Y Q=", "-_-_", "ä", "====", "="] {
            assert_eq!(decode_base64(wrong, &mut out), Err(PayloadError::Base64), "{wrong}");
        }
    }

    #[test]
    fn payloads_of_one_invocation_have_their_own_seeds() {
        let tick = Tick { now: Timestamp::UNIX_EPOCH, seed: 7 };
        let mut seeds: Vec<u64> = (0..1000).map(|at| payload_tick(tick, at, None).seed).collect();
        seeds.sort_unstable();
        seeds.dedup();
        assert_eq!(seeds.len(), 1000);
        assert_eq!(payload_tick(tick, 0, Some(1500)).now.to_millis(), 1500);
    }
}
