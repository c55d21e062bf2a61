package casework

import "time"

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
