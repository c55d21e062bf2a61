package factors

import (
	"fmt"
	"hash/fnv"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

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

// compare chooses what to hold fixed and compares. The choice looks at exposures, and at how
// alike the runs of an instrument are, never at which of them had the problem: it cannot
// make a difference by choosing.
func (t *table) compare(factor int, level int32) comparison {
	c := comparison{factor: factor, level: level}
	c.mostly, c.steady = t.mostly(factor, level)
	c.sample = t.comparable(t.known(factor), factor, level, nil)
	all := t.cut(c.sample, factor, level)
	own := c.with(t, hold{ofInstrument, whole})
	if ownControl(all, own.cut, t.alike(ofInstrument)) {
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

// standardError of the log odds ratio, from what the margins allow.
func standardError(c cut) float64 {
	if c.variance <= 0 {
		return math.Inf(1)
	}
	return 1 / math.Sqrt(c.variance)
}

// takesAway tells whether a stricter comparison moves the log odds ratio towards 0 by more
// than chance: by more, one-sided 5 %, than its standard error if there were nothing to it
// (Hausman 1978).
func takesAway(from, to cut) bool {
	const beyondChance = 1.645
	towards := from.logRatio() - to.logRatio()
	if from.logRatio() < 0 {
		towards = -towards
	}
	a, b := standardError(from), standardError(to)
	noise := math.Sqrt(max(0, float64(b*b)-float64(a*a)))
	return rounded(towards) > rounded(beyondChance*noise)
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
	fmt.Fprintf(h, "%s\n%s\n%v\n%d\n%d", f.name, f.labels[c.level], c.held, t.runs(), len(t.columns[ofInstrument].labels))
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
