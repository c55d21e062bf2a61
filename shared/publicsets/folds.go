package publicsets

import (
	"math/bits"
	"slices"

	"gonum.org/v1/gonum/mathext/prng"
)

// Fold is one part of a cross-validation: the rows that a model learns from, and the others,
// of which it is asked.
type Fold struct{ Train, Held []int }

// foldsOf makes k folds of the fold that each row is held out in.
func foldsOf(held []int, k int) []Fold {
	out := make([]Fold, k)
	for row, of := range held {
		for f := range out {
			if f == of {
				out[f].Held = append(out[f].Held, row)
			} else {
				out[f].Train = append(out[f].Train, row)
			}
		}
	}
	return out
}

// ByGroup holds every group (an engine, a machine) out whole, as scikit-learn 1.9's
// GroupKFold does: the largest group first, each into the fold that has fewest rows so far.
func ByGroup(groups []int, k int) []Fold {
	rows := map[int]int{}
	for _, g := range groups {
		rows[g]++
	}
	order := make([]int, 0, len(rows))
	for g := range rows {
		order = append(order, g)
	}
	slices.Sort(order)
	slices.SortStableFunc(order, func(a, b int) int { return rows[a] - rows[b] })
	slices.Reverse(order) // of equal groups the one with the highest number first
	into, filled := map[int]int{}, make([]int, k)
	for _, g := range order {
		lightest := 0
		for f := range filled {
			if filled[f] < filled[lightest] {
				lightest = f
			}
		}
		into[g] = lightest
		filled[lightest] += rows[g]
	}
	held := make([]int, len(groups))
	for i, g := range groups {
		held[i] = into[g]
	}
	return foldsOf(held, k)
}

// ByClass shuffles rows so that every fold has the same share of each class, as scikit-learn
// 1.9's StratifiedKFold(k, shuffle=True, random_state=seed) does.
func ByClass(class []bool, k int, seed uint64) []Fold {
	// scikit-learn counts the classes in each k-th of the rows, sorted by class, where the
	// class that comes first is the first.
	var of [2][]int // rows of either
	for i, c := range class {
		which := 0
		if c != class[0] {
			which = 1
		}
		of[which] = append(of[which], i)
	}
	random := prng.NewMT19937()
	random.Seed(seed)
	held := make([]int, len(class))
	begin := 0
	for _, rows := range of {
		var folds []int
		for f := range k {
			for i := f; i < len(class); i += k {
				if i >= begin && i < begin+len(rows) {
					folds = append(folds, f)
				}
			}
		}
		begin += len(rows)
		shuffle(folds, random)
		for i, r := range rows {
			held[r] = folds[i]
		}
	}
	return foldsOf(held, k)
}

// shuffle is numpy's RandomState.shuffle: Fisher and Yates from the end, each draw the low
// bits of a number, drawn again until it is within bounds.
func shuffle(values []int, random *prng.MT19937) {
	for i := len(values) - 1; i > 0; i-- {
		mask := uint32(1)<<bits.Len32(uint32(i)) - 1 //nolint:gosec // G115: a place in a list
		j := random.Uint32() & mask
		for j > uint32(i) { //nolint:gosec // G115: a place in a list
			j = random.Uint32() & mask
		}
		values[i], values[j] = values[j], values[i]
	}
}
