package main

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"proactive/shared/aws/awsconfig"
	"proactive/shared/aws/tables"
	"proactive/shared/casework"
	"proactive/shared/clean"
	"proactive/shared/handoff"
	"proactive/shared/health"
	"proactive/shared/observation"
	"proactive/shared/pipelinetest"
	"proactive/shared/score"
)

const teller = "i-01hzzzzzzzzzzzzzzzzzzzzzzz"

// one is a clean bucket with one batch.
type one clean.Batch

func (b one) Read(context.Context, string, string, string) (clean.Batch, error) {
	return clean.Batch(b), nil
}

// foretold scores, into the operator's tables, a light source that wears.
func foretold(t *testing.T) health.Finding {
	t.Helper()
	cfg, err := awsconfig.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	db := tables.Client(cfg)
	store, findings := tables.NewHealth(db, "health"), tables.NewFindings(db, "findings")
	stage := score.Stage{Health: store, Cohorts: store, Findings: findings, Erasures: pipelinetest.Living{}, Models: pipelinetest.Models(t), Catalog: "sha256:c"}
	for n := int64(1); n <= 14; n++ {
		current := 2 + .004*float64(n%3)
		if n > 8 {
			current *= 1 + .02*float64(n-8)
		}
		batch := clean.Batch{Instrument: teller, Batch: fmt.Sprint("B", n), Sequence: n, Observations: []observation.Observation{
			{Field: "telemetry.laser.current", Value: current}, {Field: "telemetry.laser.power", Value: 100 + .1*float64(n%2)},
		}}
		stage.Clean = one(batch)
		if _, err := stage.Run(t.Context(), handoff.Stored{Instrument: teller, Batch: batch.Batch, Sequence: n}); err != nil {
			t.Fatal(err)
		}
	}
	all, err := findings.Findings(t.Context(), teller)
	if err != nil || len(all) != 1 {
		t.Fatalf("%d findings, %v", len(all), err)
	}
	return all[0]
}

// What was foretold can be looked at, replays to the same bits, and is told of.
func TestAnOperatorLooksAtWhatIsForetold(t *testing.T) {
	o := newOperator(t)
	o.refused("no-status", "instruments", "show", teller)
	f := foretold(t)

	var s health.Status
	o.must(&s, "instruments", "show", teller)
	if s.Sequence != 14 || len(s.Components) == 0 || s.Components[0].Status.Letter() != "M" || s.Components[0].Findings[0] != f.ID {
		t.Errorf("%+v", s)
	}

	dir := t.TempDir()
	if err := os.CopyFS(dir, pipelinetest.ModelFiles(t)); err != nil {
		t.Fatal(err)
	}
	var e explained
	explain := []string{"explain", f.ID, "--instrument", teller, "--models", dir}
	o.must(&e, explain...)
	if e.Replay != replays || e.Foretold.Fault != f.Foretold.Fault || e.Evidence.Feature != "laser.current.mean" {
		t.Errorf("%+v", e)
	}
	o.must(&e, explain[:4]...) // these models are not built in
	if e.Replay != noModels {
		t.Errorf("%+v", e)
	}
	o.refused("whose-finding", "explain", f.ID)
	o.refused("unknown-finding", "explain", "f-aaaaaaaaaaaaaaaa", "--instrument", teller)
	o.refused("no-fleet", "explain", teller, "laser")

	cfg, err := awsconfig.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cases := tables.NewCases(tables.Client(cfg), "cases")
	c := casework.Case{ID: casework.ID(teller, "laser", 1), Ordinal: 1, Instrument: teller, Component: "laser", Finding: f.ID, Findings: []string{f.ID}, State: casework.Open, OpenedAt: time.Now()}
	if err := cases.Create(t.Context(), casework.Standing{}, c); err != nil {
		t.Fatal(err)
	}
	var before, after labels
	o.must(&before, "labels")
	if len(before.Cases) != 1 || before.Cases[0].Kind != health.Predicted || before.Precision[0].Share != nil {
		t.Errorf("%+v", before)
	}
	o.refused("no-result", "outcome", c.ID)
	o.refused("no-such-case", "outcome", "c-none-1", "--confirmed")
	o.refused("part-without-fault", "outcome", c.ID, "--no-fault-found", "--part", "laser")
	for range 2 {
		o.must(nil, "outcome", c.ID, "--part", "laser module")
	}
	o.must(&after, "labels", "--days", "30")
	p := after.Precision[0]
	if l := after.Cases[0].Label; l == nil || l.Verdict != casework.Confirmed || l.Part != "laser module" || after.Cases[0].Model != f.Foretold.Model {
		t.Errorf("%+v", after.Cases[0])
	}
	if p.Component != "laser" || p.Kind != health.Predicted || p.Told != 1 || p.Confirmed != 1 || *p.Share != 1 || p.CI[1] != 1 || p.CI[0] > .03 {
		t.Errorf("%+v", p)
	}
}
