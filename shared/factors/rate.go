package factors

import (
	"math"
	"strconv"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// confidence is that of every interval.
const confidence = 0.95

// Interval is a range of what a figure may truly be, 95 %.
type Interval struct {
	Low  float64  `json:"low"`
	High *float64 `json:"high"` // null: without bound
}

func interval(low, high float64) Interval {
	i := Interval{Low: rounded(low)}
	if !math.IsInf(high, 1) {
		high = rounded(high)
		i.High = &high
	}
	return i
}

// Top is High, +Inf where there is no bound.
func (i Interval) Top() float64 {
	if i.High == nil {
		return math.Inf(1)
	}
	return *i.High
}

// Contains tells whether v is in the interval.
func (i Interval) Contains(v float64) bool { return i.Low <= v && v <= i.Top() }

// digits is how many significant digits are reported and decided by. Distribution
// functions differ between processors in about the fifteenth: rounded, the same rows give
// the same bytes everywhere.
const digits = 6

func rounded(v float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', digits, 64), 64)
	if err != nil {
		return v // infinite or not a number
	}
	return r
}

// Rate is how often runs had the problem.
type Rate struct {
	Runs     int     `json:"runs"`
	Problems int     `json:"problems"`
	Rate     float64 `json:"rate"`
	// Exact is Clopper and Pearson's interval, MidP its mid-P form: both take runs for
	// independent.
	Exact Interval `json:"exact"`
	MidP  Interval `json:"mid_p"`
	// Clustered is Exact at the number of independent runs that these are worth, for runs
	// of one instrument are alike (Korn and Graubard 1998): Runs / DesignEffect.
	Clustered    Interval `json:"clustered"`
	DesignEffect float64  `json:"design_effect"`
}

// rateOf is the rate of so many problems in so many runs; alike is the correlation of runs
// of one instrument, size the runs of the instrument that a run of these is from, on average.
func rateOf(problems, runs int, alike, size float64) Rate {
	x, n := float64(problems), float64(runs)
	effect := max(1, 1+float64(alike*(size-1)))
	r := Rate{Runs: runs, Problems: problems, Rate: rounded(x / max(n, 1)), DesignEffect: rounded(effect)}
	r.Exact = interval(ClopperPearson(x, n))
	r.MidP = interval(MidP(problems, runs))
	r.Clustered = interval(ClopperPearson(x/effect, n/effect))
	return r
}

// ClopperPearson is the exact 95 % interval of a probability of which x in n were seen; 0
// to 1 if n is 0. Neither has to be whole.
func ClopperPearson(x, n float64) (low, high float64) {
	const tail = (1 - confidence) / 2
	high = 1
	if x > 0 {
		low = distuv.Beta{Alpha: x, Beta: n - x + 1}.Quantile(tail)
	}
	if x < n {
		high = distuv.Beta{Alpha: x + 1, Beta: n - x}.Quantile(1 - tail)
	}
	return low, high
}

// Poisson is the exact 95 % interval of the mean of a count of which n were seen (Garwood
// 1936).
func Poisson(n int) (low, high float64) {
	const tail = (1 - confidence) / 2
	if n > 0 {
		low = mathext.GammaIncRegInv(float64(n), tail)
	}
	return low, mathext.GammaIncRegInv(float64(n)+1, 1-tail)
}

// MidP is the mid-P 95 % interval of a probability of which x in n were seen: what was
// seen counts half in each tail. It covers 95 % on average, where ClopperPearson covers
// 95 % at least.
func MidP(x, n int) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	const tail = (1 - confidence) / 2
	high = 1
	if x > 0 {
		low = solve(func(p float64) bool { return (atLeast(x, n, p)+atLeast(x+1, n, p))/2 > tail })
	}
	if x < n {
		high = solve(func(p float64) bool { return (atLeast(x, n, p)+atLeast(x+1, n, p))/2 > 1-tail })
	}
	return low, high
}

// atLeast is the probability of x or more in n.
func atLeast(x, n int, p float64) float64 {
	if x <= 0 {
		return 1
	}
	if x > n {
		return 0
	}
	return mathext.RegIncBeta(float64(x), float64(n-x+1), p)
}

// solve is the probability from which on a condition holds.
func solve(holds func(float64) bool) float64 {
	low, high := 0.0, 1.0
	for range 48 { // to 4e-15
		if middle := (low + high) / 2; holds(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return (low + high) / 2
}
