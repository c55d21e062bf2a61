package health

import "time"

// Factor is something that many instruments share and that is off: a lot of reagents or of
// flow cells, or a release of the software. It is told to support once, in place of a case on
// each instrument. It names no instrument and no customer: which they are, the cohorts know.
type Factor struct {
	// ID is "n-" and 16 base-32 characters of a digest of the cohort: a level is noticed once.
	ID    string `json:"factor"`
	Cause string `json:"cause"` // as attribute.Cause: "reagent-lot", "flowcell-lot", "software"
	Field string `json:"field"` // the catalog's field whose value is Level: "run.reagent_lot"
	Level string `json:"level"`
	Type  string `json:"instrument_type"` // of the instruments that were compared
	// Instruments is how many it was judged by, of those that had it lately.
	Instruments int `json:"instruments"`
	// Week is the Monday of the week of the run with which it was found; zero if unknown.
	Week time.Time `json:"week,omitzero"`
	// Shifts is what it moves, the farthest first.
	Shifts []Shift `json:"shifts"`
	// Cohort names the row of the instruments that have it, in hex.
	Cohort string `json:"cohort"`
}

// Shift is by how much a signal differs from the instruments' own normals: the median over
// them, each with the weighted mean of its last runs.
type Shift struct {
	Signal string `json:"signal"`
	Unit   string `json:"unit"` // UCUM
	// Change is in Unit; or, where Relative, a part of the normal: 0.12 is 12 % more.
	Change   float64 `json:"change"`
	Relative bool    `json:"relative"`
	// Noises is the change in standard deviations of a healthy instrument's runs.
	Noises float64 `json:"noises"`
}
