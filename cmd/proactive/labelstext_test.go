package main

import (
	"math"
	"strings"
	"testing"
	"time"

	"proactive/shared/casework"
	"proactive/shared/outcomes"
)

func TestSpark(t *testing.T) {
	nan := math.NaN()
	for want, values := range map[string][]float64{"▁▅█": {0, .5, 1}, "·▁·": {nan, .01, nan}, "█": {2}, "": nil} {
		if got := spark(values, 1); got != want {
			t.Errorf("%v: %s, want %s", values, got, want)
		}
	}
	if got := spark([]float64{0, nan}, 0); got != "▁·" {
		t.Errorf("nothing false: %s", got)
	}
}

func TestTellLabels(t *testing.T) {
	opened := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	lead, hash := 12., strings.Repeat("ab", 32)
	of := func(day int, v casework.Verdict, told ...outcomes.Told) outcomes.Case {
		return outcomes.Case{
			Case: "c-1", Component: "pump", Rule: "fluidics.pump.predicted", Model: hash, Asked: hash, Opened: opened.AddDate(0, 0, day),
			Outcome: casework.Fixed, Label: &casework.Label{Verdict: v, Part: "syringe pump"}, Told: told,
		}
	}
	all := []outcomes.Case{
		of(20, casework.Confirmed, outcomes.Told{Model: outcomes.Rules, How: outcomes.NotTold}, outcomes.Told{Model: hash, How: outcomes.Foretold, LeadDays: &lead, Until: outcomes.Service}),
		of(0, casework.NoFault),
	}
	fleet := []outcomes.Observed{{First: opened, Last: opened.AddDate(0, 0, 25), Model: hash}}
	var out strings.Builder
	tellLabels(&out, outcomes.ReportOf(all, fleet, map[string]float64{hash: .15}, 365, opened.AddDate(0, 0, 26)))
	words := strings.Join(strings.Fields(out.String()), " ")
	for _, want := range []string{
		"c-1 pump fluidics.pump.predicted 2026-11-22 fixed confirmed, syringe pump replaced",
		"abababababab all 2 2 1 50 % (1 to 99) 1 1: 100 % (2 to 100) 12, 12, 12; 1 of 1 at least 14.60 (0.37 to 81.35) in 0.1 0.15: not-enough-data",
		"abababababab precision ···········▅ foretold ···········█ false per instrument-year ···········█ (full height: 100 %, 100 %, 14.60)",
	} {
		if !strings.Contains(words, want) {
			t.Errorf("not there: %s\nin %s", want, out.String())
		}
	}
	out.Reset()
	if tellLabels(&out, outcomes.ReportOf(nil, nil, nil, 365, opened)); out.String() != "No cases.\n" {
		t.Error(out.String())
	}
}
