// Package challenge makes the nonces that requests are signed over, and spends each
// once. A nonce carries the service's own time: an instrument's clock is never judged.
package challenge

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"proactive/shared/fault"
)

// Validity is how long a nonce may be spent, by the service's clock.
const Validity = 5 * time.Minute

// skew is how far apart the clocks of two of our functions may be.
const skew = 30 * time.Second

// A nonce is 8 bytes of Unix seconds (big-endian), 16 random bytes, and the HMAC-SHA256
// of these 24 under the challenge key; base64url without padding.
const (
	messageBytes = 8 + 16
	nonceBytes   = messageBytes + 32
)

// Reasons that go to the log. Outside there is one answer for all of them.
const (
	Malformed = "nonce-malformed"
	Stale     = "nonce-stale"
	Forged    = "nonce-forged"
	Spent     = "nonce-spent"
)

// ErrSpent is what Used answers to a second use.
var ErrSpent = errors.New("the nonce was used")

// Mac is HMAC-SHA256 under the challenge key.
type Mac interface {
	Mac(ctx context.Context, message []byte) ([]byte, error)
	// VerifyMac tells whether Mac made mac of message. An error says nothing of it.
	VerifyMac(ctx context.Context, message, mac []byte) (bool, error)
}

// Used records nonces that were used.
type Used interface {
	// Use records that request used nonce, which nobody needs to remember after until.
	// It answers ErrSpent if another request did before. The same request may record
	// its use again: a write whose reply was lost is repeated. Strongly consistent;
	// durable when it returns nil, perhaps durable after another error.
	Use(ctx context.Context, nonce, request string, until time.Time) error
}

// Challenge is what an instrument signs over.
type Challenge struct {
	Nonce string    `json:"nonce"`
	Time  time.Time `json:"time"` // the service's, for an instrument to tell its own clock's error
}

// Nonces makes and spends nonces.
type Nonces struct {
	Mac  Mac
	Used Used
	Now  func() time.Time
	Rand io.Reader // crypto/rand
}

// New makes a nonce. Nothing is stored.
func (n Nonces) New(ctx context.Context) (Challenge, error) {
	now := n.Now().UTC().Truncate(time.Second)
	message := make([]byte, messageBytes, nonceBytes)
	binary.BigEndian.PutUint64(message, uint64(now.Unix())) //nolint:gosec // after 1970
	if _, err := io.ReadFull(n.Rand, message[8:]); err != nil {
		return Challenge{}, fmt.Errorf("drawing a nonce: %w", err)
	}
	mac, err := n.Mac.Mac(ctx, message)
	if err != nil {
		return Challenge{}, fmt.Errorf("sealing a nonce: %w", err)
	}
	return Challenge{Nonce: base64.RawURLEncoding.EncodeToString(append(message, mac...)), Time: now}, nil
}

// Spend accepts a nonce of ours that is fresh, once. request names the request that
// spends it. Call it only after the request's signature verified: it writes a row.
func (n Nonces) Spend(ctx context.Context, nonce, request string) error {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(nonce)
	// The decoder passes over line breaks: two spellings of one nonce would be two rows.
	if err != nil || len(raw) != nonceBytes || base64.RawURLEncoding.EncodeToString(raw) != nonce {
		return fault.New(fault.Unknown, Malformed, nil)
	}
	message, mac := raw[:messageBytes], raw[messageBytes:]
	made := time.Unix(int64(binary.BigEndian.Uint64(message)), 0) //nolint:gosec // judged by the MAC below
	if age := n.Now().Sub(made); age < -skew || age >= Validity {
		return fault.New(fault.Unknown, Stale, nil)
	}
	ours, err := n.Mac.VerifyMac(ctx, message, mac)
	if err != nil {
		return fmt.Errorf("checking a nonce: %w", err)
	}
	if !ours {
		return fault.New(fault.Unknown, Forged, nil)
	}
	// A row may go only when no function's clock accepts the nonce any more.
	err = n.Used.Use(ctx, nonce, request, made.Add(Validity+2*skew))
	switch {
	case errors.Is(err, ErrSpent):
		return fault.New(fault.Unknown, Spent, nil)
	case err != nil:
		return fmt.Errorf("recording a nonce: %w", err)
	}
	return nil
}
