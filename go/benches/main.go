// Command benches measures the Go module beside elastic/go-grok and vjeantet/grok, and beside the engine without Go; it prints
// the record. `make bench-go` runs it.
//
//	benches -engine PROGRAM -config T2 -corpus ACCESS_LOG
//
// PROGRAM is benches/src/bin/batches.rs.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
)

func main() {
	engine := flag.String("engine", "", "the program `batches` of the benches package")
	config := flag.String("config", "", "the config of T2")
	corpus := flag.String("corpus", "", "the corpus of access log lines")
	rounds := flag.Int("rounds", 21, "how many rounds are measured")
	flag.Parse()
	if err := run(*engine, *config, *corpus, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(engine, config, corpus string, rounds int) error {
	access, err := os.ReadFile(corpus)
	if err != nil {
		return err
	}
	fmt.Printf("Machine: %s, %d processors; %s. Corpus: access.log, %.1f MB.\n\n",
		processor(), runtime.NumCPU(), runtime.Version(), float64(len(access))/1e6)
	if err := overhead(engine, config, corpus, rounds); err != nil {
		return err
	}
	return peers(access, rounds)
}

// processor names the machine's processor.
func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(line, "model name\t: "); ok {
			return strings.TrimSpace(name)
		}
	}
	return runtime.GOARCH
}
