package publicsets

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Difference is a paired bootstrap of ours minus theirs: the same engines, machines or rows
// drawn for both, with replacement.
type Difference struct {
	Theirs float64 `json:"theirs"` // what the baseline's predictions come to
	Mean   float64 `json:"mean"`   // ours minus theirs, of the set itself
	Low    float64 `json:"low"`    // 2.5 %
	High   float64 `json:"high"`   // 97.5 %
	// Better is the share of draws in which ours is better.
	Better float64 `json:"better"`
}

// PairedRMSE is the difference of two root mean squared errors over draws sets of engines.
// Below zero is ours better.
func PairedRMSE(ours, theirs, truth []float64, draws int, seed uint64) Difference {
	return paired(len(truth), draws, seed, -1, func(times []float64) (a, b float64) {
		return weightedRMSE(ours, truth, times), weightedRMSE(theirs, truth, times)
	})
}

// PairedNASAScore is the same of the scores, for as many engines as there are.
func PairedNASAScore(ours, theirs, truth []float64, draws int, seed uint64) Difference {
	charge := func(predicted, times []float64) (sum float64) {
		for i, n := range times {
			sum += float64(n * nasaCharge(predicted[i]-truth[i]))
		}
		return sum
	}
	return paired(len(truth), draws, seed, -1, func(times []float64) (a, b float64) {
		return charge(ours, times), charge(theirs, times)
	})
}

// Scored are predictions of the same rows by two models: of a component, or of a fold.
type Scored struct {
	Ours, Theirs []float64
	Positive     []bool
	// Unit is the number of what is drawn (a machine, a part): all its rows, in every Scored.
	Unit []int
}

// PairedAUPRC is the difference of the means over parts of two areas under the
// precision-recall curve, over draws sets of units. Above zero is ours better.
func PairedAUPRC(parts []Scored, draws int, seed uint64) Difference {
	at := map[int]int{} // each unit's place, from 0
	var ours, theirs []ranking
	for _, p := range parts {
		unit := make([]int, len(p.Unit))
		for i, u := range p.Unit {
			if _, known := at[u]; !known {
				at[u] = len(at)
			}
			unit[i] = at[u]
		}
		ours, theirs = append(ours, rank(p.Ours, p.Positive, unit)), append(theirs, rank(p.Theirs, p.Positive, unit))
	}
	mean := func(of []ranking, times []float64) (sum float64) {
		for _, r := range of {
			sum += r.auprc(times)
		}
		return sum / float64(len(of))
	}
	return paired(len(at), draws, seed, 1, func(times []float64) (a, b float64) { return mean(ours, times), mean(theirs, times) })
}

// paired draws units; measure is told how many times each was drawn. A sign of 1 means that
// more is better, -1 that less is.
func paired(units, draws int, seed uint64, sign float64, measure func(times []float64) (ours, theirs float64)) Difference {
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // a bootstrap that can be repeated
	times := make([]float64, units)
	all := make([]float64, draws)
	better := 0
	for d := range all {
		clear(times)
		for range units {
			times[random.IntN(units)]++
		}
		ours, theirs := measure(times)
		if all[d] = ours - theirs; sign*all[d] > 0 {
			better++
		}
	}
	slices.Sort(all)
	for i := range times {
		times[i] = 1
	}
	ours, theirs := measure(times)
	return Difference{
		Theirs: theirs, Mean: ours - theirs, Low: all[draws*25/1000], High: all[draws*975/1000-1],
		Better: float64(better) / float64(draws),
	}
}

func weightedRMSE(predicted, truth, times []float64) float64 {
	sum, n := 0.0, 0.0
	for i, w := range times {
		d := predicted[i] - truth[i]
		sum += float64(w * float64(d*d))
		n += w
	}
	return math.Sqrt(sum / n)
}

// ranking is rows from the highest score down, sorted once for all draws.
type ranking struct {
	unit     []int
	positive []bool
	last     []bool // the last row of its score
}

func rank(score []float64, positive []bool, unit []int) ranking {
	order := descending(score)
	r := ranking{unit: pick(unit, order), positive: pick(positive, order), last: make([]bool, len(order))}
	for i, row := range order {
		r.last[i] = i+1 == len(order) || score[order[i+1]] != score[row]
	}
	return r
}

// auprc is AUPRC where each unit's rows stand times over; 0 without a positive.
func (r ranking) auprc(times []float64) float64 {
	area, alarms, hit, before := 0.0, 0.0, 0.0, 0.0
	for i, u := range r.unit {
		alarms += times[u]
		if r.positive[i] {
			hit += times[u]
		}
		if r.last[i] && hit > before {
			area += float64((hit - before) * (hit / alarms))
			before = hit
		}
	}
	if hit == 0 {
		return 0
	}
	return area / hit
}
