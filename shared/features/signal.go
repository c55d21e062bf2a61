package features

import (
	"fmt"
	"math"
)

// Shape says which numbers are made of a signal.
type Shape struct {
	First int       `json:"first,omitempty"` // readings of the reference; 0: none is kept
	Means []float64 `json:"means,omitempty"` // EWMA spans n, in readings: Alpha = 2/(n+1)
	Lines []int     `json:"lines,omitempty"` // lengths of windows, in readings, whose slope is taken
	// LineLeast is the fewest readings through which a line is laid.
	LineLeast int `json:"line_least,omitempty"`
}

// Names are the names of Numbers, each after the signal's:
//
//	laser.mean.5   exponentially weighted mean of span 5
//	laser.off.5    the same, less the location of the reference
//	laser.all      mean of every reading so far; laser.first, the location of the reference
//	laser.slope.20 slope of the line through the last 20 readings, per unit of time
func (s Shape) Names(signal string) []string {
	var out []string
	for _, n := range s.Means {
		out = append(out, fmt.Sprintf("%s.mean.%g", signal, n))
		if s.First > 0 {
			out = append(out, fmt.Sprintf("%s.off.%g", signal, n))
		}
	}
	out = append(out, signal+".all")
	if s.First > 0 {
		out = append(out, signal+".first")
	}
	for _, n := range s.Lines {
		out = append(out, fmt.Sprintf("%s.slope.%d", signal, n))
	}
	return out
}

// Signal is all that is kept of one signal of one component.
type Signal struct {
	Shape Shape     `json:"shape"`
	First Reference `json:"first"`
	All   Moments   `json:"all"`
	Means []EWMA    `json:"means"`
	// Recent has the longest window; the others are its end.
	Recent Window `json:"recent"`
}

// New is a signal without a reading.
func (s Shape) New() Signal {
	out := Signal{Shape: s, First: Reference{Size: s.First}, Means: make([]EWMA, len(s.Means))}
	for i, n := range s.Means {
		out.Means[i].Alpha = 2 / (n + 1)
	}
	for _, n := range s.Lines {
		out.Recent.Room = max(out.Recent.Room, n)
	}
	return out
}

// Add adds the reading x of time t. One that is not finite is left out.
func (s *Signal) Add(t, x float64) {
	s.First.Add(x)
	s.All.Add(x)
	for i := range s.Means {
		s.Means[i].Add(x)
	}
	if s.Recent.Room > 0 {
		s.Recent.Add(t, x)
	}
}

// Numbers appends the numbers that Shape.Names names; NaN is missing.
func (s *Signal) Numbers(out []float64) []float64 {
	first := s.First.Location()
	for i := range s.Means {
		mean := s.Means[i].Mean()
		if out = append(out, mean); s.Shape.First > 0 {
			out = append(out, mean-first)
		}
	}
	if out = append(out, s.All.Mean()); s.Shape.First > 0 {
		out = append(out, first)
	}
	for _, n := range s.Shape.Lines {
		w := s.Recent.Last(n)
		if w.N() < s.Shape.LineLeast {
			out = append(out, math.NaN())
			continue
		}
		out = append(out, w.Line().Slope)
	}
	return out
}

// Fusion is one number made of many: Offset + Σ Weight·x. Signals that tell of the same wear
// are noisy each, and less so together.
type Fusion struct {
	Weight []float64 `json:"weight"`
	Offset float64   `json:"offset"`
}

// Of is NaN where a value is missing. There are as many values as weights.
func (f Fusion) Of(values []float64) float64 {
	sum := f.Offset
	for i, w := range f.Weight {
		sum += float64(w * values[i])
	}
	return sum
}
