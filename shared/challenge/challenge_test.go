package challenge_test

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"proactive/shared/challenge"
	"proactive/shared/fault"
	"proactive/shared/pipelinetest"
)

type bench struct {
	challenge.Nonces
	now  time.Time
	used *pipelinetest.Requests
	mac  *pipelinetest.Mac
}

func newBench() *bench {
	b := &bench{now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), used: &pipelinetest.Requests{}, mac: &pipelinetest.Mac{Key: []byte("k")}}
	b.Nonces = challenge.Nonces{Mac: b.mac, Used: b.used, Now: func() time.Time { return b.now }, Rand: rand.Reader}
	return b
}

func (b *bench) nonce(t *testing.T) string {
	t.Helper()
	c, err := b.New(t.Context())
	if err != nil || !c.Time.Equal(b.now) {
		t.Fatalf("%+v, %v", c, err)
	}
	return c.Nonce
}

func TestSpend(t *testing.T) {
	for _, c := range []struct {
		name   string
		reason string // "" accepted
		change func(b *bench, nonce string) string
	}{
		{"as given", "", func(_ *bench, n string) string { return n }},
		{"at the last moment", "", func(b *bench, n string) string {
			b.now = b.now.Add(challenge.Validity - time.Second)
			return n
		}},
		{"from a function whose clock is ahead", "", func(b *bench, n string) string {
			b.now = b.now.Add(-20 * time.Second)
			return n
		}},
		{"five minutes old", challenge.Stale, func(b *bench, n string) string {
			b.now = b.now.Add(challenge.Validity)
			return n
		}},
		{"from the future", challenge.Stale, func(b *bench, n string) string {
			b.now = b.now.Add(-time.Minute)
			return n
		}},
		{"under another key", challenge.Forged, func(b *bench, n string) string {
			b.mac.Key = []byte("other")
			return n
		}},
		{"with a time of its own", challenge.Forged, func(_ *bench, n string) string {
			raw, _ := base64.RawURLEncoding.DecodeString(n)
			raw[7]--
			return base64.RawURLEncoding.EncodeToString(raw)
		}},
		{"with other random bytes", challenge.Forged, func(_ *bench, n string) string {
			raw, _ := base64.RawURLEncoding.DecodeString(n)
			raw[12] ^= 1
			return base64.RawURLEncoding.EncodeToString(raw)
		}},
		{"with a line break", challenge.Malformed, func(_ *bench, n string) string { return n[:4] + "\n" + n[4:] }},
		{"one byte short", challenge.Malformed, func(_ *bench, n string) string { return n[:len(n)-2] }},
		{"padded", challenge.Malformed, func(_ *bench, n string) string { return n + "=" }},
		{"empty", challenge.Malformed, func(*bench, string) string { return "" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench()
			nonce := c.change(b, b.nonce(t))
			err := b.Spend(t.Context(), nonce, "request-1")
			if c.reason == "" {
				if err != nil || b.used.Rows() != 1 {
					t.Errorf("%v, %d rows", err, b.used.Rows())
				}
				return
			}
			if kind, reason := fault.Public(err); kind != fault.Unknown || reason != c.reason || b.used.Rows() != 0 {
				t.Errorf("%v, %d rows; want %s and none", err, b.used.Rows(), c.reason)
			}
		})
	}
}

func TestSpendTwice(t *testing.T) {
	b := newBench()
	nonce := b.nonce(t)
	if err := b.Spend(t.Context(), nonce, "request-1"); err != nil {
		t.Fatal(err)
	}
	if _, reason := fault.Public(b.Spend(t.Context(), nonce, "request-2")); reason != challenge.Spent {
		t.Errorf("a nonce was spent twice: %s", reason)
	}
}

func TestSpendWhenTheStoreFails(t *testing.T) {
	for name, how := range map[string]pipelinetest.Failure{"not persisted": pipelinetest.NotPersisted, "reply lost": pipelinetest.ReplyLost} {
		t.Run(name, func(t *testing.T) {
			b := newBench()
			nonce := b.nonce(t)
			b.used.Fail("Use", how)
			if err := b.Spend(t.Context(), nonce, "request-1"); !errors.Is(err, pipelinetest.ErrStore) {
				t.Fatalf("a failed store let a request in: %v", err)
			}
			// The write is repeated for the same request; a second one may never use it
			// after the first did.
			if err := b.Spend(t.Context(), nonce, "request-1"); err != nil {
				t.Errorf("the same request again: %v", err)
			}
			if _, reason := fault.Public(b.Spend(t.Context(), nonce, "request-2")); reason != challenge.Spent {
				t.Errorf("another request: %s", reason)
			}
		})
	}
}

func TestSpendWhenTheKeyFails(t *testing.T) {
	b := newBench()
	nonce := b.nonce(t)
	b.mac.FailNext(1)
	if err := b.Spend(t.Context(), nonce, "request-1"); !errors.Is(err, pipelinetest.ErrStore) || b.used.Rows() != 0 {
		t.Errorf("%v, %d rows", err, b.used.Rows())
	}
}

func TestNewWithoutRandomness(t *testing.T) {
	b := newBench()
	b.Rand = strings.NewReader("too short")
	if _, err := b.New(t.Context()); err == nil {
		t.Error("a nonce without randomness")
	}
}
