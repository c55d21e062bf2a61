// Package enrol lets an instrument in by its one-time code, and keeps the lab's consent.
package enrol

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"proactive/shared/enrolment"
	"proactive/shared/fault"
	"proactive/shared/instrument"
	"proactive/shared/keyset"
)

// Reasons for which an enrolment or a consent is refused.
const (
	CodeUnknown = "code-unknown" // goes to the log; outside it is the uniform 401
	CodeUsed    = "code-used"    // by another key
	CodeExpired = "code-expired"
	Revoked     = "revoked"    // the instrument the code is for is no longer served
	NoKeySet    = "no-key-set" // none is published yet
	Busy        = "busy"       // changed at the same moment: ask again
)

// Code is what is known of an enrolment code that was issued. Its secret is not: the
// row is found by the secret's digest.
type Code struct {
	Instrument   string // the id given when the code was issued
	Tenant, Site string
	Serial       string
	DailyBytes   int64
	Expires      time.Time
	UsedBy       ed25519.PublicKey // nil while it is unused
}

// What a store of codes answers beside success and failure.
var (
	ErrNoCode  = errors.New("no such enrolment code")
	ErrRaced   = errors.New("changed in between")
	ErrRevoked = errors.New("the instrument is revoked")
)

// Codes keeps enrolment codes and the instruments they let in.
type Codes interface {
	// Code is strongly consistent and answers ErrNoCode. digest is enrolment.Digest's.
	Code(ctx context.Context, digest string) (Code, error)
	// Redeem is one transaction or nothing: the code, which must be unused, becomes used
	// by i's key, and i is enrolled with that key and no consent, in place of an earlier
	// enrolment if there is one. It answers ErrRaced if the code is used, by whatever
	// key, and ErrRevoked if the instrument is revoked. After another error it may be
	// durable or not: ask Code.
	Redeem(ctx context.Context, digest string, i instrument.Instrument) error
}

// Keys is the published key set.
type Keys interface {
	// Signed answers keyset.ErrNone before the first is published.
	Signed(ctx context.Context) (keyset.Signed, error)
}

// Stage enrols instruments and keeps their consent.
type Stage struct {
	Deployment string
	Codes      Codes
	Keys       Keys
	Consents   Consents
	Now        func() time.Time
}

// Application is the body of POST /v1/enrol.
type Application struct {
	Code string `json:"code"` // the code's secret, base64url
}

// Enrolled is its answer.
type Enrolled struct {
	Instrument string        `json:"instrument"`
	Deployment string        `json:"deployment"`
	Serial     string        `json:"serial"`
	Keys       keyset.Signed `json:"keys"`
}

// Known recognises the code of an application, without writing anything. A code that
// nobody issued is fault.Unknown.
func (s Stage) Known(ctx context.Context, a Application) error {
	_, _, err := s.code(ctx, a)
	return err
}

// Enrol redeems a code for key. The same key may present the same code again, as an
// agent does that crashed before it noted the answer; no other key may.
//
// If we crash before Redeem, nothing happened; after it, the same application gets the
// same answer.
func (s Stage) Enrol(ctx context.Context, key ed25519.PublicKey, a Application) (Enrolled, error) {
	keys, err := s.Keys.Signed(ctx)
	if errors.Is(err, keyset.ErrNone) {
		return Enrolled{}, fault.New(fault.Unavailable, NoKeySet, err)
	}
	if err != nil {
		return Enrolled{}, fmt.Errorf("reading the key set: %w", err)
	}
	digest, code, err := s.code(ctx, a)
	if err != nil {
		return Enrolled{}, err
	}
	switch {
	case code.UsedBy != nil && !code.UsedBy.Equal(key):
		return Enrolled{}, fault.New(fault.Forbidden, CodeUsed, nil)
	case code.UsedBy == nil && !s.Now().Before(code.Expires):
		return Enrolled{}, fault.New(fault.Forbidden, CodeExpired, nil)
	case code.UsedBy == nil:
		if err := s.redeem(ctx, digest, code, key); err != nil {
			return Enrolled{}, err
		}
	}
	return Enrolled{Instrument: code.Instrument, Deployment: s.Deployment, Serial: code.Serial, Keys: keys}, nil
}

// enrolmentDigits is how much of a code's digest names the enrolment.
const enrolmentDigits = 16

func (s Stage) redeem(ctx context.Context, digest string, code Code, key ed25519.PublicKey) error {
	err := s.Codes.Redeem(ctx, digest, instrument.Instrument{
		ID: code.Instrument, Tenant: code.Tenant, Site: code.Site, Serial: code.Serial, PublicKey: key, DailyBytes: code.DailyBytes,
		Enrolment: digest[:enrolmentDigits],
	})
	switch {
	case errors.Is(err, ErrRaced):
		// Whoever was quicker has it. If that was an earlier try of this very key, the
		// agent asks again and is answered.
		return fault.New(fault.Unavailable, Busy, err)
	case errors.Is(err, ErrRevoked):
		return fault.New(fault.Forbidden, Revoked, err)
	case err != nil:
		return fmt.Errorf("redeeming a code: %w", err)
	}
	return nil
}

func (s Stage) code(ctx context.Context, a Application) (digest string, c Code, err error) {
	secret, err := base64.RawURLEncoding.Strict().DecodeString(a.Code)
	if err != nil || len(secret) != len(enrolment.Code{}.Secret) {
		return "", c, fault.New(fault.Unknown, CodeUnknown, nil)
	}
	digest = enrolment.Digest(secret)
	c, err = s.Codes.Code(ctx, digest)
	if errors.Is(err, ErrNoCode) {
		return "", c, fault.New(fault.Unknown, CodeUnknown, nil)
	}
	if err != nil {
		return "", c, fmt.Errorf("looking up a code: %w", err)
	}
	return digest, c, nil
}
