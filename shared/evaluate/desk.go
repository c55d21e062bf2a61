package evaluate

import (
	"time"

	"proactive/shared/attribute"
	"proactive/shared/condition"
	"proactive/shared/fleet"
)

// Call says whether something wants a case on a component, after a run.
type Call struct {
	Component int
	Raise     bool // wants a case
	Clear     bool // wants none any more: one that was closed without a fault may open again
	Now       bool // it says that the failure has come, not that it will
	Owed      attribute.Cause
}

// Case is one that was opened.
type Case struct {
	Instrument string
	Component  int
	At         time.Time
	Now        bool
	Owed       attribute.Cause // the heaviest explanation of what was new
	Fault      *fleet.Failure  // what was true; nil: a false case
}

// lookback is how long a case that nothing came of stays open: until somebody was there
// and found no fault.
const lookback = 30 * 24 * time.Hour

// Desk opens cases as casework does, one per instrument and component at a time, and
// knows what became of them. A case on a fault is open until the fault is mended.
type Desk struct {
	truths Truths
	open   map[place]*standing
	Cases  []Case
}

type place struct {
	instrument string
	component  int
}

type standing struct {
	until time.Time // of a false case
	fault *fleet.Failure
	armed bool
}

// NewDesk is a desk at a fleet.
func NewDesk(t Truths) *Desk { return &Desk{truths: t, open: map[place]*standing{}} }

// Take takes what was said after a run.
func (d *Desk) Take(instrument string, at time.Time, c Call) {
	key := place{instrument, c.Component}
	s := d.open[key]
	if s == nil {
		s = &standing{armed: true}
		d.open[key] = s
	}
	if s.fault != nil && !s.fault.Ended.IsZero() && !s.fault.Ended.After(at) {
		s.fault, s.armed = nil, true // mended: it starts anew
	}
	if c.Clear {
		s.armed = true
	}
	if !c.Raise || !s.armed || s.fault != nil || at.Before(s.until) {
		return
	}
	fact := d.truths.At(instrument, c.Component, at)
	opened := Case{Instrument: instrument, Component: c.Component, At: at, Now: c.Now, Owed: c.Owed, Fault: fact.Fault}
	s.armed = false
	if s.fault = fact.Fault; s.fault == nil {
		s.until = at.Add(lookback)
	}
	d.Cases = append(d.Cases, opened)
}

// Tally is what a desk's cases come to.
type Tally struct {
	Component string `json:"component"` // "" of all together
	Years     Figure `json:"instrument_years"`
	Cases     int    `json:"cases"`
	True      int    `json:"true_cases"`
	False     int    `json:"false_cases"`
	Precision Figure `json:"precision"`
	// FalsePerYear is false cases per instrument-year.
	FalsePerYear Figure `json:"false_per_instrument_year"`
	// Failures that came, by whether anything could be seen before.
	Gradual int `json:"gradual_failures"`
	Abrupt  int `json:"abrupt_failures"`
	// Foretold are gradual ones with a case before they came; Recall their share.
	Foretold int    `json:"foretold"`
	Recall   Figure `json:"recall"`
	// LeadDays are the quartiles of the time from case to failure.
	LeadDays [3]Figure `json:"lead_days"`
	// AtOnce are abrupt ones with a case no later than the first run after they came.
	AtOnce      int    `json:"detected_within_one_run"`
	AtOnceShare Figure `json:"detected_within_one_run_share"`
	// Late are failures that got a case only after they came.
	Late int `json:"late"`
}

// caseAt finds the first case on a failure.
func (d *Desk) firstCases() map[*fleet.Failure]Case {
	first := map[string]Case{}
	out := map[*fleet.Failure]Case{}
	for _, c := range d.Cases {
		if c.Fault == nil {
			continue
		}
		k := keyOf(*c.Fault)
		if _, there := first[k]; !there {
			first[k] = c
		}
	}
	for _, by := range d.truths.failures {
		for _, all := range by {
			for i := range all {
				if c, there := first[keyOf(all[i])]; there {
					out[&all[i]] = c
				}
			}
		}
	}
	return out
}

func keyOf(f fleet.Failure) string {
	return f.Instrument + " " + f.Component + " " + f.Onset.String()
}

// Tally counts one component's cases, or with "" all.
func (d *Desk) Tally(component string, years float64, firstRun func(instrument string, after time.Time) time.Time) Tally {
	t := Tally{Component: component, Years: Figure(years)}
	for _, c := range d.Cases {
		if component != "" && condition.Components[c.Component].Name != component {
			continue
		}
		t.Cases++
		if c.Fault != nil {
			t.True++
		}
	}
	t.False = t.Cases - t.True
	t.Precision, t.FalsePerYear = share(t.True, t.Cases), Figure(float64(t.False)/years)
	first := d.firstCases()
	var leads []float64
	for _, by := range d.truths.failures {
		for name, all := range by {
			if component != "" && name != component {
				continue
			}
			for i := range all {
				f := &all[i]
				if f.Failed.IsZero() {
					continue
				}
				c, there := first[f]
				if f.Abrupt {
					t.Abrupt++
					if there && !c.At.After(firstRun(f.Instrument, f.Failed)) {
						t.AtOnce++
					}
					continue
				}
				if !f.Precursor {
					continue
				}
				t.Gradual++
				switch {
				case there && c.At.Before(f.Failed):
					t.Foretold++
					leads = append(leads, f.Failed.Sub(c.At).Hours()/24)
				case there:
					t.Late++
				}
			}
		}
	}
	t.Recall, t.AtOnceShare, t.LeadDays = share(t.Foretold, t.Gradual), share(t.AtOnce, t.Abrupt), quartiles(leads)
	return t
}
