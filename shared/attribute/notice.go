package attribute

import (
	"math"

	"proactive/shared/condition"
)

// A factor notice says that something which many instruments share is off: one for each lot,
// release or customer's library, in place of a case on each instrument.

// enoughWorse is the log-likelihood ratio, of a bad lot to one like others, from which on a
// lot looks bad after a run. It must do so for some runs in a row, see LastingOf; with both,
// nine notices in ten were right on fleets made to choose them (docs/prediction.md).
const enoughWorse = 3.

// Lasting is after how many runs in a row a lot must still look bad: the first few instruments
// that have it say little.
const Lasting = 5

// LastingOf is Lasting of a factor. What passes the filter is mostly the library's, and so
// flow cells must look bad for longer.
func LastingOf(factor string) int {
	if factor == flowcells {
		return 3 * Lasting
	}
	return Lasting
}

const flowcells = "run.flowcell_lot"

// LotIsWorse tells whether a lot is further off than lots usually are: its factor and the
// cohort of the instruments that have it, as of a run with the lot, its evidence and its day.
// others is how many instruments it was judged by; with fewer than LeastMembers nothing is
// said. An instrument's
// normal has the lot in it that it began with, and so has that of its neighbours: what counts
// is by how much a lot differs from those that the instrument had in the months before. Of
// flow cells the light is taken with what the reagents are held to account for, since the two
// are told apart late; and the best quarter of the instruments must show it too.
func LotIsWorse(factor string, c *condition.Cohort, news Evidence, day float64) (worse bool, others int) {
	shift := make([]float64, len(condition.Signals))
	for i, s := range condition.Signals {
		if !s.Count && condition.Moves(factor, s.Feature) {
			_, by, _, n := c.Quartiles(i, day)
			if !math.IsNaN(by) {
				shift[i] = by - news.before(i)
			}
			others = max(others, n)
		}
	}
	if others < LeastMembers {
		return false, others
	}
	if factor != flowcells {
		likelier, _ := badness(shift)
		return likelier/temper > enoughWorse, others
	}
	light, passing := indexes["intensity.r1"], indexes["clusters.pf"]
	if news.Lots != nil {
		shift[light] = news.Lots[light] - news.before(light)
	}
	if _, _, best, _ := c.Quartiles(passing, day); !math.IsNaN(best) {
		shift[passing] = max(shift[passing], best-news.before(passing)-quarterPassing)
	}
	_, likelier := badness(shift)
	return likelier/temper > enoughWorse, others
}

// LeastMembers is how many instruments a lot is judged by at least.
const LeastMembers = 5

// quarterPassing is by how many points of what passes the filter the best quarter of the
// instruments may do better than their middle.
const quarterPassing = 1.

// before is what lots moved a signal by on the instrument before; 0 if nothing is known.
func (e Evidence) before(signal int) float64 {
	if e.LotsBefore == nil {
		return 0
	}
	return e.LotsBefore[signal]
}

// movedSignals is how many signals that no lot, library or room moves together a release
// must have moved to be told by them.
const movedSignals = 3

// ReleaseMoves tells whether a version of the software moved what instruments report: so many
// signals of unlike components by much more than chance. others is as of LotIsBad.
func ReleaseMoves(c *condition.Cohort, day float64) (moves bool, others int) {
	moved := map[string]bool{}
	for i, s := range condition.Signals {
		if s.Count {
			continue
		}
		by, n := c.Shift(i, "", day)
		others = max(others, n)
		if math.Abs(by) >= s.Noise {
			owner := s.Owner
			if owner == "" {
				owner = s.Feature
			}
			moved[owner] = true
		}
	}
	return len(moved) >= movedSignals, others
}

// Libraries adds up, over a customer's runs, how much likelier each is if its libraries are
// badly prepared than if they are as usual: Page's sum of log-likelihood ratios. The zero
// value knows nothing. It is plain data.
type Libraries struct {
	Sum float64 `json:"sum"`
}

// What one run can say for or against, and how much it takes: three bad runs more than good
// ones, whichever instruments they were on. One run over- or underloaded says little.
const (
	oneRun = 3.
	enough = 20.
)

// Add adds a run. residual is by how much each signal differs from the instrument's normal,
// with what is shared taken off, in the units that are followed; scale its standard deviations.
// poor tells whether a notice is due: true until the libraries are as usual again.
func (l *Libraries) Add(residual, scale []float64) (due bool) {
	says := 0.0
	for _, m := range []string{"clusters.pf", "q30"} {
		i := indexes[m]
		z, p := residual[i]/scale[i], poor[m]/scale[i]/2
		if !math.IsNaN(z) {
			says += float64(p*bounded(z)) - float64(p*p)/2
		}
	}
	l.Sum = max(0, min(enough+2*oneRun, l.Sum+max(-oneRun, min(oneRun, says))))
	return l.Sum >= enough
}
