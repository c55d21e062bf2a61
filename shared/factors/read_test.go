package factors_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/factors"
	"proactive/shared/health"
)

func TestRead(t *testing.T) {
	want := []factors.Exposure{
		{Tenant: "t", Instrument: "i", Run: "1", Problem: true, Levels: map[string]string{"run.reagent_lot": "a"}},
		{Tenant: "t", Instrument: "i", Run: "2", Levels: map[string]string{"run.reagent_lot": ""}},
	}
	for name, text := range map[string]string{
		"CSV":        "tenant,instrument,run,problem,run.reagent_lot\nt,i,1,1,a\nt,i,2,false,\n",
		"Athena's":   "\"problem\",\"run\",\"tenant\",\"instrument\",\"run.reagent_lot\"\n\"1\",\"1\",\"t\",\"i\",\"a\"\n\"0\",\"2\",\"t\",\"i\",\"\"\n",
		"with a BOM": "\ufefftenant,instrument,run,problem,run.reagent_lot\nt,i,1,true,a\nt,i,2,0,\n",
		"JSON lines": `{"tenant":"t","instrument":"i","run":"1","problem":true,"levels":{"run.reagent_lot":"a"}}` + "\n\n" +
			`{"tenant":"t","instrument":"i","run":"2","levels":{"run.reagent_lot":""}}`,
	} {
		got, err := factors.Read(strings.NewReader(text), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	got, err := factors.Read(strings.NewReader("instrument,run,problem\ni,1,0\n"), map[string]string{"i": "t-7"})
	if err != nil || got[0].Tenant != "t-7" {
		t.Errorf("%v %v", got, err)
	}
	for name, text := range map[string]string{
		"nothing":                 "",
		"no problem":              "tenant,instrument,run\nt,i,1\n",
		"a problem in words":      "tenant,instrument,run,problem\nt,i,1,perhaps\n",
		"a short line":            "tenant,instrument,run,problem\nt,i\n",
		"a member nobody knows":   `{"tenant":"t","instrument":"i","run":"1","patient":"x"}`,
		"an instrument of nobody": "instrument,run,problem\nj,1,0\n",
	} {
		var customers map[string]string
		if strings.Contains(name, "nobody") && !strings.Contains(name, "member") {
			customers = map[string]string{"i": "t"}
		}
		if rows, err := factors.Read(strings.NewReader(text), customers); err == nil {
			t.Errorf("%s: read as %v", name, rows)
		}
	}
}

func TestParseProblem(t *testing.T) {
	for _, text := range []string{"q30<80", "chiller.temperature.mean>8.5", "run.completion=ExceptionEndedEarly,UserEndedEarly"} {
		p, err := factors.ParseProblem(text)
		if err != nil || p.String() != text {
			t.Errorf("%q is read as %q: %v", text, p, err)
		}
	}
	for _, text := range []string{"", "q30", "<80", "q30<", "q30<many", "q30<NaN", "q30>+Inf", "run.completion=", "run.completion=a,,b", "a=b\nDROP"} {
		if p, err := factors.ParseProblem(text); err == nil {
			t.Errorf("%q is read as %q", text, p)
		}
	}
}

// Two batches of a run are one run; its levels are the last batch's; what no batch says is
// not known.
func TestOfFeatures(t *testing.T) {
	batch := func(sequence int64, run, lot string, q30 float64) health.Features {
		f := health.Features{
			Instrument: "i", Batch: "b" + run, Sequence: sequence, Run: run, Week: time.Date(2026, 8, 3, 0, 0, 0, 0, time.UTC),
			Factors: map[string]string{"run.reagent_lot": lot, "run.completion": "UserEndedEarly"}, Values: map[string]float64{},
		}
		if q30 > 0 {
			f.Values["q30"] = q30
		}
		return f
	}
	p, err := factors.ParseProblem("q30<80")
	if err != nil {
		t.Fatal(err)
	}
	got := factors.OfFeatures("t", []health.Features{
		batch(2, "a", "new", 85), batch(1, "a", "old", 75), batch(3, "b", "new", 0), batch(4, "c", "new", 80), batch(5, "", "new", 79),
	}, p.Of)
	levels := map[string]string{"run.reagent_lot": "new", "period": "2026Q3"}
	want := []factors.Exposure{
		{Tenant: "t", Instrument: "i", Run: "a", Problem: true, Levels: levels},
		{Tenant: "t", Instrument: "i", Run: "c", Levels: levels},
		{Tenant: "t", Instrument: "i", Run: "batch b", Problem: true, Levels: levels},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
