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
	// Metrics are by how many standard deviations each signal differs from what the
	// instrument lately showed, nothing shared taken off, in the order of
	// condition.Signals and not turned; NaN where nothing is known.
	Metrics []float64
	// Scale is that standard deviation, in the unit that is followed.
	Scale []float64
	// Shared is what others with the same level of a factor differ by, less what they
	// lately did, in the same unit, by the factors of condition.Shared; 0 where it is chance.
	Shared map[string][]float64
	// Lots is what others with the same lots of reagents and flow cells differ by in all, in
	// the units that are followed and the order of condition.Signals; nil if nobody is known.
	Lots []float64
	// Own is the probability that a component of the instrument has a fault: the highest.
	Own float64
	// Signals are the signals of that component.
	Signals []string
	// LotsBefore is what lots moved by on the instrument over the months before: mostly
	// the other side of the lot that it began with, which is in its normal. nil if nothing
	// is known.
	LotsBefore []float64
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

// pattern is what a cause does to the metrics, in the units that are followed: the proportions
// count, not the size. Only what it does first hand; see docs/fleet.md for the sizes.
type pattern map[string]float64

// The patterns. A poor library changes what passes and how well it is read, more than it does
// light, or it is too alike to be read well; a room's heat the chiller's effort and everything
// that is warm.
var (
	poor  = pattern{"clusters.pf": -9, "q30": -6, "error.r1": .6, "intensity.r1": -.1}
	alike = pattern{"clusters.pf": -6, "q30": -4, "error.r1": .3, "phasing.r1": .08}
	room  = pattern{"internal.temperature.mean": 1, "chiller.duty.mean": 4, "camera.temperature.mean": .25}
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

// Weigh weighs the explanations, the best first. What many share is a fact and comes first:
// lots by whether they are further off than lots usually are, the software by what it takes
// off the surprise in any signal, for a release moves what no lot can. The library and the
// room explain what is left.
func Weigh(e Evidence) []Weight {
	score := map[Cause]float64{Chance: 0, Instrument: own(e.Own) + e.worn()}
	score[Software] = e.software()
	score[ReagentLot], score[FlowcellLot] = badness(e.Lots)
	left := e.left()
	score[Library] = max(e.fitted(left, poor), e.fitted(left, alike))
	score[Room] = e.fitted(left, room)
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

// unknown is what it costs an explanation that nobody else is known who shares it.
const unknown = 4.

// worn is by how much a fault of the likeliest component makes its own signals less
// surprising: it can move them by whatever they moved, and pays for each.
func (e Evidence) worn() float64 {
	gain := 0.0
	for _, signal := range e.Signals {
		if z := bounded(e.Metrics[indexes[signal]]); !math.IsNaN(z) {
			gain += max(0, float64(z*z)/2-1)
		}
	}
	return gain
}

// software is by how much the shift of a release makes what is seen less surprising: half
// the squares that it takes off, in every signal.
func (e Evidence) software() float64 {
	shift, there := e.Shared["config.control_software"]
	if !there {
		return -unknown
	}
	gain := 0.0
	for i, by := range shift {
		if z := bounded(e.Metrics[i]); !math.IsNaN(z) {
			rest := z - bounded(by)
			gain += (float64(z*z) - float64(rest*rest)) / 2
		}
	}
	return gain
}

// left is what is seen less everything that is shared, in the order of metrics.
func (e Evidence) left() []float64 {
	left := make([]float64, len(metrics))
	for i, m := range metrics {
		z := e.Metrics[indexes[m]]
		for _, shift := range e.Shared {
			z -= shift[indexes[m]]
		}
		left[i] = bounded(z)
	}
	return left
}

// What lots usually differ by, as standard deviations in the units that are followed, and by
// how many of them a bad one is off (docs/fleet.md; guesses there, and here).
const (
	lotLight, lotPhasing   = .06, .12 // reagents
	cellLight, cellPassing = .04, 1.  // flow cells
	badLot                 = 4.
	spreadOfGood           = 1. // variance
	reagentsOwnLight       = .3 // part of a shift of light that is owed to the reagents for all that is known
	least                  = -unknown * temper
)

// badness is how much likelier the lots' shift is if the reagents, or the flow cells, are bad
// than if they are like others, as a log-likelihood ratio. Reagents are told by phasing, flow
// cells by what passes the filter; light, which both move, speaks for either a little.
func badness(shift []float64) (reagents, flowcells float64) {
	if shift == nil {
		return least, least
	}
	phasing := (shift[indexes["phasing.r1"]] + shift[indexes["prephasing.r1"]]/.7) / 2 / lotPhasing
	light := -shift[indexes["intensity.r1"]]
	passing := -shift[indexes["clusters.pf"]] / cellPassing
	reagents = temper * (likelier(phasing) + float64(reagentsOwnLight*likelier(light/lotLight)))
	flowcells = temper * (likelier(passing) + float64(reagentsOwnLight*likelier(light/cellLight)))
	return reagents, flowcells
}

// likelier is of a bad lot than of another, so many standard deviations off.
func likelier(x float64) float64 {
	x = max(-badLot, min(2*badLot, x))
	return (float64(x*x) - float64((x-badLot)*(x-badLot))) / 2 / spreadOfGood
}

// of is a pattern in standard deviations of the instrument's, in the order of metrics; 0
// where the run has no such metric.
func (e Evidence) of(p pattern) []float64 {
	all := make([]float64, len(metrics))
	for i, m := range metrics {
		if at := indexes[m]; e.Scale[at] > 0 && !math.IsNaN(e.Metrics[at]) {
			all[i] = p[m] / e.Scale[at]
		}
	}
	return all
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += float64(a[i] * b[i])
	}
	return sum
}

// fitted is by how much a pattern of any size makes what is seen less surprising: the best
// size is taken, and paid for.
func (e Evidence) fitted(seen []float64, of pattern) float64 {
	p := e.of(of)
	along := 0.0
	for i, z := range seen {
		if !math.IsNaN(z) {
			along += float64(p[i] * z)
		}
	}
	square := dot(p, p)
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

var indexes = func() map[string]int {
	at := map[string]int{}
	for i, s := range condition.Signals {
		at[s.Feature] = i
	}
	return at
}()
