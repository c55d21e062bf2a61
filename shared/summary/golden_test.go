package summary_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"proactive/shared/summary"
)

const data = "../../../shared/data"

// table is a level as the reference prints it; null is a missing value.
type table []map[string]*float64

// golden are the reference's tables of a run folder.
type golden struct {
	Total, NonIndex, Read, Lane, Surface table
	Detail                               []detail
}

func (g *golden) UnmarshalJSON(raw []byte) error {
	var levels map[string]json.RawMessage
	if err := json.Unmarshal(raw, &levels); err != nil {
		return fmt.Errorf("reading golden tables: %w", err)
	}
	for name, to := range map[string]*table{"Total": &g.Total, "NonIndex": &g.NonIndex, "Read": &g.Read, "Lane": &g.Lane, "Surface": &g.Surface} {
		if json.Unmarshal(levels["summary_"+name], to) != nil {
			*to = nil // the reference refuses the folder, and says why in its place
		}
	}
	_ = json.Unmarshal(levels["detail_lane"], &g.Detail) // empty where refused
	return nil
}

// detail is a lane in a read, with what a Stat has.
type detail struct {
	Read, Lane int
	stats      map[string]struct{ Mean, StdDev, Median *float64 }
}

func (d *detail) UnmarshalJSON(raw []byte) error {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		return fmt.Errorf("reading a lane's details: %w", err)
	}
	d.stats = map[string]struct{ Mean, StdDev, Median *float64 }{}
	for k, v := range all {
		var s struct{ Mean, StdDev, Median *float64 }
		if v[0] == '{' && json.Unmarshal(v, &s) == nil {
			d.stats[k] = s
		}
	}
	_ = json.Unmarshal(all["read"], &d.Read)
	return json.Unmarshal(all["lane"], &d.Lane)
}

func goldens(t *testing.T, file string) map[string]json.RawMessage {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(data, file))
	if err != nil {
		t.Skip("NOT RUN: the reference's figures are not on this machine")
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	delete(all, "reader")
	return all
}

// Every real run folder at hand: the tables of every level equal the reference's, column
// for column.
func TestRealRunsEqualTheReference(t *testing.T) {
	for name, raw := range goldens(t, "golden.json") {
		t.Run(name, func(t *testing.T) { compare(t, filepath.Join(data, "runs", name), raw) })
	}
}

// Every snapshot of a run under way, those without any metric file among them.
func TestGrowingRunEqualsTheReference(t *testing.T) {
	n := 0
	for name, raw := range goldens(t, "golden_growing.json") {
		n++
		t.Run(name, func(t *testing.T) { compare(t, filepath.Join(data, "growing", name), raw) })
	}
	if n < 10 {
		t.Fatalf("only %d snapshots", n)
	}
}

func compare(t *testing.T, folder string, raw json.RawMessage) {
	t.Helper()
	run, err := summary.Of(os.DirFS(folder))
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(raw, &g); err != nil {
		t.Fatal(err)
	}
	if g.Total == nil {
		t.Logf("the reference refuses this folder; we read %v clusters", run.Total.Reads)
		return
	}
	for level, want := range map[summary.Level]table{
		summary.Total: g.Total, summary.NonIndex: g.NonIndex, summary.ByRead: g.Read, summary.ByLane: g.Lane, summary.BySurface: g.Surface,
	} {
		rows := run.Rows(level)
		if len(rows) != len(want) {
			t.Errorf("level %d has %d rows, want %d", level, len(rows), len(want))
			continue
		}
		for i, row := range rows {
			at := fmt.Sprintf("read %d lane %d surface %d", row.Read, row.Lane, row.Surface)
			same(t, at, row.Figures, summary.Shown(level, rows), want[i])
		}
	}
	details(t, run, g.Detail)
}

// statistics are the reference's names of those over a lane's tiles.
var statistics = map[string]func(*summary.Figures) summary.Stat{
	"density": func(f *summary.Figures) summary.Stat { return f.Density }, "density_pf": func(f *summary.Figures) summary.Stat { return f.DensityPF },
	"cluster_count": func(f *summary.Figures) summary.Stat { return f.Clusters }, "cluster_count_pf": func(f *summary.Figures) summary.Stat { return f.ClustersPF },
	"percent_pf": func(f *summary.Figures) summary.Stat { return f.PF }, "percent_occupied": func(f *summary.Figures) summary.Stat { return f.Occupied },
	"phasing": func(f *summary.Figures) summary.Stat { return f.Phasing }, "prephasing": func(f *summary.Figures) summary.Stat { return f.Prephasing },
	"phasing_slope": func(f *summary.Figures) summary.Stat { return f.PhasingSlope }, "phasing_offset": func(f *summary.Figures) summary.Stat { return f.PhasingOffset },
	"prephasing_slope": func(f *summary.Figures) summary.Stat { return f.PrephasingSlope }, "prephasing_offset": func(f *summary.Figures) summary.Stat { return f.PrephasingOffset },
	"percent_aligned": func(f *summary.Figures) summary.Stat { return f.Aligned }, "first_cycle_intensity": func(f *summary.Figures) summary.Stat { return f.FirstCycleIntensity },
	"error_rate": func(f *summary.Figures) summary.Stat { return f.ErrorRate }, "error_rate_35": func(f *summary.Figures) summary.Stat { return f.Error35 },
	"error_rate_50": func(f *summary.Figures) summary.Stat { return f.Error50 }, "error_rate_75": func(f *summary.Figures) summary.Stat { return f.Error75 },
	"error_rate_100": func(f *summary.Figures) summary.Stat { return f.Error100 },
}

// details compares means, deviations and medians over the tiles of each lane.
func details(t *testing.T, run *summary.Run, want []detail) {
	t.Helper()
	rows := run.Rows(summary.ByLane)
	if len(rows) != len(want) {
		t.Fatalf("%d lanes, want %d", len(rows), len(want))
	}
	for i, row := range rows {
		for name, of := range statistics {
			w, ok := want[i].stats[name]
			if !ok {
				t.Fatalf("the reference has no %s", name)
			}
			got := of(row.Figures)
			for what, pair := range map[string]struct {
				got  float32
				want *float64
			}{"mean": {got.Mean, w.Mean}, "deviation": {got.SD, w.StdDev}, "median": {got.Median, w.Median}} {
				switch v := float64(pair.got); {
				case pair.want == nil && math.IsNaN(v):
				case pair.want == nil || !(math.Abs(v-*pair.want) <= tolerance(name, what)*math.Abs(*pair.want)):
					t.Errorf("read %d lane %d: %s %s is %v, want %v", row.Read, row.Lane, what, name, v, deref(pair.want))
				}
			}
		}
	}
}

// tolerance is relative. One tile's offset comes out of sums in single precision, whose
// order the reference does not tell.
func tolerance(name, what string) float64 {
	if what == "median" && (name == "phasing_offset" || name == "prephasing_offset") {
		return 5e-6
	}
	return 1e-6
}

func deref(v *float64) any {
	if v == nil {
		return "none"
	}
	return *v
}

func same(t *testing.T, at string, got *summary.Figures, columns []summary.Column, want map[string]*float64) {
	t.Helper()
	keys := 0
	for _, k := range []string{"ReadNumber", "IsIndex", "Lane", "Surface"} {
		if _, ok := want[k]; ok {
			keys++
		}
	}
	if len(want)-keys != len(columns) {
		t.Errorf("%s: %d columns, want %d", at, len(columns), len(want)-keys)
	}
	for _, c := range columns {
		w, ok := want[c.Name]
		v := float64(c.Of(got))
		switch {
		case !ok:
			t.Errorf("%s: the reference has no %s", at, c.Name)
		case w == nil && !math.IsNaN(v):
			t.Errorf("%s: %s is %v, the reference has none", at, c.Name, v)
		case w != nil && !(math.Abs(v-*w) <= 1e-6*math.Abs(*w)):
			t.Errorf("%s: %s is %v, the reference says %v", at, c.Name, v, *w)
		}
	}
}
