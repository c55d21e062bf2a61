package authorize_test

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/authorize"
	"proactive/shared/consent"
	"proactive/shared/fault"
	"proactive/shared/instrument"
	"proactive/shared/layout"
	"proactive/shared/ledger"
	"proactive/shared/pipelinetest"
	"proactive/shared/receipt"
)

const (
	id    = "i-01hzzzzzzzzzzzzzzzzzzzzzzz"
	batch = "01HZZZZZZZZZZZZZZZZZZZZ001"
	next  = "01HZZZZZZZZZZZZZZZZZZZZ002"
)

type bench struct {
	authorize.Stage
	t      *testing.T
	now    time.Time
	ledger *pipelinetest.Ledger
	signer *pipelinetest.Signer
	keys   *pipelinetest.Instruments
	sender instrument.Instrument
}

func newBench(t *testing.T) *bench {
	b := &bench{
		t: t, now: time.Date(2026, 11, 23, 23, 58, 0, 0, time.UTC), ledger: pipelinetest.NewLedger(t),
		signer: &pipelinetest.Signer{T: t}, keys: pipelinetest.NewInstruments(t),
		sender: instrument.Instrument{ID: id, DailyBytes: 1000, PublicKey: pipelinetest.InstrumentKey(1).Public().(ed25519.PublicKey)},
	}
	b.say(true)
	b.Stage = authorize.Stage{Ledger: b.ledger, Receipts: b.ledger, Inbox: b.signer, Keys: b.keys, Now: func() time.Time { return b.now }}
	return b
}

// say is the sender's next answer.
func (b *bench) say(on bool) {
	b.sender.Consent = pipelinetest.Say(b.t, pipelinetest.InstrumentKey(1), id, b.sender.Consent, on, b.now)
}

func ask(batch string, sequence, size int64) authorize.Ask {
	return authorize.Ask{Batch: batch, Sequence: sequence, Bytes: size, SHA256: strings.Repeat("a", 64)}
}

func (b *bench) ask(a authorize.Ask) (authorize.Answer, error) {
	return b.Authorize(b.t.Context(), b.sender, a)
}

func (b *bench) granted(a authorize.Ask) {
	b.t.Helper()
	got, err := b.ask(a)
	if err != nil || got.Status != authorize.Upload || got.Method != "PUT" || got.URL == "" || got.Receipt != "" || !got.Expires.Equal(b.now.Add(authorize.Lifetime)) {
		b.t.Fatalf("%+v, %v", got, err)
	}
}

func (b *bench) settle(verdict receipt.Verdict) string {
	b.t.Helper()
	r := receipt.Receipt{
		Deployment: pipelinetest.Deployment, Instrument: id, Batch: batch, Sequence: 1, Verdict: verdict, SHA256: strings.Repeat("a", 64),
		Issued: b.now.Format(receipt.TimeFormat), Reason: "bad-signature",
	}
	e, err := receipt.Issue(b.t.Context(), pipelinetest.NewKeys(b.t), b.ledger, r, receipt.Place{})
	if err != nil {
		b.t.Fatal(err)
	}
	return e.JWS
}

func want(t *testing.T, err error, kind fault.Kind, reason string) {
	t.Helper()
	if k, r := fault.Public(err); err == nil || k != kind || r != reason {
		t.Errorf("%v, want %v: %s", err, kind, reason)
	}
}

func TestGrantBindsTheUpload(t *testing.T) {
	b := newBench(t)
	b.granted(ask(batch, 1, 400))
	digest, err := hex.DecodeString(strings.Repeat("a", 64))
	if err != nil {
		t.Fatal(err)
	}
	put := authorize.Put{Key: layout.InboxKey(id, batch), Bytes: 400, SHA256: digest, For: 5 * time.Minute}
	if diff := cmp.Diff([]authorize.Put{put}, b.signer.Signed()); diff != "" {
		t.Error(diff)
	}
	e, err := b.ledger.Batch(t.Context(), id, batch)
	entry := ledger.Entry{Instrument: id, Batch: batch, Sequence: 1, Bytes: 400, SHA256: strings.Repeat("a", 64), State: ledger.Granted}
	if diff := cmp.Diff(entry, e); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestTheSameAskAgain(t *testing.T) {
	b := newBench(t)
	b.granted(ask(batch, 1, 400))
	b.now = b.now.Add(time.Hour) // another day, too
	b.granted(ask(batch, 1, 400))
	b.granted(ask(next, 2, 1000)) // the second asking used up nothing of this day
	if err := b.ledger.Claim(t.Context(), id, batch, "v1"); err != nil {
		t.Fatal(err)
	}
	if got, err := b.ask(ask(batch, 1, 400)); err != nil || got.Status != authorize.AwaitReceipt || got.URL != "" {
		t.Errorf("arrived, and then %+v, %v", got, err)
	}
	jws := b.settle(receipt.Rejected)
	signed := len(b.signer.Signed())
	b.say(false) // the lab may always have its receipt
	if got, err := b.ask(ask(batch, 1, 400)); err != nil || got.Status != authorize.HasReceipt || got.Receipt != jws {
		t.Errorf("settled, and then %+v, %v", got, err)
	}
	if len(b.signer.Signed()) != signed {
		t.Error("an upload was signed for a batch that has its receipt")
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name   string
		kind   fault.Kind
		reason string
		ask    authorize.Ask
		before func(b *bench)
	}{
		{"no consent", fault.Forbidden, consent.No, ask(next, 2, 400), func(b *bench) { b.say(false) }},
		{"never asked", fault.Forbidden, consent.No, ask(next, 2, 400), func(b *bench) { b.sender.Consent = instrument.Consent{} }},
		{"a mark in the table and no statement", fault.Forbidden, consent.Unproven, ask(next, 2, 400), func(b *bench) {
			b.sender.Consent = instrument.Consent{On: true, Text: "2026-11", Since: b.now}
		}},
		{"withdrawn, and the mark set back", fault.Forbidden, consent.Unproven, ask(next, 2, 400), func(b *bench) {
			b.say(false)
			b.sender.Consent.On = true
		}},
		{"a statement that another key signed", fault.Forbidden, consent.Unproven, ask(next, 2, 400), func(b *bench) {
			b.sender.PublicKey = pipelinetest.InstrumentKey(2).Public().(ed25519.PublicKey)
		}},
		{"consent withdrawn after the grant", fault.Forbidden, consent.No, ask(batch, 1, 400), func(b *bench) { b.say(false) }},
		{"the same id for another digest", fault.Conflict, authorize.BatchDiffers, authorize.Ask{Batch: batch, Sequence: 1, Bytes: 400, SHA256: strings.Repeat("b", 64)}, nil},
		{"the same id for another length", fault.Conflict, authorize.BatchDiffers, ask(batch, 1, 399), nil},
		{"the same id for another sequence number", fault.Conflict, authorize.BatchDiffers, ask(batch, 2, 400), nil},
		{"another digest, though there is a receipt", fault.Conflict, authorize.BatchDiffers, ask(batch, 1, 399), func(b *bench) { b.settle(receipt.Rejected) }},
		{"a sequence number that is taken", fault.Conflict, authorize.SequenceTaken, ask(next, 1, 400), nil},
		{"beyond the day's quota", fault.Quota, authorize.DailyQuota, ask(next, 2, 601), nil},
		{"larger than any batch", fault.Malformed, authorize.TooLarge, ask(next, 2, authorize.MaxBytes+1), func(b *bench) { b.sender.DailyBytes = 1 << 40 }},
		{"no bytes", fault.Malformed, authorize.BadRequest, ask(next, 2, 0), nil},
		{"fewer than no bytes", fault.Malformed, authorize.BadRequest, ask(next, 2, -5000), nil},
		{"no sequence number", fault.Malformed, authorize.BadRequest, ask(next, 0, 400), nil},
		{"a sequence number without end", fault.Malformed, authorize.BadRequest, ask(next, 1e12, 400), nil},
		{"a batch id that is a path", fault.Malformed, authorize.BadRequest, ask("../../01HZZZZZZZZZZZZZZZZZ", 2, 400), nil},
		{"a digest in capitals", fault.Malformed, authorize.BadRequest, authorize.Ask{Batch: next, Sequence: 2, Bytes: 400, SHA256: strings.Repeat("A", 64)}, nil},
		{"half a digest", fault.Malformed, authorize.BadRequest, authorize.Ask{Batch: next, Sequence: 2, Bytes: 400, SHA256: strings.Repeat("a", 32)}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.granted(ask(batch, 1, 400))
			if c.before != nil {
				c.before(b)
			}
			_, err := b.ask(c.ask)
			want(t, err, c.kind, c.reason)
			if len(b.signer.Signed()) != 1 {
				t.Error("an upload was signed all the same")
			}
			if _, err := b.ledger.Batch(t.Context(), id, next); !errors.Is(err, ledger.ErrNone) {
				t.Errorf("a row was written all the same: %v", err)
			}
		})
	}
}

func TestSequenceNumbersMayHaveGapsAndComeInAnyOrder(t *testing.T) {
	b := newBench(t)
	b.granted(ask(batch, 900, 1))
	b.granted(ask(next, 3, 1))
}

func TestQuotaIsPerUTCDay(t *testing.T) {
	b := newBench(t)
	b.granted(ask(batch, 1, 1000))
	_, err := b.ask(ask(next, 2, 1))
	want(t, err, fault.Quota, authorize.DailyQuota)
	b.now = b.now.Add(2 * time.Minute)
	b.granted(ask(next, 2, 1000))
}

func TestQuotaHasADefault(t *testing.T) {
	b := newBench(t)
	b.sender.DailyBytes = 0
	b.granted(ask(batch, 1, authorize.MaxBytes))
}

func TestStoreFailures(t *testing.T) {
	for name, how := range map[string]pipelinetest.Failure{"not persisted": pipelinetest.NotPersisted, "reply lost": pipelinetest.ReplyLost} {
		for _, method := range []string{"Batch", "Grant"} {
			t.Run(method+" "+name, func(t *testing.T) {
				b := newBench(t)
				b.ledger.Fail(method, how)
				if _, err := b.ask(ask(batch, 1, 600)); !errors.Is(err, pipelinetest.ErrStore) || len(b.signer.Signed()) != 0 {
					t.Fatalf("a failed ledger, and an upload was signed: %v", err)
				}
				b.granted(ask(batch, 1, 600))
				b.granted(ask(next, 2, 400)) // and the first counted once
				if b.ledger.Pending() != 0 {
					t.Error("the failure was not met")
				}
			})
		}
		t.Run("Entry "+name, func(t *testing.T) {
			b := newBench(t)
			b.granted(ask(batch, 1, 400))
			jws := b.settle(receipt.Rejected)
			b.ledger.Fail("Entry", how)
			b.ledger.Fail("After", how)
			if _, err := b.ask(ask(batch, 1, 400)); !errors.Is(err, pipelinetest.ErrStore) {
				t.Errorf("%v", err)
			}
			if _, err := b.List(t.Context(), b.sender, nil); !errors.Is(err, pipelinetest.ErrStore) {
				t.Errorf("%v", err)
			}
			if got, err := b.ask(ask(batch, 1, 400)); err != nil || got.Receipt != jws {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	t.Run("signing", func(t *testing.T) {
		b := newBench(t)
		b.signer.FailNext(1)
		if _, err := b.ask(ask(batch, 1, 600)); !errors.Is(err, pipelinetest.ErrStore) {
			t.Fatal(err)
		}
		b.granted(ask(batch, 1, 600))
	})
}

// twice is a ledger that a second request of the same batch reaches first.
type twice struct{ authorize.Ledger }

func (l twice) Grant(ctx context.Context, g authorize.Grant) error {
	if err := l.Ledger.Grant(ctx, g); err != nil {
		return err
	}
	return l.Ledger.Grant(ctx, g)
}

func TestTwoAsksAtOnce(t *testing.T) {
	b := newBench(t)
	b.Ledger = twice{b.ledger}
	_, err := b.ask(ask(batch, 1, 600))
	want(t, err, fault.Unavailable, authorize.Busy)
	b.granted(ask(batch, 1, 600))
}

func TestList(t *testing.T) {
	b := newBench(t)
	page, err := b.List(t.Context(), b.sender, nil)
	if diff := cmp.Diff(authorize.Page{Receipts: []string{}}, page); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	b.granted(ask(batch, 1, 400))
	jws := b.settle(receipt.Rejected)
	b.sender.Consent.On = false
	for after, want := range map[string]authorize.Page{"0": {Receipts: []string{jws}, Next: 1}, "1": {Receipts: []string{}, Next: 1}, "9": {Receipts: []string{}, Next: 9}} {
		page, err := b.List(t.Context(), b.sender, url.Values{"after": {after}})
		if diff := cmp.Diff(want, page); err != nil || diff != "" {
			t.Errorf("after %s: %v\n%s", after, err, diff)
		}
	}
	other := b.sender
	other.ID = "i-00000000000000000000000000"
	if page, err := b.List(t.Context(), other, nil); err != nil || len(page.Receipts) != 0 {
		t.Errorf("another instrument's receipts: %+v, %v", page, err)
	}
	for _, bad := range []url.Values{{"after": {"-1"}}, {"after": {"x"}}, {"after": {"1", "2"}}, {"before": {"1"}}, {"after": {}}} {
		_, err := b.List(t.Context(), b.sender, bad)
		want(t, err, fault.Malformed, authorize.BadRequest)
	}
}

func TestKeySet(t *testing.T) {
	b := newBench(t)
	_, err := b.KeySet(t.Context())
	want(t, err, fault.Unavailable, authorize.NoKeySet)
	set, signed := pipelinetest.NewKeys(t).Set(b.now)
	b.keys.Publish(signed, set)
	got, err := b.KeySet(t.Context())
	if diff := cmp.Diff(signed, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	b.keys.Fail("Signed", pipelinetest.NotPersisted)
	if _, err := b.KeySet(t.Context()); !errors.Is(err, pipelinetest.ErrStore) {
		t.Error(err)
	}
}
