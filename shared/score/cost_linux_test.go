package score_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"proactive/shared/condition"
	"proactive/shared/health"
	"proactive/shared/pipelinetest"
	"proactive/shared/predict"
	"proactive/shared/score"
)

// One batch on an instrument with a history of so many runs, the store's own work taken
// out: what must not grow. MODELS names a bundle to foretell with, else it is a toy.
func BenchmarkRun(b *testing.B) {
	for _, runs := range []int64{100, 1_000, 10_000} {
		b.Run(fmt.Sprint(runs), func(b *testing.B) {
			models := pipelinetest.Models(b)
			if dir := os.Getenv("MODELS"); dir != "" {
				var err error
				if models, err = predict.Open(os.DirFS(dir), "."); err != nil {
					b.Fatal(err)
				}
			}
			w := newBench(b)
			w.stage.Models = models
			for n := int64(1); n < runs; n++ {
				f := health.Features{Instrument: testInstrument, Batch: fmt.Sprintf("BATCH%021d", n), Sequence: n, Run: fmt.Sprint(n), Week: time.Unix(0, 0).UTC().AddDate(0, 0, int(n/2*7)), Values: map[string]float64{}}
				for i, s := range condition.Signals {
					f.Values[s.Feature] = 10 + float64((n+int64(i))%7)/10
				}
				if err := w.health.PutRun(b.Context(), f, nil); err != nil {
					b.Fatal(err)
				}
			}
			m := w.bucket.tell(testInstrument, runs, worn(runs, 1<<40), nil)
			if _, err := w.stage.Run(b.Context(), m); err != nil { // folds all of it, once
				b.Fatal(err)
			}
			kept, err := w.health.Kept(b.Context(), testInstrument)
			if err != nil {
				b.Fatal(err)
			}
			var at struct{ Through int64 }
			if err := json.Unmarshal(kept.Document, &at); err != nil {
				b.Fatal(err)
			}
			told, err := w.health.After(b.Context(), testInstrument, max(0, at.Through-80))
			if err != nil {
				b.Fatal(err)
			}
			w.stage.Health = tail{w.health, told}
			b.ReportAllocs()
			before := cpu(b)
			for b.Loop() {
				if _, err := w.stage.Run(b.Context(), m); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric((cpu(b)-before).Seconds()*1e3/float64(b.N), "cpu-ms/op")
			b.ReportMetric(float64(len(told.Runs)), "rows/op")
			b.ReportMetric(float64(len(kept.Document))/1024, "KB-condition")
		})
	}
}

// tail answers with rows that were decoded before.
type tail struct {
	score.Health
	told score.Told
}

func (t tail) After(context.Context, string, int64) (score.Told, error) {
	return score.Told{Runs: slices.Clone(t.told.Runs), Services: t.told.Services}, nil
}

// cpu is what this process has used: what a busy machine does not blur.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
