package simulate

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"proactive/shared/handoff"
	"proactive/shared/health"
	"proactive/shared/observation"
	"proactive/shared/runfolder"
	"proactive/shared/score"
)

var day = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

const (
	runs  = 12
	seeds = 24
)

// features is a run as scoring sees it, from its telemetry alone: every reading as an
// observation. Rules look at means over the run, which hours would not change.
func (s state) features() health.Features {
	var batch []observation.Observation
	for r := range s.readings() {
		hour := int(r.Time.Sub(s.started) / time.Hour)
		batch = append(batch, observation.Observation{Field: "telemetry." + r.Component + "." + r.Metric, Minute: 60 * hour, Value: r.Value})
	}
	f := score.FeaturesOf(handoff.Stored{Instrument: s.truth.Serial, Batch: s.runID(), Sequence: int64(s.run + 1)}, batch)
	f.Run = s.runID()
	return f
}

func (f Fleet) history(t Truth, from, to int, serviced bool) []health.Features {
	var all []health.Features
	for run := from; run < to; run++ {
		all = append(all, f.stateOf(t, run, serviced).features())
	}
	return all
}

// Property, over seeds: the rules find what is broken, where it is broken, after it broke,
// and nothing else, ever; and after a service they find nothing.
func TestRulesFindTheFaultAndNothingElse(t *testing.T) {
	modes := map[string]int{}
	for seed := range uint64(seeds) {
		// A start in each season: the room is warmer in summer.
		f := Fleet{Seed: seed, Instruments: 6, Failing: 4, Start: day.AddDate(0, int(seed%12), 0)}
		for _, truth := range f.Truths() {
			name := fmt.Sprintf("seed %d, %s %s (%s)", seed, truth.Family, truth.Serial, truth.Component)
			rows := f.history(truth, 0, runs, false)
			components := map[string]bool{}
			found := score.Detect(rows, nil)
			for _, one := range found {
				components[one.Component] = true
				if one.FirstSequence <= int64(truth.Onset) {
					t.Errorf("%s: %s already at run %d, the fault begins at %d", name, one.Rule, one.FirstSequence, truth.Onset+1)
				}
				if string(one.Subsystem) != truth.Subsystem {
					t.Errorf("%s: %s is of %s", name, one.Rule, one.Subsystem)
				}
			}
			want := map[string]bool{}
			if truth.Component != "" {
				want[truth.Component] = true
				modes[truth.Component]++
			}
			if !maps.Equal(components, want) {
				t.Errorf("%s: found on %v", name, components)
				continue
			}
			if truth.Component != "" {
				checkService(t, name, f, truth, rows, found)
			}
		}
	}
	for _, all := range faults {
		for _, m := range all {
			if modes[m.component] == 0 {
				t.Errorf("no %s failed in %d seeds", m.component, seeds)
			}
		}
	}
}

// checkService: three runs after a service speak for the repair; three without speak
// against it.
func checkService(t *testing.T, name string, f Fleet, truth Truth, rows []health.Features, found []health.Finding) {
	t.Helper()
	services := map[string]health.Epoch{truth.Component: {Number: 1, Since: runs + 1, Case: "c"}}
	mended := health.History{Runs: slices.Concat(rows, f.history(truth, runs, runs+3, true)), Services: services}
	if j := score.Judge(found, truth.Component, mended); j.Failing || j.Judged != 3 || j.Violating != 0 {
		t.Errorf("%s: after the service %+v", name, j)
	}
	failing := health.History{Runs: slices.Concat(rows, f.history(truth, runs, runs+3, false)), Services: services}
	if j := score.Judge(found, truth.Component, failing); !j.Failing {
		t.Errorf("%s: after a visit that mended nothing %+v", name, j)
	}
}

// A fleet in which nobody fails opens no case, however long it runs and whatever wears.
func TestHealthyFleetFor60Runs(t *testing.T) {
	f := Fleet{Seed: 99, Instruments: 9, Start: day}
	for _, truth := range f.Truths() {
		for _, found := range score.Detect(f.history(truth, 0, 60, false), nil) {
			t.Errorf("%s: %s at run %d", truth.Serial, found.Rule, found.LastSequence)
		}
	}
}

func TestTruths(t *testing.T) {
	for seed := range uint64(50) {
		all := Fleet{Seed: seed, Instruments: 30, Failing: 7, Start: day}.Truths()
		serials, subsystems, failing := map[string]bool{}, map[string]bool{}, 0
		for _, truth := range all {
			serials[truth.Serial] = true
			if got := runfolder.Family(truth.Serial); got != truth.Family {
				t.Errorf("%s is taken for a %s, not a %s", truth.Serial, got, truth.Family)
			}
			if truth.Component == "" {
				continue
			}
			failing++
			subsystems[truth.Subsystem] = true
			// Five runs are healthy, so that there is a baseline.
			if truth.Onset < 5 || truth.Onset > 7 {
				t.Errorf("onset at %d", truth.Onset)
			}
		}
		if len(serials) != 30 || failing != 7 || len(subsystems) != len(faults) {
			t.Errorf("seed %d: %d serials, %d failing in %v", seed, len(serials), failing, subsystems)
		}
	}
	if n := len((Fleet{Seed: 1, Instruments: 2, Failing: 9}).Truths()); n != 2 {
		t.Errorf("%d instruments", n)
	}
}

// tree is a digest of every file below a directory.
func tree(t *testing.T, dir string) map[string][32]byte {
	t.Helper()
	all := map[string][32]byte{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(filepath.Join(dir, path))
		all[path] = sha256.Sum256(raw)
		return err
	})
	if err != nil || len(all) == 0 {
		t.Fatalf("%d files: %v", len(all), err)
	}
	return all
}

func write(t *testing.T, f Fleet, from, runs int) string {
	t.Helper()
	dir := t.TempDir()
	if err := f.Write(dir, from, runs); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestSameSeedSameBytes(t *testing.T) {
	f := Fleet{Seed: 7, Instruments: 3, Failing: 2, Start: day}
	first := tree(t, write(t, f, 0, 3))
	if !maps.Equal(first, tree(t, write(t, f, 0, 3))) {
		t.Error("twice the same seed, other bytes")
	}
	for path, sum := range tree(t, write(t, f, 1, 2)) {
		if first[path] != sum {
			t.Errorf("%s is another when written from the second run on", path)
		}
	}
	f.Seed = 8
	for path, sum := range tree(t, write(t, f, 0, 3)) {
		if first[path] == sum && filepath.Base(path) != "RunCompletionStatus.xml" {
			t.Errorf("%s is the same with another seed", path)
		}
	}
}

// After a service the instrument counts on, later in time, and is well.
func TestWriteServiced(t *testing.T) {
	f := Fleet{Seed: 3, Instruments: 3, Failing: 3, Start: day}
	dir := write(t, f, 0, runs)
	for _, truth := range f.Truths() {
		before := folders(t, dir, truth.Serial)
		if err := f.WriteServiced(dir, truth.Serial, len(before), 3); err != nil {
			t.Fatal(err)
		}
		after := folders(t, dir, truth.Serial)
		if len(after) != runs+3 || !slices.Equal(after[:runs], before) {
			t.Fatalf("%s: %v", truth.Serial, after)
		}
		for i := 1; i < len(after); i++ {
			if number(t, after[i]) != number(t, after[i-1])+1 {
				t.Errorf("%s follows %s", after[i], after[i-1])
			}
		}
	}
	if err := f.WriteServiced(dir, "M00000", 12, 3); err == nil {
		t.Error("an instrument that is not in the fleet")
	}
}

// folders in the order of their names, which is that of their runs.
func folders(t *testing.T, dir, serial string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, serial))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func number(t *testing.T, folder string) int {
	t.Helper()
	var n int
	if _, err := fmt.Sscanf(strings.Split(folder, "_")[2], "%d", &n); err != nil {
		t.Fatal(err)
	}
	return n
}
