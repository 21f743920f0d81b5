// Command others runs elastic/go-grok over a corpus.
//
//	others TASK PATTERNS CORPUS SECONDS
//
// PATTERNS is a file with one grok pattern a line; the first that matches wins.
package main

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/elastic/go-grok"
)

func main() {
	task, texts, corpus := os.Args[1], read(os.Args[2]), read(os.Args[3])
	seconds, err := strconv.ParseFloat(os.Args[4], 64)
	check(err)

	var patterns []*grok.Grok
	for text := range strings.Lines(string(texts)) {
		pattern, err := grok.NewComplete()
		check(err)
		check(pattern.Compile(strings.TrimSuffix(text, "\n"), true))
		patterns = append(patterns, pattern)
	}

	lines, matched, size := 0, 0, 0
	start := processorTime()
	for line := range bytes.Lines(corpus) {
		for _, pattern := range patterns {
			fields, err := pattern.ParseString(string(bytes.TrimSuffix(line, []byte("\n"))))
			if err == nil && len(fields) > 0 {
				matched++
				break
			}
		}
		size += len(line)
		lines++
		if lines%64 == 0 && (processorTime() - start).Seconds() > seconds {
			break
		}
	}
	elapsed := (processorTime() - start).Seconds()
	fmt.Printf("| %s | go-grok | %.1f | %d | %d |\n", task, float64(size)/1e6/elapsed, size, matched)
}

func processorTime() time.Duration {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func read(path string) []byte {
	text, err := os.ReadFile(path)
	check(err)
	return text
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
