package capi

/*
#include <sawlog.h>

// Where an event lies. Without pointers in the sense of Go, which would look at each.
typedef struct {
	uintptr_t nodes, text;
	size_t count, text_len, metadata;
	uint64_t line, offset;
} goView;

static void goShow(const sawlog_nodes *nodes, goView *view) {
	view->nodes = (uintptr_t)nodes->nodes;
	view->text = (uintptr_t)nodes->text.data;
	view->count = nodes->count;
	view->text_len = nodes->text.len;
	view->metadata = nodes->metadata;
	view->line = nodes->line;
	view->offset = nodes->offset;
}

// One crossing for what takes C several calls: a crossing costs as much as a small line.
static int32_t goEvents(sawlog_worker *worker, size_t from, size_t count, goView *views) {
	int32_t status = SAWLOG_OK;
	for (size_t i = 0; i < count && status == SAWLOG_OK; i++) {
		const sawlog_event *event;
		sawlog_nodes nodes = {sizeof nodes};
		status = sawlog_worker_event(worker, from + i, &event);
		if (status == SAWLOG_OK) {
			status = sawlog_event_nodes(event, &nodes);
		}
		if (status == SAWLOG_OK) {
			goShow(&nodes, &views[i]);
		}
	}
	return status;
}

static int32_t goRunLine(sawlog_worker *worker, const uint8_t *line, size_t len, int64_t now, uint64_t seed,
		size_t *events, goView *first) {
	sawlog_nodes nodes = {sizeof nodes};
	int32_t status = sawlog_worker_run_line(worker, line, len, now, seed, events, &nodes);
	if (status == SAWLOG_OK && *events > 0) {
		goShow(&nodes, first);
	}
	return status;
}

static int32_t goPushValues(sawlog_worker *worker, const uint8_t *data, size_t len, int64_t now, uint64_t seed,
		size_t *consumed, size_t *events) {
	return sawlog_worker_push_values(worker, data, len, now, seed, consumed, events);
}

#cgo noescape goEvents
#cgo nocallback goEvents
#cgo noescape goPushValues
#cgo nocallback goPushValues
#cgo noescape goRunLine
#cgo nocallback goRunLine
*/
import "C"

import "unsafe"

// The kinds of nodes.
const (
	KindArray  = C.SAWLOG_KIND_ARRAY
	KindBool   = C.SAWLOG_KIND_BOOL
	KindFloat  = C.SAWLOG_KIND_FLOAT
	KindInt    = C.SAWLOG_KIND_INT
	KindNull   = C.SAWLOG_KIND_NULL
	KindNumber = C.SAWLOG_KIND_NUMBER
	KindObject = C.SAWLOG_KIND_OBJECT
	KindString = C.SAWLOG_KIND_STRING
	KindTime   = C.SAWLOG_KIND_TIME
)

// node is sawlog_node.
type node struct {
	kind               uint32
	end                uint32
	nameStart, nameLen uint32
	textStart, textLen uint32
	integer            int64
	float              float64
	nanos              uint32
	_                  uint32
}

// Both must have the same layout, or the next two do not compile.
var (
	_ [unsafe.Sizeof(node{}) - C.sizeof_sawlog_node]struct{}
	_ [C.sizeof_sawlog_node - unsafe.Sizeof(node{})]struct{}
)

// Event is an event copied out of the library's memory, packed.
type Event struct {
	// Fields is an object: what Value.Data is for one.
	Fields string
	// Metadata is another.
	Metadata     string
	Line, Offset uint64
}

// RunLine takes one line, and gives the number of its events and the first.
func (w *Worker) RunLine(tick Tick, line []byte) (count int, first Event, status Status) {
	var events C.size_t
	var view C.goView
	status = Status(C.goRunLine(w.handle, bytes(line), C.size_t(len(line)),
		C.int64_t(tick.NowNs), C.uint64_t(tick.Seed), &events, &view))
	if status != OK || events == 0 {
		return 0, Event{}, status
	}
	return int(events), w.copyEvent(&view), status
}

// PushValues takes a piece of the stream, and gives how many events came of it: OutputFull when it did not take all.
func (w *Worker) PushValues(tick Tick, in []byte) (status Status, consumed, events int) {
	var taken, count C.size_t
	status = Status(C.goPushValues(w.handle, bytes(in), C.size_t(len(in)),
		C.int64_t(tick.NowNs), C.uint64_t(tick.Seed), &taken, &count))
	return status, int(taken), int(count)
}

// FlushValues ends the stream, and gives how many events came of it.
func (w *Worker) FlushValues(tick Tick) (status Status, events int) {
	var count C.size_t
	status = Status(C.sawlog_worker_flush_values(w.handle, C.int64_t(tick.NowNs), C.uint64_t(tick.Seed), &count))
	return status, int(count)
}

// FinishValues ends the run, and gives how many events came of it.
func (w *Worker) FinishValues(tick Tick) (status Status, events int) {
	var count C.size_t
	status = Status(C.sawlog_worker_finish_values(w.handle, C.int64_t(tick.NowNs), C.uint64_t(tick.Seed), &count))
	return status, int(count)
}

// HandleTickValues tells the time, and gives how many events came of it.
func (w *Worker) HandleTickValues(tick Tick) (status Status, events int) {
	var count C.size_t
	status = Status(C.sawlog_worker_handle_tick_values(w.handle, C.int64_t(tick.NowNs), C.uint64_t(tick.Seed), &count))
	return status, int(count)
}

// Events gives the events of the last call that gave events as values, from one on.
func (w *Worker) Events(from, count int) ([]Event, Status) {
	if count == 0 {
		return nil, OK
	}
	views := make([]C.goView, count)
	status := Status(C.goEvents(w.handle, C.size_t(from), C.size_t(count), unsafe.SliceData(views)))
	if status != OK {
		return nil, status
	}
	events := make([]Event, count)
	for i := range events {
		events[i] = w.copyEvent(&views[i])
	}
	return events, OK
}

// copyEvent packs an event into one string, which costs the garbage collector a third of what nodes and texts do.
func (w *Worker) copyEvent(view *C.goView) Event {
	// The library's memory, which Go does not move: the numbers are addresses until the next call.
	from := source{
		nodes: unsafe.Slice(*(**node)(unsafe.Pointer(&view.nodes)), view.count),
		text:  unsafe.Slice(*(**byte)(unsafe.Pointer(&view.text)), view.text_len),
	}
	metadata := uint32(view.metadata)
	packed := from.appendInside(w.scratch[:0], 0)
	border := len(packed)
	packed = from.appendInside(packed, metadata)
	if cap(packed) <= maxScratchBytes {
		w.scratch = packed
	}
	all := string(packed)
	return Event{all[:border], all[border:], uint64(view.line), uint64(view.offset)}
}

// maxScratchBytes is what a worker keeps for packing events.
const maxScratchBytes = 64 << 10
