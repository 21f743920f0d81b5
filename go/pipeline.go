package sawlog

import (
	"context"
	"fmt"
	"io"
	"iter"
	"runtime"
	"slices"
	"time"

	"github.com/sawlog/sawlog/go/internal/capi"
)

// Pipeline is a compiled config. It is immutable; any number of goroutines may use it at once.
type Pipeline struct {
	handle    *capi.Pipeline
	warnings  []Diagnostic
	filters   []Plugin
	inputs    []Plugin
	isOrdered bool
}

// Compile compiles a config given as text, in which diagnostics call it "config".
//
// It opens no file and reads no variable: [WithResources] gives what the config can reach. What is wrong with the
// config is a [*DiagnosticError].
func Compile(config string, options ...Option) (*Pipeline, error) {
	return CompileSources([]Source{{Name: "config", Text: config}}, options...)
}

// CompileSources is [Compile] for a config in several texts, which count as one.
func CompileSources(sources []Source, options ...Option) (*Pipeline, error) {
	settings := newCompileOptions(options)
	config, err := parse(sources, settings)
	if err != nil {
		return nil, err
	}
	defer config.Free()
	return compile(config, settings.resources, settings)
}

// CompileFile reads and compiles a config: a file, all files of a directory, or what a glob matches
// ([filepath.Match]), in the order of their paths. It reads what the config asks for, too ([Needs.Read]): variables
// from the environment or [WithVariables], pattern files, dictionaries and databases from the file system. Dates
// without a year start at the present ([WithStart]).
func CompileFile(path string, options ...Option) (*Pipeline, error) {
	sources, err := readSources(path)
	if err != nil {
		return nil, err
	}
	settings := newCompileOptions(append([]Option{WithStart(time.Now())}, options...))
	config, err := parse(sources, settings)
	if err != nil {
		return nil, err
	}
	defer config.Free()
	resources := settings.resources
	if resources == nil {
		needs, err := readNeeds(config, settings.lookup)
		if err != nil {
			return nil, err
		}
		resources, err = needs.Read(settings.lookup)
		if err != nil {
			return nil, err
		}
		resources.UserAgents = settings.userAgents
	}
	return compile(config, resources, settings)
}

// ReadNeeds parses a config and lists what it asks for, variables in paths replaced by what [WithVariables] knows.
func ReadNeeds(sources []Source, options ...Option) (Needs, error) {
	settings := newCompileOptions(options)
	config, err := parse(sources, settings)
	if err != nil {
		return Needs{}, err
	}
	defer config.Free()
	return readNeeds(config, settings.lookup)
}

// WithResources gives the pipeline with the files anew that its filters look things up in: dictionaries, address
// databases, user agents. What resources does not hold stays as it was. [Worker.SetPipeline] changes a worker over
// while it runs.
func (p *Pipeline) WithResources(resources *Resources) (*Pipeline, error) {
	if resources == nil {
		resources = &Resources{}
	}
	data, err := newResources(resources)
	if err != nil {
		return nil, err
	}
	defer data.Free()
	handle, err := p.handle.WithResources(data)
	runtime.KeepAlive(p)
	if err != nil {
		return nil, publicError(err)
	}
	return newPipeline(handle, p.warnings), nil
}

// Warnings tells what is legal in the config and yet worth a look.
func (p *Pipeline) Warnings() []Diagnostic { return slices.Clone(p.warnings) }

// Filters lists the filters, in the config's order: what [Reject.Filter] counts.
func (p *Pipeline) Filters() []Plugin { return slices.Clone(p.filters) }

// Inputs lists the inputs, in the config's order: what [WithInput] counts.
func (p *Pipeline) Inputs() []Plugin { return slices.Clone(p.inputs) }

// Explain runs lines and tells what goes wrong with them: of each entry the code is the kind of a [Reject], the message
// what failed, the help why (of a grok: how far the pattern got, and what it expected there), the place that of the
// filter or condition. It is for people, and takes many times what running the lines takes.
func (p *Pipeline) Explain(lines []byte, now time.Time) ([]Diagnostic, error) {
	defer runtime.KeepAlive(p)
	found, err := p.handle.Explain(lines, nanoseconds(now), 0)
	if err != nil {
		return nil, publicError(err)
	}
	return diagnostics(found), nil
}

// Plugin is a filter or an input of a config.
type Plugin struct {
	// Name is the plugin's.
	Name string
	// ID is the plugin id, empty when the config sets none.
	ID string
	// Source, Line and Column are where a filter stands; Line is 0 for an input.
	Source       string
	Line, Column int
}

// IsOrdered reports whether all events must pass through one worker, in order, because a filter keeps something
// from one event to the next.
func (p *Pipeline) IsOrdered() bool { return p.isOrdered }

// Transform runs one complete stream: it reads r to its end, writes the events to w as JSON lines and then what
// filters still hold. See [Worker.Transform].
func (p *Pipeline) Transform(ctx context.Context, r io.Reader, w io.Writer, options ...WorkerOption) error {
	worker, err := p.NewWorker(options...)
	if err != nil {
		return err
	}
	defer worker.Close()
	if err := worker.Transform(ctx, r, w); err != nil {
		return err
	}
	rest, err := worker.Finish(nil, worker.clock())
	if err != nil || len(rest) == 0 {
		return err
	}
	_, err = w.Write(rest)
	return err
}

// Events runs one complete stream: it reads r to its end and yields the events with typed values, then what filters still hold. The
// clock of the events is the present, or that of [WithClock]; the context is asked between reads.
//
// An error is the last thing that the loop gives.
func (p *Pipeline) Events(ctx context.Context, r io.Reader, options ...WorkerOption) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		worker, err := p.NewWorker(options...)
		if err != nil {
			yield(Event{}, err)
			return
		}
		defer worker.Close()
		in := make([]byte, readBytes)
		for {
			if err := ctx.Err(); err != nil {
				yield(Event{}, err)
				return
			}
			n, readError := r.Read(in)
			for event, err := range worker.Events(worker.clock(), in[:n]) {
				if !yield(event, err) || err != nil {
					return
				}
			}
			if readError == io.EOF {
				break
			}
			if readError != nil {
				yield(Event{}, readError)
				return
			}
		}
		for event, err := range worker.FinishEvents(worker.clock()) {
			if !yield(event, err) {
				return
			}
		}
	}
}

// Version is that of the library that runs: "0.1.0".
func Version() string { return capi.Version() }

func parse(sources []Source, settings *compileOptions) (*capi.Config, error) {
	if library, header := capi.ABIVersions(); library != header {
		return nil, fmt.Errorf("sawlog: built for version %d of the library's interface, it has %d", header, library)
	}
	texts := make([]capi.Source, len(sources))
	for i, source := range sources {
		texts[i] = capi.Source(source)
	}
	config, err := capi.Parse(texts, settings.supportEscapes)
	if err != nil {
		return nil, publicError(err)
	}
	return config, nil
}

func compile(config *capi.Config, resources *Resources, settings *compileOptions) (*Pipeline, error) {
	data, err := newResources(resources)
	if err != nil {
		return nil, err
	}
	if data != nil {
		defer data.Free()
	}
	handle, warnings, err := capi.Compile(config, data, &settings.capi)
	if err != nil {
		return nil, publicError(err)
	}
	return newPipeline(handle, diagnostics(warnings)), nil
}

func newPipeline(handle *capi.Pipeline, warnings []Diagnostic) *Pipeline {
	info := handle.Info()
	pipeline := &Pipeline{handle, warnings, plugins(info.Filters), plugins(info.Inputs), info.IsOrdered}
	runtime.AddCleanup(pipeline, (*capi.Pipeline).Free, handle)
	return pipeline
}

func plugins(from []capi.Plugin) []Plugin {
	all := make([]Plugin, len(from))
	for i, plugin := range from {
		all[i] = Plugin(plugin)
	}
	return all
}
