package courier

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"proactive/cmd/agent/internal/client"
	"proactive/shared/consent"
	"proactive/shared/fault"
)

// consentVersion is the service's reason for a statement that does not follow the one it
// has on record.
const consentVersion = "consent-version"

// Text is the consent text that an answer refers to.
type Text struct {
	Version string // "2026-11"
	Shown   string // byte for byte
}

// says tells whether a statement is this answer to this text.
func says(s consent.Statement, on bool, t Text) bool {
	return s.On == on && s.Text == t.Version && s.TextSHA256 == t.digest()
}

func (t Text) digest() string {
	sum := sha256.Sum256([]byte(t.Shown))
	return hex.EncodeToString(sum[:])
}

// chain is the verified chain of this enrolment.
func (c *Courier) chain() ([]string, []consent.Statement, error) {
	public, _ := c.Key.Public().(ed25519.PublicKey)
	chain, err := c.Home.Chain(public)
	if err != nil {
		return nil, nil, err
	}
	said, err := consent.VerifyChain(chain.Statements, public)
	if err != nil {
		return nil, nil, err
	}
	if len(said) > 0 && (said[0].Instrument != c.Enrolment.Instrument || said[0].Deployment != c.Enrolment.Deployment) {
		return nil, nil, fault.New(fault.Forbidden, consent.ChainBroken, errors.New("of another enrolment"))
	}
	return chain.Statements, said, nil
}

// Said tells whether the last statement is this answer to this text.
func (c *Courier) Said(on bool, text Text) (bool, error) {
	_, said, err := c.chain()
	return err == nil && len(said) > 0 && says(said[len(said)-1], on, text), err
}

// Say makes an answer the last statement of the chain, unless it is already. It is durable
// before the service hears of it: whatever is interrupted, there is one statement for
// each place in the chain.
func (c *Courier) Say(on bool, text Text, at time.Time) error {
	chain, said, err := c.chain()
	if err != nil {
		return err
	}
	s := consent.Statement{
		Format: consent.Format, Deployment: c.Enrolment.Deployment, Instrument: c.Enrolment.Instrument, Version: 1,
		On: on, Text: text.Version, TextSHA256: text.digest(), At: at.UTC().Format(consent.TimeFormat),
	}
	if n := len(said); n > 0 {
		if says(said[n-1], on, text) {
			return nil
		}
		s.Version, s.Previous = said[n-1].Version+1, consent.Digest(chain[n-1])
	}
	jws, err := consent.Sign(c.Key, s)
	if err != nil {
		return err
	}
	public, _ := c.Key.Public().(ed25519.PublicKey)
	return c.Home.AddStatement(public, s.Version, jws)
}

// Tell brings the service to the end of the chain: the last statement, or, where the
// service has not heard of those before it, these first. What it knows already changes
// nothing there.
func (c *Courier) Tell(ctx context.Context) (client.Consented, error) {
	chain, said, err := c.chain()
	if err != nil {
		return client.Consented{}, err
	}
	last := len(chain) - 1
	for n, forward := last, false; ; {
		got, err := c.Client.Consent(ctx, c.sign, chain[n])
		_, reason := fault.Public(err)
		switch {
		case err == nil && (got.On != said[n].On || got.Version != said[n].Version):
			return got, fault.New(fault.Unavailable, client.NotOurAnswer, errors.New("another consent than was given"))
		case err == nil && n == last:
			return got, nil
		case err == nil:
			n, forward = n+1, true
		case reason == consentVersion && n > 0 && !forward:
			n--
		default:
			return got, fmt.Errorf("telling consent statement %d: %w", n+1, err)
		}
	}
}
