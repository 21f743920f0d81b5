//! One block of a stream to the bytes of its events, its rejects and what there is to count.
//!
//! The seam between the scheduler and what a conversion writes: the scheduler hands blocks to
//! [`BlockProcessor`]s, one per thread, and writes and adds up their results in the order of the
//! input.

use std::sync::Arc;

use sawlog::{
    Event, Imbalance, InputOptions, Order, Pipeline, Profile, Refusal, RunError, Sink, Stats, Tick,
    Timestamp, Worker,
};

use crate::{
    args::FailedEvents,
    block::Block,
    buffer::{Buffer, Pool},
    format::Formatter,
    profile,
    rejects::{LineRejects, Outcome, Recorder},
    summary::Summary,
};

/// What all processors of a run share.
#[derive(Debug)]
pub struct Processing {
    pipeline: Pipeline,
    options: InputOptions,
    delimiter: Vec<u8>,
    is_ordered: bool,
    writing: Arc<Writing>,
    pool: Arc<Pool>,
    /// Whether processors find out where the time goes.
    pub is_profiled: bool,
}

/// What is written of the events.
#[derive(Debug)]
pub struct Writing {
    /// The form of the events.
    pub formatter: Formatter,
    /// Writes the rejects, when somebody wants them.
    pub recorder: Option<Recorder>,
    /// Where events go on which something failed.
    pub failed: FailedEvents,
}

/// What is known of a stream before it is read.
#[derive(Debug, Clone)]
pub struct StreamInfo {
    /// Its place in the order of the run.
    pub index: usize,
    /// Its name as people know it: a path, or `standard input`.
    pub name: String,
    /// The path that its events name; none for standard input.
    pub path: Option<String>,
}

/// How the events of one output file stand in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// The suffix of such a file, without the dot.
    pub extension: &'static str,
    /// What stands before the first event.
    pub head: Vec<u8>,
    /// What stands between the events of two blocks that both have some.
    pub separator: Vec<u8>,
    /// What stands behind the last event.
    pub tail: Vec<u8>,
}

/// Turns blocks into results; one per thread.
#[derive(Debug)]
pub struct BlockProcessor {
    worker: Worker,
    writing: Arc<Writing>,
    pool: Arc<Pool>,
}

/// What became of a block.
#[derive(Debug, Default)]
pub struct BlockResult {
    /// The encoded events.
    pub output: Buffer,
    /// The encoded rejects.
    pub rejects: Buffer,
    /// What was counted.
    pub tally: Tally,
}

/// What was counted in one block; added up in a [`Summary`].
#[derive(Debug, Default)]
pub struct Tally {
    /// What the engine did.
    pub stats: Stats,
    /// Where the time went, when somebody wants to know.
    pub profile: Option<Profile>,
    /// Events written to the output.
    pub written: u64,
    /// Events on which something failed that went to the rejects instead of the output.
    pub diverted: u64,
    /// Events on which something failed that came to the end, written or diverted.
    pub failed: u64,
    /// Events on which something failed and that a filter dropped later.
    pub failed_dropped: u64,
    /// Failure tags and refusals.
    pub summary: Summary,
}

impl Tally {
    /// Adds what was counted of the next block, in the order of the input, and returns what is to be
    /// shown of it.
    pub fn add(&mut self, next: Self) -> Vec<String> {
        self.stats.merge(&next.stats);
        if let Some(next) = &next.profile {
            self.profile.get_or_insert_with(Profile::default).merge(next);
        }
        self.written += next.written;
        self.diverted += next.diverted;
        self.failed += next.failed;
        self.failed_dropped += next.failed_dropped;
        self.summary.add(next.summary)
    }

    /// Events written to the output.
    pub const fn rows(&self) -> u64 {
        self.written
    }

    /// Events and lines that are rejects: as many as the rejects have lines.
    pub const fn rejected(&self) -> u64 {
        self.failed + self.failed_dropped + self.refused()
    }

    /// Events and lines that were refused.
    pub const fn refused(&self) -> u64 {
        self.stats.events_refused + self.stats.lines_refused
    }

    /// Checks that every line and event was counted on both sides, here and in the engine.
    ///
    /// # Errors
    ///
    /// Says what does not add up: a bug.
    pub fn check(&self) -> Result<(), String> {
        self.stats.check().map_err(|error: Imbalance| error.to_string())?;
        let pairs = [
            ("events left the filters", self.stats.events_out, self.written + self.diverted),
            ("events and lines were refused", self.refused(), self.summary.refused()),
        ];
        for (what, engine, seen) in pairs {
            if engine != seen {
                return Err(format!("{engine} {what} and {seen} are accounted for"));
            }
        }
        Ok(())
    }
}

impl Processing {
    /// Keeps what the processors need.
    ///
    /// # Errors
    ///
    /// When the options name an input, codec or field that does not exist.
    pub fn new(
        pipeline: &Pipeline,
        mut options: InputOptions,
        writing: Writing,
    ) -> Result<Self, RunError> {
        // Explanations cost time for each failure; only rejects show them.
        options.explain_failures = writing.recorder.is_some();
        let worker = Worker::new(pipeline, &options)?;
        let delimiter = worker.delimiter().to_vec();
        let is_ordered = worker.order() == Order::Ordered;
        let writing = Arc::new(writing);
        let (pipeline, pool) = (pipeline.clone(), Arc::default());
        Ok(Self { pipeline, options, delimiter, is_ordered, writing, pool, is_profiled: false })
    }

    /// Makes a processor.
    ///
    /// # Errors
    ///
    /// None but those that [`Processing::new`] would have met.
    pub fn processor(&self) -> Result<BlockProcessor, RunError> {
        let mut worker = Worker::new(&self.pipeline, &self.options)?;
        if self.is_profiled {
            worker.start_profile(profile::clock());
        }
        let (writing, pool) = (Arc::clone(&self.writing), Arc::clone(&self.pool));
        Ok(BlockProcessor { worker, writing, pool })
    }

    /// Whether one processor must see all blocks in their order.
    pub fn is_ordered(&self) -> bool {
        self.is_ordered
    }

    /// What ends a line.
    pub fn delimiter(&self) -> &[u8] {
        &self.delimiter
    }

    /// How events stand in an output.
    pub fn layout(&self) -> Layout {
        self.writing.formatter.layout().clone()
    }
}

impl BlockProcessor {
    /// Runs a block of a stream; `now` is the clock. Unless the last block of this stream left a line
    /// unfinished ([`Block::ends_line`]), it may follow any block.
    pub fn process(&mut self, block: &Block, stream: &StreamInfo, now: Timestamp) -> BlockResult {
        let tick = Tick { now, seed: seed(&stream.name) };
        let mut taker = Taker::new(&self.writing, &self.pool, &stream.name, now);
        // The stream goes on: a codec may hold what began in the block before.
        let goes_on = block.offset > 0 && self.worker.order() == Order::Ordered;
        if !block.continues_line && !goes_on {
            self.worker.start_stream_at(stream.path.as_deref(), block.first_line, block.offset);
        }
        self.worker.push(&block.bytes, tick, &mut taker);
        if block.is_final {
            self.worker.finish(tick, &mut taker);
        } else if block.is_last {
            self.worker.flush(tick, &mut taker);
        }
        taker.finish(&mut self.worker)
    }

    /// Runs one line, given by its text, that stood at this place of a stream.
    pub fn process_line(
        &mut self,
        text: &str,
        (line, offset): (u64, u64),
        stream: &StreamInfo,
        now: Timestamp,
    ) -> BlockResult {
        let tick = Tick { now, seed: seed(&stream.name) };
        let mut taker = Taker::new(&self.writing, &self.pool, &stream.name, now);
        self.worker.start_stream_at(stream.path.as_deref(), line, offset);
        self.worker.push(text.as_bytes(), tick, &mut taker);
        // An empty line gives nothing by itself; its end is what makes it one.
        if text.is_empty() {
            let delimiter = self.worker.delimiter().to_vec();
            self.worker.push(&delimiter, tick, &mut taker);
        }
        self.worker.flush(tick, &mut taker);
        taker.finish(&mut self.worker)
    }
}

/// Encodes what the worker gives.
struct Taker<'a> {
    writing: &'a Writing,
    name: &'a str,
    now: Timestamp,
    line: LineRejects,
    result: BlockResult,
}

impl<'a> Taker<'a> {
    fn new(writing: &'a Writing, pool: &Arc<Pool>, name: &'a str, now: Timestamp) -> Self {
        let line = LineRejects::default();
        let result = BlockResult { output: pool.take(), ..BlockResult::default() };
        Self { writing, name, now, line, result }
    }

    fn finish(mut self, worker: &mut Worker) -> BlockResult {
        self.line.end_line(&mut self.result.rejects);
        self.result.tally.stats = worker.take_stats();
        self.result.tally.profile = worker.take_profile();
        self.result
    }

    fn reject(&mut self, event: &Event<'_>, outcome: Outcome) {
        self.result.tally.summary.count_failed(event);
        if let Some(recorder) = &self.writing.recorder {
            let rejects = &mut self.result.rejects;
            recorder.failed(self.name, event, outcome, self.now, rejects);
            self.line.note(rejects);
        }
    }
}

impl Sink for Taker<'_> {
    fn event(&mut self, event: &Event<'_>) {
        self.line.at_line(event.origin().offset, &mut self.result.rejects);
        let has_failed = !event.failures().is_empty();
        if has_failed {
            self.result.tally.failed += 1;
            if self.writing.failed == FailedEvents::Divert {
                self.result.tally.diverted += 1;
                self.reject(event, Outcome::Diverted);
                return;
            }
            self.reject(event, Outcome::Kept);
        } else {
            self.line.count_out();
        }
        self.result.tally.written += 1;
        self.writing.formatter.push(event, self.now, &mut self.result.output);
    }

    fn refused(&mut self, refusal: &Refusal<'_, '_>) {
        self.line.at_line(refusal.origin.offset, &mut self.result.rejects);
        self.result.tally.summary.count_refusal(self.name, refusal);
        if let Some(recorder) = &self.writing.recorder {
            let rejects = &mut self.result.rejects;
            recorder.refused(self.name, refusal, self.now, rejects);
            self.line.note(rejects);
        }
    }

    fn dropped(&mut self, event: &Event<'_>) {
        self.line.at_line(event.origin().offset, &mut self.result.rejects);
        if !event.failures().is_empty() {
            self.result.tally.failed_dropped += 1;
            self.reject(event, Outcome::Dropped);
        }
    }
}

/// Random draws depend on the stream, not on when or by whom it is read: FNV-1a of its name.
fn seed(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
