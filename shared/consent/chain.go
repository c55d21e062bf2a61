package consent

import (
	"crypto/ed25519"
	"fmt"

	"proactive/shared/fault"
	"proactive/shared/instrument"
)

// Reasons for which nothing is taken from an instrument.
const (
	No       = "no-consent"       // the lab has not said yes, or has said no since
	Unproven = "consent-unproven" // the record says something that no statement of the instrument's proves
)

// VerifyChain verifies the statements of one enrolment from the first on, in order: each
// one's signature, that it names the one before by digest, that its version follows, and
// that deployment and instrument never change.
func VerifyChain(chain []string, key ed25519.PublicKey) ([]Statement, error) {
	all := make([]Statement, 0, len(chain))
	previous := ""
	for n, jws := range chain {
		s, err := Verify(jws, key)
		if err != nil {
			return nil, fmt.Errorf("verifying consent statement %d: %w", n+1, err)
		}
		if s.Version != int64(n)+1 || s.Previous != Digest(previous) ||
			n > 0 && (s.Instrument != all[0].Instrument || s.Deployment != all[0].Deployment) {
			return nil, fmt.Errorf("verifying consent statement %d: %w", n+1, fault.New(fault.Forbidden, ChainBroken, nil))
		}
		all = append(all, s)
		previous = jws
	}
	return all, nil
}

// Follows tells whether s, whose JWS is another than the one before it, is the next
// statement after version of that JWS.
func (s Statement) Follows(version int64, jws string) bool {
	return s.Version == version+1 && s.Previous == Digest(jws)
}

// Refusal is why nothing may be taken from i now, "" if it may. What counts is the
// statement on record, not the marks beside it: they must agree with it, so that whoever
// can write to the table can turn an instrument off by them, and not on. A record without
// a statement is a lab that never answered, unless a mark says that it did.
func Refusal(i instrument.Instrument) (reason string) {
	c := i.Consent
	if c.Statement == "" {
		if c.On || c.Version != 0 {
			return Unproven
		}
		return No
	}
	s, err := Verify(c.Statement, i.PublicKey)
	switch {
	case err != nil || s.Instrument != i.ID || s.Version != c.Version || s.On != c.On || s.Text != c.Text:
		return Unproven
	case !s.On:
		return No
	}
	return ""
}
