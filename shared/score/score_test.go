package score_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"proactive/shared/clean"
	"proactive/shared/fault"
	"proactive/shared/handoff"
	"proactive/shared/health"
	"proactive/shared/observation"
	"proactive/shared/pipelinetest"
	"proactive/shared/score"
)

const testInstrument = "i-01hzzzzzzzzzzzzzzzzzzzzzzz"

// bucket is a clean bucket in memory: one batch a key.
type bucket map[string]clean.Batch

func (b bucket) Read(_ context.Context, _, key, version string) (clean.Batch, error) {
	batch, there := b[key+"@"+version]
	if !there {
		return clean.Batch{}, errors.New("no such object")
	}
	return batch, nil
}

// deliver makes a batch of one run whose chiller has the given temperature.
func (b bucket) deliver(sequence int64, celsius float64) handoff.Stored {
	batch := fmt.Sprintf("BATCH%021d", sequence)
	b[batch+"@v1"] = clean.Batch{
		Instrument: testInstrument, Batch: batch, Sequence: sequence,
		Observations: []observation.Observation{
			{Field: "run.token", Text: fmt.Sprintf("%032x", sequence)},
			{Field: "telemetry.chiller.temperature", Value: celsius - .1},
			{Field: "telemetry.chiller.temperature", Minute: 60, Value: celsius + .1},
			{Field: "telemetry.chiller.duty", Value: 50},
		},
	}
	return handoff.Stored{Instrument: testInstrument, Batch: batch, Sequence: sequence, Bucket: "clean", Key: batch, Version: "v1"}
}

type bench struct {
	bucket   bucket
	health   *pipelinetest.Health
	findings *pipelinetest.Findings
	stage    score.Stage
}

func newBench(t testing.TB) bench {
	b := bench{bucket: bucket{}, health: pipelinetest.NewHealth(t), findings: pipelinetest.NewFindings(t)}
	b.stage = score.Stage{Clean: b.bucket, Health: b.health, Cohorts: b.health, Findings: b.findings, Erasures: pipelinetest.Living{}}
	return b
}

func (b bench) stored(t testing.TB) []health.Finding {
	t.Helper()
	all, err := b.findings.Findings(t.Context(), testInstrument)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestRunActivatesOnceAndWakesTheStarterOnce(t *testing.T) {
	b := newBench(t)
	var reasons []score.Reason
	for i, celsius := range []float64{4, 9, 9, 9, 9} {
		m := b.bucket.deliver(int64(i+1), celsius)
		for range 3 {
			result, err := b.stage.Run(t.Context(), m)
			if err != nil {
				t.Fatal(err)
			}
			if result.Reason != score.Scored {
				t.Errorf("batch %d: %s", i+1, result.Reason)
			}
			for _, d := range result.Decisions {
				reasons = append(reasons, d.Reason)
			}
		}
	}
	if n := len(b.findings.Stream()); n != 1 {
		t.Errorf("%d changes on the stream, want 1", n)
	}
	want := []score.Reason{score.Activated}
	for range 8 {
		want = append(want, score.Unchanged)
	}
	if diff := cmp.Diff(want, reasons); diff != "" {
		t.Error(diff)
	}
}

func TestRunWithoutTelemetrySaysSo(t *testing.T) {
	b := newBench(t)
	m := b.bucket.deliver(1, 4)
	batch := b.bucket[m.Key+"@v1"]
	batch.Observations = []observation.Observation{{Field: "tile.clusters", Lane: 1, Tile: 1101, Value: 10}}
	b.bucket[m.Key+"@v1"] = batch
	result, err := b.stage.Run(t.Context(), m)
	if err != nil || result.Reason != score.NoTelemetry || len(result.Decisions) != 0 {
		t.Errorf("%+v, %v", result, err)
	}
}

func TestRunRefusesAnotherBatchInTheObject(t *testing.T) {
	b := newBench(t)
	m := b.bucket.deliver(1, 4)
	m.Sequence = 2
	if _, err := b.stage.Run(t.Context(), m); !errors.Is(err, score.ErrNotThisBatch) {
		t.Errorf("%v", err)
	}
}

func TestRunRefusesASequenceThatIsTaken(t *testing.T) {
	b := newBench(t)
	if _, err := b.stage.Run(t.Context(), b.bucket.deliver(1, 4)); err != nil {
		t.Fatal(err)
	}
	m := b.bucket.deliver(1, 9)
	m.Batch, m.Key = "BATCHOTHER", "other"
	b.bucket["other@v1"] = clean.Batch{Instrument: testInstrument, Batch: "BATCHOTHER", Sequence: 1}
	_, err := b.stage.Run(t.Context(), m)
	if kind, reason := fault.Public(err); kind != fault.Conflict || reason != "sequence-taken" {
		t.Errorf("%v", err)
	}
}

// Each store fails in each way at each call; the redelivered batch makes it whole.
func TestRunSurvivesEveryStoreFailure(t *testing.T) {
	for _, how := range []pipelinetest.Failure{pipelinetest.NotPersisted, pipelinetest.ReplyLost} {
		for _, method := range []string{"PutRun", "After", "Kept", "PutStatus", "Standing", "Commit"} {
			for nth := range 3 {
				t.Run(fmt.Sprintf("%s %d of batch %d", method, how, nth+1), func(t *testing.T) {
					b := newBench(t)
					faults := &b.findings.Faults
					if method != "Standing" && method != "Commit" {
						faults = &b.health.Faults
					}
					for range nth {
						faults.Fail(method, pipelinetest.Works)
					}
					faults.Fail(method, how)
					failed := 0
					for i, celsius := range []float64{9, 9, 4} {
						m := b.bucket.deliver(int64(i+1), celsius)
						for range 2 { // the queue delivers again what failed
							_, err := b.stage.Run(t.Context(), m)
							if err == nil {
								break
							}
							if !errors.Is(err, pipelinetest.ErrStore) {
								t.Fatal(err)
							}
							failed++
						}
					}
					if failed != 1 || faults.Pending() != 0 {
						t.Errorf("%d failures met", failed)
					}
					if found := b.stored(t); len(found) != 1 || found[0].State != health.Active {
						t.Errorf("findings %+v", found)
					}
					if n := len(b.findings.Stream()); n != 1 {
						t.Errorf("%d changes on the stream, want 1", n)
					}
				})
			}
		}
	}
}

// A finding that the runs no longer support is withdrawn: here because a run was scored
// again with other numbers.
func TestRunWithdraws(t *testing.T) {
	b := newBench(t)
	for i, celsius := range []float64{9, 9, 4} {
		if _, err := b.stage.Run(t.Context(), b.bucket.deliver(int64(i+1), celsius)); err != nil {
			t.Fatal(err)
		}
	}
	result, err := b.stage.Run(t.Context(), b.bucket.deliver(2, 4))
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Decisions) != 1 || result.Decisions[0].Reason != score.Withdrawn || b.stored(t)[0].State != health.Withdrawn {
		t.Errorf("%+v", result)
	}
	result, err = b.stage.Run(t.Context(), b.bucket.deliver(3, 9))
	if err != nil || len(result.Decisions) != 1 || result.Decisions[0].Reason != score.Activated {
		t.Errorf("%+v, %v", result, err)
	}
}

func TestRunLeavesFindingsOfAnEarlierEpochAlone(t *testing.T) {
	b := newBench(t)
	for i := range int64(2) {
		if _, err := b.stage.Run(t.Context(), b.bucket.deliver(i+1, 9)); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.health.BeginEpoch(t.Context(), testInstrument, "chiller", health.Epoch{}, health.Epoch{Number: 1, Since: 3, Case: "c"}); err != nil {
		t.Fatal(err)
	}
	result, err := b.stage.Run(t.Context(), b.bucket.deliver(3, 4))
	if err != nil || len(result.Decisions) != 0 || b.stored(t)[0].State != health.Active {
		t.Errorf("%+v, %v", result, err)
	}
}

// Promise 5, whole stage: any order, any repetition, scored at the same time by several
// workers: the same findings, and nothing was ever active that does not stay so.
func TestRunOrderRepetitionAndRaces(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		celsius := rapid.SliceOfN(rapid.SampledFrom([]float64{4, 4, 4, 9}), 2, 14).Draw(rt, "celsius")
		inOrder := newBench(t)
		var all []handoff.Stored
		for i, c := range celsius {
			m := inOrder.bucket.deliver(int64(i+1), c)
			all = append(all, m)
			if _, err := inOrder.stage.Run(t.Context(), m); err != nil {
				rt.Fatal(err)
			}
		}
		want := inOrder.stored(t)

		shuffled := newBench(t)
		shuffled.stage.Clean = inOrder.bucket
		all = append(all, all[:len(all)/2]...)
		seed := rapid.Uint64().Draw(rt, "order")
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		var wg sync.WaitGroup
		for worker := range 3 {
			wg.Go(func() {
				for i := worker; i < len(all); i += 3 {
					for { // the queue delivers again what failed
						_, err := shuffled.stage.Run(t.Context(), all[i])
						if err == nil {
							break
						}
						if !errors.Is(err, score.ErrRaced) {
							t.Error(err)
							return
						}
					}
				}
			})
		}
		wg.Wait()
		if diff := cmp.Diff(want, shuffled.stored(t)); diff != "" {
			rt.Fatalf("delivery changed the findings: %s", diff)
		}
		for _, c := range shuffled.findings.Stream() {
			if c.New.State != health.Active {
				rt.Fatalf("finding %s was withdrawn on the way", c.New.ID)
			}
		}
	})
}
