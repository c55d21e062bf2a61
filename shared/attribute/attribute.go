// Package attribute asks, before a case is opened, what a run that looks bad is owed to: the
// instrument, a lot of reagents or of flow cells, the software, the library or the room. The
// explanations compete: each predicts what the run's metrics should show, and is weighed by
// how well it does and by how common it is. A pure function.
package attribute

import (
	"cmp"
	"math"
	"slices"

	"proactive/shared/condition"
)

// Cause is an explanation.
type Cause string

// The causes.
const (
	Instrument  Cause = "instrument"
	ReagentLot  Cause = "reagent-lot"
	FlowcellLot Cause = "flowcell-lot"
	Software    Cause = "software"
	Library     Cause = "library"
	Room        Cause = "room"
	Chance      Cause = "chance" // nothing but what runs differ by anyway
)

// Evidence is what is known of a run.
type Evidence struct {
	// Metrics are by how many standard deviations each signal differs from the
	// instrument's own normal, nothing shared taken off, in the order of
	// condition.Signals and not turned; NaN where nothing is known.
	Metrics []float64
	// Shared is what others with the same level of a factor differ by, in the same unit,
	// by the factors of condition.Shared; 0 where it is chance.
	Shared map[string][]float64
	// Own is the probability that a component of the instrument has a fault: the highest.
	Own float64
}

// Weight is an explanation's share of what is believed.
type Weight struct {
	Cause  Cause   `json:"cause"`
	Weight float64 `json:"weight"` // all of them add up to 1
}

// Prior is how common each cause of a bad run is (DOMAIN §E: library, loading and user 55
// to 65 %, consumables 10 to 15, instrument 15 to 25); chance is what most bad-looking
// runs are before anything is known of them.
var Prior = map[Cause]float64{Library: .30, ReagentLot: .06, FlowcellLot: .05, Software: .05, Room: .04, Instrument: .15, Chance: .35}

// signature is what a cause can move at all, and which way (0: either).
type signature map[string]float64

// The signatures. Reagents touch signal and phasing, a flow cell signal and what passes the
// filter; a library what passes and how well it is read, more than it does light; a room's
// heat the chiller's effort and everything that is warm.
var (
	reagents = signature{"intensity.r1": 0, "phasing.r1": 0, "prephasing.r1": 0, "q30": 0, "error.r1": 0}
	flowcell = signature{"intensity.r1": 0, "clusters.pf": 0, "q30": 0, "error.r1": 0}
	library  = signature{"clusters.pf": -1, "q30": -1, "error.r1": 1, "intensity.r1": -.4, "phasing.r1": .3}
	room     = signature{"internal.temperature.mean": 1, "chiller.duty.mean": 1, "camera.temperature.mean": .6}
)

// metrics are the signals that evidence is taken from: the run's, and what the room moves.
var metrics = []string{
	"clusters.pf", "q30", "phasing.r1", "prephasing.r1", "error.r1", "fwhm.r1", "intensity.r1",
	"internal.temperature.mean", "chiller.duty.mean", "camera.temperature.mean",
}

// temper divides the evidence: metrics of a run move together, and ten of them are not ten
// witnesses. limit bounds what one of them says.
const (
	temper = 3.
	limit  = 8.
)

// Weigh weighs the explanations, the best first.
func Weigh(e Evidence) []Weight {
	score := map[Cause]float64{Chance: 0, Instrument: own(e.Own)}
	lots := sum(e.Shared["run.reagent_lot"], e.Shared["run.flowcell_lot"])
	score[ReagentLot] = e.explained(lots, reagents)
	score[FlowcellLot] = e.explained(lots, flowcell)
	score[Software] = e.explained(e.Shared["config.control_software"], nil)
	score[Library] = e.fitted(library)
	score[Room] = e.fitted(room)
	total, highest := 0.0, math.Inf(-1)
	for c, s := range score {
		score[c] = s/temper + math.Log(Prior[c])
		highest = max(highest, score[c])
	}
	all := make([]Weight, 0, len(score))
	for c, s := range score {
		all = append(all, Weight{c, math.Exp(s - highest)})
	}
	slices.SortFunc(all, func(a, b Weight) int { return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.Cause, b.Cause)) })
	for _, w := range all {
		total += w.Weight
	}
	for i := range all {
		all[i].Weight /= total
	}
	return all
}

// own is what a component's own signals say for the instrument: the odds of a fault.
func own(p float64) float64 {
	p = min(max(p, .001), .999)
	return temper * math.Log(p/(1-p))
}

// explained is by how much a shift that is known makes the run less surprising: half the
// squares that it takes off.
func (e Evidence) explained(shift []float64, only signature) float64 {
	if shift == nil {
		return -unknown
	}
	gain := 0.0
	for _, m := range metrics {
		i := indexes[m]
		z := bounded(e.Metrics[i])
		if math.IsNaN(z) {
			continue
		}
		if _, can := only[m]; only != nil && !can {
			continue
		}
		left := z - bounded(shift[i])
		gain += (float64(z*z) - float64(left*left)) / 2
	}
	return gain
}

// unknown is what it costs an explanation that nobody else is known who shares it.
const unknown = 4.

// fitted is the same for a pattern whose size is not known: the best size is taken, and
// paid for.
func (e Evidence) fitted(pattern signature) float64 {
	along, square := 0.0, 0.0
	for _, m := range metrics {
		weight, there := pattern[m]
		z := bounded(e.Metrics[indexes[m]])
		if !there || math.IsNaN(z) {
			continue
		}
		along += float64(weight * z)
		square += float64(weight * weight)
	}
	if square == 0 || along <= 0 {
		return -unknown
	}
	return float64(along*along)/square/2 - 1
}

func bounded(z float64) float64 {
	if math.IsNaN(z) {
		return z
	}
	return max(-limit, min(limit, z))
}

func sum(a, b []float64) []float64 {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	all := make([]float64, len(a))
	for i := range a {
		all[i] = a[i] + b[i]
	}
	return all
}

var indexes = func() map[string]int {
	at := map[string]int{}
	for i, s := range condition.Signals {
		at[s.Feature] = i
	}
	return at
}()
