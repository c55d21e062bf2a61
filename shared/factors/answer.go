package factors

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"proactive/shared/aggregate"
)

// report writes down what was found.
func (a *analysis) report(q Question) Report {
	r := Report{
		Format: Format, Problem: q.Problem, Instruments: len(a.columns[ofInstrument].labels) - 1, Tenants: len(a.columns[ofTenant].labels) - 1,
		FalseDiscovery: falseDiscovery, Tests: a.tests, Findings: []Finding{}, Factors: []Factor{},
	}
	problems := 0
	for _, y := range a.problem {
		if y {
			problems++
		}
	}
	size := 0.0
	perInstrument := make([]float64, len(a.columns[ofInstrument].labels))
	for _, i := range a.columns[ofInstrument].of {
		perInstrument[i]++
	}
	for _, n := range perInstrument {
		size += n * n / max(1, float64(a.runs()))
	}
	if q.Tenant != "" || r.Tenants >= aggregate.Least {
		overall := rateOf(problems, a.runs(), a.alike(ofInstrument), size)
		r.Overall = &overall
	}
	var findings []*judged
	for factor := firstFactor; factor < firstFactor+a.factors; factor++ {
		f := Factor{Factor: a.columns[factor].name, Levels: []Level{}}
		if u := a.unknown[factor-firstFactor]; u.shown {
			f.Unknown = &u.runs
		}
		of := slices.DeleteFunc(slices.Clone(a.levels), func(j *judged) bool { return j.factor != factor })
		p := a.prior(of)
		for _, j := range of {
			f.Levels = append(f.Levels, a.level(j, p))
			if j.answer == Higher || j.answer == Lower || j.answer == Inseparable {
				findings = append(findings, j)
			}
		}
		r.Factors = append(r.Factors, f)
	}
	slices.SortStableFunc(findings, surer)
	for _, j := range findings {
		r.Findings = append(r.Findings, Finding{
			Factor: a.columns[j.factor].name, Level: a.columns[j.factor].labels[j.level], Answer: j.answer,
			Ratio: figure(j.comparison.cut.ratio()), Q: j.q,
		})
	}
	return r
}

// effect is the design effect at a level: how many of its runs are worth one.
func (a *analysis) effect(j *judged) float64 { return max(1, 1+float64(a.alike(j.factor)*(j.size-1))) }

// prior of a factor, from all its levels: one that is withheld hides among them.
func (a *analysis) prior(of []*judged) prior {
	var problems, runs []float64
	for _, j := range of {
		problems = append(problems, j.problems/a.effect(j))
		runs = append(runs, j.runs/a.effect(j))
	}
	return priorOf(problems, runs)
}

func (a *analysis) level(j *judged, p prior) Level {
	l := Level{Level: a.columns[j.factor].labels[j.level], Answer: j.answer, Reason: j.reason, By: j.by}
	if j.answer == Withheld {
		return l
	}
	rate := rateOf(int(j.problems), int(j.runs), a.alike(j.factor), j.size)
	shrunk, between := p.shrunk(j.problems/a.effect(j), j.runs/a.effect(j))
	l.Instruments, l.Tenants, l.Rate, l.Shrunk, l.ShrunkInterval = len(j.instruments), len(j.tenants), &rate, &shrunk, &between
	if j.comparison != nil {
		test := a.intervals(j.comparison)
		test.Q, test.Differs = j.q, j.differs
		l.Test = &test
	}
	return l
}

// intervals of a comparison.
func (a *analysis) intervals(c *comparison) Test {
	t := Test{Within: c.within, Held: []string{}, Strata: len(c.cut.strata), P: c.p.both(), PRuns: c.byRuns.both(), PInstruments: c.byInstruments.both()}
	for _, h := range c.held {
		if h.column != ofInstrument {
			t.Held = append(t.Held, a.name(h.column, h.level))
		}
	}
	m := c.cut.mantelHaenszel
	t.OddsRatio, t.RiskRatio = figure(m.ratio()), figure(m.risk)
	if m.finite() {
		risk := interval(around(m.risk, m.riskLog, normal))
		t.RiskInterval = &risk
	}
	if c.cut.small() || !m.finite() {
		d, k := conditionalOf(c.cut.strata), c.cut.problems()
		t.Exact = true
		t.Runs = interval(d.interval(k, 1))
		half := interval(d.interval(k, 0.5))
		t.MidP = &half
	} else {
		t.Runs = interval(around(m.ratio(), m.logVariance, normal))
	}
	t.Interval = t.Runs
	if variance, freedom, ok := c.cut.jackknife(c.cut.members(), c.within); ok && m.finite() {
		quantile := distuv.StudentsT{Sigma: 1, Nu: freedom}.Quantile((1 + confidence) / 2)
		i := interval(around(m.ratio(), variance, quantile))
		t.Instruments = &i
		t.Interval.Low = min(t.Interval.Low, i.Low)
		if t.Interval.High != nil && i.Top() > *t.Interval.High {
			t.Interval.High = i.High
		}
	}
	return t
}

// figure is v, nil if it is none or not finite.
func figure(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	v = rounded(v)
	return &v
}
