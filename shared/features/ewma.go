package features

import "math"

// EWMA is an exponentially weighted mean: a reading weighs 1 − Alpha times what the next one
// does. The weights add up to one from the first reading on, so that it does not start at zero.
type EWMA struct {
	Alpha  float64 `json:"alpha"` // 0 < Alpha ≤ 1; 2/(n+1) has the weight of a mean over n
	Sum    float64 `json:"sum"`
	Weight float64 `json:"weight"`
}

// Add adds a reading.
func (e *EWMA) Add(x float64) {
	if !finite(x) {
		return
	}
	keep := 1 - e.Alpha
	e.Sum = float64(keep*e.Sum) + x
	e.Weight = float64(keep*e.Weight) + 1
}

// Mean is NaN of nothing.
func (e *EWMA) Mean() float64 {
	if e.Weight == 0 {
		return math.NaN()
	}
	return e.Sum / e.Weight
}
