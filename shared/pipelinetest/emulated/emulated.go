// Package emulated gives a test an emulator of its own.
package emulated

import (
	"os"
	"path/filepath"
	"testing"

	"proactive/infra/local"
)

// Start starts an emulator that ends with the test. Where the emulator is not installed
// (make test installs it) the test is skipped, unless PROACTIVE_E2E=required.
func Start(t *testing.T) *local.Emulator {
	t.Helper()
	root := moduleRoot(t)
	if _, err := os.Stat(filepath.Join(root, ".cache", "venv", "bin", "ministack")); err != nil && os.Getenv("PROACTIVE_E2E") != "required" {
		t.Skip("the emulator is not installed in .cache: go run ./infra/local/setup")
	}
	e, err := local.Start(t.Context(), root, t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Stop(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func moduleRoot(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("this test is not in the module")
		}
		dir = up
	}
}
