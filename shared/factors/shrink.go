package factors

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// prior is what the levels of a factor have in common: beta distributions of their rates,
// each with how likely all levels' runs make it (empirical Bayes, beta-binomial). A small
// lot is judged mostly by it, a large one by its own runs. It is a list and not the
// likeliest alone: that would take what is common for known, and its intervals too narrow.
type prior []weighted

type weighted struct{ alpha, beta, weight float64 }

// priorOf weighs a fixed grid: of means, up to three standard errors either side of the rate
// of all levels together, and of how many runs the prior is worth, 1 to 65,536. Before the
// runs are looked at, every shrinkage of a level of usual size is as likely (Daniels 1999).
func priorOf(problems, runs []float64) prior {
	x, n := 0.5, 1.0 // never 0 or all
	for i := range runs {
		x, n = x+problems[i], n+runs[i]
	}
	const means = 4 // either side
	var p prior
	most := math.Inf(-1)
	for step := -means; step <= means; step++ {
		// On the scale of log odds, where no step leaves 0 to 1.
		centre := math.Log(x/(n-x)) + float64(float64(step)*3/means*spreadOf(problems, runs, x, n))
		mean := 1 / (1 + math.Exp(-centre))
		for worth := 1.0; worth <= 65536; worth *= 2 {
			w := weighted{float64(mean * worth), float64((1 - mean) * worth), 0}
			w.weight = math.Log(worth) - 2*math.Log(worth+n/float64(len(runs)))
			for i := range runs {
				w.weight += mathext.Lbeta(w.alpha+problems[i], w.beta+runs[i]-problems[i]) - mathext.Lbeta(w.alpha, w.beta)
			}
			most = max(most, w.weight)
			p = append(p, w)
		}
	}
	const negligible = 1e-3
	for i := range p {
		p[i].weight = rounded(math.Exp(p[i].weight - most))
	}
	return slices.DeleteFunc(p, func(w weighted) bool { return w.weight < negligible })
}

// spreadOf is the standard error of the mean's log odds, if levels differ as they do.
func spreadOf(problems, runs []float64, x, n float64) float64 {
	mean, between := x/n, 0.0
	for i := range runs {
		d := problems[i] - float64(mean*runs[i])
		between += float64(d * d)
	}
	return math.Sqrt(max(between, float64(float64(n*mean)*(1-mean)))) / float64(float64(n*mean)*(1-mean))
}

// shrunk is a level's rate in the light of the others', with its 95 % credible interval.
func (p prior) shrunk(problems, runs float64) (rate float64, credible Interval) {
	total, mean, square := 0.0, 0.0, 0.0
	for _, w := range p {
		a, b := w.alpha+problems, w.beta+runs-problems
		m := a / (a + b)
		total += w.weight
		mean += float64(w.weight * m)
		square += float64(w.weight*m) * (a + 1) / (a + b + 1)
	}
	mean /= total
	deviation := math.Sqrt(max(0, square/total-float64(mean*mean)))
	low, high := p.between(problems, runs, math.Log(mean/(1-mean)), deviation/float64(mean*(1-mean)))
	return rounded(mean), interval(low, high)
}

// between is the credible interval, by adding up the density over log odds: seven standard
// deviations either side of the mean in 100 steps.
func (p prior) between(problems, runs, centre, deviation float64) (low, high float64) {
	const steps = 100
	step := 14 * deviation / steps
	constants := make([]float64, len(p))
	for i, w := range p {
		constants[i] = math.Log(w.weight) - mathext.Lbeta(w.alpha+problems, w.beta+runs-problems)
	}
	var sums [steps + 1]float64
	rate := func(at float64) float64 { return 1 / (1 + math.Exp(-(centre + float64((at-steps/2)*step)))) }
	for s := range sums {
		r := rate(float64(s))
		yes, no := math.Log(r), math.Log1p(-r)
		if s > 0 {
			sums[s] = sums[s-1] //nolint:gosec // G602: within the list, see the loop
		}
		for i, w := range p {
			sums[s] += math.Exp(constants[i] + float64((w.alpha+problems)*yes) + float64((w.beta+runs-problems)*no))
		}
	}
	at := func(tail float64) float64 {
		want := float64(tail * sums[steps])
		s, _ := slices.BinarySearch(sums[:], want)
		if s == 0 {
			return rate(0)
		}
		return rate(float64(s-1) + (want-sums[s-1])/(sums[s]-sums[s-1]))
	}
	return at((1 - confidence) / 2), at((1 + confidence) / 2)
}
