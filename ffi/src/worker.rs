//! Workers: all that changes while a pipeline runs.

use core::ffi::{c_char, c_void};
use core::mem::MaybeUninit;
use std::sync::Arc;

use sawlog::arrow::{BatchBuilder, BatchOptions, Rest};
use sawlog::{
    ConvertError, Converter, ConverterOptions, Encoder, EscapeStyle, InputOptions, Metadata, Order,
    Rejects, RunError, Snapshot, limits,
};

use crate::arrow::{ArrowSchema, Unusable, read_schema};
use crate::diagnostics::Diagnostics;
use crate::event::NodesView;
use crate::handle::{
    Exclusive, Freed, Out, OutStruct, Sized0, bytes, call, free, member, optional_structure, out,
    room, shared, text,
};
use crate::pipeline::Pipeline;
use crate::status::{
    Result, SAWLOG_BAD_LENGTH, SAWLOG_BAD_VALUE, SAWLOG_END, SAWLOG_EVENT_TOO_LARGE,
    SAWLOG_OTHER_PIPELINE, SAWLOG_OUTPUT_FULL, Status,
};
use crate::types::{Str, nanoseconds, tick};

/// One JSON object a line, without `@metadata`: the default.
pub const SAWLOG_FORMAT_NDJSON: i32 = 0;
/// As `SAWLOG_FORMAT_NDJSON`, with `@metadata` as the last field unless it is empty.
pub const SAWLOG_FORMAT_NDJSON_METADATA: i32 = 1;
/// JSON objects with nothing between them.
pub const SAWLOG_FORMAT_JSON: i32 = 2;
/// CSV with a line of names first; `fields` are the columns.
pub const SAWLOG_FORMAT_CSV: i32 = 3;
/// Logstash's indented form for people.
pub const SAWLOG_FORMAT_RUBYDEBUG: i32 = 4;
/// A `MessagePack` map for each event, with nothing between them.
pub const SAWLOG_FORMAT_MSGPACK: i32 = 5;
/// Record batches, which `sawlog_worker_pull_arrow` gives; there is no output in bytes.
pub const SAWLOG_FORMAT_ARROW: i32 = 6;

/// No reject is kept; they are counted all the same.
pub const SAWLOG_REJECTS_NONE: i32 = 0;
/// What was refused is kept until `sawlog_worker_next_reject` takes it.
pub const SAWLOG_REJECTS_REFUSED: i32 = 1;
/// Events on which something failed, too; these are in the output as well, unless a filter dropped them.
pub const SAWLOG_REJECTS_FAILED: i32 = 2;

/// Runs one stream of bytes through a pipeline; one thread at a time. A second thread is turned away with `SAWLOG_BUSY`.
#[derive(Debug)]
pub struct Worker(pub(crate) Exclusive<State>);

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) converter: Converter,
    /// The reject that was given last, whose texts the caller may still read.
    pub(crate) reject: Option<sawlog::Reject>,
}

impl Freed for Worker {
    fn check_free(&self) -> Result {
        self.0.check_free()
    }
}

/// How a worker reads and writes. Zeros are the defaults.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct WorkerOptions {
    /// `sizeof(sawlog_worker_options)`.
    pub struct_size: usize,
    /// `SAWLOG_FORMAT_…`: how events are written.
    pub format: i32,
    /// `SAWLOG_REJECTS_…`: which rejects are kept.
    pub rejects: i32,
    /// Not 0: codecs do not keep the text as `[event][original]`.
    pub drop_original: i32,
    /// Not 0: filters that fail say why, in their rejects; takes time for each failure.
    pub explain_failures: i32,
    /// Which of the pipeline's inputs gives codec, type, tags and fields, from 1; 0 for none, which gives lines.
    pub input: usize,
    /// A codec as in a config instead of the input's: `json`, `multiline { pattern => "^ " what => "previous" }`; may be missing.
    pub codec: Str,
    /// The stream's name, which becomes `[log][file][path]`, or `path` without ECS; may be missing.
    pub path: Str,
    /// A codec that writes, as in a config, instead of `format`; may be missing.
    pub output_codec: Str,
    /// The fields that are written, as references separated by line ends, for NDJSON, JSON and CSV; missing for all.
    pub fields: Str,
    /// Bytes of the longest line that is read; 0 is 10 MiB.
    pub max_line_bytes: usize,
    /// Bytes of output and rejects that may wait before `sawlog_worker_push` takes nothing more in; 0 is 1 MiB. What 64 KiB of
    /// input give may lie above it.
    pub max_pending_bytes: usize,
    /// Fields that are set on every event, and their texts: field references as names. `set_count` of them; may be NULL.
    pub set: *const Pair,
    /// The number of pairs in `set`.
    pub set_count: usize,
    /// `ARROW`: the columns, as a struct of formats `b`, `g`, `l`, `u`, `tss:UTC`, `tsm:UTC`, `tsu:UTC`, `tsn:UTC`, `+l` of one of
    /// these, and `+s`; only read. NULL: the first batch decides, and has all fields of its events as columns.
    pub columns: *const ArrowSchema,
    /// `ARROW`: events of a batch; 0 is 16,384.
    pub batch_events: usize,
    /// `ARROW`: bytes of texts after which a batch ends before it has as many events; 0 is 32 MiB, 1 GiB the most.
    pub batch_bytes: usize,
    /// `ARROW`: not 0: values that have no place in the columns are left out (`events_left_out` counts the events) instead of standing,
    /// as a JSON object, in the last column, `_rest`.
    pub drop_rest: i32,
    /// No meaning; 0.
    pub reserved: i32,
}

/// A name and a text. The struct has no size at its head, as it stands in arrays.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Pair {
    /// The name.
    pub name: Str,
    /// The text.
    pub value: Str,
}

// SAFETY: repr(C), begins with the size, numbers and pointers only.
unsafe impl Sized0 for WorkerOptions {
    const FIRST_BYTES: usize = size_of::<Self>();
}

/// Makes a worker at the start of a stream.
///
/// Effect: `*worker` is the new handle; nothing of `pipeline` and `options` (may be NULL) is needed any more. `diagnostics` may be
/// NULL; else `*diagnostics` is a new list when codec, input, format or fields cannot be used, and NULL if they can. Ownership: both
/// are the caller's. Threads: any number may make workers of one pipeline; each worker is used by one at a time. Statuses:
/// `SAWLOG_BAD_CONFIG`, `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_STRUCT_SIZE`, `SAWLOG_BAD_VALUE`, `SAWLOG_BAD_UTF8`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_worker_new(
    pipeline: *const Pipeline,
    options: *const WorkerOptions,
    worker: *mut *mut Worker,
    diagnostics: *mut *mut Diagnostics,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (pipeline, given, worker) =
            unsafe { (shared(pipeline)?, crate::handle::options(options)?, out(worker)?) };
        // SAFETY: as above.
        let texts = unsafe {
            [
                member(given.codec)?,
                member(given.path)?,
                member(given.output_codec)?,
                member(given.fields)?,
            ]
        };
        // SAFETY: as above.
        let set = unsafe { pairs(given.set, given.set_count) }?;
        let mut made = None;
        // SAFETY: as above.
        unsafe {
            Diagnostics::collect(diagnostics, || {
                Ok(converter(&pipeline.0, &given, texts, set)?.map(|found| made = Some(found)))
            })?;
        }
        let converter = made.ok_or(Status(SAWLOG_BAD_VALUE))?;
        worker.give(Worker(Exclusive::new(State { converter, reject: None })));
        Ok(())
    })
}

/// Takes a piece of the stream, of any size: the events of every line that ends in it are written to the pending output.
///
/// Effect: `*consumed` is how many bytes were taken. Fewer than `len` are taken when the pending output (with the rejects that are
/// kept) has reached its bound; the status is then `SAWLOG_OUTPUT_FULL`, and the rest is to be pushed again after
/// `sawlog_worker_pull`. So a push of any size needs little memory. A call that begins with nothing pending takes 64 KiB at least.
/// `data` is not needed after the call; a line that has not ended is kept. `now_ns` is the clock in nanoseconds since 1970, `seed` what
/// random draws derive from: equal calls give equal bytes. Threads: one at a time for each worker. Statuses: `SAWLOG_OUTPUT_FULL`,
/// `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_LENGTH`, `SAWLOG_BUSY`, `SAWLOG_PANICKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_worker_push(
    worker: *mut Worker,
    data: *const c_void,
    len: usize,
    now_ns: i64,
    seed: u64,
    consumed: *mut usize,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (worker, data, consumed) =
            unsafe { (shared(worker)?, bytes(data, len)?, out(consumed)?) };
        let mut state = worker.0.enter()?;
        state.forget();
        let taken = state.converter.push(data, tick(now_ns, seed));
        consumed.set(taken);
        if taken < len { Err(Status(SAWLOG_OUTPUT_FULL)) } else { Ok(()) }
    })
}

/// Moves pending output into the caller's buffer, as much as fits; events may be cut anywhere.
///
/// Effect: `*written` is the number of bytes. Statuses: `SAWLOG_OUTPUT_FULL` when more is pending, `SAWLOG_BAD_POINTER`,
/// `SAWLOG_BAD_LENGTH`, `SAWLOG_BUSY`, `SAWLOG_PANICKED`. Threads: one at a time for each worker.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_worker_pull(
    worker: *mut Worker,
    buffer: *mut c_void,
    capacity: usize,
    written: *mut usize,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (worker, buffer, written) =
            unsafe { (shared(worker)?, room(buffer, capacity)?, out(written)?) };
        let mut state = worker.0.enter()?;
        state.forget();
        written.set(pull(&mut state.converter, buffer));
        if state.converter.pending().is_empty() { Ok(()) } else { Err(Status(SAWLOG_OUTPUT_FULL)) }
    })
}

/// Pushes and pulls in one call, for hosts to which a call is dear.
///
/// Effect: first pending output is moved into `buffer`, then as much of `data` is taken as in `sawlog_worker_push`, then output is moved
/// again. `*consumed` and `*written` tell how much. Statuses: `SAWLOG_OK` when all of `data` was taken and nothing is pending,
/// `SAWLOG_OUTPUT_FULL` when not: call again with the rest, which may be of length 0, and more room. Else as
/// `sawlog_worker_push`. Threads: one at a time for each worker.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_worker_transform(
    worker: *mut Worker,
    data: *const c_void,
    len: usize,
    now_ns: i64,
    seed: u64,
    buffer: *mut c_void,
    capacity: usize,
    consumed: *mut usize,
    written: *mut usize,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (worker, data, buffer, consumed, written) = unsafe {
            (
                shared(worker)?,
                bytes(data, len)?,
                room(buffer, capacity)?,
                out(consumed)?,
                out(written)?,
            )
        };
        let mut state = worker.0.enter()?;
        state.forget();
        let before = pull(&mut state.converter, buffer);
        let taken = state.converter.push(data, tick(now_ns, seed));
        let after = pull(&mut state.converter, buffer.get_mut(before..).unwrap_or_default());
        consumed.set(taken);
        written.set(before + after);
        if taken < len || !state.converter.pending().is_empty() {
            return Err(Status(SAWLOG_OUTPUT_FULL));
        }
        Ok(())
    })
}

/// Shows the pending output without moving it.
///
/// Effect: `*data` and `*len` are the bytes. Ownership: they belong to the worker and live until its next call;
/// `sawlog_worker_take_output` says that they were used. Threads: one at a time for each worker. Statuses: `SAWLOG_BAD_POINTER`,
/// `SAWLOG_BUSY`, `SAWLOG_PANICKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_worker_output(
    worker: *mut Worker,
    data: *mut *const c_void,
    len: *mut usize,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (worker, data, len) = unsafe { (shared(worker)?, out(data)?, out(len)?) };
        let state = worker.0.enter()?;
        let pending = state.converter.pending();
        data.set(pending.as_ptr().cast());
        len.set(pending.len());
        Ok(())
    })
}

/// Removes bytes from the front of the pending output: at most as many as there are.
///
/// Threads: one at a time for each worker. Statuses: `SAWLOG_BAD_POINTER`, `SAWLOG_BUSY`, `SAWLOG_PANICKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_worker_take_output(worker: *mut Worker, len: usize) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let worker = unsafe { shared(worker) }?;
        let mut state = worker.0.enter()?;
        state.forget();
        state.converter.take_pending(len);
        Ok(())
    })
}

/// Takes one event, given as a JSON object, past codec and input; what comes of it is written to the pending output.
///
/// Effect: `@timestamp` and `@version` are added if they are missing. A text that is no such object is refused: a reject, no error.
/// Threads: one at a time for each worker. Statuses: `SAWLOG_OUTPUT_FULL` when nothing is taken in until the pending output is
/// taken; `SAWLOG_BAD_UTF8`, `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_LENGTH`, `SAWLOG_BUSY`, `SAWLOG_PANICKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_worker_push_event(
    worker: *mut Worker,
    json: *const c_char,
    len: usize,
    now_ns: i64,
    seed: u64,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (worker, json) = unsafe { (shared(worker)?, text(json, len)?) };
        let mut state = worker.0.enter()?;
        state.forget();
        let is_taken = state.converter.push_event(json, tick(now_ns, seed));
        if is_taken { Ok(()) } else { Err(Status(SAWLOG_OUTPUT_FULL)) }
    })
}

/// Takes one line, without its line end, and gives its events as values: for hosts that wait for each line.
///
/// Effect: `*events` is how many came of it: mostly one; none when a filter dropped it or a codec keeps it; `sawlog_worker_event` gives
/// them. `first` may be NULL; else the values of the first one are put there, as by `sawlog_event_nodes`, or nothing if there is none. They are not in the pending output. A line end inside belongs to the line. What was pushed before without a line end stands
/// at its start. Threads: one at a time for each worker. Statuses: `SAWLOG_OUTPUT_FULL` when pending output or rejects have reached
/// their bound, and nothing was done; `SAWLOG_EVENT_TOO_LARGE`, `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_LENGTH`, `SAWLOG_BUSY`,
/// `SAWLOG_PANICKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_worker_run_line(
    worker: *mut Worker,
    line: *const c_void,
    len: usize,
    now_ns: i64,
    seed: u64,
    events: *mut usize,
    first: *mut NodesView,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (worker, line, events, first) = unsafe {
            (shared(worker)?, bytes(line, len)?, out(events)?, optional_structure(first)?)
        };
        let mut state = worker.0.enter()?;
        state.forget();
        give(state.converter.run_line(line, tick(now_ns, seed)), events, first)
    })
}

/// Takes one event, given as a JSON object, and gives what comes of it as values: as `sawlog_worker_run_line` and
/// `sawlog_worker_push_event`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_worker_run_event(
    worker: *mut Worker,
    json: *const c_char,
    len: usize,
    now_ns: i64,
    seed: u64,
    events: *mut usize,
    first: *mut NodesView,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (worker, json, events, first) = unsafe {
            (shared(worker)?, text(json, len)?, out(events)?, optional_structure(first)?)
        };
        let mut state = worker.0.enter()?;
        state.forget();
        give(state.converter.run_event(json, tick(now_ns, seed)), events, first)
    })
}

/// As `sawlog_worker_push`, with the events as values: takes a piece of the stream, of 64 KiB at most, and gives the events of the lines
/// that end in it.
///
/// Effect: `*consumed` is how many bytes were taken, `*events` how many events came of them; `sawlog_worker_event` gives them. They are not
/// in the pending output. Statuses: `SAWLOG_OK` when all of `data` was taken, `SAWLOG_OUTPUT_FULL` when not: push the rest after
/// the events were read. Of `*consumed` 0, pending output or rejects are to be taken first. Else as `sawlog_worker_run_line`. Threads: one
/// at a time for each worker.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_worker_push_values(
    worker: *mut Worker,
    data: *const c_void,
    len: usize,
    now_ns: i64,
    seed: u64,
    consumed: *mut usize,
    events: *mut usize,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (worker, data, consumed, events) =
            unsafe { (shared(worker)?, bytes(data, len)?, out(consumed)?, out(events)?) };
        let mut state = worker.0.enter()?;
        state.forget();
        let taken = match state.converter.push_values(data, tick(now_ns, seed)) {
            Ok(taken) => taken,
            Err(ConvertError::Full) => 0,
            Err(error) => return Err(refused(error)),
        };
        consumed.set(taken);
        events.set(state.converter.snapshots().len());
        if taken < len { Err(Status(SAWLOG_OUTPUT_FULL)) } else { Ok(()) }
    })
}

/// As `sawlog_worker_flush`, with the events as values: `*events` is how many there are, `sawlog_worker_event` gives them. Statuses as of
/// `sawlog_worker_run_line`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_worker_flush_values(
    worker: *mut Worker,
    now_ns: i64,
    seed: u64,
    events: *mut usize,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (worker, events) = unsafe { (shared(worker)?, out(events)?) };
        let mut state = worker.0.enter()?;
        state.forget();
        give(state.converter.flush_values(tick(now_ns, seed)), events, None)
    })
}

/// As `sawlog_worker_finish`, with the events as values: `*events` is how many there are, `sawlog_worker_event` gives them. Statuses as of
/// `sawlog_worker_run_line`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_worker_finish_values(
    worker: *mut Worker,
    now_ns: i64,
    seed: u64,
    events: *mut usize,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (worker, events) = unsafe { (shared(worker)?, out(events)?) };
        let mut state = worker.0.enter()?;
        state.forget();
        give(state.converter.finish_values(tick(now_ns, seed)), events, None)
    })
}

/// As `sawlog_worker_handle_tick`, with the events as values: `*events` is how many there are, `sawlog_worker_event` gives them. Statuses as
/// of `sawlog_worker_run_line`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_worker_handle_tick_values(
    worker: *mut Worker,
    now_ns: i64,
    seed: u64,
    events: *mut usize,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (worker, events) = unsafe { (shared(worker)?, out(events)?) };
        let mut state = worker.0.enter()?;
        state.forget();
        give(state.converter.handle_tick_values(tick(now_ns, seed)), events, None)
    })
}

/// Goes on with another stream; the last one must have been flushed.
///
/// Effect: lines count from `line` (0 counts as 1) and offsets from `offset`: 1 and 0 at the start of a stream, others for a host that
/// shares one stream among workers. `path` is its name, or NULL. Threads: one at a time for each worker. Statuses:
/// `SAWLOG_BAD_POINTER`, `SAWLOG_BAD_LENGTH`, `SAWLOG_BAD_UTF8`, `SAWLOG_BUSY`, `SAWLOG_PANICKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_worker_start_stream(
    worker: *mut Worker,
    path: *const c_char,
    path_len: usize,
    line: u64,
    offset: u64,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (worker, path) =
            unsafe { (shared(worker)?, member(Str { data: path, len: path_len })?) };
        let mut state = worker.0.enter()?;
        state.forget();
        state.converter.start_stream_at(path, line.max(1), offset);
        Ok(())
    })
}

/// Ends the stream: the last line counts although no line end came, and what a codec kept comes out.
///
/// Effect: the events are written to the pending output, whatever is pending. Threads: one at a time for each worker. Statuses:
/// `SAWLOG_BAD_POINTER`, `SAWLOG_BUSY`, `SAWLOG_PANICKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_worker_flush(worker: *mut Worker, now_ns: i64, seed: u64) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let worker = unsafe { shared(worker) }?;
        let mut state = worker.0.enter()?;
        state.forget();
        state.converter.flush(tick(now_ns, seed));
        Ok(())
    })
}

/// Ends the run: `sawlog_worker_flush`, and what filters still hold comes out (`metrics`, `elapsed`).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_worker_finish(worker: *mut Worker, now_ns: i64, seed: u64) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let worker = unsafe { shared(worker) }?;
        let mut state = worker.0.enter()?;
        state.forget();
        state.converter.finish(tick(now_ns, seed));
        Ok(())
    })
}

/// Tells the time when no bytes come: events that filters and codecs make as time goes by are written to the pending output.
///
/// To be called at the deadline of `sawlog_worker_next_deadline`; earlier does no harm. Threads: one at a time for each worker.
/// Statuses: `SAWLOG_BAD_POINTER`, `SAWLOG_BUSY`, `SAWLOG_PANICKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_worker_handle_tick(
    worker: *mut Worker,
    now_ns: i64,
    seed: u64,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let worker = unsafe { shared(worker) }?;
        let mut state = worker.0.enter()?;
        state.forget();
        state.converter.handle_tick(tick(now_ns, seed));
        Ok(())
    })
}

/// Gives the time at which `sawlog_worker_handle_tick` has something to do if nothing is pushed before.
///
/// Effect: `*deadline_ns` is in nanoseconds since 1970, on the clock of the calls. Threads: one at a time for each worker. Statuses:
/// `SAWLOG_END` when there is no such time, and nothing is written; `SAWLOG_BAD_POINTER`, `SAWLOG_BUSY`, `SAWLOG_PANICKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_worker_next_deadline(
    worker: *mut Worker,
    deadline_ns: *mut i64,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (worker, deadline) = unsafe { (shared(worker)?, out(deadline_ns)?) };
        let state = worker.0.enter()?;
        let next = state.converter.worker().next_deadline().ok_or(Status(SAWLOG_END))?;
        deadline.set(nanoseconds(next));
        Ok(())
    })
}

/// Gives what ends a line of this worker's stream: `*data` and `*len`, for hosts that cut a stream for several workers.
///
/// Ownership: the bytes belong to the worker and live as long as it keeps its pipeline. Threads: one at a time for each worker.
/// Statuses: `SAWLOG_BAD_POINTER`, `SAWLOG_BUSY`, `SAWLOG_PANICKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_worker_delimiter(
    worker: *mut Worker,
    data: *mut *const c_void,
    len: *mut usize,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (worker, data, len) = unsafe { (shared(worker)?, out(data)?, out(len)?) };
        let state = worker.0.enter()?;
        let delimiter = state.converter.worker().delimiter();
        data.set(delimiter.as_ptr().cast());
        len.set(delimiter.len());
        Ok(())
    })
}

/// Tells whether this worker must see the whole of a stream, and all events of its pipeline, in order: `*is_ordered` is 1 or 0.
///
/// Threads: one at a time for each worker. Statuses: `SAWLOG_BAD_POINTER`, `SAWLOG_BUSY`, `SAWLOG_PANICKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_worker_is_ordered(
    worker: *mut Worker,
    is_ordered: *mut i32,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (worker, is_ordered) = unsafe { (shared(worker)?, out(is_ordered)?) };
        let state = worker.0.enter()?;
        is_ordered.set(i32::from(state.converter.worker().order() == Order::Ordered));
        Ok(())
    })
}

/// Goes on with a pipeline that `sawlog_pipeline_with_resources` made of this worker's, from the next line on.
///
/// Threads: one at a time for each worker, any for the pipeline. Statuses: `SAWLOG_OTHER_PIPELINE` for any other pipeline, and the
/// worker keeps its own; `SAWLOG_BAD_POINTER`, `SAWLOG_BUSY`, `SAWLOG_PANICKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_worker_set_pipeline(
    worker: *mut Worker,
    pipeline: *const Pipeline,
) -> i32 {
    call(|| {
        // SAFETY: see the crate's documentation.
        let (worker, pipeline) = unsafe { (shared(worker)?, shared(pipeline)?) };
        let mut state = worker.0.enter()?;
        state.forget();
        state.converter.set_pipeline(&pipeline.0).map_err(|error| match error {
            RunError::OtherPipeline => Status(SAWLOG_OTHER_PIPELINE),
            _ => Status(SAWLOG_BAD_VALUE),
        })
    })
}

/// Frees a worker and sets `*worker` to NULL.
///
/// Effect: nothing if `worker` or `*worker` is NULL, so that freeing twice through the same variable is harmless. Pending output,
/// rejects and events are gone. Threads: any one. Statuses: `SAWLOG_BUSY` when a thread is inside, and nothing is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sawlog_worker_free(worker: *mut *mut Worker) -> i32 {
    // SAFETY: see the crate's documentation.
    call(|| unsafe { free(worker) })
}

impl State {
    /// Ends the life of what the last call gave.
    #[inline]
    pub(crate) fn forget(&mut self) {
        self.reject = None;
    }
}

/// Tells how many events there are, and shows the first.
#[inline]
fn give(
    given: core::result::Result<&[Snapshot], ConvertError>,
    events: Out<'_, usize>,
    first: Option<OutStruct<NodesView>>,
) -> Result {
    let given = given.map_err(refused)?;
    events.set(given.len());
    if let (Some(place), Some(event)) = (first, given.first()) {
        place.set(&NodesView::new(event));
    }
    Ok(())
}

fn refused(error: ConvertError) -> Status {
    Status(match error {
        ConvertError::EventTooLarge => SAWLOG_EVENT_TOO_LARGE,
        ConvertError::Full => SAWLOG_OUTPUT_FULL,
    })
}

fn pull(converter: &mut Converter, buffer: &mut [MaybeUninit<u8>]) -> usize {
    let pending = converter.pending();
    let len = pending.len().min(buffer.len());
    if let Some((buffer, pending)) = buffer.get_mut(..len).zip(pending.get(..len)) {
        buffer.write_copy_of_slice(pending);
    }
    converter.take_pending(len);
    len
}

/// The pairs of an array.
///
/// # Safety
/// A pointer that is aligned and not NULL leads to as many pairs, whose texts can be read.
unsafe fn pairs(pointer: *const Pair, count: usize) -> Result<Vec<(String, String)>> {
    if count == 0 {
        return Ok(Vec::new());
    }
    if count > isize::MAX.unsigned_abs() / size_of::<Pair>() {
        return Err(Status(SAWLOG_BAD_LENGTH));
    }
    // SAFETY: the first one is there, the caller vouches for the others.
    let all = unsafe { core::slice::from_raw_parts(shared(pointer)?, count) };
    all.iter()
        .map(|Pair { name, value }| {
            // SAFETY: the caller vouches for it.
            let (name, value) =
                unsafe { (text(name.data, name.len)?, text(value.data, value.len)?) };
            Ok((name.to_owned(), value.to_owned()))
        })
        .collect()
}

/// # Safety
/// The columns, if they are not NULL, are a schema of the C data interface.
unsafe fn converter(
    pipeline: &sawlog::Pipeline,
    given: &WorkerOptions,
    texts: [Option<&str>; 4],
    set: Vec<(String, String)>,
) -> Result<core::result::Result<Converter, Diagnostics>> {
    let wrong = |error: String| Diagnostics::one("bad-value", error);
    let options = match converter_options(given, texts, set)? {
        Ok(options) => options,
        Err(diagnostics) => return Ok(Err(diagnostics)),
    };
    let converter = match Converter::new(pipeline, options) {
        Ok(converter) => converter,
        Err(error) => return Ok(Err(wrong(error.to_string()))),
    };
    if given.format != SAWLOG_FORMAT_ARROW {
        return Ok(Ok(converter));
    }
    // SAFETY: the caller vouches for it.
    match unsafe { batch_builder(given) } {
        Ok(builder) => Ok(Ok(converter.with_batches(builder))),
        Err(Unusable::Status(status)) => Err(status),
        Err(Unusable::Text(text)) => Ok(Err(wrong(format!("`columns`: {text}")))),
    }
}

/// # Safety
/// As [`converter`].
unsafe fn batch_builder(given: &WorkerOptions) -> core::result::Result<BatchBuilder, Unusable> {
    let or_default = |given: usize, default| if given == 0 { default } else { given };
    let schema = if given.columns.is_null() {
        None
    } else {
        // SAFETY: the caller vouches for it.
        Some(Arc::new(unsafe { read_schema(given.columns) }?))
    };
    let options = BatchOptions {
        schema,
        rest: if given.drop_rest == 0 { Rest::Keep } else { Rest::Count },
        batch_events: or_default(given.batch_events, limits::BATCH_EVENTS),
        batch_bytes: or_default(given.batch_bytes, limits::BATCH_BYTES),
    };
    BatchBuilder::new(&options).map_err(|error| Unusable::Text(error.to_string()))
}

fn converter_options(
    given: &WorkerOptions,
    [codec, path, output_codec, fields]: [Option<&str>; 4],
    set: Vec<(String, String)>,
) -> Result<core::result::Result<ConverterOptions, Diagnostics>> {
    let or_default = |given: usize, default| if given == 0 { default } else { given };
    if given.max_line_bytes > isize::MAX.unsigned_abs()
        || given.max_pending_bytes > isize::MAX.unsigned_abs()
    {
        return Err(Status(SAWLOG_BAD_LENGTH));
    }
    let input = InputOptions {
        input: given.input.checked_sub(1),
        codec: codec.map(str::to_owned),
        path: path.map(str::to_owned),
        keep_original: given.drop_original == 0,
        max_line_bytes: or_default(given.max_line_bytes, limits::LINE_BYTES),
        explain_failures: given.explain_failures != 0,
        set,
    };
    let rejects = match given.rejects {
        SAWLOG_REJECTS_NONE => Rejects::None,
        SAWLOG_REJECTS_REFUSED => Rejects::Refused,
        SAWLOG_REJECTS_FAILED => Rejects::Failed,
        _ => return Err(Status(SAWLOG_BAD_VALUE)),
    };
    let max_pending_bytes = or_default(given.max_pending_bytes, limits::PENDING_BYTES);
    Ok(encoder(given.format, output_codec, fields)?.map(|encoder| ConverterOptions {
        input,
        encoder,
        rejects,
        max_pending_bytes,
    }))
}

fn encoder(
    format: i32,
    codec: Option<&str>,
    fields: Option<&str>,
) -> Result<core::result::Result<Encoder, Diagnostics>> {
    let wrong = |message: String| Diagnostics::one("bad-value", message);
    if format == SAWLOG_FORMAT_ARROW && codec.is_some() {
        return Ok(Err(wrong("record batches are written by no codec".to_owned())));
    }
    if let Some(codec) = codec {
        let encoder = Encoder::of_codec(codec, &sawlog::Options::default());
        return Ok(encoder.map_err(|all| Diagnostics::new(&all)));
    }
    let style = EscapeStyle::default();
    let names: Option<Vec<&str>> = fields.map(|fields| fields.lines().collect());
    let encoder = match (format, names) {
        // Of record batches there is nothing to encode.
        (SAWLOG_FORMAT_NDJSON | SAWLOG_FORMAT_ARROW, None) => Ok(Encoder::json_lines()),
        (SAWLOG_FORMAT_NDJSON, Some(names)) => Encoder::json_lines_of(&names, style),
        (SAWLOG_FORMAT_JSON, None) => Ok(Encoder::json()),
        (SAWLOG_FORMAT_JSON, Some(names)) => Encoder::json_of(&names, style),
        (SAWLOG_FORMAT_CSV, Some(names)) => Encoder::csv(&names, style),
        (SAWLOG_FORMAT_CSV, None) => {
            return Ok(Err(wrong("CSV needs its columns in `fields`".to_owned())));
        }
        (SAWLOG_FORMAT_NDJSON_METADATA, None) => Ok(Encoder::json_lines_with_metadata()),
        (SAWLOG_FORMAT_RUBYDEBUG, None) => Ok(Encoder::rubydebug(Metadata::Hide)),
        (SAWLOG_FORMAT_MSGPACK, None) => Ok(Encoder::msgpack()),
        (
            SAWLOG_FORMAT_ARROW
            | SAWLOG_FORMAT_NDJSON_METADATA
            | SAWLOG_FORMAT_RUBYDEBUG
            | SAWLOG_FORMAT_MSGPACK,
            _,
        ) => {
            return Ok(Err(wrong("`fields` goes with NDJSON, JSON and CSV".to_owned())));
        }
        _ => return Err(Status(SAWLOG_BAD_VALUE)),
    };
    Ok(encoder.map_err(|error| wrong(format!("`fields`: {error}"))))
}
