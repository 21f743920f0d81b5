//! Calls of the C interface in any order, on one pipeline and two workers: no call panics, every status is one that the header names
//! for it, what is said to be pending comes, record batches are what their specification says, and no line is lost without a count.

#![no_main]

use std::ffi::c_void;
use std::ptr;

use libfuzzer_sys::fuzz_target;
use sawlog_ffi::*;

#[path = "c_abi/arrow.rs"]
mod arrow;

const CONFIGS: [&str; 5] = [
    "filter { grok { match => { \"message\" => \"%{WORD:a} %{INT:n:int}\" } } if [n] > 5 { drop { } } }",
    "filter { split { terminator => \",\" } clone { clones => [\"c\"] } mutate { add_field => { \"[a][b]\" => \"%{message}\" } } }",
    "input { stdin { codec => multiline { pattern => \"^ \" what => \"previous\" auto_flush_interval => 1 } } } filter { kv { } }",
    "input { stdin { codec => json } } filter { if [message] == 1 { drop { } } json { source => \"m\" } }",
    "filter { metrics { meter => [\"m\"] add_tag => \"metric\" } throttle { key => \"%{message}\" before_count => 2 add_tag => \"t\" } }",
];

fuzz_target!(|data: &[u8]| {
    let Some((&choice, data)) = data.split_first() else { return };
    let mut run = Run {
        data,
        now_ns: 0,
        pipeline: pipeline(CONFIGS[usize::from(choice) % CONFIGS.len()]),
        workers: [ptr::null_mut(); 2],
        is_arrow: [false; 2],
        rows: [0; 2],
    };
    while let Some(op) = run.byte() {
        run.step(op);
    }
    for at in 0..2 {
        run.check_balance(at);
        // SAFETY: the handle is one of a worker, or NULL.
        unsafe {
            assert_eq!(sawlog_worker_free(&raw mut run.workers[at]), SAWLOG_OK);
            assert_eq!(sawlog_worker_free(&raw mut run.workers[at]), SAWLOG_OK);
        }
    }
    // SAFETY: as above.
    assert_eq!(unsafe { sawlog_pipeline_free(&raw mut run.pipeline) }, SAWLOG_OK);
});

struct Run<'a> {
    data: &'a [u8],
    now_ns: i64,
    pipeline: *mut Pipeline,
    workers: [*mut Worker; 2],
    is_arrow: [bool; 2],
    /// Rows of the batches that were pulled.
    rows: [u64; 2],
}

impl<'a> Run<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.data.split_first()?;
        self.data = rest;
        Some(*first)
    }

    fn number(&mut self) -> usize {
        usize::from(self.byte().unwrap_or(0))
    }

    /// Bytes of the input, as many as the next one says.
    fn piece(&mut self) -> &'a [u8] {
        let len = self.number().min(self.data.len());
        let (piece, rest) = self.data.split_at(len);
        self.data = rest;
        piece
    }

    fn step(&mut self, op: u8) {
        let at = usize::from(op & 1);
        if self.workers[at].is_null() && op >> 1 != 0 {
            self.new_worker(at);
        }
        let worker = self.workers[at];
        let now = self.now_ns;
        let (mut consumed, mut written, mut events) = (usize::MAX, usize::MAX, usize::MAX);
        let mut buffer = [0_u8; 256];
        // SAFETY: pointers lead to what they say or are NULL, and handles live or are NULL.
        unsafe {
            match op >> 1 & 31 {
                0 => {
                    assert_eq!(sawlog_worker_free(&raw mut self.workers[at]), SAWLOG_OK);
                    assert!(self.workers[at].is_null());
                    assert_eq!(sawlog_worker_flush(ptr::null_mut(), now, 0), SAWLOG_BAD_POINTER);
                }
                1..=8 => {
                    let piece = self.piece();
                    let status = sawlog_worker_push(
                        worker,
                        piece.as_ptr().cast(),
                        piece.len(),
                        now,
                        1,
                        &raw mut consumed,
                    );
                    assert_eq!(
                        status,
                        if consumed < piece.len() { SAWLOG_OUTPUT_FULL } else { SAWLOG_OK }
                    );
                }
                9 | 10 => {
                    let room = self.number();
                    let before = pending(worker);
                    let status = sawlog_worker_pull(
                        worker,
                        buffer.as_mut_ptr().cast(),
                        room,
                        &raw mut written,
                    );
                    assert_eq!(written, before.min(room));
                    assert_eq!(status, if before > room { SAWLOG_OUTPUT_FULL } else { SAWLOG_OK });
                    assert_eq!(pending(worker), before - written);
                }
                11 | 12 => {
                    let (room, piece) = (self.number(), self.piece());
                    let status = sawlog_worker_transform(
                        worker,
                        piece.as_ptr().cast(),
                        piece.len(),
                        now,
                        1,
                        buffer.as_mut_ptr().cast(),
                        room,
                        &raw mut consumed,
                        &raw mut written,
                    );
                    assert!(consumed <= piece.len() && written <= room);
                    let is_all = consumed == piece.len() && pending(worker) == 0;
                    assert_eq!(status, if is_all { SAWLOG_OK } else { SAWLOG_OUTPUT_FULL });
                }
                13 | 14 => {
                    let piece = self.piece();
                    let mut first =
                        NodesView { struct_size: size_of::<NodesView>(), ..std::mem::zeroed() };
                    let status = sawlog_worker_run_line(
                        worker,
                        piece.as_ptr().cast(),
                        piece.len(),
                        now,
                        1,
                        &raw mut events,
                        &raw mut first,
                    );
                    self.values(worker, status, events);
                }
                15 => {
                    let piece = self.piece();
                    let status = sawlog_worker_run_event(
                        worker,
                        piece.as_ptr().cast(),
                        piece.len(),
                        now,
                        1,
                        &raw mut events,
                        ptr::null_mut(),
                    );
                    if std::str::from_utf8(piece).is_err() {
                        assert_eq!(status, SAWLOG_BAD_UTF8);
                    } else {
                        self.values(worker, status, events);
                    }
                }
                16 => {
                    let piece = self.piece();
                    let status = sawlog_worker_push_event(
                        worker,
                        piece.as_ptr().cast(),
                        piece.len(),
                        now,
                        1,
                    );
                    assert!([SAWLOG_OK, SAWLOG_OUTPUT_FULL, SAWLOG_BAD_UTF8].contains(&status));
                }
                17 => {
                    let piece = self.piece();
                    let status = sawlog_worker_push_values(
                        worker,
                        piece.as_ptr().cast(),
                        piece.len(),
                        now,
                        1,
                        &raw mut consumed,
                        &raw mut events,
                    );
                    assert_eq!(
                        status,
                        if consumed < piece.len() { SAWLOG_OUTPUT_FULL } else { SAWLOG_OK }
                    );
                    self.values(worker, SAWLOG_OK, events);
                }
                18 => assert_eq!(sawlog_worker_flush(worker, now, 1), SAWLOG_OK),
                19 => assert_eq!(sawlog_worker_finish(worker, now, 1), SAWLOG_OK),
                20 => self.values(
                    worker,
                    sawlog_worker_finish_values(worker, now, 1, &raw mut events),
                    events,
                ),
                21 | 22 => {
                    self.now_ns += i64::try_from(self.number()).unwrap_or(0) * 100_000_000;
                    let mut deadline = i64::MIN;
                    let status = sawlog_worker_next_deadline(worker, &raw mut deadline);
                    assert!(status == SAWLOG_END || status == SAWLOG_OK && deadline > 0);
                    assert_eq!(sawlog_worker_handle_tick(worker, self.now_ns, 1), SAWLOG_OK);
                }
                23 | 24 => {
                    let mut reject =
                        RejectView { struct_size: size_of::<RejectView>(), ..std::mem::zeroed() };
                    let mut count = 0;
                    assert_eq!(sawlog_worker_reject_count(worker, &raw mut count), SAWLOG_OK);
                    let status = sawlog_worker_next_reject(worker, &raw mut reject);
                    assert_eq!(status, if count > 0 { SAWLOG_OK } else { SAWLOG_END });
                    if status == SAWLOG_OK {
                        text(reject.text);
                        text(reject.reason);
                        text(reject.explanation);
                    }
                }
                25 => {
                    let piece = self.piece();
                    let status = sawlog_worker_start_stream(
                        worker,
                        piece.as_ptr().cast(),
                        piece.len(),
                        0,
                        0,
                    );
                    assert!([SAWLOG_OK, SAWLOG_BAD_UTF8].contains(&status));
                }
                26 => assert_eq!(sawlog_worker_set_pipeline(worker, self.pipeline), SAWLOG_OK),
                27 => assert_eq!(sawlog_worker_take_output(worker, self.number()), SAWLOG_OK),
                28 => {
                    let piece = self.piece();
                    let mut list = ptr::null_mut();
                    assert_eq!(
                        sawlog_pipeline_explain(
                            self.pipeline,
                            piece.as_ptr().cast(),
                            piece.len(),
                            now,
                            1,
                            &raw mut list
                        ),
                        SAWLOG_OK
                    );
                    text(sawlog_diagnostics_text(list));
                    assert_eq!(sawlog_diagnostics_free(&raw mut list), SAWLOG_OK);
                }
                29 => {
                    let (mut schema, mut batch) = (std::mem::zeroed(), std::mem::zeroed());
                    let status = sawlog_worker_pull_arrow(worker, &raw mut schema, &raw mut batch);
                    let bound = if self.is_arrow[at] { SAWLOG_END } else { SAWLOG_BAD_ORDER };
                    assert!(status == bound || self.is_arrow[at] && status == SAWLOG_OK);
                    if status == SAWLOG_OK {
                        self.rows[at] += arrow::check(&raw mut schema, &raw mut batch);
                    }
                }
                _ => self.check_balance(at),
            }
        }
    }

    fn new_worker(&mut self, at: usize) {
        // SAFETY: all pointers lead to what they say; zeros are the defaults.
        unsafe {
            let mut columns = arrow::Columns::new(self.number(), self.number());
            self.is_arrow[at] = self.number() % 3 == 0;
            self.rows[at] = 0;
            let options = WorkerOptions {
                struct_size: size_of::<WorkerOptions>(),
                format: if self.is_arrow[at] { SAWLOG_FORMAT_ARROW } else { SAWLOG_FORMAT_NDJSON },
                columns: columns.schema(),
                batch_events: self.number(),
                batch_bytes: self.number(),
                drop_rest: i32::from(self.number() % 2 == 0),
                rejects: i32::try_from(self.number() % 3).unwrap_or(0),
                input: usize::from(has_input(self.pipeline)),
                explain_failures: 1,
                max_line_bytes: 100,
                max_pending_bytes: self.number() * 16,
                ..std::mem::zeroed()
            };
            assert_eq!(
                sawlog_worker_new(
                    self.pipeline,
                    &raw const options,
                    &raw mut self.workers[at],
                    ptr::null_mut()
                ),
                SAWLOG_OK
            );
        }
    }

    /// Looks at all values of the events of a call.
    fn values(&mut self, worker: *mut Worker, status: i32, events: usize) {
        if status == SAWLOG_OUTPUT_FULL {
            return;
        }
        assert_eq!(status, SAWLOG_OK);
        for at in 0..events {
            // SAFETY: the worker lives, and makes no other call while the event is looked at.
            unsafe {
                let mut event = ptr::null();
                assert_eq!(sawlog_worker_event(worker, at, &raw mut event), SAWLOG_OK);
                let mut nodes =
                    NodesView { struct_size: size_of::<NodesView>(), ..std::mem::zeroed() };
                assert_eq!(sawlog_event_nodes(event, &raw mut nodes), SAWLOG_OK);
                assert_eq!(children(event, ptr::null()), (*nodes.nodes).integer);
            }
        }
    }

    fn check_balance(&self, at: usize) {
        let worker = self.workers[at];
        if worker.is_null() {
            return;
        }
        // SAFETY: the worker lives.
        let stats = unsafe {
            let mut stats = StatsView { struct_size: size_of::<StatsView>(), ..std::mem::zeroed() };
            assert_eq!(sawlog_worker_stats(worker, &raw mut stats), SAWLOG_OK);
            stats
        };
        assert_eq!(
            stats.lines + stats.events_beyond_first,
            stats.events_decoded
                + stats.lines_merged
                + stats.lines_refused
                + stats.lines_without_event
        );
        assert_eq!(
            stats.events_decoded + stats.events_created,
            stats.events_out + stats.events_dropped + stats.events_refused
        );
        assert!(self.rows[at] <= stats.events_out);
    }
}

/// Counts the values in a list or map, and looks into them.
unsafe fn children(event: *const Event, parent: *const ValueView) -> i64 {
    let mut count = 0;
    // SAFETY: the event lives, zeros are the start of an iteration.
    unsafe {
        let mut child = ValueView { struct_size: size_of::<ValueView>(), ..std::mem::zeroed() };
        loop {
            let status = sawlog_event_next(event, parent, &raw mut child);
            if status == SAWLOG_END {
                return count;
            }
            assert_eq!(status, SAWLOG_OK);
            text(child.name);
            text(child.text);
            let inside = children(event, &raw const child);
            if [SAWLOG_KIND_ARRAY, SAWLOG_KIND_OBJECT].contains(&child.kind) {
                assert_eq!(inside, child.integer);
            }
            count += 1;
        }
    }
}

fn text(text: Str) {
    if text.data.is_null() {
        assert_eq!(text.len, 0);
        return;
    }
    // SAFETY: the library says that there are so many bytes.
    let bytes = unsafe { std::slice::from_raw_parts(text.data.cast::<u8>(), text.len) };
    assert!(std::str::from_utf8(bytes).is_ok());
}

fn pending(worker: *mut Worker) -> usize {
    let (mut data, mut len) = (ptr::null::<c_void>(), 0);
    // SAFETY: the worker lives.
    assert_eq!(unsafe { sawlog_worker_output(worker, &raw mut data, &raw mut len) }, SAWLOG_OK);
    len
}

fn has_input(pipeline: *const Pipeline) -> bool {
    // SAFETY: the pipeline lives.
    unsafe {
        let mut info =
            PipelineView { struct_size: size_of::<PipelineView>(), ..std::mem::zeroed() };
        assert_eq!(sawlog_pipeline_describe(pipeline, &raw mut info), SAWLOG_OK);
        info.inputs > 0
    }
}

fn pipeline(config: &str) -> *mut Pipeline {
    let (mut handle, mut made) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: texts with their lengths, places for handles.
    unsafe {
        assert_eq!(sawlog_config_new(&raw mut handle), SAWLOG_OK);
        let (name, text) = ("fuzz.conf", config);
        assert_eq!(
            sawlog_config_add_source(
                handle,
                name.as_ptr().cast(),
                name.len(),
                text.as_ptr().cast(),
                text.len()
            ),
            SAWLOG_OK
        );
        assert_eq!(sawlog_config_parse(handle, ptr::null(), ptr::null_mut()), SAWLOG_OK);
        assert_eq!(
            sawlog_pipeline_compile(
                handle,
                ptr::null(),
                ptr::null(),
                &raw mut made,
                ptr::null_mut()
            ),
            SAWLOG_OK
        );
        assert_eq!(sawlog_config_free(&raw mut handle), SAWLOG_OK);
    }
    made
}
