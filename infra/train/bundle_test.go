package train

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Models are kept of a bundle that learnt from the fleets that are given, and of no other.
func TestModelsOfOtherFleetsAreNotKept(t *testing.T) {
	const models = "../../shared/predict/models"
	current, err := os.ReadFile(filepath.Join(models, "CURRENT"))
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	_, _, err = Bundle(t.Context(), Options{Learnt: filepath.Join(models, strings.TrimSpace(string(current))), Out: out, Progress: io.Discard})
	if !errors.Is(err, errOther) {
		t.Errorf("%v, want %v", err, errOther)
	}
	if left, err := os.ReadDir(out); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
