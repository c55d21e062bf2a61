package courier

import (
	"context"
	"errors"
	"fmt"
	"time"

	"proactive/cmd/agent/internal/home"
	"proactive/shared/fault"
	"proactive/shared/keyset"
)

// Keys returns the key set to seal under and to judge receipts by. It asks the
// service for a newer one; if the service cannot be reached the stored one serves
// until it expires, so that an instrument can seal while the network is away.
func (c *Courier) Keys(ctx context.Context) (keyset.KeySet, error) {
	fetchErr := c.fetchKeys(ctx)
	if fetchErr != nil {
		if kind, _ := fault.Public(fetchErr); kind != fault.Unavailable {
			return keyset.KeySet{}, fetchErr
		}
	}
	set, err := StoredKeys(c.Home, c.Enrolment)
	if err != nil && fetchErr != nil {
		return set, errors.Join(fetchErr, err)
	}
	return set, err
}

func (c *Courier) fetchKeys(ctx context.Context) error {
	ch, err := c.Client.Challenge(ctx)
	if err != nil {
		return err
	}
	if err := c.Home.SetServerTime(ch.Time); err != nil {
		return err
	}
	signed, err := c.Client.Keys(ctx)
	if err != nil {
		return err
	}
	return AcceptKeys(c.Home, c.Enrolment, signed, ch.Time)
}

// AcceptKeys verifies a signed key set against the pinned root and stores it,
// unless an equal or newer one is stored.
func AcceptKeys(h *home.Home, e home.Enrolment, signed []byte, now time.Time) error {
	set, err := verifyKeys(signed, e, now)
	if err != nil {
		return err
	}
	old, found, err := h.KeySet()
	if err != nil {
		return err
	}
	if found {
		// Expiry does not matter for the comparison: now is when the old one was issued.
		stored, err := verifyKeys(old, e, time.Time{})
		if err == nil && set.Serial < stored.Serial {
			return fault.New(fault.Forbidden, KeySetWithdrawn, fmt.Errorf("serial %d after %d", set.Serial, stored.Serial))
		}
		if err == nil && set.Serial == stored.Serial {
			return nil
		}
	}
	return h.SetKeySet(signed)
}

// StoredKeys verifies the stored key set again, by the service's clock.
func StoredKeys(h *home.Home, e home.Enrolment) (keyset.KeySet, error) {
	signed, found, err := h.KeySet()
	if err != nil {
		return keyset.KeySet{}, err
	}
	if !found {
		return keyset.KeySet{}, fault.New(fault.Unavailable, NoKeySet, nil)
	}
	now, err := h.ServerTime()
	if err != nil {
		return keyset.KeySet{}, err
	}
	return verifyKeys(signed, e, now)
}
