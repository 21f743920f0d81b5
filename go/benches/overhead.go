package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	sawlog "github.com/sawlog/sawlog/go"
)

const (
	// batchBytes is what one Write takes.
	batchBytes = 64 << 10
	leastTime  = 40 * time.Millisecond
)

// epoch is the clock of every event, as in the engine's own benchmarks.
var epoch = time.Unix(0, 0)

// engine is the program `batches` of the benches package: the engine in a process of its own, given the same pieces.
type engine struct {
	program, config, input string
}

// run gives the processor time of one round, which is the last of three.
func (e *engine) run(mode string) (time.Duration, error) {
	text, err := exec.Command(e.program, e.config, e.input, "3", mode).Output()
	if err != nil {
		return 0, fmt.Errorf("%s %s: %w", e.program, mode, err)
	}
	nanoseconds, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return time.Duration(nanoseconds), err
}

// overhead measures what Go adds to the engine: the same work by both, in pairs.
func overhead(program, config, corpus string, rounds int) error {
	fmt.Println("## What Go adds to the engine")
	fmt.Println()
	fmt.Printf("The engine without Go is `benches/src/bin/batches.rs`. %d alternating pairs, processor time, garbage collector included.\n\n", rounds)
	fmt.Println("| | engine | Go | Go over the engine | middle half |")
	fmt.Println("|---|--:|--:|--:|--:|")
	if err := batches(&engine{program, config, corpus}, rounds); err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "sawlog-benches-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	config, lines := filepath.Join(folder, "line.conf"), filepath.Join(folder, "line.log")
	if err := os.WriteFile(config, []byte(smallConfig), 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(lines, bytes.TrimSuffix(bytes.Repeat([]byte(smallLine+"\n"), smallCalls), []byte("\n")), 0o644); err != nil {
		return err
	}
	return singles(&engine{program, config, lines}, rounds)
}

// batches measures pieces of 64 KiB of T2 to JSON lines.
func batches(engine *engine, rounds int) error {
	corpus, err := os.ReadFile(engine.input)
	if err != nil {
		return err
	}
	worker, err := newWorker(engine.config)
	if err != nil {
		return err
	}
	defer worker.Close()
	var dst []byte
	var theirs, ours, added []float64
	for range rounds {
		their, err := engine.run("batches")
		if err != nil {
			return err
		}
		our := lastOfThree(func() error {
			for rest := corpus; len(rest) > 0; {
				n := min(batchBytes, len(rest))
				if dst, err = worker.Write(dst[:0], epoch, rest[:n]); err != nil {
					return err
				}
				rest = rest[n:]
			}
			return nil
		})
		theirs = append(theirs, float64(len(corpus))/1e6/their.Seconds())
		ours = append(ours, float64(len(corpus))/1e6/our.Seconds())
		added = append(added, 100*(our.Seconds()/their.Seconds()-1))
	}
	low, high := quartiles(added)
	fmt.Printf("| T2, batches of 64 KiB, MB/s | %.0f | %.0f | %+.1f %% | %+.1f to %+.1f %% |\n",
		median(theirs), median(ours), median(added), low, high)
	return nil
}

// singles measures calls with one small line. The engine looks at each event and writes nothing.
func singles(engine *engine, rounds int) error {
	worker, err := newWorker(engine.config)
	if err != nil {
		return err
	}
	defer worker.Close()
	line, terminated := []byte(smallLine), []byte(smallLine+"\n")
	var dst []byte
	ways := []struct {
		name string
		call func() error
	}{
		{"one small line, `Write`: to JSON, ns", func() (err error) {
			dst, err = worker.Write(dst[:0], epoch, terminated)
			return err
		}},
		{"one small line, `Line`: to values, each looked at, ns", func() error {
			for event, err := range worker.Line(epoch, line) {
				if err != nil {
					return err
				}
				for range event.Fields() {
				}
			}
			return nil
		}},
	}
	for _, way := range ways {
		var theirs, ours, added []float64
		for range rounds {
			their, err := engine.run("lines")
			if err != nil {
				return err
			}
			our := lastOfThree(func() error {
				for range smallCalls {
					if err := way.call(); err != nil {
						return err
					}
				}
				return nil
			})
			theirs = append(theirs, float64(their.Nanoseconds())/smallCalls)
			ours = append(ours, float64(our.Nanoseconds())/smallCalls)
			added = append(added, float64((our-their).Nanoseconds())/smallCalls)
		}
		low, high := quartiles(added)
		fmt.Printf("| %s | %.0f | %.0f | %+.0f ns | %+.0f to %+.0f ns |\n",
			way.name, median(theirs), median(ours), median(added), low, high)
	}
	fmt.Println()
	return nil
}

// lastOfThree gives the processor time of a round as the engine's program does.
func lastOfThree(round func() error) time.Duration {
	var spent time.Duration
	for range 3 {
		start := processorTime()
		if err := round(); err != nil {
			panic(err)
		}
		spent = processorTime() - start
	}
	return spent
}

func newWorker(path string) (*sawlog.Worker, error) {
	pipeline, err := sawlog.CompileFile(path, sawlog.WithECS(sawlog.ECSDisabled))
	if err != nil {
		return nil, err
	}
	return pipeline.NewWorker()
}

func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// The small line; benches/bindings/c.sh has the same.
const (
	smallConfig = `filter { grok { match => { "message" => "%{WORD:verb} %{NOTSPACE:path} %{INT:status:int}" } } }`
	smallLine   = "GET /index.html 200"
	smallCalls  = 20_000
)
