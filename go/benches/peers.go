package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	elastic "github.com/elastic/go-grok"
	sawlog "github.com/sawlog/sawlog/go"
	vjeantet "github.com/vjeantet/grok"
)

const (
	pattern = "%{COMBINEDAPACHELOG}"
	// capturesConfig gives the captures and nothing that the others do not give.
	capturesConfig = `filter { grok { match => { "message" => "` + pattern + `" } remove_field => ["message"] } }`
	// comparedLines is how many lines each peer must give the same captures of, but for one in a thousand.
	comparedLines = 5000
	// peerLines is how many lines a peer is given in a round; they take it a tenth of a second.
	peerLines = 400
	// ownLines is how many lines are given one by one to the module.
	ownLines = 20_000
)

// peer is a Go library that reads a line into a map.
type peer struct {
	name string
	// ecs says which names its patterns have.
	ecs   sawlog.ECS
	parse func(line string) (map[string]string, error)
}

// peers compares what the libraries make of the lines, then how fast.
func peers(corpus []byte, rounds int) error {
	all, err := newPeers()
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSuffix(string(corpus), "\n"), "\n")
	fmt.Printf("## COMBINEDAPACHELOG: captures of lines of %d bytes\n\n", len(corpus)/len(lines))
	ours := []contestant{}
	for _, ecs := range []struct {
		name string
		mode sawlog.ECS
	}{{"plain names, as T1", sawlog.ECSDisabled}, {"names of ECS v8, nested", sawlog.ECSv8}} {
		pipeline, err := sawlog.Compile(capturesConfig, sawlog.WithECS(ecs.mode))
		if err != nil {
			return err
		}
		worker, err := pipeline.NewWorker(sawlog.WithoutOriginal())
		if err != nil {
			return err
		}
		defer worker.Close()
		for _, peer := range all {
			if peer.ecs != ecs.mode {
				continue
			}
			differing, err := compare(peer, worker, lines[:comparedLines])
			if err != nil {
				return err
			}
			fmt.Printf("Captures of %s that are not ours with %s: those of %d in %d lines.\n", peer.name, ecs.name, differing, comparedLines)
			if differing*1000 > comparedLines {
				return fmt.Errorf("%s does not do the same work", peer.name)
			}
		}
		ours = append(ours, write(ecs.name, worker, corpus), line(ecs.name, worker, lines[:ownLines]))
	}
	for _, peer := range all {
		ours = append(ours, parse(peer, lines[:peerLines]))
	}

	rates := make([][]float64, len(ours))
	for range rounds {
		for i, contestant := range ours {
			rates[i] = append(rates[i], float64(contestant.bytes)/1e6/measure(contestant.run).Seconds())
		}
	}
	fmt.Printf("\nMB of input a second of processor time, garbage collector included; median and middle half of %d alternating rounds.\n\n", rounds)
	fmt.Printf("| | MB/s | middle half | times %s | times %s |\n|---|--:|--:|--:|--:|\n", all[0].name, all[1].name)
	first, second := median(rates[len(ours)-2]), median(rates[len(ours)-1])
	for i, contestant := range ours {
		low, high := quartiles(rates[i])
		middle := median(rates[i])
		fmt.Printf("| %s | %.4g | %.4g–%.4g | %.4g | %.4g |\n", contestant.name, middle, low, high, middle/first, middle/second)
	}
	fmt.Println()
	return nil
}

// contestant does one piece of work.
type contestant struct {
	name  string
	bytes int
	run   func() error
}

func write(name string, worker *sawlog.Worker, corpus []byte) contestant {
	var dst []byte
	return contestant{"`Write`, 64 KiB to JSON lines, " + name, len(corpus), func() (err error) {
		for rest := corpus; len(rest) > 0; {
			n := min(batchBytes, len(rest))
			if dst, err = worker.Write(dst[:0], epoch, rest[:n]); err != nil {
				return err
			}
			rest = rest[n:]
		}
		return nil
	}}
}

func line(name string, worker *sawlog.Worker, lines []string) contestant {
	return contestant{"`Line`, one line to values, " + name, sizeOf(lines), func() error {
		for _, line := range lines {
			for _, err := range worker.Line(epoch, []byte(line)) {
				if err != nil {
					return err
				}
			}
		}
		return nil
	}}
}

func parse(peer peer, lines []string) contestant {
	return contestant{peer.name + ", one line to a map of texts", sizeOf(lines), func() error {
		for _, line := range lines {
			if _, err := peer.parse(line); err != nil {
				return err
			}
		}
		return nil
	}}
}

func sizeOf(lines []string) int {
	size := 0
	for _, line := range lines {
		size += len(line) + 1
	}
	return size
}

func newPeers() ([]peer, error) {
	elasticGrok, err := elastic.NewComplete()
	if err != nil {
		return nil, err
	}
	if err := elasticGrok.Compile(pattern, true); err != nil {
		return nil, err
	}
	settings := vjeantet.Config{NamedCapturesOnly: true, RemoveEmptyValues: true}
	vjeantetGrok, err := vjeantet.NewWithConfig(&settings)
	if err != nil {
		return nil, err
	}
	return []peer{
		{"elastic/go-grok v0.3.1", sawlog.ECSv8, elasticGrok.ParseString},
		{"vjeantet/grok v1.0.1", sawlog.ECSDisabled, func(line string) (map[string]string, error) {
			return vjeantetGrok.Parse(pattern, line)
		}},
	}, nil
}

// compare counts the lines of which a peer's captures are not ours, as texts.
func compare(peer peer, worker *sawlog.Worker, lines []string) (differing int, err error) {
	for _, line := range lines {
		theirs, err := peer.parse(line)
		if err != nil {
			return 0, err
		}
		maps.DeleteFunc(theirs, func(_, value string) bool { return value == "" })
		ours := map[string]string{}
		for event, err := range worker.Line(epoch, []byte(line)) {
			if err != nil {
				return 0, err
			}
			for name, value := range event.Fields() {
				switch name {
				case "@timestamp", "@version", "message", "tags":
				default:
					flatten(name, value, ours)
				}
			}
		}
		if bytes, ok := ours["http.response.body.bytes"]; ok {
			// Elastic's patterns have another last name.
			delete(ours, "http.response.body.bytes")
			ours["http.response.body.size"] = bytes
		}
		if !maps.Equal(ours, theirs) {
			differing++
		}
	}
	return differing, nil
}

func flatten(name string, value sawlog.Value, into map[string]string) {
	if value.Kind() != sawlog.KindObject {
		into[name] = value.String()
		return
	}
	for key, value := range value.Fields() {
		flatten(name+"."+key, value, into)
	}
}

// measure gives the processor time of one piece of work: the mean of as many as take 40 ms.
func measure(work func() error) time.Duration {
	start := processorTime()
	for runs := time.Duration(1); ; runs++ {
		if err := work(); err != nil {
			panic(err)
		}
		if spent := processorTime() - start; spent >= leastTime {
			return spent / runs
		}
	}
}

func median(figures []float64) float64 {
	sorted := slices.Sorted(slices.Values(figures))
	return sorted[len(sorted)/2]
}

func quartiles(figures []float64) (low, high float64) {
	sorted := slices.Sorted(slices.Values(figures))
	return sorted[len(sorted)/4], sorted[len(sorted)*3/4]
}
