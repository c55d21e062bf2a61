package planted_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"proactive/shared/catalog"
	"proactive/shared/observe"
	"proactive/shared/pipelinetest/planted"
	"proactive/shared/simulate"
)

func load(t *testing.T) *catalog.Catalog {
	t.Helper()
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

// runs are simulated run folders of one instrument of each simulated family.
func runs(t *testing.T, n int) []string {
	t.Helper()
	dir := t.TempDir()
	f := simulate.Fleet{Seed: 3, Instruments: 3, Start: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)}
	if err := f.Write(dir, 0, n); err != nil {
		t.Fatal(err)
	}
	all, err := filepath.Glob(filepath.Join(dir, "*", "*", "RunInfo.xml"))
	if err != nil || len(all) != 3*n {
		t.Fatal(all, err)
	}
	for i := range all {
		all[i] = filepath.Dir(all[i])
	}
	return all
}

// What is planted stands in the run folder, and the folder is still one: what it says beside
// the plants is read as before.
func TestIntoLeavesARunFolder(t *testing.T) {
	p := planted.New(1, load(t))
	for i, folder := range runs(t, 1) {
		before, err := observe.Run(t.Context(), os.DirFS(folder), observe.Options{LabKey: make([]byte, 32)})
		if err != nil {
			t.Fatal(err)
		}
		planted0 := len(p.All)
		folder, err = p.Into(folder, 700, false)
		if err != nil {
			t.Fatal(err)
		}
		all := contents(t, folder)
		for _, plant := range p.All[planted0:] {
			for _, w := range plant.Written {
				if !strings.Contains(all, w) && !strings.ContainsAny(w, `<>&"'\`) {
					t.Errorf("%d %s, %s: %q is not in the folder", plant.ID, plant.Carrier, plant.Encoding, w)
				}
			}
		}
		after, err := observe.Run(t.Context(), os.DirFS(folder), observe.Options{LabKey: make([]byte, 32)})
		if err != nil {
			t.Fatal(err)
		}
		if after.Serial != before.Serial || !after.Started.Equal(before.Started) || !after.Complete || after.Summary.Q30 == nil || *after.Summary.Q30 != *before.Summary.Q30 {
			t.Errorf("folder %d: %+v, before %+v", i, after.Summary, before.Summary)
		}
		if a, b := measured(after), measured(before); a < b || b < 100 {
			t.Errorf("folder %d: %d measurements, before %d", i, a, b)
		}
	}
}

// measured counts what does not tell of the configuration: in a folder with another software's
// version before the right one, the wrong one is read, and dropped later.
func measured(r observe.Report) (n int) {
	for _, o := range r.Observations {
		if !observe.Fixed(o) {
			n++
		}
	}
	return n
}

// contents are the bytes and names of all files of a folder.
func contents(t *testing.T, folder string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(folder, func(path string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		b.WriteString(path + "\n")
		if !e.IsDir() {
			raw, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			b.Write(append(raw, '\n'))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
