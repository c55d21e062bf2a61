package pipelinetest

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"sync"
	"testing"

	"proactive/shared/casework"
	"proactive/shared/health"
	"proactive/shared/score"
)

var (
	_ score.Findings    = (*Findings)(nil)
	_ casework.Findings = (*Findings)(nil)
)

// Findings is a findings table in memory, with its stream. It fails the test when a
// finding is written that says nothing new.
type Findings struct {
	Faults
	t      testing.TB
	mu     sync.Mutex
	rows   map[string]map[string][]byte
	at     map[string]int64
	stream []Change
}

// Change is a record of the stream: a finding's old image (nil at first) and new one.
type Change struct {
	Old *health.Finding
	New health.Finding
}

// NewFindings is an empty table.
func NewFindings(t testing.TB) *Findings {
	return &Findings{t: t, rows: map[string]map[string][]byte{}, at: map[string]int64{}}
}

// Standing implements score.Findings.
func (s *Findings) Standing(_ context.Context, instrument string) (st score.Standing, err error) {
	err = s.meet("Standing", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		st.Revision = s.at[instrument]
		st.Findings, err = s.list(instrument)
		return err
	})
	return st, err
}

// Commit implements score.Findings.
func (s *Findings) Commit(_ context.Context, instrument string, revision int64, changed []health.Finding) error {
	return s.meet("Commit", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.at[instrument] != revision {
			return score.ErrRaced
		}
		s.at[instrument]++
		if s.rows[instrument] == nil {
			s.rows[instrument] = map[string][]byte{}
		}
		for _, f := range changed {
			document, err := json.Marshal(f)
			if err != nil {
				return err
			}
			change := Change{New: f}
			if was, there := s.rows[instrument][f.ID]; there {
				if string(was) == string(document) {
					s.t.Errorf("finding %s was written again as it was", f.ID)
				}
				change.Old = new(health.Finding)
				if err := json.Unmarshal(was, change.Old); err != nil {
					return err
				}
			}
			s.rows[instrument][f.ID] = document
			s.stream = append(s.stream, change)
		}
		return nil
	})
}

// Findings implements casework.Findings.
func (s *Findings) Findings(_ context.Context, instrument string) (all []health.Finding, err error) {
	err = s.meet("Findings", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		all, err = s.list(instrument)
		return err
	})
	return all, err
}

// Stream is every change so far, in order.
func (s *Findings) Stream() []Change {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.stream)
}

// Since is the changes after the first n, in order.
func (s *Findings) Since(n int) []Change {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.stream[n:])
}

func (s *Findings) list(instrument string) ([]health.Finding, error) {
	var all []health.Finding
	for _, document := range s.rows[instrument] {
		var f health.Finding
		if err := json.Unmarshal(document, &f); err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b health.Finding) int { return cmp.Compare(a.ID, b.ID) })
	return all, nil
}
