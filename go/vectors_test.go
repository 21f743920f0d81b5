package sawlog_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	sawlog "github.com/sawlog/sawlog/go"
)

// vector is a line of binding-cases.ndjson, which core/tests/conformance.rs writes: a recorded case, and what the Rust
// library makes of it.
type vector struct {
	ID             string            `json:"id"`
	Config         string            `json:"config"`
	ECS            string            `json:"ecs"`
	SupportEscapes bool              `json:"support_escapes"`
	EscapeStyle    string            `json:"escape_style"`
	NowNs          int64             `json:"now_ns"`
	Files          map[string]string `json:"files"`
	Events         []string          `json:"events"`
	Verdict        string            `json:"verdict"`
	Outcome        string            `json:"outcome"`
}

// TestVectorsGiveWhatTheRustLibraryGives runs the recorded cases: the bytes must be those of the Rust library, and the report
// its report, line for line.
func TestVectorsGiveWhatTheRustLibraryGives(t *testing.T) {
	folder := os.Getenv("SAWLOG_BINDING_CASES")
	if folder == "" {
		folder = filepath.Join("..", "target", "tmp")
	}
	cases, err := os.Open(filepath.Join(folder, "binding-cases.ndjson"))
	if err != nil {
		t.Skipf("skipped: %v: `make test-go` writes it", err)
	}
	defer cases.Close()
	agents, err := os.ReadFile(filepath.Join("..", "cli", "data", "uap-core", "regexes.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var report bytes.Buffer
	counts := map[string]int{}
	lines := bufio.NewReader(cases)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) == 0 && err != nil {
			break
		}
		var vector vector
		if err := json.Unmarshal(line, &vector); err != nil {
			t.Fatal(err)
		}
		verdict := vector.Verdict
		if outcome := vector.run(t, agents); outcome != vector.Outcome {
			verdict = "failed"
			if counts["failed"] < 5 {
				t.Errorf("%s: %s\ngives\n%s\nnot\n%s", vector.ID, vector.Config, outcome, vector.Outcome)
			}
		}
		counts[verdict]++
		fmt.Fprintf(&report, "%s\t%s\n", vector.ID, verdict)
	}
	if err := os.WriteFile(filepath.Join(folder, "binding-report-go.tsv"), report.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	theirs, err := os.ReadFile(filepath.Join(folder, "binding-report.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(theirs, report.Bytes()) {
		t.Error("binding-report-go.tsv is not binding-report.tsv")
	}
	if counts["failed"] > 0 || counts["passed"] == 0 {
		t.Fail()
	}
	fmt.Printf("vectors: %d passed, %d failed, %d different as listed, %d unsupported\n",
		counts["passed"], counts["failed"], counts["different"], counts["unsupported"])
}

// run gives a case's outcome in the form of the file.
func (v *vector) run(t *testing.T, agents []byte) string {
	t.Helper()
	resources := &sawlog.Resources{Files: map[string][]byte{}}
	for path, text := range v.Files {
		resources.Files[path] = []byte(text)
	}
	now := time.Unix(0, v.NowNs)
	options := []sawlog.Option{
		sawlog.WithECS(map[string]sawlog.ECS{
			"disabled": sawlog.ECSDisabled, "v1": sawlog.ECSv1, "v8": sawlog.ECSv8,
		}[v.ECS]),
		sawlog.WithEscapeStyle(map[string]sawlog.EscapeStyle{
			"none": sawlog.EscapeNone, "percent": sawlog.EscapePercent, "ampersand": sawlog.EscapeAmpersand,
		}[v.EscapeStyle]),
		sawlog.WithResources(resources), sawlog.WithStart(now),
		sawlog.WithVariables(func(string) (string, bool) { return "", false }),
	}
	if v.SupportEscapes {
		options = append(options, sawlog.WithSupportEscapes())
	}
	sources := []sawlog.Source{{Name: "config", Text: v.Config}}
	var out bytes.Buffer
	needs, err := sawlog.ReadNeeds(sources, options...)
	var pipeline *sawlog.Pipeline
	if err == nil {
		if needs.UserAgents {
			resources.UserAgents = agents
		}
		pipeline, err = sawlog.CompileSources(sources, options...)
	}
	if err != nil {
		var wrong *sawlog.DiagnosticError
		if !errors.As(err, &wrong) {
			return err.Error()
		}
		out.WriteString("refused")
		for _, one := range wrong.Diagnostics {
			switch {
			case one.Severity != sawlog.SeverityError:
			case one.Line == 0:
				fmt.Fprintf(&out, " %s@-", one.Code)
			default:
				fmt.Fprintf(&out, " %s@%d:%d", one.Code, one.Line, one.Column)
			}
		}
		return out.String()
	}
	var rejects strings.Builder
	worker, err := pipeline.NewWorker(sawlog.WithFormat(sawlog.FormatNDJSONMetadata),
		sawlog.WithRejects(sawlog.RejectsRefused, func(reject sawlog.Reject) {
			fmt.Fprintf(&rejects, "! %s: %s\n", reject.Kind, reject.Reason)
		}))
	if err != nil {
		return err.Error()
	}
	defer worker.Close()
	var events []byte
	for _, event := range v.Events {
		if events, err = worker.WriteEvent(events, now, []byte(event)); err != nil {
			return err.Error()
		}
	}
	if events, err = worker.Finish(events, now); err != nil {
		return err.Error()
	}
	return string(events) + rejects.String()
}
