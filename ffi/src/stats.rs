//! Counters.

use sawlog::arrow::BatchBuilder;

use crate::handle::{Sized0, call, shared, structure};
use crate::status::{SAWLOG_BAD_VALUE, Status};
use crate::types::Str;
use crate::worker::Worker;

/// What a worker has done since it was made. Nothing is lost without a count:
///
/// `lines` = `events_decoded` + `lines_merged` + `lines_refused` + `lines_without_event` - `events_beyond_first`, and
/// `events_decoded` + `events_created` = `events_out` + `events_dropped` + `events_refused`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct StatsView {
    /// `sizeof(sawlog_stats)`, to be set before the call.
    pub struct_size: usize,
    /// Bytes taken in.
    pub bytes_in: u64,
    /// Lines read, refused ones included.
    pub lines: u64,
    /// Lines refused because they are too long, and texts handed in that are no event.
    pub lines_refused: u64,
    /// Lines that became part of an event that another line began.
    pub lines_merged: u64,
    /// Lines that hold no event and are no error.
    pub lines_without_event: u64,
    /// Events beyond the first of the same line.
    pub events_beyond_first: u64,
    /// Events that codecs made, or that were handed in.
    pub events_decoded: u64,
    /// Events that filters made of others.
    pub events_created: u64,
    /// Events that left the last filter.
    pub events_out: u64,
    /// Events that a filter dropped.
    pub events_dropped: u64,
    /// Events that a condition refused.
    pub events_refused: u64,
    /// Dates without a year that got one from the clock.
    pub years_guessed: u64,
    /// Events with values that have no place in the columns, with `drop_rest`.
    pub events_left_out: u64,
}

// SAFETY: repr(C), begins with the size, numbers only.
unsafe impl Sized0 for StatsView {
    const FIRST_BYTES: usize = size_of::<Self>();
}

/// What one filter of a worker has done. Its texts live until the worker's next call.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct FilterStatsView {
    /// `sizeof(sawlog_filter_stats)`, to be set before the call.
    pub struct_size: usize,
    /// The plugin's name.
    pub name: Str,
    /// Its id; missing when the config sets none.
    pub id: Str,
    /// Events that came in.
    pub events_in: u64,
    /// Events to which the common options applied.
    pub matched: u64,
    /// Events on which the filter failed.
    pub failed: u64,
}

// SAFETY: repr(C), begins with the size, numbers and pointers only.
unsafe impl Sized0 for FilterStatsView {
    const FIRST_BYTES: usize = size_of::<Self>();
}

/// Tells what a worker has done.
///
/// Effect: `*stats` is filled. Threads: one at a time for each worker. Statuses: `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_STRUCT_SIZE`,
/// `SAWLOG_BUSY`, `SAWLOG_PANICKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_worker_stats(worker: *mut Worker, stats: *mut StatsView) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (worker, stats) = unsafe { (shared(worker)?, structure(stats)?) };
        let state = worker.0.enter()?;
        let found = state.converter.worker().stats();
        stats.set(&StatsView {
            struct_size: size_of::<StatsView>(),
            bytes_in: found.bytes_in,
            lines: found.lines,
            lines_refused: found.lines_refused,
            lines_merged: found.lines_merged,
            lines_without_event: found.lines_without_event,
            events_beyond_first: found.events_beyond_first,
            events_decoded: found.events_decoded,
            events_created: found.events_created,
            events_out: found.events_out,
            events_dropped: found.events_dropped,
            events_refused: found.events_refused,
            years_guessed: found.years_guessed,
            events_left_out: state.converter.batches().map_or(0, BatchBuilder::left_out),
        });
        Ok(())
    })
}

/// Tells what one filter of a worker has done, from 0, in the config's order.
///
/// Effect: `*stats` is filled. Threads: one at a time for each worker. Statuses: `SAWLOG_BAD_VALUE` for an index that is too large,
/// else as `sawlog_worker_stats`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_worker_filter_stats(
    worker: *mut Worker,
    index: usize,
    stats: *mut FilterStatsView,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (worker, stats) = unsafe { (shared(worker)?, structure(stats)?) };
        let state = worker.0.enter()?;
        let filters = &state.converter.worker().stats().filters;
        let found = filters.get(index).ok_or(Status(SAWLOG_BAD_VALUE))?;
        stats.set(&FilterStatsView {
            struct_size: size_of::<FilterStatsView>(),
            name: Str::new(found.name),
            id: Str::of(found.id.as_deref()),
            events_in: found.events_in,
            matched: found.matched,
            failed: found.failed,
        });
        Ok(())
    })
}
