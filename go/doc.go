// Package sawlog runs Logstash pipeline configs over log lines, in the process: bytes in, JSON events or
// typed values out, without a JVM and without threads of its own.
//
//	pipeline, err := sawlog.Compile(`filter { grok { match => { "message" => "%{COMBINEDAPACHELOG}" } } }`)
//	...
//	err = pipeline.Transform(ctx, os.Stdin, os.Stdout)
//
// A [Pipeline] is a compiled config: immutable and shared. A [Worker] runs one stream of bytes through it and has
// all state that changes: one per goroutine. [Worker.Write] turns bytes into JSON lines, [Worker.Line] one line
// into [Event] values, [Pipeline.Transform] a reader into a writer.
//
// # What belongs to whom
//
// Everything that is returned belongs to Go and may be kept. What is handed in is read during the call and not
// kept. Memory of the library's own is freed by Close, or by the garbage collector some time after the last
// use. A worker that is used after Close, or by two goroutines at once, gives [ErrClosed] or [ErrBusy].
//
// # Errors
//
// A config that is wrong gives a [*DiagnosticError] with all of its problems. A line that does not fit the config
// is no error but an event with a tag, as in Logstash. What can never become an event is a [Reject].
//
// # Linking
//
// The library itself, libsawlog, is found by pkg-config; with the build tag sawlog_static it is linked into the
// program. docs/go.md in the repository says how to build and install it.
package sawlog
