package evaluate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"proactive/shared/condition"
	"proactive/shared/fleet"
	"proactive/shared/predict"
)

var day0 = time.Date(2027, 1, 4, 0, 0, 0, 0, time.UTC)

func day(n float64) time.Time { return day0.Add(time.Duration(n * 24 * float64(time.Hour))) }

// truths of one instrument: a laser that wears from day 20, fails on day 60 and is mended
// on day 63, and a pump that strikes on day 40 and is mended on day 44.
func truths() Truths {
	return Truths{end: day(365), failures: map[string]map[string][]fleet.Failure{"i": {
		"laser": {{Instrument: "i", Component: "laser", Onset: day(20), Failed: day(60), Ended: day(63), Precursor: true}},
		"pump":  {{Instrument: "i", Component: "pump", Onset: day(40), Failed: day(40), Ended: day(44), Abrupt: true}},
	}}}
}

func componentAt(name string) int {
	for i, c := range condition.Components {
		if c.Name == name {
			return i
		}
	}
	return -1
}

func TestDesk(t *testing.T) {
	laser, pump := componentAt("laser"), componentAt("pump")
	type said struct {
		at        float64
		component int
		raise     bool
		clear     bool
	}
	everyDay := func(component int, from, to float64) (all []said) {
		for d := from; d <= to; d++ {
			all = append(all, said{d, component, true, false})
		}
		return all
	}
	firstRun := func(_ string, after time.Time) time.Time { return after.Add(12 * time.Hour) }
	for name, c := range map[string]struct {
		said []said
		want Tally
	}{
		"nothing is said":                  {nil, Tally{Gradual: 1, Abrupt: 1}},
		"foretold":                         {[]said{{45, laser, true, false}}, Tally{Cases: 1, True: 1, Gradual: 1, Abrupt: 1, Foretold: 1}},
		"a case is open: one is enough":    {everyDay(laser, 45, 59), Tally{Cases: 1, True: 1, Gradual: 1, Abrupt: 1, Foretold: 1}},
		"too late":                         {[]said{{61, laser, true, false}}, Tally{Cases: 1, True: 1, Gradual: 1, Abrupt: 1, Late: 1}},
		"before anything was wrong":        {[]said{{5, laser, true, false}}, Tally{Cases: 1, False: 1, Gradual: 1, Abrupt: 1}},
		"on the wrong component":           {[]said{{45, pump, true, false}}, Tally{Cases: 1, False: 1, Gradual: 1, Abrupt: 1}},
		"false, and not cleared: no other": {everyDay(laser, 5, 59), Tally{Cases: 1, False: 1, Gradual: 1, Abrupt: 1}},
		"false, cleared, and then true":    {[]said{{5, laser, true, false}, {10, laser, false, true}, {50, laser, true, false}}, Tally{Cases: 2, True: 1, False: 1, Gradual: 1, Abrupt: 1, Foretold: 1}},
		"a false case is open for a month": {[]said{{5, laser, true, false}, {10, laser, false, true}, {30, laser, true, false}}, Tally{Cases: 1, False: 1, Gradual: 1, Abrupt: 1}},
		"at once":                          {[]said{{40.5, pump, true, false}}, Tally{Cases: 1, True: 1, Gradual: 1, Abrupt: 1, AtOnce: 1}},
		"a run too late":                   {[]said{{41.5, pump, true, false}}, Tally{Cases: 1, True: 1, Gradual: 1, Abrupt: 1}},
		"again after it was mended":        {[]said{{50, laser, true, false}, {70, laser, true, false}}, Tally{Cases: 2, True: 1, False: 1, Gradual: 1, Abrupt: 1, Foretold: 1}},
	} {
		d := NewDesk(truths())
		for _, s := range c.said {
			d.Take("i", day(s.at), Call{Component: s.component, Raise: s.raise, Clear: s.clear})
		}
		got := d.Tally("", 1, firstRun)
		if got.Cases != c.want.Cases || got.True != c.want.True || got.False != c.want.False || got.Gradual != c.want.Gradual || got.Abrupt != c.want.Abrupt ||
			got.Foretold != c.want.Foretold || got.AtOnce != c.want.AtOnce || got.Late != c.want.Late {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
		if got.Foretold == 1 && float64(got.LeadDays[1]) != 60-lastBefore(c.said[0].at, c.said[len(c.said)-1].at) {
			t.Errorf("%s: lead %v", name, got.LeadDays)
		}
	}
}

// lastBefore is when the true case of the cases above was opened.
func lastBefore(first, last float64) float64 {
	if first >= 20 {
		return first
	}
	return last
}

func TestFact(t *testing.T) {
	laser := componentAt("laser")
	for name, c := range map[string]struct {
		at            float64
		fault, failed bool
		within        [4]string // by Horizons: yes, no, or "" where it is not known
	}{
		"well":           {5, false, false, [4]string{"no", "no", "no", "no"}},
		"worn":           {35, true, false, [4]string{"no", "no", "no", "yes"}},
		"about to fail":  {59.5, true, false, [4]string{"yes", "yes", "yes", "yes"}},
		"failed":         {61, true, true, [4]string{"", "", "", ""}},
		"mended":         {64, false, false, [4]string{"no", "no", "no", "no"}},
		"the story ends": {360, false, false, [4]string{"no", "", "", ""}},
	} {
		f := truths().At("i", laser, day(c.at))
		if (f.Fault != nil) != c.fault || f.Failed != c.failed {
			t.Errorf("%s: %+v", name, f)
		}
		for i, days := range Horizons {
			got := ""
			if fails, known := f.Within(days); known && fails {
				got = "yes"
			} else if known {
				got = "no"
			}
			if got != c.within[i] {
				t.Errorf("%s, within %d days: %q, want %q", name, days, got, c.within[i])
			}
		}
	}
}

// Probabilities that come true as often as they say have skill and a slope of one; the same
// said too boldly have a slope below, and what is said of nothing has no skill.
func TestJudge(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	honest, bold, idle := make([]saidRow, 40000), make([]saidRow, 40000), make([]saidRow, 40000)
	for i := range honest {
		x := 1.5*rng.NormFloat64() - 2
		p := 1 / (1 + math.Exp(-x))
		came := rng.Float64() < p
		honest[i] = saidRow{int32(i % 100), p, p, came}
		bold[i] = saidRow{int32(i % 100), 1 / (1 + math.Exp(-2*x)), p, came}
		idle[i] = saidRow{int32(i % 100), rng.Float64(), p, came}
	}
	h, b, n := judge(honest, 100), judge(bold, 100), judge(idle, 100)
	if math.Abs(float64(h.Slope)-1) > .06 || !(h.Low > 0) || !(h.Low < h.Skill && h.Skill < h.High) || h.Skill != h.Ceiling {
		t.Errorf("honest: %+v", h)
	}
	if float64(b.Slope) > .6 || !(b.Skill < h.Skill) {
		t.Errorf("bold: slope %v, skill %v", b.Slope, b.Skill)
	}
	if n.High > 0 || math.Abs(float64(n.Slope)) > .1 {
		t.Errorf("idle: %+v", n)
	}
	for _, bin := range h.Reliability {
		if bin.Rows > 800 && math.Abs(float64(bin.Said-bin.Came)) > .05 {
			t.Errorf("honest: %+v", bin)
		}
	}
}

// A component on which much came true has a curve of its own; one on which little did, the
// curve of all, moved to what is known of it.
func TestCurvesOfTheirOwn(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	y := &Year{}
	for i := range 4000 {
		row := Scored{Component: int8(i % 2)}
		row.Raw[0] = rng.NormFloat64()
		if i%2 == 0 && rng.Float64() < .2 || i%2 == 1 && i < 100 {
			row.Labels[0] = 1
		}
		for k := range row.Labels[1:] {
			row.Labels[k+1] = -1
		}
		y.Rows = append(y.Rows, row)
	}
	models := make([]predict.Target, len(predict.Targets))
	Years{y}.Calibrate(models)
	common, often, seldom := models[0].Curves[""], models[0].Curves[condition.Components[0].Name], models[0].Curves[condition.Components[1].Name]
	if p := common.At(0); p < .08 || p > .15 {
		t.Errorf("in common: %v, came of 11 %%", p)
	}
	if p := often.At(0); p < .15 || p > .25 {
		t.Errorf("of its own: %v, came of 20 %%", p)
	}
	if p := seldom.At(0); p < .02 || p > .06 || !slices.Equal(seldom.Score, common.Score) {
		t.Errorf("moved: %v, came of 2.5 %%", p)
	}
	if p := models[0].Curves[condition.Components[2].Name].At(0); math.Abs(p-common.At(0)) > 1e-9 {
		t.Errorf("of which nothing is known: %v, in common %v", p, common.At(0))
	}
}

// Thresholds keep within the budget on each year, even where all years together would allow
// more: here one has all the false alarms.
func TestBudgetOfEachYear(t *testing.T) {
	year := func(wrong int) *Year {
		y := &Year{Years: 100, arrivals: map[string][]time.Time{}, Truths: Truths{failures: map[string]map[string][]fleet.Failure{}, end: day(400)}}
		for i := range 60 {
			id := fmt.Sprint("i-", i)
			y.Instruments = append(y.Instruments, id)
			row := Scored{Instrument: int32(i), At: day(100), P: predict.Prediction{Component: condition.Components[0].Name}}
			if i < 40 {
				y.Truths.failures[id] = map[string][]fleet.Failure{condition.Components[0].Name: {{Instrument: id, Component: condition.Components[0].Name, Onset: day(90), Failed: day(120), Ended: day(121), Precursor: true}}}
				row.P.Fault = .3 + .015*float64(i)
			} else if i-40 < wrong {
				row.P.Fault = .48
			}
			y.Rows = append(y.Rows, row)
		}
		return y
	}
	for wrong, careful := range map[int]bool{0: false, 20: true} {
		b := &predict.Bundle{}
		Years{year(0), year(0), year(wrong)}.Choose(b, .15)
		if raise := b.Thresholds.Raise[condition.Components[0].Name]; raise > .48 != careful {
			t.Errorf("with %d false alarms in one year: threshold %v", wrong, raise)
		}
	}
}
