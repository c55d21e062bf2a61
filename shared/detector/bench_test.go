package detector_test

import (
	"bytes"
	"os"
	"testing"

	"proactive/shared/detector"
)

func BenchmarkLog(b *testing.B) {
	raw, err := os.ReadFile("/work/w-detector/.cache/bench-scrub/log/log.txt")
	if err != nil {
		b.Skip(err)
	}
	lines := bytes.Split(raw, []byte("\n"))
	var s detector.Scanner
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		for _, l := range lines {
			s.Line(l)
		}
	}
}
