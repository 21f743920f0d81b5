//! Takes the events of one payload: encoded, counted, and no more of them than there is room for.

use core::fmt::Display;

use sawlog::{
    Encoder, EscapeStyle, Event, FieldPath, PathError, Pipeline, Refusal, Sink, Timestamp, Value,
    limits,
};

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::batch::Batch;
use crate::object::Object;
use crate::outbound::Outbound;
use crate::plan::Plan;

/// What became of the events of a payload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Events that came out.
    pub(crate) events: usize,
    /// Of these, events on which something failed.
    pub(crate) failed: usize,
    /// Events and lines that can never become output.
    pub(crate) refused: usize,
}

/// The fields that an answer without room goes without.
const TRIMMED: [&str; 2] = ["message", "[event][original]"];

/// Takes events.
#[derive(Debug)]
pub(crate) struct Collector {
    encoder: Encoder,
    trimming: Option<Encoder>,
    keys_path: Option<FieldPath>,
    now: Timestamp,
    max_bytes: usize,
    is_over: bool,
    full: Vec<u8>,
    /// As `full`, trimmed; empty without trimming.
    trimmed: Vec<u8>,
    is_trimmed_over: bool,
    /// Takes the events instead of `full` when they are to be sent on.
    outbound: Outbound,
    is_sent_on: bool,
    keys: Keys,
    tally: Tally,
}

/// By what a payload is partitioned: the JSON text of `[@metadata][partition_keys]`.
#[derive(Debug, Default)]
struct Keys {
    json: Vec<u8>,
    scratch: Vec<u8>,
    /// Whether events differ, or the keys are no map of texts, or too long.
    is_unfit: bool,
}

impl Collector {
    /// A collector of JSON lines for answers, and of what the plan's destinations want.
    pub(crate) fn new(pipeline: &Pipeline, plan: &Plan, trims: bool) -> Result<Self, PathError> {
        let style = EscapeStyle::None;
        let trimming =
            if trims { Some(Encoder::json_lines_without(&TRIMMED, style)?) } else { None };
        Ok(Self {
            encoder: Encoder::json_lines(),
            trimming,
            keys_path: Some(FieldPath::parse("[@metadata][partition_keys]", style)?),
            now: Timestamp::UNIX_EPOCH,
            max_bytes: 0,
            is_over: false,
            full: Vec::new(),
            trimmed: Vec::new(),
            is_trimmed_over: false,
            outbound: Outbound::new(pipeline, plan)?,
            is_sent_on: false,
            keys: Keys::default(),
            tally: Tally::default(),
        })
    }

    /// Begins a payload whose events may take so many bytes of an answer; those of the last one are gone.
    pub(crate) fn start(&mut self, now: Timestamp, max_bytes: usize) {
        self.full.clear();
        self.is_sent_on = false;
        self.begin(now, max_bytes);
        self.is_trimmed_over = false;
    }

    /// Begins an invocation whose events are sent on.
    pub(crate) fn start_outbound(&mut self, now: Timestamp) {
        self.outbound.start();
        self.go_on(now, 0);
    }

    /// Begins an object whose events are sent on.
    pub(crate) fn start_object(&mut self, now: Timestamp, index: usize, object: &Object) {
        self.start_outbound(now);
        self.outbound.start_object(object);
        self.identify(&[
            object.bucket.as_bytes(),
            object.key.as_bytes(),
            object.version.as_deref().unwrap_or_default().as_bytes(),
            object.etag.as_deref().unwrap_or_default().as_bytes(),
            &object.time.map_or(0, Timestamp::to_millis).to_le_bytes(),
            &object.offset.to_le_bytes(),
        ]);
        self.go_on(now, index);
    }

    /// Tells what the item that comes next is known by: the same when it is handed over again, whatever stands around it.
    pub(crate) fn identify(&mut self, parts: &[&[u8]]) {
        let identity = parts.iter().fold(0, |seed, part| xxh3_64_with_seed(part, seed));
        self.outbound.identify(identity);
    }

    /// Begins an item of the source whose events are sent on, behind those that are there.
    pub(crate) fn go_on(&mut self, now: Timestamp, item: usize) {
        self.is_sent_on = true;
        self.outbound.start_item(item);
        self.begin(now, limits::LAMBDA_BATCH_BYTES);
        self.is_trimmed_over = true;
    }

    fn begin(&mut self, now: Timestamp, max_bytes: usize) {
        self.now = now;
        self.max_bytes = max_bytes;
        self.is_over = false;
        self.trimmed.clear();
        self.keys.json.clear();
        self.keys.is_unfit = false;
        self.tally = Tally::default();
    }

    /// Takes back the events of the item.
    pub(crate) fn take_back(&mut self) {
        self.outbound.take_back();
    }

    /// Takes a payload that cannot be read as a dead letter; false when there is no place for those.
    pub(crate) fn take_unread(&mut self, payload: &str, reason: &dyn Display) -> bool {
        self.outbound.unread(payload, reason, self.now).is_ok()
    }

    /// Sets the clock that encoders see.
    pub(crate) fn set_now(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// The clock that encoders see.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// Whether what comes has no room, in any form.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over && (self.trimming.is_none() || self.is_trimmed_over)
    }

    /// Whether the events in full have no room.
    pub(crate) fn is_full_over(&self) -> bool {
        self.is_over
    }

    pub(crate) fn tally(&self) -> Tally {
        self.tally
    }

    /// The events, one a line.
    pub(crate) fn full(&self) -> &[u8] {
        &self.full
    }

    /// The events without what takes most room; nothing when that is not wanted or has no room either.
    pub(crate) fn trimmed(&self) -> Option<&[u8]> {
        (self.trimming.is_some() && !self.is_trimmed_over).then_some(&*self.trimmed)
    }

    /// The JSON map of the keys to partition by; empty without any.
    pub(crate) fn keys(&self) -> &[u8] {
        &self.keys.json
    }

    /// Whether the keys of the events cannot be used.
    pub(crate) fn has_unfit_keys(&self) -> bool {
        self.keys.is_unfit
    }

    /// Bytes of the events that are to be sent on.
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.outbound.waiting_bytes()
    }

    /// Takes the events that are to be sent on, by their targets.
    pub(crate) fn take(&mut self) -> Vec<Batch> {
        self.outbound.take()
    }

    fn send_on(&mut self, event: &Event<'_>) {
        if self.is_over {
            return;
        }
        if self.outbound.event(event, self.now).is_err() {
            self.tally.refused += 1;
        }
        self.is_over = self.outbound.is_over() || self.outbound.waiting_bytes() > self.max_bytes;
        if self.is_over {
            self.take_back();
        }
    }
}

impl Sink for Collector {
    fn event(&mut self, event: &Event<'_>) {
        self.tally.events += 1;
        self.tally.failed += usize::from(!event.failures().is_empty());
        if self.is_sent_on {
            return self.send_on(event);
        }
        if let Some(path) = self.keys_path.as_ref().filter(|_| !event.metadata().is_empty()) {
            let keys = event.get(path.as_ref());
            let is_first = self.tally.events == 1;
            self.keys.take(keys, is_first);
        } else if !self.keys.json.is_empty() {
            self.keys.is_unfit = true;
        }
        if !self.is_over {
            self.encoder.encode(event, self.now, &mut self.full);
            self.is_over = self.full.len() > self.max_bytes;
        }
        if self.is_over {
            self.full.clear();
        }
        if let Some(trimming) = &self.trimming
            && !self.is_trimmed_over
        {
            trimming.encode(event, self.now, &mut self.trimmed);
            self.is_trimmed_over = self.trimmed.len() > self.max_bytes;
            if self.is_trimmed_over {
                self.trimmed = Vec::new();
            }
        }
    }

    fn refused(&mut self, refusal: &Refusal<'_, '_>) {
        let is_kept = self.is_sent_on && self.outbound.refused(refusal, self.now).is_ok();
        self.tally.refused += usize::from(!is_kept);
    }
}

impl Keys {
    /// Takes the keys of one event; all events of a payload must agree.
    fn take(&mut self, keys: Option<&Value<'_>>, is_first: bool) {
        self.scratch.clear();
        match keys {
            None | Some(Value::Null) => {}
            Some(Value::Object(keys)) => {
                for (name, value) in keys.iter() {
                    self.scratch.push(if self.scratch.is_empty() { b'{' } else { b',' });
                    Value::Str(name).write_json(&mut self.scratch);
                    self.scratch.push(b':');
                    match value {
                        Value::Str("") | Value::Null | Value::Array(_) | Value::Object(_) => {
                            self.is_unfit = true;
                        }
                        Value::Str(_) | Value::Time(_) => value.write_json(&mut self.scratch),
                        _ => {
                            self.scratch.push(b'"');
                            value.write_json(&mut self.scratch);
                            self.scratch.push(b'"');
                        }
                    }
                }
                if !self.scratch.is_empty() {
                    self.scratch.push(b'}');
                }
            }
            Some(_) => self.is_unfit = true,
        }
        if is_first {
            core::mem::swap(&mut self.json, &mut self.scratch);
        } else if self.json != self.scratch {
            self.is_unfit = true;
        }
        self.is_unfit |= self.json.len() > limits::LAMBDA_PARTITION_KEY_BYTES;
    }
}
