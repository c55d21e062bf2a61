package scrub_test

import (
	"os"
	"path/filepath"
	"testing"

	"proactive/shared/catalog"
	"proactive/shared/observe"
	"proactive/shared/scrub"
)

// What is read of real run folders passes the projection but for what is really odd
// there (a part number "A", a camera firmware with letters), and the detector is silent:
// a false alarm would quarantine a good batch.
func TestRealRunFoldersPass(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared", "data", "runs")
	folders, err := os.ReadDir(root)
	if err != nil {
		t.Skipf("no real run folders at %s", root)
	}
	if len(folders) == 0 {
		t.Fatalf("no run folder in %s", root)
	}
	cat := load(t)
	for _, folder := range folders {
		t.Run(folder.Name(), func(t *testing.T) {
			report, err := observe.Run(t.Context(), os.DirFS(filepath.Join(root, folder.Name())), observe.Options{LabKey: make([]byte, 32)})
			if err != nil {
				t.Fatal(err)
			}
			kept, tally := scrub.Project(cat, report.Observations)
			odd := tally.Reasons[catalog.PatternMismatch]
			delete(tally.Reasons, catalog.PatternMismatch)
			if odd > 2 || len(tally.Reasons) != 0 || len(kept) < 200 {
				t.Errorf("%d kept, %d mismatches, %v", len(kept), odd, tally.Reasons)
			}
			if hits := scrub.Detect(cat, kept); len(hits) != 0 {
				t.Error(hits)
			}
		})
	}
}
