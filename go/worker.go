package sawlog

import (
	"context"
	"io"
	"iter"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/sawlog/sawlog/go/internal/capi"
)

const (
	// readBytes is what Transform reads at once: a batch whose events fit a processor's cache.
	readBytes = 64 << 10
	// spareBytes is the least room that a call is given for its output.
	spareBytes = 512
	// turnBytes is what a worker takes before it looks at the clock, which takes as long as a field of an event.
	turnBytes = 64 << 10
	// turn is less than the 10 ms after which Go's monitor takes the processor away from a goroutine in a C call. From then on
	// the monitor wakes every 20 µs for some milliseconds: with 64 KiB to a call 10 to 20 % of the processor time on a machine
	// with nothing else to do. A goroutine that gives way before that keeps the monitor asleep.
	turn = 8 * time.Millisecond
)

// The states of a worker.
const (
	idle = iota
	busy
	closed
)

// Worker runs one stream of bytes through a pipeline; it keeps the line that is not yet complete, and what
// filters remember. A worker is for one goroutine at a time.
type Worker struct {
	handle  *capi.Worker
	state   atomic.Uint32
	cleanup runtime.Cleanup
	clock   func() time.Time
	seed    uint64
	reject  func(Reject)
	filters []Plugin
	// The bytes since the clock was looked at, and when the goroutine last gave way.
	taken   int
	gaveWay time.Time
}

// NewWorker makes a worker at the start of a stream.
func (p *Pipeline) NewWorker(options ...WorkerOption) (*Worker, error) {
	settings := &workerOptions{clock: time.Now}
	for _, option := range options {
		option(settings)
	}
	handle, err := p.handle.NewWorker(&settings.capi)
	runtime.KeepAlive(p)
	if err != nil {
		return nil, publicError(err)
	}
	worker := &Worker{handle: handle, clock: settings.clock, seed: settings.seed, reject: settings.reject, filters: p.filters}
	worker.cleanup = runtime.AddCleanup(worker, (*capi.Worker).Free, handle)
	return worker, nil
}

// Write takes a piece of the stream, of any size, appends the events of every line that ends in it to dst as JSON
// lines, and returns dst as append does. now is the clock of these events.
//
// With an error, dst has what came out before.
func (w *Worker) Write(dst []byte, now time.Time, p []byte) ([]byte, error) {
	if err := w.enter(); err != nil {
		return dst, err
	}
	defer w.leaveAfter(len(p))
	tick := w.tick(now)
	dst = slices.Grow(dst, spareBytes+len(p)+len(p)/2)
	for {
		status, consumed, written := w.handle.Transform(tick, p, dst[len(dst):cap(dst)])
		dst, p = dst[:len(dst)+written], p[consumed:]
		w.tellRejects()
		if status != capi.OutputFull || consumed+written == 0 {
			return dst, publicError(status.Failure())
		}
		dst = slices.Grow(dst, spareBytes+len(dst)/2)
	}
}

// WriteEvent takes one event, given as a JSON object, past codec and input, and appends what comes of it to dst.
// "@timestamp" and "@version" are added if they are missing; a text that is no such object is a reject.
func (w *Worker) WriteEvent(dst []byte, now time.Time, json []byte) ([]byte, error) {
	return w.drain(dst, now, len(json), func(handle *capi.Worker, tick capi.Tick) capi.Status {
		return handle.PushEvent(tick, json)
	})
}

// Flush ends the stream: the last line counts although nothing ended it, and what a codec kept for more lines comes
// out. The events are appended to dst. The worker can go on with another stream.
func (w *Worker) Flush(dst []byte, now time.Time) ([]byte, error) {
	return w.drain(dst, now, 0, (*capi.Worker).Flush)
}

// Finish is [Worker.Flush], and gives what filters still hold: the last call before [Worker.Close].
func (w *Worker) Finish(dst []byte, now time.Time) ([]byte, error) {
	return w.drain(dst, now, 0, (*capi.Worker).Finish)
}

// Tick tells the time when no bytes come, and appends the events that filters and codecs make as time goes by.
// [Worker.NextDeadline] says when it has something to do.
func (w *Worker) Tick(dst []byte, now time.Time) ([]byte, error) {
	return w.drain(dst, now, 0, (*capi.Worker).HandleTick)
}

// Close frees the worker's memory; it may be called more than once. Events that were not flushed are lost. While another
// goroutine is in a call it does nothing and returns [ErrBusy].
func (w *Worker) Close() error {
	switch {
	case w.state.CompareAndSwap(idle, closed):
		w.cleanup.Stop()
		w.handle.Free()
		return nil
	case w.state.Load() == closed:
		return nil
	default:
		return ErrBusy
	}
}

// Transform reads r to its end, writes the events to out as JSON lines, and flushes. The clock of the events is
// the present, or that of [WithClock].
//
// The context is asked between reads: a reader that blocks is the caller's to stop. After an error the stream is not
// flushed, and what was written are whole events.
func (w *Worker) Transform(ctx context.Context, r io.Reader, out io.Writer) error {
	in := make([]byte, readBytes)
	var dst []byte
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, readError := r.Read(in)
		var err error
		dst, err = w.Write(dst[:0], w.clock(), in[:n])
		if err == nil && readError == io.EOF {
			dst, err = w.Flush(dst, w.clock())
		}
		if len(dst) > 0 {
			if _, err := out.Write(dst); err != nil {
				return err
			}
		}
		switch {
		case err != nil:
			return err
		case readError == io.EOF:
			return nil
		case readError != nil:
			return readError
		}
	}
}

// Line runs one line, without its line end, and yields its events: one as a rule, none when it was dropped or
// refused, several after split or clone. The line is run when the loop begins, and once for each loop.
//
// An error is the only thing that the loop then gives.
func (w *Worker) Line(now time.Time, line []byte) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		count, first, more, err := w.runLine(now, line)
		if err != nil {
			yield(Event{}, err)
			return
		}
		if count > 0 && yield(Event{first}, nil) {
			yieldAll(more, yield)
		}
	}
}

// Events takes a piece of the stream, of any size, and yields the events of every line that ends in it: [Worker.Write] with typed
// values instead of JSON. The piece is taken as the loop goes on; what a loop that is left did not come to is not taken.
//
// An error is the last thing that the loop gives.
func (w *Worker) Events(now time.Time, p []byte) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		rest := p
		for {
			var isMore bool
			events, err := w.values(now, len(rest), func(tick capi.Tick) (capi.Status, int) {
				status, consumed, count := w.handle.PushValues(tick, rest)
				rest, isMore = rest[consumed:], status == capi.OutputFull
				if isMore && consumed > 0 {
					status = capi.OK
				}
				return status, count
			})
			if !yieldAll(events, yield) {
				return
			}
			if err != nil {
				yield(Event{}, err)
			}
			if err != nil || !isMore {
				return
			}
		}
	}
}

// FlushEvents is [Worker.Flush] with typed values.
func (w *Worker) FlushEvents(now time.Time) iter.Seq2[Event, error] {
	return w.valuesOf(now, w.handle.FlushValues)
}

// FinishEvents is [Worker.Finish] with typed values.
func (w *Worker) FinishEvents(now time.Time) iter.Seq2[Event, error] {
	return w.valuesOf(now, w.handle.FinishValues)
}

// TickEvents is [Worker.Tick] with typed values.
func (w *Worker) TickEvents(now time.Time) iter.Seq2[Event, error] {
	return w.valuesOf(now, w.handle.HandleTickValues)
}

// StartStream goes on with another stream, whose lines count from 1; the last one must have been flushed. The path names it, as
// [WithPath] does.
func (w *Worker) StartStream(path string) error {
	return w.StartStreamAt(path, 1, 0)
}

// StartStreamAt goes on in the middle of a stream, at the start of a line with this number and byte offset: for a stream that is
// shared among workers, which must not be ordered ([Worker.IsOrdered]).
func (w *Worker) StartStreamAt(path string, line, offset uint64) error {
	if err := w.enter(); err != nil {
		return err
	}
	defer w.leave()
	return publicError(w.handle.StartStream(path, line, offset).Err())
}

// SetPipeline goes on with a pipeline that [Pipeline.WithResources] made of this worker's, from the next line on.
func (w *Worker) SetPipeline(pipeline *Pipeline) error {
	if err := w.enter(); err != nil {
		return err
	}
	defer w.leave()
	defer runtime.KeepAlive(pipeline)
	return publicError(w.handle.SetPipeline(pipeline.handle).Err())
}

// NextDeadline returns the time at which [Worker.Tick] has something to do if nothing is written before; false when there is
// none, or the worker is closed or busy.
func (w *Worker) NextDeadline() (time.Time, bool) {
	if w.enter() != nil {
		return time.Time{}, false
	}
	defer w.leave()
	ns, status := w.handle.NextDeadline()
	if status != capi.OK {
		return time.Time{}, false
	}
	return time.Unix(0, ns), true
}

// IsOrdered reports whether this worker must see the whole of a stream, and all events of the pipeline, in order; true when
// the worker is closed or busy.
func (w *Worker) IsOrdered() bool {
	if w.enter() != nil {
		return true
	}
	defer w.leave()
	return w.handle.IsOrdered()
}

// Stats tells what the worker has done since it was made; nothing when it is closed or busy.
func (w *Worker) Stats() Stats {
	if w.enter() != nil {
		return Stats{}
	}
	defer w.leave()
	from, status := w.handle.Stats()
	if status != capi.OK {
		return Stats{}
	}
	stats := newStats(from)
	for index := range w.filters {
		if one, status := w.handle.FilterStats(index); status == capi.OK {
			stats.Filters = append(stats.Filters, FilterStats{w.filters[index], one.EventsIn, one.Matched, one.Failed})
		}
	}
	return stats
}

// runLine gives the events of a line: the first by itself, since most lines have no more.
func (w *Worker) runLine(now time.Time, line []byte) (count int, first capi.Event, more []capi.Event, err error) {
	if err := w.enter(); err != nil {
		return 0, first, nil, err
	}
	defer w.leaveAfter(len(line))
	count, first, status := w.handle.RunLine(w.tick(now), line)
	if status == capi.OK && count > 1 {
		more, status = w.handle.Events(1, count-1)
	}
	w.tellRejects()
	return count, first, more, publicError(status.Failure())
}

// values makes a call that gives events as values, and copies them.
func (w *Worker) values(now time.Time, bytes int, call func(capi.Tick) (capi.Status, int)) ([]capi.Event, error) {
	if err := w.enter(); err != nil {
		return nil, err
	}
	defer w.leaveAfter(bytes)
	status, count := call(w.tick(now))
	if status != capi.OK {
		return nil, publicError(status.Failure())
	}
	events, status := w.handle.Events(0, count)
	w.tellRejects()
	return events, publicError(status.Failure())
}

func (w *Worker) valuesOf(now time.Time, call func(capi.Tick) (capi.Status, int)) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		events, err := w.values(now, 0, call)
		if yieldAll(events, yield) && err != nil {
			yield(Event{}, err)
		}
	}
}

func yieldAll(events []capi.Event, yield func(Event, error) bool) bool {
	for _, event := range events {
		if !yield(Event{event}, nil) {
			return false
		}
	}
	return true
}

// drain makes a call whose output waits, and appends that to dst.
func (w *Worker) drain(dst []byte, now time.Time, bytes int, call func(*capi.Worker, capi.Tick) capi.Status) ([]byte, error) {
	if err := w.enter(); err != nil {
		return dst, err
	}
	defer w.leaveAfter(bytes)
	if status := call(w.handle, w.tick(now)); status != capi.OK {
		return dst, publicError(status.Failure())
	}
	w.tellRejects()
	for {
		status, written := w.handle.Pull(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+written]
		if status != capi.OutputFull {
			return dst, publicError(status.Err())
		}
		dst = slices.Grow(dst, spareBytes+len(dst)/2)
	}
}

// tellRejects hands over the rejects that the library keeps: as long as none waits, it takes all input.
func (w *Worker) tellRejects() {
	if w.reject == nil {
		return
	}
	for {
		reject, status := w.handle.NextReject()
		if status != capi.OK {
			return
		}
		w.reject(newReject(reject))
	}
}

func (w *Worker) tick(now time.Time) capi.Tick {
	return capi.Tick{NowNs: nanoseconds(now), Seed: w.seed}
}

// enter begins a call, unless another is under way.
func (w *Worker) enter() error {
	if w.state.CompareAndSwap(idle, busy) {
		return nil
	}
	if w.state.Load() == closed {
		return ErrClosed
	}
	return ErrBusy
}

// leave ends a call; until then it keeps the worker from being collected.
func (w *Worker) leave() {
	w.state.Store(idle)
}

// leaveAfter is leave for a call that took bytes of input.
func (w *Worker) leaveAfter(bytes int) {
	if w.taken += bytes; w.taken >= turnBytes {
		w.taken = 0
		if now := time.Now(); now.Sub(w.gaveWay) > turn {
			w.gaveWay = now
			runtime.Gosched()
		}
	}
	w.leave()
}
