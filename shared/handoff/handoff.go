// Package handoff is what one stage of the pipeline hands to the next, as the
// body of a queue message: opaque ids and where the bytes are, never the bytes.
package handoff

// Validated goes from validate to scrub: an upload whose envelope is sound and
// which is claimed for this very object version.
type Validated struct {
	Instrument string `json:"instrument"`
	Batch      string `json:"batch"`
	Sequence   int64  `json:"sequence"`
	Bucket     string `json:"bucket"`
	Key        string `json:"key"`
	Version    string `json:"version"`
	// SHA256 is the hex digest of the whole uploaded object.
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
}

// Stored goes from scrub to score: a clean batch with its receipt.
type Stored struct {
	Instrument string `json:"instrument"`
	Batch      string `json:"batch"`
	Sequence   int64  `json:"sequence"`
	Bucket     string `json:"bucket"`
	Key        string `json:"key"`
	Version    string `json:"version"`
}

// Erase goes to erase: an instrument whose erasure was asked for. The message begins
// nothing by itself; the tombstone says what is to be done.
type Erase struct {
	Instrument string `json:"instrument"`
}

// Export goes to export: the next part of what a lab asked for. The message begins nothing
// by itself; the state of the export says what is to be done.
type Export struct {
	Instrument string `json:"instrument"`
	Request    string `json:"request"`
	Part       int    `json:"part"` // from 1
}
