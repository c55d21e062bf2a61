package evaluate

import (
	"cmp"
	"slices"
	"sync"

	"proactive/shared/condition"
	"proactive/shared/predict"
)

// leastOutcomes is how many times it came true in a step of a calibration curve.
const leastOutcomes = 12

// enoughOfItsOwn is how often something must have come true on a component for a curve of
// its own; with less it has the one of all components.
const enoughOfItsOwn = 10 * leastOutcomes

// Calibrate fits the curves that make the models' scores probabilities, by component: on a
// year that the models have not seen.
func (y *Year) Calibrate(models []predict.Target) {
	for t := range models {
		models[t].Curves = map[string]predict.Curve{}
		all := make([][]predict.Outcome, len(condition.Components))
		for i := range y.Rows {
			if row := &y.Rows[i]; row.Labels[t] >= 0 {
				all[row.Component] = append(all[row.Component], predict.Outcome{Score: row.Raw[t], Came: row.Labels[t] == 1})
			}
		}
		var together []predict.Outcome
		for c, outcomes := range all {
			together = append(together, outcomes...)
			if came(outcomes) >= enoughOfItsOwn {
				models[t].Curves[condition.Components[c].Name] = predict.Fit(outcomes, leastOutcomes)
			}
		}
		models[t].Curves[""] = predict.Fit(together, leastOutcomes)
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

// option is what thresholds of one component come to.
type option struct {
	raise, now  float64
	cases, hits int
	worth       int // failures foretold
}

// Choose sets the thresholds that foretell the most failures within the budget of false
// cases per instrument-year over all components. Of each component the threshold is taken
// that gains the most at a price per false case; the price is the lowest at which the
// budget and the precision hold, the same for all components: a false case is as bad
// on one as on the other.
func (y *Year) Choose(b *predict.Bundle, budget float64) {
	rows := make([][]int, len(condition.Components))
	for i := range y.Rows {
		rows[y.Rows[i].Component] = append(rows[y.Rows[i].Component], i)
	}
	best, worth := b.Thresholds, -1
	for runs := 1; runs <= 3; runs++ {
		options := make([][]option, len(rows))
		var wait sync.WaitGroup
		for c := range rows {
			wait.Go(func() { options[c] = y.options(b, c, rows[c], runs) })
		}
		wait.Wait()
		for price := .25; price < 64; price *= 1.25 {
			t := predict.Thresholds{Budget: budget, Runs: runs, Raise: map[string]float64{}, Now: map[string]float64{}}
			cases, hits, gain := 0, 0, 0
			for c, all := range options {
				o := slices.MaxFunc(all, func(a, b option) int { return cmp.Compare(a.value(price), b.value(price)) })
				t.Raise[condition.Components[c].Name], t.Now[condition.Components[c].Name] = o.raise, o.now
				cases, hits, gain = cases+o.cases, hits+o.hits, gain+o.worth
			}
			if share(hits, cases) >= leastPrecision && float64(cases-hits) <= budget*Margin*y.Years && gain > worth {
				best, worth = t, gain
			}
		}
	}
	b.Thresholds = best
}

// nows are the probabilities to have failed that may open a case at once.
var nows = []float64{.3, .45, .6, .75}

func (o option) value(price float64) float64 {
	return float64(o.worth) - price*float64(o.cases-o.hits)
}

func (y *Year) options(b *predict.Bundle, component int, rows []int, runs int) (all []option) {
	name := condition.Components[component].Name
	for raise := .14; raise < 1; raise += .04 {
		for _, now := range nows {
			tried := *b
			tried.Thresholds = predict.Thresholds{Runs: runs, Raise: map[string]float64{name: raise}, Now: map[string]float64{name: now}}
			d, rule, alarms := NewDesk(y.Truths), Bundled(&tried), make([]predict.Alarm, len(y.Instruments))
			for _, i := range rows {
				row := &y.Rows[i]
				d.Take(y.Instruments[row.Instrument], row.At, rule(row, &alarms[row.Instrument]))
			}
			t := y.Tally(d, name)
			all = append(all, option{raise, now, t.Cases, t.True, t.Foretold + t.AtOnce})
		}
	}
	return all
}
