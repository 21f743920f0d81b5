package capi

/*
#include <sawlog.h>

// Bytes by a type that Go knows to hold no pointers: those of void* it looks at in each call.
static int32_t goTransform(sawlog_worker *worker, const uint8_t *data, size_t len, int64_t now, uint64_t seed,
		uint8_t *buffer, size_t capacity, size_t *consumed, size_t *written) {
	return sawlog_worker_transform(worker, data, len, now, seed, buffer, capacity, consumed, written);
}

static int32_t goPull(sawlog_worker *worker, uint8_t *buffer, size_t capacity, size_t *written) {
	return sawlog_worker_pull(worker, buffer, capacity, written);
}

#cgo noescape goTransform
#cgo nocallback goTransform
#cgo noescape goPull
#cgo nocallback goPull
*/
import "C"

import "runtime"

// Worker runs one stream of bytes through a pipeline.
type Worker struct {
	handle *C.sawlog_worker
	// Where events are packed.
	scratch []byte
}

// The values of WorkerOptions.Format.
const (
	FormatNDJSON         = C.SAWLOG_FORMAT_NDJSON
	FormatNDJSONMetadata = C.SAWLOG_FORMAT_NDJSON_METADATA
	FormatJSON           = C.SAWLOG_FORMAT_JSON
	FormatCSV            = C.SAWLOG_FORMAT_CSV
	FormatRubyDebug      = C.SAWLOG_FORMAT_RUBYDEBUG
	FormatMsgpack        = C.SAWLOG_FORMAT_MSGPACK
)

// The values of WorkerOptions.Rejects.
const (
	RejectsNone    = C.SAWLOG_REJECTS_NONE
	RejectsRefused = C.SAWLOG_REJECTS_REFUSED
	RejectsFailed  = C.SAWLOG_REJECTS_FAILED
)

// WorkerOptions say how a worker reads and writes.
type WorkerOptions struct {
	Format          int32
	Rejects         int32
	DropOriginal    bool
	ExplainFailures bool
	// Input counts from 1; 0 is none.
	Input        int
	Codec        string
	Path         string
	OutputCodec  string
	Fields       string
	MaxLineBytes int
	Set          [][2]string
}

// Tick is the clock and the seed of a call.
type Tick struct {
	NowNs int64
	Seed  uint64
}

// NewWorker makes a worker at the start of a stream.
func (p *Pipeline) NewWorker(options *WorkerOptions) (*Worker, error) {
	var pinner runtime.Pinner
	defer pinner.Unpin()
	settings := C.sawlog_worker_options{
		struct_size:      C.sizeof_sawlog_worker_options,
		format:           C.int32_t(options.Format),
		rejects:          C.int32_t(options.Rejects),
		drop_original:    flag(options.DropOriginal),
		explain_failures: flag(options.ExplainFailures),
		input:            C.size_t(options.Input),
		codec:            member(options.Codec, &pinner),
		path:             member(options.Path, &pinner),
		output_codec:     member(options.OutputCodec, &pinner),
		fields:           member(options.Fields, &pinner),
		max_line_bytes:   C.size_t(options.MaxLineBytes),
	}
	if len(options.Set) > 0 {
		pairs := make([]C.sawlog_pair, len(options.Set))
		for i, pair := range options.Set {
			pairs[i] = C.sawlog_pair{name: member(pair[0], &pinner), value: member(pair[1], &pinner)}
		}
		pinner.Pin(&pairs[0])
		settings.set, settings.set_count = &pairs[0], C.size_t(len(pairs))
	}
	worker := &Worker{}
	var list *C.sawlog_diagnostics
	status := C.sawlog_worker_new(p.handle, &settings, &worker.handle, &list)
	if err := checked(status, &list); err != nil {
		return nil, err
	}
	return worker, nil
}

// Free frees the worker; it may be called more than once.
func (w *Worker) Free() { C.sawlog_worker_free(&w.handle) }

// Transform takes bytes of the stream and moves output into out: OutputFull when there is more of either.
func (w *Worker) Transform(tick Tick, in, out []byte) (status Status, consumed, written int) {
	var taken, moved C.size_t
	status = Status(C.goTransform(w.handle, bytes(in), C.size_t(len(in)),
		C.int64_t(tick.NowNs), C.uint64_t(tick.Seed), bytes(out), C.size_t(len(out)), &taken, &moved))
	return status, int(taken), int(moved)
}

// Pull moves output into out: OutputFull when there is more.
func (w *Worker) Pull(out []byte) (status Status, written int) {
	var moved C.size_t
	status = Status(C.goPull(w.handle, bytes(out), C.size_t(len(out)), &moved))
	return status, int(moved)
}

// PushEvent takes one event as JSON.
func (w *Worker) PushEvent(tick Tick, json []byte) Status {
	return Status(C.sawlog_worker_push_event(w.handle, (*C.char)(pointer(json)), C.size_t(len(json)),
		C.int64_t(tick.NowNs), C.uint64_t(tick.Seed)))
}

// Flush ends the stream.
func (w *Worker) Flush(tick Tick) Status {
	return Status(C.sawlog_worker_flush(w.handle, C.int64_t(tick.NowNs), C.uint64_t(tick.Seed)))
}

// Finish ends the run.
func (w *Worker) Finish(tick Tick) Status {
	return Status(C.sawlog_worker_finish(w.handle, C.int64_t(tick.NowNs), C.uint64_t(tick.Seed)))
}

// HandleTick tells the time.
func (w *Worker) HandleTick(tick Tick) Status {
	return Status(C.sawlog_worker_handle_tick(w.handle, C.int64_t(tick.NowNs), C.uint64_t(tick.Seed)))
}

// StartStream goes on with another stream.
func (w *Worker) StartStream(path string, line, offset uint64) Status {
	return Status(C.sawlog_worker_start_stream(w.handle, chars(path), size(path),
		C.uint64_t(line), C.uint64_t(offset)))
}

// NextDeadline gives the time at which HandleTick has something to do; End when there is none.
func (w *Worker) NextDeadline() (ns int64, status Status) {
	var deadline C.int64_t
	status = Status(C.sawlog_worker_next_deadline(w.handle, &deadline))
	return int64(deadline), status
}

// IsOrdered tells whether one worker must see all events in order.
func (w *Worker) IsOrdered() bool {
	var ordered C.int32_t
	C.sawlog_worker_is_ordered(w.handle, &ordered)
	return ordered != 0
}

// SetPipeline goes on with a pipeline that has other files.
func (w *Worker) SetPipeline(pipeline *Pipeline) Status {
	return Status(C.sawlog_worker_set_pipeline(w.handle, pipeline.handle))
}
