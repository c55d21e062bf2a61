package scrub_test

import (
	"testing"

	"proactive/shared/pipelinetest"
)

func TestABatchOfAnErasedInstrumentIsDropped(t *testing.T) {
	b := newBench(t)
	b.stage.Erasures = pipelinetest.Gone{}
	m := b.upload(1, sealed(t, params(1, payload(t, nil))))
	m.Version = "gone" // its object was deleted: it is not asked for
	if err := b.stage.Handle(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if len(b.receipts()) != 0 {
		t.Error("it left something")
	}
}
