package casework

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/health"
)

func TestTell(t *testing.T) {
	at := time.Date(2026, 11, 23, 8, 0, 0, 0, time.FixedZone("", 3600))
	for _, state := range []State{Open, Booked, Closed} {
		c := Case{State: state}
		if r := c.Tell(Label{Verdict: Confirmed, Part: "laser", At: at}); r != Done || c.Label.At.Location() != time.UTC {
			t.Errorf("%s: %s %+v", state, r, c.Label)
		}
		if r := c.Tell(Label{Verdict: Confirmed, Part: "laser", At: at.Add(time.Hour)}); r != Already || !c.Label.At.Equal(at) {
			t.Errorf("%s, again: %s %+v", state, r, c.Label)
		}
		if r := c.Tell(Label{Verdict: NoFault, At: at}); r != Done || c.Label.Verdict != NoFault || c.State != state {
			t.Errorf("%s, corrected: %s %+v", state, r, c)
		}
	}
}

func TestCountsOf(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	of := func(component, kind string, days int, r Verdict) Labelled {
		c := Case{Component: component, OpenedAt: now.AddDate(0, 0, -days)}
		if r != "" {
			c.Tell(Label{Verdict: r, At: now})
		}
		f := health.Finding{Kind: kind}
		if kind == health.Predicted {
			f.Foretold = &health.Foretold{Model: "m"}
		}
		l := LabelledOf(c, f)
		if (l.Model == "m") != (kind == health.Predicted) {
			t.Errorf("%+v", l)
		}
		return l
	}
	got := CountsOf([]Labelled{
		of("pump", health.Predicted, 1, Confirmed), of("pump", health.Predicted, 2, NoFault), of("pump", health.Predicted, 3, ""),
		of("pump", "limit", 4, OtherCause), of("pump", "drift", 5, Confirmed), of("fan", "drift", 6, Confirmed), of("fan", "drift", 400, Confirmed),
	}, now.AddDate(-1, 0, 0))
	want := []Count{
		{Component: "fan", Kind: "rule", Cases: 1, Told: 1, Confirmed: 1},
		{Component: "pump", Kind: "predicted", Cases: 3, Told: 2, Confirmed: 1, NoFault: 1},
		{Component: "pump", Kind: "rule", Cases: 2, Told: 2, Confirmed: 1, Other: 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if none := CountsOf(nil, now); none == nil || len(none) != 0 {
		t.Errorf("%+v", none)
	}
}
