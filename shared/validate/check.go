package validate

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"

	"proactive/shared/batch"
	"proactive/shared/consent"
	"proactive/shared/fault"
	"proactive/shared/instrument"
	"proactive/shared/ledger"
)

// Reasons for which a granted upload is rejected, beside those of shared/batch, and
// those of consent.Refusal: consent is what it is now, whatever it was at the grant.
const (
	Revoked        = "revoked"
	LengthMismatch = "length-mismatch" // not as many bytes as were granted
	DigestMismatch = "digest-mismatch" // not the bytes that were granted
	HeaderMismatch = "header-mismatch" // the header names another batch than the key and the grant
	UnknownKeyID   = "unknown-key-id"  // sealed for a key that is not in the key set
	ExpiredKey     = "expired-key"     // sealed for a key that is no longer accepted
)

// check judges an upload. A fault that is Malformed or Forbidden is the upload's; any
// other error is a failure of something we depend on.
func (s Stage) check(ctx context.Context, a Arrival, e ledger.Entry, i instrument.Instrument) error {
	// Whose batches may not be taken need not be read.
	if i.Revoked {
		return fault.New(fault.Forbidden, Revoked, nil)
	}
	if reason := consent.Refusal(i); reason != "" {
		return fault.New(fault.Forbidden, reason, nil)
	}
	object, err := s.Inbox.Get(ctx, a, e.Bytes)
	if err != nil {
		return fmt.Errorf("reading the upload: %w", err)
	}
	if int64(len(object)) != e.Bytes {
		return fault.New(fault.Malformed, LengthMismatch, nil)
	}
	if sum := sha256.Sum256(object); hex.EncodeToString(sum[:]) != e.SHA256 {
		return fault.New(fault.Malformed, DigestMismatch, nil)
	}
	envelope, err := batch.Read(bytes.NewReader(object))
	if err != nil {
		return err
	}
	h := envelope.Header
	if err := h.For(s.Deployment); err != nil {
		return err
	}
	if h.Instrument != e.Instrument || h.Batch != e.Batch || h.Sequence != e.Sequence {
		return fault.New(fault.Malformed, HeaderMismatch, nil)
	}
	if err := envelope.Verify(i.PublicKey); err != nil {
		return err
	}
	return s.checkKey(ctx, h)
}

// auditorKey is how a lab's own key is named, by its digest: no other name belongs in a header.
var auditorKey = regexp.MustCompile(`^auditor-[0-9a-f]{16}$`)

// checkKey sees to it that scrub can open the batch: its first recipient is a live key
// of the deployment, and the others are keys of the lab's own.
func (s Stage) checkKey(ctx context.Context, h batch.Header) error {
	set, err := s.Keys.KeySet(ctx)
	if err != nil {
		return fmt.Errorf("reading the key set: %w", err)
	}
	key, ok := set.Unwraps(h.Recipients[0].Key)
	if !ok {
		return fault.New(fault.Malformed, UnknownKeyID, nil)
	}
	if !s.Now().Before(key.NotAfter) {
		return fault.New(fault.Malformed, ExpiredKey, nil)
	}
	if slices.ContainsFunc(h.Recipients[1:], func(r batch.Recipient) bool { return !auditorKey.MatchString(r.Key) }) {
		return fault.New(fault.Malformed, UnknownKeyID, nil)
	}
	return nil
}
