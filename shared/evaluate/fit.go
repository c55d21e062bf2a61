package evaluate

import (
	"slices"

	"proactive/shared/condition"
	"proactive/shared/predict"
)

// leastOutcomes is how many times it came true in a step of a calibration curve.
const leastOutcomes = 12

// enoughOfItsOwn is how often something must have come true on a component for a curve of
// its own; with less it has the one of all components.
const enoughOfItsOwn = 10 * leastOutcomes

// Years are fleets' years, scored by the same models: what curves and thresholds come from.
type Years []*Year

// Calibrate fits the curves that make the models' scores probabilities, by component: on
// years that the models have not seen, all together.
func (all Years) Calibrate(models []predict.Target) {
	for t := range models {
		of := make([][]predict.Outcome, len(condition.Components))
		for _, y := range all {
			for i := range y.Rows {
				if row := &y.Rows[i]; row.Labels[t] >= 0 {
					of[row.Component] = append(of[row.Component], predict.Outcome{Score: row.Raw[t], Came: row.Labels[t] == 1})
				}
			}
		}
		together := predict.Fit(slices.Concat(of...), leastOutcomes)
		models[t].Curves = map[string]predict.Curve{"": together}
		for c, outcomes := range of {
			own := together.Moved(outcomes)
			if came(outcomes) >= enoughOfItsOwn {
				own = predict.Fit(outcomes, leastOutcomes)
			}
			models[t].Curves[condition.Components[c].Name] = own
		}
	}
}

func came(outcomes []predict.Outcome) (n int) {
	for _, o := range outcomes {
		if o.Came {
			n++
		}
	}
	return n
}

// Margin is the part of the alert budget that is spent on the year on which thresholds are
// chosen: another year has other luck.
const Margin = .8

// leastPrecision is what the cases of the chosen thresholds must have, for the same reason
// above the promise.
const leastPrecision = .88

// nows are the probabilities to have failed that may open a case at once.
var nows = []float64{.3, .45, .6}

// From lowest to highest are the probabilities of a fault that may open a case, in hundredths.
const lowest, highest, step = 20, 92, 2

// Choose sets the thresholds that foretell the most failures within the budget of false
// cases per instrument-year over all components: on all years together less its margin, with
// the precision, and on each year alone the whole of it. They are the same for all
// components. The probabilities are calibrated for each, so that a case at one half is as good
// a bet on one as on another; thresholds of their own would be chosen by a handful of cases,
// and other years have others.
func (all Years) Choose(b *predict.Bundle, budget float64) {
	best, worth := b.Thresholds, -1
	for runs := 1; runs <= 3; runs++ {
		for _, now := range nows {
			low, high := lowest, highest+step // the lowest that can be afforded, by halving
			for low < high {
				middle := low + (high-low)/step/2*step
				t := same(float64(middle)/100, now, runs, budget)
				if gain, afforded := all.worth(b, t); !afforded {
					low = middle + step
				} else {
					high = middle
					if gain > worth {
						best, worth = t, gain
					}
				}
			}
		}
	}
	b.Thresholds = best
}

// same are thresholds that are the same for all components.
func same(raise, now float64, runs int, budget float64) predict.Thresholds {
	t := predict.Thresholds{Budget: budget, Runs: runs, Raise: map[string]float64{}, Now: map[string]float64{}}
	for _, c := range condition.Components {
		t.Raise[c.Name], t.Now[c.Name] = raise, now
	}
	return t
}

// worth is what thresholds gain, and whether they can be afforded: a failure foretold counts
// twice, one found at once, when its run is lost already, once.
func (all Years) worth(b *predict.Bundle, t predict.Thresholds) (gain int, afforded bool) {
	tried := *b
	tried.Thresholds = t
	spent := make([]Tally, len(all))
	inParallel(len(all), func(i int) { spent[i] = all[i].Tally(all[i].Try(Bundled(&tried)), "") })
	cases, wrong, years := 0, 0, 0.0
	afforded = true
	for i, s := range spent {
		cases, wrong, years, gain = cases+s.Cases, wrong+s.False, years+all[i].Years, gain+2*s.Foretold+s.AtOnce
		afforded = afforded && float64(s.False) <= t.Budget*all[i].Years
	}
	return gain, afforded && !(share(cases-wrong, cases) < leastPrecision) && float64(wrong) <= t.Budget*Margin*years
}
