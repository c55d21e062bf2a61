package casework_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/casework"
	"proactive/shared/health"
	"proactive/shared/instrument"
	"proactive/shared/pipelinetest"
)

const testInstrument = "i-01hzzzzzzzzzzzzzzzzzzzzzzz"

var testNow = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// owner owns every instrument.
type owner struct{}

func (owner) Get(_ context.Context, id string) (instrument.Instrument, error) {
	return instrument.Instrument{ID: id, Tenant: "t-1", Site: "s-1"}, nil
}

type room struct {
	cases    *pipelinetest.Cases
	workflow *pipelinetest.Workflow
	starter  casework.Starter
}

func newRoom(t testing.TB) room {
	r := room{cases: pipelinetest.NewCases(t), workflow: pipelinetest.NewWorkflow(t)}
	r.starter = casework.Starter{
		Books: r.cases, Instruments: owner{}, Workflow: r.workflow, Erasures: pipelinetest.Living{}, Pace: 17280,
		Now: func() time.Time { return testNow },
	}
	return r
}

// close ends the open case of a component by hand.
func (r room) close(t testing.TB, id string, epoch int) {
	t.Helper()
	c, err := r.cases.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	c.Close(casework.Fixed, testNow)
	if err := r.cases.Finish(t.Context(), c, epoch); err != nil {
		t.Fatal(err)
	}
	r.workflow.End(id)
}

func finding(component, rule string, epoch int) health.Finding {
	return health.Finding{
		ID: fmt.Sprintf("f-%s-%s-%d", component, rule, epoch), Instrument: testInstrument, Component: component,
		Subsystem: health.Thermal, Rule: rule, Reason: rule, State: health.Active, Epoch: epoch,
	}
}

func TestStarter(t *testing.T) {
	warm, saturated := finding("chiller", "warm", 0), finding("chiller", "saturated", 0)
	first, second := casework.ID(testInstrument, "chiller", 1), casework.ID(testInstrument, "chiller", 2)
	type step struct {
		now       *health.Finding
		closeCase string
		epoch     int
		want      casework.Result
	}
	withdrawn := warm
	withdrawn.State = health.Withdrawn
	again := finding("chiller", "warm", 1)
	other := finding("pump", "weak", 0)
	for name, steps := range map[string][]step{
		"a finding opens a case":              {{now: &warm, want: casework.Result{Case: first, Reason: casework.Opened}}},
		"a withdrawn one opens none":          {{now: &withdrawn, want: casework.Result{Reason: casework.NotActive}}},
		"a finding that came back opens one":  {{now: &withdrawn, want: casework.Result{Reason: casework.NotActive}}, {now: &warm, want: casework.Result{Case: first, Reason: casework.Opened}}},
		"a second rule joins the case":        {{now: &warm, want: casework.Result{Case: first, Reason: casework.Opened}}, {now: &saturated, want: casework.Result{Case: first, Reason: casework.Attached}}},
		"another component is another case":   {{now: &warm, want: casework.Result{Case: first, Reason: casework.Opened}}, {now: &other, want: casework.Result{Case: casework.ID(testInstrument, "pump", 1), Reason: casework.Opened}}},
		"delivered again":                     {{now: &warm, want: casework.Result{Case: first, Reason: casework.Opened}}, {now: &warm, want: casework.Result{Case: first, Reason: casework.Resumed}}},
		"delivered again after the case":      {{now: &warm, want: casework.Result{Case: first, Reason: casework.Opened}}, {closeCase: first, epoch: 1}, {now: &warm, want: casework.Result{Case: first, Reason: casework.OfOldEpoch}}},
		"a recurrence is the next ordinal":    {{now: &warm, want: casework.Result{Case: first, Reason: casework.Opened}}, {closeCase: first, epoch: 1}, {now: &again, want: casework.Result{Case: second, Reason: casework.Opened}}},
		"a finding from before the service":   {{now: &warm, want: casework.Result{Case: first, Reason: casework.Opened}}, {closeCase: first, epoch: 1}, {now: &saturated, want: casework.Result{Case: first, Reason: casework.OfOldEpoch}}},
		"another rule after nobody came":      {{now: &warm, want: casework.Result{Case: first, Reason: casework.Opened}}, {closeCase: first, epoch: 0}, {now: &saturated, want: casework.Result{Case: second, Reason: casework.Opened}}},
		"the same finding after nobody came":  {{now: &warm, want: casework.Result{Case: first, Reason: casework.Opened}}, {closeCase: first, epoch: 0}, {now: &warm, want: casework.Result{Case: first, Reason: casework.AlreadyCased}}},
		"recurrence while the case is open":   {{now: &warm, want: casework.Result{Case: first, Reason: casework.Opened}}, {now: &again, want: casework.Result{Case: first, Reason: casework.Attached}}},
		"attached finding comes again closed": {{now: &warm, want: casework.Result{Case: first, Reason: casework.Opened}}, {now: &saturated, want: casework.Result{Case: first, Reason: casework.Attached}}, {closeCase: first, epoch: 0}, {now: &saturated, want: casework.Result{Case: first, Reason: casework.AlreadyCased}}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t)
			for i, s := range steps {
				if s.closeCase != "" {
					r.close(t, s.closeCase, s.epoch)
					continue
				}
				got, err := r.starter.Run(t.Context(), *s.now)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(s.want, got); diff != "" {
					t.Errorf("step %d: %s", i, diff)
				}
			}
			all, err := r.cases.List(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(all) != len(r.workflow.Started()) {
				t.Errorf("%d cases, %d executions", len(all), len(r.workflow.Started()))
			}
		})
	}
}

// Promise 6, one case per fault: however many findings race, one case is open and one
// execution runs. Without the condition of Create (memory and DynamoDB alike) this fails.
func TestStarterManyFindingsRaceForOneCase(t *testing.T) {
	r := newRoom(t)
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			if _, err := r.starter.Run(t.Context(), finding("chiller", fmt.Sprint("rule", i), 0)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	all, err := r.cases.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 || len(all[0].Findings) != 6 || len(r.workflow.Started()) != 1 {
		t.Errorf("%d cases, %d executions: %+v", len(all), len(r.workflow.Started()), all)
	}
}

// slow holds back the first Create until another starter has made the case, as if both
// had read the standing at the same moment.
type slow struct {
	casework.Books
	meanwhile func()
}

func (s *slow) Create(ctx context.Context, was casework.Standing, c casework.Case) error {
	if do := s.meanwhile; do != nil {
		s.meanwhile = nil
		do()
	}
	return s.Books.Create(ctx, was, c)
}

func TestStarterLosesTheRaceAndAttaches(t *testing.T) {
	r := newRoom(t)
	loser := r.starter
	loser.Books = &slow{Books: r.cases, meanwhile: func() {
		if _, err := r.starter.Run(t.Context(), finding("chiller", "warm", 0)); err != nil {
			t.Error(err)
		}
	}}
	got, err := loser.Run(t.Context(), finding("chiller", "saturated", 0))
	if err != nil || got.Reason != casework.Attached {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestStarterTheCaseClosesBetweenPlacingAndStarting(t *testing.T) {
	r := newRoom(t)
	if _, err := r.starter.Run(t.Context(), finding("chiller", "warm", 0)); err != nil {
		t.Fatal(err)
	}
	id := casework.ID(testInstrument, "chiller", 1)
	r.workflow.BeforeStart(func() { r.close(t, id, 1) })
	got, err := r.starter.Run(t.Context(), finding("chiller", "warm", 1))
	// It was attached to a case that closed at once: its case is that one, and closed.
	want := casework.Result{Case: id, Reason: casework.AlreadyCased}
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestStarterSurvivesEveryStoreFailure(t *testing.T) {
	for _, how := range []pipelinetest.Failure{pipelinetest.NotPersisted, pipelinetest.ReplyLost} {
		for _, method := range []string{"Standing", "Create", "Get", "Save", "Start"} {
			t.Run(fmt.Sprintf("%s %d", method, how), func(t *testing.T) {
				r := newRoom(t)
				faults := &r.cases.Faults
				if method == "Start" {
					faults = &r.workflow.Faults
				}
				faults.Fail(method, how)
				failed := 0
				for _, f := range []health.Finding{finding("chiller", "warm", 0), finding("chiller", "saturated", 0)} {
					for range 2 { // the stream is read again from what failed
						_, err := r.starter.Run(t.Context(), f)
						if err == nil {
							break
						}
						if !errors.Is(err, pipelinetest.ErrStore) {
							t.Fatal(err)
						}
						failed++
					}
				}
				all, err := r.cases.List(t.Context())
				if err != nil || faults.Pending() != 0 || failed != 1 {
					t.Fatalf("%d failures met, %v", failed, err)
				}
				if len(all) != 1 || len(all[0].Findings) != 2 || len(r.workflow.Started()) != 1 {
					t.Errorf("%d executions for %+v", len(r.workflow.Started()), all)
				}
			})
		}
	}
}

func TestID(t *testing.T) {
	id := casework.ID(testInstrument, "chiller", 12)
	if len(id) != 2+16+3 || id[:2] != "c-" || id[18:] != "-12" {
		t.Error(id)
	}
	if id == casework.ID(testInstrument, "pump", 12) {
		t.Error("two components share an id")
	}
}
