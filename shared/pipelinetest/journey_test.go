package pipelinetest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"proactive/shared/casework"
	"proactive/shared/clean"
	"proactive/shared/handoff"
	"proactive/shared/health"
	"proactive/shared/instrument"
	"proactive/shared/observation"
	"proactive/shared/pipelinetest"
	"proactive/shared/score"
)

const journeyInstrument = "i-01hzzzzzzzzzzzzzzzzzzzzzzz"

type owner struct{}

func (owner) Get(_ context.Context, id string) (instrument.Instrument, error) {
	return instrument.Instrument{ID: id, Tenant: "t-1", Site: "s-1"}, nil
}

type cleanBucket map[string]clean.Batch

func (b cleanBucket) Read(_ context.Context, _, key, _ string) (clean.Batch, error) {
	return b[key], nil
}

// journey is score, starter and casework over one set of stores.
type journey struct {
	t        testing.TB
	clean    cleanBucket
	health   *pipelinetest.Health
	findings *pipelinetest.Findings
	cases    *pipelinetest.Cases
	workflow *pipelinetest.Workflow
	bus      *pipelinetest.Bus
	score    score.Stage
	starter  casework.Starter
	steps    casework.Steps
}

func newJourney(t testing.TB) *journey {
	j := &journey{
		t: t, clean: cleanBucket{}, health: pipelinetest.NewHealth(t), findings: pipelinetest.NewFindings(t),
		cases: pipelinetest.NewCases(t), workflow: pipelinetest.NewWorkflow(t), bus: pipelinetest.NewBus(t),
	}
	now := func() time.Time { return time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC) }
	j.score = score.Stage{Clean: j.clean, Health: j.health, Cohorts: j.health, Findings: j.findings, Erasures: pipelinetest.Living{}}
	j.starter = casework.Starter{Books: j.cases, Instruments: owner{}, Workflow: j.workflow, Erasures: pipelinetest.Living{}, Pace: 17280, Now: now}
	j.steps = casework.Steps{Books: j.cases, Findings: j.findings, Health: j.health, Judge: score.Judge, Bus: j.bus, Now: now}
	return j
}

// run makes the clean batch of a run with the given telemetry.
func (j *journey) run(sequence int64, telemetry map[string]float64) handoff.Stored {
	batch := fmt.Sprintf("B%d", sequence)
	var all []observation.Observation
	for channel, v := range telemetry {
		all = append(all, observation.Observation{Field: "telemetry." + channel, Value: v})
	}
	j.clean[batch] = clean.Batch{Instrument: journeyInstrument, Batch: batch, Sequence: sequence, Observations: all}
	return handoff.Stored{Instrument: journeyInstrument, Batch: batch, Sequence: sequence, Key: batch}
}

// deliver scores batches and, every time, reads the stream from the beginning: every
// record is delivered again and again.
func (j *journey) deliver(batches ...handoff.Stored) {
	j.t.Helper()
	for _, m := range batches {
		if _, err := j.score.Run(j.t.Context(), m); err != nil {
			j.t.Fatal(err)
		}
		for _, c := range j.findings.Stream() {
			if _, err := j.starter.Run(j.t.Context(), c.New); err != nil {
				j.t.Fatal(err)
			}
		}
	}
}

func (j *journey) list() []casework.Case {
	j.t.Helper()
	all, err := j.cases.List(j.t.Context())
	if err != nil {
		j.t.Fatal(err)
	}
	return all
}

func (j *journey) step(c casework.Case, step casework.Step, before *casework.VerifyAnswer) any {
	j.t.Helper()
	answer, err := j.steps.Run(j.t.Context(), casework.Call{Step: step, Input: casework.Progress{Input: c.Input(), Verify: before}})
	if err != nil {
		j.t.Fatal(err)
	}
	return answer
}

func (j *journey) verify(c casework.Case) casework.VerifyAnswer {
	j.t.Helper()
	answer, ok := j.step(c, casework.StepVerify, nil).(casework.VerifyAnswer)
	if !ok {
		j.t.Fatal("not the answer of a verification")
	}
	return answer
}

// toVisit plays the notices and the lab.
func (j *journey) toVisit(c casework.Case) {
	j.t.Helper()
	j.step(c, casework.StepDiagnose, nil)
	slots := casework.Slots(c.OpenedAt, time.UTC, 4)
	for _, change := range []func(*casework.Case) casework.Reason{
		func(c *casework.Case) casework.Reason { return c.Advance(casework.StepSupport) },
		func(c *casework.Case) casework.Reason { return c.Offer(1, slots) },
		func(c *casework.Case) casework.Reason { return c.Book(slots[0], c.OpenedAt) },
	} {
		if _, reason, err := casework.Update(j.t.Context(), j.cases, c.ID, change); err != nil || reason != casework.Done {
			j.t.Fatal(reason, err)
		}
	}
}

// A stage that wears: one case with both its rules, repaired, verified by two runs,
// closed; then it wears again: a second case.
func TestJourneyFromFaultToOutcomeAndBack(t *testing.T) {
	j := newJourney(t)
	good := map[string]float64{"stage.error": .1, "stage.retries": 0}
	worn := map[string]float64{"stage.error": .35, "stage.retries": 2}
	n := int64(0)
	send := func(runs int, telemetry map[string]float64) {
		for range runs {
			n++
			j.deliver(j.run(n, telemetry))
		}
	}
	send(6, good)
	if len(j.list()) != 0 {
		t.Fatal("a healthy instrument has a case")
	}
	send(4, worn)
	all := j.list()
	if len(all) != 1 || len(all[0].Findings) != 2 || all[0].Component != "stage" {
		t.Fatalf("%+v", all)
	}
	c := all[0]
	j.toVisit(c)
	if a := j.verify(c); a.Result != casework.ResultWaiting || a.Reason != casework.RunsMissing {
		t.Errorf("right after the visit: %+v", a)
	}
	send(2, good)
	a := j.verify(c)
	if a.Result != casework.ResultVerified {
		t.Errorf("after two good runs: %+v", a)
	}
	if got := j.step(c, casework.StepClose, &a); got != (casework.CloseAnswer{Outcome: casework.Fixed, Reason: casework.Done}) {
		t.Errorf("%+v", got)
	}
	j.workflow.End(c.ID)
	send(4, good)
	if len(j.list()) != 1 {
		t.Fatal("a repaired instrument has another case")
	}
	send(4, worn)
	all = j.list()
	if len(all) != 2 || all[1].Ordinal != 2 || all[1].State != casework.Open || len(j.workflow.Started()) != 2 {
		t.Fatalf("a recurrence: %+v", all)
	}
}

func TestJourneyNotRepaired(t *testing.T) {
	j := newJourney(t)
	for n := range int64(4) {
		j.deliver(j.run(n+1, map[string]float64{"chiller.temperature": 9}))
	}
	c := j.list()[0]
	j.toVisit(c)
	j.verify(c)
	for n := range int64(2) {
		j.deliver(j.run(n+5, map[string]float64{"chiller.temperature": 9}))
	}
	a := j.verify(c)
	if a.Result != casework.ResultFailing {
		t.Errorf("%+v", a)
	}
	if got := j.step(c, casework.StepClose, &a); got.(casework.CloseAnswer).Outcome != casework.NotFixed {
		t.Errorf("%+v", got)
	}
	if all := j.list(); len(all) != 1 || len(all[0].Findings) != 2 {
		t.Errorf("%+v", all)
	}
}

// Promises 5 and 6: the batches of a failing instrument in any order, any number of
// times: the same findings, and one case.
func TestJourneyOneCaseInAnyOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		j := newJourney(t)
		var all []handoff.Stored
		for n := int64(1); n <= 12; n++ {
			v := 4.0
			if n > 6 {
				v = 10
			}
			m := j.run(n, map[string]float64{"chiller.temperature": v, "chiller.duty": v * 9.7, "laser.power": 100})
			all = append(all, m, m, m)
		}
		seed := rapid.Uint64().Draw(rt, "order")
		rand.New(rand.NewPCG(seed, 2)).Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
		j.deliver(all...)
		cases := j.list()
		if len(cases) != 1 || cases[0].Component != "chiller" || len(cases[0].Findings) != 2 || len(j.workflow.Started()) != 1 {
			rt.Fatalf("%+v", cases)
		}
		for _, c := range j.findings.Stream() {
			if c.New.State != health.Active {
				rt.Fatalf("%s was withdrawn on the way", c.New.Rule)
			}
		}
	})
}

// score and casework know of each other only by the names of reasons.
func TestEveryRuleHasADiagnosis(t *testing.T) {
	unknown := casework.DiagnosisOf(nil).Cause
	for _, r := range score.Rules {
		if d := casework.DiagnosisOf([]health.Finding{{Reason: r.Reason}}); d.Cause == unknown {
			t.Errorf("rule %s has no diagnosis", r.ID)
		}
	}
}
