package trees_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestEqualsLightGBM has LightGBM train models of every kind anew and compares 10,000 rows
// of each, with missing values and categories seen and unseen. It needs what `make setup`
// installs.
func TestEqualsLightGBM(t *testing.T) {
	python, err := filepath.Abs("../../.cache/train-venv/bin/python")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(python); err != nil {
		if os.Getenv("PROACTIVE_E2E") == "required" {
			t.Fatalf("LightGBM is not installed: %v", err)
		}
		t.Skip("LightGBM is not installed: make setup")
	}
	rows := "10000"
	if testing.Short() {
		rows = "500"
	}
	dir := t.TempDir()
	out, err := exec.CommandContext(t.Context(), python, filepath.Join("testdata", "golden.py"),
		"--out", dir, "--rows", rows, "--trees", "60", "--explained", "40").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, g := range goldens(t, dir) {
		t.Run(g.name, func(t *testing.T) { g.compare(t) })
	}
}
