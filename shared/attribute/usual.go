package attribute

import (
	"math"

	"proactive/shared/condition"
	"proactive/shared/features"
)

// Usual is what an instrument lately showed, and what of it was shared. What is asked about
// is what is new in it and has lasted for some runs: one bad run is mostly its library's, and
// a release of half a year ago is part of the normal by now. The zero value knows nothing; it
// is plain data, and constant in size.
type Usual struct {
	// Fast and Slow are means of what each signal differed from the instrument's normal by,
	// in the units that are followed and the order of condition.Signals.
	Fast []features.EWMA `json:"fast"`
	Slow []features.EWMA `json:"slow"`
	// Shared is what of it was shared, by factor, as slowly.
	Shared map[string][]features.EWMA `json:"shared"`
	// Lots is what lots of reagents and flow cells moved in all, over some months.
	Lots []features.EWMA `json:"lots"`
}

// The weights of the newest run: some four runs are news, some twenty are what is usual, some
// sixty have seen a few lots.
const (
	fast    = .4
	slow    = .1
	slowest = .03
)

// steadier is by how much a fast mean varies less than one run does, and the slow one that
// it is compared with adds: √(0.4/1.6 + 0.1/1.9).
const steadier = .55

// Add adds a run and says what is new. residual is by how much each signal differs from the
// instrument's normal, shared what others with the same level of a factor differ by, both in
// the units that are followed and the order of condition.Signals; scale the standard
// deviation of one run, own the highest probability that a component of the instrument has a
// fault, and signals are that one's.
func (u *Usual) Add(residual, scale []float64, shared map[string][]float64, own float64, signals []string) Evidence {
	if u.Fast == nil {
		*u = Usual{Fast: means(fast), Slow: means(slow), Shared: map[string][]features.EWMA{}}
	}
	if u.Lots == nil { // also of an instrument whose story began before they were kept
		u.Lots = means(slowest)
	}
	e := Evidence{Metrics: make([]float64, len(residual)), Scale: make([]float64, len(residual)), Shared: map[string][]float64{}, Own: own, Signals: signals}
	for i, x := range residual {
		u.Fast[i].Add(x)
		e.Scale[i] = scale[i] * steadier
		e.Metrics[i] = (u.Fast[i].Mean() - u.Slow[i].Mean()) / e.Scale[i]
		u.Slow[i].Add(x)
	}
	for _, factor := range condition.Shared {
		was := u.Shared[factor]
		if was == nil {
			was = means(slow)
			u.Shared[factor] = was
		}
		shift, known := shared[factor]
		if known {
			e.Shared[factor] = make([]float64, len(shift))
		}
		for i := range was {
			now := 0.0
			if known {
				now = shift[i]
			}
			if before := was[i].Mean(); known && e.Scale[i] > 0 && !math.IsNaN(before) {
				e.Shared[factor][i] = (now - before) / e.Scale[i]
			}
			was[i].Add(now)
		}
	}
	for _, factor := range []string{"run.reagent_lot", "run.flowcell_lot"} {
		for i, by := range shared[factor] {
			if e.Lots == nil {
				e.Lots = make([]float64, len(condition.Signals))
			}
			e.Lots[i] += by
		}
	}
	e.LotsBefore = make([]float64, len(u.Lots))
	for i := range u.Lots {
		if before := u.Lots[i].Mean(); !math.IsNaN(before) {
			e.LotsBefore[i] = before
		}
		now := 0.0
		if e.Lots != nil {
			now = e.Lots[i]
		}
		u.Lots[i].Add(now)
	}
	return e
}

func means(alpha float64) []features.EWMA {
	all := make([]features.EWMA, len(condition.Signals))
	for i := range all {
		all[i].Alpha = alpha
	}
	return all
}
