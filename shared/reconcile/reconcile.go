// Package reconcile checks the account of every batch: what was granted is stored,
// quarantined or rejected with a receipt, or it is on its way. It trusts no stage and no
// queue, only what is at rest: the ledger, the names of the objects, the rows of runs.
// What has stopped on its way it sets going again, by the message that was lost, made from
// the ledger alone; what no message can mend it reports.
//
// It never reads an object, and sends nothing to scrub: a claimed batch may be one that
// validate was about to refuse, so it goes through validate again.
package reconcile

import (
	"context"
	"time"

	"proactive/shared/handoff"
	"proactive/shared/ledger"
	"proactive/shared/receipt"
)

// Batch is a batch's row in the ledger.
type Batch struct {
	ledger.Entry
	Granted time.Time
	Clean   receipt.Place // zero unless it is stored
}

// Rows is everything that the ledger has of one instrument. It is written in
// transactions, so that each kind of row bears witness to another.
type Rows struct {
	Batches  []Batch
	Owners   map[int64]string // of sequence numbers: one for each grant
	Receipts map[int64]string // batch by ordinal in the chain
	Head     int64            // the last ordinal, 0 before the first
}

// Ledger reads the account.
type Ledger interface {
	// Rows of an instrument, strongly consistent row by row. It is no snapshot: what
	// changes meanwhile may be seen half.
	Rows(ctx context.Context, instrument string) (Rows, error)
}

// Instruments knows who is enrolled.
type Instruments interface {
	// IDs of all instruments, in no order, but for those that are being erased.
	IDs(ctx context.Context) ([]string, error)
}

// Version is one version of one object, by name only.
type Version struct {
	ID string
	At time.Time // when it was written
}

// Objects knows the names of an instrument's objects in one bucket.
type Objects interface {
	// Versions of every object of an instrument, oldest first, by batch.
	Versions(ctx context.Context, instrument string) (map[string][]Version, error)
}

// Health knows which runs were scored.
type Health interface {
	// Runs of an instrument: the batch that each sequence number's row is of.
	Runs(ctx context.Context, instrument string) (map[int64]string, error)
}

// Queue is a work queue.
type Queue[M any] interface {
	// Send puts m on the queue, at least once.
	Send(ctx context.Context, m M) error
	// Waiting is about how many messages are on the queue, under way or not.
	Waiting(ctx context.Context) (int, error)
}

// Arrival is an event of an object's creation in the form of EventBridge: what S3 said
// when the batch arrived, and what was lost.
type Arrival struct {
	Source     string `json:"source"`
	DetailType string `json:"detail-type"`
	Detail     struct {
		Reason string `json:"reason"` // S3's has PutObject here
		Bucket struct {
			Name string `json:"name"`
		} `json:"bucket"`
		Object struct {
			Key     string `json:"key"`
			Version string `json:"version-id"`
		} `json:"object"`
	} `json:"detail"`
}

// arrival is the event of an object version.
func arrival(bucket, key, version string) Arrival {
	a := Arrival{Source: "aws.s3", DetailType: "Object Created"}
	a.Detail.Reason = "Reconcile"
	a.Detail.Bucket.Name, a.Detail.Object.Key, a.Detail.Object.Version = bucket, key, version
	return a
}

// How long things may take.
const (
	// Patience is how long as a rule a batch may be on its way before its message counts as lost.
	// With five deliveries and six minutes between two, a failing message is in the
	// dead-letter queue after half an hour; sending it again sooner changes nothing.
	Patience = 15 * time.Minute
	// Stays is when a batch that was set going again is still not there: two sweeps later.
	Stays = 3 * time.Hour
	// Lifetime of a grant, generously: the presigned URL lives for five minutes.
	Lifetime = 15 * time.Minute
	// CleanKept is for how long a clean object must be there. The bucket's lifecycle is
	// longer; infra's tests compare the two.
	CleanKept = 3 * 365 * 24 * time.Hour
	// Busy is how many messages may wait before nothing is added to them: what is missing
	// is then most likely among them, and an outage must not be answered with more work.
	Busy = 1000
)

// Stage reconciles.
type Stage struct {
	Bucket      string // the inbox
	Instruments Instruments
	Ledger      Ledger
	Inbox       Objects
	Clean       Objects
	Health      Health
	Validate    Queue[Arrival]
	Score       Queue[handoff.Stored]
	// Redrive sends what was lost again. Without it the account is only read.
	Redrive bool
	// Patience is Patience, or another that the operator has; 0 is none at all.
	Patience time.Duration
	// Workers is how many instruments are looked at at once.
	Workers int
	Now     func() time.Time
}
