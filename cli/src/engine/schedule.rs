//! Who does what next: the list of sources with their queues, and the choice for a free thread.
//!
//! The order of preference keeps every thread busy and the memory bounded:
//!
//! 1. While fewer blocks wait than there are threads, and another thread is left to process them,
//!    reading comes first: it is what the others wait for.
//! 2. Else the earliest waiting block.
//! 3. Else reading.
//!
//! Reading means the earliest source that nobody reads. The earliest unfinished source may always
//! read when nothing of it is queued, whatever the budget says, so the run always goes on.

use std::{collections::VecDeque, mem};

use super::{Opener, Progress};
use crate::{
    block::{Block, Head, Item, Source},
    buffer::Buffer,
};

/// Bytes of blocks and results that may be in memory before reading pauses.
const BUDGET_BYTES: usize = 32 * 1024 * 1024;
/// How much of the budget a byte of input takes until its results are known: events are longer than
/// their lines.
const INPUT_WEIGHT: usize = 4;
/// Sources that are open beside the earliest, for each thread.
const SOURCES_AHEAD: usize = 2;

/// The state that the threads share.
pub(super) struct Schedule {
    /// Those before `first` are finished.
    sources: Vec<SourceState>,
    /// The head of the stream that was read last, for the end of an ordered run.
    last_head: Option<Head>,
    /// The source whose results are taken.
    first: usize,
    /// Sources before this one are read to their end.
    first_unread: usize,
    threads: usize,
    /// Threads that are reading.
    reading: usize,
    /// Blocks that wait for a thread.
    waiting: usize,
    in_memory: usize,
    is_ordered: bool,
    is_stopped: bool,
    is_lost: bool,
}

/// One source.
struct SourceState {
    reader: Reader,
    /// What was read and is not yet taken.
    queue: VecDeque<Slot>,
    /// Slots that were taken: slot numbers count from the start of the source.
    taken: usize,
    /// The head of the stream being read.
    head: Option<Head>,
    /// Whether the last block read left something unfinished: a line, or in an ordered run the stream.
    is_unfinished: bool,
    /// Where the last block read ended.
    offset: u64,
}

enum Reader {
    Busy,
    Ended,
    Idle(Box<dyn Source>),
    Unopened(Opener),
}

/// One thing in the queue of a source.
#[expect(clippy::large_enum_variant, reason = "there are few at a time, one for a block")]
pub(super) enum Slot {
    /// Ready to be taken.
    Done(Progress),
    /// A thread works on a block of so many bytes.
    Running(usize),
    /// A block that waits for a thread.
    Waiting(Block, Head),
}

/// What a free thread is to do.
pub(super) enum Task {
    Open { source: usize, opener: Opener },
    Process { source: usize, slot: usize, block: Block, head: Head },
    Read { source: usize, reader: Box<dyn Source> },
}

impl Schedule {
    pub(super) fn new(openers: Vec<Opener>, threads: usize, is_ordered: bool) -> Self {
        let sources = openers.into_iter().map(|opener| SourceState {
            reader: Reader::Unopened(opener),
            queue: VecDeque::new(),
            taken: 0,
            head: None,
            is_unfinished: false,
            offset: 0,
        });
        Self {
            sources: sources.collect(),
            last_head: None,
            first: 0,
            first_unread: 0,
            threads,
            reading: 0,
            waiting: 0,
            in_memory: 0,
            is_ordered,
            is_stopped: false,
            is_lost: false,
        }
    }

    pub(super) fn set_threads(&mut self, threads: usize) {
        self.threads = threads;
    }

    pub(super) fn stop(&mut self) {
        self.is_stopped = true;
        // Nobody will ask for what is not being read.
        self.sources.clear();
    }

    pub(super) fn lose(&mut self) {
        self.is_lost = true;
        self.stop();
    }

    /// Chooses what the calling thread does; `pinned` is the slot of a source that it must go on with.
    pub(super) fn choose(&mut self, pinned: Option<(usize, usize)>) -> Option<Task> {
        if let Some((source, slot)) = pinned {
            return self.process_slot(source, slot).or_else(|| self.read(source, true));
        }
        let is_left = self.reading + 1 < self.threads;
        if self.waiting < self.threads
            && is_left
            && let Some(task) = self.read_earliest()
        {
            return Some(task);
        }
        self.process_earliest().or_else(|| self.read_earliest())
    }

    /// Takes in what was read of a source, and the reader unless the source has ended.
    pub(super) fn add(&mut self, index: usize, items: Vec<Item>, reader: Option<Box<dyn Source>>) {
        self.reading -= 1;
        if self.is_stopped {
            return;
        }
        let is_last_source = index + 1 == self.sources.len();
        let source = &mut self.sources[index];
        for item in items {
            match item {
                Item::Block(block) => {
                    let Some(head) = &source.head else { continue };
                    source.is_unfinished = (!block.ends_line || self.is_ordered) && !block.is_last;
                    source.offset = block.offset + block.bytes.len() as u64;
                    self.in_memory += block.bytes.len() * INPUT_WEIGHT;
                    self.waiting += 1;
                    source.queue.push_back(Slot::Waiting(block, head.clone()));
                }
                Item::Error(error) => {
                    self.waiting += source.finish_line(self.is_ordered);
                    source.queue.push_back(Slot::Done(Progress::Error(error)));
                }
                Item::Head(head) => {
                    self.waiting += source.finish_line(self.is_ordered);
                    source.queue.push_back(Slot::Done(Progress::Head(head.clone())));
                    if self.is_ordered {
                        self.last_head = Some(head.clone());
                    }
                    source.head = Some(head);
                }
            }
        }
        source.reader = if let Some(reader) = reader {
            Reader::Idle(reader)
        } else {
            self.waiting += source.finish_line(self.is_ordered);
            if is_last_source && let Some(head) = self.last_head.take() {
                let end = end_block(source.offset, true, true);
                source.queue.push_back(Slot::Waiting(end, head));
                self.waiting += 1;
            }
            source.queue.push_back(Slot::Done(Progress::SourceEnd(index)));
            Reader::Ended
        };
        while self.sources.get(self.first_unread).is_some_and(SourceState::is_read) {
            self.first_unread += 1;
        }
    }

    /// Takes in what became of a block.
    pub(super) fn put(&mut self, source: usize, slot: usize, done: Progress) {
        if self.is_stopped {
            return;
        }
        let source = &mut self.sources[source];
        let at = slot - source.taken;
        if let Slot::Running(bytes) = source.queue[at] {
            self.in_memory -= bytes * INPUT_WEIGHT;
        }
        self.in_memory += weight(&done);
        source.queue[at] = Slot::Done(done);
    }

    /// Takes the next thing in order, if it is ready.
    pub(super) fn take(&mut self) -> Option<Progress> {
        let source = self.sources.get_mut(self.first)?;
        if !matches!(source.queue.front(), Some(Slot::Done(_))) {
            return None;
        }
        let Some(Slot::Done(progress)) = source.queue.pop_front() else { return None };
        source.taken += 1;
        if matches!(progress, Progress::SourceEnd(_)) {
            source.queue = VecDeque::new();
            source.head = None;
            self.first += 1;
        }
        self.in_memory -= weight(&progress);
        Some(progress)
    }

    pub(super) const fn is_stopped(&self) -> bool {
        self.is_stopped
    }

    pub(super) const fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// Whether everything was taken.
    pub(super) fn is_done(&self) -> bool {
        self.first == self.sources.len()
    }

    /// Whether no thread will ever get a task again.
    pub(super) fn is_finished_for_workers(&self) -> bool {
        self.first_unread == self.sources.len() && self.waiting == 0
    }

    fn process_earliest(&mut self) -> Option<Task> {
        if self.waiting == 0 {
            return None;
        }
        let end = self.ahead_end();
        (self.first..end).find_map(|source| self.process(source))
    }

    /// Takes the earliest waiting block of a source that goes on in no line: such a one is for the
    /// thread that has the line's beginning.
    fn process(&mut self, source: usize) -> Option<Task> {
        let state = self.sources.get(source)?;
        let at = state
            .queue
            .iter()
            .position(|slot| matches!(slot, Slot::Waiting(block, _) if !block.continues_line))?;
        self.process_slot(source, state.taken + at)
    }

    /// Takes this block, if it was read.
    fn process_slot(&mut self, source: usize, slot: usize) -> Option<Task> {
        let state = self.sources.get_mut(source)?;
        let place = state.queue.get_mut(slot - state.taken)?;
        match mem::replace(place, Slot::Running(0)) {
            Slot::Waiting(block, head) => {
                self.waiting -= 1;
                *place = Slot::Running(block.bytes.len());
                Some(Task::Process { source, slot, block, head })
            }
            other => {
                *place = other;
                None
            }
        }
    }

    fn read_earliest(&mut self) -> Option<Task> {
        let end = self.ahead_end();
        (self.first_unread..end).find_map(|source| self.read(source, false))
    }

    /// Lets the thread read a source if nobody does. The budget does not stop a thread in the middle
    /// of a line: that thread can do nothing else.
    fn read(&mut self, index: usize, is_pinned: bool) -> Option<Task> {
        let is_full = self.in_memory >= BUDGET_BYTES;
        let state = self.sources.get_mut(index)?;
        let is_next = index == self.first && state.queue.is_empty();
        if is_full && !is_next && !is_pinned {
            return None;
        }
        match mem::replace(&mut state.reader, Reader::Busy) {
            Reader::Idle(reader) => {
                self.reading += 1;
                Some(Task::Read { source: index, reader })
            }
            Reader::Unopened(opener) => {
                self.reading += 1;
                Some(Task::Open { source: index, opener })
            }
            other => {
                state.reader = other;
                None
            }
        }
    }

    /// The end of the range of sources that may be open.
    fn ahead_end(&self) -> usize {
        let ahead = if self.is_ordered { 1 } else { 1 + SOURCES_AHEAD * self.threads };
        self.sources.len().min(self.first_unread + ahead)
    }
}

impl SourceState {
    fn is_read(&self) -> bool {
        matches!(self.reader, Reader::Ended)
    }

    /// Ends a stream whose last line has no end, or any stream of an ordered run, and returns how many
    /// blocks that takes.
    fn finish_line(&mut self, is_ordered: bool) -> usize {
        let Some(head) = self.head.take_if(|_| self.is_unfinished) else { return 0 };
        self.is_unfinished = false;
        let end = end_block(self.offset, is_ordered, false);
        self.queue.push_back(Slot::Waiting(end, head));
        1
    }
}

/// A block without bytes behind the others of a stream. In an ordered run there is one thread, and any may go
/// on with what it has begun.
fn end_block(offset: u64, is_ordered: bool, is_final: bool) -> Block {
    Block {
        bytes: Buffer::default(),
        first_line: 0,
        offset,
        continues_line: !is_ordered,
        ends_line: true,
        is_last: true,
        is_final,
        is_idle: false,
    }
}

/// Bytes that a result keeps in memory.
fn weight(progress: &Progress) -> usize {
    match progress {
        Progress::Block(done) => done.output.capacity() + done.rejects.capacity(),
        Progress::Error(_) | Progress::Head(_) | Progress::SourceEnd(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::process::StreamInfo;

    struct Nothing;

    impl Source for Nothing {
        fn next(&mut self) -> Option<Item> {
            None
        }
    }

    fn schedule(sources: usize, threads: usize, is_ordered: bool) -> Schedule {
        let opener = |_| -> Opener { Box::new(|| Box::new(Nothing)) };
        Schedule::new((0..sources).map(opener).collect(), threads, is_ordered)
    }

    fn head() -> Item {
        let info = StreamInfo { index: 0, name: "a".to_owned(), path: None };
        let relative = std::path::PathBuf::from("a");
        Item::Head(Head { info: Arc::new(info), relative, modified: None, is_live: false })
    }

    fn block(offset: u64, continues_line: bool, ends_line: bool) -> Item {
        let bytes = vec![0; 10].into();
        let (first_line, is_last, is_final, is_idle) = (1, false, false, false);
        Item::Block(Block {
            bytes,
            first_line,
            offset,
            continues_line,
            ends_line,
            is_last,
            is_final,
            is_idle,
        })
    }

    /// Reads one source to its end, as one thread, and gives these items.
    fn read(schedule: &mut Schedule, items: Vec<Item>) -> usize {
        let Some(Task::Open { source, .. }) = schedule.choose(None) else { panic!("no reading") };
        schedule.add(source, items, None);
        source
    }

    fn offset(task: Option<Task>) -> Option<u64> {
        match task {
            Some(Task::Process { block, .. }) => Some(block.offset),
            Some(Task::Open { .. } | Task::Read { .. }) | None => None,
        }
    }

    #[test]
    fn line_in_several_blocks_stays_with_its_thread() {
        let mut schedule = schedule(1, 2, false);
        read(
            &mut schedule,
            vec![
                head(),
                block(0, false, false),
                block(10, true, false),
                block(20, true, true),
                block(30, false, false),
                block(40, true, true),
            ],
        );
        // Slot 0 is the head.
        assert_eq!(offset(schedule.choose(None)), Some(0));
        assert_eq!(offset(schedule.choose(None)), Some(30), "the other thread takes the next line");
        assert_eq!(offset(schedule.choose(Some((0, 5)))), Some(40), "and goes on with it");
        assert_eq!(offset(schedule.choose(Some((0, 2)))), Some(10));
        assert_eq!(offset(schedule.choose(Some((0, 3)))), Some(20));
    }

    #[test]
    fn line_without_end_is_ended_by_its_thread() {
        let mut schedule = schedule(1, 2, false);
        read(&mut schedule, vec![head(), block(0, false, false)]);
        assert_eq!(offset(schedule.choose(None)), Some(0));
        let Some(Task::Process { block, .. }) = schedule.choose(Some((0, 2))) else {
            panic!("no end")
        };
        assert!(block.is_last && block.continues_line && block.bytes.is_empty());
        assert_eq!(block.offset, 10);
    }

    #[test]
    fn ordered_pipeline_reads_one_source_after_the_other() {
        let mut schedule = schedule(2, 1, true);
        assert!(matches!(schedule.choose(None), Some(Task::Open { source: 0, .. })));
        assert!(schedule.choose(None).is_none(), "the second source waits for the first");
        schedule.add(0, vec![head(), block(0, false, true)], None);
        assert_eq!(offset(schedule.choose(None)), Some(0));
        assert_eq!(offset(schedule.choose(None)), Some(10), "the stream is ended");
        assert!(matches!(schedule.choose(None), Some(Task::Open { source: 1, .. })));
    }

    #[test]
    fn every_stream_of_an_ordered_run_is_ended_and_the_run_once() {
        let mut schedule = schedule(2, 1, true);
        for source in 0..2 {
            assert!(matches!(schedule.choose(None), Some(Task::Open { .. })));
            schedule.add(source, vec![head(), block(0, false, true)], None);
            let mut ends = Vec::new();
            while schedule.waiting > 0 {
                let Some(Task::Process { block, slot, .. }) = schedule.choose(None) else {
                    panic!("no block")
                };
                ends.push((block.offset, block.is_last, block.is_final));
                schedule.put(source, slot, Progress::SourceEnd(9));
            }
            let stream = [(0, false, false), (10, true, false), (10, true, true)];
            assert_eq!(ends, stream[..2 + source]);
        }
    }

    #[test]
    fn other_sources_are_read_ahead() {
        let mut schedule = schedule(3, 2, false);
        assert!(matches!(schedule.choose(None), Some(Task::Open { source: 0, .. })));
        assert!(matches!(schedule.choose(None), Some(Task::Open { source: 1, .. })));
    }

    #[test]
    fn full_memory_stops_all_but_the_first_source() {
        let mut schedule = schedule(2, 2, false);
        schedule.in_memory = BUDGET_BYTES;
        assert!(matches!(schedule.choose(None), Some(Task::Open { source: 0, .. })));
        assert!(schedule.choose(None).is_none());
    }
}
