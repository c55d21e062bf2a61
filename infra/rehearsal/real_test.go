package rehearsal_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"proactive/infra/rehearsal"
)

// The nine real run folders, where they are at hand: all stored with a receipt, and
// the figures of the reference reader.
func TestRealRunFolders(t *testing.T) {
	t.Parallel()
	data := filepath.Join(stage.Root, "..", "shared", "data")
	raw, err := os.ReadFile(filepath.Join(data, "golden.json"))
	if err != nil {
		t.Skip("NOT RUN: the real run folders are not on this machine")
	}
	var golden map[string]json.RawMessage
	if err := json.Unmarshal(raw, &golden); err != nil {
		t.Fatal(err)
	}
	folders, err := filepath.Glob(filepath.Join(data, "runs", "*"))
	if err != nil || len(folders) == 0 {
		t.Fatalf("no run folders: %v", err)
	}
	labs := map[string]*rehearsal.Lab{} // one instrument wrote several
	for _, folder := range folders {
		name, serial := filepath.Base(folder), rehearsal.SerialOf(folder)
		t.Run(name, func(t *testing.T) {
			if labs[serial] == nil {
				if labs[serial], err = stage.Enrol(t.Context(), serial); err != nil {
					t.Fatal(err)
				}
			}
			lab := labs[serial]
			sent, err := lab.Send(t.Context(), []string{folder}, "--history")
			if err != nil {
				t.Fatal(err)
			}
			if sent[0].Verdict != "stored" {
				t.Fatalf("verdict %q, reason %q", sent[0].Verdict, sent[0].Reason)
			}
			compare(t, sent[0], golden[name])
		})
	}
}

// compare holds an account to the reference's total, where the reference has one: it
// refuses a folder with a broken file as a whole.
func compare(t *testing.T, s rehearsal.Sent, golden json.RawMessage) {
	t.Helper()
	var g struct {
		Lanes []struct {
			Clusters   *float64 `json:"Cluster Count"`
			ClustersPF *float64 `json:"Cluster Count Pf"`
		} `json:"summary_Lane"`
		Total []struct {
			Q30        *float64 `json:"% >= Q30"`
			Clusters   *float64 `json:"Reads"`
			ClustersPF *float64 `json:"Reads Pf"`
		} `json:"summary_Total"`
	}
	if err := json.Unmarshal(golden, &g); err != nil || len(g.Total) == 0 {
		t.Logf("the reference has no total for this folder")
		return
	}
	for _, f := range []struct {
		name      string
		got, want *float64
	}{
		{"clusters", s.Summary.Clusters, g.Total[0].Clusters},
		{"clusters PF", s.Summary.ClustersPF, g.Total[0].ClustersPF},
		{"%≥Q30", s.Summary.Q30, g.Total[0].Q30},
	} {
		switch {
		case f.want == nil:
		case f.got == nil:
			t.Errorf("%s: missing, the reference says %v", f.name, *f.want)
		case math.Abs(*f.got-*f.want) > 1e-6*math.Abs(*f.want):
			t.Errorf("%s: %v, the reference says %v", f.name, *f.got, *f.want)
		}
	}
}
