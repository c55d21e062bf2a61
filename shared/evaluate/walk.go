// Package evaluate plays a fleet's year through the very code that judges instruments, run
// by run in the order in which batches came, and compares what it says with what was true.
// Training data are written by the same walk, so that a model is never asked about
// anything that it did not learn from the same code.
package evaluate

import (
	"fmt"
	"slices"

	"proactive/shared/condition"
	"proactive/shared/fleet"
	"proactive/shared/health"
)

// Walk is a fleet as the pipeline knows it at one moment.
type Walk struct {
	States   map[string]*condition.State
	Services map[string]map[string]health.Epoch // by instrument, component
	visits   map[string]map[string]int64        // by instrument, component: the first run after the last
	cohorts  map[string]*condition.Cohort       // by type, factor and level
	pending  []fleet.Service
}

// Step is one run as it was added.
type Step struct {
	fleet.Run
	State *condition.State
	// Shift is what the run shared with others, by factor and then in the order of
	// condition.Signals.
	Shift map[string][]float64
	// Residual is by how much each signal differed from the instrument's normal before
	// anything shared was taken off; NaN where nothing is known.
	Residual []float64
	cohorts  map[string]*condition.Cohort
}

// Play walks a fleet through its year. visit is called after each run with everything known
// up to then; what it is given is its own until it returns.
func Play(f *fleet.Fleet, visit func(Step) error) error {
	w := Walk{States: map[string]*condition.State{}, Services: map[string]map[string]health.Epoch{}, visits: map[string]map[string]int64{}, cohorts: map[string]*condition.Cohort{}}
	w.pending = slices.Clone(f.Services())
	for r, err := range f.ByTime() {
		if err != nil {
			return fmt.Errorf("walking through a fleet: %w", err)
		}
		if err := visit(w.step(r)); err != nil {
			return err
		}
	}
	return nil
}

func (w *Walk) step(r fleet.Run) Step {
	w.serve(r)
	s := w.States[r.Instrument]
	if s == nil {
		s = &condition.State{}
		w.States[r.Instrument] = s
	}
	step := Step{Run: r, State: s, cohorts: w.cohorts, Shift: map[string][]float64{}}
	total := map[string]float64{}
	for _, factor := range condition.Shared {
		c := w.cohorts[level(r, factor)]
		if c == nil {
			continue
		}
		step.Shift[factor] = c.Shifts(factor, r.Values, r.Instrument, s.Day)
		for i, by := range step.Shift[factor] {
			total[condition.Signals[i].Feature] += by
		}
	}
	s.Add(r.Features, total, w.Services[r.Instrument], w.visits[r.Instrument])
	step.Residual = s.Residuals(r.Values)
	if id := level(r, condition.Type); id != "" {
		others := w.cohorts[id]
		if others == nil {
			others = &condition.Cohort{}
			w.cohorts[id] = others
		}
		levels := condition.Levels(r.Values)
		s.Stand(others.Standing(levels, r.Instrument, s.Day))
		others.Post(r.Instrument, s.Day, levels)
	}
	left := slices.Clone(step.Residual)
	for _, factor := range condition.Shared {
		if id := level(r, factor); id != "" {
			c := w.cohorts[id]
			if c == nil {
				c = &condition.Cohort{}
				w.cohorts[id] = c
			}
			c.Post(r.Instrument, s.Day, left)
		}
		for i, by := range step.Shift[factor] {
			left[i] -= by
		}
	}
	return step
}

// serve begins the epochs of what was serviced before a run.
func (w *Walk) serve(r fleet.Run) {
	for len(w.pending) > 0 && !w.pending[0].At.After(r.At) {
		s := w.pending[0]
		w.pending = w.pending[1:]
		if s.Kind != fleet.Repair { // looked at, nothing replaced
			of := w.visits[s.Instrument]
			if of == nil {
				of = map[string]int64{}
				w.visits[s.Instrument] = of
			}
			of[s.Component] = s.Since
			continue
		}
		of := w.Services[s.Instrument]
		if of == nil {
			of = map[string]health.Epoch{}
			w.Services[s.Instrument] = of
		}
		of[s.Component] = health.Epoch{Number: of[s.Component].Number + 1, Since: s.Since}
	}
}

// level names the cohort of a run: instruments of one type that have a factor's level in common.
func level(r fleet.Run, factor string) string {
	v := r.Factors[factor]
	if v == "" {
		return ""
	}
	return r.Factors["config.instrument_type"] + "\n" + factor + "\n" + v
}
