package publicsets

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// plant is a set of our own in the shape of Azure's: five machines. Component 1 fails a day
// after error 1 at 06:00, every 45 days; error 2 says nothing.
func plant(until time.Time) fstest.MapFS {
	files := map[string]*strings.Builder{}
	for _, n := range []string{"errors", "maint", "failures", "machines"} {
		files[n] = &strings.Builder{}
	}
	fmt.Fprintln(files["errors"], `"datetime","machineID","errorID"`)
	fmt.Fprintln(files["maint"], `"datetime","machineID","comp"`)
	fmt.Fprintln(files["failures"], `"datetime","machineID","failure"`)
	fmt.Fprintln(files["machines"], `"machineID","model","age"`)
	add := func(file string, at time.Time, machine int, what string) {
		if at.Before(until) {
			fmt.Fprintf(files[file], "%s,%d,%q\n", at.Format(time.DateTime), machine, what)
		}
	}
	for m := 1; m <= 5; m++ {
		fmt.Fprintf(files["machines"], "%d,\"model%d\",%d\n", m, m%4+1, m)
		add("maint", fleetBegin.AddDate(0, -3, m), m, "comp3")
		for day := 10 + m; day < 365; day += 45 {
			at := fleetBegin.AddDate(0, 0, day)
			add("errors", at.AddDate(0, 0, -1), m, "error1")
			add("failures", at, m, "comp1")
			add("maint", at, m, "comp1")
		}
		for day := m; day < 365; day += 17 {
			add("errors", fleetBegin.AddDate(0, 0, day).Add(5*time.Hour), m, "error2")
		}
	}
	out := fstest.MapFS{}
	for n, b := range files {
		out["PdM_"+n+".csv"] = &fstest.MapFile{Data: []byte(b.String())}
	}
	return out
}

func column(t *testing.T, table Table, name string) int {
	t.Helper()
	i := slices.Index(table.Columns, name)
	if i < 0 {
		t.Fatalf("no column %s", name)
	}
	return i
}

func TestReadFleet(t *testing.T) {
	f, err := ReadFleet(plant(fleetBegin.AddDate(2, 0, 0)))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Rows) != 5*(365*8+1) || len(f.Columns) != len(f.Rows[0]) {
		t.Fatalf("%d rows of %d", len(f.Rows), len(f.Rows[0]))
	}
	// Machine 1: error 2 on day 1 at 11:00, error 1 on day 10 at 06:00, failure on day 11.
	at := func(hour float64) []float64 {
		for i := range f.Rows {
			if f.Machine[i] == 1 && f.Hour[i] == hour {
				return f.Rows[i]
			}
		}
		t.Fatalf("no hour %v", hour)
		return nil
	}
	for _, c := range []struct {
		hour   float64
		column string
		want   float64
	}{
		{0, "error.1.age", math.NaN()}, {0, "service.days", math.NaN()}, {0, "service.1.days", math.NaN()},
		{0, "service.3.days", 91}, {0, "clock", 6},
		{10*24 - 3, "error.1.in.24", 0}, {10 * 24, "error.1.in.24", 1}, {10 * 24, "error.1.age", 0},
		{11*24 - 3, "error.1.in.24", 1}, {11 * 24, "error.1.in.24", 0}, {11 * 24, "error.1.in.72", 1},
		{11 * 24, "error.1.clock", 6}, {11 * 24, "error.2.clock", 11}, {11 * 24, "service.1.days", 0},
		{28 * 24, "service.days", 17}, {28 * 24, "service.phase", 2}, {28 * 24, "model", 2}, {28 * 24, "age", 1},
	} {
		got := at(c.hour)[column(t, f.Table, c.column)]
		if got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("hour %v: %s is %v, not %v", c.hour, c.column, got, c.want)
		}
	}
	fails := f.Fails(0)
	n := 0
	for i := range fails {
		if f.Machine[i] == 1 && f.Hour[i] < 30*24 && fails[i] {
			if n++; f.Hour[i] < 10*24 || f.Hour[i] >= 11*24 {
				t.Errorf("hour %v is said to be before the failure at %d", f.Hour[i], 11*24)
			}
		}
	}
	if n != 8 || count(f.Fails(1)) != 0 {
		t.Errorf("%d rows before the failure", n)
	}
}

// What is asked at an hour does not know the hours after it.
func TestFleetDoesNotSeeAhead(t *testing.T) {
	whole, err := ReadFleet(plant(fleetBegin.AddDate(2, 0, 0)))
	if err != nil {
		t.Fatal(err)
	}
	cut, err := ReadFleet(plant(fleetBegin.AddDate(0, 0, 100)))
	if err != nil {
		t.Fatal(err)
	}
	for i := range whole.Rows {
		if whole.Hour[i] < 100*24 && !same(whole.Rows[i], cut.Rows[i]) {
			t.Fatalf("machine %d, hour %v", whole.Machine[i], whole.Hour[i])
		}
	}
}

func TestReadFleetRefuses(t *testing.T) {
	for name, change := range map[string]func(fstest.MapFS){
		"a missing file": func(f fstest.MapFS) { delete(f, "PdM_maint.csv") },
		"an unknown machine": func(f fstest.MapFS) {
			f["PdM_errors.csv"].Data = append(f["PdM_errors.csv"].Data, "2015-02-01 06:00:00,99,error1\n"...)
		},
		"an unknown error": func(f fstest.MapFS) {
			f["PdM_errors.csv"].Data = append(f["PdM_errors.csv"].Data, "2015-02-01 06:00:00,1,error6\n"...)
		},
		"not a time": func(f fstest.MapFS) {
			f["PdM_maint.csv"].Data = append(f["PdM_maint.csv"].Data, "yesterday,1,comp1\n"...)
		},
		"a column too few": func(f fstest.MapFS) {
			f["PdM_maint.csv"].Data = append(f["PdM_maint.csv"].Data, "2015-02-01 06:00:00,1\n"...)
		},
		"a model of no name": func(f fstest.MapFS) { f["PdM_machines.csv"].Data = append(f["PdM_machines.csv"].Data, "11,x,3\n"...) },
		"an age of no number": func(f fstest.MapFS) {
			f["PdM_machines.csv"].Data = append(f["PdM_machines.csv"].Data, "11,model1,old\n"...)
		},
	} {
		files := plant(fleetBegin.AddDate(2, 0, 0))
		change(files)
		if _, err := ReadFleet(files); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}

// rule alarms when error 1 came at 06:00 in the last 24 hours.
type rule struct{ count, clock int }

func (r rule) PredictOne(row []float64) float64 {
	if row[r.count] > 0 && row[r.clock] == 6 {
		return .9
	}
	return .1
}

// An evaluation from end to end of a rule that is always right for component 1.
func TestEvaluateFleet(t *testing.T) {
	f, err := ReadFleet(plant(fleetBegin.AddDate(2, 0, 0)))
	if err != nil {
		t.Fatal(err)
	}
	learn := func(_ context.Context, _ string, table Table, _ []float64, _ Params) (Model, error) {
		return rule{column(t, table, "error.1.in.24"), column(t, table, "error.1.clock")}, nil
	}
	out, err := EvaluateFleet(t.Context(), learn, f, true, nil)
	if err != nil {
		t.Fatal(err)
	}
	one := out.Components[0]
	if one.HeldOut != 1 || one.Threshold != .9 || one.Early != 1 || one.Episodes != 0 {
		t.Errorf("before the test: %+v", one)
	}
	if x := one.Test; x.AUPRC != 1 || x.F1 != 1 || x.Failures == 0 || x.Caught != x.Failures || x.LeadHours != 24 || x.False != 0 || x.Episodes != 0 {
		t.Errorf("test: %+v", x)
	}
	if out.Paired != nil {
		t.Error("compared with nothing")
	}
	two := out.Components[1].Test // component 2 never fails
	if !math.IsNaN(two.AUPRC) || two.Failures != 0 || two.F1 != 0 {
		t.Errorf("a component without failures: %+v", two)
	}
	if out, err = EvaluateFleet(t.Context(), learn, f, false, nil); err != nil || out.Components[0].Test != nil {
		t.Errorf("looked at the test part: %v", err)
	}
}
