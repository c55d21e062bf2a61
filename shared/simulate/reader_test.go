package simulate

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"proactive/shared/catalog"
	"proactive/shared/observe"
)

// Our own reader reads all of a simulated run, and everything it says is in the catalog.
func TestOurReaderReadsAllOfIt(t *testing.T) {
	fields, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	f := Fleet{Seed: 2, Instruments: 3, Failing: 3, Start: day}
	dir := write(t, f, 9, 1)
	for _, truth := range f.Truths() {
		folder := filepath.Join(dir, truth.Serial, folders(t, dir, truth.Serial)[0])
		report, err := observe.Run(t.Context(), os.DirFS(folder), observe.Options{LabKey: []byte("lab")})
		if err != nil {
			t.Fatal(err)
		}
		read, names := 0, map[string]bool{}
		for _, note := range report.Files {
			if note.Read {
				read++
			} else if note.Name != "SampleSheet.csv" {
				t.Errorf("%s: %s is not read: %s", truth.Family, note.Name, note.Reason)
			}
			if note.Read && note.Reason != "" {
				t.Errorf("%s: %s is read in part: %s", truth.Family, note.Name, note.Reason)
			}
		}
		for _, o := range report.Observations {
			names[o.Field] = true
			field, ok := fields.Field(o.Field)
			if !ok {
				t.Fatalf("%s: no field %s", truth.Family, o.Field)
			}
			if reason, ok := field.Check(o); !ok {
				t.Errorf("%s: %+v: %s", truth.Family, o, reason)
			}
			if strings.Contains(o.Text, Planted) {
				t.Errorf("%s: a planted name leaves in %s", truth.Family, o.Field)
			}
		}
		for _, want := range []string{
			"config.control_software", "config.rta", "run.chemistry", "run.reagent_lot", "run.flowcell_lot", "run.buffer_lot",
			"run.completion", "tile.clusters_pf", "tile.aligned", "q.bases_q30", "telemetry.laser.power", "telemetry.disk.free",
		} {
			if !names[want] {
				t.Errorf("%s: no %s", truth.Family, want)
			}
		}
		if read != 6 || report.Serial != truth.Serial || !report.Complete {
			t.Errorf("%s: %d files read, serial %s", truth.Family, read, report.Serial)
		}
	}
}

// Names are planted where real folders have them, or their absence downstream proves nothing.
func TestNamesArePlanted(t *testing.T) {
	f := Fleet{Seed: 2, Instruments: 3, Start: day}
	dir := write(t, f, 0, 1)
	planted := map[string]int{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(filepath.Join(dir, path))
		planted[strings.ToLower(filepath.Base(path))] += bytes.Count(raw, []byte(Planted))
		return err
	})
	if err != nil || planted["runparameters.xml"] < 9 || planted["samplesheet.csv"] < 6 || planted["runinfo.xml"] != 0 {
		t.Errorf("%v, %v", planted, err)
	}
}

// Illumina's own reader opens the run folders and sees the numbers that ours does. It is
// looked for at PROACTIVE_PYTHON, then in .cache/venv.
func TestIlluminasReader(t *testing.T) {
	python := reference(t)
	f := Fleet{Seed: 11, Instruments: 3, Failing: 3, Start: day}
	dir := t.TempDir()
	if err := f.Write(dir, 0, 1); err != nil {
		t.Fatal(err)
	}
	if err := f.Write(dir, 10, 1); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, truth := range f.Truths() {
		for _, folder := range folders(t, dir, truth.Serial) {
			all = append(all, filepath.Join(dir, truth.Serial, folder))
		}
	}
	out, err := exec.CommandContext(t.Context(), python, append([]string{filepath.Join("testdata", "reference.py")}, all...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("the reference reader: %v\n%s", err, out)
	}
	var got map[string]struct {
		Clusters, PF, Q30 float64
		Tiles             int
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	tiles := map[string]int{"M": 28, "N": 288, "A": 312}
	for _, folder := range all {
		report, err := observe.Run(t.Context(), os.DirFS(folder), observe.Options{})
		if err != nil {
			t.Fatal(err)
		}
		ref, s := got[folder], report.Summary
		if s.Q30 == nil {
			t.Fatalf("%s: no Q30", folder)
		}
		for what, pair := range map[string][2]float64{"clusters": {s.Clusters, ref.Clusters}, "PF": {s.ClustersPF, ref.PF}, "Q30": {*s.Q30, ref.Q30}} {
			if math.Abs(pair[0]-pair[1]) > 1e-6*math.Abs(pair[1]) || pair[1] == 0 {
				t.Errorf("%s: %s is %v, the reference says %v", filepath.Base(folder), what, pair[0], pair[1])
			}
		}
		if want := tiles[report.Serial[:1]]; ref.Tiles != want {
			t.Errorf("%s: the reference sees %d tiles, want %d", filepath.Base(folder), ref.Tiles, want)
		}
	}
}

func reference(t *testing.T) string {
	t.Helper()
	for _, python := range []string{os.Getenv("PROACTIVE_PYTHON"), filepath.Join("..", "..", ".cache", "venv", "bin", "python")} {
		if python == "" {
			continue
		}
		full, err := filepath.Abs(python)
		if err != nil {
			t.Fatal(err)
		}
		if exec.CommandContext(t.Context(), full, "-c", "import interop").Run() == nil {
			return full
		}
	}
	t.Skip("NOT RUN: no Python with Illumina's reader (PyPI interop 1.9.0) at PROACTIVE_PYTHON or .cache/venv; `make` installs it")
	return ""
}
