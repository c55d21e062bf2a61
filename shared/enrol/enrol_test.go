package enrol_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/enrol"
	"proactive/shared/enrolment"
	"proactive/shared/fault"
	"proactive/shared/instrument"
	"proactive/shared/pipelinetest"
)

const id = "i-01hzzzzzzzzzzzzzzzzzzzzzzz"

var (
	secret = []byte("0123456789abcdef")
	mine   = key(1)
	theirs = key(2)
)

func key(seed byte) ed25519.PublicKey { return public(pipelinetest.InstrumentKey(seed)) }

func public(key ed25519.PrivateKey) ed25519.PublicKey { return key.Public().(ed25519.PublicKey) }

type bench struct {
	enrol.Stage
	now   time.Time
	store *pipelinetest.Instruments
}

func newBench(t *testing.T) *bench {
	b := &bench{now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), store: pipelinetest.NewInstruments(t)}
	b.Stage = enrol.Stage{Deployment: pipelinetest.Deployment, Codes: b.store, Keys: b.store, Consents: b.store, Now: func() time.Time { return b.now }}
	set, signed := pipelinetest.NewKeys(t).Set(b.now)
	b.store.Publish(signed, set)
	code := enrol.Code{Instrument: id, Tenant: "t-1", Site: "s-1", Serial: "M04034", DailyBytes: 1 << 30, Expires: b.now.Add(time.Hour)}
	if err := b.store.Issue(t.Context(), enrolment.Digest(secret), code); err != nil {
		t.Fatal(err)
	}
	return b
}

func application(secret []byte) enrol.Application {
	return enrol.Application{Code: base64.RawURLEncoding.EncodeToString(secret)}
}

func want(t *testing.T, err error, kind fault.Kind, reason string) {
	t.Helper()
	if k, r := fault.Public(err); err == nil || k != kind || r != reason {
		t.Errorf("%v, want %v: %s", err, kind, reason)
	}
}

func TestEnrol(t *testing.T) {
	b := newBench(t)
	got, err := b.Enrol(t.Context(), mine, application(secret))
	if err != nil || got.Instrument != id || got.Deployment != pipelinetest.Deployment || got.Serial != "M04034" || got.Keys.JWS == "" {
		t.Fatalf("%+v, %v", got, err)
	}
	i, err := b.store.Get(t.Context(), id)
	enrolled := instrument.Instrument{ID: id, Tenant: "t-1", Site: "s-1", Serial: "M04034", DailyBytes: 1 << 30, PublicKey: mine,
		Enrolment: enrolment.Digest(secret)[:16]}
	if diff := cmp.Diff(enrolled, i); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestEnrolAgainWithTheSameKey(t *testing.T) {
	b := newBench(t)
	first, err := b.Enrol(t.Context(), mine, application(secret))
	if err != nil {
		t.Fatal(err)
	}
	i, err := b.store.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	on := pipelinetest.Say(t, pipelinetest.InstrumentKey(1), id, i.Consent, true, b.now)
	if err := b.store.SetConsent(t.Context(), i, on); err != nil {
		t.Fatal(err)
	}
	b.now = b.now.Add(2 * time.Hour) // the code has expired since: its use has not
	again, err := b.Enrol(t.Context(), mine, application(secret))
	if diff := cmp.Diff(first, again); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	if i, err := b.store.Get(t.Context(), id); err != nil || i.Consent != on {
		t.Errorf("enrolling again touched the consent: %+v, %v", i.Consent, err)
	}
}

func TestEnrolRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		kind   fault.Kind
		reason string
		do     func(b *bench) error
	}{
		{"a code that nobody issued", fault.Unknown, enrol.CodeUnknown, func(b *bench) error {
			_, err := b.Enrol(t.Context(), mine, application([]byte("fedcba9876543210")))
			return err
		}},
		{"a code that is none", fault.Unknown, enrol.CodeUnknown, func(b *bench) error {
			return b.Known(t.Context(), enrol.Application{Code: "!"})
		}},
		{"a code of another length", fault.Unknown, enrol.CodeUnknown, func(b *bench) error {
			return b.Known(t.Context(), application(secret[1:]))
		}},
		{"a code that another key used", fault.Forbidden, enrol.CodeUsed, func(b *bench) error {
			if _, err := b.Enrol(t.Context(), theirs, application(secret)); err != nil {
				return err
			}
			_, err := b.Enrol(t.Context(), mine, application(secret))
			return err
		}},
		{"a code that has expired", fault.Forbidden, enrol.CodeExpired, func(b *bench) error {
			b.now = b.now.Add(time.Hour)
			_, err := b.Enrol(t.Context(), mine, application(secret))
			return err
		}},
		{"a code for a revoked instrument", fault.Forbidden, enrol.Revoked, func(b *bench) error {
			b.store.Put(instrument.Instrument{ID: id, Revoked: true, PublicKey: theirs})
			_, err := b.Enrol(t.Context(), mine, application(secret))
			return err
		}},
		{"anything before a key set is published", fault.Unavailable, enrol.NoKeySet, func(b *bench) error {
			b.Keys = pipelinetest.NewInstruments(t)
			_, err := b.Enrol(t.Context(), mine, application(secret))
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			want(t, c.do(b), c.kind, c.reason)
			if i, err := b.store.Get(t.Context(), id); err == nil && i.PublicKey.Equal(mine) {
				t.Error("it is enrolled all the same")
			}
		})
	}
}

func TestEnrolWhenTheStoreFails(t *testing.T) {
	for name, how := range map[string]pipelinetest.Failure{"not persisted": pipelinetest.NotPersisted, "reply lost": pipelinetest.ReplyLost} {
		for _, method := range []string{"Code", "Signed", "Redeem"} {
			t.Run(method+" "+name, func(t *testing.T) {
				b := newBench(t)
				b.store.Fail(method, how)
				if _, err := b.Enrol(t.Context(), mine, application(secret)); !errors.Is(err, pipelinetest.ErrStore) {
					t.Fatalf("a failed store enrolled: %v", err)
				}
				if _, err := b.Enrol(t.Context(), mine, application(secret)); err != nil {
					t.Errorf("the same application again: %v", err)
				}
				_, err := b.Enrol(t.Context(), theirs, application(secret))
				want(t, err, fault.Forbidden, enrol.CodeUsed)
			})
		}
	}
}

func TestEnrolRace(t *testing.T) {
	b := newBench(t)
	b.Codes = quicker{b.store, b}
	_, err := b.Enrol(t.Context(), mine, application(secret))
	want(t, err, fault.Unavailable, enrol.Busy)
	b.Codes = b.store
	_, err = b.Enrol(t.Context(), mine, application(secret))
	want(t, err, fault.Forbidden, enrol.CodeUsed)
}
