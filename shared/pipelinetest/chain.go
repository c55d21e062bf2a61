package pipelinetest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"proactive/shared/receipt"
)

var _ receipt.Chain = (*Chain)(nil)

// Chain is the ledger's receipts in memory. It fails the test when a commit could not be
// one link of one chain: a gap, a wrong digest, a second receipt of a batch that was
// overlooked, a receipt of a batch that nobody granted.
type Chain struct {
	Faults
	t       testing.TB
	mu      sync.Mutex
	granted map[[2]string]bool
	heads   map[string]receipt.Head
	chains  map[string][]string
	entries map[[2]string]receipt.Entry
	states  map[[2]string]receipt.Verdict
}

// NewChain is an empty ledger.
func NewChain(t testing.TB) *Chain {
	return &Chain{
		t: t, granted: map[[2]string]bool{}, heads: map[string]receipt.Head{}, chains: map[string][]string{},
		entries: map[[2]string]receipt.Entry{}, states: map[[2]string]receipt.Verdict{},
	}
}

// Grant puts a batch into the ledger, as authorize would.
func (c *Chain) Grant(instrument, batch string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.granted[[2]string{instrument, batch}] = true
}

// Receipts are the receipts of an instrument, first to last.
func (c *Chain) Receipts(instrument string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.chains[instrument]...)
}

// State is the state of a batch: its verdict, "" while it has none.
func (c *Chain) State(instrument, batch string) receipt.Verdict {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.states[[2]string{instrument, batch}]
}

// Head implements receipt.Chain.
func (c *Chain) Head(_ context.Context, instrument string) (head receipt.Head, err error) {
	err = c.meet("Head", func() error {
		c.mu.Lock()
		defer c.mu.Unlock()
		head = c.heads[instrument]
		return nil
	})
	return head, err
}

// Entry implements receipt.Chain.
func (c *Chain) Entry(_ context.Context, instrument, batch string) (entry receipt.Entry, err error) {
	err = c.meet("Entry", func() error {
		c.mu.Lock()
		defer c.mu.Unlock()
		var there bool
		if entry, there = c.entries[[2]string{instrument, batch}]; !there {
			return receipt.ErrNone
		}
		return nil
	})
	return entry, err
}

// Commit implements receipt.Chain.
func (c *Chain) Commit(_ context.Context, m receipt.Commit) error {
	return c.meet("Commit", func() error {
		c.mu.Lock()
		defer c.mu.Unlock()
		r := m.Receipt
		id := [2]string{r.Instrument, r.Batch}
		if err := wellFormed(m); err != nil {
			c.t.Errorf("receipt %d of batch %s: %v", r.Ordinal, r.Batch, err)
		}
		if !c.granted[id] {
			c.t.Errorf("a receipt for batch %s, which nobody granted", r.Batch)
		}
		if _, there := c.entries[id]; there {
			return receipt.ErrAlready
		}
		if c.heads[r.Instrument] != m.Was {
			return receipt.ErrHeadMoved
		}
		c.heads[r.Instrument] = m.Next
		c.chains[r.Instrument] = append(c.chains[r.Instrument], m.JWS)
		c.entries[id] = receipt.Entry{JWS: m.JWS, Clean: m.Clean}
		c.states[id] = r.Verdict
		return nil
	})
}

func wellFormed(m receipt.Commit) error {
	signed, err := receipt.Read(m.JWS)
	switch {
	case err != nil:
		return err
	case signed.Ordinal != m.Receipt.Ordinal || signed.Batch != m.Receipt.Batch || signed.Verdict != m.Receipt.Verdict:
		return errors.New("the JWS holds another receipt")
	case m.Receipt.Ordinal != m.Was.Ordinal+1 || m.Next.Ordinal != m.Receipt.Ordinal:
		return errors.New("a gap in the ordinals")
	case m.Receipt.Previous != m.Was.Digest || m.Next.Digest != receipt.Digest(m.JWS):
		return errors.New("a digest that is not of the link")
	case (m.Receipt.Verdict == receipt.Stored) != (m.Clean != receipt.Place{}):
		return errors.New("the clean place does not go with the verdict")
	}
	return nil
}
