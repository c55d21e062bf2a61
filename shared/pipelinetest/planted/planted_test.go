package planted_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/catalog"
	"proactive/shared/observe"
	"proactive/shared/pipelinetest/planted"
	"proactive/shared/scrub"
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

// The same seed plants the same, another one others, and no identifier comes twice.
func TestTheSeedDecides(t *testing.T) {
	draw := func(seed uint64) []planted.Plant {
		p := planted.New(seed, load(t))
		for _, folder := range runs(t, 1) {
			if _, err := p.Into(folder, 150, false); err != nil {
				t.Fatal(err)
			}
		}
		return p.All
	}
	one, same, other := draw(1), draw(1), draw(2)
	if diff := cmp.Diff(one, same); diff != "" {
		t.Errorf("the same seed, and\n%s", diff)
	}
	if cmp.Equal(one, other) {
		t.Error("another seed, and the same plants")
	}
	seen := map[string]bool{}
	for _, p := range one {
		if seen[planted.Fold(p.Value)] {
			t.Errorf("%q was planted twice", p.Value)
		}
		seen[planted.Fold(p.Value)] = true
	}
}

// Every element that any family writes, and every place that a field is read from, carries
// an identifier once in a while: the catalog is the list, and a new entry comes of itself.
func TestEveryElementCarries(t *testing.T) {
	cat := load(t)
	p := planted.New(1, cat)
	var all strings.Builder
	for _, folder := range runs(t, 2) {
		folder, err := p.Into(folder, 400, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"RunInfo.xml", "RunParameters.xml", "runParameters.xml"} {
			if raw, err := os.ReadFile(filepath.Join(folder, name)); err == nil {
				all.WriteString(strings.ToLower(string(raw)))
			}
		}
	}
	text := all.String()
	tag := func(name string) string { // of an element, or of an attribute's
		element, _, _ := strings.Cut(name, "@")
		return "<" + element
	}
	for _, l := range cat.Left() {
		for _, name := range l.Names {
			if l.File == catalog.RunParameters && !strings.Contains(text, tag(name)) {
				t.Errorf("%s carries nothing", name)
			}
		}
	}
	for _, f := range cat.Fields() {
		for layout, paths := range f.Source.Places {
			for _, path := range paths {
				last := path[strings.LastIndexByte(path, '/')+1:]
				if !strings.Contains(text, tag(last)) {
					t.Errorf("%s of %s, %s, carries nothing", f.ID, layout, path)
				}
			}
		}
	}
	kinds, carriers, encodings := map[planted.Kind]bool{}, map[planted.Carrier]bool{}, map[planted.Encoding]bool{}
	for _, one := range p.All {
		kinds[one.Kind], carriers[one.Carrier], encodings[one.Encoding] = true, true, true
	}
	if len(kinds) != len(planted.Kinds()) || len(encodings) != len(planted.Encodings()) || len(carriers) < 50 {
		t.Errorf("%d kinds, %d encodings, %d carriers", len(kinds), len(encodings), len(carriers))
	}
}

// A run folder of every other family is read as one.
func TestEveryFamilyIsRead(t *testing.T) {
	cat := load(t)
	for i, f := range planted.Families {
		folder, err := planted.Reshape(runs(t, 1)[0], f, fmt.Sprintf(f.Serial, 12_345+i), cat)
		if err != nil {
			t.Fatal(err)
		}
		r, err := observe.Run(t.Context(), os.DirFS(folder), observe.Options{LabKey: make([]byte, 32)})
		if err != nil {
			t.Fatal(err)
		}
		kept, tally := scrub.Project(cat, r.Observations)
		has := map[string]string{}
		for _, o := range kept {
			has[o.Field] = o.Text
		}
		if has["config.control_software"] == "" || has["run.token"] == "" || len(tally.Reasons) > 0 {
			t.Errorf("%s: %v, dropped %v", f.Name, has, tally.Reasons)
		}
		if want := f.Name; f.Name != "MiSeq i100" && has["config.instrument_type"] != want {
			t.Errorf("%s is read as %s", f.Name, has["config.instrument_type"])
		}
	}
}
