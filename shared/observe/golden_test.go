package observe_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"proactive/shared/observe"
)

const data = "../../../shared/data"

type golden struct {
	Total []struct {
		Clusters   *float64 `json:"Cluster Count"`
		ClustersPF *float64 `json:"Cluster Count Pf"`
		Q30        *float64 `json:"% >= Q30"`
	} `json:"summary_Total"`
}

// Every real run folder at hand, against the reference reader's own totals.
func TestRealRunsEqualTheReference(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(data, "golden.json"))
	if err != nil {
		t.Skip("NOT RUN: the real run folders are not on this machine")
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	folders, err := filepath.Glob(filepath.Join(data, "runs", "*"))
	if err != nil || len(folders) != 9 {
		t.Fatalf("%d run folders, want 9 (%v)", len(folders), err)
	}
	for _, folder := range folders {
		name := filepath.Base(folder)
		t.Run(name, func(t *testing.T) {
			report, err := observe.Run(t.Context(), os.DirFS(folder), observe.Options{LabKey: []byte("test")})
			if err != nil {
				t.Fatal(err)
			}
			if report.Serial == "" || report.Summary.Clusters == 0 {
				t.Fatalf("serial %q, %v clusters", report.Serial, report.Summary.Clusters)
			}
			var g golden
			if json.Unmarshal(all[name], &g) != nil || len(g.Total) == 0 {
				t.Logf("the reference refuses this folder; we read %v clusters", report.Summary.Clusters)
				return
			}
			want := g.Total[0]
			near(t, "clusters", &report.Summary.Clusters, want.Clusters)
			near(t, "clusters PF", &report.Summary.ClustersPF, want.ClustersPF)
			near(t, "%≥Q30", report.Summary.Q30, want.Q30)
		})
	}
}

func near(t *testing.T, what string, got, want *float64) {
	t.Helper()
	switch {
	case want == nil && got == nil:
	case want == nil || got == nil:
		t.Errorf("%s: got %v, want %v", what, got, want)
	case math.Abs(*got-*want) > 1e-6*math.Abs(*want):
		t.Errorf("%s: got %v, the reference says %v", what, *got, *want)
	}
}
