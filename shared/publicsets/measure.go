package publicsets

import (
	"math"
	"slices"
)

// RMSE is the root of the mean squared error.
func RMSE(predicted, truth []float64) float64 {
	sum := 0.0
	for i, p := range predicted {
		sum += float64((p - truth[i]) * (p - truth[i]))
	}
	return math.Sqrt(sum / float64(len(truth)))
}

// NASAScore is the sum over engines of what NASA's challenge of 2008 charges: e^(d/10) − 1
// for a prediction d cycles too late, e^(−d/13) − 1 for one too early. Lower is better.
func NASAScore(predicted, truth []float64) float64 {
	sum := 0.0
	for i, p := range predicted {
		sum += nasaCharge(p - truth[i])
	}
	return sum
}

func nasaCharge(late float64) float64 {
	if late < 0 {
		return math.Exp(-late/13) - 1
	}
	return math.Exp(late/10) - 1
}

// cut is what happens at a threshold: rows with a score of Score or more are alarms.
type cut struct {
	score       float64
	alarms, hit int // rows at or above it, and how many of them are positive
}

// cuts of every score that occurs, the highest first.
func cuts(score []float64, positive []bool) []cut {
	order := descending(score)
	var out []cut
	now := cut{}
	for i, row := range order {
		now.alarms, now.score = now.alarms+1, score[row]
		if positive[row] {
			now.hit++
		}
		if i+1 == len(order) || score[order[i+1]] != now.score {
			out = append(out, now)
		}
	}
	return out
}

// descending are the rows from the highest score to the lowest, equal ones as they stood.
func descending(score []float64) []int {
	order := make([]int, len(score))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case score[a] > score[b]:
			return -1
		case score[a] < score[b]:
			return 1
		}
		return 0
	})
	return order
}

func count(positive []bool) int {
	n := 0
	for _, p := range positive {
		if p {
			n++
		}
	}
	return n
}

// AUPRC is the area under the precision-recall curve as average precision: over thresholds
// from the highest down, precision times the recall gained, rows of equal score together. NaN
// without a positive.
func AUPRC(score []float64, positive []bool) float64 {
	n := count(positive)
	if n == 0 {
		return math.NaN()
	}
	area, before := 0.0, 0
	for _, c := range cuts(score, positive) {
		area += float64(float64(c.hit-before) / float64(n) * float64(c.hit) / float64(c.alarms))
		before = c.hit
	}
	return area
}

// F1 is the harmonic mean of precision and recall of alarms at scores of threshold or more.
func F1(score []float64, positive []bool, threshold float64) (f1, precision, recall float64) {
	alarms, hit := 0, 0
	for i, s := range score {
		if s >= threshold {
			alarms++
			if positive[i] {
				hit++
			}
		}
	}
	return harmonic(hit, alarms, count(positive))
}

func harmonic(hit, alarms, positives int) (f1, precision, recall float64) {
	if alarms > 0 {
		precision = float64(hit) / float64(alarms)
	}
	if positives > 0 {
		recall = float64(hit) / float64(positives)
	}
	if hit > 0 {
		f1 = 2 * float64(hit) / float64(alarms+positives)
	}
	return f1, precision, recall
}

// BestF1 is the threshold with the highest F1; of equal ones the lowest.
func BestF1(score []float64, positive []bool) float64 {
	best, at := -1.0, math.Inf(1)
	n := count(positive)
	for _, c := range cuts(score, positive) {
		if f1, _, _ := harmonic(c.hit, c.alarms, n); f1 >= best {
			best, at = f1, c.score
		}
	}
	return at
}

// Episodes counts the false alarms that someone would be called for: alarms of one machine no
// further apart than gap are one. Times of a machine go up.
func Episodes(machine []int, at []float64, alarm []bool, gap float64) int {
	last, n := map[int]float64{}, 0
	for i, a := range alarm {
		if !a {
			continue
		}
		if before, ok := last[machine[i]]; !ok || at[i]-before > gap {
			n++
		}
		last[machine[i]] = at[i]
	}
	return n
}
