package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"proactive/shared/simulate"
)

// runFolder is a simulated one, with index metrics that hold a name and a sequence.
func runFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	fleet := simulate.Fleet{Seed: 5, Instruments: 1, Start: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)}
	if err := fleet.Write(dir, 0, 1); err != nil {
		t.Fatal(err)
	}
	runs, err := filepath.Glob(filepath.Join(dir, "*", "*", "RunInfo.xml"))
	if err != nil || len(runs) != 1 {
		t.Fatalf("%v %v", runs, err)
	}
	folder := filepath.Dir(runs[0])
	var index []byte
	for _, read := range []byte{1, 2} { // the same counts once for each read
		index = append(index, 1, 0, 77, 4, read, 0, 8, 0)
		index = append(append(index, "ACGTACGT"...), 100, 0, 0, 0, 8, 0)
		index = append(append(index, "Jane\x1bDoe"...), 1, 0, 'P')
	}
	if err := os.WriteFile(filepath.Join(folder, "InterOp", "IndexMetricsOut.bin"), append([]byte{1}, index...), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

func runRead(t *testing.T, want int, args ...string) (out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	if code := execute(t.Context(), append([]string{"read"}, args...), &o, &e); code != want {
		t.Fatalf("exit code %d, want %d\n%s%s", code, want, o.String(), e.String())
	}
	return o.String(), e.String()
}

// The reference's levels, under its column names, each file named; and no name of a
// sample unless it was asked for.
func TestReadJSON(t *testing.T) {
	folder := runFolder(t)
	out, _ := runRead(t, 0, folder, "--json")
	var got struct {
		Total, NonIndex, Read, Lane, Surface []map[string]*float64
		Files                                []struct {
			Name, Reason string
			Read         bool
		}
		Cycles, Tiles []map[string]any
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Total) != 1 || got.Total[0]["% >= Q30"] == nil || len(got.Read) < 2 || got.Read[0]["IsIndex"] == nil || *got.Read[0]["IsIndex"] != 78 {
		t.Errorf("%+v", got.Read)
	}
	if len(got.Lane) == 0 || got.Lane[0]["Density"] == nil || got.Total[0]["Density"] != nil || got.Surface[0]["Surface"] == nil {
		t.Error("a level has not its columns")
	}
	if len(got.Cycles) == 0 || len(got.Tiles) == 0 || len(got.Files) != 3 {
		t.Errorf("%d cycles, %d tiles, files %+v", len(got.Cycles), len(got.Tiles), got.Files)
	}
	if strings.Contains(out, "Jane") || strings.Contains(out, "ACGT") || strings.Contains(out, "samples") {
		t.Error("a sample is named unasked")
	}
	out, _ = runRead(t, 0, folder, "--json", "--samples")
	if strings.Count(out, "Jane") != 1 || !strings.Contains(out, `"clusters":100`) {
		t.Errorf("the sample is not there, or counted twice: %.300s", out[strings.Index(out, `"samples"`):])
	}
}

func TestReadText(t *testing.T) {
	folder := runFolder(t)
	out, _ := runRead(t, 0, folder)
	for _, want := range []string{"Non-index", "Read 1, ", "InterOp/QMetricsOut.bin", "not read: holds sequences and names: --samples reads it"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if strings.Contains(out, "Jane") {
		t.Error("a sample is named unasked")
	}
	out, _ = runRead(t, 0, folder, "--samples")
	if !strings.Contains(out, "Jane?Doe") {
		t.Errorf("the sample is not listed, or steers the terminal:\n%s", out)
	}
}

func TestReadCSV(t *testing.T) {
	out, _ := runRead(t, 0, runFolder(t), "--csv")
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || len(rows) < 6 || rows[0][0] != "Level" || rows[1][0] != "Total" || rows[len(rows)-1][0] != "Surface" {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestReadDraws(t *testing.T) {
	plots := filepath.Join(t.TempDir(), "a", "b")
	out, _ := runRead(t, 0, runFolder(t), "--plot", plots)
	for _, name := range []string{"quality-by-cycle", "flow-cell-q30", "flow-cell-pf"} {
		raw, err := os.ReadFile(filepath.Join(plots, name+".png"))
		if err != nil {
			t.Fatal(err)
		}
		if picture, err := png.Decode(bytes.NewReader(raw)); err != nil || picture.Bounds().Dx() < 1000 {
			t.Errorf("%s: %v", name, err)
		}
		svg, err := os.ReadFile(filepath.Join(plots, name+".svg"))
		if err != nil || !bytes.Contains(svg, []byte("<svg")) || !strings.Contains(out, name+".svg") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	if _, e := runRead(t, 3, t.TempDir()); !strings.Contains(e, "RunInfo.xml") {
		t.Error(e)
	}
	if _, e := runRead(t, 3, t.TempDir(), "--csv", "--json"); !strings.Contains(e, "choose one") {
		t.Error(e)
	}
	if _, e := runRead(t, 2, filepath.Join(t.TempDir(), "nothing")); !strings.Contains(e, "nothing") {
		t.Error(e)
	}
}
