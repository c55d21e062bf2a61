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
	Instrument string
	Batch      string
	// Sequence orders the batches of one instrument; gaps are allowed.
	Sequence int64
	// Week is the Monday (UTC) of the week in which the run started.
	Week   time.Time
	Values map[string]float64
	// Factors are what may explain a shift other than a fault: software versions,
	// instrument type, reagent lot, as catalog field id to value.
	Factors map[string]string
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
	ID         string
	Instrument string
	Component  string // "laser", "stage", "chiller", "pump", …
	Subsystem  Subsystem
	Rule       string // the rule's id, "thermal.chiller.temperature.limit"
	Kind       string // "limit" or "drift"
	Reason     string // one sentence's key, a named constant of the rule
	State      State
	// Epoch counts the services of this component: a fault that recurs after a
	// service is a new finding.
	Epoch int
	// FirstSequence is the first batch of the window that made the finding.
	FirstSequence, LastSequence int64
	Evidence                    Evidence
}

// Evidence is what a person needs to check a finding, and nothing else.
type Evidence struct {
	Feature string  // the feature's name
	Unit    string  // UCUM
	Limit   float64 // the threshold crossed, in Unit
	// Baseline is the instrument's own normal, absent (0) for a limit rule.
	Baseline float64
	Points   []Point
}

// Point is one run in the evidence.
type Point struct {
	Sequence int64
	Value    float64
	Violates bool
}
