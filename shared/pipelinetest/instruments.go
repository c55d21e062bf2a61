package pipelinetest

import (
	"context"
	"crypto/ed25519"
	"slices"
	"sync"
	"testing"

	"proactive/shared/authorize"
	"proactive/shared/door"
	"proactive/shared/enrol"
	"proactive/shared/instrument"
	"proactive/shared/keyset"
	"proactive/shared/validate"
)

var (
	_ door.Instruments     = (*Instruments)(nil)
	_ enrol.Codes          = (*Instruments)(nil)
	_ enrol.Consents       = (*Instruments)(nil)
	_ enrol.History        = (*Instruments)(nil)
	_ enrol.Keys           = (*Instruments)(nil)
	_ authorize.Keys       = (*Instruments)(nil)
	_ validate.Instruments = (*Instruments)(nil)
	_ validate.Keys        = (*Instruments)(nil)
)

// Instruments is the instruments table in memory: instruments, enrolment codes, the key
// set. It fails the test when a code is used by a second key, or when an enrolment
// brings consent with it.
type Instruments struct {
	Faults
	t           testing.TB
	mu          sync.Mutex
	instruments map[string]instrument.Instrument
	codes       map[string]enrol.Code
	said        map[string][]enrol.Said
	signed      *keyset.Signed
	set         keyset.KeySet
}

// NewInstruments is an empty table.
func NewInstruments(t testing.TB) *Instruments {
	return &Instruments{t: t, instruments: map[string]instrument.Instrument{}, codes: map[string]enrol.Code{}, said: map[string][]enrol.Said{}}
}

// Put makes an instrument be as i says, past every condition.
func (s *Instruments) Put(i instrument.Instrument) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.instruments[i.ID] = i
}

// Publish makes a key set the published one.
func (s *Instruments) Publish(signed keyset.Signed, set keyset.KeySet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.signed, s.set = &signed, set
}

// Issue puts a code, as the operator does.
func (s *Instruments) Issue(_ context.Context, digest string, c enrol.Code) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if was, there := s.codes[digest]; there && was.Instrument != c.Instrument {
		return enrol.ErrRaced
	}
	s.codes[digest] = c
	return nil
}

// Get implements door.Instruments.
func (s *Instruments) Get(_ context.Context, id string) (i instrument.Instrument, err error) {
	err = s.meet("Get", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		var there bool
		if i, there = s.instruments[id]; !there {
			return instrument.ErrUnknown
		}
		return nil
	})
	return i, err
}

// Code implements enrol.Codes.
func (s *Instruments) Code(_ context.Context, digest string) (c enrol.Code, err error) {
	err = s.meet("Code", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		var there bool
		if c, there = s.codes[digest]; !there {
			return enrol.ErrNoCode
		}
		return nil
	})
	return c, err
}

// Redeem implements enrol.Codes.
func (s *Instruments) Redeem(_ context.Context, digest string, i instrument.Instrument) error {
	return s.meet("Redeem", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		c, there := s.codes[digest]
		if i.Consent != (instrument.Consent{}) || i.Revoked || len(i.PublicKey) != ed25519.PublicKeySize {
			s.t.Errorf("an enrolment that is not a new beginning: %+v", i)
		}
		if there && (c.Instrument != i.ID || c.Tenant != i.Tenant || c.Site != i.Site || c.Serial != i.Serial || c.DailyBytes != i.DailyBytes) {
			s.t.Errorf("an enrolment that is not the code's: %+v, code %+v", i, c)
		}
		if !there || c.UsedBy != nil {
			return enrol.ErrRaced
		}
		if s.instruments[i.ID].Revoked {
			return enrol.ErrRevoked
		}
		c.UsedBy = i.PublicKey
		s.codes[digest], s.instruments[i.ID] = c, i
		return nil
	})
}

// SetConsent implements enrol.Consents.
func (s *Instruments) SetConsent(_ context.Context, i instrument.Instrument, next instrument.Consent) error {
	return s.meet("SetConsent", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		now, there := s.instruments[i.ID]
		if !there || now.Revoked || now.Enrolment != i.Enrolment || !now.PublicKey.Equal(i.PublicKey) ||
			now.Consent.Statement != i.Consent.Statement && now.Consent.Statement != next.Statement {
			return enrol.ErrRaced
		}
		for _, said := range s.said[i.ID] {
			if said.Enrolment == i.Enrolment && said.Version == next.Version && said.Statement != next.Statement {
				return enrol.ErrRaced
			}
		}
		if now.Consent.Statement != next.Statement {
			s.said[i.ID] = append(s.said[i.ID], enrol.Said{
				Enrolment: i.Enrolment, Version: next.Version, Statement: next.Statement, Key: i.PublicKey, Since: next.Since,
			})
		}
		now.Consent = next
		s.instruments[i.ID] = now
		return nil
	})
}

// Statements implements enrol.History.
func (s *Instruments) Statements(_ context.Context, id string) (all []enrol.Said, err error) {
	err = s.meet("Statements", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		all = slices.Clone(s.said[id])
		return nil
	})
	return all, err
}

// Signed implements enrol.Keys and authorize.Keys.
func (s *Instruments) Signed(context.Context) (signed keyset.Signed, err error) {
	err = s.meet("Signed", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.signed == nil {
			return keyset.ErrNone
		}
		signed = *s.signed
		return nil
	})
	return signed, err
}

// KeySet implements validate.Keys.
func (s *Instruments) KeySet(context.Context) (set keyset.KeySet, err error) {
	err = s.meet("KeySet", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.signed == nil {
			return keyset.ErrNone
		}
		set = s.set
		return nil
	})
	return set, err
}
