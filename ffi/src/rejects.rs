//! Rejects: what was refused, and events on which something failed.

use sawlog::RejectOutcome;

use crate::handle::{Sized0, call, out, shared, structure};
use crate::status::{SAWLOG_END, Status};
use crate::types::Str;
use crate::worker::Worker;

/// The event is in the output too.
pub const SAWLOG_OUTCOME_KEPT: i32 = 1;
/// A filter dropped the event.
pub const SAWLOG_OUTCOME_DROPPED: i32 = 2;
/// It cannot become output.
pub const SAWLOG_OUTCOME_REFUSED: i32 = 3;

/// One reject. Its texts live until the worker's next call.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct RejectView {
    /// `sizeof(sawlog_reject)`, to be set before the call.
    pub struct_size: usize,
    /// `SAWLOG_OUTCOME_…`: what became of it.
    pub outcome: i32,
    /// 1 when `filter` is a place, else 0.
    pub has_filter: i32,
    /// The first filter that failed, for `sawlog_pipeline_filter`.
    pub filter: usize,
    /// A stable word: `codec`, `filter`, `condition`, `damaged`, `line_too_long`, `no_event`, `not_bulk`.
    pub kind: Str,
    /// Why, in words.
    pub reason: Str,
    /// Why the filter failed; missing unless the worker was made with `explain_failures` and the filter knows.
    pub explanation: Str,
    /// The stream's name; may be missing.
    pub path: Str,
    /// The line, without its end; of an over-long one the first KiB.
    pub text: Str,
    /// The line's number in its stream, from 1; 0 when the event came from no line.
    pub line: u64,
    /// The line's byte offset in its stream.
    pub offset: u64,
    /// The source of the config that the filter, or the condition that refused, stands in; may be missing.
    pub source: Str,
    /// Its line there, from 1.
    pub source_line: usize,
    /// Its column there, in characters, from 1.
    pub source_column: usize,
}

// SAFETY: repr(C), begins with the size, numbers and pointers only.
unsafe impl Sized0 for RejectView {
    const FIRST_BYTES: usize = size_of::<Self>();
}

/// Takes the oldest reject that is kept.
///
/// Effect: `*reject` is filled, and the worker has one less. Which are kept, the worker's options say. Ownership: the texts belong to the
/// worker and live until its next call. Threads: one at a time for each worker. Statuses: `SAWLOG_END` when there is none,
/// `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_STRUCT_SIZE`, `SAWLOG_BUSY`, `SAWLOG_PANICKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_worker_next_reject(
    worker: *mut Worker,
    reject: *mut RejectView,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (worker, reject) = unsafe { (shared(worker)?, structure(reject)?) };
        let mut state = worker.0.enter()?;
        state.reject = None;
        let found = state.converter.take_reject().ok_or(Status(SAWLOG_END))?;
        let found = state.reject.insert(found);
        let position = found.position.as_ref();
        reject.set(&RejectView {
            struct_size: size_of::<RejectView>(),
            outcome: match found.outcome {
                RejectOutcome::Kept => SAWLOG_OUTCOME_KEPT,
                RejectOutcome::Dropped => SAWLOG_OUTCOME_DROPPED,
                RejectOutcome::Refused => SAWLOG_OUTCOME_REFUSED,
            },
            has_filter: i32::from(found.filter.is_some()),
            filter: found.filter.unwrap_or(0),
            kind: Str::new(found.kind),
            reason: Str::new(&found.reason),
            explanation: Str::of(found.explanation.as_deref()),
            path: Str::of(found.stream.as_deref()),
            text: Str::new(&found.text),
            line: found.line,
            offset: found.offset,
            source: Str::of(position.map(|at| &*at.source)),
            source_line: position.map_or(0, |at| at.line),
            source_column: position.map_or(0, |at| at.column),
        });
        Ok(())
    })
}

/// Counts the rejects that are kept: `*count`.
///
/// Threads: one at a time for each worker. Statuses: `SAWLOG_BAD_POINTER`, `SAWLOG_BUSY`, `SAWLOG_PANICKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_worker_reject_count(worker: *mut Worker, count: *mut usize) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (worker, count) = unsafe { (shared(worker)?, out(count)?) };
        count.set(worker.0.enter()?.converter.reject_count());
        Ok(())
    })
}
