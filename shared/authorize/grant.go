// Package authorize decides whether an instrument may upload a batch, and says where. A
// grant is bound to one key, length and digest, and is in the ledger before the URL is
// made: what may arrive is known before it does.
package authorize

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"proactive/shared/batch"
	"proactive/shared/consent"
	"proactive/shared/fault"
	"proactive/shared/instrument"
	"proactive/shared/layout"
	"proactive/shared/ledger"
	"proactive/shared/receipt"
)

// Limits of a grant.
const (
	MaxBytes          = batch.MaxCiphertext + batch.MaxHeader + 1<<10 // the longest batch that parses
	DefaultDailyBytes = 2 << 30                                       // of an instrument that has no quota of its own
	Lifetime          = 5 * time.Minute                               // of a presigned URL
	maxSequence       = 1e12                                          // as in the batch header
)

// Reasons for which there is no grant, beside those of consent.Refusal.
const (
	BadRequest    = "bad-request"     // the request contradicts itself
	TooLarge      = "batch-too-large" // larger than any batch may be
	BatchDiffers  = "batch-differs"   // the id was granted for other bytes or another sequence number
	SequenceTaken = "sequence-taken"  // by another batch
	DailyQuota    = "daily-quota"
)

// Statuses of an answer.
const (
	Upload       = "upload"        // PUT it as the answer says
	AwaitReceipt = "await-receipt" // it has arrived
	HasReceipt   = "receipt"       // here it is
)

// Ask is the body of POST /v1/authorize.
type Ask struct {
	Batch    string `json:"batch"`
	Sequence int64  `json:"sequence"`
	Bytes    int64  `json:"bytes"`
	SHA256   string `json:"sha256"` // hex digest of the sealed batch
}

// Answer is what becomes of it.
type Answer struct {
	Status  string            `json:"status"`
	URL     string            `json:"url,omitempty"`
	Method  string            `json:"method,omitempty"`
	Headers map[string]string `json:"headers,omitempty"` // all of them are signed
	Expires time.Time         `json:"expires,omitzero"`
	Receipt string            `json:"receipt,omitempty"`
}

// Grant is what goes into the ledger: the batch's entry, and what bounds it.
type Grant struct {
	Entry      ledger.Entry // State is Granted
	Day        string       // UTC, "2006-01-02"
	DailyBytes int64        // that may be granted on Day in all
	At         time.Time
}

// Ledger keeps what was granted.
type Ledger interface {
	// Batch is strongly consistent and answers ledger.ErrNone.
	Batch(ctx context.Context, instrument, batch string) (ledger.Entry, error)
	// Grant is one transaction or nothing: the batch's row, where none may be; the
	// sequence number's owner, where none may be; the day's bytes, which may not come to
	// more than DailyBytes. It answers ledger.ErrAlready if the batch has a row, else
	// ledger.ErrSequenceTaken, else ledger.ErrQuota. After another error it may be
	// durable or not: ask Batch.
	Grant(ctx context.Context, g Grant) error
}

// Receipts reads receipts. Both are strongly consistent.
type Receipts interface {
	// Entry answers receipt.ErrNone.
	Entry(ctx context.Context, instrument, batch string) (receipt.Entry, error)
	// After returns at most limit receipts of an instrument with ordinals after n,
	// oldest first.
	After(ctx context.Context, instrument string, n int64, limit int) ([]string, error)
}

// Put is one upload, to be signed.
type Put struct {
	Key    string
	Bytes  int64
	SHA256 []byte
	For    time.Duration
}

// Signed is a signed upload. Every header is under the signature.
type Signed struct {
	URL, Method string
	Headers     map[string]string
}

// Inbox signs uploads.
type Inbox interface {
	// Sign makes a request that writes exactly these bytes at exactly this key, where
	// nothing may be. It writes nothing itself.
	Sign(ctx context.Context, p Put) (Signed, error)
}

// Stage grants uploads.
type Stage struct {
	Ledger   Ledger
	Receipts Receipts
	Inbox    Inbox
	Keys     Keys
	Now      func() time.Time
}

// Authorize decides on one batch. The same ask may come any number of times: while there
// is no receipt it is granted again, and then it is answered with the receipt.
//
// If we crash after the ledger's transaction, the next ask finds the grant and signs it.
func (s Stage) Authorize(ctx context.Context, i instrument.Instrument, ask Ask) (Answer, error) {
	digest, err := check(ask)
	if err != nil {
		return Answer{}, err
	}
	e, err := s.Ledger.Batch(ctx, i.ID, ask.Batch)
	if err != nil && !errors.Is(err, ledger.ErrNone) {
		return Answer{}, fmt.Errorf("looking up batch %s: %w", ask.Batch, err)
	}
	known := err == nil
	if known && (e.SHA256 != ask.SHA256 || e.Bytes != ask.Bytes || e.Sequence != ask.Sequence) {
		return Answer{}, fault.New(fault.Conflict, BatchDiffers, nil)
	}
	// What is here already needs no consent: the lab may always have its receipt.
	if known && e.Settled() {
		return s.receipt(ctx, i.ID, ask.Batch)
	}
	if reason := consent.Refusal(i); reason != "" {
		return Answer{}, fault.New(fault.Forbidden, reason, nil)
	}
	if known && e.State == ledger.Claimed {
		return Answer{Status: AwaitReceipt}, nil
	}
	if !known {
		if err := s.grant(ctx, i, ask); err != nil {
			return Answer{}, err
		}
	}
	expires := s.Now().UTC().Add(Lifetime).Truncate(time.Second)
	put, err := s.Inbox.Sign(ctx, Put{Key: layout.InboxKey(i.ID, ask.Batch), Bytes: ask.Bytes, SHA256: digest, For: Lifetime})
	if err != nil {
		return Answer{}, fmt.Errorf("signing the upload of batch %s: %w", ask.Batch, err)
	}
	return Answer{Status: Upload, URL: put.URL, Method: put.Method, Headers: put.Headers, Expires: expires}, nil
}

// check holds an ask to its form.
func check(ask Ask) (digest []byte, err error) {
	digest, err = hex.DecodeString(ask.SHA256)
	if err != nil || len(digest) != 32 || hex.EncodeToString(digest) != ask.SHA256 ||
		!layout.ValidBatch(ask.Batch) || ask.Sequence < 1 || ask.Sequence >= maxSequence || ask.Bytes < 1 {
		return nil, fault.New(fault.Malformed, BadRequest, nil)
	}
	if ask.Bytes > MaxBytes {
		return nil, fault.New(fault.Malformed, TooLarge, nil)
	}
	return digest, nil
}

func (s Stage) grant(ctx context.Context, i instrument.Instrument, ask Ask) error {
	now := s.Now().UTC()
	quota := i.DailyBytes
	if quota == 0 {
		quota = DefaultDailyBytes
	}
	err := s.Ledger.Grant(ctx, Grant{
		Entry: ledger.Entry{
			Instrument: i.ID, Batch: ask.Batch, Sequence: ask.Sequence, Bytes: ask.Bytes, SHA256: ask.SHA256, State: ledger.Granted,
		},
		Day: now.Format(time.DateOnly), DailyBytes: quota, At: now,
	})
	switch {
	case errors.Is(err, ledger.ErrAlready):
		// Another try of this ask was quicker, or this one's reply was lost. Which of
		// both, and for which bytes, the next ask finds out.
		return fault.New(fault.Unavailable, Busy, err)
	case errors.Is(err, ledger.ErrSequenceTaken):
		return fault.New(fault.Conflict, SequenceTaken, err)
	case errors.Is(err, ledger.ErrQuota):
		return fault.New(fault.Quota, DailyQuota, err)
	case err != nil:
		return fmt.Errorf("granting batch %s: %w", ask.Batch, err)
	}
	return nil
}

// Busy says that the same was asked at the same moment: ask again.
const Busy = "busy"

func (s Stage) receipt(ctx context.Context, instrument, batch string) (Answer, error) {
	e, err := s.Receipts.Entry(ctx, instrument, batch)
	if err != nil {
		return Answer{}, fmt.Errorf("reading the receipt of batch %s: %w", batch, err)
	}
	return Answer{Status: HasReceipt, Receipt: e.JWS}, nil
}
