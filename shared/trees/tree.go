package trees

import "math"

// What a split takes for missing, or that it is none of a number.
const (
	missingNone = iota // a missing value counts as zero
	missingZero        // zero counts as missing, as does NaN
	missingNaN
	category // the value is a category's number
)

// nearZero is what LightGBM takes for zero: its constant is of single precision.
const nearZero = float64(float32(1e-35))

// split is an inner node of a tree. A child is the index of a split, or ^i of leaf i.
type split struct {
	threshold   float64 // a value up to here goes left
	left, right int32
	feature     int32
	kind        uint8
	missingLeft bool
	set         uint16 // the tree's set of the categories that go left
}

// view is how the split sees its feature.
func (s *split) view() view {
	return view{feature: s.feature, missing: s.kind, left: s.kind != missingNone && s.missingLeft}
}

// tree is a tree as the file has it, splits and leaves in its order. A tree of one leaf
// has no splits.
type tree struct {
	splits []split
	leaves []float64
	sets   [][]uint32

	// What explaining needs.
	counts   []float64 // training rows that came to each leaf
	nodes    []float64 // and to each split
	expected float64   // the mean of the leaves over them
	depth    int
}

// root is where a walk begins: the first split, or the only leaf.
func (t *tree) root() int32 {
	if len(t.splits) == 0 {
		return ^0
	}
	return 0
}

// goesLeft tells whether a value goes left at a split.
func (t *tree) goesLeft(s *split, value float64) bool {
	if s.kind == category {
		return contains(t.sets[s.set], value)
	}
	v := s.view()
	return v.of(value) <= s.threshold
}

// contains tells whether a value's category is in a set of bits.
func contains(set []uint32, value float64) bool {
	c := categoryOf(value)
	return int(c/32) < len(set) && set[c/32]>>(c%32)&1 == 1
}

// noCategory is in no set: no file is long enough.
const noCategory = math.MaxUint32

// categoryOf is the category that a value says: cut to a whole number, so that -0.5 is
// category 0. NaN, negative and enormous values say none.
func categoryOf(value float64) uint32 {
	if value > -1 && value < 1<<31 {
		return uint32(max(value, 0))
	}
	return noCategory
}
