package features

import (
	"encoding/json"
	"math"
	"testing"

	"pgregory.net/rapid"
)

const tiny = 1e-9

func near(a, b float64) bool {
	return (math.IsNaN(a) && math.IsNaN(b)) || math.Abs(a-b) <= tiny*math.Max(1, math.Max(math.Abs(a), math.Abs(b)))
}

func TestMedian(t *testing.T) {
	given := []float64{3, 1, 2}
	for _, c := range []struct {
		of   []float64
		want float64
	}{{nil, math.NaN()}, {[]float64{7}, 7}, {given, 2}, {[]float64{4, 1, 3, 2}, 2.5}} {
		if got := Median(c.of); !near(got, c.want) {
			t.Errorf("%v: %v, not %v", c.of, got, c.want)
		}
	}
	if given[0] != 3 {
		t.Error("the values are sorted in place")
	}
}

func TestNothingIsMissing(t *testing.T) {
	nan := math.NaN()
	m, e, r, w, s := Moments{}, EWMA{Alpha: .3}, Reference{Size: 3}, Window{Room: 3}, Since{}
	for _, x := range []float64{nan, math.Inf(1), math.Inf(-1)} { // not readings
		m.Add(x)
		e.Add(x)
		r.Add(x)
		w.Add(1, x)
		w.Add(x, 1)
		s.Add(x)
	}
	for name, got := range map[string]float64{
		"mean": m.Mean(), "sd": m.SD(), "ewma": e.Mean(), "location": r.Location(), "scale": r.Scale(), "z": r.Z(1),
		"window mean": w.Mean(), "window sd": w.SD(), "window median": w.Median(), "slope": w.Line().Slope, "since": s.At(5),
	} {
		if !math.IsNaN(got) {
			t.Errorf("%s of nothing is %v", name, got)
		}
	}
	m.Add(4)
	if m.Mean() != 4 || !math.IsNaN(m.SD()) {
		t.Errorf("of one reading: mean %v, sd %v", m.Mean(), m.SD())
	}
}

func TestMoments(t *testing.T) {
	var m Moments
	for _, x := range []float64{2, 4, 4, 4, 5, 5, 7, 9} {
		m.Add(x)
	}
	if !near(m.Mean(), 5) || !near(m.SD(), math.Sqrt(32./7)) {
		t.Errorf("mean %v, sd %v", m.Mean(), m.SD())
	}
}

func TestEWMA(t *testing.T) {
	e := EWMA{Alpha: .5}
	for i, want := range []float64{8, (4 + 8*.5) / 1.5, (0 + 4*.5 + 8*.25) / 1.75} {
		e.Add([]float64{8, 4, 0}[i])
		if !near(e.Mean(), want) {
			t.Errorf("after %d: %v, not %v", i+1, e.Mean(), want)
		}
	}
}

func TestCUSUM(t *testing.T) {
	within, shifted, capped := CUSUM{Slack: .5}, CUSUM{Slack: .5}, CUSUM{Slack: .5, Ceiling: 3}
	for range 20 {
		within.Add(.4)
		within.Add(-.4)
		shifted.Add(-1.5)
		shifted.Add(math.NaN())
		capped.Add(10)
	}
	if within.Up != 0 || within.Down != 0 {
		t.Errorf("what is within the slack adds up: %+v", within)
	}
	if shifted.Up != 0 || !near(shifted.Down, 20) {
		t.Errorf("a shift of -1.5: %+v", shifted)
	}
	if capped.Up != 3 {
		t.Errorf("above the ceiling: %+v", capped)
	}
}

func TestReference(t *testing.T) {
	r := Reference{Size: 5, Least: 3, Floor: .1}
	r.Add(10)
	r.Add(12)
	if !math.IsNaN(r.Z(11)) {
		t.Error("a reference of two readings, where three are the least")
	}
	for _, x := range []float64{11, 900, 11, 50, 50, 50} { // one wild; the last three come too late
		r.Add(x)
	}
	if !r.Full() || r.Location() != 11 || !near(r.Scale(), 1.4826) || !near(r.Z(11+2*1.4826), 2) {
		t.Errorf("location %v, scale %v", r.Location(), r.Scale())
	}
	still := Reference{Size: 3}
	for range 3 {
		still.Add(5)
	}
	if !math.IsNaN(still.Z(6)) {
		t.Error("a signal without spread and without a floor has a z")
	}
	still.Floor = .5
	if still.Z(6) != 2 {
		t.Errorf("z by the floor: %v", still.Z(6))
	}
}

func TestWindowRoomAndSpan(t *testing.T) {
	w := Window{Room: 3, Span: 10}
	for _, x := range []float64{0, 5, 6, 7, 6.5} { // the last goes back in time
		w.Add(x, 100+x)
	}
	if w.N() != 3 || !near(w.Mean(), 106) || w.Median() != 106 || !near(w.SD(), 1) {
		t.Errorf("%+v", w)
	}
	if w.Add(16, 116); w.N() != 3 { // 6, 7, 16: ten before 16 is 6
		t.Errorf("at the edge of the span: %+v", w)
	}
	if w.Add(40, 140); w.N() != 1 {
		t.Errorf("past the span: %+v", w)
	}
}

func TestLine(t *testing.T) {
	w := Window{Room: 9}
	w.Add(1, 1)
	w.Add(1, 3)
	if !math.IsNaN(w.Line().Slope) {
		t.Error("a line through one time")
	}
	w = Window{Room: 9}
	for i, v := range []float64{1, 2, 2, 3} {
		w.Add(float64(i), v)
	}
	// Sxx 5, Sxy 3, residuals' squares 0.2.
	if l := w.Line(); !near(l.Slope, .6) || !near(l.End, 2.9) || !near(l.Error, math.Sqrt(.2/2/5)) {
		t.Errorf("%+v", l)
	}
}

func TestSince(t *testing.T) {
	var s Since
	s.Add(-3)
	s.Add(-7)
	if s.At(2) != 5 {
		t.Errorf("since %v", s.At(2))
	}
}

// Counts say what a list of all events would.
func TestCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Counts{Step: 3, Slots: 4}
		var steps []int64
		now := int64(rapid.IntRange(-30, 30).Draw(t, "begin"))
		for range rapid.IntRange(1, 30).Draw(t, "events") {
			now += int64(rapid.IntRange(-4, 20).Draw(t, "on"))
			steps = append(steps, int64(math.Floor(float64(now)/3)))
			c.Add(float64(now), 1)
		}
		newest := steps[0]
		for _, s := range steps {
			newest = max(newest, s)
		}
		for k := 1; k <= 4; k++ {
			want := 0
			for i, s := range steps {
				head := steps[0]
				for _, earlier := range steps[:i+1] {
					head = max(head, earlier)
				}
				if s > newest-int64(k) && s > head-4 {
					want++
				}
			}
			if got := c.Last(float64(newest*3), k); got != want {
				t.Fatalf("in the last %d steps %d, not %d", k, got, want)
			}
		}
		if got := c.Last(float64(newest*3+12), 4); got != 0 {
			t.Fatalf("four steps on still %d", got)
		}
	})
}

// all is every piece fed with one signal.
type all struct {
	M Moments
	E EWMA
	C CUSUM
	R Reference
	W Window
	S Since
	N Counts
}

func fresh() *all {
	return &all{E: EWMA{Alpha: .2}, C: CUSUM{Slack: .5}, R: Reference{Size: 5, Floor: .01}, W: Window{Room: 7, Span: 30}, N: Counts{Step: 2, Slots: 5}}
}

func (a *all) add(t, x float64) {
	a.M.Add(x)
	a.E.Add(x)
	a.R.Add(x)
	a.C.Add(a.R.Z(x))
	a.W.Add(t, x)
	a.S.Add(t)
	a.N.Add(t, 1)
}

// What is stored and read again half way carries on to the same bits, and is not longer
// after a thousand readings than after a dozen.
func TestCarriesOnFromJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kept, stored := fresh(), fresh()
		now := 0.0
		for range rapid.IntRange(1, 40).Draw(t, "readings") {
			now += rapid.Float64Range(0, 9).Draw(t, "on")
			x := rapid.Float64Range(-1e6, 1e6).Draw(t, "x")
			kept.add(now, x)
			stored.add(now, x)
			b, err := json.Marshal(stored)
			if err != nil {
				t.Fatal(err)
			}
			stored = new(all)
			if err := json.Unmarshal(b, stored); err != nil {
				t.Fatal(err)
			}
		}
		a, b := numbers(kept, now), numbers(stored, now)
		for i := range a {
			if math.Float64bits(a[i]) != math.Float64bits(b[i]) && !(math.IsNaN(a[i]) && math.IsNaN(b[i])) {
				t.Fatalf("number %d: kept %v, stored %v", i, a[i], b[i])
			}
		}
	})
	a := fresh()
	for i := range 1000 {
		a.add(float64(i), float64(i%17))
	}
	if b, _ := json.Marshal(a); len(b) > 800 {
		t.Errorf("%d bytes: %s", len(b), b)
	}
}

func numbers(a *all, now float64) []float64 {
	l := a.W.Line()
	return []float64{
		a.M.Mean(), a.M.SD(), a.E.Mean(), a.C.Up, a.C.Down, a.R.Location(), a.R.Scale(), a.W.Mean(), a.W.SD(), a.W.Median(),
		l.Slope, l.Error, l.End, a.S.At(now), float64(a.N.Last(now, 5)),
	}
}

func TestSignal(t *testing.T) {
	s := Shape{First: 3, Means: []float64{1, 3}, Lines: []int{2, 4}, LineLeast: 2}
	signal := s.New()
	for i, x := range []float64{10, math.NaN(), 12, 11, 15, 19, 23} {
		signal.Add(float64(i), x)
	}
	want := map[string]float64{
		"x.mean.1": 23, "x.off.1": 12, "x.all": 15, "x.first": 11, "x.slope.2": 4, "x.slope.4": 4,
	}
	names, got := s.Names("x"), signal.Numbers(nil)
	if len(names) != len(got) {
		t.Fatalf("%d names, %d numbers", len(names), len(got))
	}
	for i, n := range names {
		if w, ok := want[n]; ok && !near(got[i], w) {
			t.Errorf("%s is %v, not %v", n, got[i], w)
		}
	}
	short := s.New()
	short.Add(0, 1)
	for i, x := range short.Numbers(nil) {
		if names[i] == "x.slope.2" && !math.IsNaN(x) {
			t.Error("a slope of one reading")
		}
	}
}

func TestFusion(t *testing.T) {
	f := Fusion{Weight: []float64{2, -1}, Offset: 3}
	if got := f.Of([]float64{5, 4}); got != 9 {
		t.Errorf("%v", got)
	}
	if !math.IsNaN(f.Of([]float64{5, math.NaN()})) {
		t.Error("a missing value is taken for a number")
	}
}
