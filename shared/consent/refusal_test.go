package consent_test

import (
	"crypto/ed25519"
	"testing"
	"time"

	"proactive/shared/consent"
	"proactive/shared/instrument"
	"proactive/shared/pipelinetest"
)

// A yes is a statement of the instrument's own key. No mark beside it makes one.
func TestRefusal(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	on := pipelinetest.Say(t, key, id, instrument.Consent{}, true, now)
	off := pipelinetest.Say(t, key, id, on, false, now)
	const other = "i-00000000000000000000000000"
	with := func(c instrument.Consent, change func(c *instrument.Consent)) instrument.Consent {
		change(&c)
		return c
	}
	for _, c := range []struct {
		name    string
		consent instrument.Consent
		reason  string
	}{
		{"on", on, ""},
		{"off", off, consent.No},
		{"never asked", instrument.Consent{}, consent.No},
		{"a bare mark", instrument.Consent{On: true, Text: "2026-11", Since: now}, consent.Unproven},
		{"a bare mark with a version", instrument.Consent{On: true, Text: "2026-11", Version: 1, Since: now}, consent.Unproven},
		{"the statement taken away", with(off, func(c *instrument.Consent) { c.Statement = "" }), consent.Unproven},
		{"off, and the mark set to on", with(off, func(c *instrument.Consent) { c.On = true }), consent.Unproven},
		{"on, and the mark set to off", with(on, func(c *instrument.Consent) { c.On = false }), consent.Unproven},
		{"another version beside it", with(on, func(c *instrument.Consent) { c.Version = 3 }), consent.Unproven},
		{"another text beside it", with(on, func(c *instrument.Consent) { c.Text = "2026-12" }), consent.Unproven},
		{"not a statement", with(on, func(c *instrument.Consent) { c.Statement = "yes" }), consent.Unproven},
		{"a statement cut short", with(on, func(c *instrument.Consent) { c.Statement = c.Statement[:len(c.Statement)-2] }), consent.Unproven},
		{"signed by another key", pipelinetest.Say(t, theirs, id, instrument.Consent{}, true, now), consent.Unproven},
		{"of another instrument", pipelinetest.Say(t, key, other, instrument.Consent{}, true, now), consent.Unproven},
	} {
		if got := consent.Refusal(instrument.Instrument{ID: id, PublicKey: public, Consent: c.consent}); got != c.reason {
			t.Errorf("%s: %q, want %q", c.name, got, c.reason)
		}
	}
	// Another key takes the instrument's place: what the old one said counts no more.
	if got := consent.Refusal(instrument.Instrument{ID: id, PublicKey: theirs.Public().(ed25519.PublicKey), Consent: on}); got != consent.Unproven {
		t.Errorf("after another enrolment: %q", got)
	}
	if got := consent.Refusal(instrument.Instrument{ID: id, Consent: on}); got != consent.Unproven {
		t.Errorf("without a key: %q", got)
	}
}
