package pipelinetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/enrol"
	"proactive/shared/instrument"
)

// consentContract tests the consent of an instrument that has key 1 and never answered.
// It leaves it at on.
func consentContract(t *testing.T, s Enrolments, i instrument.Instrument) {
	ctx := t.Context()
	key := InstrumentKey(1)
	stands := func(what string, want instrument.Consent) {
		t.Helper()
		now, err := s.Get(ctx, i.ID)
		if diff := cmp.Diff(want, now.Consent); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", what, err, diff)
		}
		i = now
	}
	on := Say(t, key, i.ID, i.Consent, true, contractTime)
	other := Say(t, key, i.ID, i.Consent, false, contractTime)
	never := i
	want(t, "consent", s.SetConsent(ctx, i, on), nil)
	stands("on", on)
	want(t, "the same over what was before it", s.SetConsent(ctx, never, on), nil)
	want(t, "the same over itself", s.SetConsent(ctx, i, on), nil)
	stands("on, said again", on)
	want(t, "another statement of that version", s.SetConsent(ctx, never, other), enrol.ErrRaced)

	off := Say(t, key, i.ID, on, false, contractTime.Add(time.Minute))
	replaced, moved := i, i
	replaced.PublicKey, moved.Enrolment = never.PublicKey[1:], "e0"
	want(t, "under a key that is not enrolled", s.SetConsent(ctx, replaced, off), enrol.ErrRaced)
	want(t, "of an earlier enrolment", s.SetConsent(ctx, moved, off), enrol.ErrRaced)
	stands("what was refused", on)
	want(t, "consent withdrawn", s.SetConsent(ctx, i, off), nil)
	was := i
	stands("off", off)
	want(t, "over a consent that stands no more", s.SetConsent(ctx, was, Say(t, key, i.ID, on, true, contractTime)), enrol.ErrRaced)

	// A row that somebody put back: what was said once is not said otherwise.
	stranger := never
	stranger.ID = "i-00000000000000000000000000"
	want(t, "consent of nobody", s.SetConsent(ctx, stranger, Say(t, key, stranger.ID, never.Consent, true, contractTime)), enrol.ErrRaced)

	last := Say(t, key, i.ID, off, true, contractTime.Add(2*time.Minute))
	want(t, "consent again", s.SetConsent(ctx, i, last), nil)
	stands("on again", last)
	said(t, s, i, on, off, last)
}

// newChainContract tests that another enrolment, of key 2, begins a chain of its own and
// leaves what was said before.
func newChainContract(t *testing.T, s Enrolments, before, i instrument.Instrument) {
	ctx := t.Context()
	want(t, "the old key's word", s.SetConsent(ctx, before, Say(t, InstrumentKey(1), i.ID, before.Consent, false, contractTime)), enrol.ErrRaced)
	first := Say(t, InstrumentKey(2), i.ID, instrument.Consent{}, true, contractTime.Add(time.Hour))
	want(t, "the new key's first word", s.SetConsent(ctx, i, first), nil)
	all, err := s.Statements(ctx, i.ID)
	if err != nil || len(all) != 4 || all[0].Enrolment != before.Enrolment || all[3].Enrolment != i.Enrolment || all[3].Statement != first.Statement {
		t.Errorf("the history of two enrolments: %+v, %v", all, err)
	}
}

func said(t *testing.T, s Enrolments, i instrument.Instrument, consents ...instrument.Consent) {
	t.Helper()
	var wanted []enrol.Said
	for _, c := range consents {
		wanted = append(wanted, enrol.Said{Enrolment: i.Enrolment, Version: c.Version, Statement: c.Statement, Key: i.PublicKey, Since: c.Since})
	}
	got, err := s.Statements(t.Context(), i.ID)
	if diff := cmp.Diff(wanted, got); err != nil || diff != "" {
		t.Errorf("the history: %v\n%s", err, diff)
	}
}
