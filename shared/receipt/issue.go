package receipt

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"proactive/shared/jws"
)

// attempts bounds how often Issue signs anew because the head moved. Whoever moved it has
// its receipt, so of n batches of one instrument under way at once, as when a spool
// drains after days offline, each is beaten n-1 times at the most; the queues let 20
// through at once. Redelivery goes on, but minutes later.
const attempts = 40

// longest is the longest pause before another attempt. Pauses are drawn, so that those
// who met once do not meet again.
const longest = 400 * time.Millisecond

// Issue makes r the next receipt of its instrument and returns its JWS. It fills in
// Format, Ordinal and Previous; the caller gives the rest. If the batch has a receipt
// already, that one is returned and r is forgotten: the first receipt wins. clean is
// where the clean object is, zero unless the verdict is Stored.
//
// If we crash before the commit, nothing happened; after it, the next Issue for the same
// batch returns what was committed.
func Issue(ctx context.Context, signer Signer, chain Chain, r Receipt, clean Place) (Entry, error) {
	if r.Verdict != Stored && clean != (Place{}) || r.Verdict == Stored && clean == (Place{}) {
		return Entry{}, fmt.Errorf("issuing the receipt of batch %s: the clean place does not go with the verdict", r.Batch)
	}
	for n := range attempts {
		if err := pause(ctx, n); err != nil {
			return Entry{}, fmt.Errorf("committing the receipt of batch %s: %w", r.Batch, err)
		}
		head, err := chain.Head(ctx, r.Instrument)
		if err != nil {
			return Entry{}, fmt.Errorf("reading the chain's head: %w", err)
		}
		r.Format, r.Ordinal, r.Previous = Format, head.Ordinal+1, head.Digest
		if err := r.Check(); err != nil {
			return Entry{}, fmt.Errorf("issuing the receipt of batch %s: %w", r.Batch, err)
		}
		jws, err := sign(ctx, signer, r)
		if err != nil {
			return Entry{}, err
		}
		err = chain.Commit(ctx, Commit{
			Receipt: r, JWS: jws, Clean: clean, Was: head, Next: Head{Ordinal: r.Ordinal, Digest: Digest(jws)},
		})
		switch {
		case err == nil:
			return Entry{JWS: jws, Clean: clean}, nil
		case errors.Is(err, ErrAlready):
			first, err := chain.Entry(ctx, r.Instrument, r.Batch)
			if err != nil {
				return Entry{}, fmt.Errorf("reading the first receipt of batch %s: %w", r.Batch, err)
			}
			return first, nil
		case errors.Is(err, ErrHeadMoved):
			continue
		default:
			return Entry{}, fmt.Errorf("committing the receipt of batch %s: %w", r.Batch, err)
		}
	}
	return Entry{}, fmt.Errorf("committing the receipt of batch %s: %w", r.Batch, ErrHeadMoved)
}

// pause waits before attempt n, counted from 0, which does not wait.
func pause(ctx context.Context, n int) error {
	if n == 0 {
		return nil
	}
	wait := rand.N(min(longest, 10*time.Millisecond<<min(n, 6))) //nolint:gosec // G404: jitter is no secret
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(wait):
		return nil
	}
}

// Digest is how the next receipt names this one: hex SHA-256 of the JWS.
func Digest(jws string) string {
	sum := sha256.Sum256([]byte(jws))
	return hex.EncodeToString(sum[:])
}

// Type is the "typ" of the JWS header: it keeps a signature on a receipt from being one
// on anything else.
const Type = "proactive-receipt+jws"

// sign makes the JWS of a receipt.
func sign(ctx context.Context, signer Signer, r Receipt) (string, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return "", fmt.Errorf("encoding a receipt: %w", err)
	}
	signed, err := jws.Sign(ctx, signer, Type, body)
	if err != nil {
		return "", fmt.Errorf("signing a receipt: %w", err)
	}
	return signed, nil
}
