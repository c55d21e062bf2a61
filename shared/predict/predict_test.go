package predict

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
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
