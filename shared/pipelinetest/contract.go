package pipelinetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/casework"
	"proactive/shared/condition"
	"proactive/shared/health"
	"proactive/shared/score"
)

// The contracts below are what the stages rely on, as tests of any store: the memory
// stores and the DynamoDB tables pass the same ones, so that a condition left out of an
// expression is found where it was left out. Each wants an empty store.

// contractInstrument is the instrument of the contracts.
const contractInstrument = "i-01hzzzzzzzzzzzzzzzzzzzzzzz"

func contractCase(component string, ordinal int) casework.Case {
	return casework.Case{
		ID: casework.ID(contractInstrument, component, ordinal), Ordinal: ordinal, Instrument: contractInstrument,
		Component: component, Subsystem: health.Thermal, Finding: "f-1", Findings: []string{"f-1"}, Tenant: "t-1", Site: "s-1",
		Pace: 1, State: casework.Open, OpenedAt: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC),
	}
}

func want(t *testing.T, what string, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("%s: %v, want %v", what, err, target)
	}
}

// BooksContract tests the opening and closing of cases.
func BooksContract(t *testing.T, s casework.Books) {
	ctx := t.Context()
	const component = "chiller"
	first, second := contractCase(component, 1), contractCase(component, 2)
	none := casework.Standing{}

	_, err := s.Get(ctx, first.ID)
	want(t, "a case that is not there", err, casework.ErrNoCase)
	standing, err := s.Standing(ctx, contractInstrument, component)
	if err != nil || standing != none {
		t.Fatalf("the standing of a new component: %+v, %v", standing, err)
	}

	// The case-open condition: of many that saw the same standing, one opens.
	var won atomic.Int32
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			switch err := s.Create(context.WithoutCancel(ctx), none, first); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, casework.ErrRaced):
				t.Errorf("losing the race: %v", err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Fatalf("%d cases were opened at once", won.Load())
	}
	open, err := s.Standing(ctx, contractInstrument, component)
	if wanted := (casework.Standing{Case: first.ID, Ordinal: 1, Open: true}); err != nil || open != wanted {
		t.Errorf("standing %+v, %v", open, err)
	}
	want(t, "opening a second case beside an open one", s.Create(ctx, open, second), casework.ErrRaced)
	seemsClosed := casework.Standing{Case: first.ID, Ordinal: 1}
	want(t, "opening a second case that believes the first closed", s.Create(ctx, seemsClosed, second), casework.ErrRaced)
	want(t, "finishing a case that is not the open one", s.Finish(ctx, closed(second), 0), casework.ErrRaced)

	c, err := s.Get(ctx, first.ID)
	if diff := cmp.Diff(first, c); err != nil || diff != "" {
		t.Fatalf("%v %s", err, diff)
	}
	stale := c
	c.Attach("f-2")
	if err := s.Save(ctx, c); err != nil {
		t.Fatal(err)
	}
	stale.Attach("f-3")
	want(t, "saving over a newer version", s.Save(ctx, stale), casework.ErrRaced)
	want(t, "closing an older version", s.Finish(ctx, closed(stale), 0), casework.ErrRaced)
	if now, err := s.Standing(ctx, contractInstrument, component); err != nil || now != open {
		t.Errorf("a transaction that failed wrote half of itself: %+v, %v", now, err)
	}

	c, err = s.Get(ctx, first.ID)
	if err != nil || c.Version != stale.Version+1 || len(c.Findings) != 2 {
		t.Fatalf("%+v, %v", c, err)
	}
	if err := s.Finish(ctx, closed(c), 3); err != nil {
		t.Fatal(err)
	}
	done, err := s.Standing(ctx, contractInstrument, component)
	if wanted := (casework.Standing{Case: first.ID, Ordinal: 1, Epoch: 3}); err != nil || done != wanted {
		t.Errorf("standing %+v, %v", done, err)
	}
	ended, err := s.Get(ctx, first.ID)
	if err != nil || ended.State != casework.Closed || ended.Outcome != casework.Fixed {
		t.Fatalf("%+v, %v", ended, err)
	}
	want(t, "closing twice", s.Finish(ctx, ended, 4), casework.ErrRaced)
	usurper := first
	usurper.Component = "valve"
	want(t, "a case under an id that is taken", s.Create(ctx, none, usurper), casework.ErrRaced)

	want(t, "opening from a standing of long ago", s.Create(ctx, none, second), casework.ErrRaced)
	want(t, "opening from another epoch", s.Create(ctx, casework.Standing{Case: first.ID, Ordinal: 1, Epoch: 2}, second), casework.ErrRaced)
	if err := s.Create(ctx, done, second); err != nil {
		t.Fatal(err)
	}
	again, err := s.Standing(ctx, contractInstrument, component)
	if wanted := (casework.Standing{Case: second.ID, Ordinal: 2, Open: true, Epoch: 3}); err != nil || again != wanted {
		t.Errorf("standing %+v, %v", again, err)
	}
	if err := s.Create(ctx, none, contractCase("pump", 1)); err != nil {
		t.Errorf("another component: %v", err)
	}
}

// ArchiveContract tests looking back: only closed cases that models foretold, the newest
// first, and of one component.
func ArchiveContract(t *testing.T, s interface {
	casework.Books
	casework.Archive
}) {
	ctx := t.Context()
	begun := time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)
	enter := func(component string, ordinal int, score float64, closed bool) string {
		c := contractCase(component, ordinal)
		if score > 0 {
			c.Because = []health.Because{{Signal: "pump.delivered.mean", Score: score}}
		}
		was, err := s.Standing(ctx, contractInstrument, component)
		if err != nil {
			t.Fatal(err)
		}
		want(t, "opening", s.Create(ctx, was, c), nil)
		if closed {
			c.Close(casework.Fixed, begun.AddDate(0, 0, ordinal))
			want(t, "closing", s.Finish(ctx, c, ordinal), nil)
		}
		return c.ID
	}
	var ids []string
	for n := 1; n <= 3; n++ {
		ids = append(ids, enter("pump", n, float64(n), true))
	}
	enter("pump", 4, 0, true)
	enter("pump", 5, 5, false)
	enter("valve", 1, 1, true)
	for most, wanted := range map[int][]string{1: {ids[2]}, 3: {ids[2], ids[1], ids[0]}, 9: {ids[2], ids[1], ids[0]}} {
		past, err := s.Past(ctx, "pump", most)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range past {
			got = append(got, p.Case)
		}
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Errorf("the newest %d: %s", most, diff)
		}
		if p := past[0]; len(p.Because) != 1 || p.Because[0].Score != 3 {
			t.Errorf("%+v", p)
		}
	}
	if past, err := s.Past(ctx, "laser", 9); err != nil || len(past) != 0 {
		t.Errorf("a component without: %+v, %v", past, err)
	}
}

func closed(c casework.Case) casework.Case {
	c.Close(casework.Fixed, time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC))
	return c
}

// LinksContract tests task tokens and slot links.
func LinksContract(t *testing.T, s casework.Links) {
	ctx := t.Context()
	const id = "c-aaaaaaaaaaaaaaaa-1"
	_, err := s.Token(ctx, id)
	want(t, "no token yet", err, casework.ErrNoToken)
	for _, step := range []struct{ set, stands casework.Token }{
		{casework.Token{Round: 1, Value: "a"}, casework.Token{Round: 1, Value: "a"}},
		{casework.Token{Round: 1, Value: "b"}, casework.Token{Round: 1, Value: "b"}}, // a retried task
		{casework.Token{Round: 2, Value: "c"}, casework.Token{Round: 2, Value: "c"}},
		{casework.Token{Round: 1, Value: "d"}, casework.Token{Round: 2, Value: "c"}}, // came late
	} {
		if err := s.SetToken(ctx, id, step.set); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Token(ctx, id); err != nil || got != step.stands {
			t.Errorf("after %+v stands %+v, %v", step.set, got, err)
		}
	}

	expires := time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)
	before := expires.Add(-time.Second)
	_, err = s.SlotByDigest(ctx, "00", before)
	want(t, "a link nobody made", err, casework.ErrNoLink)
	for _, l := range []casework.SlotLink{{Case: id, Expires: expires}, {Case: id, Expires: expires.Add(time.Hour)}} {
		if err := s.PutSlotLink(ctx, "00", l); err != nil {
			t.Fatal(err)
		}
	}
	if l, err := s.SlotByDigest(ctx, "00", before); err != nil || l != (casework.SlotLink{Case: id, Expires: expires}) {
		t.Errorf("%+v, %v", l, err)
	}
	_, err = s.SlotByDigest(ctx, "00", expires)
	want(t, "an expired link", err, casework.ErrNoLink)
}

// HealthContract tests runs and epochs.
func HealthContract(t *testing.T, s interface {
	score.Health
	score.Cohorts
	casework.Health
}) {
	ctx := t.Context()
	f := health.Features{Instrument: contractInstrument, Batch: "A", Sequence: 7, Run: "r", Values: map[string]float64{"x": .1}, Factors: map[string]string{"config.rta": "v3"}}
	shared := score.Shared{"run.reagent_lot": {"x": 1.0 / 3}}
	if h, err := s.History(ctx, contractInstrument); err != nil || len(h.Runs)+len(h.Services) != 0 {
		t.Fatalf("a new instrument: %+v, %v", h, err)
	}
	if err := s.PutRun(ctx, f, shared); err != nil {
		t.Fatal(err)
	}
	f.Values["x"] = 1.0 / 3
	if err := s.PutRun(ctx, f, score.Shared{"run.reagent_lot": {"x": 7}}); err != nil {
		t.Errorf("scoring a batch again: %v", err)
	}
	other := f
	other.Batch = "B"
	want(t, "another batch under a number that is taken", s.PutRun(ctx, other, nil), score.ErrSequenceTaken)
	h, err := s.History(ctx, contractInstrument)
	if diff := cmp.Diff([]health.Features{f}, h.Runs); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}

	told, err := s.After(ctx, contractInstrument, 6)
	if diff := cmp.Diff([]score.Run{{Features: f, Shared: shared}}, told.Runs); err != nil || diff != "" {
		t.Errorf("what was shared first stays: %v %s", err, diff)
	}
	if told, err := s.After(ctx, contractInstrument, 7); err != nil || len(told.Runs) != 0 {
		t.Errorf("after the last run: %+v, %v", told, err)
	}

	one := health.Epoch{Number: 1, Since: 8, Case: "c-1"}
	two := health.Epoch{Number: 2, Since: 20, Case: "c-2"}
	want(t, "an epoch after one that never was", s.BeginEpoch(ctx, contractInstrument, "pump", one, two), casework.ErrRaced)
	if err := s.BeginEpoch(ctx, contractInstrument, "pump", health.Epoch{}, one); err != nil {
		t.Fatal(err)
	}
	want(t, "the first epoch twice", s.BeginEpoch(ctx, contractInstrument, "pump", health.Epoch{}, one), casework.ErrRaced)
	want(t, "an epoch after another", s.BeginEpoch(ctx, contractInstrument, "pump", health.Epoch{Number: 1, Since: 8, Case: "c-0"}, two), casework.ErrRaced)
	if err := s.BeginEpoch(ctx, contractInstrument, "pump", one, two); err != nil {
		t.Fatal(err)
	}
	h, err = s.History(ctx, contractInstrument)
	if diff := cmp.Diff(map[string]health.Epoch{"pump": two}, h.Services); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if told, err := s.After(ctx, contractInstrument, 1<<50); err != nil || len(told.Runs) != 0 || told.Services["pump"] != two {
		t.Errorf("services, however far: %+v, %v", told, err)
	}
	conditionContract(t, s)
	cohortContract(t, s)
}

// conditionContract tests snapshot and status.
func conditionContract(t *testing.T, s score.Health) {
	ctx := t.Context()
	if k, err := s.Kept(ctx, contractInstrument); err != nil || k.Revision != 0 || len(k.Document) != 0 {
		t.Fatalf("no snapshot yet: %+v, %v", k, err)
	}
	first, second := []byte(`{"through":10}`), []byte(`{"through":20}`)
	if err := s.Keep(ctx, contractInstrument, score.Kept{Document: first}); err != nil {
		t.Fatal(err)
	}
	want(t, "a snapshot made from none, where there is one", s.Keep(ctx, contractInstrument, score.Kept{Document: second}), score.ErrRaced)
	k, err := s.Kept(ctx, contractInstrument)
	if diff := cmp.Diff(score.Kept{Revision: 1, Document: first}, k); err != nil || diff != "" {
		t.Fatalf("%v %s", err, diff)
	}
	if err := s.Keep(ctx, contractInstrument, score.Kept{Revision: 1, Document: second}); err != nil {
		t.Fatal(err)
	}
	want(t, "a snapshot made from an older one", s.Keep(ctx, contractInstrument, score.Kept{Revision: 1, Document: second}), score.ErrRaced)
	for _, revision := range []int64{2, 5, 3} {
		if err := s.PutStatus(ctx, health.Status{Instrument: contractInstrument, Sequence: revision}, revision); err != nil {
			t.Fatal(err)
		}
	}
	if shown, ok := s.(interface {
		Status(ctx context.Context, instrument string) (health.Status, bool, error)
	}); ok {
		if st, there, err := shown.Status(ctx, contractInstrument); err != nil || !there || st.Sequence != 5 {
			t.Errorf("an older status replaced a newer one: %+v, %v", st, err)
		}
		if _, there, err := shown.Status(ctx, "i-other"); err != nil || there {
			t.Errorf("a status of nobody: %v", err)
		}
	}
}

// cohortContract tests cohorts: the run of HealthContract is posted once.
func cohortContract(t *testing.T, s interface {
	score.Health
	score.Cohorts
}) {
	ctx := t.Context()
	c, err := s.Cohort(ctx, "level-1")
	if diff := cmp.Diff(score.Cohort{Level: "level-1"}, c); err != nil || diff != "" {
		t.Fatalf("nobody yet: %v %s", err, diff)
	}
	c.Post(contractInstrument, 7, make([]float64, len(condition.Signals)))
	p := score.Posting{Instrument: contractInstrument, Sequence: 7, Cohorts: []score.Cohort{c, {Level: "level-2"}}}
	unknown := p
	unknown.Sequence = 8
	want(t, "a run that is not there", s.Post(ctx, unknown), score.ErrRaced)
	stale := p
	stale.Cohorts = []score.Cohort{{Level: "level-1", Revision: 3}}
	want(t, "a cohort that was never at that revision", s.Post(ctx, stale), score.ErrRaced)
	if posted, err := s.Posted(ctx, contractInstrument, 7); err != nil || posted {
		t.Fatalf("posted by a write that failed: %v", err)
	}
	if err := s.Post(ctx, p); err != nil {
		t.Fatal(err)
	}
	want(t, "the same run again", s.Post(ctx, p), score.ErrRaced)
	if posted, err := s.Posted(ctx, contractInstrument, 7); err != nil || !posted {
		t.Errorf("not posted: %v", err)
	}
	got, err := s.Cohort(ctx, "level-1")
	c.Revision = 1
	if diff := cmp.Diff(c, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

// FindingsContract tests decisions.
func FindingsContract(t *testing.T, s interface {
	score.Findings
	casework.Findings
}) {
	ctx := t.Context()
	f := health.Finding{
		ID: "f-1", Instrument: contractInstrument, Component: "pump", State: health.Active, LastSequence: 1 << 40,
		Evidence: health.Evidence{Limit: 1.0 / 3, Points: []health.Point{{Sequence: 1, Value: .1, Violates: true}}},
	}
	standing, err := s.Standing(ctx, contractInstrument)
	if err != nil || standing.Revision != 0 || len(standing.Findings) != 0 {
		t.Fatalf("a new instrument: %+v, %v", standing, err)
	}
	if err := s.Commit(ctx, contractInstrument, 0, nil); err != nil {
		t.Fatalf("a decision that changes nothing: %v", err)
	}
	want(t, "a decision from before it", s.Commit(ctx, contractInstrument, 0, []health.Finding{f}), score.ErrRaced)

	var won atomic.Int32
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			switch err := s.Commit(context.WithoutCancel(ctx), contractInstrument, 1, []health.Finding{f}); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, score.ErrRaced):
				t.Errorf("losing the race: %v", err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Fatalf("%d decisions of one revision", won.Load())
	}
	standing, err = s.Standing(ctx, contractInstrument)
	if diff := cmp.Diff(score.Standing{Revision: 2, Findings: []health.Finding{f}}, standing); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	var many []health.Finding
	for i := range 20 {
		g := f
		g.ID = fmt.Sprintf("f-many-%d", i)
		many = append(many, g)
	}
	f.State = health.Withdrawn
	if err := s.Commit(ctx, contractInstrument, 2, append(many, f)); err != nil {
		t.Fatal(err)
	}
	all, err := s.Findings(ctx, contractInstrument)
	if err != nil || len(all) != 21 || all[0].ID != "f-1" || all[0].State != health.Withdrawn {
		t.Errorf("%d findings, %v", len(all), err)
	}
	if other, err := s.Findings(ctx, "i-other"); err != nil || len(other) != 0 {
		t.Errorf("another instrument's: %+v, %v", other, err)
	}
}
