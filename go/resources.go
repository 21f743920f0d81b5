package sawlog

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sawlog/sawlog/go/internal/capi"
)

// Source is a config text with the name that diagnostics show.
type Source struct {
	// Name is shown in diagnostics: a file's path.
	Name string
	// Text is the config.
	Text string
}

// Resources is what a config can reach, as data: the library itself opens no file and reads no
// variable. [Needs] says what a config asks for, [Needs.Read] reads it.
type Resources struct {
	// Variables are the values of ${NAME}; an empty one counts as set.
	Variables map[string]string
	// Files are contents by the path that the config names.
	Files map[string][]byte
	// Directories are the files of a directory of grok patterns, by the path that the config names, in the
	// order in which they are to be read; their names are relative to it.
	Directories map[string][]File
	// UserAgents is the text of uap-core's regexes.yaml, for useragent filters that name no file.
	// The library comes without one.
	UserAgents []byte
}

// File is a file's name and content.
type File struct {
	Name string
	Data []byte
}

// Needs lists what a config asks for.
type Needs struct {
	// Variables are the variables, in the order written; one that is used twice stands here twice.
	Variables []VariableNeed
	// Paths are the files and directories, in the order written.
	Paths []PathNeed
	// UserAgents says that a filter asks for [Resources.UserAgents].
	UserAgents bool
}

// VariableNeed is one use of a variable.
type VariableNeed struct {
	// Name stands between ${ and } or a colon.
	Name string
	// HasDefault says that a default is written beside it, or that it may be missing.
	HasDefault bool
	// Source, Line and Column are the place of the value it stands in.
	Source       string
	Line, Column int
}

// PathNeed is one file or directory.
type PathNeed struct {
	// Path is as the config has it, variables replaced.
	Path string
	// Glob is empty for one file; else Path is a directory or a file of grok patterns, and in a
	// directory those files are read whose names match.
	Glob string
	// Plugin and Option say what asks for it.
	Plugin, Option string
	// Source, Line and Column are the place it is written at.
	Source       string
	Line, Column int
}

// Read reads from the file system what the config asks for, relative paths from the working directory, as in
// Logstash, and takes the variables from lookup ([os.LookupEnv], say).
//
// What does not exist is left out: compiling then says where the config asks for it. Any other error of the file
// system is returned.
func (n Needs) Read(lookup func(name string) (value string, ok bool)) (*Resources, error) {
	resources := &Resources{
		Variables:   make(map[string]string),
		Files:       make(map[string][]byte),
		Directories: make(map[string][]File),
	}
	for _, need := range n.Variables {
		if value, ok := lookup(need.Name); ok {
			resources.Variables[need.Name] = value
		}
	}
	for _, need := range n.Paths {
		if info, err := os.Stat(need.Path); err == nil && info.IsDir() {
			if need.Glob == "" {
				continue
			}
			files, err := readDirectory(need.Path, need.Glob)
			if err != nil {
				return nil, err
			}
			resources.Directories[need.Path] = files
			continue
		}
		data, err := os.ReadFile(need.Path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		resources.Files[need.Path] = data
	}
	return resources, nil
}

// readDirectory reads the files of a directory that a glob can match, sorted by path; the library matches them.
// Hidden files and editors' backups are left out, as Logstash does it.
func readDirectory(directory, glob string) ([]File, error) {
	isDeep := strings.ContainsAny(glob, "/") || strings.Contains(glob, "**")
	var files []File
	err := filepath.WalkDir(directory, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if path != directory && !isDeep {
				return fs.SkipDir
			}
			return nil
		}
		if !isConfigFile(path) {
			return nil
		}
		name, err := filepath.Rel(directory, path)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files = append(files, File{Name: filepath.ToSlash(name), Data: data})
		return nil
	})
	return files, err
}

// readSources reads the config files that a path stands for: a file, all files of a directory, or what a glob
// of [filepath.Match] matches; sorted by path.
func readSources(path string) ([]Source, error) {
	paths := []string{path}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		paths, err = filepath.Glob(filepath.Join(escapeGlob(path), "*"))
		if err != nil {
			return nil, err
		}
		paths = slices.DeleteFunc(paths, func(path string) bool { return !isConfigFile(path) })
		if len(paths) == 0 {
			return nil, &fs.PathError{Op: "compile", Path: path, Err: errNoConfigFile}
		}
	case err != nil:
		matches, globError := filepath.Glob(path)
		if globError != nil || len(matches) == 0 {
			return nil, err
		}
		paths = slices.DeleteFunc(matches, func(path string) bool { return !isConfigFile(path) })
		if len(paths) == 0 {
			return nil, err
		}
	}
	slices.Sort(paths)
	sources := make([]Source, 0, len(paths))
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		sources = append(sources, Source{Name: path, Text: string(text)})
	}
	return sources, nil
}

var errNoConfigFile = errors.New("the directory holds no config file")

// escapeGlob takes their meaning from the characters that a glob gives one.
func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// isConfigFile reports whether a path is a regular file that is not hidden and no editor's backup.
func isConfigFile(path string) bool {
	name := filepath.Base(path)
	if strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") {
		return false
	}
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// newResources hands resources to the library, nil for none.
func newResources(from *Resources) (*capi.Resources, error) {
	if from == nil {
		return nil, nil
	}
	resources, err := capi.NewResources()
	if err != nil {
		return nil, publicError(err)
	}
	if err := from.put(resources); err != nil {
		resources.Free()
		return nil, publicError(err)
	}
	return resources, nil
}

func (r *Resources) put(into *capi.Resources) error {
	for name, value := range r.Variables {
		if err := into.SetVariable(name, value); err != nil {
			return err
		}
	}
	for path, data := range r.Files {
		if err := into.AddFile(path, data); err != nil {
			return err
		}
	}
	for path, files := range r.Directories {
		if err := into.AddDirectory(path); err != nil {
			return err
		}
		for _, file := range files {
			if err := into.AddDirectoryFile(path, file.Name, file.Data); err != nil {
				return err
			}
		}
	}
	if r.UserAgents != nil {
		return into.SetUserAgents(r.UserAgents)
	}
	return nil
}

// readNeeds lists what a config asks for. It is asked twice: paths may hold variables.
func readNeeds(config *capi.Config, lookup func(string) (string, bool)) (Needs, error) {
	all, err := config.Needs(nil)
	if err != nil {
		return Needs{}, publicError(err)
	}
	variables := &Resources{Variables: make(map[string]string)}
	for _, need := range all {
		if need.Kind == capi.NeedVariable {
			if value, ok := lookup(need.Name); ok {
				variables.Variables[need.Name] = value
			}
		}
	}
	resources, err := newResources(variables)
	if err != nil {
		return Needs{}, err
	}
	defer resources.Free()
	all, err = config.Needs(resources)
	if err != nil {
		return Needs{}, publicError(err)
	}
	var needs Needs
	for _, need := range all {
		switch need.Kind {
		case capi.NeedVariable:
			needs.Variables = append(needs.Variables, VariableNeed{
				need.Name, need.HasDefault, need.Place.Source, need.Place.Line, need.Place.Column,
			})
		case capi.NeedFile, capi.NeedPatterns:
			needs.Paths = append(needs.Paths, PathNeed{
				need.Name, need.Glob, need.Plugin, need.Option,
				need.Place.Source, need.Place.Line, need.Place.Column,
			})
		case capi.NeedUserAgents:
			needs.UserAgents = true
		}
	}
	return needs, nil
}
