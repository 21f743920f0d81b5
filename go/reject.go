package sawlog

import (
	"log/slog"

	"github.com/sawlog/sawlog/go/internal/capi"
)

// Outcome says what became of what a [Reject] tells of.
type Outcome int

// The values of Outcome.
const (
	// OutcomeKept says that the event is in the output, too.
	OutcomeKept Outcome = capi.OutcomeKept
	// OutcomeDropped says that a filter dropped the event.
	OutcomeDropped Outcome = capi.OutcomeDropped
	// OutcomeRefused says that it cannot become output.
	OutcomeRefused Outcome = capi.OutcomeRefused
)

// String returns "kept", "dropped" or "refused".
func (o Outcome) String() string {
	switch o {
	case OutcomeKept:
		return "kept"
	case OutcomeDropped:
		return "dropped"
	}
	return "refused"
}

// Reject is a line or an event that was refused, or an event on which something failed.
type Reject struct {
	// Outcome says what became of it.
	Outcome Outcome
	// Kind is a stable word: "codec", "filter", "condition", "damaged", "line_too_long", "no_event", "not_bulk".
	Kind string
	// Reason says it in words.
	Reason string
	// Explanation says why the filter failed; empty without [WithExplanations], or when the filter does not know.
	Explanation string
	// Path is the stream's name, as [WithPath] or [Worker.StartStream] gave it.
	Path string
	// Line counts from 1; 0 when the event came from no line. Offset is that of the line's first byte in the stream.
	Line, Offset uint64
	// Text is the line without its end; of an over-long one the first KiB.
	Text string
	// Filter is the place of the first filter that failed in [Pipeline.Filters]; -1 when none did.
	Filter int
	// Source, SourceLine and SourceColumn are where that filter, or the condition that refused, stands in the config; empty and 0
	// for neither.
	Source                   string
	SourceLine, SourceColumn int
}

// LogValue gives log/slog the reject's parts; what is empty is left out.
func (r Reject) LogValue() slog.Value {
	attrs := []slog.Attr{
		slog.String("outcome", r.Outcome.String()),
		slog.String("kind", r.Kind),
		slog.String("reason", r.Reason),
		slog.Uint64("line", r.Line),
		slog.Uint64("offset", r.Offset),
	}
	for _, attr := range []slog.Attr{
		slog.String("path", r.Path),
		slog.String("text", r.Text),
		slog.String("explanation", r.Explanation),
	} {
		if attr.Value.String() != "" {
			attrs = append(attrs, attr)
		}
	}
	if r.SourceLine > 0 {
		attrs = append(attrs,
			slog.String("source", r.Source),
			slog.Int("source_line", r.SourceLine),
			slog.Int("source_column", r.SourceColumn))
	}
	return slog.GroupValue(attrs...)
}

func newReject(from capi.Reject) Reject {
	return Reject{
		Outcome(from.Outcome), from.Kind, from.Reason, from.Explanation, from.Path, from.Line, from.Offset,
		from.Text, from.Filter, from.Source, from.SourceLine, from.SourceColumn,
	}
}
