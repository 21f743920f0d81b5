package sawlog_test

import (
	"bytes"
	"testing"
)

const smallLine = "GET /index.html 200"

func BenchmarkWrite64KiB(b *testing.B) {
	worker := newWorker(b, compile(b, grok))
	batch := bytes.Repeat([]byte(smallLine+"\n"), 64<<10/(len(smallLine)+1))
	b.SetBytes(int64(len(batch)))
	var dst []byte
	var err error
	for b.Loop() {
		if dst, err = worker.Write(dst[:0], noon, batch); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWriteLine(b *testing.B) {
	worker := newWorker(b, compile(b, grok))
	line := []byte(smallLine + "\n")
	b.ReportAllocs()
	var dst []byte
	var err error
	for b.Loop() {
		if dst, err = worker.Write(dst[:0], noon, line); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLine(b *testing.B) {
	worker := newWorker(b, compile(b, grok))
	line := []byte(smallLine)
	b.ReportAllocs()
	for b.Loop() {
		for event, err := range worker.Line(noon, line) {
			if err != nil {
				b.Fatal(err)
			}
			for range event.Fields() {
			}
		}
	}
}
