package score_test

import (
	"testing"

	"proactive/shared/pipelinetest"
	"proactive/shared/score"
)

func TestNothingIsWrittenOfAnErasedInstrument(t *testing.T) {
	b := newBench(t)
	b.stage.Erasures = pipelinetest.Gone{}
	m := b.bucket.deliver(1, 30)
	result, err := b.stage.Run(t.Context(), m)
	if err != nil || result.Reason != score.Dropped {
		t.Fatalf("a late batch: %+v, %v", result, err)
	}
	if h, err := b.health.History(t.Context(), testInstrument); err != nil || len(h.Runs) != 0 || len(b.stored(t)) != 0 {
		t.Errorf("it left %+v, %v", h, err)
	}
	delete(b.bucket, m.Batch+"@v1") // nor is its object missed
	if _, err := b.stage.Run(t.Context(), m); err != nil {
		t.Errorf("a batch whose object is gone: %v", err)
	}
}
