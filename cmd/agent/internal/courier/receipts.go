package courier

import (
	"context"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"

	"proactive/cmd/agent/internal/home"
	"proactive/cmd/agent/internal/outbox"
	"proactive/shared/fault"
	"proactive/shared/keyset"
	"proactive/shared/receipt"
)

// Fetch brings the receipts that are not here yet, verifies each one's signature and
// its place in the chain, stores it, and settles the batches that have theirs.
func (c *Courier) Fetch(ctx context.Context, keys keyset.KeySet) error {
	for {
		chain, err := c.Home.Receipts()
		if err != nil {
			return err
		}
		page, err := c.Client.Receipts(ctx, c.sign, int64(len(chain)))
		if err != nil {
			return fmt.Errorf("asking for receipts: %w", err)
		}
		for _, jws := range page {
			r, err := c.follows(chain, jws, keys)
			if err != nil {
				return err
			}
			if err := c.Home.AddReceipt(r.Ordinal, jws); err != nil {
				return err
			}
			chain = append(chain, jws)
			// A number that a receipt names is taken, whoever took it.
			if err := c.Home.RaiseSequence(r.Sequence); err != nil {
				return err
			}
		}
		if len(page) == 0 {
			return c.Settle()
		}
	}
}

// follows verifies a receipt and that it is the next in the chain.
func (c *Courier) follows(chain []string, jws string, keys keyset.KeySet) (receipt.Receipt, error) {
	r, err := receipt.Verify(jws, keys)
	if err != nil {
		return r, fmt.Errorf("verifying a receipt: %w", err)
	}
	previous := ""
	if len(chain) > 0 {
		previous = receipt.Digest(chain[len(chain)-1])
	}
	switch {
	case r.Deployment != c.Enrolment.Deployment || r.Instrument != c.Enrolment.Instrument:
		return r, fault.New(fault.Forbidden, ForSomeoneElse, nil)
	case r.Ordinal != int64(len(chain))+1 || r.Previous != previous:
		return r, fault.New(fault.Forbidden, receipt.ChainBroken, fmt.Errorf("receipt %d after %d", r.Ordinal, len(chain)))
	}
	return r, nil
}

// Settle forgets every batch of the outbox whose receipt is stored. What a crash
// left undone it does: it goes by what is on disk. The stored receipts were verified
// when they were stored.
func (c *Courier) Settle() error {
	waiting, err := c.Box.List()
	if err != nil || len(waiting) == 0 {
		return err
	}
	chain, err := c.Home.Receipts()
	if err != nil {
		return err
	}
	byBatch := map[string]receipt.Receipt{}
	for _, jws := range chain {
		r, err := receipt.Read(jws)
		if err != nil {
			return fmt.Errorf("reading a stored receipt: %w", err)
		}
		byBatch[r.Batch] = r
	}
	var wrong error
	for _, e := range waiting {
		r, there := byBatch[e.Batch]
		if !there {
			continue
		}
		if err := Matches(r, e); err != nil {
			wrong = err // this one stays; the others have nothing to do with it
			continue
		}
		// Remembered first: if we crash before the removal, the next Settle removes.
		if err := c.Home.SetSent(e.Payload, home.Sent{Batch: e.Batch, Sequence: e.Sequence, SHA256: e.SHA256, Bytes: e.Bytes, Ordinal: r.Ordinal}); err != nil {
			return err
		}
		if e.Run != "" {
			if err := c.Home.Cover(e.Run, e.Rows, e.Last); err != nil {
				return err
			}
		}
		if err := c.Box.Remove(e.Batch); err != nil {
			return err
		}
	}
	return wrong
}

// Matches tells whether a receipt speaks of the very bytes in the outbox.
func Matches(r receipt.Receipt, e outbox.Entry) error {
	if r.Batch != e.Batch || r.Sequence != e.Sequence || r.SHA256 != e.SHA256 || (r.Payload != "" && r.Payload != e.Payload) {
		return fault.New(fault.Forbidden, NotThisBatch, fmt.Errorf("batch %s", e.Batch))
	}
	return nil
}

// Await fetches receipts until every one of the batches has left the outbox, or wait
// is over: then ReceiptLate. found is told each time how many are outstanding.
func (c *Courier) Await(ctx context.Context, keys keyset.KeySet, batches map[string]bool, wait time.Duration, found func(outstanding int)) error {
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval = c.Interval
	pause.MaxInterval = 10 * c.Interval
	deadline := time.Now().Add(wait)
	for {
		err := c.Fetch(ctx, keys)
		if err != nil && !again(err) {
			return err
		}
		left, listErr := c.Outstanding(batches)
		if listErr != nil {
			return listErr
		}
		if found != nil {
			found(left)
		}
		if left == 0 {
			return nil
		}
		next := pause.NextBackOff()
		if time.Now().Add(next).After(deadline) {
			if err != nil {
				return err
			}
			return fault.New(fault.Unavailable, ReceiptLate, nil)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(next):
		}
	}
}

// Outstanding counts those of the batches that are in the outbox.
func (c *Courier) Outstanding(batches map[string]bool) (int, error) {
	waiting, err := c.Box.List()
	if err != nil {
		return 0, err
	}
	n := 0
	for _, e := range waiting {
		if batches[e.Batch] {
			n++
		}
	}
	return n, nil
}
