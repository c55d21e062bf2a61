package tables_test

import (
	"encoding/json"
	"strings"
	"testing"

	"proactive/shared/aws/tables"
	"proactive/shared/condition"
	"proactive/shared/erase"
	"proactive/shared/health"
	"proactive/shared/score"
)

// An instrument's shares in cohorts are found by its own row, told to its lab without
// anybody else's, and taken out without touching them.
func TestMemberships(t *testing.T) {
	db, ctx := emulatedDB(t), t.Context()
	runs, m := tables.NewHealth(db, empty(t, db, "health")), tables.NewMemberships(db, "health")
	s := tables.NewCohorts(db, "health", empty(t, db, "findings"))
	for n, id := range []string{mine, other} {
		if err := runs.PutRun(ctx, health.Features{Instrument: id, Batch: "b", Sequence: 1}, nil); err != nil {
			t.Fatal(err)
		}
		p := score.Posting{Instrument: id, Sequence: 1}
		for _, level := range []string{"level-1", "level-2"}[:2-n] {
			c, err := s.Cohort(ctx, level)
			if err != nil {
				t.Fatal(err)
			}
			c.Post(id, 20000, make([]float64, len(condition.Signals)))
			p.Cohorts = append(p.Cohorts, c)
		}
		if err := s.Post(ctx, p); err != nil {
			t.Fatal(err)
		}
	}
	items, more, err := m.After(ctx, mine, "")
	if err != nil || more || len(items) != 2 || items[0].Key != "level-1" {
		t.Fatalf("%+v, %v, %v", items, more, err)
	}
	if items, _, err := m.After(ctx, mine, "level-1"); err != nil || len(items) != 1 {
		t.Errorf("%+v, %v", items, err)
	}
	raw, err := json.Marshal([]any{items[0].Row, items[1].Row})
	if err != nil || strings.Contains(string(raw), other) || !strings.Contains(string(raw), mine) {
		t.Errorf("%s, %v", raw, err)
	}
	of := erase.Scope{Instrument: mine}
	if n, err := m.Find(ctx, of); err != nil || n != 2 {
		t.Errorf("%d shares, %v", n, err)
	}
	for range 2 { // what is gone already is no error
		if err := m.Erase(ctx, of); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := m.Find(ctx, of); err != nil || n != 0 {
		t.Errorf("%d shares left, %v", n, err)
	}
	if n, err := m.Find(ctx, erase.Scope{Instrument: other}); err != nil || n != 1 {
		t.Errorf("%d of the other's shares, %v", n, err)
	}
	if n, err := m.Find(ctx, erase.Scope{Instrument: "i-unknown"}); err != nil || n != 0 {
		t.Errorf("%d shares of nobody, %v", n, err)
	}
}
