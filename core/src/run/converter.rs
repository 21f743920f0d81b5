//! A worker whose events come out as bytes: what hosts that cannot be called back are built on.
//!
//! `push(b"a\nb\n")` puts two encoded events into a buffer, from which the host takes them when it likes. The buffer
//! has a bound: while it is full, `push` takes nothing in, so that a push of any size needs little memory.

use core::fmt;
use std::collections::VecDeque;
use std::sync::Arc;

#[cfg(feature = "arrow")]
use crate::arrow::{Batch, BatchBuilder, BatchError};
use crate::codec::Encoder;
use crate::event::{Event, Origin, Snapshot};
use crate::limits;
use crate::program::{ConfigPosition, Pipeline, Program};
use crate::run::{InputOptions, Refusal, RunError, Sink, Tick, Worker};
use crate::time::Timestamp;

/// What a converter reads, writes and keeps.
#[derive(Debug)]
pub struct ConverterOptions {
    /// How the stream is read.
    pub input: InputOptions,
    /// How events are written.
    pub encoder: Encoder,
    /// What is kept of what went wrong.
    pub rejects: Rejects,
    /// Bytes of events and rejects that wait to be taken, from which on nothing is taken in. What one piece of
    /// [`limits::PUSH_BYTES`] gives may lie above it.
    pub max_pending_bytes: usize,
}

/// Lines in, JSON lines out, nothing kept of rejects.
impl Default for ConverterOptions {
    fn default() -> Self {
        Self {
            input: InputOptions::default(),
            encoder: Encoder::json_lines(),
            rejects: Rejects::default(),
            max_pending_bytes: limits::PENDING_BYTES,
        }
    }
}

/// Which rejects are kept until the host takes them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rejects {
    /// What was refused, and the events on which something failed; these are in the output too, unless dropped.
    Failed,
    /// None; they are counted all the same.
    #[default]
    None,
    /// What was refused.
    Refused,
}

/// What became of an event that has a reject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RejectOutcome {
    /// A filter dropped it.
    Dropped,
    /// It is in the output too.
    Kept,
    /// It cannot become output.
    Refused,
}

/// What was refused, or an event on which something failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// What became of it.
    pub outcome: RejectOutcome,
    /// [`RefusalKind::as_str`], `filter` or `codec`.
    pub kind: &'static str,
    /// Why, in words.
    pub reason: String,
    /// The name of the stream, when it has one.
    pub stream: Option<Arc<str>>,
    /// The line's number in its stream, from 1; 0 when the event came from no line.
    pub line: u64,
    /// The line's byte offset in its stream.
    pub offset: u64,
    /// The line, without its delimiter; of an over-long one the first KiB.
    pub text: String,
    /// The place in [`Pipeline::filters`] of the first filter that failed.
    pub filter: Option<usize>,
    /// Where that filter, or the condition that refused, stands in the config.
    pub position: Option<ConfigPosition>,
    /// Why the filter failed, when explanations were asked for and it has one.
    pub explanation: Option<String>,
}

impl Reject {
    fn bytes(&self) -> usize {
        let explanation = self.explanation.as_ref().map_or(0, String::len);
        size_of::<Self>() + self.reason.len() + self.text.len() + explanation
    }
}

/// Events cannot be handed out as values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConvertError {
    /// An event is larger than [`limits::SNAPSHOT_BYTES`]; all of the line are lost.
    EventTooLarge,
    /// Nothing is taken in until pending output or rejects are taken; nothing was done.
    Full,
}

impl fmt::Display for ConvertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EventTooLarge => "an event is too large to be handed out as values",
            Self::Full => "pending output or rejects must be taken first",
        })
    }
}

impl core::error::Error for ConvertError {}

/// Runs one stream of bytes through a pipeline and keeps what comes out until it is taken; one per thread.
#[derive(Debug)]
pub struct Converter {
    worker: Worker,
    output: Output,
    snapshots: Snapshots,
    max_pending_bytes: usize,
}

impl Converter {
    /// Makes a converter at the start of a stream.
    ///
    /// # Errors
    /// As [`Worker::new`].
    pub fn new(pipeline: &Pipeline, options: ConverterOptions) -> Result<Self, RunError> {
        let ConverterOptions { input, encoder, rejects, max_pending_bytes } = options;
        let worker = Worker::new(pipeline, &input)?;
        let output = Output {
            pending: encoder.header().to_vec(),
            encoder,
            taken: 0,
            kept: Kept {
                mode: rejects,
                program: Arc::clone(&pipeline.program),
                stream: input.path.as_deref().map(Arc::from),
                rejects: VecDeque::new(),
                bytes: 0,
            },
            now: Timestamp::UNIX_EPOCH,
            #[cfg(feature = "arrow")]
            batches: None,
        };
        Ok(Self { worker, output, snapshots: Snapshots::default(), max_pending_bytes })
    }

    /// Has events become rows of batches instead of bytes; the encoder has nothing to do then.
    ///
    /// The converter [is full](Self::is_full) once a batch is, and [`Self::take_batch`] takes it. What is handed out as values is
    /// part of no batch.
    #[cfg(feature = "arrow")]
    #[must_use]
    pub fn with_batches(mut self, builder: BatchBuilder) -> Self {
        self.output.pending.clear();
        self.output.batches = Some(builder);
        self
    }

    /// Takes the oldest batch: one that is full, or else one of all events that wait; nothing when none waits.
    ///
    /// # Errors
    /// As [`BatchBuilder::next_batch`].
    #[cfg(feature = "arrow")]
    pub fn take_batch(&mut self) -> Result<Option<Batch>, BatchError> {
        let Some(batches) = &mut self.output.batches else { return Ok(None) };
        if batches.rows() > 0 && !batches.is_ready() {
            batches.finish();
        }
        batches.next_batch()
    }

    /// What makes the batches, for what it knows: their schema, what was left out.
    #[cfg(feature = "arrow")]
    pub fn batches(&self) -> Option<&BatchBuilder> {
        self.output.batches.as_ref()
    }

    /// Takes a piece of the stream, of any size, and gives how many of its bytes were taken: fewer than all once
    /// [`Self::is_full`]. The rest is to be pushed again after something was taken out.
    pub fn push(&mut self, bytes: &[u8], tick: Tick) -> usize {
        let mut taken = 0;
        self.start(tick);
        for piece in bytes.chunks(limits::PUSH_BYTES) {
            if self.is_full() {
                break;
            }
            self.worker.push(piece, tick, &mut self.output);
            taken += piece.len();
        }
        taken
    }

    /// Takes one event, given as a JSON object: [`Worker::run_event`]. False when the converter is full, and it was
    /// not taken.
    pub fn push_event(&mut self, json: &str, tick: Tick) -> bool {
        self.start(tick);
        let has_room = !self.is_full();
        if has_room {
            self.worker.run_event(json, tick, &mut self.output);
        }
        has_room
    }

    /// Takes one line, without its delimiter, and gives its events as values: [`Worker::push_line`].
    ///
    /// Nothing of them is in the output; what is refused is among the rejects.
    ///
    /// # Errors
    /// As [`ConvertError`] says.
    pub fn run_line(&mut self, line: &[u8], tick: Tick) -> Result<&[Snapshot], ConvertError> {
        self.run_values(|worker, sink| worker.push_line(line, tick, sink))
    }

    /// As [`Self::run_line`], with one event given as a JSON object: [`Worker::run_event`].
    ///
    /// # Errors
    /// As [`ConvertError`] says.
    pub fn run_event(&mut self, json: &str, tick: Tick) -> Result<&[Snapshot], ConvertError> {
        self.run_values(|worker, sink| worker.run_event(json, tick, sink))
    }

    /// As [`Self::push`], with the events as values: takes one piece, of at most [`limits::PUSH_BYTES`], and gives how many bytes
    /// that was; [`Self::snapshots`] are its events.
    ///
    /// # Errors
    /// As [`ConvertError`] says.
    pub fn push_values(&mut self, bytes: &[u8], tick: Tick) -> Result<usize, ConvertError> {
        let piece = bytes.get(..limits::PUSH_BYTES).unwrap_or(bytes);
        self.run_values(|worker, sink| worker.push(piece, tick, sink))?;
        Ok(piece.len())
    }

    /// As [`Self::flush`], with the events as values.
    ///
    /// # Errors
    /// As [`ConvertError`] says.
    pub fn flush_values(&mut self, tick: Tick) -> Result<&[Snapshot], ConvertError> {
        self.run_values(|worker, sink| worker.flush(tick, sink))
    }

    /// As [`Self::finish`], with the events as values.
    ///
    /// # Errors
    /// As [`ConvertError`] says.
    pub fn finish_values(&mut self, tick: Tick) -> Result<&[Snapshot], ConvertError> {
        self.run_values(|worker, sink| worker.finish(tick, sink))
    }

    /// As [`Self::handle_tick`], with the events as values.
    ///
    /// # Errors
    /// As [`ConvertError`] says.
    pub fn handle_tick_values(&mut self, tick: Tick) -> Result<&[Snapshot], ConvertError> {
        self.run_values(|worker, sink| worker.handle_tick(tick, sink))
    }

    #[inline]
    fn run_values(
        &mut self,
        run: impl FnOnce(&mut Worker, &mut Values<'_>),
    ) -> Result<&[Snapshot], ConvertError> {
        self.snapshots.count = 0;
        if self.is_full() {
            return Err(ConvertError::Full);
        }
        let mut sink = Values {
            snapshots: &mut self.snapshots,
            kept: &mut self.output.kept,
            is_too_large: false,
        };
        run(&mut self.worker, &mut sink);
        if sink.is_too_large {
            self.snapshots.count = 0;
            return Err(ConvertError::EventTooLarge);
        }
        Ok(self.snapshots.taken())
    }

    /// The events of the last call that gave events as values.
    pub fn snapshots(&self) -> &[Snapshot] {
        self.snapshots.taken()
    }

    /// Goes on with another stream, or in the middle of one: [`Worker::start_stream_at`].
    pub fn start_stream_at(&mut self, path: Option<&str>, line: u64, offset: u64) {
        self.output.kept.stream = path.map(Arc::from);
        self.worker.start_stream_at(path, line, offset);
    }

    /// Goes on with a pipeline that has other files: [`Worker::set_pipeline`].
    ///
    /// # Errors
    /// [`RunError::OtherPipeline`] for any other pipeline.
    pub fn set_pipeline(&mut self, pipeline: &Pipeline) -> Result<(), RunError> {
        self.worker.set_pipeline(pipeline)
    }

    /// Ends the stream: [`Worker::flush`].
    pub fn flush(&mut self, tick: Tick) {
        self.start(tick);
        self.worker.flush(tick, &mut self.output);
    }

    /// Ends the run: [`Worker::finish`]; the last batch ends, too.
    pub fn finish(&mut self, tick: Tick) {
        self.start(tick);
        self.worker.finish(tick, &mut self.output);
        #[cfg(feature = "arrow")]
        if let Some(batches) = &mut self.output.batches {
            batches.finish();
        }
    }

    /// Tells the time: [`Worker::handle_tick`].
    pub fn handle_tick(&mut self, tick: Tick) {
        self.start(tick);
        self.worker.handle_tick(tick, &mut self.output);
    }

    /// The encoded events that wait to be taken.
    pub fn pending(&self) -> &[u8] {
        self.output.pending.get(self.output.taken..).unwrap_or_default()
    }

    /// Takes bytes from the front of [`Self::pending`]: at most as many as there are.
    pub fn take_pending(&mut self, bytes: usize) {
        let output = &mut self.output;
        output.taken = output.taken.saturating_add(bytes).min(output.pending.len());
        if output.taken == output.pending.len() {
            output.taken = 0;
            output.pending.clear();
            let most = self.max_pending_bytes.saturating_add(limits::PUSH_BYTES).saturating_mul(4);
            if output.pending.capacity() > most {
                output.pending = Vec::new();
            }
        }
    }

    /// Moves pending bytes into `out`, as many as fit, and gives their number.
    pub fn pull(&mut self, out: &mut [u8]) -> usize {
        let pending = self.pending();
        let len = pending.len().min(out.len());
        out[..len].copy_from_slice(&pending[..len]);
        self.take_pending(len);
        len
    }

    /// Whether nothing is taken in until something is taken out.
    pub fn is_full(&self) -> bool {
        #[cfg(feature = "arrow")]
        if self.output.batches.as_ref().is_some_and(BatchBuilder::is_ready) {
            return true;
        }
        let waiting = self.pending().len().saturating_add(self.output.kept.bytes);
        waiting >= self.max_pending_bytes.max(1)
    }

    /// Takes the oldest reject.
    pub fn take_reject(&mut self) -> Option<Reject> {
        let kept = &mut self.output.kept;
        let reject = kept.rejects.pop_front()?;
        kept.bytes = kept.bytes.saturating_sub(reject.bytes());
        Some(reject)
    }

    /// The number of rejects that wait to be taken.
    pub fn reject_count(&self) -> usize {
        self.output.kept.rejects.len()
    }

    /// The worker, for what it knows: its counters, its order, its next deadline.
    pub fn worker(&self) -> &Worker {
        &self.worker
    }

    /// As [`Worker::take_stats`].
    pub fn take_stats(&mut self) -> crate::Stats {
        self.worker.take_stats()
    }

    fn start(&mut self, tick: Tick) {
        let output = &mut self.output;
        output.now = tick.now;
        // What was taken makes room for what comes: less is moved than was taken.
        if output.taken > output.pending.len() / 2 {
            output.pending.drain(..output.taken);
            output.taken = 0;
        }
    }
}

/// Where encoded events and rejects wait.
#[derive(Debug)]
struct Output {
    encoder: Encoder,
    pending: Vec<u8>,
    /// `taken <= pending.len()`: what stands before it is gone.
    taken: usize,
    kept: Kept,
    now: Timestamp,
    /// Where events go instead of [`Self::pending`].
    #[cfg(feature = "arrow")]
    batches: Option<BatchBuilder>,
}

impl Output {
    #[inline]
    fn take(&mut self, event: &Event<'_>) {
        #[cfg(feature = "arrow")]
        if let Some(batches) = &mut self.batches {
            batches.push(event);
            return;
        }
        self.encoder.encode(event, self.now, &mut self.pending);
    }
}

impl Sink for Output {
    #[inline]
    fn event(&mut self, event: &Event<'_>) {
        self.take(event);
        if !event.failures().is_empty() {
            self.kept.failed(event, RejectOutcome::Kept);
        }
    }

    fn refused(&mut self, refusal: &Refusal<'_, '_>) {
        self.kept.refused(refusal);
    }

    fn dropped(&mut self, event: &Event<'_>) {
        self.kept.failed(event, RejectOutcome::Dropped);
    }
}

/// The rejects that wait.
#[derive(Debug)]
struct Kept {
    mode: Rejects,
    program: Arc<Program>,
    stream: Option<Arc<str>>,
    rejects: VecDeque<Reject>,
    bytes: usize,
}

impl Kept {
    #[cold]
    fn failed(&mut self, event: &Event<'_>, outcome: RejectOutcome) {
        if self.mode != Rejects::Failed {
            return;
        }
        let Some(first) = event.failures().first() else { return };
        let slot = first.filter.and_then(|index| self.program.filters.get(index));
        let (kind, reason) = match slot {
            Some(slot) => ("filter", format!("{} failed", slot.name)),
            None => ("codec", "the codec could not read the line".to_owned()),
        };
        let position = slot.map(|slot| slot.position.clone());
        let explanation = first.explanation.map(str::to_owned);
        let filter = first.filter;
        let reject = self.reject(event.origin(), outcome, kind, reason);
        self.push(Reject { filter, position, explanation, ..reject });
    }

    #[cold]
    fn refused(&mut self, refusal: &Refusal<'_, '_>) {
        if self.mode == Rejects::None {
            return;
        }
        let kind = refusal.kind.as_str();
        let reason = refusal.kind.to_string();
        let reject = self.reject(&refusal.origin, RejectOutcome::Refused, kind, reason);
        self.push(Reject { position: refusal.position.cloned(), ..reject });
    }

    fn reject(
        &self,
        origin: &Origin<'_>,
        outcome: RejectOutcome,
        kind: &'static str,
        reason: String,
    ) -> Reject {
        Reject {
            outcome,
            kind,
            reason,
            stream: self.stream.clone(),
            line: origin.line,
            offset: origin.offset,
            text: origin.text.to_owned(),
            filter: None,
            position: None,
            explanation: None,
        }
    }

    fn push(&mut self, reject: Reject) {
        self.bytes = self.bytes.saturating_add(reject.bytes());
        self.rejects.push_back(reject);
    }
}

/// Snapshots that are used again.
#[derive(Debug, Default)]
struct Snapshots {
    all: Vec<Snapshot>,
    /// `count <= all.len()`: those that hold an event of the last call.
    count: usize,
}

impl Snapshots {
    fn taken(&self) -> &[Snapshot] {
        self.all.get(..self.count).unwrap_or_default()
    }
}

/// Takes events as values.
struct Values<'a> {
    snapshots: &'a mut Snapshots,
    kept: &'a mut Kept,
    is_too_large: bool,
}

impl Sink for Values<'_> {
    fn event(&mut self, event: &Event<'_>) {
        let Snapshots { all, count } = &mut *self.snapshots;
        if *count == all.len() {
            all.push(Snapshot::new());
        }
        let taken = all.get_mut(*count).is_some_and(|snapshot| snapshot.take(event).is_ok());
        if taken {
            *count += 1;
        } else {
            self.is_too_large = true;
        }
        if !event.failures().is_empty() {
            self.kept.failed(event, RejectOutcome::Kept);
        }
    }

    fn refused(&mut self, refusal: &Refusal<'_, '_>) {
        self.kept.refused(refusal);
    }

    fn dropped(&mut self, event: &Event<'_>) {
        self.kept.failed(event, RejectOutcome::Dropped);
    }
}

#[cfg(test)]
mod tests;
