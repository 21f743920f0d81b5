//! The parallel engine of a conversion: sources in, results out in the order of the input.
//!
//! Worker threads share one list of sources. A free thread takes the earliest block that waits, or
//! reads (and decodes) the next block of the earliest source that nobody reads; which of the two is
//! [`schedule`]'s choice. The thread that owns the [`Engine`] takes what is finished, in order.
//! Nothing of what comes out depends on the number of threads or on who did what.

mod schedule;

use std::{
    io,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use sawlog::{RunError, Timestamp};

use self::schedule::{Schedule, Task};
use crate::{
    block::{Block, Head, Item, Source, StreamError},
    host,
    output::{Packing, Piece},
    process::{BlockProcessor, Processing, Tally},
};

/// Makes a source when its turn comes, and not before: opening takes a file handle.
pub type Opener = Box<dyn FnOnce() -> Box<dyn Source> + Send>;

/// The clock of the events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// One time for the whole run.
    Fixed(Timestamp),
    /// The time of the run's start; the machine's clock for streams that are made as they are read.
    Machine(Timestamp),
    /// The time at which each stream was last changed, or else this time.
    Modified(Timestamp),
}

/// How events and rejects are compressed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Packings {
    /// The events.
    pub output: Packing,
    /// The rejects.
    pub rejects: Packing,
}

/// What comes out of the engine, for each source in turn: its streams, and its end.
#[expect(clippy::large_enum_variant, reason = "there are few at a time, one for a block")]
#[derive(Debug)]
pub enum Progress {
    /// A block is done.
    Block(Done),
    /// An error: of the stream, whose end it is, or of a source that gave none.
    Error(StreamError),
    /// A stream begins.
    Head(Head),
    /// The source with this number has ended.
    SourceEnd(usize),
}

/// What became of a block.
#[derive(Debug)]
pub struct Done {
    /// The events, as they go to the output.
    pub output: Piece,
    /// The rejects, as they go to their file.
    pub rejects: Piece,
    /// What was counted.
    pub tally: Tally,
    /// The place in the stream up to which all is done, and whether a line ends there.
    pub until: u64,
    /// Whether a line ends there.
    pub ends_line: bool,
    /// Whether the source had no more for the moment.
    pub is_idle: bool,
}

/// What [`Engine::next`] found.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "taken apart at once")]
pub enum Next {
    /// The next thing in order.
    Progress(Progress),
    /// Everything is done.
    End,
    /// [`Stop`] was asked for.
    Stopped,
    /// A worker thread is gone by a fault of the program's own.
    Lost,
}

/// A run under way.
#[derive(Debug)]
pub struct Engine {
    shared: Arc<Shared>,
}

/// Stops a run from any thread.
#[derive(Debug, Clone)]
pub struct Stop(Arc<Shared>);

struct Shared {
    schedule: Mutex<Schedule>,
    /// Something to do for the workers.
    work: Condvar,
    /// Something to take for the owner of the engine.
    done: Condvar,
    clock: Clock,
    packings: Packings,
    bytes_read: AtomicU64,
}

impl Engine {
    /// Starts `jobs` threads on the sources.
    ///
    /// `is_ordered` is for pipelines whose events must go through one worker, in order.
    ///
    /// # Errors
    ///
    /// When no thread can be started, or no processor made.
    pub fn start(
        sources: Vec<Opener>,
        processing: &Processing,
        jobs: usize,
        is_ordered: bool,
        clock: Clock,
        packings: Packings,
    ) -> io::Result<Self> {
        let jobs = if is_ordered { 1 } else { jobs };
        let shared = Arc::new(Shared {
            schedule: Mutex::new(Schedule::new(sources, jobs, is_ordered)),
            work: Condvar::new(),
            done: Condvar::new(),
            clock,
            packings,
            bytes_read: AtomicU64::new(0),
        });
        let mut started = 0;
        for number in 0..jobs {
            let processor = processing.processor().map_err(|error| fault(&error))?;
            let theirs = Arc::clone(&shared);
            let builder = thread::Builder::new().name(format!("worker {number}"));
            let spawned = builder.spawn(move || Thread { shared: theirs, processor }.run());
            match spawned {
                Ok(_) => started += 1,
                // Fewer threads than asked for give the same output.
                Err(_) if started > 0 => break,
                Err(error) => return Err(error),
            }
        }
        shared.lock().set_threads(started);
        Ok(Self { shared })
    }

    /// Returns a handle that stops the run.
    pub fn stop(&self) -> Stop {
        Stop(Arc::clone(&self.shared))
    }

    /// Bytes of blocks that were read so far, decoded.
    pub fn bytes_read(&self) -> u64 {
        self.shared.bytes_read.load(Ordering::Relaxed)
    }

    /// Takes the next thing in order; calls `idle` once before it has to wait.
    pub fn next(&self, idle: &mut dyn FnMut()) -> Next {
        let mut schedule = self.shared.lock();
        let mut is_idle = false;
        loop {
            if schedule.is_stopped() {
                return Next::Stopped;
            }
            if schedule.is_lost() {
                return Next::Lost;
            }
            if let Some(progress) = schedule.take() {
                drop(schedule);
                self.shared.work.notify_all();
                return Next::Progress(progress);
            }
            if schedule.is_done() {
                return Next::End;
            }
            if is_idle {
                schedule = wait(&self.shared.done, schedule);
            } else {
                is_idle = true;
                drop(schedule);
                idle();
                schedule = self.shared.lock();
            }
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.stop().stop();
    }
}

impl Stop {
    /// Ends the run as soon as the blocks in work are done; what waits is left.
    pub fn stop(&self) {
        self.0.lock().stop();
        self.0.work.notify_all();
        self.0.done.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Schedule> {
        // A thread that panics with the lock held has marked the run as lost.
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("clock", &self.clock).finish_non_exhaustive()
    }
}

/// One worker thread.
struct Thread {
    shared: Arc<Shared>,
    processor: BlockProcessor,
}

impl Thread {
    fn run(mut self) {
        let _guard = Guard(Arc::clone(&self.shared));
        let shared = Arc::clone(&self.shared);
        // The source and the slot where the line goes on that this thread's processor is in.
        let mut pinned = None;
        let mut schedule = shared.lock();
        loop {
            if schedule.is_stopped() {
                return;
            }
            match schedule.choose(pinned) {
                Some(Task::Open { source, opener }) => {
                    drop(schedule);
                    let opened = opener();
                    schedule = self.read(source, opened);
                }
                Some(Task::Read { source, reader }) => {
                    drop(schedule);
                    schedule = self.read(source, reader);
                }
                Some(Task::Process { source, slot, block, head }) => {
                    drop(schedule);
                    let is_unfinished = !block.ends_line && !block.is_last;
                    pinned = is_unfinished.then_some((source, slot + 1));
                    let done = self.process(&block, &head);
                    schedule = shared.lock();
                    schedule.put(source, slot, done);
                    shared.done.notify_all();
                }
                None => {
                    if schedule.is_finished_for_workers() {
                        return;
                    }
                    schedule = wait(&shared.work, schedule);
                }
            }
        }
    }

    /// Reads up to the next block, or to the end.
    fn read(&self, source: usize, mut reader: Box<dyn Source>) -> MutexGuard<'_, Schedule> {
        let mut items = Vec::new();
        let is_end = loop {
            match reader.next() {
                None => break true,
                Some(item) => {
                    let is_block = matches!(&item, Item::Block(_));
                    if let Item::Block(block) = &item {
                        self.shared
                            .bytes_read
                            .fetch_add(block.bytes.len() as u64, Ordering::Relaxed);
                    }
                    items.push(item);
                    if is_block {
                        break false;
                    }
                }
            }
        };
        let mut schedule = self.shared.lock();
        schedule.add(source, items, (!is_end).then_some(reader));
        self.shared.work.notify_all();
        self.shared.done.notify_all();
        schedule
    }

    fn process(&mut self, block: &Block, head: &Head) -> Progress {
        let now = match self.shared.clock {
            Clock::Machine(_) if head.is_live => host::now(),
            Clock::Fixed(now) | Clock::Machine(now) => now,
            Clock::Modified(now) => head.modified.map_or(now, host::timestamp),
        };
        let result = self.processor.process(block, &head.info, now);
        Progress::Block(Done {
            output: self.shared.packings.output.piece(result.output),
            rejects: self.shared.packings.rejects.piece(result.rejects),
            tally: result.tally,
            until: block.offset + block.bytes.len() as u64,
            ends_line: block.ends_line || block.is_last,
            is_idle: block.is_idle,
        })
    }
}

/// Tells the others when a thread ends by a panic, so that nobody waits for it.
struct Guard(Arc<Shared>);

impl Drop for Guard {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.lock().lose();
            self.0.work.notify_all();
            self.0.done.notify_all();
        }
    }
}

fn wait<'a>(condvar: &Condvar, schedule: MutexGuard<'a, Schedule>) -> MutexGuard<'a, Schedule> {
    condvar.wait(schedule).unwrap_or_else(PoisonError::into_inner)
}

fn fault(error: &RunError) -> io::Error {
    io::Error::other(error.to_string())
}
