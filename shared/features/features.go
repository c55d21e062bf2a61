// Package features is streaming arithmetic: it turns the readings of one signal, one after
// the other, into the numbers that a model reads. Sequencers and the public sets of
// docs/benchmarks.md are measured with the same pieces.
//
// Every piece
//
//   - has constant memory, whatever the length of the history, and is plain data: stored as
//     JSON between two readings and carried on with, it gives the same numbers;
//   - is a function of the readings in the order in which they were added. Whoever feeds it
//     puts them in order first;
//   - says what it does not know: a number that cannot be computed is NaN, which a tree takes
//     for missing, and a reading that is NaN or infinite is left out, never taken for zero;
//   - rounds every product before it is added, so that amd64 and arm64 give the same bits.
package features

import (
	"math"
	"slices"
)

// finite tells whether a reading is one.
func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// Median is the middle of values, which it leaves in their order; the mean of the middle two
// where their number is even; NaN of none.
func Median(values []float64) float64 {
	n := len(values)
	if n == 0 {
		return math.NaN()
	}
	v := slices.Sorted(slices.Values(values))
	if n%2 == 1 {
		return v[n/2]
	}
	return (v[n/2-1] + v[n/2]) / 2
}
