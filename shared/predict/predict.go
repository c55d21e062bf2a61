package predict

import (
	"math"
	"slices"

	"proactive/shared/condition"
)

// Prediction is what is foretold of one component.
type Prediction struct {
	Component string `json:"component"`
	Epoch     int    `json:"epoch"` // how often the component was replaced; see health.Epoch
	// Failed is the probability that it has failed, Fault that a fault is on its way or has
	// come; Within that it will fail, if it has not, within each of Days. Within never falls
	// with the days.
	Failed float64    `json:"failed"`
	Fault  float64    `json:"fault"`
	Within [4]float64 `json:"within"`
	// Rivals are the highest probabilities of another component: to have failed, and of a
	// fault, there of those that share a signal with this one. What blurs the spots is one
	// thing; a case is opened on the likelier.
	Rivals Rivals `json:"rivals"`
}

// Rivals are probabilities of other components of the same instrument; see Prediction.
type Rivals struct {
	Failed float64 `json:"failed"`
	Fault  float64 `json:"fault"`
}

// Predict asks every model about every component as of the state's newest run, in the order
// of condition.Components.
func (b *Bundle) Predict(s *condition.State) []Prediction {
	all, row := make([]Prediction, len(condition.Components)), make([]float64, len(condition.Columns))
	for c, component := range condition.Components {
		s.Vector(c, row)
		all[c] = b.FromRaw(b.Raw(row), component.Name)
		all[c].Epoch = s.Epochs[component.Name].Number
	}
	Compare(all)
	return all
}

// Compare sets the rivals of an instrument's predictions, in the order of condition.Components.
func Compare(all []Prediction) {
	for i := range all {
		all[i].Rivals = Rivals{}
		for j := range all {
			if i == j {
				continue
			}
			all[i].Rivals.Failed = max(all[i].Rivals.Failed, all[j].Failed)
			if akin[i][j] {
				all[i].Rivals.Fault = max(all[i].Rivals.Fault, all[j].Fault)
			}
		}
	}
}

// akin tells which components share a signal.
var akin = func() (all [][]bool) {
	for _, a := range condition.Components {
		row := make([]bool, len(condition.Components))
		for j, b := range condition.Components {
			row[j] = slices.ContainsFunc(a.Signals, func(s string) bool { return slices.Contains(b.Signals, s) })
		}
		all = append(all, row)
	}
	return all
}()

func (t Target) at(component string, score float64) float64 {
	c, there := t.Curves[component]
	if !there {
		c = t.Curves[""]
	}
	return c.At(score)
}

// Life is the remaining life of a component, in days, as the four probabilities tell it:
// the days by which it has failed with a probability of 10, 50 and 90 %. Beyond the last
// horizon nothing is said: Inf.
type Life struct {
	Low, Median, High float64
}

// Life reads the remaining life off the prediction, straight between the horizons.
func (p Prediction) Life() Life {
	return Life{p.reaches(.1), p.reaches(.5), p.reaches(.9)}
}

func (p Prediction) reaches(q float64) float64 {
	day, at := 0.0, 0.0
	for i, w := range p.Within {
		next := float64(Days[i])
		if w >= q {
			if !(w > at) {
				return next
			}
			return day + float64((next-day)*(q-at)/(w-at))
		}
		day, at = next, w
	}
	return math.Inf(1)
}

// Alarm remembers of a component what its thresholds need: part of the fold, as the
// condition is. The zero value is quiet.
type Alarm struct {
	Epoch int  `json:"epoch"` // of another, nothing is remembered
	Over  int  `json:"over"`  // runs in a row at or above Raise
	On    bool `json:"on"`
	Come  bool `json:"come"` // that the failure has come was said
}

// Reason says what became of an alarm.
type Reason string

// The reasons.
const (
	Quiet    Reason = "quiet"            // below the thresholds
	Waiting  Reason = "waiting"          // above, but not for enough runs
	Foretold Reason = "failure-foretold" // above for enough runs: a fault is on its way
	HasCome  Reason = "failure-has-come" // the failure seems to be here
	Standing Reason = "standing"         // was raised, and has not come down
	Over     Reason = "over"             // was raised, and has come down
)

// release is the part of a threshold below which an alarm comes down: what hovers about
// the threshold makes one alarm, not many.
const release = .5

// Next adds a prediction to an alarm.
func (b *Bundle) Next(a *Alarm, p Prediction) Reason {
	if a.Epoch != p.Epoch {
		*a = Alarm{Epoch: p.Epoch}
	}
	raise, now := b.Thresholds.Raise[p.Component], b.Thresholds.Now[p.Component]
	risk := p.Fault
	if raise > 0 && risk >= raise && risk >= p.Rivals.Fault {
		a.Over++
	} else {
		a.Over = 0
	}
	come := now > 0 && p.Failed >= now && p.Failed >= p.Rivals.Failed
	due := raise > 0 && a.Over >= b.Thresholds.Runs
	switch {
	case a.On && (!(raise > 0) || risk < raise*release) && (!(now > 0) || p.Failed < now*release):
		a.On, a.Come = false, false
		return Over
	case come && !a.Come:
		a.On, a.Come = true, true
		return HasCome
	case a.On:
		return Standing
	case due:
		a.On = true
		return Foretold
	case a.Over > 0:
		return Waiting
	}
	return Quiet
}
