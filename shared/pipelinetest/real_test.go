package pipelinetest_test

import (
	"os"
	"path/filepath"
	"testing"

	"proactive/shared/handoff"
	"proactive/shared/health"
	"proactive/shared/observe"
	"proactive/shared/score"
)

// Real runs open no case: neither one by one, as their instruments sent them, nor all
// together as if one instrument had.
func TestRealRunsMakeNoFinding(t *testing.T) {
	runs := filepath.Join("..", "..", "..", "shared", "data", "runs")
	folders, err := os.ReadDir(runs)
	if err != nil {
		t.Skip("the real run folders are not beside the project")
	}
	if len(folders) == 0 {
		t.Fatal("no run folders")
	}
	var together []health.Features
	for i, folder := range folders {
		report, err := observe.Run(t.Context(), os.DirFS(filepath.Join(runs, folder.Name())), observe.Options{LabKey: make([]byte, 32)})
		if err != nil {
			t.Errorf("%s: %v", folder.Name(), err)
			continue
		}
		m := handoff.Stored{Instrument: journeyInstrument, Batch: folder.Name(), Sequence: int64(i + 1)}
		f := score.FeaturesOf(m, report.Observations)
		if f.Run == "" || f.Week.IsZero() || len(f.Values) == 0 {
			t.Errorf("%s: features %+v", folder.Name(), f)
		}
		if found := score.Detect([]health.Features{f}, nil); len(found) != 0 {
			t.Errorf("%s makes %d findings", folder.Name(), len(found))
		}
		together = append(together, f)
	}
	if found := score.Detect(together, nil); len(found) != 0 {
		t.Errorf("together they make %d findings, the first %s", len(found), found[0].Rule)
	}
}
