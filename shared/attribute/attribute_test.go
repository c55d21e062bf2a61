package attribute

import (
	"math"
	"testing"

	"proactive/shared/condition"
)

// of makes evidence of a few metrics, all others at their normal.
func of(z map[string]float64) []float64 {
	all := make([]float64, len(condition.Signals))
	for i, s := range condition.Signals {
		all[i] = z[s.Feature]
	}
	return all
}

// scales are about those of a healthy instrument.
var scales = of(map[string]float64{
	"clusters.pf": 1.8, "q30": .8, "phasing.r1": .06, "prephasing.r1": .07, "error.r1": .12, "fwhm.r1": .006, "intensity.r1": .045,
	"internal.temperature.mean": .35, "chiller.duty.mean": 1.2, "camera.temperature.mean": .15,
})

func TestWeigh(t *testing.T) {
	lot := map[string]float64{"phasing.r1": 7, "prephasing.r1": 5, "intensity.r1": -5}
	cell := map[string]float64{"intensity.r1": -4, "clusters.pf": -5}
	version := map[string]float64{"q30": -5, "phasing.r1": 2, "stage.error.mean": 1}
	library := map[string]float64{"clusters.pf": -6, "q30": -5, "error.r1": 4}
	for name, c := range map[string]struct {
		Evidence
		want Cause
	}{
		"all of a reagent lot show it":       {Evidence{of(lot), scales, map[string][]float64{"run.reagent_lot": of(lot), "run.flowcell_lot": of(nil)}, of(map[string]float64{"phasing.r1": .45, "prephasing.r1": .31, "intensity.r1": -.22}), .02, nil, nil}, ReagentLot},
		"all of a flow-cell lot show it":     {Evidence{of(cell), scales, map[string][]float64{"run.reagent_lot": of(nil), "run.flowcell_lot": of(cell)}, of(map[string]float64{"intensity.r1": -.16, "clusters.pf": -4.2}), .02, nil, nil}, FlowcellLot},
		"all of a version show it":           {Evidence{of(version), scales, map[string][]float64{"config.control_software": of(version), "run.reagent_lot": of(nil)}, nil, .02, nil, nil}, Software},
		"nobody else shows it":               {Evidence{of(library), scales, map[string][]float64{"run.reagent_lot": of(nil), "config.control_software": of(nil)}, nil, .02, nil, nil}, Library},
		"it is hot":                          {Evidence{of(map[string]float64{"internal.temperature.mean": 8, "chiller.duty.mean": 7, "camera.temperature.mean": 4}), scales, nil, nil, .02, nil, nil}, Room},
		"a component is bad":                 {Evidence{of(map[string]float64{"q30": -4, "intensity.r1": -4}), scales, nil, nil, .97, nil, nil}, Instrument},
		"a part is worn, and a release came": {Evidence{of(map[string]float64{"laser.current.mean": 7, "intensity.r1": -4, "q30": -2}), scales, map[string][]float64{"config.control_software": of(map[string]float64{"laser.current.mean": 2, "q30": -1.5})}, nil, .9, []string{"laser.current.mean", "laser.power.mean"}, nil}, Instrument},
		"nothing is":                         {Evidence{of(map[string]float64{"q30": -.5}), scales, nil, nil, .02, nil, nil}, Chance},
	} {
		all := Weigh(c.Evidence)
		total := 0.0
		for _, w := range all {
			total += w.Weight
		}
		if all[0].Cause != c.want || all[0].Weight < .5 || math.Abs(total-1) > 1e-9 {
			t.Errorf("%s: %+v, want %s", name, all, c.want)
		}
	}
}

// What is not known speaks for nothing.
func TestNothingKnown(t *testing.T) {
	all := make([]float64, len(condition.Signals))
	for i := range all {
		all[i] = math.NaN()
	}
	if w := Weigh(Evidence{Metrics: all, Scale: all, Own: .02}); w[0].Cause != Chance {
		t.Errorf("%+v", w)
	}
}

// posted is a cohort of ten instruments that differ by so much from their normals.
func posted(by map[string]float64) *condition.Cohort {
	c := &condition.Cohort{}
	for i := range 10 {
		residuals := make([]float64, len(condition.Signals))
		for k, s := range condition.Signals {
			residuals[k] = by[s.Feature] + s.Noise*.1*float64(i-5)
		}
		c.Post(string(rune('a'+i)), 10, residuals)
	}
	return c
}

func TestLotIsBad(t *testing.T) {
	for name, c := range map[string]struct {
		factor string
		by     map[string]float64
		want   bool
	}{
		"reagents like others":           {"run.reagent_lot", map[string]float64{"phasing.r1": .1, "prephasing.r1": .07, "intensity.r1": -.05}, false},
		"reagents at the edge of good":   {"run.reagent_lot", map[string]float64{"phasing.r1": .3, "prephasing.r1": .2}, false},
		"bad reagents":                   {"run.reagent_lot", map[string]float64{"phasing.r1": .48, "prephasing.r1": .34, "intensity.r1": -.24}, true},
		"better reagents":                {"run.reagent_lot", map[string]float64{"phasing.r1": -.5, "prephasing.r1": -.35, "intensity.r1": .24}, false},
		"bad flow cells":                 {"run.flowcell_lot", map[string]float64{"clusters.pf": -4, "intensity.r1": -.16}, true},
		"what reagents do, of cells":     {"run.flowcell_lot", map[string]float64{"phasing.r1": .48, "prephasing.r1": .34}, false},
		"what cells do, of reagents":     {"run.reagent_lot", map[string]float64{"clusters.pf": -4}, false},
		"flow cells a little worse only": {"run.flowcell_lot", map[string]float64{"clusters.pf": -2}, false},
	} {
		if bad, others := LotIsWorse(c.factor, posted(c.by), Evidence{}, 10); bad != c.want || others != 10 {
			t.Errorf("%s: bad %v by %d", name, bad, others)
		}
	}
	if bad, others := LotIsWorse("run.reagent_lot", nil, Evidence{}, 10); bad || others != 0 {
		t.Errorf("of nobody: %v, %d", bad, others)
	}
}

// What a lot differs by counts from what lots did before: the one that the instruments began
// with is in their normal. Of flow cells the best quarter of the instruments must show it, and
// light that the reagents were held to account for speaks for them.
func TestLotIsWorse(t *testing.T) {
	before := of(map[string]float64{"clusters.pf": -2.5, "phasing.r1": .25, "prephasing.r1": .17})
	light := of(map[string]float64{"intensity.r1": -.16})
	some := posted(nil) // four of ten are far off, and so is the median of those that are not, a little
	for i := range 6 {
		for range 5 {
			some.Post(string(rune('a'+i)), 10, of(map[string]float64{"clusters.pf": -9}))
		}
	}
	for name, c := range map[string]struct {
		factor string
		cohort *condition.Cohort
		news   Evidence
		want   bool
	}{
		"bad reagents after good ones":            {"run.reagent_lot", posted(map[string]float64{"phasing.r1": .48, "prephasing.r1": .34, "intensity.r1": -.24}), Evidence{}, true},
		"reagents like those before":              {"run.reagent_lot", posted(map[string]float64{"phasing.r1": .48, "prephasing.r1": .34, "intensity.r1": -.05}), Evidence{LotsBefore: before}, false},
		"flow cells like those before":            {"run.flowcell_lot", posted(map[string]float64{"clusters.pf": -4.2}), Evidence{LotsBefore: before}, false},
		"bad flow cells, worse than those before": {"run.flowcell_lot", posted(map[string]float64{"clusters.pf": -7}), Evidence{LotsBefore: before, Lots: light}, true},
		"bad flow cells of which light tells":     {"run.flowcell_lot", posted(map[string]float64{"clusters.pf": -3}), Evidence{Lots: light}, true},
		"the same, and no light is lost":          {"run.flowcell_lot", posted(map[string]float64{"clusters.pf": -3}), Evidence{Lots: of(nil)}, false},
		"libraries of some":                       {"run.flowcell_lot", some, Evidence{Lots: light}, false},
	} {
		if worse, others := LotIsWorse(c.factor, c.cohort, c.news, 10); worse != c.want || others != 10 {
			t.Errorf("%s: worse %v by %d", name, worse, others)
		}
	}
}

func TestReleaseMoves(t *testing.T) {
	for name, c := range map[string]struct {
		by   map[string]float64
		want bool
	}{
		"nothing":            {nil, false},
		"one component's":    {map[string]float64{"chiller.duty.mean": 4, "chiller.temperature.mean": .4, "chiller.temperature.max": 1}, false},
		"unlike components'": {map[string]float64{"chiller.duty.mean": 4, "fan.speed.mean": .05, "heater.ramp.mean": -.06, "q30": .5}, true},
	} {
		if moves, _ := ReleaseMoves(posted(c.by), 10); moves != c.want {
			t.Errorf("%s: %v", name, moves)
		}
	}
}

// A customer's libraries are noticed when several runs in a row are poor; one that is
// misloaded now and then is not.
func TestLibraries(t *testing.T) {
	poor := of(map[string]float64{"clusters.pf": -9, "q30": -6})
	usual := of(nil)
	for name, c := range map[string]struct {
		runs []([]float64)
		want bool
	}{
		"one bad run":         {[][]float64{poor, usual, usual, poor, usual, usual, poor}, false},
		"a bad fortnight":     {[][]float64{usual, poor, poor, poor, poor, poor, poor, poor}, true},
		"nothing is measured": {[][]float64{nothing(), nothing(), nothing(), nothing(), nothing(), nothing(), nothing(), nothing()}, false},
	} {
		var l Libraries
		due := false
		for _, r := range c.runs {
			due = l.Add(r, scales)
		}
		if due != c.want {
			t.Errorf("%s: %v, sum %v", name, due, l.Sum)
		}
	}
}

func nothing() []float64 {
	all := make([]float64, len(condition.Signals))
	for i := range all {
		all[i] = math.NaN()
	}
	return all
}

// What is usual by now is no news; what changed lately is, with what of it is shared.
func TestUsual(t *testing.T) {
	var u Usual
	scale := of(map[string]float64{"phasing.r1": .06, "q30": .8})
	shift := map[string][]float64{"run.reagent_lot": of(map[string]float64{"phasing.r1": .4})}
	at := indexes["phasing.r1"]
	for range 30 {
		u.Add(of(map[string]float64{"phasing.r1": .02}), scale, nil, .02, nil)
	}
	var e Evidence
	for range 4 {
		e = u.Add(of(map[string]float64{"phasing.r1": .42}), scale, shift, .02, nil)
	}
	if z, shared := e.Metrics[at], e.Shared["run.reagent_lot"][at]; z < 5 || shared < 5 || e.Lots[at] != .4 || e.LotsBefore[at] > .1 {
		t.Errorf("a new lot: z %.1f, shared %.1f, lots %v, before %v", z, shared, e.Lots[at], e.LotsBefore[at])
	}
	for range 60 {
		e = u.Add(of(map[string]float64{"phasing.r1": .42}), scale, shift, .02, nil)
	}
	if z, shared := e.Metrics[at], e.Shared["run.reagent_lot"][at]; math.Abs(z) > 1 || math.Abs(shared) > 1 || e.LotsBefore[at] < .3 {
		t.Errorf("after half a year: z %.1f, shared %.1f, lots before %v", z, shared, e.LotsBefore[at])
	}
}
