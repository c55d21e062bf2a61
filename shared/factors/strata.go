package factors

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// stratum is the runs that have in common what is held fixed.
type stratum struct {
	exposed, exposedProblems int
	rest, restProblems       int
}

func (s stratum) runs() float64 { return float64(s.exposed + s.rest) }

// mantelHaenszel is what strata have in common (Mantel and Haenszel 1959). Over and under
// are the numerator and the denominator of the odds ratio.
type mantelHaenszel struct {
	over, under float64
	logVariance float64 // of the log odds ratio: Robins, Breslow and Greenland 1986
	risk        float64 // ratio
	riskLog     float64 // variance of its log: Greenland and Robins 1985
	// difference is problems among the exposed less those expected, and its variance, given
	// the margins, if the odds are the same.
	difference, variance float64
	information          float64 // Σ exposed·rest/runs
}

func mantelHaenszelOf(strata []stratum) mantelHaenszel {
	var m mantelHaenszel
	var pr, psqr, qs, overRisk, underRisk, spread float64
	for _, s := range strata {
		n, e, r := s.runs(), float64(s.exposed), float64(s.rest)
		a, c := float64(s.exposedProblems), float64(s.restProblems)
		b, d := e-a, r-c
		over, under := float64(a*d)/n, float64(b*c)/n
		p, q := (a+d)/n, (b+c)/n
		m.over += over
		m.under += under
		pr += float64(p * over)
		psqr += float64(p*under) + float64(q*over)
		qs += float64(q * under)
		overRisk += float64(a*r) / n
		underRisk += float64(c*e) / n
		spread += float64(float64(float64(e*r)*(a+c))-float64(float64(a*c)*n)) / float64(n*n)
		m.difference += a - float64(e*(a+c))/n
		if n > 1 {
			m.variance += float64(float64(e*r)*float64((a+c)*(b+d))) / float64(float64(n*n)*(n-1))
		}
		m.information += float64(e*r) / n
	}
	m.logVariance = float64(pr/float64(2*float64(m.over*m.over))) + float64(psqr/float64(2*float64(m.over*m.under))) + float64(qs/float64(2*float64(m.under*m.under)))
	m.risk = overRisk / underRisk
	m.riskLog = spread / float64(overRisk*underRisk)
	return m
}

// ratio is the common odds ratio: 0 or +Inf where one side has no problem, and not a
// number where neither can.
func (m mantelHaenszel) ratio() float64 { return m.over / m.under }

// finite tells whether both sides have runs with and without the problem.
func (m mantelHaenszel) finite() bool { return m.over > 0 && m.under > 0 }

// around is ratio×exp(±t·√variance).
func around(ratio, variance, t float64) (low, high float64) {
	w := math.Exp(float64(t * math.Sqrt(variance)))
	return ratio / w, ratio * w
}

// normal is the two-sided quantile of the standard normal at confidence.
var normal = distuv.UnitNormal.Quantile((1 + confidence) / 2)

// tarone is the P value of Breslow and Day's test, with Tarone's correction, that strata
// have one odds ratio. It says nothing (false) unless in two strata or more each of the
// four counts is expected to be 3 or more.
func tarone(strata []stratum, ratio float64) (p float64, ok bool) {
	sum, off, spread, used := 0.0, 0.0, 0.0, 0
	for _, s := range strata {
		e, r, y := float64(s.exposed), float64(s.rest), float64(s.exposedProblems+s.restProblems)
		expected := expectedAt(e, r, y, ratio)
		cells := [4]float64{expected, e - expected, y - expected, r - y + expected}
		if min(cells[0], cells[1], cells[2], cells[3]) < 3 {
			continue
		}
		v := 1 / (1/cells[0] + 1/cells[1] + 1/cells[2] + 1/cells[3])
		d := float64(s.exposedProblems) - expected
		sum += float64(d*d) / v
		off += d
		spread += v
		used++
	}
	if used < 2 {
		return 0, false
	}
	sum = max(0, sum-float64(off*off)/spread)
	return distuv.ChiSquared{K: float64(used - 1)}.Survival(sum), true
}

// expectedAt is how many of y problems are expected among e exposed and r other runs at an
// odds ratio: the root of a quadratic that lies within the margins.
func expectedAt(e, r, y, ratio float64) float64 {
	if math.Abs(ratio-1) < 1e-9 {
		return float64(e*y) / (e + r)
	}
	b := float64(ratio*(e+y)) + r - y
	root := math.Sqrt(max(0, float64(b*b)-float64(float64(4*float64(ratio*(ratio-1)))*float64(e*y))))
	return (b - root) / float64(2*(ratio-1))
}
