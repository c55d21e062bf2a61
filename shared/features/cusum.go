package features

import "math"

// CUSUM adds up how far a standardised signal lies beyond Slack on either side, and forgets
// what lies within: Page's two one-sided sums. It finds a small shift that lasts sooner than
// any limit does. The zero value of the sums is ready.
type CUSUM struct {
	// Slack is half the shift to be found, in standard deviations; 0.5 is usual.
	Slack float64 `json:"slack"`
	// Ceiling bounds the sums, so that after a repair they come down as fast as they could
	// have gone up; 0 is none.
	Ceiling float64 `json:"ceiling,omitempty"`
	Up      float64 `json:"up"`
	Down    float64 `json:"down"`
}

// Add adds a reading in standard deviations from where it should be.
func (c *CUSUM) Add(z float64) {
	if !finite(z) {
		return
	}
	c.Up = math.Max(0, c.Up+z-c.Slack)
	c.Down = math.Max(0, c.Down-z-c.Slack)
	if c.Ceiling > 0 {
		c.Up, c.Down = math.Min(c.Up, c.Ceiling), math.Min(c.Down, c.Ceiling)
	}
}
