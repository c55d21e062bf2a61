package evaluate

import (
	"cmp"
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

// option is what thresholds of one component come to, in each year.
type option struct {
	raise, now float64
	years      []Tally
}

// Choose sets the thresholds that foretell the most failures within the budget of false
// cases per instrument-year over all components. Of each component the threshold is taken
// that gains the most at a price per false case; the price is the lowest at which on all
// years together the budget, less its margin, and the precision hold, and on each alone the
// budget. It is the same for all components: a false case is as bad on one as on the other.
func (all Years) Choose(b *predict.Bundle, budget float64) {
	best, worth := b.Thresholds, -1
	for runs := 1; runs <= 3; runs++ {
		options := all.options(b, runs)
		for price := .25; price < 64; price *= 1.25 {
			t := predict.Thresholds{Budget: budget, Runs: runs, Raise: map[string]float64{}, Now: map[string]float64{}}
			spent := make([]Tally, len(all))
			for c, of := range options {
				o := slices.MaxFunc(of, func(a, b option) int { return cmp.Compare(a.value(price), b.value(price)) })
				t.Raise[condition.Components[c].Name], t.Now[condition.Components[c].Name] = o.raise, o.now
				for i, y := range o.years {
					spent[i].Cases, spent[i].False, spent[i].Foretold, spent[i].AtOnce = spent[i].Cases+y.Cases, spent[i].False+y.False, spent[i].Foretold+y.Foretold, spent[i].AtOnce+y.AtOnce
				}
			}
			if gain := gained(spent); gain > worth && all.afford(spent, budget) {
				best, worth = t, gain
			}
		}
	}
	b.Thresholds = best
}

// afford tells whether what each year spent is within the budget, and the precision held.
func (all Years) afford(spent []Tally, budget float64) bool {
	cases, wrong, years := 0, 0, 0.0
	for i, t := range spent {
		if float64(t.False) > budget*all[i].Years {
			return false
		}
		cases, wrong, years = cases+t.Cases, wrong+t.False, years+all[i].Years
	}
	return share(cases-wrong, cases) >= leastPrecision && float64(wrong) <= budget*Margin*years
}

// nows are the probabilities to have failed that may open a case at once.
var nows = []float64{.3, .45, .6, .75}

// gained is how many failures were foretold or found at once.
func gained(all []Tally) (n int) {
	for _, t := range all {
		n += t.Foretold + t.AtOnce
	}
	return n
}

func (o option) value(price float64) float64 {
	wrong := 0
	for _, t := range o.years {
		wrong += t.False
	}
	return float64(gained(o.years)) - price*float64(wrong)
}

// options are all thresholds that are tried, by component.
func (all Years) options(b *predict.Bundle, runs int) [][]option {
	options := make([][]option, len(condition.Components))
	for _, y := range all {
		rows := make([][]int, len(condition.Components))
		for i := range y.Rows {
			rows[y.Rows[i].Component] = append(rows[y.Rows[i].Component], i)
		}
		inParallel(len(rows), func(c int) {
			i, name := 0, condition.Components[c].Name
			for raise := .34; raise < .9; raise += .04 {
				for _, now := range nows {
					if i == len(options[c]) {
						options[c] = append(options[c], option{raise: raise, now: now})
					}
					tried := *b
					tried.Thresholds = predict.Thresholds{Runs: runs, Raise: map[string]float64{name: raise}, Now: map[string]float64{name: now}}
					options[c][i].years = append(options[c][i].years, y.tried(&tried, rows[c], name))
					i++
				}
			}
		})
	}
	return options
}

// tried is what a bundle's thresholds come to on one component's rows.
func (y *Year) tried(b *predict.Bundle, rows []int, component string) Tally {
	d, rule, alarms := NewDesk(y.Truths), Bundled(b), make([]predict.Alarm, len(y.Instruments))
	for _, i := range rows {
		row := &y.Rows[i]
		d.Take(y.Instruments[row.Instrument], row.At, rule(row, &alarms[row.Instrument]))
	}
	return y.Tally(d, component)
}
