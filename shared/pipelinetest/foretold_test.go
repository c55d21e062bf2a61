package pipelinetest_test

import (
	"strings"
	"testing"

	"proactive/shared/casework"
	"proactive/shared/health"
	"proactive/shared/pipelinetest"
)

// wearing is a light source that wears: more current for the same light, a tenth of what
// a rule would call a drift.
func wearing(j *journey, n, from int64) {
	current := 2 + .004*float64(n%3)
	if n >= from {
		current *= 1 + .01*float64(min(10, n-from))
	}
	j.deliver(j.run(n, map[string]float64{"laser.current": current, "laser.power": 100 + .1*float64(n%2)}))
}

func foreteller(t testing.TB) *journey {
	j := newJourney(t)
	j.score.Models, j.score.Catalog = pipelinetest.Models(t), "sha256:"+strings.Repeat("0", 64)
	return j
}

// A failure that no rule sees is foretold, opens a case with a diagnosis, is repaired,
// verified by two runs and closed.
func TestJourneyOfWhatIsForetold(t *testing.T) {
	j := foreteller(t)
	for n := int64(1); n <= 16; n++ {
		wearing(j, n, 1000)
	}
	if len(j.list()) != 0 {
		t.Fatal("a healthy instrument has a case")
	}
	for n := int64(17); n <= 28; n++ {
		wearing(j, n, 17)
	}
	all := j.list()
	if len(all) != 1 || all[0].Component != "laser" || len(all[0].Findings) != 1 {
		t.Fatalf("%+v", all)
	}
	c := all[0]
	j.toVisit(c)
	c = j.list()[0]
	if d := c.Diagnosis; d == nil || !strings.HasPrefix(d.Symptom, "A failure is foretold. ") || d.Part != "laser or LED module" {
		t.Errorf("%+v", d)
	}
	if a := j.verify(c); a.Reason != casework.RunsMissing {
		t.Errorf("right after the visit: %+v", a)
	}
	for n := int64(29); n <= 30; n++ {
		wearing(j, n, 1000)
	}
	a := j.verify(c)
	if a.Result != casework.ResultVerified {
		t.Errorf("after two good runs: %+v", a)
	}
	if got := j.step(c, casework.StepClose, &a); got != (casework.CloseAnswer{Outcome: casework.Fixed, Reason: casework.Done}) {
		t.Errorf("%+v", got)
	}
	j.workflow.End(c.ID)
	for n := int64(31); n <= 60; n++ {
		wearing(j, n, 1000)
	}
	if len(j.list()) != 1 {
		t.Error("a repaired instrument has another case")
	}
}

// Where models are only to be recorded, what they find is kept and opens no case; nor
// does it join one that a rule opened.
func TestJourneyOfWhatIsRecorded(t *testing.T) {
	j := foreteller(t)
	j.starter.Record = true
	for n := int64(1); n <= 28; n++ {
		wearing(j, n, 17)
	}
	found, err := j.findings.Findings(t.Context(), journeyInstrument)
	if err != nil || len(found) != 1 || found[0].Kind != health.Predicted || len(j.list()) != 0 {
		t.Fatalf("%+v, %v", found, err)
	}
	for n := int64(29); n <= 32; n++ {
		j.deliver(j.run(n, map[string]float64{"laser.current": 3, "laser.power": 80}))
	}
	all := j.list()
	if len(all) != 1 {
		t.Fatalf("%+v", all)
	}
	for _, id := range all[0].Findings {
		if id == found[0].ID {
			t.Error("the prediction joined the rule's case")
		}
	}
}
