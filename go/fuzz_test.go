package sawlog_test

import (
	"bytes"
	"errors"
	"testing"

	sawlog "github.com/sawlog/sawlog/go"
)

// FuzzPieces cuts a stream in two anywhere: the same events must come out as of the whole, by a worker that has run
// other streams before, and as many as the counters say.
func FuzzPieces(f *testing.F) {
	for _, stream := range []string{
		"GET /index.html 200\n", "é日本😀\r\n\r\nGET / 5", "\xEF\xBB\xBFa\n\xE6\x97\nbad \xFF\n", `{"a":[1,{"b":null}]}` + "\n", "",
	} {
		f.Add([]byte(stream), uint16(3), uint8(0))
		f.Add([]byte(stream), uint16(7), uint8(1))
		f.Add([]byte(stream), uint16(1), uint8(2))
	}
	var pipelines []*sawlog.Pipeline
	for _, config := range []string{
		grok,
		`filter { kv { } if [a] > 5 { drop { } } clone { clones => ["c"] } }`,
		`filter { json { source => "message" } mutate { convert => { "a" => "integer" } } }`,
	} {
		pipelines = append(pipelines, compile(f, config))
	}
	f.Fuzz(func(t *testing.T, stream []byte, cut uint16, which uint8) {
		pipeline := pipelines[int(which)%len(pipelines)]
		worker := newWorker(t, pipeline)
		whole := run(t, worker, stream, 1<<30)
		if err := worker.StartStream(""); err != nil {
			t.Fatal(err)
		}
		if pieces := run(t, worker, stream, 1+int(cut)); pieces != whole {
			t.Errorf("%q, not %q", pieces, whole)
		}
		if stats := worker.Stats(); stats.EventsOut != 2*uint64(bytes.Count([]byte(whole), []byte("\n"))) ||
			stats.BytesIn != 2*uint64(len(stream)) {
			t.Errorf("%+v", stats)
		}
	})
}

// FuzzConfig compiles any text: it is refused with a place, or it runs a line, as bytes and as values.
func FuzzConfig(f *testing.F) {
	f.Add(grok, []byte("GET / 200"))
	f.Add(`input { stdin { codec => json } } filter { if [a] == 1 { drop { } } else { split { field => "b" } } }`, []byte(`{"b":[1,2]}`))
	f.Add("filter { grok { match => { \"message\" => \"%{NOPE}\" } } }", []byte("\xff\x00"))
	f.Fuzz(func(t *testing.T, config string, line []byte) {
		pipeline, err := sawlog.Compile(config)
		if err != nil {
			var wrong *sawlog.DiagnosticError
			if !errors.As(err, &wrong) || len(wrong.Diagnostics) == 0 {
				t.Fatalf("%T: %v", err, err)
			}
			for _, one := range wrong.Diagnostics {
				if one.Line > 0 && (one.Start > one.End || one.End > len(config)) {
					t.Errorf("%+v lies outside of %q", one, config)
				}
			}
			return
		}
		worker := newWorker(t, pipeline)
		if _, err := worker.Write(nil, noon, line); err != nil {
			t.Error(err)
		}
		if _, err := worker.Flush(nil, noon); err != nil {
			t.Error(err)
		}
		for event, err := range worker.Line(noon, line) {
			if err != nil {
				t.Error(err)
			}
			for name, value := range event.Fields() {
				if found, ok := event.Root().Key(name); !ok || found.String() != value.String() {
					t.Errorf("%s: %v is not %v", name, found, value)
				}
			}
		}
	})
}
