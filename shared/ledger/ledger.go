// Package ledger is what became of a batch: the account from its grant to its receipt.
// Every batch that was granted ends as stored, quarantined or rejected.
package ledger

import (
	"errors"

	"proactive/shared/receipt"
)

// State is where a batch stands. It only moves on: granted, claimed, then one of the
// three verdicts of its receipt.
type State string

// The states before there is a receipt. After it, the state is its verdict.
const (
	Granted State = "granted" // authorize: may be uploaded
	Claimed State = "claimed" // validate: tied to one version of one object
)

// Entry is one batch.
type Entry struct {
	Instrument, Batch string
	Sequence          int64  // unique per instrument
	Bytes             int64  // of the sealed batch, as granted
	SHA256            string // hex digest of the sealed batch, as granted
	State             State
	Version           string // of the object, from the claim on
	Ordinal           int64  // of the receipt, 0 before there is one
}

// Settled tells whether the batch has its receipt.
func (e Entry) Settled() bool {
	switch receipt.Verdict(e.State) {
	case receipt.Stored, receipt.Quarantined, receipt.Rejected:
		return true
	}
	return false
}

// What a ledger answers beside success and failure.
var (
	// ErrNone: no such batch was granted.
	ErrNone = errors.New("the batch was never granted")
	// ErrAlready: the batch is in the ledger: read it.
	ErrAlready = errors.New("the batch is in the ledger")
	// ErrSequenceTaken: the sequence number is another batch's.
	ErrSequenceTaken = errors.New("the sequence number is another batch's")
	// ErrQuota: the day's bytes do not allow it.
	ErrQuota = errors.New("the day's quota is used up")
	// ErrOtherVersion: the batch is claimed for another version of the object.
	ErrOtherVersion = errors.New("the batch is claimed for another object version")
	// ErrSettled: the batch has its receipt.
	ErrSettled = errors.New("the batch has its receipt")
)
