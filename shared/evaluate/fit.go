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
const lowest, highest = 20, 92

// Choose sets the thresholds that foretell the most failures, and of these the ones that find
// the most others at once, within the budget of false
// cases per instrument-year over all components: on all years together less its margin, with
// the precision, and on each year alone the whole of it. They are the same for all
// components. The probabilities are calibrated for each, so that a case at one half is as good
// a bet on one as on another; thresholds of their own would be chosen by a handful of cases,
// and other years have others.
func (all Years) Choose(b *predict.Bundle, budget float64) {
	best, most, then := b.Thresholds, -1, -1
	for runs := 1; runs <= 3; runs++ {
		for _, now := range nows {
			low, high := lowest, highest+1 // the lowest that can be afforded, by halving
			for low < high {
				middle := (low + high) / 2
				t := same(float64(middle)/100, now, runs, budget)
				foretold, atOnce, afforded := all.gain(b, t)
				if !afforded {
					low = middle + 1
					continue
				}
				high = middle
				if foretold > most || foretold == most && atOnce > then {
					best, most, then = t, foretold, atOnce
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

// gain is how many failures thresholds foretell, and how many find at once that could not be
// foretold, and whether they can be afforded.
func (all Years) gain(b *predict.Bundle, t predict.Thresholds) (foretold, atOnce int, afforded bool) {
	tried := *b
	tried.Thresholds = t
	spent := make([]Tally, len(all))
	inParallel(len(all), func(i int) { spent[i] = all[i].Tally(all[i].Try(Bundled(&tried)), "") })
	cases, wrong, years := 0, 0, 0.0
	afforded = true
	for i, s := range spent {
		cases, wrong, years = cases+s.Cases, wrong+s.False, years+all[i].Years
		foretold, atOnce = foretold+s.Foretold, atOnce+s.AtOnce
		afforded = afforded && float64(s.False) <= t.Budget*all[i].Years
	}
	return foretold, atOnce, afforded && !(share(cases-wrong, cases) < leastPrecision) && float64(wrong) <= t.Budget*Margin*years
}
