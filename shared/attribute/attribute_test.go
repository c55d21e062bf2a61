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
		"all of a reagent lot show it":   {Evidence{of(lot), scales, map[string][]float64{"run.reagent_lot": of(lot), "run.flowcell_lot": of(nil)}, nil, .02}, ReagentLot},
		"all of a flow-cell lot show it": {Evidence{of(cell), scales, map[string][]float64{"run.reagent_lot": of(nil), "run.flowcell_lot": of(cell)}, nil, .02}, FlowcellLot},
		"all of a version show it":       {Evidence{of(version), scales, map[string][]float64{"config.control_software": of(version), "run.reagent_lot": of(nil)}, nil, .02}, Software},
		"nobody else shows it":           {Evidence{of(library), scales, map[string][]float64{"run.reagent_lot": of(nil), "config.control_software": of(nil)}, nil, .02}, Library},
		"it is hot":                      {Evidence{of(map[string]float64{"internal.temperature.mean": 8, "chiller.duty.mean": 7, "camera.temperature.mean": 4}), scales, nil, nil, .02}, Room},
		"a component is bad":             {Evidence{of(map[string]float64{"q30": -4, "intensity.r1": -4}), scales, nil, nil, .97}, Instrument},
		"nothing is":                     {Evidence{of(map[string]float64{"q30": -.5}), scales, nil, nil, .02}, Chance},
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
