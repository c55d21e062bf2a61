package erasure

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"proactive/shared/fault"
	"proactive/shared/jws"
)

// Reasons why a certificate is not believed.
const (
	NotACertificate = "not-a-certificate"       // malformed
	UnknownKey      = "certificate-key-unknown" // signed by no receipt key of the key set
	BadSignature    = "certificate-signature"
)

// Issue signs the certificate of an erasure that was asked for and is done at the given
// times, with what remains of it from then on.
func Issue(ctx context.Context, signer jws.Signer, deployment, instrument, by string, asked, done time.Time, stores []Store) (string, error) {
	c := Certificate{
		Format: Format, Deployment: deployment, Instrument: instrument, By: by,
		Asked: asked.UTC().Format(TimeFormat), Erased: done.UTC().Format(TimeFormat),
		Stores: slices.SortedFunc(slices.Values(stores), func(a, b Store) int { return strings.Compare(a.Store, b.Store) }),
		Models: models, Residual: residual(done), Kept: kept(done),
	}
	if err := c.Check(); err != nil {
		return "", fmt.Errorf("issuing the certificate of %s: %w", instrument, err)
	}
	body, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("encoding a certificate: %w", err)
	}
	signed, err := jws.Sign(ctx, signer, Type, body)
	if err != nil {
		return "", fmt.Errorf("signing the certificate of %s: %w", instrument, err)
	}
	return signed, nil
}

// Keys knows the deployment's receipt keys, from its signed key set.
type Keys interface {
	ReceiptKey(id string) (*ecdsa.PublicKey, bool)
}

// Verify returns the certificate in raw if a receipt key of the deployment signed it.
// Whose it is, is the caller's to check.
func Verify(raw string, keys Keys) (Certificate, error) {
	parsed, err := jws.Parse(raw, jose.ES256, Type, "kid")
	if err != nil {
		return Certificate{}, fault.New(fault.Malformed, NotACertificate, err)
	}
	key, ok := keys.ReceiptKey(parsed.Signatures[0].Protected.KeyID)
	if !ok {
		return Certificate{}, fault.New(fault.Forbidden, UnknownKey, nil)
	}
	body, err := parsed.Verify(key)
	if err != nil {
		return Certificate{}, fault.New(fault.Forbidden, BadSignature, err)
	}
	var c Certificate
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return Certificate{}, fault.New(fault.Malformed, NotACertificate, err)
	}
	// Whatever a certificate is, it is one serialisation: see SPEC.md.
	if again, err := json.Marshal(c); err != nil || !bytes.Equal(again, body) {
		return Certificate{}, fault.New(fault.Malformed, NotACertificate, errors.New("not canonical"))
	}
	if err := c.Check(); err != nil {
		return Certificate{}, fault.New(fault.Malformed, NotACertificate, err)
	}
	return c, nil
}
