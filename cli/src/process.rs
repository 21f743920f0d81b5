//! One block of a stream to the bytes of its events, its rejects and what there is to count.
//!
//! The seam between the scheduler and what a conversion writes: the scheduler hands blocks to
//! [`BlockProcessor`]s, one per thread, and writes and adds up their results in the order of the
//! input.

use sawlog::{
    Event, InputOptions, Pipeline, Refusal, RunError, Sink, Stats, Tick, Timestamp, Worker,
};

use crate::{block::Block, summary::Summary};

/// What all processors of a run share.
#[derive(Debug)]
pub struct Processing {
    pipeline: Pipeline,
    options: InputOptions,
    delimiter: Vec<u8>,
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
    counted: Stats,
}

/// What became of a block.
#[derive(Debug, Default)]
pub struct BlockResult {
    /// The encoded events.
    pub output: Vec<u8>,
    /// The encoded rejects.
    pub rejects: Vec<u8>,
    /// What was counted.
    pub tally: Tally,
}

/// What was counted in one block; added up in a [`Summary`].
#[derive(Debug, Default)]
pub struct Tally {
    /// What the engine did.
    pub stats: Stats,
    /// Failure tags and refusals.
    pub summary: Summary,
}

impl Tally {
    /// Adds what was counted of the next block, in the order of the input, and returns what is to be
    /// shown of it.
    pub fn add(&mut self, next: Self) -> Vec<String> {
        add(&mut self.stats, &next.stats);
        self.summary.add(next.summary)
    }

    /// Returns the closing text of a run.
    pub fn text(&self) -> String {
        self.summary.text(&self.stats)
    }

    /// Events written to the output.
    pub const fn rows(&self) -> u64 {
        self.stats.events_out
    }

    /// Events and lines that are rejects.
    pub const fn rejected(&self) -> u64 {
        self.stats.events_refused + self.stats.lines_refused
    }
}

impl Processing {
    /// Keeps what the processors need.
    ///
    /// # Errors
    ///
    /// When the options name an input, codec or field that does not exist.
    pub fn new(pipeline: &Pipeline, options: InputOptions) -> Result<Self, RunError> {
        let delimiter = Worker::new(pipeline, &options)?.delimiter().to_vec();
        Ok(Self { pipeline: pipeline.clone(), options, delimiter })
    }

    /// Makes a processor.
    ///
    /// # Errors
    ///
    /// None but those that [`Processing::new`] would have met.
    pub fn processor(&self) -> Result<BlockProcessor, RunError> {
        let worker = Worker::new(&self.pipeline, &self.options)?;
        let counted = worker.stats().clone();
        Ok(BlockProcessor { worker, counted })
    }

    /// What ends a line.
    pub fn delimiter(&self) -> &[u8] {
        &self.delimiter
    }

    /// How events stand in an output.
    pub fn layout(&self) -> Layout {
        Layout { extension: "ndjson", ..Layout::default() }
    }
}

impl BlockProcessor {
    /// Runs a block of a stream; `now` is the clock. Unless the last block of this stream left a line
    /// unfinished ([`Block::ends_line`]), it may follow any block.
    pub fn process(&mut self, block: &Block, stream: &StreamInfo, now: Timestamp) -> BlockResult {
        let tick = Tick { now, seed: seed(&stream.name) };
        let mut taker = Taker { name: &stream.name, result: BlockResult::default() };
        if !block.continues_line {
            self.worker.start_stream_at(stream.path.as_deref(), block.first_line, block.offset);
        }
        self.worker.push(&block.bytes, tick, &mut taker);
        if block.is_last {
            self.worker.flush(tick, &mut taker);
        }
        let mut result = taker.result;
        result.tally.stats = difference(self.worker.stats(), &self.counted);
        self.counted = self.worker.stats().clone();
        result
    }
}

/// Encodes what the worker gives.
struct Taker<'a> {
    name: &'a str,
    result: BlockResult,
}

impl Sink for Taker<'_> {
    fn event(&mut self, event: &Event<'_>) {
        self.result.tally.summary.count_event(event);
        event.write_json(&mut self.result.output);
        self.result.output.push(b'\n');
    }

    fn refused(&mut self, refusal: &Refusal<'_, '_>) {
        self.result.tally.summary.count_refusal(self.name, refusal);
    }
}

/// Random draws depend on the stream, not on when or by whom it is read: FNV-1a of its name.
fn seed(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Adds counters of the same pipeline, or of none.
fn add(stats: &mut Stats, next: &Stats) {
    stats.bytes_in += next.bytes_in;
    stats.lines += next.lines;
    stats.lines_refused += next.lines_refused;
    stats.events_decoded += next.events_decoded;
    stats.events_created += next.events_created;
    stats.events_out += next.events_out;
    stats.events_dropped += next.events_dropped;
    stats.events_refused += next.events_refused;
    if stats.filters.is_empty() {
        stats.filters.clone_from(&next.filters);
        return;
    }
    for (filter, next) in stats.filters.iter_mut().zip(&next.filters) {
        filter.events_in += next.events_in;
        filter.matched += next.matched;
        filter.failed += next.failed;
    }
}

/// Subtracts counters that only grow.
fn difference(stats: &Stats, before: &Stats) -> Stats {
    let mut stats = stats.clone();
    stats.bytes_in -= before.bytes_in;
    stats.lines -= before.lines;
    stats.lines_refused -= before.lines_refused;
    stats.events_decoded -= before.events_decoded;
    stats.events_created -= before.events_created;
    stats.events_out -= before.events_out;
    stats.events_dropped -= before.events_dropped;
    stats.events_refused -= before.events_refused;
    for (filter, before) in stats.filters.iter_mut().zip(&before.filters) {
        filter.events_in -= before.events_in;
        filter.matched -= before.matched;
        filter.failed -= before.failed;
    }
    stats
}
