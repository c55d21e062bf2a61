package pipelinetest

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/authorize"
	"proactive/shared/challenge"
	"proactive/shared/enrol"
	"proactive/shared/instrument"
	"proactive/shared/ledger"
	"proactive/shared/receipt"
	"proactive/shared/validate"
)

var contractTime = time.Date(2026, 11, 23, 23, 30, 0, 0, time.UTC)

// contractBatch names the nth batch of the contracts.
func contractBatch(n int) string { return fmt.Sprintf("01HZZZZZZZZZZZZZZZZZZZZ%03d", n) }

func contractGrant(batch int, sequence, size int64) authorize.Grant {
	return authorize.Grant{
		Entry: ledger.Entry{
			Instrument: contractInstrument, Batch: contractBatch(batch), Sequence: sequence, Bytes: size,
			SHA256: strings.Repeat("a", 64), State: ledger.Granted,
		},
		Day: contractTime.Format(time.DateOnly), DailyBytes: 1000, At: contractTime,
	}
}

// UsedContract tests that a nonce is used once.
func UsedContract(t *testing.T, s challenge.Used) {
	ctx := t.Context()
	var won atomic.Int32
	var wg sync.WaitGroup
	for n := range 5 {
		wg.Go(func() {
			switch err := s.Use(context.WithoutCancel(ctx), "n-1", fmt.Sprint("request-", n), contractTime); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, challenge.ErrSpent):
				t.Errorf("using a nonce: %v", err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("a nonce was used %d times", won.Load())
	}
	want(t, "another nonce", s.Use(ctx, "n-2", "request-1", contractTime), nil)
	want(t, "the same request again", s.Use(ctx, "n-2", "request-1", contractTime), nil)
	want(t, "another request", s.Use(ctx, "n-2", "request-2", contractTime), challenge.ErrSpent)
}

// Enrolments is what EnrolmentContract tests.
type Enrolments interface {
	enrol.Codes
	enrol.Consents
	enrol.History
	validate.Instruments
	Issue(ctx context.Context, digest string, c enrol.Code) error
}

// EnrolmentContract tests enrolment codes and consent. revoke revokes an instrument.
func EnrolmentContract(t *testing.T, s Enrolments, revoke func(id string)) {
	ctx := t.Context()
	key := func(seed byte) ed25519.PublicKey { return InstrumentKey(seed).Public().(ed25519.PublicKey) }
	code := enrol.Code{
		Instrument: contractInstrument, Tenant: "t-1", Site: "s-1", Serial: "M04034", DailyBytes: 1 << 20, Expires: contractTime,
	}
	enrolled := instrument.Instrument{
		ID: code.Instrument, Tenant: "t-1", Site: "s-1", Serial: "M04034", DailyBytes: 1 << 20, PublicKey: key(1), Enrolment: "e1",
	}

	_, err := s.Code(ctx, "d1")
	want(t, "a code that nobody issued", err, enrol.ErrNoCode)
	_, err = s.Get(ctx, code.Instrument)
	want(t, "an instrument that is not there", err, instrument.ErrUnknown)
	want(t, "issuing", s.Issue(ctx, "d1", code), nil)
	want(t, "issuing the same again, its reply lost", s.Issue(ctx, "d1", code), nil)
	another := code
	another.Instrument = "i-01hzzzzzzzzzzzzzzzzzzzzzzy"
	if err := s.Issue(ctx, "d1", another); err == nil {
		t.Error("a digest was issued twice")
	}
	got, err := s.Code(ctx, "d1")
	if diff := cmp.Diff(code, got); err != nil || diff != "" {
		t.Errorf("the code: %v\n%s", err, diff)
	}

	want(t, "redeeming", s.Redeem(ctx, "d1", enrolled), nil)
	i, err := s.Get(ctx, code.Instrument)
	if diff := cmp.Diff(enrolled, i); err != nil || diff != "" {
		t.Errorf("the instrument: %v\n%s", err, diff)
	}
	other := enrolled
	other.PublicKey, other.Enrolment = key(2), "e2"
	want(t, "redeeming again", s.Redeem(ctx, "d1", other), enrol.ErrRaced)
	if got, err := s.Code(ctx, "d1"); err != nil || !got.UsedBy.Equal(i.PublicKey) {
		t.Errorf("the code is used by %x: %v", got.UsedBy, err)
	}
	if i, err = s.Get(ctx, code.Instrument); err != nil || !i.PublicKey.Equal(enrolled.PublicKey) {
		t.Errorf("a second key took the instrument: %v", err)
	}

	consentContract(t, s, i)

	// A new code replaces the key, and consent is asked for anew.
	want(t, "issuing another", s.Issue(ctx, "d2", code), nil)
	want(t, "redeeming another", s.Redeem(ctx, "d2", other), nil)
	before := i
	if i, err = s.Get(ctx, code.Instrument); err != nil || i.Consent != (instrument.Consent{}) || !i.PublicKey.Equal(other.PublicKey) || i.Enrolment != "e2" {
		t.Errorf("after a new enrolment: %+v, %v", i, err)
	}
	newChainContract(t, s, before, i)

	revoke(i.ID)
	want(t, "issuing a third", s.Issue(ctx, "d3", code), nil)
	want(t, "redeeming for a revoked instrument", s.Redeem(ctx, "d3", enrolled), enrol.ErrRevoked)
	want(t, "consent of a revoked instrument", s.SetConsent(ctx, i, Say(t, InstrumentKey(2), i.ID, i.Consent, false, contractTime)), enrol.ErrRaced)
	if got, err := s.Code(ctx, "d3"); err != nil || got.UsedBy != nil {
		t.Errorf("half a transaction: %v", err)
	}
}

// Accounts is what LedgerContract tests.
type Accounts interface {
	authorize.Ledger
	authorize.Receipts
	validate.Ledger
	receipt.Chain
}

// LedgerContract tests grants, claims and receipts. jws makes the JWS of a receipt.
func LedgerContract(t *testing.T, s Accounts, jws func(receipt.Receipt) string) {
	grantsContract(t, s)
	claimsContract(t, s)
	chainContract(t, s, jws)
}

func grantsContract(t *testing.T, s authorize.Ledger) {
	ctx := t.Context()
	_, err := s.Batch(ctx, contractInstrument, contractBatch(1))
	want(t, "a batch that nobody granted", err, ledger.ErrNone)

	var won atomic.Int32
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			switch err := s.Grant(context.WithoutCancel(ctx), contractGrant(1, 7, 600)); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, ledger.ErrAlready):
				t.Errorf("granting: %v", err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("a batch was granted %d times", won.Load())
	}
	e, err := s.Batch(ctx, contractInstrument, contractBatch(1))
	if diff := cmp.Diff(contractGrant(1, 7, 600).Entry, e); err != nil || diff != "" {
		t.Errorf("the batch: %v\n%s", err, diff)
	}
	want(t, "its sequence number again", s.Grant(ctx, contractGrant(2, 7, 1)), ledger.ErrSequenceTaken)
	want(t, "beyond the day's bytes", s.Grant(ctx, contractGrant(2, 8, 401)), ledger.ErrQuota)
	large := contractGrant(2, 8, 1001)
	large.Day, large.At = "2026-11-25", contractTime.AddDate(0, 0, 2)
	want(t, "beyond a whole day's bytes", s.Grant(ctx, large), ledger.ErrQuota)
	_, err = s.Batch(ctx, contractInstrument, contractBatch(2))
	want(t, "half a transaction", err, ledger.ErrNone)
	want(t, "the number that was not used up", s.Grant(ctx, contractGrant(2, 8, 400)), nil)
	want(t, "one byte more", s.Grant(ctx, contractGrant(3, 9, 1)), ledger.ErrQuota)
	tomorrow := contractGrant(3, 9, 1000)
	tomorrow.Day, tomorrow.At = "2026-11-24", contractTime.AddDate(0, 0, 1)
	want(t, "tomorrow", s.Grant(ctx, tomorrow), nil)
	neighbour := contractGrant(1, 7, 600)
	neighbour.Entry.Instrument = "i-00000000000000000000000000"
	want(t, "another instrument's", s.Grant(ctx, neighbour), nil)
}

func claimsContract(t *testing.T, s validate.Ledger) {
	ctx := t.Context()
	claim := func(batch int, version string) error {
		return s.Claim(ctx, contractInstrument, contractBatch(batch), version)
	}
	want(t, "claiming what nobody granted", claim(99, "v1"), ledger.ErrNone)
	want(t, "claiming", claim(1, "v1"), nil)
	want(t, "claiming the same version again", claim(1, "v1"), nil)
	want(t, "claiming another version", claim(1, "v2"), ledger.ErrOtherVersion)
	e, err := s.Batch(ctx, contractInstrument, contractBatch(1))
	if err != nil || e.State != ledger.Claimed || e.Version != "v1" || e.Sequence != 7 {
		t.Errorf("a claimed batch: %+v, %v", e, err)
	}
}

func chainContract(t *testing.T, s Accounts, jws func(receipt.Receipt) string) {
	ctx := t.Context()
	commit := func(batch int, was receipt.Head, verdict receipt.Verdict) receipt.Commit {
		r := receipt.Receipt{
			Format: receipt.Format, Deployment: "proactive-test", Instrument: contractInstrument, Batch: contractBatch(batch), Sequence: 7,
			Ordinal: was.Ordinal + 1, Previous: was.Digest, Verdict: verdict, SHA256: strings.Repeat("a", 64),
			Issued: contractTime.Format(receipt.TimeFormat),
		}
		c := receipt.Commit{Was: was}
		if verdict == receipt.Stored {
			r.Payload, c.Clean = strings.Repeat("b", 64), receipt.Place{Bucket: "clean", Key: "k", Version: "v"}
		} else {
			r.Reason = "bad-signature"
		}
		c.Receipt, c.JWS = r, jws(r)
		c.Next = receipt.Head{Ordinal: r.Ordinal, Digest: receipt.Digest(c.JWS)}
		return c
	}
	head, err := s.Head(ctx, contractInstrument)
	if err != nil || head != (receipt.Head{}) {
		t.Fatalf("the head of no chain: %+v, %v", head, err)
	}
	_, err = s.Entry(ctx, contractInstrument, contractBatch(1))
	want(t, "a receipt that is not there", err, receipt.ErrNone)
	_, err = s.Entry(ctx, contractInstrument, contractBatch(98))
	want(t, "a receipt of no batch", err, receipt.ErrNone)

	// Two for one batch: the first wins, though both knew the head.
	first, late := commit(1, head, receipt.Stored), commit(1, head, receipt.Rejected)
	want(t, "the first receipt", s.Commit(ctx, first), nil)
	want(t, "a second receipt of the batch", s.Commit(ctx, late), receipt.ErrAlready)
	// Two for two batches: the second has to be signed anew.
	second := commit(2, head, receipt.Rejected)
	want(t, "a head that moved", s.Commit(ctx, second), receipt.ErrHeadMoved)
	if e, err := s.Batch(ctx, contractInstrument, contractBatch(2)); err != nil || e.Settled() {
		t.Errorf("half a transaction: %+v, %v", e, err)
	}
	wrong := commit(2, receipt.Head{Ordinal: 1, Digest: strings.Repeat("0", 64)}, receipt.Rejected)
	want(t, "a head of another digest", s.Commit(ctx, wrong), receipt.ErrHeadMoved)
	if head, err = s.Head(ctx, contractInstrument); err != nil || head != first.Next {
		t.Fatalf("the head: %+v, %v", head, err)
	}
	second = commit(2, head, receipt.Rejected)
	want(t, "a receipt of a batch that was only granted", s.Commit(ctx, second), nil)

	got, err := s.Entry(ctx, contractInstrument, contractBatch(1))
	if diff := cmp.Diff(receipt.Entry{JWS: first.JWS, Clean: first.Clean}, got); err != nil || diff != "" {
		t.Errorf("the stored batch's receipt: %v\n%s", err, diff)
	}
	got, err = s.Entry(ctx, contractInstrument, contractBatch(2))
	if diff := cmp.Diff(receipt.Entry{JWS: second.JWS}, got); err != nil || diff != "" {
		t.Errorf("the rejected batch's receipt: %v\n%s", err, diff)
	}
	e, err := s.Batch(ctx, contractInstrument, contractBatch(1))
	if err != nil || e.State != ledger.State(receipt.Stored) || e.Ordinal != 1 || e.Version != "v1" {
		t.Errorf("the stored batch: %+v, %v", e, err)
	}
	want(t, "claiming a settled batch", s.Claim(ctx, contractInstrument, contractBatch(1), "v1"), ledger.ErrSettled)
	for _, page := range []struct {
		after int64
		limit int
		want  []string
	}{{0, 100, []string{first.JWS, second.JWS}}, {0, 1, []string{first.JWS}}, {1, 100, []string{second.JWS}}, {2, 100, nil}} {
		got, err := s.After(ctx, contractInstrument, page.after, page.limit)
		if diff := cmp.Diff(page.want, got); err != nil || diff != "" {
			t.Errorf("receipts after %d: %v\n%s", page.after, err, diff)
		}
	}
}
