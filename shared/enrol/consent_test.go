package enrol_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/consent"
	"proactive/shared/enrol"
	"proactive/shared/enrolment"
	"proactive/shared/fault"
	"proactive/shared/instrument"
	"proactive/shared/pipelinetest"
)

// enrolled is a bench with an instrument that never answered.
func enrolled(t *testing.T) *bench {
	b := newBench(t)
	if _, err := b.Enrol(t.Context(), mine, application(secret)); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) instrument(t *testing.T) instrument.Instrument {
	t.Helper()
	i, err := b.store.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// says is what the instrument would say next.
func (b *bench) says(t *testing.T, on bool) instrument.Consent {
	t.Helper()
	return pipelinetest.Say(t, pipelinetest.InstrumentKey(1), id, b.instrument(t).Consent, on, b.now)
}

func (b *bench) consent(t *testing.T, jws string) (enrol.Standing, error) {
	t.Helper()
	return b.Consent(t.Context(), b.instrument(t), enrol.Answer{Statement: jws})
}

func TestConsent(t *testing.T) {
	b := enrolled(t)
	var history []enrol.Said
	for n, on := range []bool{true, false, true, true, false} {
		b.now = b.now.Add(time.Minute)
		next := b.says(t, on)
		for again := range 2 { // the same statement again changes nothing, not even since when
			got, err := b.consent(t, next.Statement)
			if diff := cmp.Diff(enrol.Standing{On: on, Version: int64(n + 1), Since: next.Since}, got); err != nil || diff != "" {
				t.Errorf("statement %d, time %d: %v\n%s", n+1, again+1, err, diff)
			}
			b.now = b.now.Add(time.Second)
		}
		if i := b.instrument(t); i.Consent != next || (consent.Refusal(i) == "") != on {
			t.Errorf("statement %d: stored %+v", n+1, i.Consent)
		}
		history = append(history, enrol.Said{
			Enrolment: enrolment.Digest(secret)[:16], Version: next.Version, Statement: next.Statement, Key: mine, Since: next.Since,
		})
	}
	got, err := b.store.Statements(t.Context(), id)
	if diff := cmp.Diff(history, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestConsentRefuses(t *testing.T) {
	b := enrolled(t)
	first := b.says(t, true)
	if _, err := b.consent(t, first.Statement); err != nil {
		t.Fatal(err)
	}
	say := func(change func(s *consent.Statement)) string {
		s := consent.Statement{
			Format: consent.Format, Deployment: pipelinetest.Deployment, Instrument: id, Version: 2, Previous: consent.Digest(first.Statement),
			Text: "2026-11", TextSHA256: strings.Repeat("c", 64), At: "2026-11-23T09:00:00Z",
		}
		change(&s)
		jws, err := consent.Sign(pipelinetest.InstrumentKey(1), s)
		if err != nil {
			t.Fatal(err)
		}
		return jws
	}
	forged := pipelinetest.Say(t, pipelinetest.InstrumentKey(2), id, first, false, b.now).Statement
	for _, c := range []struct {
		name, jws string
		kind      fault.Kind
		reason    string
	}{
		{"not a statement", "on", fault.Malformed, consent.NotAStatement},
		{"nothing", "", fault.Malformed, consent.NotAStatement},
		{"signed by another key", forged, fault.Forbidden, consent.BadSignature},
		{"of another instrument", say(func(s *consent.Statement) { s.Instrument = "i-00000000000000000000000000" }), fault.Forbidden, enrol.ConsentForeign},
		{"for another deployment", say(func(s *consent.Statement) { s.Deployment = "proactive-elsewhere" }), fault.Forbidden, enrol.ConsentForeign},
		{"another of the same version", say(func(s *consent.Statement) { s.Version, s.Previous = 1, "" }), fault.Conflict, enrol.ConsentVersion},
		{"one that leaves a gap", say(func(s *consent.Statement) { s.Version = 3 }), fault.Conflict, enrol.ConsentVersion},
		{"one that follows another", say(func(s *consent.Statement) { s.Previous = strings.Repeat("a", 64) }), fault.Conflict, enrol.ConsentVersion},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := b.consent(t, c.jws)
			want(t, err, c.kind, c.reason)
			if i := b.instrument(t); i.Consent != first {
				t.Errorf("it changed the consent: %+v", i.Consent)
			}
		})
	}
	// A yes that was said before the last no is not said again by repeating it.
	second := b.says(t, false)
	if _, err := b.consent(t, second.Statement); err != nil {
		t.Fatal(err)
	}
	_, err := b.consent(t, first.Statement)
	want(t, err, fault.Conflict, enrol.ConsentVersion)
}

// Another enrolment begins at no, with a chain of its own; what the old key said counts
// no more, and stays in the history.
func TestConsentAfterAnotherEnrolment(t *testing.T) {
	for name, key := range map[string]byte{"another key": 2, "the same key": 1} {
		t.Run(name, func(t *testing.T) {
			b := enrolled(t)
			on := b.says(t, true)
			if _, err := b.consent(t, on.Statement); err != nil {
				t.Fatal(err)
			}
			another := []byte("abcdefghabcdefgh")
			code := enrol.Code{Instrument: id, Tenant: "t-1", Site: "s-1", Serial: "M04034", DailyBytes: 1 << 30, Expires: b.now.Add(time.Hour)}
			if err := b.store.Issue(t.Context(), enrolment.Digest(another), code); err != nil {
				t.Fatal(err)
			}
			b.now = b.now.Add(time.Minute)
			signer := pipelinetest.InstrumentKey(key)
			if _, err := b.Enrol(t.Context(), public(signer), application(another)); err != nil {
				t.Fatal(err)
			}
			if reason := consent.Refusal(b.instrument(t)); reason != consent.No {
				t.Errorf("consent was inherited: %q", reason)
			}
			first := pipelinetest.Say(t, signer, id, instrument.Consent{}, true, b.now)
			if _, err := b.consent(t, first.Statement); err != nil {
				t.Errorf("a new chain: %v", err)
			}
			all, err := b.store.Statements(t.Context(), id)
			if err != nil || len(all) != 2 || all[0].Statement != on.Statement || all[1].Statement != first.Statement {
				t.Errorf("the history: %+v, %v", all, err)
			}
		})
	}
}

func TestConsentWhenTheStoreFails(t *testing.T) {
	for name, how := range map[string]pipelinetest.Failure{"not persisted": pipelinetest.NotPersisted, "reply lost": pipelinetest.ReplyLost} {
		t.Run(name, func(t *testing.T) {
			b := enrolled(t)
			on := b.says(t, true)
			if _, err := b.consent(t, on.Statement); err != nil {
				t.Fatal(err)
			}
			off := b.says(t, false)
			b.store.Fail("SetConsent", how)
			if _, err := b.consent(t, off.Statement); !errors.Is(err, pipelinetest.ErrStore) {
				t.Fatalf("a failed store was believed: %v", err)
			}
			if got, err := b.consent(t, off.Statement); err != nil || got.On || got.Version != 2 {
				t.Errorf("again: %+v, %v", got, err)
			}
			if i := b.instrument(t); consent.Refusal(i) != consent.No {
				t.Error("still on")
			}
			if all, err := b.store.Statements(t.Context(), id); err != nil || len(all) != 2 {
				t.Errorf("the history has %d statements: %v", len(all), err)
			}
		})
	}
}

func TestConsentRace(t *testing.T) {
	b := enrolled(t)
	stale := b.instrument(t) // read before it was turned on
	if _, err := b.consent(t, b.says(t, true).Statement); err != nil {
		t.Fatal(err)
	}
	late := pipelinetest.Say(t, pipelinetest.InstrumentKey(1), id, instrument.Consent{}, false, b.now)
	_, err := b.Consent(t.Context(), stale, enrol.Answer{Statement: late.Statement})
	want(t, err, fault.Unavailable, enrol.Busy)
	_, err = b.consent(t, late.Statement)
	want(t, err, fault.Conflict, enrol.ConsentVersion)
}
