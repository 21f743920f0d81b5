package capi

// #include <sawlog.h>
import "C"

import "runtime"

// Pipeline is a compiled config.
type Pipeline struct{ handle *C.sawlog_pipeline }

// The values of CompileOptions.ECS.
const (
	ECSDisabled = C.SAWLOG_ECS_DISABLED
	ECSv1       = C.SAWLOG_ECS_V1
	ECSv8       = C.SAWLOG_ECS_V8
)

// The values of CompileOptions.EscapeStyle.
const (
	EscapeNone      = C.SAWLOG_ESCAPE_NONE
	EscapePercent   = C.SAWLOG_ESCAPE_PERCENT
	EscapeAmpersand = C.SAWLOG_ESCAPE_AMPERSAND
)

// CompileOptions are settings of a pipeline that do not stand in its config.
type CompileOptions struct {
	ECS             int32
	EscapeStyle     int32
	SkipUnsupported bool
	TimeZone        string
	HostName        string
	StartNs         int64
}

// Compile compiles a config; resources may be nil. What is worth a warning comes with the pipeline.
func Compile(config *Config, resources *Resources, options *CompileOptions) (*Pipeline, []Diagnostic, error) {
	var pinner runtime.Pinner
	defer pinner.Unpin()
	settings := C.sawlog_options{
		struct_size:      C.sizeof_sawlog_options,
		ecs:              C.int32_t(options.ECS),
		escape_style:     C.int32_t(options.EscapeStyle),
		skip_unsupported: flag(options.SkipUnsupported),
		timezone:         member(options.TimeZone, &pinner),
		host_name:        member(options.HostName, &pinner),
		start_ns:         C.int64_t(options.StartNs),
	}
	var from *C.sawlog_resources
	if resources != nil {
		from = resources.handle
	}
	pipeline := &Pipeline{}
	var list *C.sawlog_diagnostics
	status := C.sawlog_pipeline_compile(config.handle, from, &settings, &pipeline.handle, &list)
	var warnings []Diagnostic
	if list != nil {
		warnings = diagnostics(list)
	}
	if err := checked(status, &list); err != nil {
		return nil, nil, err
	}
	return pipeline, warnings, nil
}

// WithResources gives the pipeline with other files.
func (p *Pipeline) WithResources(resources *Resources) (*Pipeline, error) {
	changed := &Pipeline{}
	var list *C.sawlog_diagnostics
	status := C.sawlog_pipeline_with_resources(p.handle, resources.handle, &changed.handle, &list)
	if err := checked(status, &list); err != nil {
		return nil, err
	}
	return changed, nil
}

// Free frees the handle; it may be called more than once.
func (p *Pipeline) Free() { C.sawlog_pipeline_free(&p.handle) }

// Info is what is to be known of a pipeline.
type Info struct {
	IsOrdered bool
	Filters   []Plugin
	Inputs    []Plugin
	Outputs   int
}

// Plugin is a filter or an input of a config.
type Plugin struct {
	Name, ID     string
	Source       string
	Line, Column int
}

// Info tells what there is to know.
func (p *Pipeline) Info() Info {
	from := C.sawlog_pipeline_info{struct_size: C.sizeof_sawlog_pipeline_info}
	if C.sawlog_pipeline_describe(p.handle, &from) != C.SAWLOG_OK {
		return Info{}
	}
	info := Info{IsOrdered: from.is_ordered != 0, Outputs: int(from.outputs)}
	for index := range from.filters {
		plugin := C.sawlog_plugin{struct_size: C.sizeof_sawlog_plugin}
		if C.sawlog_pipeline_filter(p.handle, C.size_t(index), &plugin) == C.SAWLOG_OK {
			info.Filters = append(info.Filters, pluginOf(&plugin))
		}
	}
	for index := range from.inputs {
		plugin := C.sawlog_plugin{struct_size: C.sizeof_sawlog_plugin}
		if C.sawlog_pipeline_input(p.handle, C.size_t(index), &plugin) == C.SAWLOG_OK {
			info.Inputs = append(info.Inputs, pluginOf(&plugin))
		}
	}
	return info
}

func pluginOf(from *C.sawlog_plugin) Plugin {
	return Plugin{text(from.name), text(from.id), text(from.source), int(from.line), int(from.column)}
}

// Explain tells what goes wrong with some lines.
func (p *Pipeline) Explain(lines []byte, now, seed int64) ([]Diagnostic, error) {
	var list *C.sawlog_diagnostics
	status := C.sawlog_pipeline_explain(p.handle, pointer(lines), C.size_t(len(lines)),
		C.int64_t(now), C.uint64_t(seed), &list)
	if err := check(status); err != nil {
		return nil, err
	}
	defer C.sawlog_diagnostics_free(&list)
	return diagnostics(list), nil
}

// Version is that of the library that runs.
func Version() string { return text(C.sawlog_version()) }

// ABIVersions are that of the library that runs, and of the header this package was built with.
func ABIVersions() (library, header uint32) {
	return uint32(C.sawlog_abi_version()), C.SAWLOG_ABI_VERSION
}

func flag(set bool) C.int32_t {
	if set {
		return 1
	}
	return 0
}
