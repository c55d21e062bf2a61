package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"proactive/shared/aws/awsconfig"
	"proactive/shared/aws/tables"
	"proactive/shared/casework"
	"proactive/shared/clean"
	"proactive/shared/handoff"
	"proactive/shared/health"
	"proactive/shared/observation"
	"proactive/shared/outcomes"
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
	stage := score.Stage{Health: store, Cohorts: tables.NewCohorts(db, "health", "findings"), Findings: findings, Erasures: pipelinetest.Living{}, Models: pipelinetest.Models(t), Catalog: "sha256:c"}
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
	c := casework.Case{ID: casework.ID(teller, "laser", 1), Ordinal: 1, Instrument: teller, Component: "laser", Finding: f.ID, Findings: []string{f.ID}, Asked: f.Foretold.Model, State: casework.Open, OpenedAt: time.Now()}
	if err := cases.Create(t.Context(), casework.Standing{}, c); err != nil {
		t.Fatal(err)
	}
	var before, after outcomes.Report
	o.must(&before, "labels")
	if f := before.Now().Figures; len(before.Cases) != 1 || before.Cases[0].Kind != health.Predicted || len(f) != 3 || f[2].Cases != 1 || f[2].Precision.Share != nil {
		t.Errorf("%+v", before)
	}
	o.refused("no-result", "outcome", c.ID)
	o.refused("no-such-case", "outcome", "c-none-1", "--confirmed")
	o.refused("part-without-fault", "outcome", c.ID, "--no-fault-found", "--part", "laser")
	o.refused("no-window", "labels", "--days", "0")
	// A part was replaced and no visit is on record: the light source's normal begins anew.
	for _, want := range []casework.Reason{casework.NewEpoch, casework.ServicedSince} {
		var said struct {
			Baseline casework.Reason `json:"baseline"`
		}
		if o.must(&said, "outcome", c.ID, "--part", "laser module"); said.Baseline != want {
			t.Errorf("baseline: %s, want %s", said.Baseline, want)
		}
	}
	h, err := tables.NewHealth(tables.Client(cfg), "health").History(t.Context(), teller)
	if e := h.Services["laser"]; err != nil || e.Number != 1 || e.Since != 15 {
		t.Errorf("%+v, %v", e, err)
	}

	card := filepath.Join(t.TempDir(), "card.md")
	if err := os.WriteFile(card, []byte("# Card\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o.refused("no-markers", "labels", "--card", card)
	if err := os.WriteFile(card, []byte("# Card\n"+outcomes.Kept("")+"\n## Cases\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o.must(&after, "labels", "--days", "30", "--card", card)
	if l := after.Cases[0].Label; l == nil || l.Verdict != casework.Confirmed || l.Part != "laser module" || after.Cases[0].Model != f.Foretold.Model {
		t.Errorf("%+v", after.Cases[0])
	}
	p := after.Now().Figures[3] // of the models, on the laser
	if p.Component != "laser" || p.Model != f.Foretold.Model || p.Told != 1 || p.Confirmed != 1 || *p.Precision.Share != 1 || p.Precision.CI[1] != 1 || p.Precision.CI[0] > .03 || p.Faults != 1 || p.Foretold != 1 || p.Leads != 1 {
		t.Errorf("%+v", p)
	}
	if raw, err := os.ReadFile(card); err != nil || !strings.Contains(string(raw), "| laser | 1 | 1 | 1 | 100 % (2 to 100) |") || !strings.HasSuffix(string(raw), "\n\n## Cases\n") {
		t.Errorf("%s, %v", raw, err)
	}
}

// What was foretold for the same reasons before is told with its end.
func TestAnOperatorSeesSimilarCases(t *testing.T) {
	o := newOperator(t)
	f := foretold(t)
	cfg, err := awsconfig.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	db := tables.Client(cfg)
	cases := tables.NewCases(db, "cases")
	opened := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	closed := opened.AddDate(0, 0, 9)
	enter := func(instrument, component string, because []health.Because) string {
		c := casework.Case{
			ID: casework.ID(instrument, component, 1), Ordinal: 1, Instrument: instrument, Component: component, Finding: f.ID, Findings: []string{"f-other"},
			Because: because, State: casework.Open, OpenedAt: opened, Label: &casework.Label{Verdict: casework.Confirmed, Part: "laser module", At: closed},
		}
		if instrument == teller {
			c.Findings = []string{f.ID}
		}
		if err := cases.Create(t.Context(), casework.Standing{}, c); err != nil {
			t.Fatal(err)
		}
		c.Close(casework.Fixed, closed)
		if err := cases.Finish(t.Context(), c, 0); err != nil {
			t.Fatal(err)
		}
		return c.ID
	}
	enter(teller, "laser", f.Foretold.Because) // its own case
	want := enter("i-01hzzzzzzzzzzzzzzzzzzzzzza", "laser", f.Foretold.Because)
	enter("i-01hzzzzzzzzzzzzzzzzzzzzzzb", "pump", f.Foretold.Because) // on another component
	enter("i-01hzzzzzzzzzzzzzzzzzzzzzzc", "laser", nil)               // that rules found

	var e explained
	o.must(&e, "explain", f.ID, "--instrument", teller)
	if len(e.Similar) != 1 || e.Similar[0].Case != want || e.Similar[0].Likeness != 1 || e.Similar[0].Days != 9 || e.Similar[0].Label.Part != "laser module" {
		t.Errorf("%+v", e.Similar)
	}
	if got := tellPast(e.Similar[0]); got != want+"  alike 100 %  confirmed, laser module replaced; closed as fixed after 9 days" {
		t.Error(got)
	}
}
