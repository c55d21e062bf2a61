package validate_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/authorize"
	"proactive/shared/batch"
	"proactive/shared/consent"
	"proactive/shared/handoff"
	"proactive/shared/instrument"
	"proactive/shared/journal"
	"proactive/shared/layout"
	"proactive/shared/ledger"
	"proactive/shared/pipelinetest"
	"proactive/shared/receipt"
	"proactive/shared/seal"
	"proactive/shared/validate"
)

const (
	id      = "i-01hzzzzzzzzzzzzzzzzzzzzzzz"
	batchID = "01HZZZZZZZZZZZZZZZZZZZZ001"
)

type bench struct {
	validate.Stage
	t           *testing.T
	now         time.Time
	log         *bytes.Buffer
	inbox       *pipelinetest.Bucket
	ledger      *pipelinetest.Ledger
	instruments *pipelinetest.Instruments
	keys        *pipelinetest.Keys
	queue       *pipelinetest.ValidatedQueue
	sender      instrument.Instrument
	params      seal.Params
}

func newBench(t *testing.T) *bench {
	b := &bench{
		t: t, now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), log: &bytes.Buffer{}, inbox: pipelinetest.NewBucket(t, "inbox", nil),
		ledger: pipelinetest.NewLedger(t), instruments: pipelinetest.NewInstruments(t), keys: pipelinetest.NewKeys(t), queue: &pipelinetest.ValidatedQueue{},
	}
	b.Stage = validate.Stage{
		Deployment: pipelinetest.Deployment, Bucket: "inbox", Inbox: pipelinetest.Uploads{Bucket: b.inbox}, Ledger: b.ledger,
		Instruments: b.instruments, Keys: b.instruments, Chain: b.ledger, Signer: b.keys, Next: b.queue,
		Now: func() time.Time { return b.now }, Log: journal.New(b.log, "validate"),
	}
	set, signed := b.keys.Set(b.now)
	b.instruments.Publish(signed, set)
	key := pipelinetest.InstrumentKey(1)
	b.sender = instrument.Instrument{ID: id, PublicKey: key.Public().(ed25519.PublicKey), Consent: pipelinetest.Say(t, key, id, instrument.Consent{}, true, b.now)}
	b.instruments.Put(b.sender)
	b.params = seal.Params{
		Deployment: pipelinetest.Deployment, Instrument: id, Batch: batchID, Sequence: 7, Catalog: "sha256:" + strings.Repeat("c", 64),
		Plaintext: []byte("compressed"), PayloadBytes: 20, Recipients: []seal.Recipient{b.keys.Recipient()}, Signer: key,
	}
	return b
}

func (b *bench) seal() []byte {
	b.t.Helper()
	sealed, err := seal.Seal(b.params)
	if err != nil {
		b.t.Fatal(err)
	}
	return sealed
}

func digest(object []byte) string {
	sum := sha256.Sum256(object)
	return hex.EncodeToString(sum[:])
}

// grant grants what sealed is, as batch 7 of the sender.
func (b *bench) grant(sealed []byte) {
	b.t.Helper()
	err := b.ledger.Grant(b.t.Context(), authorize.Grant{
		Entry: ledger.Entry{Instrument: id, Batch: batchID, Sequence: 7, Bytes: int64(len(sealed)), SHA256: digest(sealed), State: ledger.Granted},
		Day:   "2026-11-23", DailyBytes: 1 << 30, At: b.now,
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) upload(object []byte) validate.Arrival {
	return validate.Arrival(b.inbox.Upload(layout.InboxKey(id, batchID), object))
}

func (b *bench) handle(a validate.Arrival) string {
	b.t.Helper()
	outcome, err := b.Handle(b.t.Context(), a)
	if err != nil {
		b.t.Fatal(err)
	}
	return outcome
}

func (b *bench) entry() ledger.Entry {
	b.t.Helper()
	e, err := b.ledger.Batch(b.t.Context(), id, batchID)
	if err != nil {
		b.t.Fatal(err)
	}
	return e
}

// counted tells how often the log counts name.
func (b *bench) counted(name string) (n int) {
	b.t.Helper()
	for line := range bytes.Lines(b.log.Bytes()) {
		var v map[string]any
		if err := json.Unmarshal(line, &v); err != nil {
			b.t.Fatal(err)
		}
		if v[name] == 1.0 && v["_aws"] != nil && v["stage"] == "validate" {
			n++
		}
	}
	return n
}

func TestAccepted(t *testing.T) {
	b := newBench(t)
	sealed := b.seal()
	b.grant(sealed)
	a := b.upload(sealed)
	message := handoff.Validated{
		Instrument: id, Batch: batchID, Sequence: 7, Bucket: "inbox", Key: a.Key, Version: a.Version, SHA256: digest(sealed), Bytes: int64(len(sealed)),
	}
	// Delivered again, the same version carries on: a claim is not a completion.
	for n := range 3 {
		if outcome := b.handle(a); outcome != validate.Accepted {
			t.Errorf("delivery %d: %s", n+1, outcome)
		}
	}
	if diff := cmp.Diff([]handoff.Validated{message, message, message}, b.queue.Messages()); diff != "" {
		t.Error(diff)
	}
	if e := b.entry(); e.State != ledger.Claimed || e.Version != a.Version {
		t.Errorf("%+v", e)
	}
	if got := b.ledger.Receipts(id); len(got) != 0 {
		t.Errorf("a receipt before the batch was opened: %v", got)
	}
}

// Each fault of a granted upload: its own reason, a signed receipt that names the digest
// the agent knows, and nothing handed on.
func TestRejected(t *testing.T) {
	flip := func(object []byte, at int) []byte {
		object = bytes.Clone(object)
		object[at] ^= 1
		return object
	}
	for _, c := range []struct {
		name   string
		reason string
		before func(b *bench)                // what is sealed
		after  func(b *bench, sealed []byte) // what has changed since the grant
		object func(sealed []byte) []byte    // what is granted and uploaded in place of the batch
		stored func(sealed []byte) []byte    // what lies in the inbox in place of what was granted
	}{
		{name: "consent withdrawn since the grant", reason: consent.No, after: func(b *bench, _ []byte) {
			b.sender.Consent = pipelinetest.Say(b.t, b.params.Signer, id, b.sender.Consent, false, b.now)
			b.instruments.Put(b.sender)
		}},
		{name: "consent that is a mark in the table", reason: consent.Unproven, after: func(b *bench, _ []byte) {
			b.sender.Consent = instrument.Consent{On: true, Text: "2026-11", Since: b.now}
			b.instruments.Put(b.sender)
		}},
		{name: "consent that another key stated", reason: consent.Unproven, after: func(b *bench, _ []byte) {
			b.sender.Consent = pipelinetest.Say(b.t, pipelinetest.InstrumentKey(2), id, instrument.Consent{}, true, b.now)
			b.instruments.Put(b.sender)
		}},
		{name: "the instrument revoked since the grant", reason: validate.Revoked, after: func(b *bench, _ []byte) {
			b.sender.Revoked = true
			b.instruments.Put(b.sender)
		}},
		{name: "other bytes of the same length", reason: validate.DigestMismatch, stored: func(s []byte) []byte { return flip(s, len(s)-1) }},
		{name: "one byte fewer", reason: validate.LengthMismatch, stored: func(s []byte) []byte { return s[:len(s)-1] }},
		{name: "one byte more", reason: validate.LengthMismatch, stored: func(s []byte) []byte { return append(bytes.Clone(s), 0) }},
		{name: "not a batch", reason: batch.ReasonNotABatch, object: func([]byte) []byte { return []byte("GIF89a, and a long way after it\n\n\n") }},
		{name: "a later format", reason: batch.ReasonUnknownFormat, object: func(s []byte) []byte { return bytes.Replace(s, []byte("batch/1\n"), []byte("batch/2\n"), 1) }},
		{name: "a header with a space in it", reason: batch.ReasonNotCanonical, object: func(s []byte) []byte { return bytes.Replace(s, []byte(`"sequence":`), []byte(`"sequence": `), 1) }},
		{name: "a truncated ciphertext", reason: batch.ReasonCiphertextLength, object: func(s []byte) []byte { return s[:len(s)-1] }},
		{name: "a flipped bit of the ciphertext", reason: batch.ReasonBadSignature, object: func(s []byte) []byte { return flip(s, len(s)-1) }},
		{name: "a changed catalog in the header", reason: batch.ReasonBadSignature, object: func(s []byte) []byte { return bytes.Replace(s, []byte("sha256:c"), []byte("sha256:d"), 1) }},
		{name: "signed by another instrument", reason: batch.ReasonBadSignature, before: func(b *bench) { b.params.Signer = pipelinetest.InstrumentKey(2) }},
		{name: "sealed for another deployment", reason: batch.ReasonWrongDeployment, before: func(b *bench) { b.params.Deployment = "proactive-elsewhere" }},
		{name: "another instrument's header", reason: validate.HeaderMismatch, before: func(b *bench) { b.params.Instrument = "i-00000000000000000000000000" }},
		{name: "another batch's header", reason: validate.HeaderMismatch, before: func(b *bench) { b.params.Batch = "01HZZZZZZZZZZZZZZZZZZZZ002" }},
		{name: "another sequence number's header", reason: validate.HeaderMismatch, before: func(b *bench) { b.params.Sequence = 8 }},
		{name: "sealed for a key that we do not have", reason: validate.UnknownKeyID, before: func(b *bench) { b.params.Recipients[0].ID = "unwrap-2" }},
		{name: "sealed for an auditor first", reason: validate.UnknownKeyID, before: func(b *bench) {
			auditor, err := rsa.GenerateKey(rand.Reader, 2048)
			if err != nil {
				b.t.Fatal(err)
			}
			b.params.Recipients = append([]seal.Recipient{{ID: "auditor", Key: &auditor.PublicKey}}, b.params.Recipients...)
		}},
		{name: "sealed for a key whose time is over", reason: validate.ExpiredKey, after: func(b *bench, _ []byte) { b.now = b.now.AddDate(0, 0, 90) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			if c.before != nil {
				c.before(b)
			}
			sealed := b.seal()
			if c.object != nil {
				changed := c.object(sealed)
				if bytes.Equal(changed, sealed) {
					t.Fatal("the fault changes nothing")
				}
				sealed = changed
			}
			b.grant(sealed)
			if c.after != nil {
				c.after(b, sealed)
			}
			object := sealed
			if c.stored != nil {
				object = c.stored(sealed)
			}
			a := b.upload(object)
			if outcome := b.handle(a); outcome != c.reason {
				t.Fatalf("%s, want %s", outcome, c.reason)
			}
			set, _ := b.keys.Set(b.now)
			chain, err := receipt.VerifyChain(b.ledger.Receipts(id), set)
			if err != nil || len(chain) != 1 {
				t.Fatalf("%d receipts: %v", len(chain), err)
			}
			want := receipt.Receipt{
				Format: receipt.Format, Deployment: pipelinetest.Deployment, Instrument: id, Batch: batchID, Sequence: 7, Ordinal: 1,
				Verdict: receipt.Rejected, Reason: c.reason, SHA256: digest(sealed), Issued: b.now.Format(receipt.TimeFormat),
			}
			if diff := cmp.Diff(want, chain[0]); diff != "" {
				t.Error(diff)
			}
			if len(b.queue.Messages()) != 0 || b.counted(journal.BatchesRejected) != 1 {
				t.Errorf("handed on %v, log %s", b.queue.Messages(), b.log)
			}
			b.sender.Consent.On, b.sender.Revoked = true, false
			b.instruments.Put(b.sender)
			b.inbox.Fail("Get", pipelinetest.NotPersisted) // it is not even read again
			if outcome := b.handle(a); outcome != validate.Settled || len(b.ledger.Receipts(id)) != 1 {
				t.Errorf("delivered again: %s", outcome)
			}
		})
	}
}

func TestLeft(t *testing.T) {
	for _, c := range []struct {
		name    string
		outcome string
		arrival func(b *bench) validate.Arrival
	}{
		{"another bucket", validate.ForeignBucket, func(*bench) validate.Arrival {
			return validate.Arrival{Bucket: "other", Key: layout.InboxKey(id, batchID), Version: "0"}
		}},
		{"a key that is none of ours", validate.NotAnInboxKey, func(b *bench) validate.Arrival {
			return validate.Arrival(b.inbox.Upload("inbox/v1/PatientJohnDoe/x", []byte("x")))
		}},
		{"a key that climbs", validate.NotAnInboxKey, func(b *bench) validate.Arrival {
			return validate.Arrival(b.inbox.Upload("inbox/v1/"+id+"/../"+id+"/"+batchID, []byte("x")))
		}},
		{"nothing granted", validate.NoGrant, func(b *bench) validate.Arrival { return b.upload(b.seal()) }},
		{"an instrument that is gone", validate.UnknownInstrument, func(b *bench) validate.Arrival {
			sealed := b.seal()
			b.grant(sealed)
			b.Instruments = pipelinetest.NewInstruments(b.t)
			return b.upload(sealed)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			if outcome := b.handle(c.arrival(b)); outcome != c.outcome {
				t.Errorf("%s, want %s", outcome, c.outcome)
			}
			if len(b.queue.Messages()) != 0 || len(b.ledger.Receipts(id)) != 0 || b.counted(journal.UploadsLeft) != 1 {
				t.Errorf("handed on %v, receipts %v, log %s", b.queue.Messages(), b.ledger.Receipts(id), b.log)
			}
			if strings.Contains(b.log.String(), "JohnDoe") {
				t.Errorf("a key of somebody else's in the log: %s", b.log)
			}
		})
	}
}

// Another version of a claimed object is a replay. It can neither take the batch over
// nor have it refused.
func TestReplayedVersion(t *testing.T) {
	for name, object := range map[string]func(sealed []byte) []byte{
		"the same bytes": func(s []byte) []byte { return s },
		"other bytes":    func(s []byte) []byte { return append(bytes.Clone(s), 1) },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			sealed := b.seal()
			b.grant(sealed)
			first := b.upload(sealed)
			if outcome := b.handle(first); outcome != validate.Accepted {
				t.Fatal(outcome)
			}
			if outcome := b.handle(b.upload(object(sealed))); outcome != validate.ReplayedVersion {
				t.Error(outcome)
			}
			if e := b.entry(); e.Version != first.Version || len(b.queue.Messages()) != 1 || len(b.ledger.Receipts(id)) != 0 || b.counted(journal.UploadsLeft) != 1 {
				t.Errorf("%+v, handed on %v, receipts %v", e, b.queue.Messages(), b.ledger.Receipts(id))
			}
		})
	}
}

// Two versions that are looked at in the same moment: whichever claims first owns the
// batch, though the other has long been found wanting.
func TestClaimIsWhatDecides(t *testing.T) {
	b := newBench(t)
	sealed := b.seal()
	b.grant(sealed)
	good := b.upload(sealed)
	bad := b.upload(append(bytes.Clone(sealed), 1))
	b.Inbox = meanwhile{b.Inbox, func() {
		if err := b.ledger.Claim(t.Context(), id, batchID, good.Version); err != nil {
			t.Error(err)
		}
	}}
	if outcome := b.handle(bad); outcome != validate.ReplayedVersion || len(b.ledger.Receipts(id)) != 0 {
		t.Errorf("%s; receipts %v", outcome, b.ledger.Receipts(id))
	}
	b.Inbox = pipelinetest.Uploads{Bucket: b.inbox}
	if outcome := b.handle(good); outcome != validate.Accepted {
		t.Error(outcome)
	}
}

func TestSettledMeanwhile(t *testing.T) {
	b := newBench(t)
	sealed := b.seal()
	b.grant(sealed)
	a := b.upload(sealed)
	b.Inbox = meanwhile{b.Inbox, func() {
		r := receipt.Receipt{
			Deployment: pipelinetest.Deployment, Instrument: id, Batch: batchID, Sequence: 7, Verdict: receipt.Rejected, Reason: "x",
			SHA256: digest(sealed), Issued: b.now.Format(receipt.TimeFormat),
		}
		if _, err := receipt.Issue(t.Context(), b.keys, b.ledger, r, receipt.Place{}); err != nil {
			t.Error(err)
		}
	}}
	if outcome := b.handle(a); outcome != validate.Settled || len(b.queue.Messages()) != 0 {
		t.Errorf("%s; handed on %v", outcome, b.queue.Messages())
	}
}

// Each dependency fails in each way, for a batch that is good and for one that is not.
// Redelivery brings both to the end they would have had.
func TestStoreFailures(t *testing.T) {
	for name, how := range map[string]pipelinetest.Failure{"not persisted": pipelinetest.NotPersisted, "reply lost": pipelinetest.ReplyLost} {
		for _, c := range []struct {
			store, method string
			good          bool
			fail          func(b *bench)
		}{
			{"ledger", "Batch", true, func(b *bench) { b.ledger.Fail("Batch", how) }},
			{"ledger", "Claim", true, func(b *bench) { b.ledger.Fail("Claim", how) }},
			{"ledger", "Claim", false, func(b *bench) { b.ledger.Fail("Claim", how) }},
			{"ledger", "Head", false, func(b *bench) { b.ledger.Fail("Head", how) }},
			{"ledger", "Commit", false, func(b *bench) { b.ledger.Fail("Commit", how) }},
			{"instruments", "Get", true, func(b *bench) { b.instruments.Fail("Get", how) }},
			{"instruments", "KeySet", true, func(b *bench) { b.instruments.Fail("KeySet", how) }},
			{"inbox", "Get", true, func(b *bench) { b.inbox.Fail("Get", how) }},
			{"queue", "Send", true, func(b *bench) { b.queue.Fail("Send", how) }},
			{"signer", "SignES256", false, func(b *bench) { b.keys.FailNext(1) }},
		} {
			t.Run(c.store+" "+c.method+" "+name, func(t *testing.T) {
				b := newBench(t)
				if !c.good {
					b.params.Signer = pipelinetest.InstrumentKey(2)
				}
				sealed := b.seal()
				b.grant(sealed)
				a := b.upload(sealed)
				c.fail(b)
				if outcome, err := b.Handle(t.Context(), a); !errors.Is(err, pipelinetest.ErrStore) {
					t.Fatalf("a failure passed for %q: %v", outcome, err)
				}
				outcome := b.handle(a)
				if c.good && (outcome != validate.Accepted || len(b.queue.Messages()) == 0 || len(b.ledger.Receipts(id)) != 0) {
					t.Errorf("again: %s, handed on %v", outcome, b.queue.Messages())
				}
				if !c.good && (outcome != batch.ReasonBadSignature && outcome != validate.Settled || len(b.ledger.Receipts(id)) != 1 || len(b.queue.Messages()) != 0) {
					t.Errorf("again: %s, receipts %v", outcome, b.ledger.Receipts(id))
				}
			})
		}
	}
}
