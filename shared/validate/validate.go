// Package validate accepts or refuses what arrived in the inbox, with a reason, and ties
// an accepted batch to the very object version it looked at. It checks who sealed the
// batch and for whom; it never sees what is in it, and has no key that could open it.
package validate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"proactive/shared/fault"
	"proactive/shared/handoff"
	"proactive/shared/instrument"
	"proactive/shared/journal"
	"proactive/shared/keyset"
	"proactive/shared/layout"
	"proactive/shared/ledger"
	"proactive/shared/receipt"
)

// Outcomes of an arrival beside the reasons of check.go, with which it is rejected.
// An object that is left gets no receipt, for nobody is owed one; it is counted.
const (
	Accepted          = "accepted"           // claimed and handed to scrub
	Settled           = "settled"            // it has its receipt; an event was delivered again
	NotAnInboxKey     = "not-an-inbox-key"   // left
	ForeignBucket     = "foreign-bucket"     // left
	NoGrant           = "no-grant"           // left: nothing was granted at this key
	UnknownInstrument = "unknown-instrument" // left: granted, and the instrument is gone since
	ReplayedVersion   = "replayed-version"   // left: the batch is claimed for another version of the object
)

// Inbox reads uploads.
type Inbox interface {
	// Get returns the object version that a names, whatever came after it, or its first
	// limit+1 bytes if it is longer than limit.
	Get(ctx context.Context, a Arrival, limit int64) ([]byte, error)
	// Newest names the newest version of an object. It is asked only when the event
	// names none, and only for inbox keys, which are written once: then newest is the
	// one that the event means. It answers ErrGone if there is none, where the store tells
	// that from a refusal. It is an error in a bucket without versions.
	Newest(ctx context.Context, bucket, key string) (version string, err error)
	// Remove deletes exactly the version that a names. That it is gone already is no error.
	Remove(ctx context.Context, a Arrival) error
}

// ErrGone says that there is no such object.
var ErrGone = errors.New("the upload is gone")

// Ledger is the account of every batch.
type Ledger interface {
	// Batch is strongly consistent and answers ledger.ErrNone.
	Batch(ctx context.Context, instrument, batch string) (ledger.Entry, error)
	// Claim ties a batch that is granted to an object version. Claiming it again for the
	// same version changes nothing. It answers ledger.ErrOtherVersion if it is tied to
	// another, ledger.ErrSettled if it has its receipt. Durable when it returns nil;
	// after another error it may be durable or not.
	Claim(ctx context.Context, instrument, batch, version string) error
}

// Instruments knows the enrolled instruments and their consent.
type Instruments interface {
	// Get is strongly consistent and answers instrument.ErrUnknown.
	Get(ctx context.Context, id string) (instrument.Instrument, error)
}

// Keys is the deployment's key set.
type Keys interface {
	KeySet(ctx context.Context) (keyset.KeySet, error)
}

// Next is the queue to scrub.
type Next interface {
	// Send hands v on, at least once.
	Send(ctx context.Context, v handoff.Validated) error
}

// Stage validates arrivals.
type Stage struct {
	Deployment  string
	Bucket      string // the inbox
	Inbox       Inbox
	Ledger      Ledger
	Instruments Instruments
	Keys        Keys
	Chain       receipt.Chain
	Signer      receipt.Signer
	Next        Next
	Now         func() time.Time
	Log         *slog.Logger // from journal.New
}

// Receive handles the body of one queue message.
func (s Stage) Receive(ctx context.Context, body []byte) error {
	a, err := ParseArrival(body)
	if err != nil {
		return err
	}
	if id, batchID, notOurs := layout.ParseInboxKey(a.Key); a.Version == "" && a.Bucket == s.Bucket && notOurs == nil {
		// An arrival that nobody granted, or whose instrument was erased since, may have no
		// object any more.
		e, err := s.Ledger.Batch(ctx, id, batchID)
		if errors.Is(err, ledger.ErrNone) {
			s.leave(ctx, a, NoGrant)
			return nil
		}
		a.Version, err = s.Inbox.Newest(ctx, a.Bucket, a.Key)
		if errors.Is(err, ErrGone) && e.Settled() { // refused, and removed
			s.done(ctx, e, Settled)
			return nil
		}
		if err != nil {
			return fmt.Errorf("finding the version of an arrival: %w", err)
		}
	}
	_, err = s.Handle(ctx, a)
	return err
}

// Handle brings one arrival to its outcome, which it returns. Handling the same again
// gives the same outcome, or Settled. Only a failure of something we depend on is an
// error, for the queue to deliver again.
//
// The order of what is written, and what is true if we crash after each:
//  1. the claim: the next delivery of this version carries on, another version's is left;
//  2. the message to scrub: the next delivery sends it again, and scrub is idempotent;
//     or the receipt of a rejection: the next delivery finds it;
//  3. after a rejection, the upload is removed: the next delivery does it. Nobody will open
//     it any more, and what was no sealed batch may be anything, in the clear.
func (s Stage) Handle(ctx context.Context, a Arrival) (outcome string, err error) {
	if a.Bucket != s.Bucket {
		return s.leave(ctx, a, ForeignBucket), nil
	}
	id, batchID, err := layout.ParseInboxKey(a.Key)
	if err != nil {
		return s.leave(ctx, a, NotAnInboxKey), nil //nolint:nilerr // a foreign object is no failure of ours: counted, and left
	}
	e, err := s.Ledger.Batch(ctx, id, batchID)
	switch {
	case errors.Is(err, ledger.ErrNone):
		return s.leave(ctx, a, NoGrant), nil
	case err != nil:
		return "", fmt.Errorf("looking up batch %s: %w", batchID, err)
	case e.Settled():
		return s.settled(ctx, a, e)
	case e.State == ledger.Claimed && e.Version != a.Version:
		return s.leave(ctx, a, ReplayedVersion), nil
	}
	i, err := s.Instruments.Get(ctx, id)
	if errors.Is(err, instrument.ErrUnknown) {
		return s.leave(ctx, a, UnknownInstrument), nil
	}
	if err != nil {
		return "", fmt.Errorf("looking up the instrument of batch %s: %w", batchID, err)
	}
	refusal := s.check(ctx, a, e, i)
	kind, reason := fault.Public(refusal)
	if refusal != nil && kind != fault.Malformed && kind != fault.Forbidden {
		return "", fmt.Errorf("checking batch %s: %w", batchID, refusal)
	}
	// The claim comes before the verdict, whichever it is: only the version that owns
	// the batch may have it refused.
	switch err := s.Ledger.Claim(ctx, id, batchID, a.Version); {
	case errors.Is(err, ledger.ErrOtherVersion):
		return s.leave(ctx, a, ReplayedVersion), nil
	case errors.Is(err, ledger.ErrSettled): // meanwhile: as what, the ledger says
		if e, err = s.Ledger.Batch(ctx, id, batchID); err != nil {
			return "", fmt.Errorf("looking up batch %s again: %w", batchID, err)
		}
		return s.settled(ctx, a, e)
	case err != nil:
		return "", fmt.Errorf("claiming batch %s: %w", batchID, err)
	}
	if refusal != nil {
		return s.reject(ctx, a, e, reason)
	}
	err = s.Next.Send(ctx, handoff.Validated{
		Instrument: id, Batch: batchID, Sequence: e.Sequence,
		Bucket: a.Bucket, Key: a.Key, Version: a.Version, SHA256: e.SHA256, Bytes: e.Bytes,
	})
	if err != nil {
		return "", fmt.Errorf("handing batch %s to scrub: %w", batchID, err)
	}
	return s.done(ctx, e, Accepted), nil
}

// reject issues the signed receipt that the instrument is owed. It names the digest that
// was granted, by which the agent knows its batch.
func (s Stage) reject(ctx context.Context, a Arrival, e ledger.Entry, reason string) (string, error) {
	_, err := receipt.Issue(ctx, s.Signer, s.Chain, receipt.Receipt{
		Deployment: s.Deployment, Instrument: e.Instrument, Batch: e.Batch, Sequence: e.Sequence,
		Verdict: receipt.Rejected, Reason: reason, SHA256: e.SHA256, Issued: s.Now().UTC().Format(receipt.TimeFormat),
	}, receipt.Place{})
	if err != nil {
		return "", fmt.Errorf("rejecting batch %s: %w", e.Batch, err)
	}
	journal.Count(ctx, s.Log, journal.BatchesRejected,
		slog.String("instrument", e.Instrument), slog.String("batch", e.Batch), slog.String("reason", reason))
	return reason, s.remove(ctx, a, e)
}

// settled is an arrival of a batch that has its receipt. If that does not promise to keep it,
// nothing of it stays here: the grant may live on for minutes, and be used again.
func (s Stage) settled(ctx context.Context, a Arrival, e ledger.Entry) (string, error) {
	if receipt.Verdict(e.State) != receipt.Stored {
		if err := s.remove(ctx, a, e); err != nil {
			return "", err
		}
	}
	return s.done(ctx, e, Settled), nil
}

func (s Stage) remove(ctx context.Context, a Arrival, e ledger.Entry) error {
	if err := s.Inbox.Remove(ctx, a); err != nil {
		return fmt.Errorf("removing the upload of batch %s: %w", e.Batch, err)
	}
	return nil
}

// leave counts an object that nobody is owed a receipt for, and lets it lie until the
// bucket's lifecycle takes it. Its key is logged only if it is one of ours: anything
// else could be anything.
func (s Stage) leave(ctx context.Context, a Arrival, reason string) string {
	attrs := []slog.Attr{slog.String("reason", reason)}
	if id, batchID, err := layout.ParseInboxKey(a.Key); err == nil {
		attrs = append(attrs, slog.String("instrument", id), slog.String("batch", batchID))
	}
	journal.Count(ctx, s.Log, journal.UploadsLeft, attrs...)
	return reason
}

func (s Stage) done(ctx context.Context, e ledger.Entry, outcome string) string {
	s.Log.InfoContext(ctx, "batch validated",
		slog.String("instrument", e.Instrument), slog.String("batch", e.Batch), slog.String("outcome", outcome))
	return outcome
}
