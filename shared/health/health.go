// Package health is the outcome of scoring: what a run looked like (Features),
// and what that says about a component (Finding). Both are functions of the set
// of batches received, never of the order in which they came.
package health

import "time"

// Subsystem is one of the four areas an engineer is skilled in.
type Subsystem string

// The subsystems.
const (
	Optical    Subsystem = "optical"
	Mechanical Subsystem = "mechanical"
	Thermal    Subsystem = "thermal"
	Fluidics   Subsystem = "fluidics"
)

// Features are one run's numbers, aggregated from its clean batch, keyed by
// feature name such as "chiller.temperature.mean". A feature that could not be
// computed is absent, never zero.
type Features struct {
	Instrument string `json:"instrument"`
	Batch      string `json:"batch"`
	// Sequence orders the batches of one instrument, from 1; gaps are allowed.
	Sequence int64 `json:"sequence"`
	// Run is the run's token, an HMAC under the lab's key: two batches of one run
	// (sent again, or before it was complete) are one run to a rule.
	Run string `json:"run,omitempty"`
	// Week is the Monday (UTC) of the week in which the run started; zero if unknown.
	Week   time.Time          `json:"week,omitzero"`
	Values map[string]float64 `json:"values"`
	// Factors are what may explain a shift other than a fault: software versions,
	// instrument type, reagent lot, as catalog field id to value.
	Factors map[string]string `json:"factors,omitempty"`
}

// Epoch is a component's time between two services. The zero value is the time before
// the first.
type Epoch struct {
	// Number counts the services, 0 before the first.
	Number int `json:"number"`
	// Since is the first sequence number that is judged as of this epoch.
	Since int64 `json:"since"`
	// Case is the case whose visit began the epoch, "" for the first.
	Case string `json:"case,omitempty"`
}

// History is everything that is known of an instrument: what detection is a function of.
type History struct {
	Runs     []Features       // in no order, each sequence number at most once
	Services map[string]Epoch // by component; absent: the first epoch
}

// State is a finding's standing.
type State string

// The states of a finding.
const (
	Active    State = "active"    // holds, given all batches received
	Withdrawn State = "withdrawn" // was active, and late batches explained it away
)

// Finding is a detection on one component of one instrument.
type Finding struct {
	// ID is a digest of instrument, component, rule and epoch: the same batches
	// give the same id, in whatever order they come.
	ID         string    `json:"finding"`
	Instrument string    `json:"instrument"`
	Component  string    `json:"component"` // "laser", "stage", "chiller", "pump", …
	Subsystem  Subsystem `json:"subsystem"`
	Rule       string    `json:"rule"`   // the rule's id, "thermal.chiller.temperature.limit"
	Kind       string    `json:"kind"`   // "limit", "drift" or "predicted"
	Reason     string    `json:"reason"` // one sentence's key, a named constant of the rule
	State      State     `json:"state"`
	// Epoch counts the services of this component: a fault that recurs after a
	// service is a new finding.
	Epoch int `json:"epoch"`
	// FirstSequence and LastSequence bound the earliest window that makes the finding.
	FirstSequence int64    `json:"first_sequence"`
	LastSequence  int64    `json:"last_sequence"`
	Evidence      Evidence `json:"evidence"`
	// Foretold is there if Kind is Predicted.
	Foretold *Foretold `json:"foretold,omitempty"`
}

// Evidence is what a person needs to check a finding, and nothing else.
type Evidence struct {
	Feature string  `json:"feature"` // the feature's name
	Unit    string  `json:"unit"`    // UCUM
	Limit   float64 `json:"limit"`   // the threshold crossed, in Unit
	// Above tells that values above Limit violate; otherwise values below it do.
	Above bool `json:"above"`
	// Baseline is the instrument's own normal, absent (0) for a limit rule.
	Baseline float64 `json:"baseline,omitempty"`
	// Points are the runs of the epoch up to the end of the window, by sequence, of the
	// last 40 sequence numbers.
	Points []Point `json:"points"`
	// Support is what else moved: run metrics that the fault is known to touch. It
	// never makes a finding by itself.
	Support []Series `json:"support,omitempty"`
}

// Series is one feature over the runs of the evidence.
type Series struct {
	Feature string  `json:"feature"`
	Unit    string  `json:"unit"`
	Points  []Point `json:"points"`
}

// Point is one run in the evidence.
type Point struct {
	Sequence int64   `json:"sequence"`
	Value    float64 `json:"value"`
	Violates bool    `json:"violates"`
}

// Judgement is what the runs after a visit say of the repair.
type Judgement struct {
	Judged    int  // runs of the new epoch that have every feature the case was opened for
	Violating int  // of these, runs that still cross a limit that opened the case
	Failing   bool // enough of them do, or a new finding stands on the component
}
