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
	if pub.Size() < 256 || pub.Size() > 512 {
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
	pub, err := parse[*ecdsa.PublicKey](k.SPKI)
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

// keyName is how batch headers name a key, too.
var keyName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// check holds a key set to its form. An id names one key, in either list.
func (s KeySet) check() error {
	ok := s.Format == Format && s.Deployment != "" && s.Serial >= 1 && len(s.Unwrap) > 0 && len(s.Receipt) > 0 && s.Issued.Before(s.Expires)
	seen := map[string]bool{}
	name := func(k Key) bool {
		fresh := !seen[k.ID]
		seen[k.ID] = true
		return fresh && keyName.MatchString(k.ID)
	}
	for _, k := range s.Unwrap {
		_, err := k.RSA()
		ok = name(k) && err == nil && ok
	}
	for _, k := range s.Receipt {
		pub, err := parse[*ecdsa.PublicKey](k.SPKI)
		ok = name(k) && err == nil && pub.Curve == elliptic.P256() && ok
	}
	if !ok {
		return fault.New(fault.Malformed, ReasonNotAKeySet, nil)
	}
	return nil
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
