package authorize

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"proactive/shared/fault"
	"proactive/shared/instrument"
	"proactive/shared/keyset"
)

// PageReceipts is how many receipts an answer holds at most.
const PageReceipts = 100

// NoKeySet says that the operator has not published a key set yet.
const NoKeySet = "no-key-set"

// Keys is the published key set.
type Keys interface {
	// Signed answers keyset.ErrNone before the first is published.
	Signed(ctx context.Context) (keyset.Signed, error)
}

// Page is the answer to GET /v1/receipts?after=N.
type Page struct {
	Receipts []string `json:"receipts"` // in the order of the chain
	Next     int64    `json:"next"`     // what to ask after next
}

// List returns an instrument's own receipts, in pages. It asks for no consent: the lab
// may always see what was kept.
func (s Stage) List(ctx context.Context, i instrument.Instrument, query url.Values) (Page, error) {
	after := int64(0)
	for name, values := range query {
		if name != "after" || len(values) != 1 {
			return Page{}, fault.New(fault.Malformed, BadRequest, nil)
		}
		n, err := strconv.ParseInt(values[0], 10, 64)
		if err != nil || n < 0 {
			return Page{}, fault.New(fault.Malformed, BadRequest, nil)
		}
		after = n
	}
	receipts, err := s.Receipts.After(ctx, i.ID, after, PageReceipts)
	if err != nil {
		return Page{}, fmt.Errorf("reading receipts: %w", err)
	}
	if receipts == nil {
		receipts = []string{} // never null on the wire
	}
	return Page{Receipts: receipts, Next: after + int64(len(receipts))}, nil
}

// KeySet returns the signed key set. It proves itself, so anyone may have it.
func (s Stage) KeySet(ctx context.Context) (keyset.Signed, error) {
	signed, err := s.Keys.Signed(ctx)
	if errors.Is(err, keyset.ErrNone) {
		return keyset.Signed{}, fault.New(fault.Unavailable, NoKeySet, err)
	}
	if err != nil {
		return keyset.Signed{}, fmt.Errorf("reading the key set: %w", err)
	}
	return signed, nil
}
