package simulate

import (
	"context"
	"os"
	"testing"
	"time"

	"proactive/shared/clean"
	"proactive/shared/handoff"
	"proactive/shared/health"
	"proactive/shared/observation"
	"proactive/shared/pipelinetest"
	"proactive/shared/predict"
	"proactive/shared/score"
)

// one is a clean bucket with one batch.
type one clean.Batch

func (b one) Read(context.Context, string, string, string) (clean.Batch, error) {
	return clean.Batch(b), nil
}

// inUse are the models that are built in, or those in the directory that MODELS names.
func inUse(t *testing.T) *predict.Bundle {
	t.Helper()
	b, err := predict.InUse(predict.Current)
	if dir := os.Getenv("MODELS"); dir != "" {
		b, err = predict.Open(os.DirFS(dir), ".")
	}
	if err != nil {
		t.Fatal(err)
	}
	if b == nil {
		t.Skip("no models are built in yet (shared/predict/models/CURRENT); MODELS=DIR names some")
	}
	return b
}

// foretold plays an instrument's runs, three days apart, through the stage.
func (f Fleet) foretold(t *testing.T, b *predict.Bundle, truth Truth, runs int) []health.Finding {
	t.Helper()
	rows, findings := pipelinetest.NewHealth(t), pipelinetest.NewFindings(t)
	stage := score.Stage{Health: rows, Cohorts: rows, Findings: findings, Erasures: pipelinetest.Living{}, Models: b}
	for run := range runs {
		s := f.stateOf(truth, run, false)
		batch := clean.Batch{Instrument: truth.Serial, Batch: s.runID(), Sequence: int64(run + 1)}
		week := s.started.AddDate(0, 0, 3*run).Truncate(7 * 24 * time.Hour)
		batch.Observations = append(batch.Observations, observation.Observation{Field: "run.week", Value: float64(week.Unix() / 86400)})
		for r := range s.readings() {
			hour := int(r.Time.Sub(s.started) / time.Hour)
			batch.Observations = append(batch.Observations, observation.Observation{Field: "telemetry." + r.Component + "." + r.Metric, Minute: 60 * hour, Value: r.Value})
		}
		stage.Clean = one(batch)
		if _, err := stage.Run(t.Context(), handoff.Stored{Instrument: truth.Serial, Batch: batch.Batch, Sequence: batch.Sequence}); err != nil {
			t.Fatal(err)
		}
	}
	all, err := findings.Findings(t.Context(), truth.Serial)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Nothing is foretold of healthy instruments, by the models in use, over fleets as the
// demo's.
func TestHealthyFleetsAreForetoldNothing(t *testing.T) {
	b := inUse(t)
	for seed := range uint64(3) {
		f := Fleet{Seed: seed, Instruments: 6, Start: day.AddDate(0, int(4*seed), 0)}
		for _, truth := range f.Truths() {
			for _, found := range f.foretold(t, b, truth, 14) {
				t.Errorf("seed %d, %s %s: %s at run %d, sure %v", seed, truth.Family, truth.Serial, found.Rule, found.LastSequence, found.Foretold)
			}
		}
	}
}
