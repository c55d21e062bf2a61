package casework

import (
	"cmp"
	"slices"
	"time"

	"proactive/shared/health"
)

// Verdict is what an engineer says was true of a case.
type Verdict string

// The verdicts.
const (
	Confirmed  Verdict = "confirmed"      // the component had the fault, or was about to
	OtherCause Verdict = "other-cause"    // something was wrong, but not this
	NoFault    Verdict = "no-fault-found" // nothing was
)

// Label is what became of a case in the words of whoever was there. How a case ended, its
// Outcome, is what the runs say; a label is what a person saw, and it alone tells whether
// a finding was right: healthy runs follow a needless visit as well.
type Label struct {
	Verdict Verdict   `json:"verdict"`
	Part    string    `json:"part,omitempty"` // what was replaced, "" for nothing
	At      time.Time `json:"at"`             // when it was said
}

// Tell records what was true of a case, at any time from its opening on. What is told
// last stands: people find out.
func (c *Case) Tell(l Label) Reason {
	if c.Label != nil && c.Label.Verdict == l.Verdict && c.Label.Part == l.Part {
		return Already
	}
	l.At = l.At.UTC()
	c.Label = &l
	return Done
}

// Labelled is a case with what opened it, as one learns from it.
type Labelled struct {
	Case       string    `json:"case"`
	Instrument string    `json:"instrument"`
	Component  string    `json:"component"`
	Rule       string    `json:"rule"`
	Kind       string    `json:"kind"`
	Model      string    `json:"model,omitempty"` // of a prediction
	Epoch      int       `json:"epoch"`
	Sequence   int64     `json:"sequence"` // of the run that made the finding
	Opened     time.Time `json:"opened"`
	Outcome    Outcome   `json:"outcome,omitempty"`
	Label      *Label    `json:"label"` // null: nobody has told yet
}

// LabelledOf is a case with the finding that opened it.
func LabelledOf(c Case, f health.Finding) Labelled {
	l := Labelled{
		Case: c.ID, Instrument: c.Instrument, Component: c.Component, Rule: f.Rule, Kind: f.Kind, Epoch: f.Epoch,
		Sequence: f.LastSequence, Opened: c.OpenedAt.UTC(), Outcome: c.Outcome, Label: c.Label,
	}
	if f.Foretold != nil {
		l.Model = f.Foretold.Model
	}
	return l
}

// Count is how often findings of one kind, on one component, were right.
type Count struct {
	Component string `json:"component"`
	Kind      string `json:"kind"` // "predicted", or "rule"
	Cases     int    `json:"cases"`
	Told      int    `json:"told"` // that somebody said something of
	Confirmed int    `json:"confirmed"`
	Other     int    `json:"other_cause"`
	NoFault   int    `json:"no_fault_found"`
}

// CountsOf the cases that were opened since a time, by component and kind.
func CountsOf(all []Labelled, since time.Time) []Count {
	by := map[[2]string]*Count{}
	for _, l := range all {
		if l.Opened.Before(since) {
			continue
		}
		kind := "rule"
		if l.Kind == health.Predicted {
			kind = health.Predicted
		}
		c := by[[2]string{l.Component, kind}]
		if c == nil {
			c = &Count{Component: l.Component, Kind: kind}
			by[[2]string{l.Component, kind}] = c
		}
		c.Cases++
		if l.Label == nil {
			continue
		}
		c.Told++
		switch l.Label.Verdict {
		case Confirmed:
			c.Confirmed++
		case OtherCause:
			c.Other++
		case NoFault:
			c.NoFault++
		}
	}
	counts := []Count{}
	for _, c := range by {
		counts = append(counts, *c)
	}
	slices.SortFunc(counts, func(a, b Count) int {
		return cmp.Or(cmp.Compare(a.Component, b.Component), cmp.Compare(a.Kind, b.Kind))
	})
	return counts
}
