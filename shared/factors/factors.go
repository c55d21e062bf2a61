// Package factors says which software version, instrument type, hardware revision, lot or
// experiment type goes with a problem.
//
// Each level of a factor is compared with the factor's other runs. What could confound is
// held fixed (Mantel and Haenszel), the runs of one instrument are never taken for
// independent, every test counts toward one false discovery rate, and a difference must
// outlive each check that could explain it. "Not enough data" is an answer. See
// docs/factors.md. It is a function of the set of rows: neither their order nor the
// processor matters.
package factors

import (
	"fmt"
	"maps"
	"slices"

	"proactive/shared/aggregate"
	"proactive/shared/fault"
)

// falseDiscovery is the part of findings that may be false.
const falseDiscovery = 0.05

// Question is what is asked.
type Question struct {
	Problem string // what it is, in words; it only stands in the report
	// Factors to test; nil for all that stand in the rows and are not in Hold.
	Factors []string
	// Hold are held fixed where they confound, and never accused: "period".
	Hold []string
	// Tenant is whose runs alone are looked at: one customer may see everything of its own.
	// "" is all of them, and then what fewer than five stand behind is withheld.
	Tenant string
}

// Analyze answers a question from rows.
func Analyze(rows []Exposure, q Question) (Report, error) {
	if q.Tenant != "" {
		rows = slices.DeleteFunc(slices.Clone(rows), func(e Exposure) bool { return e.Tenant != q.Tenant })
	}
	if q.Factors == nil {
		names := map[string]bool{}
		for _, r := range rows {
			for name := range r.Levels {
				names[name] = !slices.Contains(q.Hold, name)
			}
		}
		maps.DeleteFunc(names, func(_ string, tested bool) bool { return !tested })
		q.Factors = slices.Sorted(maps.Keys(names))
	}
	for _, name := range q.Factors {
		if !slices.ContainsFunc(rows, func(e Exposure) bool { return e.Levels[name] != "" }) {
			return Report{}, fault.New(fault.Malformed, UnknownFactor, fmt.Errorf("no run says its %q", name))
		}
	}
	t, err := tableOf(rows, q.Factors, q.Hold)
	if err != nil {
		return Report{}, err
	}
	a := analysis{table: t}
	a.describe(q.Tenant == "")
	a.test()
	a.judge()
	return a.report(q), nil
}

// analysis is one under way.
type analysis struct {
	*table
	levels  []*judged
	unknown []unknown // by factor
	tests   int
}

// unknown is how many runs do not say their level, and whether that may be shown.
type unknown struct {
	runs  int
	shown bool
}

// judged is a level and what is known of it so far.
type judged struct {
	factor               int
	level                int32
	runs, problems, size float64 // size: see rateOf
	instruments, tenants map[int32]bool
	answer               Answer
	reason               string
	by                   []string
	comparison           *comparison
	q                    float64
	differs              []Heterogeneity
}

// describe counts, and answers where counting is enough to.
func (a *analysis) describe(across bool) {
	for factor := firstFactor; factor < firstFactor+a.factors; factor++ {
		c := a.columns[factor]
		levels := make([]*judged, len(c.labels))
		perInstrument := make([]map[int32]float64, len(c.labels))
		for l := range levels {
			levels[l] = &judged{factor: factor, level: int32(l), instruments: map[int32]bool{}, tenants: map[int32]bool{}}
			perInstrument[l] = map[int32]float64{}
		}
		known, instruments := 0.0, map[int32]bool{}
		for i, l := range c.of {
			j, instrument := levels[l], a.columns[ofInstrument].of[i]
			j.runs++
			if a.problem[i] {
				j.problems++
			}
			j.instruments[instrument], j.tenants[a.columns[ofTenant].of[i]] = true, true
			perInstrument[l][instrument]++
			if l != 0 {
				known++
				instruments[instrument] = true
			}
		}
		for l, j := range levels {
			for _, n := range perInstrument[l] {
				j.size += n * n
			}
			j.size /= max(1, j.runs)
		}
		reasons := a.withheld(levels, across)
		a.unknown = append(a.unknown, unknown{int(levels[0].runs), reasons[0] == "" || levels[0].runs == 0})
		for l, j := range levels[1:] {
			switch {
			case reasons[l+1] != "":
				j.answer, j.reason = Withheld, reasons[l+1]
			case len(levels) == 2:
				j.answer, j.reason = NotEnoughData, OneLevel
			case j.runs < minRuns || known-j.runs < minRuns:
				j.answer, j.reason = NotEnoughData, FewRuns
			case len(j.instruments) < minInstruments || a.elsewhere(factor, int32(l+1)) < minInstruments:
				j.answer, j.reason = NotEnoughData, FewInstruments
			}
			a.levels = append(a.levels, j)
		}
	}
}

// withheld is why levels are not shown across customers, "" if they are. The level that is
// not known, the first, is one of them: it can be had by taking the others from the total.
func (a *analysis) withheld(levels []*judged, across bool) []string {
	groups := make([]aggregate.Group[struct{}], len(levels))
	for i, j := range levels {
		for id := range j.tenants {
			groups[i].Tenants = append(groups[i].Tenants, a.columns[ofTenant].labels[id])
		}
	}
	reasons := make([]string, len(levels))
	for i, g := range aggregate.Whole(struct{}{}, groups).Groups {
		switch why := g.Why(); {
		case !across || why == "":
		case why == aggregate.Complement:
			reasons[i] = WouldBetrayAnother
		default:
			reasons[i] = FewTenants
		}
	}
	return reasons
}

// elsewhere counts the instruments with runs at other known levels.
func (a *analysis) elsewhere(factor int, level int32) int {
	others := map[int32]bool{}
	for i, l := range a.columns[factor].of {
		if l != 0 && l != level {
			others[a.columns[ofInstrument].of[i]] = true
		}
	}
	return len(others)
}

// test compares what can be compared.
func (a *analysis) test() {
	var tested []*judged
	for _, j := range a.levels {
		if j.answer != "" {
			continue
		}
		c := a.compare(j.factor, j.level)
		switch y := c.cut.compared(); {
		case len(c.cut.strata) == 0:
			j.answer, j.reason = NotEnoughData, NothingToCompare
		case y < minProblems:
			j.answer, j.reason = NotEnoughData, FewProblems
		default:
			j.comparison = &c
			tested = append(tested, j)
		}
	}
	// Benjamini and Hochberg: q is the least false discovery rate at which it is a finding.
	slices.SortStableFunc(tested, surer)
	a.tests = len(tested)
	least := 1.0
	for i := len(tested) - 1; i >= 0; i-- {
		least = min(least, rounded(tested[i].comparison.p.both()*float64(len(tested))/float64(i+1)))
		tested[i].q = least
	}
}

// compared counts the problems among the runs that are compared.
func (c cut) compared() int {
	n := 0
	for _, s := range c.strata {
		n += s.exposedProblems + s.restProblems
	}
	return n
}

// alike is the correlation of the outcomes of an instrument's runs at one level of a
// column, by analysis of variance over instruments; 0 where it cannot be told.
func (t *table) alike(column int) float64 {
	if v, ok := t.alikes[column]; ok {
		return v
	}
	v := t.correlation(column)
	t.alikes[column] = v
	return v
}

func (t *table) correlation(column int) float64 {
	var runs, problems []float64
	var level []int32
	levels := len(t.columns[column].labels)
	if column == ofInstrument { // all runs
		levels = 1
	}
	n, x := make([]float64, levels), make([]float64, levels)
	groups := t.apart(t.known(ofInstrument), hold{ofInstrument, whole})
	if column != ofInstrument {
		groups = t.apart(groups, hold{column, whole})
	}
	for g := range groups.strata() {
		of, l := groups.stratum(g), int32(0)
		if column != ofInstrument {
			l = t.columns[column].of[of[0]]
		}
		y := 0.0
		for _, i := range of {
			if t.problem[i] {
				y++
			}
		}
		runs, problems, level = append(runs, float64(len(of))), append(problems, y), append(level, l)
		n[l] += float64(len(of))
		x[l] += y
	}
	between, within, freedom, squares := 0.0, 0.0, 0.0, 0.0
	for g := range runs {
		mean, of := problems[g]/runs[g], x[level[g]]/n[level[g]]
		between += float64(float64(runs[g]*(mean-of)) * (mean - of))
		within += float64(problems[g] * (1 - mean))
		freedom++
		squares += float64(runs[g]*runs[g]) / n[level[g]]
	}
	total, used := 0.0, 0.0
	for _, v := range n {
		if total += v; v > 0 {
			used++
		}
	}
	free, rest := freedom-used, total-freedom
	if free < 1 || rest < 1 {
		return 0
	}
	size := (total - squares) / free
	if size <= 1 {
		return 0
	}
	b, w := between/free, within/rest
	if total := b + float64((size-1)*w); total > 0 {
		return max(0, (b-w)/total)
	}
	return 0
}
