// Package courier takes sealed batches from the outbox to the service and brings
// their receipts back. Every step may be repeated: a batch keeps its id, its number
// and its bytes, the service grants the same batch again, and only a receipt whose
// signature and place in the chain were checked lets a batch leave the outbox.
package courier

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/cenkalti/backoff/v5"

	"proactive/cmd/agent/internal/client"
	"proactive/cmd/agent/internal/home"
	"proactive/cmd/agent/internal/outbox"
	"proactive/shared/fault"
	"proactive/shared/keyset"
	"proactive/shared/request"
)

// Reasons of the courier's own.
const (
	KeySetWithdrawn = "key-set-older"     // an older key set than we have seen
	KeySetForeign   = "key-set-foreign"   // a key set of another deployment
	NoKeySet        = "key-set-missing"   // none is stored and none can be fetched
	NotThisBatch    = "receipt-not-ours"  // a receipt for our batch that describes other bytes
	ForSomeoneElse  = "receipt-foreign"   // a receipt for another instrument or deployment
	ReceiptLate     = "receipt-late"      // no receipt within the time waited
	Forgotten       = "receipt-withdrawn" // the service has forgotten a batch it gave a receipt for
)

// Courier delivers for one enrolled home. The caller holds the home's lock.
type Courier struct {
	Home      *home.Home
	Box       *outbox.Box
	Client    *client.Client
	Enrolment home.Enrolment
	Key       ed25519.PrivateKey

	// Patience bounds how long one step is tried again when the service cannot be
	// reached. Interval is the first pause between two tries, or two looks for
	// receipts.
	Patience, Interval time.Duration
}

// sign signs requests as the enrolled instrument.
func (c *Courier) sign(method, path, nonce string, body []byte) (string, error) {
	return request.Sign(c.Key, c.Enrolment.Instrument, method, path, nonce, body)
}

// Connect is the first talk of a send: the newest key set, and the receipts that came
// meanwhile. If the service cannot be reached it returns the stored key set with the
// error, so that an instrument can seal while the network is away; without a key set
// that may be used there is nothing to do but return the error alone. It is less
// patient than Deliver: whoever sends from an isolated instrument should not wait long.
func (c *Courier) Connect(ctx context.Context, retry func(error)) (keyset.KeySet, error) {
	_, fetchErr := backoff.Retry(ctx, func() (struct{}, error) {
		return struct{}{}, final(c.fetchKeys(ctx))
	}, c.retries(c.Patience/8, retry)...)
	if kind, _ := fault.Public(fetchErr); fetchErr != nil && kind != fault.Unavailable {
		return keyset.KeySet{}, fetchErr
	}
	set, err := StoredKeys(c.Home, c.Enrolment)
	if err != nil && fetchErr != nil {
		return set, fetchErr
	}
	if err != nil || fetchErr != nil {
		return set, errors.Join(err, fetchErr)
	}
	_, err = backoff.Retry(ctx, func() (struct{}, error) {
		return struct{}{}, final(c.Fetch(ctx, set))
	}, c.retries(c.Patience/8, retry)...)
	return set, err
}

// Deliver takes one batch to the service: it asks for a grant and uploads under it,
// and starts again from the grant as long as only the network or the service stands
// in the way. When it returns nil the service has the bytes, and the receipt is to
// come. progress is told the bytes as they go out and may be nil; retry is told why
// a try failed and may be nil.
func (c *Courier) Deliver(ctx context.Context, e outbox.Entry, progress func(int), retry func(error)) error {
	sealed, err := c.Box.Bytes(e)
	if err != nil {
		return err
	}
	_, err = backoff.Retry(ctx, func() (struct{}, error) {
		return struct{}{}, final(c.attempt(ctx, e, sealed, progress))
	}, c.retries(c.Patience, retry)...)
	if err != nil {
		return c.refused(e, err)
	}
	e.Uploaded, e.Refused = true, ""
	return c.Box.Update(e)
}

func (c *Courier) attempt(ctx context.Context, e outbox.Entry, sealed []byte, progress func(int)) error {
	g, err := c.Client.Authorize(ctx, c.sign, offer(e))
	if err != nil {
		return fmt.Errorf("asking for a grant: %w", err)
	}
	if g.Status != client.Upload {
		return nil // the object is there, or even its receipt: Fetch brings it
	}
	if u, err := url.Parse(g.URL); err == nil && u.Host != "" {
		if err := c.Home.SetStore(u.Host); err != nil {
			return err
		}
	}
	err = c.Client.Put(ctx, g, sealed, progress)
	if _, reason := fault.Public(err); reason == client.AlreadyThere {
		// An upload whose answer was lost. Nothing to repeat: await the receipt.
		return nil
	}
	if err != nil {
		return fmt.Errorf("uploading: %w", err)
	}
	return nil
}

// refused keeps the service's reason with the batch, for the status.
func (c *Courier) refused(e outbox.Entry, cause error) error {
	if kind, reason := fault.Public(cause); kind != fault.Internal && kind != fault.Unavailable {
		e.Refused = reason
		if err := c.Box.Update(e); err != nil {
			return errors.Join(cause, err)
		}
	}
	return cause
}

// Offer repeats the offer of a batch that has its receipt, as a repeated send does.
// The service must still know it.
func (c *Courier) Offer(ctx context.Context, s home.Sent) error {
	g, err := backoff.Retry(ctx, func() (client.Grant, error) {
		g, err := c.Client.Authorize(ctx, c.sign, client.Offer{Batch: s.Batch, Sequence: s.Sequence, Bytes: s.Bytes, SHA256: s.SHA256})
		return g, final(err)
	}, c.retries(c.Patience, nil)...)
	if err != nil {
		return fmt.Errorf("offering batch %s again: %w", s.Batch, err)
	}
	if g.Status != client.HasReceipt {
		return fault.New(fault.Conflict, Forgotten, nil)
	}
	return nil
}

func offer(e outbox.Entry) client.Offer {
	return client.Offer{Batch: e.Batch, Sequence: e.Sequence, Bytes: e.Bytes, SHA256: e.SHA256}
}

// again tells whether trying again may help. Nothing that the service decided will
// be decided otherwise in a minute.
func again(err error) bool {
	kind, reason := fault.Public(err)
	switch reason {
	case client.Untrusted, client.WrongClock, client.Portal, client.Redirected:
		return false // a person has to do something first
	}
	return kind == fault.Unavailable
}

// final marks an error after which trying again is no use.
func final(err error) error {
	if err != nil && !again(err) {
		return backoff.Permanent(err)
	}
	return err
}

func (c *Courier) retries(patience time.Duration, retry func(error)) []backoff.RetryOption {
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval = c.Interval
	pause.MaxInterval = 20 * c.Interval
	notify := func(err error, _ time.Duration) {
		if retry != nil {
			retry(err)
		}
	}
	return []backoff.RetryOption{backoff.WithBackOff(pause), backoff.WithMaxElapsedTime(patience), backoff.WithNotify(notify)}
}
