package scrub_test

import (
	"encoding/json"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"proactive/shared/clean"
	"proactive/shared/observation"
	"proactive/shared/observe"
	"proactive/shared/scrub"
)

// stays are the reference's columns that are made of what does not leave the instrument,
// with the reason: no observation carries them, so scrub has none to change.
var stays = map[string]string{
	"First Cycle Intensity": "brightness by cycle spells bases: a mean over all cycles is told", "% Occupied": "from a file that is not read",
	"Error Rate": "told as one rounded mean of a lane", "Error Rate 35": "the errors of a few cycles", "Error Rate 50": "as Error Rate 35", "Error Rate 75": "as Error Rate 35", "Error Rate 100": "as Error Rate 35",
	"Phasing Slope": "from a file that is not read", "Phasing Offset": "as Phasing Slope", "Prephasing Slope": "as Phasing Slope", "Prephasing Offset": "as Phasing Slope",
	"Projected Yield G": "a forecast: not measured",
}

// columns are the reference's that are told, and what their figures are made of here.
var columns = map[string]string{
	"Cluster Count": "tile.clusters", "Cluster Count Pf": "tile.clusters_pf", "Density": "tile.density", "Density Pf": "tile.density_pf",
	"Reads": "tile.clusters", "Reads Pf": "tile.clusters_pf", "% Pf": "tile.clusters", "Tile Count": "tile.clusters",
	"Phasing": "tile.phasing", "Prephasing": "tile.prephasing", "% Aligned": "tile.aligned", "Yield G": "q.bases", "% >= Q30": "q.bases_q30",
}

// TestScrubChangesNoFigure: every number that the reference's summary of a real run is
// made of comes through projection, detector and the clean batch to the bit, and what is
// summed up from there is what the reference says.
func TestScrubChangesNoFigure(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(realData, "golden.json"))
	if err != nil {
		t.Skip("NOT RUN: the reference's figures are not on this machine")
	}
	var golden map[string]json.RawMessage
	if err := json.Unmarshal(raw, &golden); err != nil {
		t.Fatal(err)
	}
	delete(golden, "reader")
	compared := map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(golden)) {
		t.Run(name, func(t *testing.T) {
			report, err := observe.Run(t.Context(), os.DirFS(filepath.Join(realData, "runs", name)), observe.Options{LabKey: make([]byte, 32)})
			if err != nil {
				t.Fatal(err)
			}
			kept := arrived(t, report.Observations)
			same(t, report.Observations, kept)
			var reference struct {
				Lanes []map[string]*float64 `json:"summary_Lane"`
			}
			if json.Unmarshal(golden[name], &reference) != nil {
				t.Log("the reference refuses this folder")
				return
			}
			observed, got := summed(report.Observations), summed(kept)
			for _, want := range reference.Lanes {
				at := [2]int{int(*want["ReadNumber"]), int(*want["Lane"])}
				check(t, observed[at], got[at], want, compared)
			}
		})
	}
	total := 0
	for _, column := range slices.Sorted(maps.Keys(columns)) {
		t.Logf("%-16s equal %3d times", column, compared[column])
		if total += compared[column]; compared[column] == 0 {
			t.Errorf("%s was compared with nothing", column)
		}
	}
	t.Logf("%d figures of the reference's, from what scrub left", total)
}

// arrived is what stands in the clean batch.
func arrived(t *testing.T, observations []observation.Observation) []observation.Observation {
	t.Helper()
	cat := load(t)
	kept, _ := scrub.Project(cat, observations)
	if hits := scrub.Detect(cat, kept); len(hits) > 0 {
		t.Fatalf("quarantined: %v", hits)
	}
	file, err := clean.Encode(clean.Batch{Instrument: "i", Batch: "b", Sequence: 1, Observations: kept})
	if err != nil {
		t.Fatal(err)
	}
	b, err := clean.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	return b.Observations
}

// same: each number that was observed is there, to the bit.
func same(t *testing.T, before, after []observation.Observation) {
	t.Helper()
	there := map[observation.Observation]uint64{}
	key := func(o observation.Observation) observation.Observation {
		o.Value = 0
		return o
	}
	for _, o := range after {
		there[key(o)] = math.Float64bits(o.Value)
	}
	n := 0
	for _, o := range before {
		if o.Text != "" {
			continue
		}
		n++
		if bits, ok := there[key(o)]; !ok || bits != math.Float64bits(o.Value) {
			t.Errorf("%+v: kept %v, as %v", o, ok, math.Float64frombits(bits))
		}
	}
	t.Logf("%d numbers unchanged", n)
}

// summed makes the table of reads and lanes out of observations.
func summed(kept []observation.Observation) map[[2]int]map[string]float64 {
	type sum struct{ total, n float64 }
	tiles, reads := map[string]map[int]sum{}, map[string]map[[2]int]sum{}
	passed := map[int]sum{} // %PF, tile by tile
	pf := map[[2]int]float64{}
	lanes, numbers := map[int]bool{}, map[int]bool{}
	for _, o := range kept {
		switch {
		case o.Tile != 0 && o.Read == 0:
			lanes[o.Lane] = true
			if tiles[o.Field] == nil {
				tiles[o.Field] = map[int]sum{}
			}
			s := tiles[o.Field][o.Lane]
			tiles[o.Field][o.Lane] = sum{s.total + o.Value, s.n + 1}
			if o.Field == "tile.clusters_pf" {
				pf[[2]int{o.Lane, o.Tile}] = o.Value
			}
		case o.Lane != 0 && o.Read != 0:
			if reads[o.Field] == nil {
				reads[o.Field] = map[[2]int]sum{}
			}
			s := reads[o.Field][[2]int{o.Read, o.Lane}]
			reads[o.Field][[2]int{o.Read, o.Lane}] = sum{s.total + o.Value, s.n + 1}
		case o.Field == "run.read_cycles":
			numbers[o.Read] = true
		}
	}
	for _, o := range kept {
		if o.Field == "tile.clusters" && o.Value > 0 {
			s := passed[o.Lane]
			passed[o.Lane] = sum{s.total + 100*pf[[2]int{o.Lane, o.Tile}]/o.Value, s.n + 1}
		}
	}
	table := map[[2]int]map[string]float64{}
	for read := range numbers {
		for lane := range lanes {
			at, row := [2]int{read, lane}, map[string]float64{}
			mean := func(column string, s sum) {
				if s.n > 0 {
					row[column] = s.total / s.n
				}
			}
			mean("Cluster Count", tiles["tile.clusters"][lane])
			mean("Cluster Count Pf", tiles["tile.clusters_pf"][lane])
			mean("Density", tiles["tile.density"][lane])
			mean("Density Pf", tiles["tile.density_pf"][lane])
			mean("% Pf", passed[lane])
			mean("Phasing", reads["tile.phasing"][at])
			mean("Prephasing", reads["tile.prephasing"][at])
			mean("% Aligned", reads["tile.aligned"][at])
			row["Reads"], row["Reads Pf"] = tiles["tile.clusters"][lane].total, tiles["tile.clusters_pf"][lane].total
			row["Tile Count"] = tiles["tile.clusters"][lane].n
			if all := reads["q.bases"][at].total; all > 0 {
				row["Yield G"], row["% >= Q30"] = all/1e9, 100*reads["q.bases_q30"][at].total/all
			}
			table[at] = row
		}
	}
	return table
}

// check compares a line. What was not observed, of an index read or because it stands in
// a file that is not read, is not there.
func check(t *testing.T, observed, got map[string]float64, want map[string]*float64, compared map[string]int) {
	t.Helper()
	for column, value := range want {
		if column == "ReadNumber" || column == "IsIndex" || column == "Lane" || stays[column] != "" || value == nil {
			continue
		}
		if columns[column] == "" {
			t.Errorf("the reference's %s is neither told nor said to stay", column)
			continue
		}
		if _, ok := observed[column]; !ok {
			continue
		}
		if v := got[column]; math.Abs(v-*value) > 1e-5*math.Abs(*value) { // the reference adds in single precision
			t.Errorf("read %v lane %v: %s is %v, the reference says %v", *want["ReadNumber"], *want["Lane"], column, v, *value)
			continue
		}
		compared[column]++
	}
}
