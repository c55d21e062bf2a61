package enrol

import (
	"context"
	"errors"
	"fmt"
	"time"

	"proactive/shared/consent"
	"proactive/shared/fault"
	"proactive/shared/instrument"
)

// Reasons for which a consent statement is refused, beside those of shared/consent.
const (
	ConsentForeign = "consent-foreign" // of another instrument or deployment
	ConsentVersion = "consent-version" // not the one that follows what is on record
)

// Consents keeps each instrument's consent.
type Consents interface {
	// SetConsent is one transaction or nothing: i's consent becomes next, on condition
	// that i is enrolled as it says, its consent still stands and it is not revoked; and
	// next's statement joins the history of i's enrolment, which is never rewritten. It
	// answers ErrRaced otherwise. Setting next again over itself is no race. Durable when
	// it returns nil; perhaps durable after another error.
	SetConsent(ctx context.Context, i instrument.Instrument, next instrument.Consent) error
}

// History is what was said, for whoever has to prove it.
type History interface {
	// Statements are all of an instrument's, also of earlier enrolments, oldest first.
	Statements(ctx context.Context, instrument string) ([]Said, error)
}

// Said is one statement of the history, with the key that signed it: a later enrolment
// replaces the instrument's.
type Said struct {
	Enrolment string
	Version   int64
	Statement string // the JWS
	Key       []byte
	Since     time.Time // when it was recorded, by the service's clock
}

// Answer is the body of POST /v1/consent.
type Answer struct {
	Statement string `json:"statement"` // the JWS
}

// Standing is the consent as it now stands.
type Standing struct {
	On      bool      `json:"on"`
	Version int64     `json:"version"`
	Since   time.Time `json:"since"` // by the service's clock
}

// Consent records the lab's answer. The same statement again changes nothing, not even
// since when it stands.
//
// If we crash before SetConsent, nothing happened; after it, the same statement gets the
// same answer.
func (s Stage) Consent(ctx context.Context, i instrument.Instrument, a Answer) (Standing, error) {
	said, err := consent.Verify(a.Statement, i.PublicKey)
	if err != nil {
		return Standing{}, err
	}
	if said.Deployment != s.Deployment || said.Instrument != i.ID {
		return Standing{}, fault.New(fault.Forbidden, ConsentForeign, nil)
	}
	if a.Statement == i.Consent.Statement {
		return standing(i.Consent), nil
	}
	if !said.Follows(i.Consent.Version, i.Consent.Statement) {
		return Standing{}, fault.New(fault.Conflict, ConsentVersion, nil)
	}
	next := instrument.Consent{
		On: said.On, Text: said.Text, Since: s.Now().UTC().Truncate(time.Second), Version: said.Version, Statement: a.Statement,
	}
	err = s.Consents.SetConsent(ctx, i, next)
	if errors.Is(err, ErrRaced) {
		return Standing{}, fault.New(fault.Unavailable, Busy, err)
	}
	if err != nil {
		return Standing{}, fmt.Errorf("recording consent: %w", err)
	}
	return standing(next), nil
}

func standing(c instrument.Consent) Standing {
	return Standing{On: c.On, Version: c.Version, Since: c.Since}
}
