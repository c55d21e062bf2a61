package features

import (
	"math"
	"slices"
)

// Window holds the last readings of a signal with their times: at most Room of them, and none
// older than Span before the newest. Times are in the unit of the caller (days, cycles, runs)
// and do not go back: a reading before the newest is left out.
type Window struct {
	Room int       `json:"room"`           // ≥ 1
	Span float64   `json:"span,omitempty"` // 0: any age
	T    []float64 `json:"t"`              // oldest first
	V    []float64 `json:"v"`
}

// Add adds the reading v of time t.
func (w *Window) Add(t, v float64) {
	n := len(w.T)
	if !finite(t) || !finite(v) || (n > 0 && t < w.T[n-1]) {
		return
	}
	old := 0
	for old < n && (n+1-old > w.Room || (w.Span > 0 && w.T[old] < t-w.Span)) {
		old++
	}
	w.T, w.V = append(slices.Delete(w.T, 0, old), t), append(slices.Delete(w.V, 0, old), v)
}

// Last is the window of the newest n readings; it shares their memory and is not added to.
func (w *Window) Last(n int) Window {
	from := max(0, len(w.T)-n)
	return Window{Room: n, T: w.T[from:], V: w.V[from:]}
}

// N is how many readings there are.
func (w *Window) N() int { return len(w.V) }

// Mean of the readings; NaN of none.
func (w *Window) Mean() float64 {
	m := w.moments()
	return m.Mean()
}

// SD of the readings, as of a sample; NaN below two.
func (w *Window) SD() float64 {
	m := w.moments()
	return m.SD()
}

// Median of the readings; NaN of none.
func (w *Window) Median() float64 { return Median(w.V) }

func (w *Window) moments() (m Moments) {
	for _, v := range w.V {
		m.Add(v)
	}
	return m
}

// Line is the least-squares line through a window.
type Line struct {
	Slope float64 // per unit of time
	Error float64 // the slope's standard error; NaN below three readings
	End   float64 // the line's value at the newest reading
}

// Line fits a line. All of it is NaN where the readings are not of two times at least.
func (w *Window) Line() Line {
	var t Moments
	for _, x := range w.T {
		t.Add(x)
	}
	v := w.moments()
	if t.N < 2 || t.Square == 0 {
		return Line{math.NaN(), math.NaN(), math.NaN()}
	}
	cross := 0.0
	for i := range w.T {
		cross += float64((w.T[i] - t.Centre) * (w.V[i] - v.Centre))
	}
	l := Line{Slope: cross / t.Square, Error: math.NaN()}
	l.End = v.Centre + float64(l.Slope*(w.T[t.N-1]-t.Centre))
	if t.N > 2 {
		rest := math.Max(0, v.Square-float64(l.Slope*cross)) // Σ of squared residuals
		l.Error = math.Sqrt(rest / float64(t.N-2) / t.Square)
	}
	return l
}
