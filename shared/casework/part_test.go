package casework_test

import (
	"errors"
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
	told.Kind, told.Foretold = health.Predicted, &health.Foretold{Model: "ours"}
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
			if got := w.get(t).Asked; got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
