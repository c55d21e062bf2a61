package year

import (
	"crypto/sha256"
	"fmt"
	"math"
	"math/rand/v2"
)

// The same bits on every machine: math.Exp and math.Log are assembly on some, and a
// compiler may fuse a product with a sum on others. So these are our own, and every
// product that is added to is rounded first, float64(x*y). Square root, floor and the
// four operations are exact everywhere. TestNothingFused looks at the compiled code.

const (
	ln2High = 6.93147180369123816490e-01
	ln2Low  = 1.90821492927058770002e-10
)

// exp is e^x within 2 units in the last place for |x| < 700.
func exp(x float64) float64 {
	k := math.Floor(float64(x/(ln2High+ln2Low)) + .5)
	r := x - float64(k*ln2High) - float64(k*ln2Low)
	sum := 1.0
	for n := 13.0; n >= 1; n-- { // r is at most 0.35: the next term is below 1e-17
		sum = 1 + float64(float64(r*sum)/n)
	}
	return math.Ldexp(sum, int(k))
}

// ln is the natural logarithm of x > 0.
func ln(x float64) float64 {
	m, e := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m *= 2
		e--
	}
	s := (m - 1) / (m + 1) // ln m = 2·artanh s, |s| < 0.172
	square := float64(s * s)
	sum := 0.0
	for n := 25.0; n >= 1; n -= 2 {
		sum = 1/n + float64(square*sum)
	}
	return float64(2*s*sum) + float64(float64(e)*ln2Low) + float64(float64(e)*ln2High)
}

// sine of a share of a full turn.
func sine(turns float64) float64 {
	turns -= math.Floor(turns + .5) // -½ to ½
	if turns > .25 {
		turns = .5 - turns
	} else if turns < -.25 {
		turns = -.5 - turns
	}
	x := float64(turns * 2 * math.Pi)
	square := float64(x * x)
	sum := 1.0
	for n := 20.0; n >= 2; n -= 2 {
		sum = 1 - float64(float64(square*sum)/float64(n*(n+1)))
	}
	return float64(x * sum)
}

// stream is a source of numbers of its own for each purpose: what one draws does not
// move what another does.
type stream struct{ *rand.Rand }

func (g *generator) stream(purpose ...any) stream {
	sum := sha256.Sum256(fmt.Append(nil, append([]any{"proactive year\n", g.Seed, "\n"}, purpose...)...))
	return stream{rand.New(rand.NewChaCha8(sum))}
}

// between a and b, uniform.
func (s stream) between(a, b float64) float64 { return a + float64((b-a)*s.Float64()) }

// chance is true with probability p.
func (s stream) chance(p float64) bool { return s.Float64() < p }

// normal is a standard normal cut at 4. (NormFloat64 of the library compares rounded
// products, which fuse on some machines.)
func (s stream) normal() float64 { return max(-4, min(4, quantile(s.Float64()))) }

// heavy is a normal with heavier tails: one in thirty is three times as wide.
func (s stream) heavy() float64 {
	u := s.Float64()
	if u < 1.0/30 {
		return float64(3 * s.normal())
	}
	return s.normal()
}

// count is a Poisson number.
func (s stream) count(mean float64) int {
	if mean > 30 { // a normal does
		return int(max(0, math.Floor(mean+float64(math.Sqrt(mean)*s.normal())+.5)))
	}
	n, p, end := 0, s.Float64(), exp(-mean)
	for p > end {
		n++
		p *= s.Float64()
	}
	return n
}

// quantile of the standard normal: the rational approximation of P. J. Acklam, relative
// error below 1.2e-9.
func quantile(u float64) float64 {
	const edge = .02425
	switch {
	case u <= 0:
		return -8
	case u < edge:
		return tail(math.Sqrt(-2 * ln(u)))
	case u > 1-edge:
		return -tail(math.Sqrt(-2 * ln(1-u)))
	}
	q := u - .5
	r := float64(q * q)
	return float64(polynomial(r, -3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02, 1.383577518672690e+02, -3.066479806614716e+01, 2.506628277459239e+00)*q) /
		polynomial(r, -5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01, -1.328068155288572e+01, 1)
}

func tail(q float64) float64 {
	return polynomial(q, -7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00, -2.549732539343734e+00, 4.374664141464968e+00, 2.938163982698783e+00) /
		polynomial(q, 7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00, 1)
}

func polynomial(x float64, coefficients ...float64) float64 {
	sum := 0.0
	for _, c := range coefficients {
		sum = float64(sum*x) + c
	}
	return sum
}

// rounded to five significant digits: more than any sensor has.
func rounded(v float64) float64 {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return v
	}
	digits := 0
	for a := math.Abs(v); a < 1e4 && digits < 12; a *= 10 {
		digits++
	}
	scale := powersOfTen[digits]
	return math.Floor(float64(v*scale)+.5) / scale
}

var powersOfTen = [13]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12}
