package predict

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"proactive/shared/condition"
)

// A curve never falls, whatever came of what, and what it says is a probability.
func TestCurveNeverFalls(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		outcomes := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Outcome {
			return Outcome{rapid.Float64Range(-5, 5).Draw(t, "score"), rapid.Bool().Draw(t, "came")}
		}), 1, 300).Draw(t, "outcomes")
		c := Fit(outcomes, rapid.IntRange(1, 20).Draw(t, "least"))
		if !slices.IsSorted(c.Probability) || !slices.IsSorted(c.Score) || len(c.Score) != len(c.Probability) || len(c.Score) == 0 {
			t.Fatalf("%+v", c)
		}
		last := 0.0
		for s := -6.0; s <= 6; s += .25 {
			p := c.At(s)
			if !(p >= last && p <= 1) {
				t.Fatalf("at %v: %v after %v", s, p, last)
			}
			last = p
		}
	})
}

// What is fitted to outcomes of known probability says that probability.
func TestCurveIsCalibrated(t *testing.T) {
	var outcomes []Outcome
	for i := range 4000 {
		score := float64(i%100) / 100
		outcomes = append(outcomes, Outcome{score, float64(i/100%40)/40 < score*score})
	}
	c := Fit(outcomes, 10)
	for _, s := range []float64{.2, .5, .8} {
		if p := c.At(s); math.Abs(p-s*s) > .05 {
			t.Errorf("at %v: %v, want about %v", s, p, s*s)
		}
	}
}

// A curve moves to what is known of a component, and no further than that is much.
func TestMoved(t *testing.T) {
	c := Curve{Score: []float64{-1, 0, 1}, Probability: []float64{.01, .05, .2}}
	of := func(n, came int) (all []Outcome) {
		for i := range n {
			all = append(all, Outcome{0, i < came})
		}
		return all
	}
	for name, x := range map[string]struct {
		outcomes  []Outcome
		low, high float64
	}{
		"nothing is known":         {nil, .0499, .0501},
		"it comes less, of little": {of(40, 0), .02, .045},
		"it comes less, of much":   {of(4000, 40), .009, .012},
		"it comes more, of much":   {of(4000, 800), .18, .2},
	} {
		moved := c.Moved(x.outcomes)
		if p := moved.At(0); p < x.low || p > x.high {
			t.Errorf("%s: %v", name, p)
		}
		if !slices.IsSorted(moved.Probability) {
			t.Errorf("%s: it falls: %v", name, moved.Probability)
		}
	}
}

func quiet() *Bundle {
	return &Bundle{Manifest: Manifest{Thresholds: Thresholds{Raise: map[string]float64{"pump": .5}, Now: map[string]float64{"pump": .9}, Runs: 2}}}
}

// What hovers about a threshold for a thousand runs makes one alarm.
func TestFlappingIsOneAlarm(t *testing.T) {
	b, a, raised := quiet(), &Alarm{}, 0
	for i := range 1000 {
		p := .5 + .001
		if i%3 == 2 {
			p = .5 - .001
		}
		if r := b.Next(a, Prediction{Component: "pump", Fault: p}); r == Foretold || r == HasCome {
			raised++
		}
	}
	if raised != 1 {
		t.Errorf("%d alarms", raised)
	}
}

func TestAlarm(t *testing.T) {
	b, a := quiet(), &Alarm{}
	for i, c := range []struct {
		fault, failed float64
		want          Reason
	}{
		{.2, 0, Quiet}, {.6, 0, Waiting}, {.4, 0, Quiet}, {.6, 0, Waiting}, {.6, 0, Foretold}, {.7, 0, Standing},
		{.4, 0, Standing}, {.2, 0, Over}, {.2, .95, HasCome}, {.2, .6, Standing}, {.1, .1, Over}, {math.NaN(), math.NaN(), Quiet},
	} {
		raw, err := json.Marshal(a) // it is stored between two runs
		if err != nil {
			t.Fatal(err)
		}
		*a = Alarm{}
		if err := json.Unmarshal(raw, a); err != nil {
			t.Fatal(err)
		}
		if got := b.Next(a, Prediction{Component: "pump", Fault: c.fault, Failed: c.failed}); got != c.want {
			t.Errorf("step %d: %s, want %s", i, got, c.want)
		}
		if got := b.Next(&Alarm{}, Prediction{Component: "fan", Fault: 1, Failed: 1}); got != Quiet {
			t.Errorf("a component without thresholds: %s", got)
		}
	}
}

// A new part is a new alarm: what the old one's stood at is not the new one's. That a failure
// has come is said although it was foretold.
func TestNewPartNewAlarm(t *testing.T) {
	b, a := quiet(), &Alarm{}
	for i, c := range []struct {
		p    Prediction
		want Reason
	}{
		{Prediction{Fault: .6}, Waiting}, {Prediction{Fault: .6}, Foretold}, {Prediction{Fault: .6, Failed: .95}, HasCome}, {Prediction{Fault: .6, Failed: .95}, Standing},
		{Prediction{Fault: .6, Epoch: 1}, Waiting}, {Prediction{Fault: .6, Epoch: 1}, Foretold},
	} {
		c.p.Component = "pump"
		if got := b.Next(a, c.p); got != c.want {
			t.Errorf("step %d: %s, want %s", i, got, c.want)
		}
	}
}

// Of two components that the same signals speak of, a case is opened on the likelier.
func TestRivals(t *testing.T) {
	said := func(failed, fault map[string]float64) []Prediction {
		all := make([]Prediction, len(condition.Components))
		for i, c := range condition.Components {
			all[i] = Prediction{Component: c.Name, Failed: failed[c.Name], Fault: fault[c.Name]}
		}
		Compare(all)
		return all
	}
	b := &Bundle{Manifest: Manifest{Thresholds: Thresholds{Runs: 1, Raise: map[string]float64{}, Now: map[string]float64{}}}}
	for _, c := range condition.Components {
		b.Thresholds.Raise[c.Name], b.Thresholds.Now[c.Name] = .5, .5
	}
	for name, c := range map[string]struct {
		failed, fault map[string]float64
		want          map[string]Reason
	}{
		"the drive has failed":            {map[string]float64{"z-drive": .9, "focus": .6}, nil, map[string]Reason{"z-drive": HasCome}},
		"the focus is worn":               {nil, map[string]float64{"z-drive": .6, "focus": .8}, map[string]Reason{"focus": Foretold}},
		"two that share nothing are worn": {nil, map[string]float64{"laser": .6, "pump": .8}, map[string]Reason{"laser": Foretold, "pump": Foretold}},
	} {
		for _, p := range said(c.failed, c.fault) {
			want := c.want[p.Component]
			if want == "" {
				want = Quiet
			}
			if got := b.Next(&Alarm{}, p); got != want {
				t.Errorf("%s: %s is %s, want %s", name, p.Component, got, want)
			}
		}
	}
}

func TestLife(t *testing.T) {
	l := Prediction{Within: [4]float64{0, .1, .5, .7}}.Life()
	if math.Abs(l.Low-7) > 1e-9 || l.Median != 14 || !math.IsInf(l.High, 1) {
		t.Errorf("%+v", l)
	}
	l = Prediction{Within: [4]float64{.95, .97, .98, .99}}.Life()
	if !(l.Low < l.Median && l.Median < l.High && l.High <= 1) {
		t.Errorf("%+v", l)
	}
}
