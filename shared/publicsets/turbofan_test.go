package publicsets

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// engines that wear: each sensor drifts with the square of age, at an engine's own rate, with
// noise.
func engines(n int, seed uint64) []Engine {
	random := rand.New(rand.NewPCG(seed, 0))
	out := make([]Engine, n)
	for i := range out {
		life := 60 + random.IntN(120)
		out[i].Unit = i + 1
		for c := range life {
			row := make([]float64, 21)
			for s := range row {
				wear := float64(c) / float64(life)
				row[s] = float64(10*s) + 3*wear*wear*float64(s%3-1) + .3*random.NormFloat64()
			}
			out[i].Sensors = append(out[i].Sensors, row)
		}
	}
	return out
}

var fewSensors = []int{2, 3, 4, 9}

func TestReadEngines(t *testing.T) {
	line := func(unit, cycle int, sep string) string {
		out := fmt.Sprintf("%d%s%d", unit, sep, cycle)
		for i := range 24 {
			out += fmt.Sprintf("%s%d.5", sep, i)
		}
		return out
	}
	blanks := line(1, 1, " ") + "  \n" + line(1, 2, " ") + "\n" + line(2, 1, " ") + "\n"
	commas := "unit,cycles,OS1\n" + line(1, 1, ",") + ",99\n" + line(1, 2, ",") + ",98\n" + line(2, 1, ",") + ",97\n"
	for name, text := range map[string]string{"blanks": blanks, "commas, a head, and a column too many": commas} {
		got, err := ReadEngines(strings.NewReader(text))
		if err != nil || len(got) != 2 || got[0].Life() != 2 || got[1].Unit != 2 || len(got[0].Sensors[0]) != 21 || got[0].Sensors[0][0] != 3.5 {
			t.Errorf("%s: %v, %+v", name, err, got)
		}
	}
	for name, text := range map[string]string{
		"a cycle is missing": line(1, 1, " ") + "\n" + line(1, 3, " "),
		"too few columns":    "1 1 2.0 3.0\n",
		"a word":             strings.Replace(line(1, 1, " "), "7.5", "NA", 1),
	} {
		if _, err := ReadEngines(strings.NewReader(text)); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}

func same(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) })
}

// What is asked at a cycle does not know the cycles after it.
func TestTurbofansDoNotSeeAhead(t *testing.T) {
	whole := engines(6, 1)
	var cut []Engine
	for _, e := range whole {
		cut = append(cut, Engine{Unit: e.Unit, Sensors: e.Sensors[:e.Life()/2]})
	}
	a, b := NewTurbofans(whole, fewSensors), NewTurbofans(cut, fewSensors)
	rows := make([]int, len(a.Unit))
	for i := range rows {
		rows[i] = i
	}
	_, fusions, err := a.Fuse(rows)
	if err != nil {
		t.Fatal(err)
	}
	fa, fb := a.With(fusions), b.With(fusions)
	at := 0
	for i, unit := range b.Unit {
		for a.Unit[at] != unit || a.Age[at] != b.Age[i] {
			at++
		}
		if !same(a.Wear.Rows[at], b.Wear.Rows[i]) || !same(fa.Rows[at], fb.Rows[i]) {
			t.Fatalf("engine %d, cycle %v", unit, b.Age[i])
		}
	}
}

// What is fitted for a fold knows nothing of the engines held out: others in their place
// leave the fusions and every training row as they were. And a training engine's row does not
// know that engine's own life.
func TestFuseDoesNotSeeHeldOut(t *testing.T) {
	fleet := engines(12, 2)
	other := slices.Clone(fleet)
	swap := engines(12, 3)[3]
	swap.Sensors = swap.Sensors[:len(swap.Sensors)/3]
	other[11] = Engine{Unit: 12, Sensors: swap.Sensors}
	var tables []Table
	var fitted []Fusions
	var learnt [][]int
	for _, f := range [][]Engine{fleet, other} {
		turbofans := NewTurbofans(f, fewSensors)
		var train []int
		for i, u := range turbofans.Unit {
			if u != 12 {
				train = append(train, i)
			}
		}
		table, fusions, err := turbofans.Fuse(train)
		if err != nil {
			t.Fatal(err)
		}
		tables, fitted, learnt = append(tables, table), append(fitted, fusions), append(learnt, train)
	}
	for i := range fitted[0] {
		if !same(fitted[0][i].Weight, fitted[1][i].Weight) {
			t.Errorf("fusion %d knows the engine held out", i)
		}
	}
	for _, i := range learnt[0] {
		if !same(tables[0].Rows[i], tables[1].Rows[i]) {
			t.Fatalf("row %d knows the engine held out", i)
		}
	}

	turbofans := NewTurbofans(fleet, fewSensors)
	all := make([]int, len(turbofans.Unit))
	for i := range all {
		all[i] = i
	}
	before, _, err := turbofans.Fuse(all)
	if err != nil {
		t.Fatal(err)
	}
	turbofans.Left = slices.Clone(turbofans.Left)
	for i, u := range turbofans.Unit {
		if u == 5 {
			turbofans.Left[i] = 0
		}
	}
	after, _, err := turbofans.Fuse(all)
	if err != nil {
		t.Fatal(err)
	}
	changed := false
	for i, u := range turbofans.Unit {
		switch {
		case u != 5:
			changed = changed || !same(before.Rows[i], after.Rows[i])
		case !same(before.Rows[i], after.Rows[i]):
			t.Fatalf("row %d of engine 5 knows how long engine 5 lived", i)
		}
	}
	if !changed {
		t.Error("no row of any engine depends on what the others' lives were")
	}
}

// A sum of numbers with noise between is found again; a column that stands still has no part.
func TestFitFusions(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	table := Table{Columns: []string{"a", "b", "still"}}
	var y []float64
	var rows []int
	for i := range 500 {
		a, b := random.NormFloat64(), 10*random.NormFloat64()
		table.Rows = append(table.Rows, []float64{a, b, 7})
		y = append(y, 3*a-.5*b+20)
		rows = append(rows, i)
	}
	table.Rows = append(table.Rows, []float64{math.NaN(), 0, 7}) // left out
	f, err := FitFusions(table, append(rows, 500), [][]float64{append(y, 1e9)})
	if err != nil {
		t.Fatal(err)
	}
	w := f[0].Weight
	if math.Abs(w[0]-3) > .1 || math.Abs(w[1]+.5) > .02 || w[2] != 0 || math.Abs(f[0].Of([]float64{1, 2, 7})-22) > .2 {
		t.Errorf("%+v", f[0])
	}
	if _, err := FitFusions(table, []int{500}, [][]float64{append(y, 0)}); err == nil {
		t.Error("fitted to nothing")
	}
}

// knower is a model of one column; where it is missing, all is well.
type knower int

func (k knower) PredictOne(row []float64) float64 {
	if math.IsNaN(row[k]) {
		return cappedCycles
	}
	return row[k]
}

// An evaluation from end to end with a model that says the fused remaining life: it trains on
// no row of the engines held out, calls no two models by one name, asks each test engine
// once, and opens no test part that it is not to look at.
func TestEvaluateTurbofans(t *testing.T) {
	set := TurbofanSet{Name: "made-up", Sensors: fewSensors, Train: engines(20, 4)}
	for i, e := range engines(8, 5) {
		left := 10 + 5*i
		set.Test = append(set.Test, Engine{Unit: e.Unit, Sensors: e.Sensors[:e.Life()-left]})
		set.Left = append(set.Left, float64(left))
		set.Baseline = append(set.Baseline, 125)
	}
	names, rows := map[string]bool{}, 0
	learn := func(_ context.Context, name string, table Table, y []float64, p Params) (Model, error) {
		if names[name] || p.LightGBM["seed"] == nil || len(table.Rows) != len(y) {
			t.Errorf("%s: again, or without a seed", name)
		}
		names[name], rows = true, max(rows, len(y))
		return knower(slices.Index(table.Columns, "left.125")), nil
	}
	without, err := EvaluateTurbofans(t.Context(), learn, set, false)
	if err != nil || without.Test != nil || without.HeldOut <= 0 {
		t.Fatalf("%v, %+v", err, without)
	}
	total := len(NewTurbofans(set.Train, fewSensors).Unit)
	if rows >= total {
		t.Errorf("%d of %d rows trained on in a fold", rows, total)
	}
	clear(names)
	got, err := EvaluateTurbofans(t.Context(), learn, set, true)
	if err != nil {
		t.Fatal(err)
	}
	if got.HeldOut != without.HeldOut || len(got.Test.Predicted) != 8 || got.Test.RMSE > 25 || got.Test.Paired == nil || got.Test.Paired.High >= 0 || rows != total {
		t.Errorf("%+v %+v", got, got.Test)
	}
}
