package rehearsal_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"proactive/shared/handoff"
	"proactive/shared/health"
	"proactive/shared/layout"
	"proactive/shared/receipt"
)

// Sent three times each and delivered out of order, at every step of the way: nothing
// lost, nothing double, the same findings as of an instrument that sent once and in
// order, one case; and none for what is healthy.
func TestThriceAndOutOfOrder(t *testing.T) {
	t.Parallel()
	all, folders := fleet(t, 11, 2, 12, 1)
	failing, healthy := all[0], all[1]
	if failing.Component == "" {
		failing, healthy = healthy, failing
	}

	calm, err := stage.Enrol(t.Context(), failing.Serial)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := calm.Send(t.Context(), folders[failing.Serial]); err != nil {
		t.Fatal(err)
	}
	eventually(t, "one case for "+failing.Serial, func() bool { return len(casesOf(t, calm.ID)) == 1 })
	eventually(t, "everything is scored", func() bool { return waitingFor(t, calm.ID) == 0 })
	foretold(t, calm.ID, failing.Component)
	want := findingsOf(t, calm.ID)
	if len(want) == 0 || want[0].Component != failing.Component {
		t.Fatalf("the findings are %v; the simulator broke the %s", want, failing.Component)
	}

	wild := newForger(t, failing.Serial+"-WILD", true) // another instrument: a serial number is enrolled once
	sendWildly(t, wild, folders[failing.Serial])
	eventually(t, "the same findings", func() bool { return cmp.Equal(findingsOf(t, wild.id), want) })
	eventually(t, "one case", func() bool { return len(casesOf(t, wild.id)) == 1 })
	redeliver(t, wild)
	eventually(t, "all is delivered", func() bool { return waitingFor(t, wild.id) == 0 })
	if diff := cmp.Diff(want, findingsOf(t, wild.id)); diff != "" {
		t.Errorf("delivered again, the findings are others:\n%s", diff)
	}
	if got := casesOf(t, wild.id); len(got) != 1 || got[0].Component != failing.Component {
		t.Errorf("cases: %+v, want one on the %s", got, failing.Component)
	}
	settledOnce(t, wild, len(folders[failing.Serial]))

	well, err := stage.Enrol(t.Context(), healthy.Serial)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := well.Send(t.Context(), folders[healthy.Serial]); err != nil {
		t.Fatal(err)
	}
	if got := casesOf(t, well.ID); len(got) != 0 {
		t.Errorf("a healthy instrument has cases: %v", got)
	}
}

// sendWildly numbers the run folders in their order and sends them in another, each
// offered and uploaded three times.
func sendWildly(t *testing.T, f *forger, folders []string) {
	t.Helper()
	order := rand.New(rand.NewPCG(1, 2)).Perm(len(folders))
	if slices.IsSorted(order) {
		t.Fatal("this shuffle is none")
	}
	for _, i := range order {
		batch, sequence := newBatch(t), int64(i)+1
		raw := sealed(t, f.params(t, batch, sequence, payloadOf(t, folders[i])))
		o := offerOf(batch, sequence, raw)
		f.send(t, batch, sequence, raw)
		for range 2 {
			switch g := f.authorize(t, o); g.Status {
			case "upload": // not claimed yet: the same grant again, and the store refuses the second object
				if got := g.put(t, raw); got.status == 200 {
					t.Errorf("batch %d was uploaded over itself", sequence)
				}
			case "await-receipt", "receipt":
			default:
				t.Errorf("batch %d: status %q", sequence, g.Status)
			}
		}
	}
	eventually(t, "a receipt of each", func() bool { return len(f.receipts(t)) == len(folders) })
}

// redeliver puts every message of the pipeline on its queue again, twice, newest first.
func redeliver(t *testing.T, f *forger) {
	t.Helper()
	inbox, clean := stage.Outputs["InboxBucket"], stage.Outputs["CleanBucket"]
	receipts := f.receipts(t)
	slices.Reverse(receipts)
	for range 2 {
		for _, r := range receipts {
			key, cleanKey := layout.InboxKey(f.id, r.Batch), layout.CleanKey(f.id, r.Batch)
			uploaded, kept := back.versions(t, inbox, key), back.versions(t, clean, cleanKey)
			if len(uploaded) != 1 || len(kept) != 1 {
				t.Fatalf("batch %d has %d objects in the inbox and %d clean ones", r.Sequence, len(uploaded), len(kept))
			}
			version := aws.ToString(uploaded[0].VersionId)
			back.post(t, "ValidateQueue", map[string]any{"detail-type": "Object Created", "source": "aws.s3", "detail": map[string]any{
				"bucket": map[string]any{"name": inbox},
				"object": map[string]any{"key": key, "version-id": version, "size": aws.ToInt64(uploaded[0].Size)},
			}})
			back.post(t, "ScrubQueue", handoff.Validated{
				Instrument: f.id, Batch: r.Batch, Sequence: r.Sequence, Bucket: inbox, Key: key, Version: version,
				SHA256: r.SHA256, Bytes: aws.ToInt64(uploaded[0].Size),
			})
			back.post(t, "ScoreQueue", handoff.Stored{
				Instrument: f.id, Batch: r.Batch, Sequence: r.Sequence, Bucket: clean, Key: cleanKey,
				Version: aws.ToString(kept[0].VersionId),
			})
		}
	}
}

// settledOnce checks the account: each batch once in the ledger, once in the chain of
// receipts and once in the clean bucket.
func settledOnce(t *testing.T, f *forger, n int) {
	t.Helper()
	raw, err := stage.Operator(t.Context(), "batches", "list", "--instrument", f.id)
	if err != nil {
		t.Fatal(err)
	}
	var ledger []struct {
		Batch, State string
		Sequence     int64
	}
	if err := json.Unmarshal(raw, &ledger); err != nil {
		t.Fatal(err)
	}
	if len(ledger) != n {
		t.Errorf("%d batches in the ledger, want %d", len(ledger), n)
	}
	for i, b := range ledger {
		if b.State != string(receipt.Stored) || b.Sequence != int64(i)+1 {
			t.Errorf("the ledger's batch %d is %+v", i+1, b)
		}
	}
	seen := map[string]bool{}
	for i, r := range f.receipts(t) {
		if r.Ordinal != int64(i)+1 || r.Verdict != receipt.Stored || seen[r.Batch] {
			t.Errorf("receipt %d: %+v", i+1, r)
		}
		seen[r.Batch] = true
	}
	if len(seen) != n {
		t.Errorf("%d receipts, want %d", len(seen), n)
	}
	prefix := strings.TrimSuffix(layout.CleanKey(f.id, ""), ".parquet")
	if got := len(back.versions(t, stage.Outputs["CleanBucket"], prefix)); got != n {
		t.Errorf("%d clean objects under %s, want %d", got, prefix, n)
	}
}

// foretold sees that models foretold the failure, and that they say the same of it when they
// are asked again, to the bit.
func foretold(t *testing.T, instrument, component string) {
	t.Helper()
	raw, err := stage.Operator(t.Context(), "findings", "list", "--instrument", instrument)
	if err != nil {
		t.Fatal(err)
	}
	var all []health.Finding
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range all {
		if f.Kind != health.Predicted {
			continue
		}
		if f.Component == component {
			n++
		}
		if f.Foretold == nil || len(f.Foretold.Because) == 0 {
			t.Errorf("foretold without a reason: %+v", f)
		}
		if out, err := stage.Operator(t.Context(), "explain", f.ID, "--instrument", instrument); err != nil {
			t.Errorf("asked again: %s, %v", out, err)
		}
	}
	if n == 0 {
		t.Errorf("no model foretold that the %s fails; found was %+v", component, all)
	}
}

// findingsOf are what rules found on an instrument, without what names it. What models
// foretell depends on what others had sent by then.
func findingsOf(t *testing.T, instrument string) []health.Finding {
	t.Helper()
	raw, err := stage.Operator(t.Context(), "findings", "list", "--instrument", instrument)
	if err != nil {
		t.Fatal(err)
	}
	var all []health.Finding
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	all = slices.DeleteFunc(all, func(f health.Finding) bool { return f.Kind == health.Predicted })
	for i := range all {
		all[i].ID, all[i].Instrument = "", ""
	}
	return all
}
