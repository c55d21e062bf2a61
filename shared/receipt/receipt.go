// Package receipt is the signed answer to a batch: what was kept, what was dropped and
// why. The receipts of one instrument form a chain, so none can be left out or changed
// without it showing. See events/receipt/v1/SPEC.md.
package receipt

import (
	"proactive/shared/observation"
)

// Format is the first member of a receipt.
const Format = "proactive-receipt/1"

// TimeFormat is how Issued is written.
const TimeFormat = "2006-01-02T15:04:05Z"

// Verdict is what became of a batch. There is no fourth.
type Verdict string

// The verdicts; the ledger's final states have the same names.
const (
	Stored      Verdict = "stored"
	Quarantined Verdict = "quarantined" // the detector hit; the ciphertext is kept for days, then deleted
	Rejected    Verdict = "rejected"    // not kept; Reason says why
)

// Receipt is one link of an instrument's chain.
type Receipt struct {
	Format     string `json:"format"`
	Deployment string `json:"deployment"`
	Instrument string `json:"instrument"`
	Batch      string `json:"batch"`
	Sequence   int64  `json:"sequence"`
	// Ordinal counts the instrument's receipts from 1, without gaps.
	Ordinal int64 `json:"ordinal"`
	// Previous is the hex SHA-256 of the previous receipt's JWS; "" on the first.
	Previous string  `json:"previous"`
	Verdict  Verdict `json:"verdict"`
	// Reason is "" if stored, else a named constant of the stage that decided.
	Reason string `json:"reason"`
	// Kept counts the observations kept, by field; nil unless stored.
	Kept map[string]int `json:"kept,omitempty"`
	// Dropped is what the instrument says it left behind, by kind of file.
	Dropped map[string]observation.Drops `json:"dropped,omitempty"`
	// Left is what the instrument read and left behind by decision, by entry of the catalog.
	Left map[string]int `json:"left,omitempty"`
	// Refused counts what was dropped here although the instrument sent it, by reason.
	Refused map[string]int `json:"refused,omitempty"`
	// Catalog is the hash of the catalog that the batch was projected through here.
	Catalog string `json:"catalog,omitempty"`
	// SHA256 is the hex digest of the whole sealed batch.
	SHA256 string `json:"sha256"`
	// Payload is the hex SHA-256 of the uncompressed payload; "" if it was not opened.
	Payload string `json:"payload"`
	// Issued is when it was signed: RFC 3339, UTC, whole seconds.
	Issued string `json:"issued"`
}
