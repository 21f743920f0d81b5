package sawlog_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	sawlog "github.com/sawlog/sawlog/go"
)

const grok = `filter { grok { match => { "message" => "%{WORD:verb} %{NOTSPACE:path} %{INT:status:int}" } } }`

var noon = time.Date(2024, 6, 15, 12, 0, 0, 0, time.UTC)

func compile(t testing.TB, config string, options ...sawlog.Option) *sawlog.Pipeline {
	t.Helper()
	pipeline, err := sawlog.Compile(config, options...)
	if err != nil {
		t.Fatal(err)
	}
	return pipeline
}

func newWorker(t testing.TB, pipeline *sawlog.Pipeline, options ...sawlog.WorkerOption) *sawlog.Worker {
	t.Helper()
	worker, err := pipeline.NewWorker(options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := worker.Close(); err != nil {
			t.Error(err)
		}
	})
	return worker
}

// run gives what comes out of a stream that is cut into pieces of so many bytes.
func run(t testing.TB, worker *sawlog.Worker, stream []byte, size int) string {
	t.Helper()
	var out []byte
	var err error
	for rest := stream; len(rest) > 0; {
		n := min(size, len(rest))
		if out, err = worker.Write(out, noon, rest[:n]); err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	if out, err = worker.Finish(out, noon); err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestWriteAppendsToWhatIsThere(t *testing.T) {
	worker := newWorker(t, compile(t, `filter { }`, sawlog.WithECS(sawlog.ECSDisabled)))
	out, err := worker.Write([]byte("before\n"), noon, []byte("a\nb"))
	if err != nil {
		t.Fatal(err)
	}
	want := "before\n" + `{"@timestamp":"2024-06-15T12:00:00.000Z","@version":"1","message":"a"}` + "\n"
	if string(out) != want {
		t.Errorf("%s, not %s", out, want)
	}
	if out, err = worker.Flush(out[:0], noon); err != nil || !strings.Contains(string(out), `"message":"b"`) {
		t.Errorf("%s, %v", out, err)
	}
}

func TestPiecesOfAnySizeGiveTheSame(t *testing.T) {
	streams := []string{
		"\xEF\xBB\xBFfirst\nGET /a 200\n\n\nlast",
		"GET /é日本😀 5\r\n\r\nGET /x y\r\n\r",
		"ok\n\xE6\x97\nbad \xFF\xFE\n\xF0\x9F\x98\n\xF0\x9F\x98\x80\n",
		strings.Repeat("GET /"+strings.Repeat("x", 3000)+" 404\n", 40),
	}
	configs := []string{
		`filter { }`,
		grok,
		`input { stdin { codec => multiline { pattern => "^ok" negate => true what => "previous" } } } filter { }`,
		`filter { if [message] =~ /\d$/ { clone { clones => [copy] } } drop { percentage => 50 } }`,
	}
	for _, config := range configs {
		pipeline := compile(t, config)
		var options []sawlog.WorkerOption
		if strings.HasPrefix(config, "input") {
			options = append(options, sawlog.WithInput(0))
		}
		for _, stream := range streams {
			whole := run(t, newWorker(t, pipeline, options...), []byte(stream), 1<<30)
			for _, size := range []int{1, 2, 3, 7, 64, 1000} {
				if size < 7 && len(stream) > 1000 {
					continue
				}
				if got := run(t, newWorker(t, pipeline, options...), []byte(stream), size); got != whole {
					t.Errorf("%s: pieces of %d: %q, not %q", config, size, got, whole)
				}
			}
		}
	}
}

func TestOutputLargerThanItsRoomComesWhole(t *testing.T) {
	// A line becomes many times its size.
	config := `filter { mutate { add_field => { "long" => "` + strings.Repeat("x", 5000) + `" } } }`
	worker := newWorker(t, compile(t, config))
	out := run(t, worker, []byte(strings.Repeat("a\n", 2000)), 1<<30)
	if lines := strings.Count(out, "\n"); lines != 2000 || len(out) < 2000*5000 {
		t.Errorf("%d lines in %d bytes", lines, len(out))
	}
}

func TestLineGivesTypedFields(t *testing.T) {
	worker := newWorker(t, compile(t, grok, sawlog.WithECS(sawlog.ECSDisabled)))
	count := 0
	for event, err := range worker.Line(noon, []byte("GET /index.html 200")) {
		if err != nil {
			t.Fatal(err)
		}
		count++
		var names []string
		for name := range event.Fields() {
			names = append(names, name)
		}
		if got := strings.Join(names, " "); got != "@timestamp @version message verb path status" {
			t.Errorf("fields %s", got)
		}
		status, ok := event.Field("status")
		if !ok || status.Kind() != sawlog.KindInt || status.Int() != 200 {
			t.Errorf("status is %v", status)
		}
		if verb, _ := event.Field("[verb]"); verb.Text() != "GET" {
			t.Errorf("verb is %v", verb)
		}
		if !event.Timestamp().Equal(noon) {
			t.Errorf("timestamp is %v", event.Timestamp())
		}
	}
	if count != 1 {
		t.Errorf("%d events", count)
	}
}

func TestValuesOfEveryKind(t *testing.T) {
	worker := newWorker(t, compile(t, `filter { json { source => "message" } }`, sawlog.WithECS(sawlog.ECSDisabled)))
	line := `{"b":true,"f":0.5,"i":-7,"n":null,"big":123456789012345678901234567890,"l":[1,[2,"x"],{"k":"v"}],"o":{"p":{"q":"r"}},"s":"é"}`
	var event sawlog.Event
	for one, err := range worker.Line(noon, []byte(line)) {
		if err != nil {
			t.Fatal(err)
		}
		event = one
	}
	// What was handed out stays as it is.
	for _, err := range worker.Line(noon, []byte(strings.Repeat("x", len(line)))) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for reference, want := range map[string]string{
		"b": "true", "f": "0.5", "i": "-7", "n": "<nil>", "big": "123456789012345678901234567890",
		"[l][0]": "1", "[l][1][-1]": "x", "[l][2][k]": "v", "[o][p][q]": "r", "s": "é",
		"o": "map[p:map[q:r]]", "@timestamp": "2024-06-15T12:00:00Z", "l": "[1 [2 x] map[k:v]]",
	} {
		value, ok := event.Field(reference)
		if !ok || value.String() != want {
			t.Errorf("%s is %v, %v", reference, value, ok)
		}
	}
	for _, reference := range []string{"nothing", "[l][3]", "[l][x]", "[o]p", "[o", "[i][x]", "[@metadata][x]", ""} {
		if value, ok := event.Field(reference); ok {
			t.Errorf("%q is %v", reference, value)
		}
	}
	big, _ := event.Field("big")
	if big.Kind() != sawlog.KindNumber || big.Float() != 123456789012345678901234567890 {
		t.Errorf("big is a %s, %v", big.Kind(), big.Float())
	}
	fields := event.Map()
	if fields["i"] != int64(-7) || fields["f"] != 0.5 || fields["b"] != true || len(fields["l"].([]any)) != 3 {
		t.Errorf("%v", fields)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("parsed", "event", event)
	if !strings.Contains(log.String(), "event.o.p.q=r") || !strings.Contains(log.String(), "event.i=-7") {
		t.Error(log.String())
	}
}

func TestEventsOfAStreamAreThoseOfItsJSON(t *testing.T) {
	config := `input { stdin { codec => multiline { pattern => "^ " what => "previous" } } }
	  filter { if [message] == "c" { clone { clones => ["copy"] } } if [message] == "d" { drop { } } }`
	pipeline := compile(t, config, sawlog.WithECS(sawlog.ECSDisabled))
	stream := "a\n b\nc\nd\n" + strings.Repeat("line\n", 40_000) + "e"
	clock := sawlog.WithClock(func() time.Time { return noon })
	var want bytes.Buffer
	if err := pipeline.Transform(context.Background(), strings.NewReader(stream), &want, clock, sawlog.WithInput(0)); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(want.String(), "\n")
	count := 0
	for event, err := range pipeline.Events(context.Background(), strings.NewReader(stream), clock, sawlog.WithInput(0)) {
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		if err := json.Unmarshal([]byte(lines[count]), &fields); err != nil {
			t.Fatal(err)
		}
		if message, _ := event.Field("message"); message.Text() != fields["message"] || len(fields) != event.Root().Len() {
			t.Fatalf("event %d is %v, not %s", count, event.Map(), lines[count])
		}
		count++
	}
	if count != len(lines)-1 || count != 40_004 {
		t.Errorf("%d events, %d lines", count, len(lines)-1)
	}
}

func TestLoopOverEventsMayBeLeftAndTheWorkerUsedInIt(t *testing.T) {
	worker := newWorker(t, compile(t, `filter { }`))
	for event, err := range worker.Events(noon, []byte("a\nb\nc\n")) {
		if err != nil {
			t.Fatal(err)
		}
		for range worker.Line(noon, []byte("other")) {
		}
		if message, _ := event.Field("message"); message.Text() != "a" {
			t.Errorf("%v", event.Map())
		}
		break
	}
	for event, err := range worker.Events(noon, []byte("d\n")) {
		if message, _ := event.Field("message"); err != nil || message.Text() != "d" || event.Line() != 5 || event.Offset() != 12 {
			t.Errorf("%v, line %d, offset %d, %v", event.Map(), event.Line(), event.Offset(), err)
		}
	}
	reader := io.MultiReader(strings.NewReader("a\n"), iotest.ErrReader(io.ErrClosedPipe))
	var last error
	for _, err := range compile(t, `filter { }`).Events(context.Background(), reader) {
		last = err
	}
	if !errors.Is(last, io.ErrClosedPipe) {
		t.Error(last)
	}
}

func TestLongNamesTextsAndListsComeWhole(t *testing.T) {
	worker := newWorker(t, compile(t, `filter { json { source => "message" remove_field => ["message"] } }`))
	for _, size := range []int{126, 127, 128, 129, 16_383, 16_384, 3 << 20} {
		name, text := strings.Repeat("k", min(size, 30_000)), strings.Repeat("é", size/2)
		line := `{"` + name + `":"` + text + `","l":[` + strings.Repeat(`{"a":[1]},`, size%1000) + `null]}`
		for event, err := range worker.Line(noon, []byte(line)) {
			if err != nil {
				t.Fatal(err)
			}
			value, _ := event.Field(name)
			list, _ := event.Field("l")
			last, ok := list.Index(-1)
			if value.Text() != text || list.Len() != size%1000+1 || !ok || !last.IsNull() {
				t.Errorf("%d: %d bytes, %d values", size, len(value.Text()), list.Len())
			}
		}
	}
}

func TestZeroValuesAreSafe(t *testing.T) {
	var value sawlog.Value
	if value.Kind() != sawlog.KindNull || value.Any() != nil || value.Len() != 0 || value.Text() != "" {
		t.Errorf("%v", value)
	}
	var event sawlog.Event
	for name := range event.Fields() {
		t.Error(name)
	}
	if _, ok := event.Field("[a][b]"); ok || len(event.Map()) != 0 || !event.Timestamp().IsZero() {
		t.Error("the zero event has fields")
	}
}

func TestMetadataIsApart(t *testing.T) {
	config := `filter { mutate { add_field => { "[@metadata][index]" => "logs" } } }`
	pipeline := compile(t, config)
	worker := newWorker(t, pipeline)
	for event, err := range worker.Line(noon, []byte("x")) {
		if err != nil {
			t.Fatal(err)
		}
		index, _ := event.Field("[@metadata][index]")
		other, _ := event.Metadata().Key("index")
		if _, ok := event.Map()["@metadata"]; index.Text() != "logs" || other.Text() != "logs" || ok {
			t.Errorf("%v, %v", index, event.Map())
		}
	}
	if out := run(t, newWorker(t, pipeline), []byte("x"), 9); strings.Contains(out, "@metadata") {
		t.Error(out)
	}
	out := run(t, newWorker(t, pipeline, sawlog.WithFormat(sawlog.FormatNDJSONMetadata)), []byte("x"), 9)
	if !strings.Contains(out, `"@metadata":{"index":"logs"}`) {
		t.Error(out)
	}
}

func TestWrongConfigGivesAllDiagnostics(t *testing.T) {
	config := "filter {\n  grok { match => { \"message\" => \"%{IPP:a}\" } }\n  mutate { nope => 1 }\n}"
	_, err := sawlog.CompileSources([]sawlog.Source{{Name: "a.conf", Text: config}})
	var wrong *sawlog.DiagnosticError
	if !errors.As(err, &wrong) || len(wrong.Diagnostics) != 2 {
		t.Fatalf("%T: %v", err, err)
	}
	first := wrong.Diagnostics[0]
	if first.Code != "unknown-pattern" || first.Severity != sawlog.SeverityError || first.Source != "a.conf" ||
		first.Line != 2 || first.Column == 0 || config[first.Start:first.End] == "" {
		t.Errorf("%+v", first)
	}
	if want := "a.conf:2:"; !strings.HasPrefix(err.Error(), want) || strings.Count(err.Error(), "\n") != 1 {
		t.Error(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Error("refused", "error", err)
	for _, want := range []string{"error.errors=2", "error.0.code=unknown-pattern", "error.1.line=3"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no %s in %s", want, log.String())
		}
	}
}

func TestConfigThatIsNoTextIsRefused(t *testing.T) {
	for _, config := range []string{"filter { \xff }", "filter {", "filter { grok { match => \x00 } }", strings.Repeat("filter { ", 100_000)} {
		var wrong *sawlog.DiagnosticError
		if _, err := sawlog.Compile(config); !errors.As(err, &wrong) {
			t.Errorf("%.20q: %v", config, err)
		}
	}
	if _, err := sawlog.Compile(strings.Repeat(" ", 32<<20)); err == nil {
		t.Error("32 MiB of config were accepted")
	}
}

func TestUnknownWorkerOptionsAreErrors(t *testing.T) {
	pipeline := compile(t, `filter { }`)
	for name, option := range map[string]sawlog.WorkerOption{
		"codec": sawlog.WithCodec("nope"),
		"field": sawlog.WithField("[a", "b"),
		"input": sawlog.WithInput(1),
	} {
		if worker, err := pipeline.NewWorker(option); err == nil {
			t.Errorf("%s was accepted", name)
			_ = worker.Close()
		}
	}
}

func TestWorkerOptionsAreCarriedOut(t *testing.T) {
	pipeline := compile(t, `filter { }`)
	worker := newWorker(t, pipeline, sawlog.WithCodec("json"), sawlog.WithPath("a.log"),
		sawlog.WithField("[env]", "prod"), sawlog.WithoutOriginal(), sawlog.WithMaxLineBytes(64))
	out := run(t, worker, []byte(`{"a":1}`+"\n"+`{"b":"`+strings.Repeat("x", 64)+`"}`+"\n"), 100)
	want := `{"@timestamp":"2024-06-15T12:00:00.000Z","@version":"1","a":1,"log":{"file":{"path":"a.log"}},"env":"prod"}` + "\n"
	if out != want {
		t.Errorf("%s, not %s", out, want)
	}
	if stats := worker.Stats(); stats.LinesRefused != 1 {
		t.Errorf("%+v", stats)
	}
}

func TestClosedWorkerGivesAnError(t *testing.T) {
	pipeline := compile(t, grok)
	worker, err := pipeline.NewWorker()
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := worker.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := worker.Write([]byte("x"), noon, []byte("a\n")); !errors.Is(err, sawlog.ErrClosed) || string(out) != "x" {
		t.Errorf("%s, %v", out, err)
	}
	if _, err := worker.Flush(nil, noon); !errors.Is(err, sawlog.ErrClosed) {
		t.Error(err)
	}
	for _, err := range worker.Line(noon, []byte("a")) {
		if !errors.Is(err, sawlog.ErrClosed) {
			t.Error(err)
		}
	}
	if err := worker.Transform(context.Background(), strings.NewReader("a\n"), io.Discard); !errors.Is(err, sawlog.ErrClosed) {
		t.Error(err)
	}
	if stats := worker.Stats(); stats.Lines != 0 {
		t.Error(stats)
	}
}

func TestCallsAtTheSameTimeGiveAnErrorAndNoDamage(t *testing.T) {
	worker := newWorker(t, compile(t, grok))
	input := []byte(strings.Repeat("GET /index.html 200\n", 2000))
	var wait sync.WaitGroup
	var lines sync.Map
	for id := range 8 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			done := 0
			for range 50 {
				out, err := worker.Write(nil, noon, input)
				switch {
				case err == nil:
					done += bytes.Count(out, []byte("\n"))
				case !errors.Is(err, sawlog.ErrBusy):
					t.Error(err)
				}
			}
			lines.Store(id, done)
		}()
	}
	wait.Wait()
	total := 0
	lines.Range(func(_, done any) bool { total += done.(int); return true })
	if stats := worker.Stats(); int(stats.EventsOut) != total || total == 0 {
		t.Errorf("%d events out, %d lines", stats.EventsOut, total)
	}
}

func TestOnePipelineManyWorkers(t *testing.T) {
	pipeline := compile(t, grok)
	input := []byte(strings.Repeat("GET /index.html 200\nnothing\n", 500))
	want := run(t, newWorker(t, pipeline), input, 1<<30)
	var wait sync.WaitGroup
	for range 8 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			worker, err := pipeline.NewWorker()
			if err != nil {
				t.Error(err)
				return
			}
			defer worker.Close()
			if got := run(t, worker, input, 777); got != want {
				t.Error("another worker's events differ")
			}
		}()
	}
	wait.Wait()
}

func TestTransformReadsToTheEnd(t *testing.T) {
	pipeline := compile(t, grok)
	input := strings.Repeat("GET /index.html 200\nnothing\n", 5000) + "GET /last 404"
	want := run(t, newWorker(t, pipeline), []byte(input), 1<<30)
	clock := sawlog.WithClock(func() time.Time { return noon })
	for name, reader := range map[string]io.Reader{
		"whole":    strings.NewReader(input),
		"halves":   iotest.HalfReader(strings.NewReader(input)),
		"data+EOF": iotest.DataErrReader(strings.NewReader(input)),
	} {
		var out bytes.Buffer
		if err := pipeline.Transform(context.Background(), reader, &out, clock); err != nil {
			t.Fatal(err)
		}
		if out.String() != want {
			t.Errorf("%s: other events", name)
		}
	}
}

func TestTransformPassesErrorsOn(t *testing.T) {
	pipeline := compile(t, `filter { }`)
	broken := errors.New("broken")
	var out bytes.Buffer
	reader := io.MultiReader(strings.NewReader("a\nb"), iotest.ErrReader(broken))
	if err := pipeline.Transform(context.Background(), reader, &out); !errors.Is(err, broken) {
		t.Error(err)
	}
	if lines := strings.Count(out.String(), "\n"); lines != 1 {
		t.Errorf("%d lines before the error", lines)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := pipeline.Transform(ctx, strings.NewReader("a\n"), &out); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	writer := writerFunc(func([]byte) (int, error) { return 0, broken })
	if err := pipeline.Transform(context.Background(), strings.NewReader("a\n"), writer); !errors.Is(err, broken) {
		t.Error(err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestRejectsAndStatsTellWhatWasRefused(t *testing.T) {
	config := `filter { grok { match => { "message" => "n=%{INT:n:int}" } } if [n] > 5 { mutate { add_tag => "big" } } }`
	pipeline := compile(t, config)
	var rejects []sawlog.Reject
	keep := func(reject sawlog.Reject) { rejects = append(rejects, reject) }
	worker := newWorker(t, pipeline, sawlog.WithPath("a.log"), sawlog.WithRejects(sawlog.RejectsRefused, keep))
	out := run(t, worker, []byte("n=7\nhello\nn=3\n"), 1<<30)
	if strings.Count(out, "\n") != 2 {
		t.Errorf("out: %s", out)
	}
	if len(rejects) != 1 {
		t.Fatalf("%d rejects", len(rejects))
	}
	reject := rejects[0]
	if reject.Kind != "condition" || reject.Outcome != sawlog.OutcomeRefused || reject.Line != 2 || reject.Offset != 4 ||
		reject.Text != "hello" || reject.Path != "a.log" || reject.Source != "config" || reject.SourceLine != 1 ||
		reject.Filter != -1 || reject.Reason == "" {
		t.Errorf("%+v", reject)
	}
	stats := worker.Stats()
	if stats.Lines != 3 || stats.EventsOut != 2 || stats.EventsRefused != 1 || stats.BytesIn != 14 ||
		len(stats.Filters) != 2 || stats.Filters[0].Name != "grok" || stats.Filters[0].EventsIn != 3 ||
		stats.Filters[0].Failed != 1 || stats.Filters[0].Line != 1 {
		t.Errorf("%+v", stats)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("done", "stats", stats, "reject", reject)
	if !strings.Contains(log.String(), "stats.events_out=2") || !strings.Contains(log.String(), "reject.text=hello") {
		t.Error(log.String())
	}
}

func TestFailedEventsAreRejectsWhenAskedFor(t *testing.T) {
	var rejects []sawlog.Reject
	keep := func(reject sawlog.Reject) { rejects = append(rejects, reject) }
	pipeline := compile(t, grok)
	worker := newWorker(t, pipeline, sawlog.WithRejects(sawlog.RejectsFailed, keep), sawlog.WithExplanations())
	if out := run(t, worker, []byte("GET /a 200\nnothing\n"), 99); !strings.Contains(out, "_grokparsefailure") {
		t.Error(out)
	}
	if len(rejects) != 1 || rejects[0].Kind != "filter" || rejects[0].Text != "nothing" ||
		rejects[0].Explanation == "" || rejects[0].Outcome != sawlog.OutcomeKept || rejects[0].Filter != 0 {
		t.Errorf("%+v", rejects)
	}
	if filters := pipeline.Filters(); len(filters) != 1 || filters[0].Name != "grok" || filters[0].Line != 1 {
		t.Errorf("%+v", filters)
	}
	for range worker.Line(noon, []byte("nothing")) {
	}
	if len(rejects) != 2 {
		t.Errorf("%d rejects", len(rejects))
	}
}

func TestRejectsBeyondWhatTheLibraryKeepsComeToo(t *testing.T) {
	count := 0
	worker := newWorker(t, compile(t, `filter { if [n] > 5 { drop { } } }`),
		sawlog.WithRejects(sawlog.RejectsRefused, func(sawlog.Reject) { count++ }))
	// Ten times the 1 MiB that may wait.
	out := run(t, worker, []byte(strings.Repeat(strings.Repeat("x", 1000)+"\n", 10_000)), 1<<30)
	if count != 10_000 || out != "" {
		t.Errorf("%d rejects, %d bytes", count, len(out))
	}
}

func TestRejectHandlerThatUsesItsWorkerGetsAnError(t *testing.T) {
	var worker *sawlog.Worker
	var inside error
	worker = newWorker(t, compile(t, `filter { if [n] > 5 { drop { } } }`),
		sawlog.WithRejects(sawlog.RejectsRefused, func(sawlog.Reject) { _, inside = worker.Write(nil, noon, []byte("a\n")) }))
	if out := run(t, worker, []byte("x\n"), 9); out != "" || !errors.Is(inside, sawlog.ErrBusy) {
		t.Errorf("%s, %v", out, inside)
	}
}

func TestExplanationSaysHowFarThePatternGot(t *testing.T) {
	found, err := compile(t, grok).Explain([]byte("GET /a nothing\nGET /a 200\n"), noon)
	if err != nil || len(found) != 1 || found[0].Help == "" || found[0].Line != 1 {
		t.Errorf("%+v, %v", found, err)
	}
}

func TestEventsAreTakenAsJSON(t *testing.T) {
	worker := newWorker(t, compile(t, `filter { mutate { add_tag => "x" } }`))
	out, err := worker.WriteEvent([]byte("-"), noon, []byte(`{"a":1}`))
	if err != nil {
		t.Fatal(err)
	}
	want := `-{"@timestamp":"2024-06-15T12:00:00.000Z","@version":"1","a":1,"tags":["x"]}` + "\n"
	if strings.ReplaceAll(string(out), `"a":1,"@timestamp":"2024-06-15T12:00:00.000Z","@version":"1"`, `"@timestamp":"2024-06-15T12:00:00.000Z","@version":"1","a":1`) != want {
		t.Errorf("%s, not %s", out, want)
	}
}

func TestOutputComesInOtherFormats(t *testing.T) {
	pipeline := compile(t, grok, sawlog.WithECS(sawlog.ECSDisabled))
	for want, options := range map[string][]sawlog.WorkerOption{
		"verb,status\nGET,200\n":           {sawlog.WithFormat(sawlog.FormatCSV), sawlog.WithFields("verb", "status")},
		`{"verb":"GET","path":"/"}` + "\n": {sawlog.WithFields("verb", "path")},
		"GET /":                            {sawlog.WithOutputCodec(`plain { format => "%{verb} %{path}" }`)},
	} {
		if out := run(t, newWorker(t, pipeline, options...), []byte("GET / 200"), 99); out != want {
			t.Errorf("%q, not %q", out, want)
		}
	}
	if _, err := pipeline.NewWorker(sawlog.WithFormat(sawlog.FormatCSV)); err == nil {
		t.Error("CSV without columns was accepted")
	}
}

func TestWarningsAreNoErrors(t *testing.T) {
	pipeline := compile(t, `filter { kv { } }`)
	if warnings := pipeline.Warnings(); len(warnings) != 0 {
		t.Errorf("%v", warnings)
	}
	pipeline = compile(t, `filter { aggregate { task_id => "%{a}" code => "x" } }`, sawlog.WithSkipUnsupported())
	if warnings := pipeline.Warnings(); len(warnings) == 0 || warnings[0].Severity != sawlog.SeverityWarning {
		t.Errorf("%v", warnings)
	}
}

func TestFilesOfAConfigAreRead(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("conf.d/10.conf", `filter { grok { patterns_dir => ["${HERE}/patterns"] match => { "message" => "%{ORDER:order}" } } }`)
	write("conf.d/20.conf", `filter { translate { source => "order" target => "who" dictionary_path => "${HERE}/who.yml" } }`)
	write("conf.d/20.conf~", `filter { nonsense { } }`)
	write("conf.d/.hidden", `filter { nonsense { } }`)
	write("patterns/own", "ORDER [A-Z]\\d+\n")
	write("patterns/.own.swp", "ORDER nothing\n")
	write("who.yml", "A1: anna\n")
	variables := func(name string) (string, bool) { return folder, name == "HERE" }
	for _, path := range []string{"conf.d", "conf.d/*.conf"} {
		pipeline, err := sawlog.CompileFile(filepath.Join(folder, path), sawlog.WithVariables(variables), sawlog.WithECS(sawlog.ECSDisabled))
		if err != nil {
			t.Fatal(err)
		}
		if out := run(t, newWorker(t, pipeline), []byte("A1"), 9); !strings.Contains(out, `"who":"anna"`) {
			t.Error(out)
		}
	}

	text, err := os.ReadFile(filepath.Join(folder, "conf.d/10.conf"))
	if err != nil {
		t.Fatal(err)
	}
	needs, err := sawlog.ReadNeeds([]sawlog.Source{{Name: "10.conf", Text: string(text)}}, sawlog.WithVariables(variables))
	if err != nil {
		t.Fatal(err)
	}
	if len(needs.Variables) != 1 || needs.Variables[0].Name != "HERE" || needs.Variables[0].Line != 1 ||
		len(needs.Paths) != 1 || needs.Paths[0].Path != filepath.Join(folder, "patterns") ||
		needs.Paths[0].Glob != "*" || needs.Paths[0].Plugin != "grok" || needs.Paths[0].Option != "patterns_dir" {
		t.Errorf("%+v", needs)
	}

	for _, path := range []string{"nothing.conf", "empty", "*.nope"} {
		_ = os.Mkdir(filepath.Join(folder, "empty"), 0o755)
		if _, err := sawlog.CompileFile(filepath.Join(folder, path)); err == nil {
			t.Errorf("%s was accepted", path)
		}
	}
}

func TestDictionariesChangeWhileAWorkerRuns(t *testing.T) {
	config := `filter { translate { source => "message" target => "who" dictionary_path => "who.yml" } }`
	resources := &sawlog.Resources{Files: map[string][]byte{"who.yml": []byte("A1: anna\n")}}
	pipeline := compile(t, config, sawlog.WithResources(resources), sawlog.WithECS(sawlog.ECSDisabled))
	worker := newWorker(t, pipeline)
	before := run(t, worker, []byte("A1"), 9)
	resources.Files["who.yml"] = []byte("A1: bert\n")
	changed, err := pipeline.WithResources(resources)
	if err != nil {
		t.Fatal(err)
	}
	if err := worker.SetPipeline(changed); err != nil {
		t.Fatal(err)
	}
	after := run(t, worker, []byte("A1"), 9)
	if !strings.Contains(before, `"who":"anna"`) || !strings.Contains(after, `"who":"bert"`) {
		t.Errorf("%s then %s", before, after)
	}
	var refusal *sawlog.Error
	if err := worker.SetPipeline(compile(t, `filter { }`)); !errors.As(err, &refusal) || refusal.Status != 107 {
		t.Errorf("another config's pipeline: %v", err)
	}
	resources.Files["who.yml"] = []byte("{")
	var wrong *sawlog.DiagnosticError
	if _, err := pipeline.WithResources(resources); !errors.As(err, &wrong) {
		t.Error(err)
	}
}

func TestTimeThatPassesBringsEventsOut(t *testing.T) {
	pipeline := compile(t, `input { stdin { codec => multiline { pattern => "^ " what => "previous" auto_flush_interval => 2 } } } filter { }`)
	worker := newWorker(t, pipeline, sawlog.WithInput(0))
	if !pipeline.IsOrdered() && !worker.IsOrdered() {
		t.Error("multiline needs its lines in order")
	}
	out, err := worker.Write(nil, noon, []byte("a\n b\n"))
	if err != nil || len(out) != 0 {
		t.Fatalf("%s, %v", out, err)
	}
	deadline, ok := worker.NextDeadline()
	if !ok || !deadline.Equal(noon.Add(2*time.Second)) {
		t.Errorf("%v, %v", deadline, ok)
	}
	if out, err = worker.Tick(nil, deadline); err != nil || !bytes.Contains(out, []byte(`"message":"a\n b"`)) {
		t.Errorf("%s, %v", out, err)
	}
	if _, ok := worker.NextDeadline(); ok {
		t.Error("there is still a deadline")
	}
}

func TestManyWorkersThatNobodyClosesAreFreed(t *testing.T) {
	pipeline := compile(t, grok)
	input := []byte(strings.Repeat("GET /index.html 200\n", 200))
	round := func() {
		for range 300 {
			worker, err := pipeline.NewWorker()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := worker.Write(nil, noon, input); err != nil {
				t.Fatal(err)
			}
		}
		for range 3 {
			runtime.GC()
			// Cleanups run on a goroutine of the runtime's own.
			runtime.Gosched()
			time.Sleep(10 * time.Millisecond)
		}
	}
	for range 3 {
		round()
	}
	// A worker that ran these lines has more than 16 KiB: leaked, 3,000 have 48 MiB, each time. What allocators and the race
	// detector take once they do not take three times.
	var sizes [4]int
	sizes[0] = residentBytes(t)
	for i := range 3 {
		for range 10 {
			round()
		}
		if sizes[i+1] = residentBytes(t); sizes[i+1] <= sizes[i]+(16<<20) {
			return
		}
	}
	t.Errorf("resident memory grew without end: %d bytes", sizes)
}

func residentBytes(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("skipped: /proc is not there")
	}
	fields := strings.Fields(string(text))
	pages := 0
	for _, digit := range fields[1] {
		pages = pages*10 + int(digit-'0')
	}
	return pages * os.Getpagesize()
}

func TestVersionsAgree(t *testing.T) {
	if version := sawlog.Version(); strings.Count(version, ".") != 2 {
		t.Error(version)
	}
}
