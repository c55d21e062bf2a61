package factors

import (
	"fmt"
	"hash/fnv"
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

// smallCounts is the variance of the number of problems among the exposed up to which its
// exact distribution is used; beyond, the normal one differs in nothing that matters.
const smallCounts = 100

// maxSupport bounds the values that number may take, and so the work.
const maxSupport = 4000

// sides are one-sided P values: that the exposed have the problem more often, less often.
type sides struct{ more, less float64 }

// moreOften is the part of the error that is spent on finding what is higher, which is
// what was asked; the rest is for what is lower.
const moreOften = 0.8

// both is the two-sided P value.
func (s sides) both() float64 {
	return rounded(min(1, s.more/moreOften, s.less/(1-moreOften)))
}

func (s sides) of(higher bool) float64 {
	if higher {
		return s.more
	}
	return s.less
}

// comparison is runs at a level against the rest of the factor's, with what is held fixed.
type comparison struct {
	factor int
	level  int32
	within bool   // instruments are their own controls: the first thing held
	mostly []bool // by instrument: most of its runs are at the level
	steady bool   // the level is something that an instrument is
	held   []hold
	sample sample // in strata of what is held
	cut    cut
	// By counting runs; by counting instruments; the greater of the two.
	byRuns, byInstruments, p sides
}

// higher tells which way the difference points.
func (c *comparison) higher() bool { return c.cut.difference > 0 }

// compare chooses what to hold fixed and compares. The choice looks at exposures, never at
// the problem: it cannot make a difference by choosing.
func (t *table) compare(factor int, level int32) comparison {
	c := comparison{factor: factor, level: level}
	c.mostly, c.steady = t.mostly(factor, level)
	c.sample = t.comparable(t.known(factor), factor, level, nil)
	all := t.cut(c.sample, factor, level)
	own := c.with(t, hold{0, whole})
	if ownControl(all, own.cut, t.alike(0)) {
		own.within = true
		c = own
	}
	base := t.cut(c.sample, factor, level).information
	refused := map[hold]bool{}
	for len(c.held) < maxHeld {
		next, ok := c.mostUneven(t, refused)
		if !ok {
			break
		}
		if with := c.with(t, next); with.cut.information >= worthHolding*base {
			c = with
		} else {
			refused[next] = true
		}
	}
	c.finish(t, t.permutations())
	return c
}

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

// with is the comparison with one more thing held fixed. It has no P values yet.
func (c *comparison) with(t *table, h hold) comparison {
	next := *c
	next.held = append(slices.Clone(c.held), h)
	next.sample = t.comparable(t.apart(c.sample, h), c.factor, c.level, nil)
	next.cut = t.cut(next.sample, c.factor, c.level)
	return next
}

// among is the comparison of some of its runs. It has no P values yet.
func (c *comparison) among(t *table, keep func(run int32) bool) comparison {
	next := *c
	next.sample = t.comparable(c.sample, c.factor, c.level, keep)
	return next
}

// mostUneven is the level of another factor, or the customer, that is spread most unevenly
// over exposed and rest, within what is held so far; false if chance would do as much.
func (c *comparison) mostUneven(t *table, refused map[hold]bool) (worst hold, ok bool) {
	most, tried := 0.0, 0
	for g := 1; g < len(t.columns); g++ {
		if g == c.factor || g == 1 && c.within {
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
	mine, levels, instruments := t.columns[c.factor].of, t.columns[g].of, t.columns[0].of
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

// standardError of the log odds ratio, from what the margins allow.
func standardError(c cut) float64 {
	if c.variance <= 0 {
		return math.Inf(1)
	}
	return 1 / math.Sqrt(c.variance)
}

// shift is how far the log odds ratio moves towards 0 from one comparison to a stricter
// one, and the standard error of that if there were nothing to it (Hausman 1978).
func shift(from, to cut) (towards, noise float64) {
	towards = from.logRatio() - to.logRatio()
	if from.logRatio() < 0 {
		towards = -towards
	}
	a, b := standardError(from), standardError(to)
	return towards, math.Sqrt(max(0, float64(b*b)-float64(a*a)))
}

// finish makes the P values.
func (c *comparison) finish(t *table, permutations int) {
	c.cut = t.cut(c.sample, c.factor, c.level)
	c.byRuns = c.cut.byRuns()
	members := c.cut.members()
	if c.byInstruments = byMeans(members); !c.within && c.steady {
		c.byInstruments = swapped(members, c.exchangeable(t, members), c.seed(t), permutations)
	}
	c.p = sides{max(c.byRuns.more, c.byInstruments.more), max(c.byRuns.less, c.byInstruments.less)}
}

// Permutations: enough to tell a P value of a twentieth, and enough for the smallest that
// the list of all tests may ask for.
const nominalPermutations = 4000

func (t *table) permutations() int {
	tests := 0
	for _, c := range t.columns[firstFactor : firstFactor+t.factors] {
		tests += len(c.labels) - 1
	}
	return min(max(400*tests, nominalPermutations), 200_000)
}

// seed is of what is compared, so that the same comparison has the same chance.
func (c *comparison) seed(t *table) uint64 {
	h := fnv.New64a()
	f := t.columns[c.factor]
	fmt.Fprintf(h, "%s\n%s\n%v\n%d\n%d", f.name, f.labels[c.level], c.held, t.runs(), len(t.columns[0].labels))
	return h.Sum64()
}

// exchangeable says among which members levels may be handed out: those that are alike in
// everything held fixed that an instrument is, such as its type.
func (c *comparison) exchangeable(t *table, members []member) []int32 {
	groups := make([]int32, len(members))
	for _, h := range c.held {
		usual, steady := t.usual(h.column)
		if !steady {
			continue
		}
		index := map[[2]int32]int32{}
		for i, m := range members {
			k := [2]int32{groups[i], usual[m.instrument]}
			if h.level != whole {
				if k[1] = 0; usual[m.instrument] == h.level {
					k[1] = 1
				}
			}
			if _, ok := index[k]; !ok {
				index[k] = int32(len(index)) //nolint:gosec // G115: at most maxRuns
			}
			groups[i] = index[k]
		}
	}
	return groups
}

// usual is the level that most runs of each instrument have, and whether nine in ten runs
// of the fleet are at their instrument's usual level: then it is something that an
// instrument is rather than something that it runs.
func (t *table) usual(column int) (of []int32, steady bool) {
	if u, ok := t.usuals[column]; ok {
		return u.of, u.steady
	}
	type place struct{ instrument, level int32 }
	counts := map[place]int{}
	of = make([]int32, len(t.columns[0].labels))
	most := make([]int, len(of))
	for i, level := range t.columns[column].of {
		p := place{t.columns[0].of[i], level}
		counts[p]++
		if counts[p] > most[p.instrument] {
			most[p.instrument], of[p.instrument] = counts[p], level
		}
	}
	at := 0
	for _, n := range most {
		at += n
	}
	steady = 10*at >= 9*t.runs()
	t.usuals[column] = usual{of, steady}
	return of, steady
}

// mostly is by instrument whether most of its runs are at a level. It is steady, something
// that an instrument is, if nine in ten runs at the level are of these instruments, and nine
// in ten of their runs are at the level.
func (t *table) mostly(factor int, level int32) (of []bool, steady bool) {
	at, all := make([]int, len(t.columns[0].labels)), make([]int, len(t.columns[0].labels))
	for i, l := range t.columns[factor].of {
		if l != 0 {
			all[t.columns[0].of[i]]++
			if l == level {
				at[t.columns[0].of[i]]++
			}
		}
	}
	of = make([]bool, len(at))
	exposed, theirs, both := 0, 0, 0
	for i := range at {
		exposed += at[i]
		if of[i] = 2*at[i] > all[i]; of[i] {
			theirs += all[i]
			both += at[i]
		}
	}
	return of, 10*both >= 9*max(exposed, theirs)
}

// byRuns is the P values that take the runs of a stratum for independent: exact (mid-P)
// where counts are small.
func (c cut) byRuns() sides {
	if c.variance <= 0 {
		return sides{1, 1}
	}
	if c.small() {
		return conditionalOf(c.strata).midP(c.problems())
	}
	z := c.difference / math.Sqrt(c.variance)
	return sides{rounded(distuv.UnitNormal.Survival(z)), rounded(distuv.UnitNormal.Survival(-z))}
}

func (c cut) problems() int {
	n := 0
	for _, s := range c.strata {
		n += s.exposedProblems
	}
	return n
}

func (c cut) small() bool {
	support := 0
	for _, s := range c.strata {
		y := s.exposedProblems + s.restProblems
		support += min(s.exposed, y) - max(0, y-s.rest)
	}
	return c.variance <= smallCounts && support <= maxSupport
}
