package receipt_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"proactive/shared/pipelinetest"
	"proactive/shared/receipt"
)

// beaten is a chain whose head others move so often before this one is let in.
type beaten struct {
	*pipelinetest.Chain
	times int
}

func (c *beaten) Commit(ctx context.Context, m receipt.Commit) error {
	if c.times > 0 {
		c.times--
		return receipt.ErrHeadMoved
	}
	return c.Chain.Commit(ctx, m)
}

// As many batches of one instrument as the queues let through are under way at once: the
// unluckiest is beaten by each of the others, and has its receipt all the same.
func TestTheUnluckiestOfTwenty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		chain := &beaten{Chain: pipelinetest.NewChain(t), times: 19}
		r := rejected(1)
		chain.Grant(r.Instrument, r.Batch)
		if _, err := receipt.Issue(t.Context(), newSigner(t), chain, r, receipt.Place{}); err != nil {
			t.Fatal(err)
		}
		if got := len(chain.Receipts(r.Instrument)); got != 1 {
			t.Errorf("%d receipts", got)
		}
	})
}

// A head that moves for ever is given up, for the queue to deliver again.
func TestAHeadThatNeverRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		chain := &beaten{Chain: pipelinetest.NewChain(t), times: 1 << 20}
		r := rejected(1)
		chain.Grant(r.Instrument, r.Batch)
		if _, err := receipt.Issue(t.Context(), newSigner(t), chain, r, receipt.Place{}); !errors.Is(err, receipt.ErrHeadMoved) {
			t.Errorf("got %v", err)
		}
	})
}
