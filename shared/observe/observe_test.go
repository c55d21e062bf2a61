package observe_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"proactive/shared/observation"
	"proactive/shared/observe"
	"proactive/shared/simulate"
)

var labKey = bytes.Repeat([]byte{7}, 32)

// sound is a simulated run folder.
func sound(t *testing.T) fstest.MapFS {
	t.Helper()
	dir := t.TempDir()
	f := simulate.Fleet{Seed: 2, Instruments: 1, Start: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)}
	if err := f.Write(dir, 0, 1); err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(dir, "*", "*", "RunInfo.xml"))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	root, all := filepath.Dir(found[0]), fstest.MapFS{}
	err = filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		all[filepath.ToSlash(name)] = &fstest.MapFile{Data: data, Mode: 0o600}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// guarded fails the test when a file is opened that is not on the list, or a directory
// is listed that may not be.
type guarded struct {
	t *testing.T
	fstest.MapFS
	opened map[string]bool
}

func (g guarded) Open(name string) (fs.File, error) {
	switch strings.ToLower(name) {
	case ".", "interop", "logs", "runinfo.xml", "runparameters.xml", "runcompletionstatus.xml",
		"interop/tilemetricsout.bin", "interop/qmetricsout.bin", "interop/errormetricsout.bin", "interop/extractionmetricsout.bin", "logs/telemetry.jsonl", "logs/telemetry.csv":
		g.opened[strings.ToLower(name)] = true
		return g.MapFS.Open(name)
	}
	g.t.Errorf("%s was opened", name)
	return nil, fs.ErrPermission
}

func (g guarded) ReadDir(name string) ([]fs.DirEntry, error) {
	if lower := strings.ToLower(name); lower != "." && lower != "interop" && lower != "logs" {
		g.t.Errorf("%s was listed", name)
	}
	return g.MapFS.ReadDir(name)
}

// Nothing but the allow-list is opened or even listed, whatever a run folder holds.
func TestOnlyTheListIsOpened(t *testing.T) {
	folder := sound(t)
	for _, name := range []string{
		"SampleSheet.csv", "Data/Intensities/BaseCalls/L001/C1.1/s_1_1101.bcl", "Data/x.fastq", "InterOp/IndexMetricsOut.bin", "InterOp/ControlMetricsOut.bin",
		"InterOp/IndexMetrics.bin", "InterOp/ErrorMetricsOut.bin", "InterOp/CorrectedIntMetricsOut.bin", "InterOp/C1.1/QMetricsOut.bin", "Logs/operator.log",
		"Recipe/x.xml", "RunInfo.xml.bak", "Thumbnail_Images/L001/a.jpg", "runinfo.xml/x", "Config/Effective.cfg",
	} {
		folder[name] = &fstest.MapFile{Data: []byte("ACGTACGTACGT Jane Doe")}
	}
	delete(folder, "runinfo.xml/x")
	g := guarded{t, folder, map[string]bool{}}
	report, err := observe.Run(t.Context(), g, observe.Options{LabKey: labKey})
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Observations) < 100 || len(g.opened) < 6 {
		t.Fatalf("%d observations of %d files", len(report.Observations), len(g.opened))
	}
	reasons := map[string]observe.Reason{}
	for _, f := range report.Files {
		reasons[f.Name] = f.Reason
		if f.Read != (f.Reason == "") {
			t.Errorf("%s: read %v, %q", f.Name, f.Read, f.Reason)
		}
	}
	for name, want := range map[string]observe.Reason{
		"SampleSheet.csv": observe.NotListed, "Data": observe.Directory, "InterOp/IndexMetricsOut.bin": observe.HoldsSequences,
		"InterOp/ControlMetricsOut.bin": observe.HoldsSequences, "InterOp/ErrorMetricsOut.bin": observe.UnknownVersion, "InterOp/CorrectedIntMetricsOut.bin": observe.NotReadYet, "InterOp/C1.1": observe.Directory,
		"RunInfo.xml.bak": observe.NotListed, "Logs/operator.log": observe.NotListed,
	} {
		if reasons[name] != want {
			t.Errorf("%s: %q, want %q", name, reasons[name], want)
		}
	}
	for _, o := range report.Observations {
		if strings.Contains(o.Text, "ACGT") || strings.Contains(o.Text, "Doe") {
			t.Errorf("%s carries %q", o.Field, o.Text)
		}
	}
}

// A file that cannot be used is named with its reason, and the others are used.
func TestBadFilesAreNamed(t *testing.T) {
	const q, tiles = "InterOp/QMetricsOut.bin", "InterOp/TileMetricsOut.bin"
	for name, c := range map[string]struct {
		file string
		data []byte
		mode fs.FileMode
		want observe.Reason
		read bool
	}{
		"empty":                 {q, []byte{}, 0, observe.Empty, false},
		"a version of tomorrow": {q, []byte{99, 1, 2, 3}, 0, observe.UnknownVersion, false},
		"another record size":   {tiles, []byte{2, 11, 0}, 0, observe.RecordSize, false},
		"a header cut off":      {q, []byte{6}, 0, observe.CutOff, false},
		"a last record torn":    {tiles, []byte{2, 10, 1, 0, 77, 4, 102, 0, 0, 0, 0, 0, 1, 0}, 0, observe.Torn, true},
		"half a document":       {"RunParameters.xml", []byte("<RunParameters><a>"), 0, observe.NotWellFormed, false},
		"telemetry of nothing":  {"Logs/telemetry.jsonl", []byte("\n\n"), 0, observe.NoReadings, false},
		"a link":                {tiles, []byte("/etc/passwd"), fs.ModeSymlink, observe.NotRegular, false},
	} {
		t.Run(name, func(t *testing.T) {
			folder := sound(t)
			real := c.file
			for n := range folder { // in the folder's own letter case
				if strings.EqualFold(n, c.file) {
					real = n
				}
			}
			folder[real] = &fstest.MapFile{Data: c.data, Mode: c.mode}
			report, err := observe.Run(t.Context(), folder, observe.Options{LabKey: labKey})
			if err != nil {
				t.Fatal(err)
			}
			others := 0
			for _, f := range report.Files {
				if f.Name == real {
					if f.Reason != c.want || f.Read != c.read {
						t.Errorf("%+v, want %q", f, c.want)
					}
				} else if f.Read {
					others++
				}
			}
			if others < 5 || len(report.Observations) < 20 {
				t.Errorf("of the others %d were read, %d observations", others, len(report.Observations))
			}
		})
	}
}

func TestNoRunInfoNoCycles(t *testing.T) {
	folder := sound(t)
	delete(folder, "RunInfo.xml")
	report, err := observe.Run(t.Context(), folder, observe.Options{LabKey: labKey})
	if err != nil || report.RunID != "" || report.Serial != "" {
		t.Fatal(report.RunID, report.Serial, err)
	}
	for _, o := range report.Observations {
		if strings.HasPrefix(o.Field, "q.") || o.Field == "tile.phasing" {
			t.Errorf("%s without RunInfo.xml", o.Field)
		}
	}
	for name, folder := range map[string]fs.FS{"empty": fstest.MapFS{}, "with one empty directory": fstest.MapFS{"InterOp": {Mode: fs.ModeDir}}} {
		report, err := observe.Run(t.Context(), folder, observe.Options{LabKey: labKey})
		if err != nil || len(report.Observations) != 0 {
			t.Errorf("%s: %d observations, %v", name, len(report.Observations), err)
		}
	}
}

// Ten thousand entries are enough; what lies beyond is named as too many.
func TestEntriesAreBounded(t *testing.T) {
	folder := sound(t)
	for i := range 12_000 {
		folder[fmt.Sprintf("InterOp/x%05d.bin", i)] = &fstest.MapFile{}
	}
	report, err := observe.Run(t.Context(), folder, observe.Options{LabKey: labKey})
	if err != nil || len(report.Files) > 10_001 || report.Files[len(report.Files)-1].Reason != observe.TooMany {
		t.Errorf("%d files, %v", len(report.Files), err)
	}
}

// The same folder gives the same report; under another lab's key, other tokens.
func TestTheSameAgain(t *testing.T) {
	folder := sound(t)
	read := func(key []byte) map[observation.Observation]bool {
		report, err := observe.Run(t.Context(), folder, observe.Options{LabKey: key})
		if err != nil {
			t.Fatal(err)
		}
		all := map[observation.Observation]bool{}
		for _, o := range report.Observations {
			all[o] = true
		}
		return all
	}
	one, two, other := read(labKey), read(labKey), read(bytes.Repeat([]byte{8}, 32))
	if diff := cmp.Diff(one, two); diff != "" {
		t.Error(diff)
	}
	tokens := 0
	for o := range one {
		if !other[o] {
			tokens++
			if !strings.HasSuffix(o.Field, "token") {
				t.Errorf("%s depends on the lab's key", o.Field)
			}
		}
	}
	if tokens != 2 {
		t.Errorf("%d tokens", tokens)
	}
}

// Nothing is told of fewer cycles than may be, whatever the length of a read.
func TestNothingOfFewCycles(t *testing.T) {
	for cycles := 2; cycles <= 320; cycles++ {
		folder := fstest.MapFS{
			"RunInfo.xml":             {Data: fmt.Appendf(nil, `<RunInfo><Run Id="x"><Instrument>M01234</Instrument><Reads><Read Number="1" NumCycles="%d" IsIndexedRead="N"/></Reads></Run></RunInfo>`, cycles)},
			"InterOp/QMetricsOut.bin": {Data: unbinned(cycles)},
		}
		report, err := observe.Run(t.Context(), folder, observe.Options{LabKey: labKey})
		if err != nil {
			t.Fatal(err)
		}
		total, falls := 0.0, 0
		for _, o := range report.Observations {
			switch o.Field {
			case "q.bases":
				total += o.Value
			case "q.q30_fall":
				falls++
			}
		}
		wantTotal, wantFalls := 10*(cycles-1), min(1, (cycles-1)/(3*observation.WindowCycles))
		if cycles <= observation.WindowCycles { // as short as an index
			wantTotal = 0
		}
		if int(total) != wantTotal || falls != wantFalls {
			t.Errorf("a read of %d cycles: %v bases, %d falls", cycles, total, falls)
		}
	}
}

// unbinned is a QMetricsOut.bin of version 4 with one tile and ten bases a cycle.
func unbinned(cycles int) []byte {
	raw := []byte{4, 206}
	for c := 1; c <= cycles; c++ {
		rec := make([]byte, 206)
		rec[0], rec[2], rec[3] = 1, 0x4d, 0x04
		rec[4], rec[5] = byte(c), byte(c>>8)
		rec[6+4*34] = 10 // Q35
		raw = append(raw, rec...)
	}
	return raw
}

// A cycle that was written again counts once, with what was written last.
func TestACycleWrittenAgainCountsOnce(t *testing.T) {
	whole := unbinned(60)
	const size = 206
	wrong := bytes.Clone(whole[2 : 2+20*size])
	for i := 6; i < len(wrong); i += 4 {
		if i%size >= 6 && wrong[i] != 0 {
			wrong[i] = 99
		}
	}
	raw := append(append(bytes.Clone(whole[:2]), wrong...), whole[2:]...)
	total := func(data []byte) (sum float64) {
		report, err := observe.Run(t.Context(), fstest.MapFS{
			"RunInfo.xml":             {Data: []byte(`<RunInfo><Run Id="x"><Instrument>M01234</Instrument><Reads><Read Number="1" NumCycles="60" IsIndexedRead="N"/></Reads></Run></RunInfo>`)},
			"InterOp/QMetricsOut.bin": {Data: data},
		}, observe.Options{LabKey: labKey})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range report.Observations {
			if o.Field == "q.bases" {
				sum += o.Value
			}
		}
		return sum
	}
	if want, got := total(whole), total(raw); got != want || want != 590 {
		t.Errorf("%v bases, want %v", got, want)
	}
}
