package pipelinetest

import (
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
	_ score.Health    = (*Health)(nil)
	_ score.Cohorts   = (*Health)(nil)
	_ casework.Health = (*Health)(nil)
)

// Health is a health table in memory. It fails the test when a run of one instrument is
// written with no sequence number, when a component's epochs do not follow one another,
// when a snapshot is kept that does not reach further than the one before, when a cohort
// grows beyond what a row can hold, or when a factor is noticed twice.
type Health struct {
	Faults
	t        testing.TB
	mu       sync.Mutex
	runs     map[string]map[int64]*runRow
	services map[string]map[string]health.Epoch
	kept     map[string]score.Kept
	statuses map[string]statusRow
	cohorts  map[string]cohortRow
	levels   map[string]map[string]bool // by instrument: what an erasure goes by
	factors  []health.Factor
}

type runRow struct {
	document, shared []byte
	posted           bool
}

type statusRow struct {
	document []byte
	revision int64
}

type cohortRow struct {
	document []byte
	revision int64
}

// NewHealth is an empty table.
func NewHealth(t testing.TB) *Health {
	return &Health{
		t: t, runs: map[string]map[int64]*runRow{}, services: map[string]map[string]health.Epoch{}, kept: map[string]score.Kept{},
		statuses: map[string]statusRow{}, cohorts: map[string]cohortRow{}, levels: map[string]map[string]bool{},
	}
}

// PutRun implements score.Health.
func (s *Health) PutRun(_ context.Context, f health.Features, shared score.Shared) error {
	return s.meet("PutRun", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if f.Sequence < 1 || f.Instrument == "" || f.Batch == "" {
			s.t.Errorf("a run without a name: %+v", f)
		}
		rows := s.runs[f.Instrument]
		if rows == nil {
			rows = map[int64]*runRow{}
			s.runs[f.Instrument] = rows
		}
		row := rows[f.Sequence]
		if row == nil {
			first, err := json.Marshal(shared)
			if err != nil {
				return err
			}
			row = &runRow{shared: first}
		} else {
			was, err := row.run()
			if err != nil {
				return err
			}
			if was.Batch != f.Batch {
				return score.ErrSequenceTaken
			}
		}
		document, err := json.Marshal(f)
		row.document = document
		rows[f.Sequence] = row
		return err
	})
}

func (r *runRow) run() (out score.Run, err error) {
	out.Posted = r.posted
	if err := json.Unmarshal(r.document, &out.Features); err != nil {
		return out, err
	}
	return out, json.Unmarshal(r.shared, &out.Shared)
}

// After implements score.Health. Its order is the map's, which is chance: nobody may
// depend on it.
func (s *Health) After(_ context.Context, instrument string, sequence int64) (t score.Told, err error) {
	err = s.meet("After", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		t = score.Told{Services: map[string]health.Epoch{}}
		for n, row := range s.runs[instrument] {
			if n <= sequence {
				continue
			}
			r, err := row.run()
			if err != nil {
				return err
			}
			t.Runs = append(t.Runs, r)
		}
		for component, e := range s.services[instrument] {
			t.Services[component] = e
		}
		return nil
	})
	return t, err
}

// Posted implements score.Health.
func (s *Health) Posted(_ context.Context, instrument string, sequence int64) (posted bool, err error) {
	err = s.meet("Posted", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		row := s.runs[instrument][sequence]
		posted = row != nil && row.posted
		return nil
	})
	return posted, err
}

// Kept implements score.Health.
func (s *Health) Kept(_ context.Context, instrument string) (k score.Kept, err error) {
	err = s.meet("Kept", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		k = s.kept[instrument]
		return nil
	})
	return k, err
}

// mostRow is what DynamoDB takes in one row.
const mostRow = 400 << 10

// Keep implements score.Health.
func (s *Health) Keep(_ context.Context, instrument string, k score.Kept) error {
	return s.meet("Keep", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		was := s.kept[instrument]
		if was.Revision != k.Revision {
			return score.ErrRaced
		}
		var before, now struct{ Through int64 }
		if err := json.Unmarshal(k.Document, &now); err != nil {
			return err
		}
		if len(was.Document) > 0 {
			if err := json.Unmarshal(was.Document, &before); err != nil {
				return err
			}
		}
		if now.Through <= before.Through || len(k.Document) > mostRow {
			s.t.Errorf("a snapshot through %d of %d bytes after one through %d", now.Through, len(k.Document), before.Through)
		}
		s.kept[instrument] = score.Kept{Revision: k.Revision + 1, Document: k.Document}
		return nil
	})
}

// PutStatus implements score.Health.
func (s *Health) PutStatus(_ context.Context, st health.Status, revision int64) error {
	return s.meet("PutStatus", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.statuses[st.Instrument].revision >= revision {
			return nil
		}
		document, err := json.Marshal(st)
		s.statuses[st.Instrument] = statusRow{document, revision}
		return err
	})
}

// Status implements casework.Health.
func (s *Health) Status(_ context.Context, instrument string) (st health.Status, there bool, err error) {
	err = s.meet("Status", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		var row statusRow
		if row, there = s.statuses[instrument]; !there {
			return nil
		}
		return json.Unmarshal(row.document, &st)
	})
	return st, there, err
}

// Cohort implements score.Cohorts.
func (s *Health) Cohort(_ context.Context, level string) (c score.Cohort, err error) {
	err = s.meet("Cohort", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		row, there := s.cohorts[level]
		c = score.Cohort{Level: level, Revision: row.revision}
		if !there {
			return nil
		}
		return json.Unmarshal(row.document, &c)
	})
	return c, err
}

// Factors are the notices that were given, in their order.
func (s *Health) Factors() []health.Factor {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.factors)
}

// Post implements score.Cohorts.
func (s *Health) Post(_ context.Context, p score.Posting) error {
	return s.meet("Post", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		run := s.runs[p.Instrument][p.Sequence]
		if run == nil || run.posted {
			return score.ErrRaced
		}
		for _, c := range p.Cohorts {
			if s.cohorts[c.Level].revision != c.Revision {
				return score.ErrRaced
			}
		}
		for _, c := range p.Cohorts {
			document, err := json.Marshal(c)
			if err != nil {
				return err
			}
			if len(document) > mostRow {
				s.t.Errorf("a cohort of %d bytes", len(document))
			}
			s.cohorts[c.Level] = cohortRow{document, c.Revision + 1}
			if s.levels[p.Instrument] == nil {
				s.levels[p.Instrument] = map[string]bool{}
			}
			s.levels[p.Instrument][c.Level] = true
		}
		for _, f := range p.Factors {
			for _, was := range s.factors {
				if was.ID == f.ID {
					s.t.Errorf("factor %s was noticed twice", f.ID)
				}
			}
			s.factors = append(s.factors, f)
		}
		run.posted = true
		return nil
	})
}

// History implements casework.Health. Its order is the map's, which is
// chance: nobody may depend on it.
func (s *Health) History(_ context.Context, instrument string) (h health.History, err error) {
	err = s.meet("History", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		h = health.History{Services: map[string]health.Epoch{}}
		for _, row := range s.runs[instrument] {
			r, err := row.run()
			if err != nil {
				return err
			}
			h.Runs = append(h.Runs, r.Features)
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
