package capi

// #include <sawlog.h>
import "C"

// Stats are a worker's counters.
type Stats struct {
	BytesIn, Lines, LinesRefused, LinesMerged, LinesWithoutEvent, EventsBeyondFirst uint64
	EventsDecoded, EventsCreated, EventsOut, EventsDropped, EventsRefused           uint64
	YearsGuessed                                                                    uint64
}

// FilterStats are those of one filter.
type FilterStats struct {
	Name, ID                  string
	EventsIn, Matched, Failed uint64
}

// Stats tells what the worker has done.
func (w *Worker) Stats() (Stats, Status) {
	from := C.sawlog_stats{struct_size: C.sizeof_sawlog_stats}
	if status := C.sawlog_worker_stats(w.handle, &from); status != C.SAWLOG_OK {
		return Stats{}, Status(status)
	}
	return Stats{
		BytesIn:           uint64(from.bytes_in),
		Lines:             uint64(from.lines),
		LinesRefused:      uint64(from.lines_refused),
		LinesMerged:       uint64(from.lines_merged),
		LinesWithoutEvent: uint64(from.lines_without_event),
		EventsBeyondFirst: uint64(from.events_beyond_first),
		EventsDecoded:     uint64(from.events_decoded),
		EventsCreated:     uint64(from.events_created),
		EventsOut:         uint64(from.events_out),
		EventsDropped:     uint64(from.events_dropped),
		EventsRefused:     uint64(from.events_refused),
		YearsGuessed:      uint64(from.years_guessed),
	}, OK
}

// FilterStats tells what one filter has done; an error beyond the last.
func (w *Worker) FilterStats(index int) (FilterStats, Status) {
	from := C.sawlog_filter_stats{struct_size: C.sizeof_sawlog_filter_stats}
	status := C.sawlog_worker_filter_stats(w.handle, C.size_t(index), &from)
	if status != C.SAWLOG_OK {
		return FilterStats{}, Status(status)
	}
	return FilterStats{
		text(from.name), text(from.id), uint64(from.events_in), uint64(from.matched), uint64(from.failed),
	}, OK
}

// The values of Reject.Outcome.
const (
	OutcomeKept    = C.SAWLOG_OUTCOME_KEPT
	OutcomeDropped = C.SAWLOG_OUTCOME_DROPPED
	OutcomeRefused = C.SAWLOG_OUTCOME_REFUSED
)

// Reject is what was refused, or an event on which something failed.
type Reject struct {
	Outcome                               int
	Filter                                int
	Kind, Reason, Explanation, Path, Text string
	Line, Offset                          uint64
	Source                                string
	SourceLine, SourceColumn              int
}

// NextReject takes the oldest reject; End when there is none.
func (w *Worker) NextReject() (Reject, Status) {
	from := C.sawlog_reject{struct_size: C.sizeof_sawlog_reject}
	if status := C.sawlog_worker_next_reject(w.handle, &from); status != C.SAWLOG_OK {
		return Reject{}, Status(status)
	}
	filter := -1
	if from.has_filter != 0 {
		filter = int(from.filter)
	}
	return Reject{
		Outcome:      int(from.outcome),
		Filter:       filter,
		Kind:         text(from.kind),
		Reason:       text(from.reason),
		Explanation:  text(from.explanation),
		Path:         text(from.path),
		Text:         text(from.text),
		Line:         uint64(from.line),
		Offset:       uint64(from.offset),
		Source:       text(from.source),
		SourceLine:   int(from.source_line),
		SourceColumn: int(from.source_column),
	}, OK
}
