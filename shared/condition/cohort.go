package condition

import (
	"math"
	"slices"
)

// Shared are the factors that instruments share, in the order in which their shifts are
// taken off: a version before a lot, for lots come and go within a version.
var Shared = []string{"config.control_software", "run.reagent_lot", "run.flowcell_lot"}

// Type is the factor whose cohorts are fleets: instruments of one type, and what is usual of
// their signals. To these what is followed is posted, not what differs.
const Type = "config.instrument_type"

// moves is what a factor can move at all; a factor that is not here, anything. Lots of
// reagents and of flow cells are sold at the same time to the same labs: without it the one
// would be held to account for the other, or for a worn part.
var moves = map[string][]string{
	"run.reagent_lot":  {"intensity.r1", "phasing.r1", "prephasing.r1", "q30", "error.r1"},
	"run.flowcell_lot": {"intensity.r1", "clusters.pf", "q30", "error.r1"},
}

// Moves tells whether a factor can move a signal.
func Moves(factor, feature string) bool {
	of, there := moves[factor]
	return !there || slices.Contains(of, feature)
}

// Cohort is what the instruments that have one level of a factor in common lately showed:
// by how much each differs from its own normal. It remembers the last of them only, so
// that it does not grow with the fleet. The zero value has nobody.
type Cohort struct {
	Members []Member `json:"members"` // by instrument
}

// Member is one instrument's share in a cohort.
type Member struct {
	Instrument string  `json:"instrument"`
	Day        float64 `json:"day"` // of its newest run with the level
	// Residuals are exponentially weighted means, in the order of Signals and in the unit
	// that is followed; NaN is never stored: Weights are 0 where there is none.
	Residuals []float64 `json:"residuals"`
	Weights   []float64 `json:"weights"`
}

// What makes a shift: so many others, heard of within so many days.
const (
	cohortMost  = 40
	cohortLeast = 4
	cohortDays  = 45.
	cohortAlpha = .4
)

// Post notes by how much an instrument's run differs from its normal: of each signal in
// the order of Signals, NaN where it is not known. A run is posted once.
func (c *Cohort) Post(instrument string, day float64, residuals []float64) {
	at, there := slices.BinarySearchFunc(c.Members, instrument, func(m Member, id string) int {
		switch {
		case m.Instrument < id:
			return -1
		case m.Instrument > id:
			return 1
		}
		return 0
	})
	if !there {
		if len(c.Members) >= cohortMost {
			oldest := 0
			for i, m := range c.Members {
				if m.Day < c.Members[oldest].Day {
					oldest = i
				}
			}
			c.Members = slices.Delete(c.Members, oldest, oldest+1)
			if oldest < at {
				at--
			}
		}
		c.Members = slices.Insert(c.Members, at, Member{Instrument: instrument, Residuals: make([]float64, len(Signals)), Weights: make([]float64, len(Signals))})
	}
	m := &c.Members[at]
	m.Day = math.Max(m.Day, day)
	for i, r := range residuals {
		if !math.IsNaN(r) {
			m.Residuals[i] = float64((1-cohortAlpha)*m.Residuals[i]) + r
			m.Weights[i] = float64((1-cohortAlpha)*m.Weights[i]) + 1
		}
	}
}

// fleetLeast is how many others make a fleet: below it, what is usual for a type is not known.
const fleetLeast = 10

// Standing is how many standard deviations each signal of a run differs from what others have
// of it, by feature; of a cohort to which levels were posted, in place of residuals (see
// Levels). What the others vary by is their median absolute deviation, and a signal's noise
// at least. A signal of which too few are known is not there.
func (c *Cohort) Standing(levels []float64, without string, day float64) map[string]float64 {
	all := map[string]float64{}
	if c == nil {
		return all
	}
	for i, x := range levels {
		if math.IsNaN(x) {
			continue
		}
		var room [cohortMost]float64
		others := c.heard(room[:0], i, without, day)
		n := len(others)
		if n < fleetLeast {
			continue
		}
		slices.Sort(others)
		middle := (others[(n-1)/2] + others[n/2]) / 2
		for k, o := range others {
			others[k] = math.Abs(o - middle)
		}
		slices.Sort(others)
		spread := 1.4826 * (others[(n-1)/2] + others[n/2]) / 2
		all[Signals[i].Feature] = (x - middle) / math.Max(spread, Signals[i].Noise)
	}
	return all
}

// heard appends the means of the members that were heard of lately.
func (c *Cohort) heard(all []float64, signal int, without string, day float64) []float64 {
	for i := range c.Members {
		m := &c.Members[i]
		if m.Weights[signal] > 0 && m.Instrument != without && day-m.Day <= cohortDays {
			all = append(all, m.Residuals[signal]/m.Weights[signal])
		}
	}
	return all
}

// Shifts are by how much a factor moved each signal that a run has, in the order of Signals:
// Shift, of what the factor can move; 0 elsewhere.
func (c *Cohort) Shifts(factor string, values map[string]float64, without string, day float64) []float64 {
	all := make([]float64, len(Signals))
	for i, signal := range Signals {
		if _, there := values[signal.Feature]; there && !signal.Count && Moves(factor, signal.Feature) {
			all[i], _ = c.Shift(i, without, day)
		}
	}
	return all
}

// Shift is by how much a signal of the others of the cohort differs from their normals:
// the median of their residuals, and how many they are. It is zero where they are too
// few, and less than the median where that is as likely to be chance.
func (c *Cohort) Shift(signal int, without string, day float64) (shift float64, others int) {
	if c == nil {
		return 0, 0
	}
	var room [cohortMost]float64
	all := c.heard(room[:0], signal, without, day)
	n := len(all)
	if n < cohortLeast {
		return 0, n
	}
	slices.Sort(all)
	middle := (all[(n-1)/2] + all[n/2]) / 2
	for i, x := range all {
		all[i] = math.Abs(x - middle)
	}
	slices.Sort(all)
	// The median's own variance, for normals: (1.2533 · 1.4826 · MAD)² / n. A shift of many
	// standard errors stays whole, one of less than one is nothing.
	chance := 1.858 * (all[(n-1)/2] + all[n/2]) / 2
	variance, square := float64(chance*chance)/float64(n), float64(middle*middle)
	if square <= variance {
		return 0, n
	}
	return middle * (1 - variance/square), n
}

// Quartiles of a signal's residuals over the members heard of lately, and how many they are;
// NaN where they are too few. A quarter of them that is well says more for a lot than a
// median that is off: a customer's libraries or a worn part are not on all.
func (c *Cohort) Quartiles(signal int, day float64) (low, middle, high float64, members int) {
	if c == nil {
		return math.NaN(), math.NaN(), math.NaN(), 0
	}
	var room [cohortMost]float64
	all := c.heard(room[:0], signal, "", day)
	n := len(all)
	if n < cohortLeast {
		return math.NaN(), math.NaN(), math.NaN(), n
	}
	slices.Sort(all)
	return all[(n-1)/4], (all[(n-1)/2] + all[n/2]) / 2, all[n-1-(n-1)/4], n
}
