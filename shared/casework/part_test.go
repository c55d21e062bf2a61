package casework_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"proactive/shared/casework"
	"proactive/shared/health"
	"proactive/shared/pipelinetest"
)

func (w ward) epoch(t testing.TB) health.Epoch {
	t.Helper()
	h, err := w.health.History(t.Context(), testInstrument)
	if err != nil {
		t.Fatal(err)
	}
	return h.Services["chiller"]
}

func TestPartReplaced(t *testing.T) {
	for name, c := range map[string]struct {
		before func(ward)
		want   casework.Reason
		epoch  int
	}{
		"before any visit":            {func(ward) {}, casework.NewEpoch, 1},
		"the lab never picked a slot": {func(w ward) { w.close(t, w.id, 0) }, casework.NewEpoch, 1},
		"the visit is on record": {func(w ward) {
			w.toBooked(t)
			w.take(t, w.call(casework.StepVerify))
		}, casework.ServicedSince, 1},
		"a later service is on record": {func(w ward) {
			if err := w.health.BeginEpoch(t.Context(), testInstrument, "chiller", health.Epoch{}, health.Epoch{Number: 1, Since: 8, Case: "c-other-1"}); err != nil {
				t.Fatal(err)
			}
		}, casework.ServicedSince, 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWard(t)
			c.before(w)
			for i, want := range []casework.Reason{c.want, casework.ServicedSince} { // telling it again changes nothing
				if got, err := casework.PartReplaced(t.Context(), w.health, w.get(t), 0); err != nil || got != want {
					t.Errorf("told %d: %s, %v, want %s", i, got, err, want)
				}
			}
			if e := w.epoch(t); e.Number != c.epoch || e.Since != 8 {
				t.Errorf("%+v, want the next run to be the first", e)
			}
		})
	}
}

// A part that was replaced before the visit: its epoch is the case's, and the visit's
// verification takes the runs since then.
func TestVerifyAfterAPartWasReplaced(t *testing.T) {
	w := newWard(t)
	w.toBooked(t)
	if _, err := casework.PartReplaced(t.Context(), w.health, w.get(t), 0); err != nil {
		t.Fatal(err)
	}
	w.take(t, w.call(casework.StepVerify))
	if c := w.get(t); c.Visit == nil || *c.Visit != (casework.Visit{Epoch: 1, Since: 8}) || w.epoch(t).Number != 1 {
		t.Errorf("%+v, %+v", c.Visit, w.epoch(t))
	}
}

func TestPartReplacedSurvivesEveryStoreFailure(t *testing.T) {
	for _, method := range []string{"History", "BeginEpoch"} {
		for _, how := range []pipelinetest.Failure{pipelinetest.NotPersisted, pipelinetest.ReplyLost} {
			w := newWard(t)
			w.health.Fail(method, how)
			if _, err := casework.PartReplaced(t.Context(), w.health, w.get(t), 0); !errors.Is(err, pipelinetest.ErrStore) {
				t.Errorf("%s %d: %v", method, how, err)
			}
			if _, err := casework.PartReplaced(t.Context(), w.health, w.get(t), 0); err != nil || w.epoch(t).Number != 1 {
				t.Errorf("%s %d, again: %v, %+v", method, how, err, w.epoch(t))
			}
		}
	}
}

// Which models were asked is on the case: the one that foretold it, or the one in use.
func TestDiagnoseRecordsWhichModelsWereAsked(t *testing.T) {
	told := finding("chiller", "chiller-foretold", 0)
	told.Kind, told.Foretold = health.Predicted, &health.Foretold{Model: "ours", Because: []health.Because{{Signal: "chiller.duty.mean", Score: 2}}}
	for name, c := range map[string]struct {
		status   *health.Status
		foretold bool
		want     string
	}{
		"nothing was ever decided":   {nil, false, casework.NoModels},
		"rules alone":                {&health.Status{Instrument: testInstrument}, false, casework.NoModels},
		"models that said nothing":   {&health.Status{Instrument: testInstrument, Model: "theirs"}, false, "theirs"},
		"models that are gone since": {&health.Status{Instrument: testInstrument, Model: "theirs"}, true, "ours"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWard(t)
			if c.status != nil {
				if err := w.health.PutStatus(t.Context(), *c.status, 1); err != nil {
					t.Fatal(err)
				}
			}
			if c.foretold {
				if err := w.findings.Commit(t.Context(), testInstrument, 1, []health.Finding{told}); err != nil {
					t.Fatal(err)
				}
				w.to(t, func(c *casework.Case) casework.Reason { return c.Attach(told.ID) })
			}
			w.health.Fail("Status", pipelinetest.NotPersisted)
			if _, failures := w.take(t, w.call(casework.StepDiagnose)); !c.foretold && failures != 1 {
				t.Errorf("%d failures", failures)
			}
			if got := w.get(t); got.Asked != c.want || (len(got.Because) > 0) != c.foretold {
				t.Errorf("%q because of %v, want %q", got.Asked, got.Because, c.want)
			}
		})
	}
}

// Similar cases are read with what is true of them now; one that is being erased is left out.
func TestSimilarTo(t *testing.T) {
	r := newRoom(t)
	because := []health.Because{{Signal: "chiller.duty.mean", Score: 2}}
	var ids []string
	for i, instrument := range []string{"i-1", "i-2", "i-3", "i-4", "i-5"} {
		c := casework.Case{
			ID: casework.ID(instrument, "chiller", 1), Ordinal: 1, Instrument: instrument, Component: "chiller", Because: because,
			State: casework.Open, OpenedAt: testNow.AddDate(0, 0, -2-i),
		}
		if err := r.cases.Create(t.Context(), casework.Standing{}, c); err != nil {
			t.Fatal(err)
		}
		r.close(t, c.ID, 0)
		ids = append(ids, c.ID)
	}
	if _, _, err := casework.Update(t.Context(), r.cases, ids[1], func(c *casework.Case) casework.Reason {
		return c.Tell(casework.Label{Verdict: casework.NoFault})
	}); err != nil {
		t.Fatal(err)
	}
	for _, own := range ids {
		if got, err := casework.SimilarTo(t.Context(), r.cases, "chiller", own, because); err != nil || len(got) != 3 || slices.ContainsFunc(got, func(s casework.Similar) bool { return s.Case == own }) {
			t.Errorf("of %s: %+v, %v", own, got, err)
		}
	}
	got, err := casework.SimilarTo(t.Context(), gone{r.cases, ids[2]}, "chiller", ids[0], because)
	if err != nil || len(got) > 3 {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, s := range got {
		if s.Case == ids[2] || s.Likeness != 1 || s.Outcome != casework.Fixed || (s.Label != nil) != (s.Case == ids[1]) || s.Case == ids[1] && s.Days != 3 {
			t.Errorf("%+v", s)
		}
	}
	for _, method := range []string{"Past", "Get"} {
		r.cases.Fail(method, pipelinetest.NotPersisted)
		if _, err := casework.SimilarTo(t.Context(), r.cases, "chiller", "", because); !errors.Is(err, pipelinetest.ErrStore) {
			t.Errorf("%s: %v", method, err)
		}
	}
	if none, err := casework.SimilarTo(t.Context(), r.cases, "pump", "", because); err != nil || none == nil || len(none) != 0 {
		t.Errorf("%+v, %v", none, err)
	}
}

// gone is a cases table from which one case was erased.
type gone struct {
	casework.Archive
	id string
}

func (g gone) Get(ctx context.Context, id string) (casework.Case, error) {
	if id == g.id {
		return casework.Case{}, casework.ErrNoCase
	}
	return g.Archive.Get(ctx, id)
}
