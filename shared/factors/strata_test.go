package factors

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// four strata: exposed with and without the problem, the rest with and without.
var four = []stratum{
	{200, 12, 600, 30}, {100, 25, 200, 40}, {30, 9, 140, 18}, {50, 4, 50, 2},
}

// The figures are statsmodels 0.15.0's, StratifiedTable.
func TestMantelHaenszel(t *testing.T) {
	m := mantelHaenszelOf(four)
	near(t, "odds ratio", m.ratio(), 1.4986066202530417)
	near(t, "its standard error (Robins, Breslow, Greenland)", math.Sqrt(m.logVariance), 0.19611292039506018)
	near(t, "risk ratio", m.risk, 1.4025872206977654)
	near(t, "Cochran, Mantel and Haenszel's test", m.difference*m.difference/m.variance, 4.301478551888172)
	low, high := around(m.ratio(), m.logVariance, normal)
	near(t, "low", low, 1.0203661114467752)
	near(t, "high", high, 2.2009960709905365)
	// Tarone's of three other strata, large enough for all of them to be judged.
	large := []stratum{{200, 12, 600, 30}, {100, 25, 200, 40}, {30, 19, 140, 18}}
	near(t, "odds ratio", mantelHaenszelOf(large).ratio(), 1.9499973087894933)
	p, ok := tarone(large, mantelHaenszelOf(large).ratio())
	if near(t, "Tarone's P", p, 2.8692743177627378e-05); !ok || p < 2.86e-5 || p > 2.88e-5 {
		t.Errorf("Tarone's P %g %v", p, ok)
	}
	if _, ok := tarone([]stratum{{5, 1, 5, 1}, {5, 2, 5, 1}}, 1.5); ok {
		t.Error("small strata were judged")
	}
}

// The figures are scipy 1.17.1's, contingency.odds_ratio(kind="conditional").
func TestExactOddsRatio(t *testing.T) {
	for _, c := range []struct {
		s         stratum
		low, high float64
	}{
		{stratum{10, 7, 10, 2}, 0.8821151869366868, 127.00902532429122},
		{stratum{20, 1, 40, 0}, 0.051282051282051655, math.Inf(1)},
		{stratum{20, 15, 80, 30}, 1.5063409987217542, 19.103428053812678},
	} {
		low, high := conditionalOf([]stratum{c.s}).interval(c.s.exposedProblems, 1)
		near(t, "low", low, c.low)
		if !math.IsInf(c.high, 1) || !math.IsInf(high, 1) {
			near(t, "high", high, c.high)
		}
		ml, mh := conditionalOf([]stratum{c.s}).interval(c.s.exposedProblems, 0.5)
		if ml < low || mh > high {
			t.Errorf("mid-P %g–%g is not within %g–%g", ml, mh, low, high)
		}
	}
}

// The distribution over strata is that of choosing, in each, which runs have the problem.
func TestConditionalIsCounting(t *testing.T) {
	choose := func(n, k int) float64 {
		v := 1.0
		for i := range k {
			v = v * float64(n-i) / float64(i+1)
		}
		return v
	}
	some := rapid.Custom(func(t *rapid.T) stratum {
		s := stratum{exposed: rapid.IntRange(0, 8).Draw(t, "exposed"), rest: rapid.IntRange(0, 8).Draw(t, "rest")}
		s.exposedProblems = rapid.IntRange(0, s.exposed).Draw(t, "a")
		s.restProblems = rapid.IntRange(0, s.rest).Draw(t, "c")
		return s
	})
	rapid.Check(t, func(t *rapid.T) {
		strata := rapid.SliceOfN(some, 1, 3).Draw(t, "strata")
		want := map[int]float64{0: 1}
		seen := 0
		for _, s := range strata {
			next := map[int]float64{}
			y := s.exposedProblems + s.restProblems
			for k, v := range want {
				for a := range s.exposed + 1 {
					if y-a >= 0 && y-a <= s.rest {
						next[k+a] += v * choose(s.exposed, a) * choose(s.rest, y-a) / choose(s.exposed+s.rest, y)
					}
				}
			}
			want = next
			seen += s.exposedProblems
		}
		d := conditionalOf(strata)
		for i, p := range d.p {
			if math.Abs(p-want[d.low+i]) > 1e-12 {
				t.Fatalf("P(%d) = %g, want %g", d.low+i, p, want[d.low+i])
			}
		}
		fewer, equal, more := d.tails(seen, 2.5)
		var f, e, m float64
		for k, v := range want {
			v *= math.Pow(2.5, float64(k))
			switch {
			case k < seen:
				f += v
			case k == seen:
				e += v
			default:
				m += v
			}
		}
		if all := f + e + m; math.Abs(fewer-f/all)+math.Abs(equal-e/all)+math.Abs(more-m/all) > 1e-9 {
			t.Fatalf("tails %g %g %g, want %g %g %g", fewer, equal, more, f/all, e/all, m/all)
		}
	})
}
