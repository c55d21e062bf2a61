package features

import "math"

// Moments are mean and standard deviation of everything added, by Welford's recurrence. The
// zero value is ready.
type Moments struct {
	N      int     `json:"n"`
	Centre float64 `json:"centre"` // the mean so far
	Square float64 `json:"square"` // Σ(x − mean)²
}

// Add adds a reading.
func (m *Moments) Add(x float64) {
	if !finite(x) {
		return
	}
	m.N++
	d := x - m.Centre
	m.Centre += d / float64(m.N)
	m.Square += float64(d * (x - m.Centre))
}

// Mean is NaN of nothing.
func (m *Moments) Mean() float64 {
	if m.N == 0 {
		return math.NaN()
	}
	return m.Centre
}

// SD is the standard deviation of the sample (n − 1), NaN below two readings.
func (m *Moments) SD() float64 {
	if m.N < 2 {
		return math.NaN()
	}
	return math.Sqrt(m.Square / float64(m.N-1))
}
