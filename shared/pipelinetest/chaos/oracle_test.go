package chaos_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/health"
	"proactive/shared/layout"
	"proactive/shared/receipt"
	"proactive/shared/reconcile"
	"proactive/shared/score"
)

// result is what is counted at the end. Every number is of batches, cases or notices.
type result struct {
	Batches, Stored, Quarantined, Rejected, NeverArrived int
	Lost                                                 int // no receipt, no clean batch or no run where there must be one
	CountedTwice                                         int // two receipts, two clean objects, or a run that is not the one run
	Findings, Cases                                      int
	MissingCases, DoubleCases                            int
	Notices, MissingNotices                              int
	// DoubledNotices went out more than once, in the window between sending and recording,
	// byte for byte the same under one Message-ID.
	DoubledNotices int
	Redriven       int // messages that reconcile sent again
	DroppedAndGone int // messages that were dropped of batches that are not settled
}

// judge counts, from what is at rest and from what was sent, and calls everything a
// failure that a promise excludes.
func (w *world) judge() (r result) {
	ctx := context.Background()
	r.Batches, r.Redriven = len(w.order), w.redriven
	set, _ := w.keys.Set(w.start)
	receipts := map[string][]receipt.Receipt{}
	for id := range w.owners {
		chain, err := receipt.VerifyChain(w.ledger.Receipts(id), set)
		if err != nil {
			w.t.Errorf("the chain of %s: %v", id, err)
		}
		for _, one := range chain {
			receipts[one.Batch] = append(receipts[one.Batch], one)
		}
	}
	runs := map[string]map[int64]health.Features{}
	for id := range w.owners {
		h, err := w.health.History(ctx, id)
		if err != nil {
			w.t.Fatal(err)
		}
		runs[id] = map[int64]health.Features{}
		for _, f := range h.Runs {
			runs[id][f.Sequence] = f
		}
	}
	expected := map[string][]health.Features{}
	for _, b := range w.order {
		w.judgeBatch(&r, b, receipts[b.id], runs[b.instrument])
		if b.fate == good {
			expected[b.instrument] = append(expected[b.instrument], b.features())
		}
	}
	for id := range w.owners {
		if n := len(expected[id]); len(runs[id]) != n {
			w.t.Errorf("instrument %s has %d runs, want %d", id, len(runs[id]), n)
		}
		w.judgeCases(&r, id, expected[id])
	}
	w.judgeNotices(&r)
	w.judgeAccount(&r)
	w.judgeLetters()
	return r
}

// judgeBatch holds a batch to its fate.
func (w *world) judgeBatch(r *result, b *batch, receipts []receipt.Receipt, runs map[int64]health.Features) {
	objects := len(w.clean.Versions(layout.CleanKey(b.instrument, b.id)))
	set := len(w.quarantine.Versions(layout.QuarantineKey(b.instrument, b.id)))
	f, scored := runs[b.sequence]
	want := map[fate]receipt.Verdict{good: receipt.Stored, forged: receipt.Rejected, empty: receipt.Rejected, tainted: receipt.Quarantined}[b.fate]
	fail := func(n *int, format string, args ...any) {
		*n++
		w.t.Errorf("batch %s of %s, %s: %s", b.id, b.instrument, b.fate, fmt.Sprintf(format, args...))
	}
	if b.fate == abandoned {
		r.NeverArrived++
		if len(receipts)+objects+set > 0 || scored {
			fail(&r.CountedTwice, "has left something")
		}
		return
	}
	switch {
	case len(receipts) == 0:
		fail(&r.Lost, "has no receipt")
		return
	case len(receipts) > 1:
		fail(&r.CountedTwice, "has %d receipts", len(receipts))
	case receipts[0].Verdict != want:
		fail(&r.Lost, "the verdict is %s: %s", receipts[0].Verdict, receipts[0].Reason)
	case b.receipt == "":
		fail(&r.Lost, "the instrument never got its receipt")
	}
	if one, err := receipt.Read(b.receipt); err == nil && one.Batch != b.id {
		fail(&r.Lost, "the instrument got the receipt of %s", one.Batch)
	}
	switch want {
	case receipt.Rejected:
		r.Rejected++
	case receipt.Quarantined:
		if r.Quarantined++; set != 1 {
			fail(&r.Lost, "%d copies in quarantine", set)
		}
	case receipt.Stored:
		r.Stored++
		if objects == 0 || !scored || f.Batch != b.id {
			fail(&r.Lost, "%d clean objects; scored: %v", objects, scored)
		} else if diff := cmp.Diff(b.features(), f); objects > 1 || diff != "" {
			fail(&r.CountedTwice, "%d clean objects; %s", objects, diff)
		}
		return
	}
	if objects > 0 || scored {
		fail(&r.CountedTwice, "went on")
	}
}

// judgeCases compares with a calm day: the findings of all good batches, and one case for
// each component that has any.
func (w *world) judgeCases(r *result, id string, runs []health.Features) {
	found, err := w.findings.Findings(context.Background(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Findings += len(found)
	byID := func(a, b health.Finding) int { return strings.Compare(a.ID, b.ID) }
	want := score.Detect(runs, nil)
	slices.SortFunc(found, byID)
	slices.SortFunc(want, byID)
	if diff := cmp.Diff(want, found); diff != "" {
		w.t.Errorf("findings of %s: %s", id, diff)
	}
	components := map[string]int{}
	for _, f := range want {
		components[f.Component] = 0
	}
	cases, err := w.cases.List(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range cases {
		if c.Instrument == id {
			r.Cases++
			if _, ok := components[c.Component]; !ok {
				r.DoubleCases++
				w.t.Errorf("case %s is for nothing", c.ID)
			}
			components[c.Component]++
		}
	}
	for component, n := range components {
		switch {
		case n == 0:
			r.MissingCases++
			w.t.Errorf("the %s of %s has no case", component, id)
		case n > 1:
			r.DoubleCases += n - 1
			w.t.Errorf("the %s of %s has %d cases", component, id, n)
		}
	}
}

// judgeNotices: every notice of every case went out; what went out twice is the same.
func (w *world) judgeNotices(r *result) {
	cases, err := w.cases.List(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	started := map[string]int{}
	for _, id := range w.workflow.Started() {
		started[id]++
	}
	for _, c := range cases {
		if started[c.ID] != 1 {
			r.MissingCases++
			w.t.Errorf("case %s was started %d times", c.ID, started[c.ID])
		}
		want := []string{"support", "support-event", "offer-1"}
		if c.Booked != nil {
			want = append(want, "invite", "invite-engineer")
		}
		for _, name := range want {
			r.Notices++
			id := c.ID + "/" + name
			sent := w.out.sent[id]
			switch {
			case len(sent) == 0 || !c.Noticed(name):
				r.MissingNotices++
				w.t.Errorf("notice %s went out %d times; recorded: %v", id, len(sent), c.Noticed(name))
			case len(sent) > 1:
				r.DoubledNotices++
			}
			for _, body := range sent {
				if !bytes.Equal(body, sent[0]) {
					w.t.Errorf("notice %s went out in two forms", id)
				}
			}
		}
		if len(c.Notices) != len(want) {
			w.t.Errorf("case %s has %d notices, want %v", c.ID, len(c.Notices), want)
		}
	}
}

// judgeAccount: the reconciler comes to the same numbers from what is at rest alone.
func (w *world) judgeAccount(r *result) {
	a, err := w.reconcile.Sweep(context.Background(), reconcile.All)
	if err != nil {
		w.t.Fatal(err)
	}
	want := reconcile.Account{
		Instruments: len(w.owners), Granted: r.Batches, Stored: r.Stored, Quarantined: r.Quarantined, Rejected: r.Rejected,
		NeverArrived: r.NeverArrived, Scored: r.Stored, Missing: []reconcile.Missing{},
	}
	if diff := cmp.Diff(want, a); diff != "" || !a.Whole() {
		w.t.Errorf("the account: %s", diff)
	}
	for body, where := range w.lost {
		b := w.batches[string(batchID.Find([]byte(body)))]
		if b == nil || b.receipt == "" {
			r.DroppedAndGone++
			w.t.Errorf("%s, and never found: %s", where, body)
		}
	}
}

// judgeLetters: only poison is left, and no dead letter of ours, and no line of a log,
// holds anything of what an instrument sent.
func (w *world) judgeLetters() {
	for _, q := range []*queue{w.toValidate, w.toScrub, w.toScore} {
		for _, m := range q.dead {
			if !m.poison {
				w.t.Errorf("a sound message is left in the dead letters of %s: %s", q.name, m.body)
			}
		}
		if len(q.ready) > 0 {
			w.t.Errorf("%d messages wait for %s", len(q.ready), q.name)
		}
	}
	for _, m := range w.letters {
		if !m.poison {
			if err := onlyIDs(m.body); err != nil {
				w.t.Errorf("a dead letter: %v: %s", err, m.body)
			}
		}
	}
	for _, line := range w.logs.found {
		w.t.Errorf("the log repeats what was sent: %s", line)
	}
}

// onlyIDs tells whether a message is made of ids, places, digests and numbers, and of
// nothing else.
func onlyIDs(body []byte) error {
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return fmt.Errorf("not JSON: %w", err)
	}
	known := map[string]func(string) bool{
		"instrument": layout.ValidInstrument, "batch": layout.ValidBatch,
		"bucket": one("inbox", "clean"), "name": one("inbox", "clean"), "source": one("aws.s3"), "detail-type": one("Object Created"),
		"reason": one("PutObject", "Reconcile"), "version": digits, "version-id": digits,
		"sha256": func(s string) bool { return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == "" },
		"key": func(s string) bool {
			_, _, inbox := layout.ParseInboxKey(s)
			_, _, clean := layout.ParseCleanKey(s)
			return inbox == nil || clean == nil
		},
	}
	var walk func(name string, v any) error
	walk = func(name string, v any) error {
		switch v := v.(type) {
		case map[string]any:
			for k, member := range v {
				if err := walk(k, member); err != nil {
					return err
				}
			}
		case string:
			if check := known[name]; check == nil || !check(v) {
				return fmt.Errorf("%s is %q", name, v)
			}
		case float64: // sequence, bytes
		default:
			return fmt.Errorf("%s is a %T", name, v)
		}
		return nil
	}
	return walk("", v)
}

func one(words ...string) func(string) bool {
	return func(s string) bool { return slices.Contains(words, s) }
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
