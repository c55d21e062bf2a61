// Package ne107 says of a component what NAMUR NE 107 has for field devices: whether what
// it does can be relied on, in one of a few words that mean the same in every plant. One
// more is needed here: that too little is known. A pure function.
package ne107

// Status is a component's.
type Status string

// The statuses. The letters are those of NE 107.
const (
	OK           Status = "ok"
	Failure      Status = "failure"              // F: what it does cannot be relied on
	Check        Status = "function-check"       // C: somebody was there, and its normal is being learnt
	OutOfSpec    Status = "out-of-specification" // S: works beyond its limits
	Maintenance  Status = "maintenance-required" // M: works, and wears
	Insufficient Status = "insufficient-data"    // no news of it: never a failure
)

// Letter is how NE 107 marks the status: F, C, S, M, and for the others nothing.
func (s Status) Letter() string {
	return map[Status]string{Failure: "F", Check: "C", OutOfSpec: "S", Maintenance: "M"}[s]
}

// Reason says why a status is what it is.
type Reason string

// The reasons.
const (
	Silent      Reason = "no-recent-readings"  // of any of its own signals
	NewPart     Reason = "normal-being-learnt" // few runs since it was serviced
	HasCome     Reason = "failure-has-come"    // the models say that it has failed
	BeyondLimit Reason = "beyond-fixed-limit"  // a rule with a fixed limit found it
	Foretold    Reason = "failure-foretold"    // the models say that a fault is on its way
	Drifting    Reason = "drift-from-normal"   // a rule found it away from its own normal
	Normal      Reason = "nothing-found"
)

// Facts are what is known of a component.
type Facts struct {
	Heard    bool // one of its own signals lately, and what is normal for it
	Learning bool // it was serviced, and its normal is not known again
	// What was found and stands, by rules or by the models.
	Come, Limit, Foretold, Drift bool
}

// Of is the status. Silence comes first, so that a gap in the data is never a failure:
// what was found before it stands as a finding all the same. Of what remains the worst
// counts.
func Of(f Facts) (Status, Reason) {
	switch {
	case f.Learning:
		return Check, NewPart
	case !f.Heard:
		return Insufficient, Silent
	case f.Come:
		return Failure, HasCome
	case f.Limit:
		return OutOfSpec, BeyondLimit
	case f.Foretold:
		return Maintenance, Foretold
	case f.Drift:
		return Maintenance, Drifting
	}
	return OK, Normal
}
