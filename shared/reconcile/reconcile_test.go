package reconcile_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/handoff"
	"proactive/shared/journal"
	"proactive/shared/layout"
	"proactive/shared/ledger"
	"proactive/shared/receipt"
	"proactive/shared/reconcile"
	"proactive/shared/validate"
)

const (
	instrument = "i-01hzzzzzzzzzzzzzzzzzzzzzzz"
	one        = "01HZ0000000000000000000001"
	two        = "01HZ0000000000000000000002"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// rest is everything at rest of one instrument, and two queues.
type rest struct {
	rows         reconcile.Rows
	then         *reconcile.Rows // as of the second reading
	reads        int
	inbox, clean objects
	runs         map[int64]string
	validate     queue[reconcile.Arrival]
	score        queue[handoff.Stored]
	broken       string // what fails to be read
	erased       bool   // while it is read
}

type objects map[string][]reconcile.Version

func (o objects) Versions(context.Context, string) (map[string][]reconcile.Version, error) {
	return o, nil
}

type queue[M any] struct {
	waiting int
	sent    []M
	fails   bool
}

func (q *queue[M]) Send(_ context.Context, m M) error {
	if q.fails {
		return errors.New("the queue failed")
	}
	q.sent = append(q.sent, m)
	return nil
}
func (q *queue[M]) Waiting(context.Context) (int, error) { return q.waiting, nil }

func (r *rest) IDs(context.Context) ([]string, error) {
	if r.erased && r.reads > 0 {
		return nil, nil
	}
	return []string{instrument}, nil
}
func (r *rest) Runs(context.Context, string) (map[int64]string, error) {
	return r.runs, nil
}
func (r *rest) Rows(context.Context, string) (reconcile.Rows, error) {
	if r.broken == "rows" {
		return reconcile.Rows{}, errors.New("the table failed")
	}
	if r.reads++; r.reads > 1 && r.then != nil {
		return *r.then, nil
	}
	return r.rows, nil
}

func (r *rest) stage() reconcile.Stage {
	return reconcile.Stage{
		Bucket: "inbox", Instruments: r, Ledger: r, Inbox: r.inbox, Clean: r.clean, Health: r,
		Validate: &r.validate, Score: &r.score, Redrive: true, Patience: reconcile.Patience, Now: func() time.Time { return now },
	}
}

func (r *rest) sweep(t *testing.T) reconcile.Account {
	t.Helper()
	a, err := r.stage().Sweep(t.Context(), reconcile.All)
	if err != nil {
		t.Fatal(err)
	}
	if !a.Balanced() {
		t.Errorf("the sum does not come out: %+v", a)
	}
	return a
}

// whole is two batches, one stored and scored, one rejected, and nothing missing.
func whole() *rest {
	granted := now.Add(-24 * time.Hour)
	return &rest{
		rows: reconcile.Rows{
			Batches: []reconcile.Batch{
				{Entry: ledger.Entry{Instrument: instrument, Batch: one, Sequence: 7, State: "stored", Version: "v1", Ordinal: 1}, Granted: granted,
					Clean: receipt.Place{Bucket: "clean", Key: "k", Version: "c1"}},
				{Entry: ledger.Entry{Instrument: instrument, Batch: two, Sequence: 9, State: "rejected", Version: "v2", Ordinal: 2}, Granted: granted},
			},
			Owners: map[int64]string{7: one, 9: two}, Receipts: map[int64]string{1: one, 2: two}, Head: 2,
		},
		inbox: objects{one: {{ID: "v1", At: granted}}, two: {{ID: "v2", At: granted}}},
		clean: objects{one: {{ID: "c1", At: granted}}}, runs: map[int64]string{7: one},
	}
}

func TestNothingIsMissing(t *testing.T) {
	r := whole()
	a := r.sweep(t)
	want := reconcile.Account{Instruments: 1, Granted: 2, Stored: 1, Rejected: 1, Scored: 1, Missing: []reconcile.Missing{}}
	if diff := cmp.Diff(want, a); diff != "" || !a.Whole() || len(r.validate.sent)+len(r.score.sent) > 0 {
		t.Error(diff)
	}
}

// unsettle makes the first batch one that has not come so far.
func unsettle(r *rest, state ledger.State, version string) {
	b := &r.rows.Batches[0]
	b.State, b.Version, b.Ordinal, b.Clean = state, version, 0, receipt.Place{}
	r.rows.Batches[1].Ordinal, r.rows.Receipts, r.rows.Head = 1, map[int64]string{1: two}, 1
	r.runs = nil
}

// What has stopped on its way is found and its message sent, or it is left alone.
func TestWhatHasStoppedIsSetGoing(t *testing.T) {
	day := now.Add(-24 * time.Hour)
	for name, c := range map[string]struct {
		change          func(*rest)
		reason          reconcile.Reason
		validate, score int
		want            reconcile.Account
		stays           bool
	}{
		"an event was lost": {
			change: func(r *rest) { unsettle(r, ledger.Granted, "") },
			reason: reconcile.ArrivalLost, validate: 1, stays: true, want: reconcile.Account{Granted: 2, Rejected: 1, Underway: 1},
		},
		"a claim got no receipt": {
			change: func(r *rest) { unsettle(r, ledger.Claimed, "v1") },
			reason: reconcile.Unsettled, validate: 1, stays: true, want: reconcile.Account{Granted: 2, Rejected: 1, Underway: 1},
		},
		"a claim of an hour ago got no receipt": {
			change: func(r *rest) { unsettle(r, ledger.Claimed, "v1"); r.inbox[one][0].At = now.Add(-time.Hour) },
			reason: reconcile.Unsettled, validate: 1, want: reconcile.Account{Granted: 2, Rejected: 1, Underway: 1},
		},
		"a claim is fresh, though the grant is old": {
			change: func(r *rest) { unsettle(r, ledger.Claimed, "v1"); r.inbox[one][0].At = now.Add(-time.Minute) },
			want:   reconcile.Account{Granted: 2, Rejected: 1, Underway: 1},
		},
		"an upload is fresh": {
			change: func(r *rest) { unsettle(r, ledger.Granted, ""); r.inbox[one][0].At = now.Add(-time.Minute) },
			want:   reconcile.Account{Granted: 2, Rejected: 1, Underway: 1},
		},
		"a run was not scored": {
			change: func(r *rest) { r.runs = nil },
			reason: reconcile.Unscored, score: 1, stays: true, want: reconcile.Account{Granted: 2, Stored: 1, Rejected: 1},
		},
		"a run is about to be scored": {
			change: func(r *rest) { r.runs, r.inbox[one][0].At = nil, now.Add(-time.Minute) },
			want:   reconcile.Account{Granted: 2, Stored: 1, Rejected: 1},
		},
		"nothing was uploaded": {
			change: func(r *rest) { unsettle(r, ledger.Granted, ""); delete(r.inbox, one) },
			want:   reconcile.Account{Granted: 2, Rejected: 1, NeverArrived: 1},
		},
		"nothing is uploaded yet": {
			change: func(r *rest) {
				unsettle(r, ledger.Granted, "")
				delete(r.inbox, one)
				r.rows.Batches[0].Granted = now.Add(-time.Minute)
			},
			want: reconcile.Account{Granted: 2, Rejected: 1, Underway: 1},
		},
		"the queue to validate is behind": {
			change: func(r *rest) { unsettle(r, ledger.Granted, ""); r.validate.waiting = reconcile.Busy },
			reason: reconcile.ArrivalLost, stays: true, want: reconcile.Account{Granted: 2, Rejected: 1, Underway: 1},
		},
		"the queue to score is behind": {
			change: func(r *rest) { r.runs, r.score.waiting = nil, reconcile.Busy },
			reason: reconcile.Unscored, stays: true, want: reconcile.Account{Granted: 2, Stored: 1, Rejected: 1},
		},
		"lifecycle took an old clean object": {
			change: func(r *rest) {
				r.rows.Batches[0].Granted, r.clean, r.runs = now.Add(-reconcile.CleanKept), nil, nil
			},
			want: reconcile.Account{Granted: 2, Stored: 1, Rejected: 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := whole()
			c.change(r)
			a := r.sweep(t)
			if len(r.validate.sent) != c.validate || len(r.score.sent) != c.score || a.Sent() != c.validate+c.score {
				t.Errorf("sent %v and %v", r.validate.sent, r.score.sent)
			}
			c.want.Instruments, c.want.Missing = 1, []reconcile.Missing{}
			if c.reason != "" {
				since := day
				if r.inbox[one][0].At.After(since) {
					since = r.inbox[one][0].At
				}
				c.want.Missing = []reconcile.Missing{{
					Instrument: instrument, Batch: one, Sequence: 7, Reason: c.reason, Since: since, Sent: c.validate+c.score > 0, Stays: c.stays,
				}}
			}
			if diff := cmp.Diff(c.want, a); diff != "" {
				t.Error(diff)
			}
			if a.Whole() != (c.reason == "") {
				t.Errorf("whole: %v", a.Whole())
			}
		})
	}
}

// The messages are what the stages read, made from the ledger alone.
func TestTheMessagesAreTheOnesThatWereLost(t *testing.T) {
	r := whole()
	unsettle(r, ledger.Granted, "")
	r.inbox[one] = append(r.inbox[one], reconcile.Version{ID: "a stranger's", At: now})
	r.sweep(t)
	body, err := json.Marshal(r.validate.sent[0])
	if err != nil {
		t.Fatal(err)
	}
	got, err := validate.ParseArrival(body)
	if want := (validate.Arrival{Bucket: "inbox", Key: layout.InboxKey(instrument, one), Version: "v1"}); err != nil || got != want {
		t.Errorf("validate reads %+v, %v from %s", got, err, body)
	}
	r = whole()
	r.runs = nil
	r.sweep(t)
	if want := (handoff.Stored{Instrument: instrument, Batch: one, Sequence: 7, Bucket: "clean", Key: "k", Version: "c1"}); r.score.sent[0] != want {
		t.Errorf("score reads %+v", r.score.sent[0])
	}
}

func TestWhatNoMessageCanMend(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*rest)
		want   []reconcile.Reason
		lost   int
	}{
		"a batch's row is gone":          {func(r *rest) { r.rows.Batches = r.rows.Batches[:1] }, []reconcile.Reason{reconcile.ReceiptTwice, reconcile.BatchGone}, 1},
		"a sequence number's row":        {func(r *rest) { delete(r.rows.Owners, 7) }, []reconcile.Reason{reconcile.OwnerGone}, 0},
		"a receipt":                      {func(r *rest) { delete(r.rows.Receipts, 1) }, []reconcile.Reason{reconcile.ReceiptGone, reconcile.ReceiptGone}, 0},
		"the last receipt":               {func(r *rest) { delete(r.rows.Receipts, 2) }, []reconcile.Reason{reconcile.HeadAstray, reconcile.ReceiptGone}, 0},
		"the head":                       {func(r *rest) { r.rows.Head = 0 }, []reconcile.Reason{reconcile.HeadAstray}, 0},
		"a batch has two receipts":       {func(r *rest) { r.rows.Receipts[3], r.rows.Head = one, 3 }, []reconcile.Reason{reconcile.ReceiptTwice}, 0},
		"a clean object":                 {func(r *rest) { r.clean = nil }, []reconcile.Reason{reconcile.CleanGone}, 0},
		"a clean object's version":       {func(r *rest) { r.clean[one][0].ID = "c2" }, []reconcile.Reason{reconcile.CleanGone}, 0},
		"a run is another's":             {func(r *rest) { r.runs[7] = two }, []reconcile.Reason{reconcile.RunOfAnother}, 0},
		"a claimed upload":               {func(r *rest) { unsettle(r, ledger.Claimed, "v1"); delete(r.inbox, one) }, []reconcile.Reason{reconcile.UploadGone}, 1},
		"a claimed upload's own version": {func(r *rest) { unsettle(r, ledger.Claimed, "v0") }, []reconcile.Reason{reconcile.UploadGone}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			r := whole()
			c.change(r)
			a := r.sweep(t)
			var got []reconcile.Reason
			for _, m := range a.Missing {
				got = append(got, m.Reason)
				if m.Sent || m.Mendable() || !m.Stays {
					t.Errorf("%+v", m)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" || a.Lost != c.lost || a.Whole() || len(r.validate.sent)+len(r.score.sent) > 0 {
				t.Errorf("lost %d, sent %v %v: %s", a.Lost, r.validate.sent, r.score.sent, diff)
			}
		})
	}
}

// A transaction between two pages shows half of itself: seen once, it is not reported.
func TestHalfATransactionIsNoFault(t *testing.T) {
	r := whole()
	then := whole().rows
	r.then = &then
	r.rows.Head = 1
	if a := r.sweep(t); !a.Whole() || r.reads != 2 {
		t.Errorf("%+v after %d readings", a, r.reads)
	}
}

func TestAnInstrumentThatCannotBeRead(t *testing.T) {
	r := whole()
	r.broken = "rows"
	a, err := r.stage().Sweep(t.Context(), reconcile.All)
	if err == nil || !strings.Contains(err.Error(), instrument) || a.Instruments != 0 {
		t.Errorf("%+v, %v", a, err)
	}
	r = whole()
	r.runs, r.score.fails = nil, true
	if _, err := r.stage().Sweep(t.Context(), reconcile.All); err == nil {
		t.Error("a message that was not sent")
	}
}

// The shares of an hour are everyone, each once, whoever is called late.
func TestSharesAreEveryoneOnce(t *testing.T) {
	seen := map[int]bool{}
	for n := range reconcile.Shares {
		s := reconcile.ShareAt(now.Add(time.Duration(n)*reconcile.Every + time.Second))
		if s.Of != reconcile.Shares || s.Part < 0 || s.Part >= s.Of {
			t.Errorf("share %+v", s)
		}
		seen[s.Part] = true
	}
	if len(seen) != reconcile.Shares {
		t.Errorf("%d shares in an hour, want %d", len(seen), reconcile.Shares)
	}
	found := 0
	for n := range reconcile.Shares {
		a, err := whole().stage().Sweep(t.Context(), reconcile.Share{Part: n, Of: reconcile.Shares})
		if err != nil {
			t.Fatal(err)
		}
		found += a.Instruments
	}
	if found != 1 {
		t.Errorf("an instrument was looked at %d times in an hour", found)
	}
}

func TestTheLogCountsWhatIsMissing(t *testing.T) {
	var out bytes.Buffer
	r := whole()
	r.runs, r.rows.Head = nil, 5
	if err := r.stage().Logged(t.Context(), journal.New(&out, "reconcile"), reconcile.All); err != nil {
		t.Fatal(err)
	}
	for _, counter := range []string{journal.BatchesRedriven, journal.BatchesStuck, journal.AccountsBroken} {
		if got := strings.Count(out.String(), fmt.Sprintf(`"%s":1`, counter)); got != 1 {
			t.Errorf("%s was counted %d times in\n%s", counter, got, out.String())
		}
	}
	if !strings.Contains(out.String(), `"batches_never_arrived":0`) {
		t.Errorf("what never arrived is not told:\n%s", out.String())
	}
}

// TestAnErasureWhileWeRead: an account that was seen half erased is nobody's fault.
func TestAnErasureWhileWeRead(t *testing.T) {
	for _, erased := range []bool{false, true} {
		r := whole()
		r.runs, r.erased = nil, erased
		delete(r.rows.Receipts, 1)
		if a := r.sweep(t); (len(a.Missing) == 0) != erased {
			t.Errorf("erased %v: missing %+v", erased, a.Missing)
		}
	}
}
