package capi

// #include <sawlog.h>
import "C"

import (
	"runtime"
	"unsafe"
)

// Config is a parsed config.
type Config struct{ handle *C.sawlog_config }

// Source is a config text with its name.
type Source struct{ Name, Text string }

// Parse reads texts by Logstash's grammar.
func Parse(sources []Source, supportEscapes bool) (*Config, error) {
	config := &Config{}
	if err := check(C.sawlog_config_new(&config.handle)); err != nil {
		return nil, err
	}
	for _, source := range sources {
		status := C.sawlog_config_add_source(config.handle,
			chars(source.Name), size(source.Name), chars(source.Text), size(source.Text))
		if err := check(status); err != nil {
			config.Free()
			return nil, err
		}
	}
	settings := C.sawlog_parse_settings{struct_size: C.sizeof_sawlog_parse_settings}
	if supportEscapes {
		settings.support_escapes = 1
	}
	var list *C.sawlog_diagnostics
	if err := checked(C.sawlog_config_parse(config.handle, &settings, &list), &list); err != nil {
		config.Free()
		return nil, err
	}
	return config, nil
}

// Free frees the config; it may be called more than once.
func (c *Config) Free() { C.sawlog_config_free(&c.handle) }

// The kinds of needs.
const (
	NeedVariable   = C.SAWLOG_NEED_VARIABLE
	NeedFile       = C.SAWLOG_NEED_FILE
	NeedPatterns   = C.SAWLOG_NEED_PATTERNS
	NeedUserAgents = C.SAWLOG_NEED_USER_AGENTS
)

// Need is one thing that a config asks for.
type Need struct {
	Kind           int
	HasDefault     bool
	Name, Glob     string
	Plugin, Option string
	Place          Place
}

// Place is a place in a source; Line is 0 without one.
type Place struct {
	Source       string
	Line, Column int
	Start, End   int
}

// Needs lists what the config asks for, with the variables that resources has; nil for none.
func (c *Config) Needs(resources *Resources) ([]Need, error) {
	var from *C.sawlog_resources
	if resources != nil {
		from = resources.handle
	}
	var list *C.sawlog_needs
	if err := check(C.sawlog_config_needs(c.handle, from, &list)); err != nil {
		return nil, err
	}
	defer C.sawlog_needs_free(&list)
	needs := make([]Need, 0, int(C.sawlog_needs_count(list)))
	for index := range cap(needs) {
		need := C.sawlog_need{struct_size: C.sizeof_sawlog_need}
		if err := check(C.sawlog_needs_at(list, C.size_t(index), &need)); err != nil {
			return nil, err
		}
		needs = append(needs, Need{
			Kind:       int(need.kind),
			HasDefault: need.has_default != 0,
			Name:       text(need.name),
			Glob:       text(need.glob),
			Plugin:     text(need.plugin),
			Option:     text(need.option),
			Place: Place{
				text(need.source), int(need.line), int(need.column), int(need.start), int(need.end),
			},
		})
	}
	return needs, nil
}

// Resources is what a config can reach.
type Resources struct{ handle *C.sawlog_resources }

// NewResources makes resources that hold nothing.
func NewResources() (*Resources, error) {
	resources := &Resources{}
	if err := check(C.sawlog_resources_new(&resources.handle)); err != nil {
		return nil, err
	}
	return resources, nil
}

// Free frees the resources; it may be called more than once.
func (r *Resources) Free() { C.sawlog_resources_free(&r.handle) }

// SetVariable gives a variable its value.
func (r *Resources) SetVariable(name, value string) error {
	return check(C.sawlog_resources_set_variable(r.handle,
		chars(name), size(name), chars(value), size(value)))
}

// AddFile gives the content of a file.
func (r *Resources) AddFile(path string, content []byte) error {
	return check(C.sawlog_resources_add_file(r.handle,
		chars(path), size(path), pointer(content), C.size_t(len(content))))
}

// AddDirectory gives a directory without files.
func (r *Resources) AddDirectory(path string) error {
	return check(C.sawlog_resources_add_directory(r.handle, chars(path), size(path)))
}

// AddDirectoryFile adds a file to a directory.
func (r *Resources) AddDirectoryFile(path, name string, content []byte) error {
	return check(C.sawlog_resources_add_directory_file(r.handle, chars(path), size(path),
		chars(name), size(name), pointer(content), C.size_t(len(content))))
}

// SetUserAgents gives what user agents are known by.
func (r *Resources) SetUserAgents(yaml []byte) error {
	var list *C.sawlog_diagnostics
	status := C.sawlog_resources_set_user_agents(r.handle, pointer(yaml), C.size_t(len(yaml)), &list)
	return checked(status, &list)
}

// chars gives the bytes of a text, for the time of a call.
func chars(text string) *C.char {
	return (*C.char)(unsafe.Pointer(unsafe.StringData(text)))
}

func size(text string) C.size_t { return C.size_t(len(text)) }

func pointer(bytes []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(bytes)) }

func bytes(from []byte) *C.uint8_t { return (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(from))) }

// text copies a text of the library's.
func text(from C.sawlog_str) string {
	return string(unsafe.Slice((*byte)(unsafe.Pointer(from.data)), from.len))
}

// member gives a text for a struct of options; the pinner holds it until the call is over.
func member(text string, pinner *runtime.Pinner) C.sawlog_str {
	if text == "" {
		return C.sawlog_str{}
	}
	data := unsafe.StringData(text)
	pinner.Pin(data)
	return C.sawlog_str{data: (*C.char)(unsafe.Pointer(data)), len: size(text)}
}
