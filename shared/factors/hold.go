package factors

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// How much of what a comparison could tell may be lost by what is held fixed.
const (
	// ownControlled is the part that must be left for each instrument to be its own control;
	// else the runs of all are compared with each other.
	ownControlled = 0.8
	// worthHolding is the part that must be left for one more level to be held fixed.
	worthHolding = 0.3
)

// A level of another factor is held fixed if the exposed have it more often or less often
// than the rest, by more than chance: at this level over all that might be held.
const uneven = 0.05

// nearly is the part of the usual mix of exposed and rest that there must be at a level,
// and without it, for it to be held fixed.
const nearly = 0.1

// maxHeld bounds what is held fixed, and so the work.
const maxHeld = 10

// ownControl tells whether instruments are best their own controls. That loses what their
// means say, and loses nothing to how they differ, by as much as the runs of one are alike.
func ownControl(all, own cut, alike float64) bool {
	if len(all.strata) == 0 {
		return false
	}
	apart, share := 0.0, float64(all.exposed())/all.strata[0].runs()
	for _, c := range all.cells {
		d := float64(c.exposed) - float64(share*c.runs())
		apart += float64(d * d)
	}
	effect := 1 + float64(alike*(apart/all.information-1))
	return own.information >= ownControlled*(1-alike)*all.information/effect
}

// mostUneven is the level of another factor, or the customer, that is spread most unevenly
// over exposed and rest, within what is held so far; false if chance would do as much.
func (c *comparison) mostUneven(t *table, refused map[hold]bool) (worst hold, ok bool) {
	most, tried := 0.0, 0
	for g := ofTenant; g < len(t.columns); g++ {
		if g == c.factor || g == ofTenant && c.within {
			continue
		}
		for level, z := range c.spread(t, g) {
			if math.IsNaN(z) {
				continue
			}
			tried++
			h := hold{g, int32(level)}
			if z = rounded(math.Abs(z)); z > most && !refused[h] && !slices.Contains(c.held, h) {
				worst, most = h, z
			}
		}
	}
	return worst, most > 0 && 2*distuv.UnitNormal.Survival(most)*float64(tried) <= uneven
}

// spread is by level of a column how many standard deviations more of the exposed have it
// than would by chance, within what is held so far; not a number where that says nothing.
// If both are what an instrument is, instruments are counted, else runs.
//
// A level of which nearly all runs are exposed, or nearly none, is a part of the exposed or
// of the rest, as a kit is of the one type of instrument that takes it. Holding it fixed
// would only set its runs aside, so it is not a number either.
func (c *comparison) spread(t *table, g int) []float64 {
	mine, levels, instruments := t.columns[c.factor].of, t.columns[g].of, t.columns[ofInstrument].of
	usual, steady := t.usual(g)
	once := steady && c.steady
	z := make([]float64, len(t.columns[g].labels))
	variance, all, exposed := make([]float64, len(z)), make([]float64, len(z)), make([]float64, len(z))
	allOf, exposedOf, total, exposedTotal := make([]float64, len(z)), make([]float64, len(z)), 0.0, 0.0
	var met []int32
	for n := range c.sample.strata() {
		size, atLevel := 0.0, 0.0
		met = met[:0]
		last := int32(-1)
		for _, i := range c.sample.stratum(n) {
			level := levels[i]
			if once {
				if instruments[i] == last {
					continue
				}
				last, level = instruments[i], usual[instruments[i]]
			}
			if all[level] == 0 {
				met = append(met, level)
			}
			size++
			all[level]++
			if at := mine[i] == c.level; at && !once || once && c.mostly[last] {
				atLevel++
				exposed[level]++
			}
		}
		for _, l := range met {
			if size > 1 {
				z[l] += exposed[l] - float64(all[l]*atLevel)/size
				variance[l] += float64(float64(all[l]*(size-all[l]))*float64(atLevel*(size-atLevel))) / float64(float64(size*size)*(size-1))
			}
			allOf[l], exposedOf[l] = allOf[l]+all[l], exposedOf[l]+exposed[l]
			all[l], exposed[l] = 0, 0
		}
		total, exposedTotal = total+size, exposedTotal+atLevel
	}
	mixed := func(exposed, all float64) bool {
		return float64(exposed*(all-exposed))*float64(total*total) >= float64(nearly*float64(exposedTotal*(total-exposedTotal)))*float64(all*all)
	}
	for level, v := range variance {
		const few = 1 // too few for a normal distribution to speak of them
		if z[level] /= math.Sqrt(v); v < few || !mixed(exposedOf[level], allOf[level]) || !mixed(exposedTotal-exposedOf[level], total-allOf[level]) {
			z[level] = math.NaN()
		}
	}
	return z
}
