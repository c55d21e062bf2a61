package pipelinetest

import (
	"context"
	"sync"
	"testing"
	"time"

	"proactive/shared/authorize"
	"proactive/shared/ledger"
	"proactive/shared/receipt"
	"proactive/shared/validate"
)

var (
	_ authorize.Ledger   = (*Ledger)(nil)
	_ authorize.Receipts = (*Ledger)(nil)
	_ validate.Ledger    = (*Ledger)(nil)
	_ receipt.Chain      = (*Ledger)(nil)
)

// Ledger is the whole ledger in memory: grants and claims over the receipts of a Chain.
// It fails the test when a grant is not one, or when a claim names no version.
type Ledger struct {
	*Chain
	t         testing.TB
	mu        sync.Mutex
	batches   map[[2]string]ledger.Entry
	sequences map[sequence]string
	days      map[[2]string]int64
	granted   map[[2]string]time.Time
	owned     map[string][]ledger.Entry // as granted, by instrument
}

type sequence struct {
	instrument string
	number     int64
}

// NewLedger is an empty ledger.
func NewLedger(t testing.TB) *Ledger {
	return &Ledger{
		Chain: NewChain(t), t: t, batches: map[[2]string]ledger.Entry{}, sequences: map[sequence]string{}, days: map[[2]string]int64{},
		granted: map[[2]string]time.Time{}, owned: map[string][]ledger.Entry{},
	}
}

// Batch implements authorize.Ledger and validate.Ledger.
func (s *Ledger) Batch(_ context.Context, instrument, batch string) (e ledger.Entry, err error) {
	err = s.meet("Batch", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		e, err = s.batch(instrument, batch)
		return err
	})
	return e, err
}

// batch overlays what the chain knows of the batch.
func (s *Ledger) batch(instrument, batch string) (ledger.Entry, error) {
	e, there := s.batches[[2]string{instrument, batch}]
	if !there {
		return ledger.Entry{}, ledger.ErrNone
	}
	if verdict := s.State(instrument, batch); verdict != "" {
		e.State = ledger.State(verdict)
		for n, jws := range s.Chain.Receipts(instrument) {
			if r, err := receipt.Read(jws); err == nil && r.Batch == batch {
				e.Ordinal = int64(n) + 1
			}
		}
	}
	return e, nil
}

// Grant implements authorize.Ledger.
func (s *Ledger) Grant(_ context.Context, g authorize.Grant) error {
	return s.meet("Grant", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		e := g.Entry
		id, number, day := [2]string{e.Instrument, e.Batch}, sequence{e.Instrument, e.Sequence}, [2]string{e.Instrument, g.Day}
		if e.State != ledger.Granted || e.Version != "" || e.Ordinal != 0 || e.Bytes < 1 || len(e.SHA256) != 64 || g.Day != g.At.UTC().Format("2006-01-02") {
			s.t.Errorf("not a grant: %+v", g)
		}
		if _, there := s.batches[id]; there {
			return ledger.ErrAlready
		}
		if _, there := s.sequences[number]; there {
			return ledger.ErrSequenceTaken
		}
		if s.days[day]+e.Bytes > g.DailyBytes {
			return ledger.ErrQuota
		}
		s.batches[id], s.sequences[number], s.granted[id] = e, e.Batch, g.At
		s.days[day] += e.Bytes
		s.owned[e.Instrument] = append(s.owned[e.Instrument], e)
		s.Chain.Grant(e.Instrument, e.Batch)
		return nil
	})
}

// Claim implements validate.Ledger.
func (s *Ledger) Claim(_ context.Context, instrument, batch, version string) error {
	return s.meet("Claim", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		e, err := s.batch(instrument, batch)
		switch {
		case version == "":
			s.t.Errorf("a claim of batch %s without a version", batch)
			fallthrough
		case err != nil:
			return err
		case e.Settled():
			return ledger.ErrSettled
		case e.State == ledger.Claimed && e.Version != version:
			return ledger.ErrOtherVersion
		}
		e.State, e.Version = ledger.Claimed, version
		s.batches[[2]string{instrument, batch}] = e
		return nil
	})
}

// After implements authorize.Receipts.
func (s *Ledger) After(_ context.Context, instrument string, n int64, limit int) (page []string, err error) {
	err = s.meet("After", func() error {
		all := s.Chain.Receipts(instrument)
		if n < int64(len(all)) {
			page = all[n:min(n+int64(limit), int64(len(all)))]
		}
		return nil
	})
	return page, err
}
