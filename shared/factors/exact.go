package factors

import "math"

// conditional is the distribution of the number of problems among the exposed runs, given
// how many of each stratum's runs were exposed and how many had the problem (Fisher 1935;
// of several strata, Cox 1966). Its one parameter is the odds ratio. p is by the number,
// from low on, at an odds ratio of 1.
//
// It is arithmetic only, in a fixed order and without a fused step: the same bits on every
// processor.
type conditional struct {
	low int
	p   []float64
}

func conditionalOf(strata []stratum) conditional {
	d := conditional{p: []float64{1}}
	for _, s := range strata {
		low, p := hypergeometric(s)
		sum := make([]float64, len(d.p)+len(p)-1)
		for i, a := range d.p {
			for j, b := range p {
				sum[i+j] += float64(a * b)
			}
		}
		d.low, d.p = d.low+low, sum
	}
	return d
}

// hypergeometric is the same of one stratum.
func hypergeometric(s stratum) (low int, p []float64) {
	exposed, rest, problems := s.exposed, s.rest, s.exposedProblems+s.restProblems
	low = max(0, problems-rest)
	high := min(exposed, problems)
	// From the mode outward, where nothing overflows and only what is 0 underflows.
	p = make([]float64, high-low+1)
	mode := (exposed + 1) * (problems + 1) / (exposed + rest + 2)
	mode = min(max(mode, low), high)
	// odds is p(k+1)/p(k).
	odds := func(k int) float64 {
		return float64(float64((exposed-k)*(problems-k)) / float64((k+1)*(rest-problems+k+1)))
	}
	p[mode-low] = 1
	total := 1.0
	for k := mode; k < high; k++ {
		p[k+1-low] = float64(p[k-low] * odds(k))
		total += p[k+1-low]
	}
	for k := mode; k > low; k-- {
		p[k-1-low] = float64(p[k-low] / odds(k-1))
		total += p[k-1-low]
	}
	for k := range p {
		p[k] /= total
	}
	return low, p
}

// tails are the probabilities, at an odds ratio, of fewer than k, of k, and of more.
func (d conditional) tails(k int, ratio float64) (fewer, equal, more float64) {
	at := k - d.low
	equal = d.p[at]
	power := 1.0
	for i := at - 1; i >= 0 && power > 0; i-- {
		power /= ratio
		fewer += float64(d.p[i] * power)
	}
	power = 1
	for i := at + 1; i < len(d.p); i++ {
		power = float64(power * ratio)
		more += float64(d.p[i] * power)
	}
	switch {
	case math.IsInf(more, 1) || math.IsNaN(more):
		return 0, 0, 1
	case math.IsInf(fewer, 1) || math.IsNaN(fewer):
		return 1, 0, 0
	}
	total := fewer + equal + more
	return fewer / total, equal / total, more / total
}

// midP is the mid-P values of k problems among the exposed if the odds are the same.
func (d conditional) midP(k int) sides {
	fewer, equal, more := d.tails(k, 1)
	return sides{rounded(more + equal/2), rounded(fewer + equal/2)}
}

// interval of the odds ratio, with the given part of what was seen in each tail: 1 for the
// exact one (Cornfield 1956), 1/2 for mid-P.
func (d conditional) interval(k int, part float64) (low, high float64) {
	const tail = (1 - confidence) / 2
	high = math.Inf(1)
	if k > d.low {
		low = cross(func(ratio float64) bool {
			_, equal, more := d.tails(k, ratio)
			return more+float64(part*equal) > tail
		})
	}
	if k < d.low+len(d.p)-1 {
		high = cross(func(ratio float64) bool {
			fewer, equal, _ := d.tails(k, ratio)
			return fewer+float64(part*equal) <= tail
		})
	}
	return low, high
}

// cross is the odds ratio from which on a condition holds, between 1e-9 and 1e9.
func cross(holds func(float64) bool) float64 {
	low, high := 1e-9, 1e9
	for range 64 {
		if middle := math.Sqrt(float64(low * high)); holds(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return math.Sqrt(float64(low * high))
}
