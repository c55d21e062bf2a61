package factors

import (
	"cmp"
	"math"
	"slices"
)

// nominal is the one-sided P value that a finding must keep in every check.
const nominal = 0.05

// sameRuns is the part of each of two levels that must be common for them to be one.
const sameRuns = 0.8

// judge turns tests into answers. The surest difference is judged first: those after it
// must stand without its runs.
func (a *analysis) judge() {
	var candidates []*judged
	for _, j := range a.levels {
		switch {
		case j.comparison == nil:
		case j.q > falseDiscovery:
			j.unproven(a)
		default:
			candidates = append(candidates, j)
		}
	}
	slices.SortStableFunc(candidates, surer)
	var found []*judged
	for _, j := range candidates {
		j.answer = Lower
		if j.comparison.higher() {
			j.answer = Higher
		}
		if a.restsOnOne(j) || a.isExplained(j) || a.goesWith(j, found) {
			continue
		}
		found = append(found, j)
		if j.answer != Inseparable {
			j.differs = a.differs(j)
		}
	}
}

// surer sorts by P value, then by how many standard errors the difference is.
func surer(x, y *judged) int {
	return cmp.Or(cmp.Compare(x.comparison.p.both(), y.comparison.p.both()), -cmp.Compare(x.comparison.strength(), y.comparison.strength()))
}

// strength is how many standard errors the difference is, in runs.
func (c *comparison) strength() float64 {
	if c.cut.variance <= 0 {
		return 0
	}
	return rounded(math.Abs(c.cut.difference) / math.Sqrt(c.cut.variance))
}

// unproven answers for a level without a difference that is one.
func (j *judged) unproven(a *analysis) {
	if a.intervals(j.comparison).Interval.Top() < relevantRatio {
		j.answer = NotHigher
		return
	}
	j.answer, j.reason = NotEnoughData, WideInterval
}

// restsOnOne leaves out the instrument that says most for the difference, and then the
// customer that does.
func (a *analysis) restsOnOne(j *judged) bool {
	tenants := a.tenantOf()
	instrument, tenant := map[int32]float64{}, map[int32]float64{}
	for _, m := range j.comparison.cut.members() {
		instrument[m.instrument] += m.more
		tenant[tenants[m.instrument]] += m.more
	}
	most := func(of map[int32]float64) int32 {
		best, value := int32(-1), 0.0
		for id, v := range of {
			if !j.comparison.higher() {
				v = -v
			}
			if v = rounded(v); best < 0 || v > value || v == value && id < best {
				best, value = id, v
			}
		}
		return best
	}
	i := most(instrument)
	if c := a.among(j, func(run int32) bool { return a.columns[ofInstrument].of[run] != i }); !c.agrees(j, nominal) {
		j.answer, j.reason = NotEnoughData, RestsOnInstrument
		return true
	}
	who := most(tenant)
	if c := a.among(j, func(run int32) bool { return a.columns[ofTenant].of[run] != who }); len(tenant) > 1 && !c.agrees(j, nominal) {
		j.answer, j.reason = NotEnoughData, RestsOnTenant
		return true
	}
	return false
}

func (a *analysis) tenantOf() []int32 {
	of := make([]int32, len(a.columns[ofInstrument].labels))
	for i, instrument := range a.columns[ofInstrument].of {
		of[instrument] = a.columns[ofTenant].of[i]
	}
	return of
}

// among is the comparison of some of the runs.
func (a *analysis) among(j *judged, keep func(run int32) bool) comparison {
	c := j.comparison.among(a.table, keep)
	c.finish(a.table, a.permutations())
	return c
}

// agrees tells whether a check shows the difference, the same way.
func (c *comparison) agrees(j *judged, p float64) bool {
	return c.p.of(j.comparison.higher()) <= p
}

// isExplained holds fixed, beside what is held already, each level of another factor that
// has something to do with the problem.
func (a *analysis) isExplained(j *judged) bool {
	for g := firstFactor; g < len(a.columns); g++ {
		if level, ok := a.twin(j, g); ok {
			j.answer = Inseparable
			j.by = append(j.by, a.name(g, level))
		}
	}
	for _, other := range a.levels {
		h := hold{other.factor, other.level}
		if other.factor == j.factor || other.comparison == nil || other.comparison.p.both() > nominal ||
			slices.Contains(j.comparison.held, h) || slices.Contains(j.by, a.name(other.factor, other.level)) {
			continue
		}
		c := j.comparison.with(a.table, h)
		c.finish(a.table, nominalPermutations)
		if c.agrees(j, nominal) {
			continue
		}
		if len(c.cut.strata) > 0 && takesAway(j.comparison.cut, c.cut) {
			j.answer, j.by = Explained, []string{a.name(other.factor, other.level)}
			return true
		}
	}
	return false
}

func (a *analysis) name(factor int, level int32) string {
	return a.columns[factor].name + "=" + a.columns[factor].labels[level]
}

// twin is the level of another factor that has almost the same runs.
func (a *analysis) twin(j *judged, g int) (int32, bool) {
	if g == j.factor {
		return 0, false
	}
	common, all := map[int32]int{}, map[int32]int{}
	mine := 0
	for i, level := range a.columns[g].of {
		if a.columns[j.factor].of[i] == 0 || level == 0 {
			continue
		}
		all[level]++
		if a.columns[j.factor].of[i] == j.level {
			common[level]++
			mine++
		}
	}
	for level, n := range common {
		if float64(n) >= sameRuns*float64(mine) && float64(n) >= sameRuns*float64(all[level]) {
			return level, true // no two levels have four fifths of it
		}
	}
	return 0, false
}

// goesWith sets aside the runs of surer findings that are higher: what is left must be a
// finding of its own, at the place in the list that it would have.
func (a *analysis) goesWith(j *judged, found []*judged) bool {
	own := falseDiscovery * float64(len(found)+1) / float64(a.tests)
	for _, f := range found {
		name := a.name(f.factor, f.level)
		if !f.comparison.higher() || slices.Contains(j.by, name) {
			continue // of two that are one, both are named
		}
		c := a.among(j, func(run int32) bool { return a.columns[f.factor].of[run] != f.level })
		if c.p.both() <= own && c.agrees(j, nominal) {
			continue
		}
		if len(c.cut.strata) == 0 || f.factor == j.factor || takesAway(j.comparison.cut, c.cut) {
			j.answer, j.by = Explained, []string{name}
			return true
		}
	}
	return false
}

// differs lists the factors between whose levels the odds ratio differs.
func (a *analysis) differs(j *judged) []Heterogeneity {
	var all []Heterogeneity
	for g := firstFactor; g < len(a.columns); g++ {
		if g == j.factor {
			continue
		}
		c := a.cut(a.comparable(a.apart(a.known(j.factor), hold{g, whole}), j.factor, j.level, nil), j.factor, j.level)
		if !c.finite() {
			continue
		}
		if p, ok := tarone(c.strata, c.ratio()); ok {
			all = append(all, Heterogeneity{a.columns[g].name, p})
		}
	}
	n := float64(len(all))
	for i := range all {
		all[i].P = rounded(min(1, all[i].P*n))
	}
	return slices.DeleteFunc(all, func(h Heterogeneity) bool { return h.P > nominal })
}
