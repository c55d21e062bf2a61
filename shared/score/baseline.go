package score

import "slices"

// A baseline is the median of the first baselineRuns runs of an epoch that have the
// feature: the instrument's own normal. baselineKnown of them must be known for sure.
const (
	baselineRuns  = 5
	baselineKnown = 3
)

// settled is how far behind the newest sequence number a missing one is taken for lost
// (rejected, quarantined, never sent). No pipeline reorders that far; without it, one
// lost number among the first would keep an instrument without a baseline for good.
const settled = 50

// reading is one run's value of a feature.
type reading struct {
	sequence int64
	run      string
	value    float64
}

// baseline returns the bounds of the median of the first baselineRuns readings, over
// everything that the batches still missing might turn out to be; and false when the
// bounds say nothing. With all of them there, low = high = the median.
//
// Bounds are what makes detection independent of the order of delivery: a rule uses the
// bound that speaks against a finding, and a batch that arrives later can only narrow
// the bounds. So a finding that holds on some of the batches holds on all of them
// (batches more than `settled` numbers late excepted, see there).
//
// readings are sorted by sequence; present holds every sequence number that arrived,
// with or without the feature; since is the epoch's first, newest the highest arrived.
func baseline(readings []reading, present map[int64]bool, since, newest int64) (low, high float64, ok bool) {
	var first []float64 // the values of the earliest readings
	sure := 0           // how many of them are in the baseline whatever is missing
	missing := 0        // numbers before this reading that may yet arrive with a value
	next := max(since, 1)
	for _, r := range readings {
		// Numbers come from an instrument: the loop must not be as long as a gap.
		for next = max(next, newest-settled+1); next < r.sequence; next++ {
			if !present[next] {
				missing++
			}
		}
		next = r.sequence + 1
		first = append(first, r.value)
		if len(first)+missing <= baselineRuns {
			sure = len(first)
		}
		if len(first) == baselineRuns {
			break
		}
	}
	if sure < baselineKnown {
		return 0, 0, false
	}
	// The true baseline is some first k of these and baselineRuns-k unknowns.
	for k := sure; k <= len(first); k++ {
		l, h := medianBounds(first[:k], baselineRuns-k)
		if !ok || l < low {
			low = l
		}
		if !ok || h > high {
			high = h
		}
		ok = true
	}
	return low, high, ok
}

// medianBounds of a list of odd length of which `unknown` values may be anything;
// fewer than half of them.
func medianBounds(known []float64, unknown int) (low, high float64) {
	v := slices.Sorted(slices.Values(known))
	middle := (len(v) + unknown) / 2
	return v[middle-unknown], v[middle]
}
