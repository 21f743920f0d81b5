package sawlog_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	sawlog "github.com/sawlog/sawlog/go"
)

func Example() {
	pipeline, err := sawlog.Compile(`filter {
	  grok { match => { "message" => "%{WORD:verb} %{NOTSPACE:path} %{INT:status:int}" } remove_field => ["message", "event"] }
	}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	lines := strings.NewReader("GET /index.html 200\nPOST /login 401\n")
	clock := func() time.Time { return time.Unix(1710508981, 0) }
	if err := pipeline.Transform(context.Background(), lines, os.Stdout, sawlog.WithClock(clock)); err != nil {
		fmt.Println(err)
	}
	// Output:
	// {"@timestamp":"2024-03-15T13:23:01.000Z","@version":"1","verb":"GET","path":"/index.html","status":200}
	// {"@timestamp":"2024-03-15T13:23:01.000Z","@version":"1","verb":"POST","path":"/login","status":401}
}

// One line at a time, for programs that wait for each: typed values, no JSON.
func ExampleWorker_Line() {
	pipeline, err := sawlog.Compile(`filter { dissect { mapping => { "message" => "%{user} took %{ms} ms" } convert_datatype => { "ms" => "int" } } }`)
	if err != nil {
		fmt.Println(err)
		return
	}
	worker, err := pipeline.NewWorker()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer worker.Close()
	for event, err := range worker.Line(time.Now(), []byte("anna took 12 ms")) {
		if err != nil {
			fmt.Println(err)
			return
		}
		user, _ := event.Field("user")
		ms, _ := event.Field("ms")
		fmt.Println(user.Text(), ms.Int(), ms.Kind())
	}
	// Output: anna 12 int
}

// Batches of bytes, cut anywhere; the buffer is used again.
func ExampleWorker_Write() {
	pipeline, err := sawlog.Compile(`filter { }`, sawlog.WithECS(sawlog.ECSDisabled))
	if err != nil {
		fmt.Println(err)
		return
	}
	worker, err := pipeline.NewWorker()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer worker.Close()
	now := time.Unix(0, 0)
	var buffer []byte
	for _, batch := range []string{"first\nsec", "ond\nthi", "rd"} {
		if buffer, err = worker.Write(buffer[:0], now, []byte(batch)); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s", buffer)
	}
	if buffer, err = worker.Finish(buffer[:0], now); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s", buffer)
	// Output:
	// {"@timestamp":"1970-01-01T00:00:00.000Z","@version":"1","message":"first"}
	// {"@timestamp":"1970-01-01T00:00:00.000Z","@version":"1","message":"second"}
	// {"@timestamp":"1970-01-01T00:00:00.000Z","@version":"1","message":"third"}
}

// A stream may be shared among workers where lines end, unless the pipeline is ordered.
func ExamplePipeline_NewWorker() {
	pipeline, err := sawlog.Compile(`filter { mutate { uppercase => ["message"] } }`)
	if err != nil || pipeline.IsOrdered() {
		fmt.Println(err)
		return
	}
	blocks := []string{"a\nb\n", "c\n", "d\ne\nf\n"}
	results := make([][]byte, len(blocks))
	var wait sync.WaitGroup
	for i, block := range blocks {
		wait.Add(1)
		go func() {
			defer wait.Done()
			worker, err := pipeline.NewWorker(sawlog.WithFields("message"))
			if err != nil {
				return
			}
			defer worker.Close()
			results[i], _ = worker.Write(nil, time.Now(), []byte(block))
		}()
	}
	wait.Wait()
	fmt.Printf("%s", bytes.Join(results, nil))
	// Output:
	// {"message":"A"}
	// {"message":"B"}
	// {"message":"C"}
	// {"message":"D"}
	// {"message":"E"}
	// {"message":"F"}
}

// All problems of a config come at once, each with its place.
func ExampleDiagnosticError() {
	_, err := sawlog.Compile(`filter { grok { match => { "message" => "%{IPP:client}" } } }`)
	var wrong *sawlog.DiagnosticError
	if errors.As(err, &wrong) {
		for _, one := range wrong.Diagnostics {
			fmt.Println(one.Line, one.Column, one.Code)
			fmt.Println(one.Message)
		}
	}
	// Output:
	// 1 42 unknown-pattern
	// grok pattern `%{IPP}` is not defined, did you mean `IP`
}

// Events, values, rejects, counters and errors are what log/slog takes.
func ExampleEvent_LogValue() {
	pipeline, err := sawlog.Compile(`filter { kv { } }`, sawlog.WithECS(sawlog.ECSDisabled))
	if err != nil {
		fmt.Println(err)
		return
	}
	worker, err := pipeline.NewWorker()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer worker.Close()
	plain := &slog.HandlerOptions{ReplaceAttr: func(groups []string, attr slog.Attr) slog.Attr {
		if len(groups) == 0 && attr.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return attr
	}}
	log := slog.New(slog.NewTextHandler(os.Stdout, plain))
	for event, err := range worker.Line(time.Unix(0, 0), []byte("user=anna ms=12")) {
		if err == nil {
			log.Info("parsed", "event", event)
		}
	}
	// Output:
	// level=INFO msg=parsed event.@timestamp=1970-01-01T00:00:00.000Z event.@version=1 event.message="user=anna ms=12" event.user=anna event.ms=12
}
