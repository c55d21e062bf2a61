package courier

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"proactive/cmd/agent/internal/home"
	"proactive/shared/fault"
	"proactive/shared/keyset"
)

// fetchKeys asks the service for its clock and a newer key set.
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

// verifyKeys verifies a signed key set against the pinned root, and that it is the
// enrolled deployment's. Before enrolment the deployment is not known and the root
// decides alone. The zero time skips the expiry.
func verifyKeys(raw []byte, e home.Enrolment, now time.Time) (keyset.KeySet, error) {
	pinned, err := hex.DecodeString(e.Root)
	if err != nil || len(pinned) != sha256.Size {
		return keyset.KeySet{}, errors.New("the pinned root is not a fingerprint")
	}
	signed, err := keyset.ParseSigned(raw)
	if err != nil {
		return keyset.KeySet{}, err
	}
	set, err := keyset.Verify(signed, [sha256.Size]byte(pinned), now)
	if err != nil {
		return keyset.KeySet{}, fmt.Errorf("verifying the key set: %w", err)
	}
	if e.Deployment != "" && set.Deployment != e.Deployment {
		return keyset.KeySet{}, fault.New(fault.Forbidden, KeySetForeign, nil)
	}
	return set, nil
}
