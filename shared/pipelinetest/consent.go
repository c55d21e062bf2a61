package pipelinetest

import (
	"crypto/ed25519"
	"strings"
	"testing"
	"time"

	"proactive/shared/consent"
	"proactive/shared/instrument"
)

// Say is the consent that follows was, as the instrument of that id and key states it.
func Say(t testing.TB, key ed25519.PrivateKey, id string, was instrument.Consent, on bool, since time.Time) instrument.Consent {
	t.Helper()
	s := consent.Statement{
		Format: consent.Format, Deployment: Deployment, Instrument: id, Version: was.Version + 1, Previous: consent.Digest(was.Statement),
		On: on, Text: "2026-11", TextSHA256: strings.Repeat("c", 64), At: since.UTC().Format(consent.TimeFormat),
	}
	jws, err := consent.Sign(key, s)
	if err != nil {
		t.Fatal(err)
	}
	return instrument.Consent{On: on, Text: s.Text, Version: s.Version, Statement: jws, Since: since.UTC().Truncate(time.Second)}
}
