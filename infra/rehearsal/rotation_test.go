package rehearsal_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/receipt"
)

// Keys rotate under a running fleet: nothing waits for the operator's next command, what
// was sealed for the old key opens, and who enrolled before reads the new receipts. It
// is not parallel: it deploys, and the others go on with what it leaves.
func TestKeysRotateUnderARunningFleet(t *testing.T) {
	_, folders := fleet(t, 15, 1, 1, 0)
	var payload []byte
	for _, all := range folders {
		payload = payloadOf(t, all[0])
	}
	old := newForger(t, "ROTATE1", true)
	spooled, late := newBatch(t), newBatch(t)
	one := sealed(t, old.params(t, spooled, 1, payload))
	two := sealed(t, old.params(t, late, 2, payload))

	if err := stage.Deploy(t.Context(), map[string]string{"unwrap": "2", "receipt": "2"}); err != nil {
		t.Fatal(err)
	}
	// Deployed, not published: what is under way is opened and answered as before.
	old.send(t, spooled, 1, one)
	if got := old.receiptOf(t, spooled); got.Verdict != receipt.Stored {
		t.Fatalf("sealed before, sent after the deployment: %s %q", got.Verdict, got.Reason)
	}

	raw, err := stage.Operator(t.Context(), "keys", "publish")
	if err != nil {
		t.Fatal(err)
	}
	var set struct{ Unwrap, Receipt []string }
	if err := json.Unmarshal(raw, &set); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]string{{"unwrap-2", "unwrap-1"}, {"receipt-2", "receipt-1"}}, [][]string{set.Unwrap, set.Receipt}); diff != "" {
		t.Fatalf("published (- want, + got):\n%s", diff)
	}
	old.send(t, late, 2, two)
	fresh := newForger(t, "ROTATE2", true)
	batch := newBatch(t)
	p := fresh.params(t, batch, 1, payload)
	if p.Recipients[0].ID != "unwrap-2" {
		t.Errorf("who enrols now seals for %s", p.Recipients[0].ID)
	}
	fresh.send(t, batch, 1, sealed(t, p))
	if got := fresh.receiptOf(t, batch); got.Verdict != receipt.Stored {
		t.Errorf("sealed for the new key: %s %q", got.Verdict, got.Reason)
	}
	old.keys = fresh.keys // as an agent does with its next batch
	if got := old.receiptOf(t, late); got.Verdict != receipt.Stored {
		t.Errorf("sealed for the old key, sent after the new one was published: %s %q", got.Verdict, got.Reason)
	}
	if got := len(old.receipts(t)); got != 2 { // signed by two keys, one chain
		t.Errorf("%d receipts, want 2", got)
	}
	for name, lines := range logs(t) {
		if bytes.Contains(lines, []byte("starting failed")) {
			t.Errorf("%s: a function did not start on the new settings", name)
		}
	}
}
