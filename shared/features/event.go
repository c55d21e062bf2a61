package features

import "math"

// Since tells how long ago something last happened: an error, a service. The zero value has
// seen nothing.
type Since struct {
	Happened bool    `json:"happened"`
	Last     float64 `json:"last"` // time of the newest
}

// Add notes that it happened at time t, in the unit of the caller. Late news do not move it back.
func (s *Since) Add(t float64) {
	if finite(t) && (!s.Happened || t > s.Last) {
		s.Happened, s.Last = true, t
	}
}

// At is the time from the last one to now, NaN if there was none: not zero, and not very long.
func (s *Since) At(now float64) float64 {
	if !s.Happened {
		return math.NaN()
	}
	return now - s.Last
}

// Counts counts events over the last Slots steps of time, each Step long; a step begins at
// every multiple of Step.
type Counts struct {
	Step  float64 `json:"step"`
	Slots int     `json:"slots"`
	Begun bool    `json:"begun"`
	Head  int64   `json:"head"` // the newest step, a count of steps from time 0
	Slot  []int   `json:"slot"` // by step modulo Slots
}

// Add notes n events at time t. What is older than all slots is left out.
func (c *Counts) Add(t float64, n int) {
	if !finite(t) {
		return
	}
	step := int64(math.Floor(t / c.Step))
	if c.advance(step); step > c.Head-int64(c.Slots) {
		c.Slot[c.at(step)] += n
	}
}

// Last counts the events of the newest k ≤ Slots steps up to the one in which now lies, that
// one included.
func (c *Counts) Last(now float64, k int) int {
	c.advance(int64(math.Floor(now / c.Step)))
	total := 0
	for i := range int64(min(k, c.Slots)) {
		total += c.Slot[c.at(c.Head-i)]
	}
	return total
}

// advance empties the slots of the steps that have begun since.
func (c *Counts) advance(to int64) {
	if !c.Begun {
		c.Begun, c.Head, c.Slot = true, to, make([]int, c.Slots)
	}
	for c.Head = max(c.Head, to-int64(c.Slots)); c.Head < to; {
		c.Head++
		c.Slot[c.at(c.Head)] = 0
	}
}

func (c *Counts) at(step int64) int {
	n := int64(c.Slots)
	return int((step%n + n) % n)
}
