package validate_test

import (
	"errors"
	"testing"

	"proactive/shared/layout"
	"proactive/shared/pipelinetest"
	"proactive/shared/receipt"
	"proactive/shared/seal"
	"proactive/shared/validate"
)

func (b *bench) left() int { return len(b.inbox.Versions(layout.InboxKey(id, batchID))) }

// What is refused does not stay: it may be no sealed batch at all, and anything may stand in
// it in the clear. That holds for what is uploaded again while the grant lives, and whatever
// fails on the way; what was accepted stays for scrub.
func TestWhatIsRefusedDoesNotStay(t *testing.T) {
	clear := []byte("Maria Lopez, born 1984-03-12")
	b := newBench(t)
	b.grant(clear)
	a := b.upload(clear)
	if outcome := b.handle(a); outcome != "not-a-batch" || b.left() != 0 {
		t.Fatalf("%s: %d versions are left", outcome, b.left())
	}
	again := b.upload(clear)
	if outcome := b.handle(again); outcome != validate.Settled || b.left() != 0 {
		t.Errorf("uploaded again: %s, %d versions are left", outcome, b.left())
	}
	if outcome := b.handle(a); outcome != validate.Settled {
		t.Errorf("delivered again: %s", outcome)
	}
	// An event that names no version, of an object that is gone.
	if err := b.Receive(t.Context(), []byte(`{"source":"aws.s3","detail-type":"Object Created","detail":{"bucket":{"name":"inbox"},"object":{"key":"`+layout.InboxKey(id, batchID)+`"}}}`)); err != nil {
		t.Errorf("delivered again, without its version: %v", err)
	}
	if chain := b.ledger.Receipts(id); len(chain) != 1 {
		t.Errorf("%d receipts", len(chain))
	}

	for how, failure := range map[string]pipelinetest.Failure{"not persisted": pipelinetest.NotPersisted, "reply lost": pipelinetest.ReplyLost} {
		b := newBench(t)
		b.grant(clear)
		a := b.upload(clear)
		b.inbox.Fail("Remove", failure)
		if _, err := b.Handle(t.Context(), a); !errors.Is(err, pipelinetest.ErrStore) {
			t.Fatalf("%s: %v", how, err)
		}
		if b.entry().State != "rejected" {
			t.Errorf("%s: removed before its receipt", how)
		}
		if outcome := b.handle(a); outcome != validate.Settled || b.left() != 0 {
			t.Errorf("%s: %s, %d versions are left", how, outcome, b.left())
		}
	}

	good := newBench(t)
	sealed := good.seal()
	good.grant(sealed)
	if outcome := good.handle(good.upload(sealed)); outcome != validate.Accepted || good.left() != 1 {
		t.Errorf("%s: %d versions", outcome, good.left())
	}
}

// Of a batch that is stored nothing is removed, however often its event comes.
func TestWhatIsStoredStays(t *testing.T) {
	b := newBench(t)
	sealed := b.seal()
	b.grant(sealed)
	a := b.upload(sealed)
	b.handle(a)
	r := receipt.Receipt{
		Deployment: pipelinetest.Deployment, Instrument: id, Batch: batchID, Sequence: 7, Verdict: receipt.Stored, Kept: map[string]int{"run.reads": 1},
		SHA256: digest(sealed), Payload: digest(sealed), Issued: b.now.Format(receipt.TimeFormat),
	}
	if _, err := receipt.Issue(t.Context(), b.keys, b.ledger, r, receipt.Place{Bucket: "clean", Key: "k", Version: "v"}); err != nil {
		t.Fatal(err)
	}
	if outcome := b.handle(a); outcome != validate.Settled || b.left() != 1 {
		t.Errorf("%s: %d versions", outcome, b.left())
	}
}

// A header is in the clear: beside the deployment's key it names keys of the lab's own, by
// their digests, and nobody.
func TestOtherRecipientsAreKeysOfTheLab(t *testing.T) {
	for name, want := range map[string]string{"auditor-0123456789abcdef": validate.Accepted, "maria-lopez-1984": validate.UnknownKeyID, "auditor-maria": validate.UnknownKeyID} {
		b := newBench(t)
		b.params.Recipients = append(b.params.Recipients, seal.Recipient{ID: name, Key: b.params.Recipients[0].Key})
		sealed := b.seal()
		b.grant(sealed)
		if outcome := b.handle(b.upload(sealed)); outcome != want {
			t.Errorf("%s: %s, want %s", name, outcome, want)
		}
	}
}
