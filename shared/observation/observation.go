// Package observation is the smallest thing that leaves a lab: one clean
// measurement, named by a catalog field. A batch is a list of observations,
// never a file of the instrument's.
package observation

// Observation is one measurement. Field names an entry of the catalog, which
// gives type, unit, bounds and which of the dimensions below may be set; a
// dimension that does not apply is zero and absent on the wire.
//
// A numeric field uses Value; a field of an enumeration or a pattern uses Text.
// No other place can hold text, so free text has nowhere to travel.
type Observation struct {
	Field string `json:"f"`
	// Lane is 1-based; Surface is 1 (top) or 2 (bottom).
	Lane    int `json:"l,omitempty"`
	Surface int `json:"s,omitempty"`
	// Tile is the instrument's own tile name as a number, for example 1101 or 12512.
	Tile int `json:"t,omitempty"`
	// Read is 1-based and counts index reads, as RunInfo.xml does.
	Read int `json:"r,omitempty"`
	// Cycle is the first cycle, 1-based within the read, of a window of at most
	// WindowCycles cycles. No field is resolved finer: see DESIGN, base-blind.
	Cycle int `json:"c,omitempty"`
	// Minute is the offset of a reading from the start of its run, rounded down
	// to the hour (0, 60, 120, …). Absolute times do not travel.
	Minute int `json:"m,omitempty"`

	Value float64 `json:"v"`
	Text  string  `json:"x,omitempty"`
}

// WindowCycles is the width of a cycle window, and how many cycles there must be before
// anything is told of their quality: fewer spell an index.
const WindowCycles = 25
