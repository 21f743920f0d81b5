package sawlog

import (
	"iter"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/sawlog/sawlog/go/internal/capi"
)

// Event is one event that left the filters, with typed values. Like its values it is immutable, belongs to
// the Go heap and may be kept and shared between goroutines.
type Event struct {
	event capi.Event
}

// Fields yields the top-level fields in their order, "@timestamp" and "@version" among them.
func (e Event) Fields() iter.Seq2[string, Value] { return e.Root().Fields() }

// Metadata returns the object "@metadata", which JSON output leaves out.
func (e Event) Metadata() Value {
	return Value{capi.Value{Kind: capi.KindObject, Data: e.event.Metadata}}
}

// Line returns the number of the event's line in its stream, from 1; 0 when it came from no line.
func (e Event) Line() uint64 { return e.event.Line }

// Offset returns the byte offset of the event's line in its stream.
func (e Event) Offset() uint64 { return e.event.Offset }

// Root returns all fields as one value, an object.
func (e Event) Root() Value { return Value{capi.Value{Kind: capi.KindObject, Data: e.event.Fields}} }

// Field returns the value at a field reference: "verb", "[url][path]", "[tags][0]", "[tags][-1]",
// "[@metadata][name]". A name without brackets is a top-level field. It reports false when there is
// no such field, or the text is no field reference.
func (e Event) Field(reference string) (Value, bool) {
	if !strings.HasPrefix(reference, "[") {
		if reference == "@metadata" {
			return e.Metadata(), e.Metadata().Len() > 0
		}
		return e.Root().Key(reference)
	}
	value, at := e.Root(), 0
	for rest := reference; rest != ""; at++ {
		end := strings.IndexByte(rest, ']')
		if rest[0] != '[' || end < 0 {
			return Value{}, false
		}
		key := rest[1:end]
		rest = rest[end+1:]
		found := true
		switch {
		case at == 0 && key == "@metadata":
			value, found = e.Metadata(), e.Metadata().Len() > 0
		case value.Kind() == KindArray:
			index, err := strconv.Atoi(key)
			if err != nil {
				return Value{}, false
			}
			value, found = value.Index(index)
		default:
			value, found = value.Key(key)
		}
		if !found {
			return Value{}, false
		}
	}
	return value, true
}

// Timestamp returns the field "@timestamp", the zero time when it is missing or no time.
func (e Event) Timestamp() time.Time {
	value, _ := e.Root().Key("@timestamp")
	return value.Time()
}

// Map returns the fields as Go's own types ([Value.Any]).
func (e Event) Map() map[string]any {
	fields, _ := e.Root().Any().(map[string]any)
	return fields
}

// LogValue gives log/slog the fields as a group.
func (e Event) LogValue() slog.Value { return e.Root().LogValue() }
