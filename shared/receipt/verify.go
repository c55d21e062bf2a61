package receipt

import (
	"bytes"
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"proactive/shared/fault"
	"proactive/shared/jws"
)

// Reasons why a receipt is not believed. All are fault.Malformed but those that say
// that somebody else made it or took one away, which are fault.Forbidden.
const (
	NotAReceipt  = "not-a-receipt"
	UnknownKey   = "receipt-key-unknown" // kid names no receipt key of the key set
	BadSignature = "receipt-signature"
	ChainBroken  = "receipt-chain-broken" // a receipt is missing, repeated or changed
)

// Keys knows the deployment's receipt keys, from its signed key set.
type Keys interface {
	ReceiptKey(id string) (*ecdsa.PublicKey, bool)
}

// Verify returns the receipt in jws if a receipt key of the deployment signed it. Its
// place in the chain is VerifyChain's or the caller's to check.
func Verify(jws string, keys Keys) (Receipt, error) {
	parsed, err := parse(jws)
	if err != nil {
		return Receipt{}, err
	}
	key, ok := keys.ReceiptKey(parsed.Signatures[0].Protected.KeyID)
	if !ok {
		return Receipt{}, fault.New(fault.Forbidden, UnknownKey, nil)
	}
	body, err := parsed.Verify(key)
	if err != nil {
		return Receipt{}, fault.New(fault.Forbidden, BadSignature, err)
	}
	return decode(body)
}

// Read returns the receipt in jws without verifying it: for one that was verified when
// it was stored.
func Read(jws string) (Receipt, error) {
	parsed, err := parse(jws)
	if err != nil {
		return Receipt{}, err
	}
	return decode(parsed.UnsafePayloadWithoutVerification())
}

// VerifyChain verifies an instrument's receipts from the first on, in order: each one's
// signature, that it names the one before by digest, that its ordinal follows, and that
// deployment and instrument never change.
func VerifyChain(chain []string, keys Keys) ([]Receipt, error) {
	all := make([]Receipt, 0, len(chain))
	previous := ""
	for i, jws := range chain {
		r, err := Verify(jws, keys)
		if err != nil {
			return nil, fmt.Errorf("verifying receipt %d: %w", i+1, err)
		}
		if r.Ordinal != int64(i)+1 || r.Previous != previous ||
			i > 0 && (r.Instrument != all[0].Instrument || r.Deployment != all[0].Deployment) {
			return nil, fmt.Errorf("verifying receipt %d: %w", i+1, fault.New(fault.Forbidden, ChainBroken, nil))
		}
		all = append(all, r)
		previous = Digest(jws)
	}
	return all, nil
}

func parse(raw string) (*jose.JSONWebSignature, error) {
	parsed, err := jws.Parse(raw, jose.ES256, Type, "kid")
	if err != nil {
		return nil, fault.New(fault.Malformed, NotAReceipt, err)
	}
	// The header too is one serialisation, so that a receipt has one digest.
	head, err := jws.Header(Type, parsed.Signatures[0].Protected.KeyID)
	if err != nil || !strings.HasPrefix(raw, head+".") {
		return nil, fault.New(fault.Malformed, NotAReceipt, errors.New("the header is not canonical"))
	}
	return parsed, nil
}

func decode(body []byte) (Receipt, error) {
	var r Receipt
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		return Receipt{}, fault.New(fault.Malformed, NotAReceipt, err)
	}
	// Whatever a receipt is, it is one serialisation: see SPEC.md.
	if again, err := json.Marshal(r); err != nil || !bytes.Equal(again, body) {
		return Receipt{}, fault.New(fault.Malformed, NotAReceipt, errors.New("not canonical"))
	}
	if err := r.Check(); err != nil {
		return Receipt{}, fault.New(fault.Malformed, NotAReceipt, err)
	}
	return r, nil
}
