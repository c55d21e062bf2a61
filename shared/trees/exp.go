package trees

import "math"

// exp is e^x to two thirds of a unit in the last place. math.Exp is written anew for each
// processor, and differs between them in the last place; this is the same everywhere:
// every product is rounded before it is added to.
func exp(x float64) float64 {
	const (
		// ln 2 in two parts; the first has its last 20 bits clear, so that its product
		// with the exponent is exact.
		ln2Upper = 0x1.62e42fefp-1
		ln2Lower = 0x1.473de6af278edp-34
		most     = 0x1.62e42fefa39efp+9  // e^x is infinite above
		least    = -0x1.74910d52d3051p+9 // and zero below
	)
	switch {
	case math.IsNaN(x):
		return x
	case x > most:
		return math.Inf(1)
	case x < least:
		return 0
	}
	// x = k ln 2 + r, with r at most half of ln 2 from zero; rest is what r's own
	// rounding lost.
	k := math.Floor(float64(x*math.Log2E) + .5)
	upper, lower := x-float64(k*ln2Upper), float64(k*ln2Lower)
	r := upper - lower
	rest := (upper - r) - lower
	// Taylor's series without its first two terms; the next is below 2^-57.
	sum := 0.0
	for _, c := range reciprocals {
		sum = float64(sum*r) + c
	}
	// And with them, and what adding them lost.
	first := 1 + r
	rest += (1 - first) + r
	return math.Ldexp(first+(float64(float64(r*r)*sum)+rest), int(k))
}

// reciprocals of the factorials 13! to 2!, rounded to float64 by the compiler.
var reciprocals = [...]float64{
	1. / 6227020800, 1. / 479001600, 1. / 39916800, 1. / 3628800, 1. / 362880, 1. / 40320,
	1. / 5040, 1. / 720, 1. / 120, 1. / 24, 1. / 6, 1. / 2,
}
