package enrol

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"proactive/shared/fault"
	"proactive/shared/instrument"
)

// Consents keeps each instrument's consent.
type Consents interface {
	// SetConsent replaces consent was by next, on condition that was still stands and
	// the instrument is not revoked; otherwise ErrRaced. Setting next again over itself
	// is no race. Durable when it returns nil; perhaps durable after another error.
	SetConsent(ctx context.Context, instrument string, was, next instrument.Consent) error
}

// consentText is how versions of the consent text are named.
var consentText = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}$`)

// Answer is the body of POST /v1/consent.
type Answer struct {
	On   bool   `json:"on"`
	Text string `json:"text"` // version of the consent text the lab was shown, "2026-11"
}

// Standing is the consent as it now stands.
type Standing struct {
	On    bool      `json:"on"`
	Since time.Time `json:"since"` // by the service's clock
}

// Consent records the lab's answer. The same answer again changes nothing, not even
// since when it stands.
func (s Stage) Consent(ctx context.Context, i instrument.Instrument, a Answer) (Standing, error) {
	if !consentText.MatchString(a.Text) {
		return Standing{}, fault.New(fault.Malformed, BadText, nil)
	}
	if i.Consent.On == a.On && i.Consent.Text == a.Text {
		return Standing{On: i.Consent.On, Since: i.Consent.Since}, nil
	}
	next := instrument.Consent{On: a.On, Text: a.Text, Since: s.Now().UTC().Truncate(time.Second)}
	err := s.Consents.SetConsent(ctx, i.ID, i.Consent, next)
	if errors.Is(err, ErrRaced) {
		return Standing{}, fault.New(fault.Unavailable, Busy, err)
	}
	if err != nil {
		return Standing{}, fmt.Errorf("recording consent: %w", err)
	}
	return Standing{On: next.On, Since: next.Since}, nil
}
