package attribute

import (
	"math"

	"proactive/shared/condition"
)

// A factor notice says that something which many instruments share is off: one for each lot,
// release or customer's library, in place of a case on each instrument. It is due when the
// odds, from how common the cause is and from what the instruments show, are better than
// noticeOdds to one.

// noticeOdds are the odds from which on a notice is worth an engineer's time.
const noticeOdds = 4.

// common is how common it is that a lot is bad (docs/fleet.md; DOMAIN has "one in some
// dozens to some hundreds"; a guess).
const common = .01

// Lasting is after how many runs in a row a lot must still look bad: the first few instruments
// that have it say little.
const Lasting = 5

// LotIsBad tells whether a lot is further off than lots usually are: its factor and the cohort
// of the instruments that have it, as of a day. others is how many instruments it was judged
// by; with fewer than a cohort's least nothing is said.
func LotIsBad(factor string, c *condition.Cohort, day float64) (bad bool, others int) {
	shift := make([]float64, len(condition.Signals))
	for i, s := range condition.Signals {
		if !s.Count && condition.Moves(factor, s.Feature) {
			by, n := c.Shift(i, "", day)
			shift[i], others = by, max(others, n)
		}
	}
	reagents, flowcells := badness(shift)
	score := reagents
	if factor == "run.flowcell_lot" {
		score = flowcells
	}
	return score/temper+math.Log(common/(1-common)) > math.Log(noticeOdds), others
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
