// Package keyset is the deployment's public keys, signed by its root: whom to seal a
// batch for, and whose receipts to believe. Trust starts offline, with the root's
// fingerprint in the enrolment code, so that a proxy with a trusted certificate can
// neither read nor swap. Unwrap and receipt keys are sets: they overlap until spools
// have drained.
package keyset

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"proactive/shared/fault"
)

// Format is the first member of a key set.
const Format = "proactive-keys/1"

// The reasons for which a key set is refused.
const (
	ReasonNotAKeySet    = "not-a-key-set"
	ReasonWrongRoot     = "wrong-root"
	ReasonRootSignature = "root-signature"
	ReasonExpired       = "key-set-expired"
)

// Bounds of an RSA key: what a batch header has room for, and FIPS 186-5, appendix A.1.1.
const (
	minBits, maxBits = 2048, 4096
	minExponent      = 65537
)

// Bounds of a key set, so that it is an exact number in any language and its check is
// bounded work. Receipt keys stay in it for good.
const (
	maxSerial = 1e12 - 1
	maxKeys   = 64 // in each list
	maxJWS    = 256 << 10
)

// ErrNone is what a store answers before the operator published a key set.
var ErrNone = errors.New("no key set is published")

// KeySet names the live keys of a deployment.
type KeySet struct {
	Format     string    `json:"format"`
	Deployment string    `json:"deployment"`
	Serial     int       `json:"serial"` // only grows; an older set is never taken for a newer one
	Issued     time.Time `json:"issued"`
	Expires    time.Time `json:"expires"`
	Unwrap     []Key     `json:"unwrap"`  // RSA, newest first
	Receipt    []Key     `json:"receipt"` // ECDSA P-256, newest first
}

// Key is one public key: its id, its SubjectPublicKeyInfo (DER), and until when what
// names it is accepted.
type Key struct {
	ID       string    `json:"id"`
	SPKI     []byte    `json:"spki"`
	NotAfter time.Time `json:"not_after"`
}

// RSA is the key to wrap content keys for.
func (k Key) RSA() (*rsa.PublicKey, error) {
	pub, err := parse[*rsa.PublicKey](k.SPKI)
	if err != nil {
		return nil, err
	}
	if bits := pub.N.BitLen(); bits < minBits || bits > maxBits || pub.E < minExponent {
		return nil, fault.New(fault.Malformed, ReasonNotAKeySet, nil)
	}
	return pub, nil
}

// UnwrapKey is the newest key to seal for at a time, or false if none is live.
func (s KeySet) UnwrapKey(now time.Time) (Key, bool) {
	for _, k := range s.Unwrap {
		if now.Before(k.NotAfter) {
			return k, true
		}
	}
	return Key{}, false
}

// Unwraps finds an unwrap key by id, live or not: whether it still is, is the caller's
// question to NotAfter.
func (s KeySet) Unwraps(id string) (Key, bool) { return find(s.Unwrap, id) }

// ReceiptKey finds a receipt key by id. One that is no longer used still proves the
// receipts it signed.
func (s KeySet) ReceiptKey(id string) (*ecdsa.PublicKey, bool) {
	k, ok := find(s.Receipt, id)
	if !ok {
		return nil, false
	}
	pub, err := p256(k.SPKI)
	return pub, err == nil
}

// Fingerprint pins a public key: SHA-256 of its SubjectPublicKeyInfo.
func Fingerprint(spki []byte) [sha256.Size]byte { return sha256.Sum256(spki) }

func find(keys []Key, id string) (Key, bool) {
	for _, k := range keys {
		if k.ID == id {
			return k, true
		}
	}
	return Key{}, false
}

func parse[K crypto.PublicKey](spki []byte) (K, error) {
	var none K
	pub, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		return none, fault.New(fault.Malformed, ReasonNotAKeySet, err)
	}
	k, ok := pub.(K)
	if !ok {
		return none, fault.New(fault.Malformed, ReasonNotAKeySet, nil)
	}
	return k, nil
}

// p256 is a key for ES256 (RFC 7518, section 3.4), which is of that one curve.
func p256(spki []byte) (*ecdsa.PublicKey, error) {
	pub, err := parse[*ecdsa.PublicKey](spki)
	if err != nil {
		return nil, err
	}
	if pub.Curve != elliptic.P256() {
		return nil, fault.New(fault.Malformed, ReasonNotAKeySet, nil)
	}
	return pub, nil
}

// Names as batch headers have them: for any other, nothing could be sealed.
var (
	deploymentName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)
	keyName        = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)
)

// check holds a key set to its form. An id names one key, in either list.
func (s KeySet) check() error {
	ok := s.Format == Format && deploymentName.MatchString(s.Deployment) &&
		1 <= s.Serial && s.Serial <= maxSerial &&
		1 <= len(s.Unwrap) && len(s.Unwrap) <= maxKeys && 1 <= len(s.Receipt) && len(s.Receipt) <= maxKeys &&
		s.Issued.Before(s.Expires) && utc(s.Issued) && utc(s.Expires)
	seen := map[string]bool{}
	name := func(k Key) bool {
		fresh := !seen[k.ID]
		seen[k.ID] = true
		return fresh && keyName.MatchString(k.ID) && utc(k.NotAfter)
	}
	for _, k := range s.Unwrap {
		_, err := k.RSA()
		ok = name(k) && err == nil && ok
	}
	for _, k := range s.Receipt {
		_, err := p256(k.SPKI)
		ok = name(k) && err == nil && ok
	}
	if !ok {
		return fault.New(fault.Malformed, ReasonNotAKeySet, nil)
	}
	return nil
}

// utc: the one way to write a time, to the second.
func utc(t time.Time) bool {
	_, offset := t.Zone()
	return offset == 0 && t.Nanosecond() == 0
}

// toTheSecond is s with its times as they are written.
func (s KeySet) toTheSecond() KeySet {
	cut := func(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }
	s.Issued, s.Expires = cut(s.Issued), cut(s.Expires)
	s.Unwrap, s.Receipt = slices.Clone(s.Unwrap), slices.Clone(s.Receipt)
	for _, keys := range [][]Key{s.Unwrap, s.Receipt} {
		for i := range keys {
			keys[i].NotAfter = cut(keys[i].NotAfter)
		}
	}
	return s
}

// Signed is a key set as it travels: the root's public key and a JWS by it. The root
// key proves nothing by itself; the fingerprint does.
type Signed struct {
	Root []byte `json:"root"` // SubjectPublicKeyInfo of the root, DER
	JWS  string `json:"jws"`
}

// ParseSigned reads a Signed.
func ParseSigned(raw []byte) (Signed, error) {
	var s Signed
	if err := json.Unmarshal(raw, &s); err != nil {
		return Signed{}, fault.New(fault.Malformed, ReasonNotAKeySet, err)
	}
	return s, nil
}

// Marshal is the inverse of ParseSigned.
func (s Signed) Marshal() ([]byte, error) {
	raw, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encoding the key set: %w", err)
	}
	return raw, nil
}

// FingerprintHex is Fingerprint as people compare it.
func FingerprintHex(spki []byte) string {
	f := Fingerprint(spki)
	return hex.EncodeToString(f[:])
}
