package features

import (
	"math"
)

// sigmas makes the median absolute deviation of normal readings their standard deviation.
const sigmas = 1.4826

// Reference is what a signal was like when it was known to be well: median and spread of its
// first Size readings since it was made, or since the part it belongs to was replaced (a new
// part, a new Reference). A third of them may be wild without moving it much.
type Reference struct {
	Size int `json:"size"`
	// Least is the smallest number of readings of which it says anything; at least 1.
	Least int `json:"least"`
	// Floor is the smallest spread, in the unit of the signal: its resolution. A signal that
	// has not moved yet is not infinitely quiet.
	Floor float64   `json:"floor"`
	First []float64 `json:"first"`
}

// Add adds a reading, as long as there is room.
func (r *Reference) Add(x float64) {
	if finite(x) && len(r.First) < r.Size {
		r.First = append(r.First, x)
	}
}

// Full tells whether the reference moves no more.
func (r *Reference) Full() bool { return len(r.First) >= r.Size }

// Location is the median, NaN while there are fewer than Least readings.
func (r *Reference) Location() float64 {
	if len(r.First) < max(1, r.Least) {
		return math.NaN()
	}
	return Median(r.First)
}

// Scale is the median absolute deviation as a standard deviation, at least Floor; NaN while
// there are fewer than Least readings.
func (r *Reference) Scale() float64 {
	middle := r.Location()
	if math.IsNaN(middle) {
		return middle
	}
	off := make([]float64, len(r.First))
	for i, x := range r.First {
		off[i] = math.Abs(x - middle)
	}
	return math.Max(r.Floor, sigmas*Median(off))
}

// Z is how many scales x lies above the location; NaN where there is no reference yet, or
// neither spread nor floor.
func (r *Reference) Z(x float64) float64 {
	s := r.Scale()
	if !(s > 0) || !finite(x) {
		return math.NaN()
	}
	return (x - r.Location()) / s
}
