package factors

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-6*max(1, math.Abs(want)) {
		t.Errorf("%s = %.9g, want %.9g", what, got, want)
	}
}

// The figures are statsmodels 0.15.0's, proportion_confint(method="beta").
func TestClopperPearson(t *testing.T) {
	for _, c := range []struct{ x, n, low, high float64 }{
		{0, 20, 0, 0.16843347098308534}, {3, 20, 0.0320709371854637, 0.37892682654531396},
		{10, 100, 0.04900468922148595, 0.1762225977400227}, {20, 20, 0.8315665290169146, 1},
		{137, 1000, 0.11628168943368121, 0.15988096510541738}, {0, 0, 0, 1},
	} {
		low, high := ClopperPearson(c.x, c.n)
		near(t, "low", low, c.low)
		near(t, "high", high, c.high)
	}
}

// A bound of a count's mean leaves 2.5 % of the counts beyond what was seen.
func TestPoissonLeavesTheTails(t *testing.T) {
	if low, high := Poisson(0); low != 0 || math.Abs(high-3.688879454113936) > 1e-9 { // -ln 0.025
		t.Errorf("none seen: %g to %g", low, high)
	}
	for _, n := range []int{1, 3, 15, 100, 1639} {
		low, high := Poisson(n)
		near(t, "as many or more at low", 1-distuv.Poisson{Lambda: low}.CDF(float64(n-1)), 0.025)
		near(t, "as many or fewer at high", distuv.Poisson{Lambda: high}.CDF(float64(n)), 0.025)
	}
}

// A mid-P bound leaves 2.5 % beyond it, what was seen counted half.
func TestMidPLeavesTheTails(t *testing.T) {
	for _, c := range [][2]int{{0, 20}, {1, 7}, {3, 20}, {20, 20}, {137, 1000}} {
		x, n := c[0], c[1]
		low, high := MidP(x, n)
		tail := func(p float64) float64 {
			b := distuv.Binomial{N: float64(n), P: p}
			return b.CDF(float64(x)) - b.Prob(float64(x))/2
		}
		if x > 0 {
			near(t, "below low", 1-tail(low), 0.025)
		}
		if x < n {
			near(t, "above high", tail(high), 0.025)
		}
		if cl, ch := ClopperPearson(float64(x), float64(n)); low < cl-1e-12 || high > ch+1e-12 {
			t.Errorf("%d/%d: mid-P %g–%g is not within %g–%g", x, n, low, high, cl, ch)
		}
	}
}

// Exact coverage, by summing over everything that can be seen: Clopper and Pearson's never
// falls below 95 %, mid-P stays between 93 and 97 % on average over p.
func TestCoverageOfRates(t *testing.T) {
	for _, n := range []int{10, 40, 200} {
		type bounds struct{ el, eh, ml, mh float64 }
		all := make([]bounds, n+1)
		for x := range all {
			b := &all[x]
			b.el, b.eh = ClopperPearson(float64(x), float64(n))
			b.ml, b.mh = MidP(x, n)
		}
		mean, steps := 0.0, 0.0
		for p := 0.02; p < 0.985; p += 0.01 {
			exact, mid := 0.0, 0.0
			for x, b := range all {
				pr := distuv.Binomial{N: float64(n), P: p}.Prob(float64(x))
				if b.el <= p && p <= b.eh {
					exact += pr
				}
				if b.ml <= p && p <= b.mh {
					mid += pr
				}
			}
			if exact < 0.95 {
				t.Errorf("n %d, p %.2f: exact covers %.4f", n, p, exact)
			}
			mean, steps = mean+mid, steps+1
		}
		if mean /= steps; mean < 0.93 || mean > 0.97 {
			t.Errorf("n %d: mid-P covers %.4f on average", n, mean)
		}
	}
}

// Lots whose rates differ: shrunk rates are nearer the truth than raw ones, above all of
// small lots, and their intervals cover.
func TestShrunkRatesAreNearer(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	raw, near, covered, total := 0.0, 0.0, 0, 0
	for range 200 {
		truth, x, n := make([]float64, 20), make([]float64, 20), make([]float64, 20)
		for i := range truth {
			truth[i] = distuv.Beta{Alpha: 4, Beta: 36, Src: r}.Rand()
			n[i] = float64(5 + r.IntN(60))
			for range int(n[i]) {
				if r.Float64() < truth[i] {
					x[i]++
				}
			}
		}
		p := priorOf(x, n)
		for i := range truth {
			rate, credible := p.shrunk(x[i], n[i])
			raw += math.Pow(x[i]/n[i]-truth[i], 2)
			near += math.Pow(rate-truth[i], 2)
			if total++; credible.Contains(truth[i]) {
				covered++
			}
		}
	}
	if near > raw/2 {
		t.Errorf("squared error %g of the shrunk, %g of the raw", near, raw)
	}
	if c := float64(covered) / float64(total); c < 0.92 || c > 0.98 {
		t.Errorf("credible intervals cover %.3f", c)
	}
	t.Logf("squared error: %.2f of the raw; credible intervals cover %.3f", near/raw, float64(covered)/float64(total))
}
