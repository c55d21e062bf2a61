package reconcile

import (
	"cmp"
	"slices"
	"time"
)

// Reason says what is missing.
type Reason string

// What a message can mend.
const (
	// ArrivalLost: the object is in the inbox, and validate has not seen it.
	ArrivalLost Reason = "arrival-lost"
	// Unsettled: claimed, and there is no receipt.
	Unsettled Reason = "claimed-without-receipt"
	// Unscored: stored, and its run is not in the health table.
	Unscored Reason = "stored-without-run"
)

// What no message can mend. None of these can come about by a lost message or a crash.
const (
	BatchGone    Reason = "batch-row-gone"    // a sequence number's owner has no row, or another number
	OwnerGone    Reason = "sequence-row-gone" // a batch does not own its sequence number
	ReceiptGone  Reason = "receipt-gone"      // a gap in the chain, or a settled batch whose receipt is not there
	ReceiptTwice Reason = "receipt-twice"     // two receipts for one batch, or one of a batch that is not settled
	HeadAstray   Reason = "head-astray"       // the head is not at the end of the chain
	UploadGone   Reason = "upload-gone"       // claimed, without receipt, and the inbox no longer has the object
	CleanGone    Reason = "clean-object-gone" // stored, and the clean bucket does not have that version
	RunOfAnother Reason = "run-of-another"    // the run at its sequence number is another batch's
)

// Missing is one thing that is not as it should be.
type Missing struct {
	Instrument string `json:"instrument"`
	Batch      string `json:"batch,omitempty"`
	Sequence   int64  `json:"sequence,omitempty"`
	Ordinal    int64  `json:"ordinal,omitempty"` // of a receipt
	Reason     Reason `json:"reason"`
	// Since is when the batch arrived, or was granted if that is not known.
	Since time.Time `json:"since,omitzero"`
	// Sent tells that its message was put on the queue again.
	Sent bool `json:"sent"`
	// Stays tells that it has been missing for longer than Stays.
	Stays bool `json:"stays"`
}

// Mendable tells whether a message can mend it.
func (m Missing) Mendable() bool {
	return m.Reason == ArrivalLost || m.Reason == Unsettled || m.Reason == Unscored
}

// Account is where every batch is. Granted = Stored + Quarantined + Rejected + Underway +
// NeverArrived + Lost.
type Account struct {
	Instruments int `json:"instruments"`
	Granted     int `json:"granted"`
	Stored      int `json:"stored"`
	Quarantined int `json:"quarantined"`
	Rejected    int `json:"rejected"`
	// Underway are granted or claimed and in good time, or will be mended.
	Underway int `json:"underway"`
	// NeverArrived were granted, and nothing was uploaded while the grant lived. Nothing
	// is lost: the instrument has the batch, and may ask again.
	NeverArrived int `json:"never_arrived"`
	// Lost are granted, and nothing of them is there.
	Lost    int       `json:"lost"`
	Scored  int       `json:"scored"` // of those stored
	Missing []Missing `json:"missing"`
}

// Balanced tells whether the sum comes out.
func (a Account) Balanced() bool {
	return a.Granted == a.Stored+a.Quarantined+a.Rejected+a.Underway+a.NeverArrived+a.Lost
}

// Whole tells that nothing is missing: every batch is where it should be, or on its way in
// good time.
func (a Account) Whole() bool { return a.Balanced() && a.Lost == 0 && len(a.Missing) == 0 }

// Sent counts what was put on a queue again.
func (a Account) Sent() (n int) {
	for _, m := range a.Missing {
		if m.Sent {
			n++
		}
	}
	return n
}

// add takes one instrument's account into a.
func (a *Account) add(b Account) {
	a.Instruments += b.Instruments
	a.Granted += b.Granted
	a.Stored += b.Stored
	a.Quarantined += b.Quarantined
	a.Rejected += b.Rejected
	a.Underway += b.Underway
	a.NeverArrived += b.NeverArrived
	a.Lost += b.Lost
	a.Scored += b.Scored
	a.Missing = append(a.Missing, b.Missing...)
}

func (a *Account) sort() {
	slices.SortFunc(a.Missing, func(x, y Missing) int {
		return cmp.Or(cmp.Compare(x.Instrument, y.Instrument), cmp.Compare(x.Sequence, y.Sequence), cmp.Compare(x.Ordinal, y.Ordinal),
			cmp.Compare(x.Reason, y.Reason), cmp.Compare(x.Batch, y.Batch))
	})
}
