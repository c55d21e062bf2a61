package casework_test

import (
	"testing"

	"proactive/shared/casework"
	"proactive/shared/health"
	"proactive/shared/pipelinetest"
)

func TestNoCaseIsOpenedOfAnErasedInstrument(t *testing.T) {
	r := newRoom(t)
	r.starter.Erasures = pipelinetest.Gone{}
	result, err := r.starter.Run(t.Context(), health.Finding{ID: "f-1", Instrument: "i-1", Component: "chiller", State: health.Active})
	if err != nil || result != (casework.Result{Reason: casework.OfErased}) || len(r.workflow.Started()) != 0 {
		t.Errorf("%+v, %v, started %v", result, err, r.workflow.Started())
	}
}

func TestAReminderOfAnErasedCaseIsNoFailure(t *testing.T) {
	cases := pipelinetest.NewCases(t)
	reason, err := casework.Reminders{Store: cases, Links: cases, Answer: pipelinetest.NewWorkflow(t)}.Run(t.Context(), casework.Reminder{Case: "c-gone-1", Round: 1})
	if err != nil || reason != casework.CaseGone {
		t.Errorf("%s, %v", reason, err)
	}
}
