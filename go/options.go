package sawlog

import (
	"math"
	"os"
	"strings"
	"time"

	"github.com/sawlog/sawlog/go/internal/capi"
)

// ECS is the setting pipeline.ecs_compatibility: which names plugins use by default.
type ECS int32

// The values of ECS.
const (
	// ECSDisabled gives plain names, Logstash 7's default.
	ECSDisabled ECS = capi.ECSDisabled
	// ECSv1 is the Elastic Common Schema of Logstash 7.
	ECSv1 ECS = capi.ECSv1
	// ECSv8 is the Elastic Common Schema, the default since Logstash 8.
	ECSv8 ECS = capi.ECSv8
)

// EscapeStyle is the setting config.field_reference.escape_style.
type EscapeStyle int32

// The values of EscapeStyle.
const (
	// EscapeNone leaves field references as they are, the default.
	EscapeNone EscapeStyle = capi.EscapeNone
	// EscapePercent reads %5B and %5D as brackets.
	EscapePercent EscapeStyle = capi.EscapePercent
	// EscapeAmpersand reads &#91; and &#93; as brackets.
	EscapeAmpersand EscapeStyle = capi.EscapeAmpersand
)

// Format is how events are written.
type Format int32

// The values of Format.
const (
	// FormatNDJSON is one JSON object a line without "@metadata", the default.
	FormatNDJSON Format = capi.FormatNDJSON
	// FormatNDJSONMetadata has "@metadata" as the last field unless it is empty.
	FormatNDJSONMetadata Format = capi.FormatNDJSONMetadata
	// FormatJSON is JSON objects with nothing between them.
	FormatJSON Format = capi.FormatJSON
	// FormatCSV begins with a line of names; [WithFields] gives the columns.
	FormatCSV Format = capi.FormatCSV
	// FormatRubyDebug is Logstash's indented form for people.
	FormatRubyDebug Format = capi.FormatRubyDebug
	// FormatMsgpack is a MessagePack map for each event, with nothing between them.
	FormatMsgpack Format = capi.FormatMsgpack
)

// Rejects says which rejects a worker tells of.
type Rejects int32

// The values of Rejects.
const (
	// RejectsRefused are lines and events that cannot become output.
	RejectsRefused Rejects = capi.RejectsRefused
	// RejectsFailed are these and the events on which something failed; they are in the output, too, unless a filter
	// dropped them.
	RejectsFailed Rejects = capi.RejectsFailed
)

// Option is a setting of [Compile], [CompileSources], [CompileFile] and [ReadNeeds].
type Option func(*compileOptions)

type compileOptions struct {
	capi           capi.CompileOptions
	supportEscapes bool
	resources      *Resources
	userAgents     []byte
	lookup         func(string) (string, bool)
}

func newCompileOptions(options []Option) *compileOptions {
	settings := &compileOptions{lookup: os.LookupEnv}
	for _, option := range options {
		option(settings)
	}
	return settings
}

// WithECS sets pipeline.ecs_compatibility.
func WithECS(ecs ECS) Option {
	return func(o *compileOptions) { o.capi.ECS = int32(ecs) }
}

// WithEscapeStyle sets config.field_reference.escape_style.
func WithEscapeStyle(style EscapeStyle) Option {
	return func(o *compileOptions) { o.capi.EscapeStyle = int32(style) }
}

// WithHostName names the machine, for filters that put it on the events they make (metrics, elapsed);
// without it these events have no such field.
func WithHostName(name string) Option {
	return func(o *compileOptions) { o.capi.HostName = name }
}

// WithResources gives what the config can reach. [CompileFile] then reads nothing but the config.
func WithResources(resources *Resources) Option {
	return func(o *compileOptions) { o.resources = resources }
}

// WithSkipUnsupported leaves plugins out that Logstash has and this library has not, with a warning, instead
// of refusing the config.
func WithSkipUnsupported() Option {
	return func(o *compileOptions) { o.capi.SkipUnsupported = true }
}

// WithStart gives the clock when the pipeline starts: the year of a "Feb 29" in dates without a year.
// The default is 1970, [CompileFile]'s the present.
func WithStart(start time.Time) Option {
	return func(o *compileOptions) { o.capi.StartNs = nanoseconds(start) }
}

// WithSupportEscapes sets config.support_escapes: "\n" in quoted strings is a line end.
func WithSupportEscapes() Option {
	return func(o *compileOptions) { o.supportEscapes = true }
}

// WithTimeZone names the zone of dates that name none, "Europe/Berlin" or "+01:00"; the default is UTC.
func WithTimeZone(name string) Option {
	return func(o *compileOptions) { o.capi.TimeZone = name }
}

// WithUserAgents gives [CompileFile] what user agents are known by, [Resources.UserAgents].
func WithUserAgents(yaml []byte) Option {
	return func(o *compileOptions) { o.userAgents = yaml }
}

// WithVariables looks variables up for [CompileFile] and [ReadNeeds] instead of [os.LookupEnv].
func WithVariables(lookup func(name string) (value string, ok bool)) Option {
	return func(o *compileOptions) { o.lookup = lookup }
}

// WorkerOption is a setting of [Pipeline.NewWorker] and [Pipeline.Transform].
type WorkerOption func(*workerOptions)

type workerOptions struct {
	capi   capi.WorkerOptions
	clock  func() time.Time
	seed   uint64
	reject func(Reject)
}

// WithClock replaces [time.Now] in Transform.
func WithClock(clock func() time.Time) WorkerOption {
	return func(o *workerOptions) { o.clock = clock }
}

// WithCodec reads with a codec as in a config, instead of the input's: "json",
// `multiline { pattern => "^ " what => "previous" }`.
func WithCodec(codec string) WorkerOption {
	return func(o *workerOptions) { o.capi.Codec = codec }
}

// WithExplanations lets filters that fail say why in [Reject.Explanation]; it takes time for each failure.
func WithExplanations() WorkerOption {
	return func(o *workerOptions) { o.capi.ExplainFailures = true }
}

// WithField sets a field on every event: field reference and text.
func WithField(reference, value string) WorkerOption {
	return func(o *workerOptions) {
		o.capi.Set = append(o.capi.Set, [2]string{reference, value})
	}
}

// WithFields writes these fields only, in this order; for NDJSON, JSON and CSV. They are field references.
func WithFields(references ...string) WorkerOption {
	return func(o *workerOptions) { o.capi.Fields = strings.Join(references, "\n") }
}

// WithFormat says how events are written.
func WithFormat(format Format) WorkerOption {
	return func(o *workerOptions) { o.capi.Format = int32(format) }
}

// WithInput takes codec, type, tags and fields from an input of the config, counted from 0; without
// it the worker reads lines.
func WithInput(index int) WorkerOption {
	return func(o *workerOptions) { o.capi.Input = index + 1 }
}

// WithMaxLineBytes sets the length of the longest line that is read, in bytes.
func WithMaxLineBytes(bytes int) WorkerOption {
	return func(o *workerOptions) { o.capi.MaxLineBytes = bytes }
}

// WithOutputCodec writes with a codec as in a config instead of a format: `line { format => "%{message}" }`.
func WithOutputCodec(codec string) WorkerOption {
	return func(o *workerOptions) { o.capi.OutputCodec = codec }
}

// WithoutOriginal leaves [event][original] out, which codecs set under ECS.
func WithoutOriginal() WorkerOption {
	return func(o *workerOptions) { o.capi.DropOriginal = true }
}

// WithPath names the stream, set as [log][file][path], or path without ECS.
func WithPath(path string) WorkerOption {
	return func(o *workerOptions) { o.capi.Path = path }
}

// WithRejects calls handle for each reject, in the worker's own goroutine before the call that met it returns. Without it
// rejects are only counted ([Stats]). handle must not use the worker: its calls give [ErrBusy].
func WithRejects(which Rejects, handle func(Reject)) WorkerOption {
	return func(o *workerOptions) { o.capi.Rejects, o.reject = int32(which), handle }
}

// WithSeed sets what random draws derive from, together with the event's place in the stream; equal seeds
// give equal events. The default is 0.
func WithSeed(seed uint64) WorkerOption {
	return func(o *workerOptions) { o.seed = seed }
}

// nanoseconds gives a time since 1970; what 64 bits cannot hold, before 1677 and after 2262, is the nearest they can.
func nanoseconds(time time.Time) int64 {
	const most = math.MaxInt64 / 1_000_000_000
	switch seconds := time.Unix(); {
	case seconds >= most:
		return math.MaxInt64
	case seconds <= -most:
		return math.MinInt64
	}
	return time.UnixNano()
}
