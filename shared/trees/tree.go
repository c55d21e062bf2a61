package trees

// The kinds of split: what is looked for in a value before it is compared.
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
	// set is the tree's set of the categories that go left.
	set uint16
}

// tree has its splits and leaves numbered as in the file. A tree of one leaf has no
// splits.
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

func (t *tree) value(row []float64) float64 { return t.leaves[t.leaf(row)] }

func (t *tree) leaf(row []float64) int32 {
	if len(t.splits) == 0 {
		return 0
	}
	at := int32(0)
	for at >= 0 {
		s := &t.splits[at]
		if t.left(s, row[s.feature]) {
			at = s.left
		} else {
			at = s.right
		}
	}
	return ^at
}

// left tells whether a value goes left at a split.
func (t *tree) left(s *split, v float64) bool {
	if s.kind == category {
		return contains(t.sets[s.set], v)
	}
	return s.below(v)
}

func (s *split) below(v float64) bool {
	if v != v {
		if s.kind == missingNaN {
			return s.missingLeft
		}
		v = 0
	}
	if -nearZero <= v && v <= nearZero {
		if s.kind == missingZero {
			return s.missingLeft
		}
		v = 0
	}
	return v <= s.threshold
}

// contains tells whether the category v is in a set of bits. A number is cut to a whole
// one; NaN, a negative one and one that was never seen are in no set.
func contains(set []uint32, v float64) bool {
	if !(v > -1 && v < 1<<31) {
		return false
	}
	c := uint32(v)
	return int(c/32) < len(set) && set[c/32]>>(c%32)&1 == 1
}
