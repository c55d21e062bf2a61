package trees

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

const treeFields = " num_leaves num_cat split_feature split_gain threshold decision_type left_child right_child" +
	" leaf_value leaf_weight leaf_count internal_value internal_weight internal_count cat_boundaries cat_threshold" +
	" is_linear shrinkage leaf_features leaf_coeff leaf_const num_features "

// parseTree reads one tree and shows that it is one: every split and every leaf has
// exactly one parent, and every split says what goes where.
func parseTree(text map[string]string, features int) (tree, error) {
	if v, there := text["is_linear"]; there && v != "0" {
		return tree{}, fmt.Errorf("%w: linear_tree", ErrUnsupported)
	}
	n, err := count(text, "num_leaves", 1, maxLeaves)
	if err != nil {
		return tree{}, err
	}
	f := &fields{text: text}
	t := tree{leaves: f.numbers("leaf_value", n)}
	if n == 1 && f.err == nil {
		t.expected = t.leaves[0]
		return t, nil
	}
	t.splits = f.splits(n, features)
	t.sets = f.sets(t.splits)
	t.counts = f.numbers("leaf_count", n)
	if f.err != nil {
		return tree{}, f.err
	}
	order, err := t.whole()
	if err != nil {
		return tree{}, err
	}
	return t, t.weigh(order)
}

// splits reads the inner nodes of a tree of n leaves.
func (f *fields) splits(n, features int) []split {
	feature := f.integers("split_feature", n-1, 0, features-1)
	kind := f.integers("decision_type", n-1, 0, 15)
	threshold := f.thresholds(n - 1)
	left := f.integers("left_child", n-1, -n, n-2)
	right := f.integers("right_child", n-1, -n, n-2)
	if f.err != nil {
		return nil
	}
	splits := make([]split, n-1)
	for i := range splits {
		s := split{
			threshold: threshold[i], feature: feature[i], left: left[i], right: right[i],
			missingLeft: kind[i]&2 != 0, kind: uint8(kind[i] >> 2), //nolint:gosec // G115: at most 15
		}
		switch at := threshold[i]; {
		case s.kind > missingNaN:
			f.refuse("decision_type", strconv.Itoa(int(kind[i])))
		case kind[i]&1 == 0:
		case at >= 0 && at < float64(n-1) && at == math.Trunc(at): // where a threshold was, a set
			s.kind, s.set, s.threshold = category, uint16(at), 0
		default:
			f.refuse("threshold", strconv.FormatFloat(at, 'g', -1, 64))
		}
		splits[i] = s
	}
	return splits
}

// whole shows that a walk from the first split meets every split and every leaf once,
// and no deeper than we may go. It returns the splits in an order in which each comes
// before those below it.
func (t *tree) whole() ([]int32, error) {
	splits, leaves := make([]bool, len(t.splits)), make([]bool, len(t.leaves))
	type place struct{ at, depth int32 }
	met, walk, order := 0, []place{{0, 0}}, make([]int32, 0, len(t.splits))
	for len(walk) > 0 {
		s := walk[len(walk)-1]
		walk = walk[:len(walk)-1]
		t.depth = max(t.depth, int(s.depth))
		seen := leaves
		at := s.at
		if at >= 0 {
			seen = splits
		} else {
			at = ^at
		}
		if seen[at] {
			return nil, fmt.Errorf("%w: a node with two parents", ErrMalformed)
		}
		if seen[at] = true; s.at < 0 {
			met++
			continue
		}
		if s.depth == maxDepth {
			return nil, fmt.Errorf("%w: deeper than %d", ErrUnsupported, maxDepth)
		}
		order = append(order, at)
		walk = append(walk, place{t.splits[at].right, s.depth + 1}, place{t.splits[at].left, s.depth + 1})
	}
	if met != len(t.leaves) {
		return nil, fmt.Errorf("%w: a node without a parent", ErrMalformed)
	}
	return order, nil
}

// weigh counts the training rows at every split, from those at the leaves.
func (t *tree) weigh(order []int32) error {
	for _, n := range t.counts {
		if n < 0 || n > math.MaxInt32 || n != math.Trunc(n) {
			return fmt.Errorf("%w: leaf_count %v", ErrMalformed, n)
		}
	}
	t.nodes = make([]float64, len(t.splits))
	for _, at := range slices.Backward(order) {
		t.nodes[at] = t.count(t.splits[at].left) + t.count(t.splits[at].right)
	}
	if t.nodes[0] == 0 {
		return fmt.Errorf("%w: a tree of no training rows", ErrMalformed)
	}
	for i, leaf := range t.leaves {
		t.expected += float64(t.counts[i] / t.nodes[0] * leaf)
	}
	return nil
}

// fields parses a tree's fields, each a list of numbers, and keeps the first error. It
// makes no more room than the tree's own size asks for.
type fields struct {
	text map[string]string
	err  error
}

func (f *fields) refuse(field string, what string) {
	if f.err == nil {
		f.err = fmt.Errorf("%w: %s has %.40q", ErrMalformed, field, what)
	}
}

// list parses n words.
func list[T any](f *fields, field string, n int, parse func(string) (T, error)) []T {
	if f.err != nil {
		return nil
	}
	text := f.text[field]
	values := make([]T, 0, min(n, len(text)))
	for word := range strings.FieldsSeq(text) {
		v, err := parse(word)
		if err != nil {
			f.refuse(field, word)
			return nil
		}
		if len(values) == n {
			n++ // too many: say so
			break
		}
		values = append(values, v)
	}
	if len(values) != n {
		f.err = fmt.Errorf("%w: %s has not %d values", ErrMalformed, field, n)
		return nil
	}
	return values
}

func (f *fields) numbers(field string, n int) []float64 { return list(f, field, n, number) }

func (f *fields) integers(field string, n, least, most int) []int32 {
	return list(f, field, n, func(word string) (int32, error) {
		v, err := strconv.ParseInt(word, 10, 32)
		if err == nil && (v < int64(least) || v > int64(most)) {
			err = strconv.ErrRange
		}
		return int32(v), err
	})
}

// thresholds are numbers, or infinite: then only what is missing goes right.
func (f *fields) thresholds(n int) []float64 {
	return list(f, "threshold", n, func(word string) (float64, error) {
		if word == "inf" {
			return math.Inf(1), nil
		}
		return number(word)
	})
}

// sets reads the sets of categories, one for each split that has one: words of 32 bits,
// and where each set begins.
func (f *fields) sets(splits []split) [][]uint32 {
	n, most := 0, 0
	for _, s := range splits {
		if s.kind == category {
			n++
			most = max(most, int(s.set))
		}
	}
	if n != 0 && most >= n {
		f.refuse("threshold", strconv.Itoa(most))
	}
	if f.text["num_cat"] != strconv.Itoa(n) {
		f.refuse("num_cat", f.text["num_cat"])
	}
	if n == 0 || f.err != nil {
		return nil
	}
	begin := f.integers("cat_boundaries", n+1, 0, len(f.text["cat_threshold"]))
	if f.err != nil || begin[0] != 0 || !slices.IsSorted(begin) {
		f.refuse("cat_boundaries", f.text["cat_boundaries"])
		return nil
	}
	words := list(f, "cat_threshold", int(begin[n]), func(word string) (uint32, error) {
		v, err := strconv.ParseUint(word, 10, 32)
		return uint32(v), err
	})
	if f.err != nil {
		return nil
	}
	sets := make([][]uint32, n)
	for i := range sets {
		sets[i] = words[begin[i]:begin[i+1]]
	}
	return sets
}
