// Package fleet is a year of many instruments at the level of one run's features, and
// what is true of them: files in a directory, written by a simulator and read by training
// and evaluation. The pipeline is given Instruments, Runs and Services; Failures, Episodes,
// Nulls and Oracles are the truth, to judge by.
//
// A directory holds:
//
//	fleet.json                    format, settings, columns, digest
//	instruments.jsonl             one Instrument a line
//	services.jsonl                one Service a line, by time
//	runs/<instrument>.jsonl.zst   its runs in the order of their sequence numbers
//	truth/failures.jsonl          one Failure a line, by onset
//	truth/episodes.jsonl          one Episode a line, by its beginning
//	truth/nulls.json              ids of the instruments that never fail
//	truth/oracle/<instrument>.jsonl.zst
package fleet

import (
	"time"

	"proactive/shared/health"
)

// Instrument is one member of the fleet.
type Instrument struct {
	ID     string `json:"instrument"` // as layout.ValidInstrument
	Tenant string `json:"tenant"`     // the customer, "t-…"
	Site   string `json:"site"`       // "s-…"
	Type   string `json:"type"`       // as the catalog's config.instrument_type
}

// Run is what the pipeline knows of one run.
type Run struct {
	// At is when the batch was received, UTC. It rises with the sequence number.
	At time.Time `json:"at"`
	health.Features
}

// The kinds of service.
const (
	Repair      = "repair"      // after a failure: the component is as new
	Maintenance = "maintenance" // the yearly visit: some components are looked at and adjusted
	Reset       = "reset"       // recalibrated from afar: its normal may have moved
)

// Service is a visit to one component, as casework records it.
type Service struct {
	Instrument string    `json:"instrument"`
	Component  string    `json:"component"`
	At         time.Time `json:"at"`
	Since      int64     `json:"since"` // the first sequence number that is judged after it
	Kind       string    `json:"kind"`  // Repair, Maintenance or Reset
	Part       string    `json:"part,omitempty"`
}

// Failure is a component that went wrong: it broke, or was on its way to.
type Failure struct {
	Instrument string `json:"instrument"`
	Component  string `json:"component"`
	Mode       string `json:"mode"` // which way of failing, "laser-decay"
	// Onset is when it began; Failed, when runs were lost, zero if that never came;
	// Ended, when a service had mended it, zero if none did within the year.
	Onset  time.Time `json:"onset"`
	Failed time.Time `json:"failed,omitzero"`
	Ended  time.Time `json:"ended,omitzero"`
	// Precursor tells that something can be seen between onset and failure; Abrupt, that
	// there is no such time: it is seen in the run that it strikes.
	Precursor bool   `json:"precursor"`
	Abrupt    bool   `json:"abrupt"`
	Cause     string `json:"cause"` // "wear", "after-service" or "electronics"
}

// The causes of an episode.
const (
	ReagentLot  = "reagent-lot"
	FlowcellLot = "flowcell-lot"
	Software    = "software"
	Library     = "library"
	Room        = "room"
)

// Episode is a shift of what instruments report that no fault of theirs explains.
type Episode struct {
	Cause string `json:"cause"`
	// Field and Value are the factor that the instruments have in common,
	// "run.reagent_lot" and the lot; of a room, "site" and its id; of a library,
	// "tenant" and its id.
	Field       string    `json:"field"`
	Value       string    `json:"value"`
	From        time.Time `json:"from"`
	To          time.Time `json:"to"`
	Instruments []string  `json:"instruments"`
}

// Oracle is the probability that a component fails within so many days of a run's
// arrival, given its true state just then: what no detector can do better than.
type Oracle struct {
	Instrument string  `json:"instrument"`
	Sequence   int64   `json:"sequence"`
	Component  string  `json:"component"`
	P1         float64 `json:"p1"`
	P7         float64 `json:"p7"`
	P14        float64 `json:"p14"`
	P30        float64 `json:"p30"`
}

// Story is all that there is of one instrument.
type Story struct {
	Instrument Instrument
	Null       bool
	Runs       []Run // by sequence
	Services   []Service
	Failures   []Failure
	Oracle     []Oracle // by sequence, then component
}
