package sawlog

import (
	"log/slog"

	"github.com/sawlog/sawlog/go/internal/capi"
)

// Stats is what a worker has done since it was made. Nothing is lost without a count:
//
//	Lines = EventsDecoded + LinesMerged + LinesRefused + LinesWithoutEvent - EventsBeyondFirst
//	EventsDecoded + EventsCreated = EventsOut + EventsDropped + EventsRefused
type Stats struct {
	// BytesIn is what was taken in.
	BytesIn uint64
	// Lines are those read, refused ones included.
	Lines uint64
	// LinesRefused were too long, or texts handed in that are no event.
	LinesRefused uint64
	// LinesMerged became part of an event that another line began.
	LinesMerged uint64
	// LinesWithoutEvent hold none and are no error: a blank line or [] in JSON.
	LinesWithoutEvent uint64
	// EventsBeyondFirst are those of a line after its first: a JSON list.
	EventsBeyondFirst uint64
	// EventsDecoded were made by codecs, or handed in.
	EventsDecoded uint64
	// EventsCreated were made by filters of others.
	EventsCreated uint64
	// EventsOut left the last filter.
	EventsOut uint64
	// EventsDropped were dropped by a filter.
	EventsDropped uint64
	// EventsRefused were refused by a condition.
	EventsRefused uint64
	// YearsGuessed counts dates without a year that got one from the clock.
	YearsGuessed uint64
	// Filters has one entry for each filter, in the config's order.
	Filters []FilterStats
}

// FilterStats is what one filter has done.
type FilterStats struct {
	// Plugin says which it is.
	Plugin
	// EventsIn came in.
	EventsIn uint64
	// Matched are those to which the common options applied.
	Matched uint64
	// Failed are those on which the filter failed.
	Failed uint64
}

// LogValue gives log/slog the counters that are not 0, without those of the filters.
func (s Stats) LogValue() slog.Value {
	counters := []slog.Attr{
		slog.Uint64("bytes_in", s.BytesIn),
		slog.Uint64("lines", s.Lines),
		slog.Uint64("lines_refused", s.LinesRefused),
		slog.Uint64("lines_merged", s.LinesMerged),
		slog.Uint64("lines_without_event", s.LinesWithoutEvent),
		slog.Uint64("events_beyond_first", s.EventsBeyondFirst),
		slog.Uint64("events_decoded", s.EventsDecoded),
		slog.Uint64("events_created", s.EventsCreated),
		slog.Uint64("events_out", s.EventsOut),
		slog.Uint64("events_dropped", s.EventsDropped),
		slog.Uint64("events_refused", s.EventsRefused),
		slog.Uint64("years_guessed", s.YearsGuessed),
	}
	kept := counters[:0]
	for _, counter := range counters {
		if counter.Value.Uint64() != 0 {
			kept = append(kept, counter)
		}
	}
	return slog.GroupValue(kept...)
}

func newStats(from capi.Stats) Stats {
	return Stats{
		BytesIn:           from.BytesIn,
		Lines:             from.Lines,
		LinesRefused:      from.LinesRefused,
		LinesMerged:       from.LinesMerged,
		LinesWithoutEvent: from.LinesWithoutEvent,
		EventsBeyondFirst: from.EventsBeyondFirst,
		EventsDecoded:     from.EventsDecoded,
		EventsCreated:     from.EventsCreated,
		EventsOut:         from.EventsOut,
		EventsDropped:     from.EventsDropped,
		EventsRefused:     from.EventsRefused,
		YearsGuessed:      from.YearsGuessed,
	}
}
