package scrub_test

import (
	"errors"
	"testing"

	"proactive/shared/layout"
	"proactive/shared/pipelinetest"
)

// What is not stored does not stay in the inbox: what was refused, for nobody will open it
// again, and what was quarantined, for its copy ends within days. What is stored stays.
func TestWhatIsNotStoredDoesNotStay(t *testing.T) {
	for name, one := range map[string]struct {
		object func(b *bench) []byte
		state  string
		left   int
	}{
		"quarantined": {func(b *bench) []byte { return b.withHole("ACGTTGCAAC") }, "quarantined", 0},
		"refused":     {func(b *bench) []byte { return sealed(b.t, params(1, []byte("Maria Lopez, born 1984-03-12"))) }, "rejected", 0},
		"stored":      {func(b *bench) []byte { return sealed(b.t, params(1, payload(b.t, nil))) }, "stored", 1},
	} {
		for _, failure := range []pipelinetest.Failure{pipelinetest.Works, pipelinetest.NotPersisted, pipelinetest.ReplyLost} {
			t.Run(name, func(t *testing.T) {
				b := newBench(t)
				m := b.upload(1, one.object(b))
				if one.left == 0 {
					b.inbox.Fail("Remove", failure)
				}
				for {
					err := b.stage.Handle(t.Context(), m)
					if err == nil {
						break
					}
					if !errors.Is(err, pipelinetest.ErrStore) {
						t.Fatal(err)
					}
					if b.chain.State(instrument, batchID(1)) == "" {
						t.Fatal("removed before its receipt")
					}
				}
				if err := b.stage.Handle(t.Context(), m); err != nil { // delivered again
					t.Fatal(err)
				}
				if got := string(b.chain.State(instrument, batchID(1))); got != one.state {
					t.Errorf("it is %s", got)
				}
				if got := len(b.inbox.Versions(layout.InboxKey(instrument, batchID(1)))); got != one.left {
					t.Errorf("%d versions are in the inbox", got)
				}
			})
		}
	}
}
