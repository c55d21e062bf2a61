package pipelinetest

import (
	"context"
	"encoding/json"
	"sync"
	"testing"

	"proactive/shared/casework"
	"proactive/shared/health"
	"proactive/shared/score"
)

var (
	_ score.Health    = (*Health)(nil)
	_ casework.Health = (*Health)(nil)
)

// Health is a health table in memory. It fails the test when a run of one instrument is
// written with no sequence number, or when a component's epochs do not follow one
// another.
type Health struct {
	Faults
	t        testing.TB
	mu       sync.Mutex
	runs     map[string]map[int64][]byte
	services map[string]map[string]health.Epoch
}

// NewHealth is an empty table.
func NewHealth(t testing.TB) *Health {
	return &Health{t: t, runs: map[string]map[int64][]byte{}, services: map[string]map[string]health.Epoch{}}
}

// PutRun implements score.Health.
func (s *Health) PutRun(_ context.Context, f health.Features) error {
	return s.meet("PutRun", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if f.Sequence < 1 || f.Instrument == "" || f.Batch == "" {
			s.t.Errorf("a run without a name: %+v", f)
		}
		rows := s.runs[f.Instrument]
		if rows == nil {
			rows = map[int64][]byte{}
			s.runs[f.Instrument] = rows
		}
		if old, there := rows[f.Sequence]; there {
			var was health.Features
			if err := json.Unmarshal(old, &was); err != nil {
				return err
			}
			if was.Batch != f.Batch {
				return score.ErrSequenceTaken
			}
		}
		document, err := json.Marshal(f)
		rows[f.Sequence] = document
		return err
	})
}

// History implements score.Health and casework.Health. Its order is the map's, which is
// chance: nobody may depend on it.
func (s *Health) History(_ context.Context, instrument string) (h health.History, err error) {
	err = s.meet("History", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		h.Services = map[string]health.Epoch{}
		for _, document := range s.runs[instrument] {
			var f health.Features
			if err := json.Unmarshal(document, &f); err != nil {
				return err
			}
			h.Runs = append(h.Runs, f)
		}
		for component, e := range s.services[instrument] {
			h.Services[component] = e
		}
		return nil
	})
	return h, err
}

// BeginEpoch implements casework.Health.
func (s *Health) BeginEpoch(_ context.Context, instrument, component string, was, next health.Epoch) error {
	return s.meet("BeginEpoch", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.services[instrument][component] != was {
			return casework.ErrRaced
		}
		if next.Number != was.Number+1 || next.Since < was.Since || next.Case == "" || next.Case == was.Case {
			s.t.Errorf("epoch %+v does not follow %+v", next, was)
		}
		if s.services[instrument] == nil {
			s.services[instrument] = map[string]health.Epoch{}
		}
		s.services[instrument][component] = next
		return nil
	})
}
