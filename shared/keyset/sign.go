package keyset

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"

	"proactive/shared/fault"
	"proactive/shared/jws"
)

// tokenType keeps a key set from being taken for anything else signed by such a key.
const tokenType = "proactive-keys+jws"

// Signer signs with the root key, whose private half never leaves KMS.
type Signer interface {
	// SignES256 signs a SHA-256 digest with ECDSA P-256 and returns r and s, 32
	// bytes each (RFC 7518, section 3.4).
	SignES256(ctx context.Context, digest []byte) ([]byte, error)
}

// Sign signs a key set: compact JWS, ES256 (RFC 7515). rootSPKI is the public half of
// the signer's key. Times are written in UTC, to the second, and cut to it.
func Sign(ctx context.Context, s KeySet, signer Signer, rootSPKI []byte) (Signed, error) {
	s = s.toTheSecond()
	if err := s.check(); err != nil {
		return Signed{}, err
	}
	header, err := json.Marshal(map[string]string{"alg": "ES256", "typ": tokenType, "kid": FingerprintHex(rootSPKI)})
	if err != nil {
		return Signed{}, fmt.Errorf("encoding the key set's header: %w", err)
	}
	body, err := json.Marshal(s)
	if err != nil {
		return Signed{}, fmt.Errorf("encoding the key set: %w", err)
	}
	input := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(body)
	digest := sha256.Sum256([]byte(input))
	sig, err := signer.SignES256(ctx, digest[:])
	if err != nil {
		return Signed{}, fmt.Errorf("signing the key set: %w", err)
	}
	signed := Signed{Root: rootSPKI, JWS: input + "." + base64.RawURLEncoding.EncodeToString(sig)}
	// A set that no agent would take must not be published: the signer may hold another
	// key than rootSPKI, or have answered in another form.
	if _, err := Verify(signed, Fingerprint(rootSPKI), time.Time{}); err != nil {
		return Signed{}, fmt.Errorf("checking the signed key set: %w", err)
	}
	return signed, nil
}

// Verify returns the key set if the pinned root signed it. now is the service's time;
// the zero time skips the expiry, for comparing with a stored set.
func Verify(s Signed, fingerprint [sha256.Size]byte, now time.Time) (KeySet, error) {
	got := Fingerprint(s.Root)
	if subtle.ConstantTimeCompare(got[:], fingerprint[:]) != 1 {
		return KeySet{}, fault.New(fault.Forbidden, ReasonWrongRoot, nil)
	}
	root, err := p256(s.Root)
	if err != nil {
		return KeySet{}, err
	}
	if len(s.JWS) > maxJWS {
		return KeySet{}, fault.New(fault.Malformed, ReasonNotAKeySet, nil)
	}
	parsed, err := jws.Parse(s.JWS, jose.ES256, tokenType, "kid")
	if err != nil {
		return KeySet{}, fault.New(fault.Malformed, ReasonNotAKeySet, err)
	}
	if parsed.Signatures[0].Protected.KeyID != hex.EncodeToString(got[:]) {
		return KeySet{}, fault.New(fault.Malformed, ReasonNotAKeySet, nil)
	}
	body, err := parsed.Verify(root)
	if err != nil {
		return KeySet{}, fault.New(fault.Forbidden, ReasonRootSignature, err)
	}
	var set KeySet
	if err := json.Unmarshal(body, &set); err != nil {
		return KeySet{}, fault.New(fault.Malformed, ReasonNotAKeySet, err)
	}
	if err := set.check(); err != nil {
		return KeySet{}, err
	}
	// One serialisation: an unknown or repeated member does not come back.
	if again, err := json.Marshal(set); err != nil || !bytes.Equal(again, body) {
		return KeySet{}, fault.New(fault.Malformed, ReasonNotAKeySet, err)
	}
	if !now.IsZero() && !now.Before(set.Expires) {
		return KeySet{}, fault.New(fault.Forbidden, ReasonExpired, nil)
	}
	return set, nil
}
