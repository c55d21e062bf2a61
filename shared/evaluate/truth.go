package evaluate

import (
	"time"

	"proactive/shared/condition"
	"proactive/shared/fleet"
)

// Horizons are how far ahead a failure is foretold, in days.
var Horizons = []int{1, 7, 14, 30}

// Truths is what is true of a fleet, by instrument and component.
type Truths struct {
	failures map[string]map[string][]fleet.Failure
	end      time.Time
}

// TruthsOf a fleet.
func TruthsOf(f *fleet.Fleet) Truths {
	t := Truths{failures: map[string]map[string][]fleet.Failure{}, end: f.Settings().Start.AddDate(0, 0, f.Settings().Days)}
	for _, x := range f.Failures() {
		of := t.failures[x.Instrument]
		if of == nil {
			of = map[string][]fleet.Failure{}
			t.failures[x.Instrument] = of
		}
		of[x.Component] = append(of[x.Component], x)
	}
	return t
}

// Fact is what is true of one component at one moment.
type Fact struct {
	// Fault is the failure that is on its way or has come, nil if the component is well.
	Fault *fleet.Failure
	// Failed tells that it has come: runs are being lost.
	Failed bool
	// Ahead is the time to the next failure, and Known how far ahead the story is told.
	Ahead, Known time.Duration
	Comes        bool
}

// At is what is true of a component at a moment.
func (t Truths) At(instrument string, component int, at time.Time) Fact {
	fact := Fact{Known: t.end.Sub(at)}
	for _, f := range t.failures[instrument][condition.Components[component].Name] {
		over := !f.Ended.IsZero() && !f.Ended.After(at)
		if !over && !f.Onset.After(at) {
			fact.Fault = &f
			fact.Failed = !f.Failed.IsZero() && !f.Failed.After(at)
		}
		if !f.Failed.IsZero() && f.Failed.After(at) && (!fact.Comes || f.Failed.Sub(at) < fact.Ahead) {
			fact.Comes, fact.Ahead = true, f.Failed.Sub(at)
		}
	}
	return fact
}

// Within tells whether the component fails within so many days; known is false where the
// story ends before, or where it has failed already.
func (f Fact) Within(days int) (fails, known bool) {
	span := time.Duration(days) * 24 * time.Hour
	if f.Failed {
		return false, false
	}
	if f.Comes && f.Ahead <= span {
		return true, true
	}
	return false, f.Known >= span
}
