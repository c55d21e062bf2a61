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
// exactly one parent, and a value of each feature has a way through.
func parseTree(fields map[string]string, features int) (tree, error) {
	if v, there := fields["is_linear"]; there && v != "0" {
		return tree{}, fmt.Errorf("%w: linear_tree", ErrUnsupported)
	}
	n, err := count(fields, "num_leaves", 1, maxLeaves)
	if err != nil {
		return tree{}, err
	}
	p := columns{fields: fields}
	t := tree{leaves: p.numbers("leaf_value", n)}
	if n == 1 {
		if p.err == nil {
			t.expected = t.leaves[0]
		}
		return t, p.err
	}
	feature := p.integers("split_feature", n-1, 0, features-1)
	kind := p.integers("decision_type", n-1, 0, 15)
	threshold := p.numbers("threshold", n-1)
	left := p.integers("left_child", n-1, -n, n-2)
	right := p.integers("right_child", n-1, -n, n-2)
	t.counts = p.numbers("leaf_count", n)
	p.sets(&t)
	if p.err != nil {
		return tree{}, p.err
	}
	t.splits = make([]split, n-1)
	for i := range t.splits {
		s := split{
			threshold: threshold[i], feature: int32(feature[i]), left: int32(left[i]), right: int32(right[i]),
			missingLeft: kind[i]&2 != 0, kind: uint8(kind[i] >> 2),
		}
		switch {
		case s.kind > missingNaN:
			return tree{}, fmt.Errorf("%w: decision_type %d", ErrMalformed, kind[i])
		case kind[i]&1 != 0:
			at := threshold[i]
			if !(at >= 0 && at < float64(len(t.sets)) && at == math.Trunc(at)) {
				return tree{}, fmt.Errorf("%w: categories %v of %d", ErrMalformed, at, len(t.sets))
			}
			s.kind, s.set, s.threshold = category, uint16(at), 0
		}
		t.splits[i] = s
	}
	order, err := t.whole()
	if err != nil {
		return tree{}, err
	}
	return t, t.weigh(order)
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

// columns parses a tree's fields, each a list of numbers, and keeps the first error.
type columns struct {
	fields map[string]string
	err    error
}

func (p *columns) words(field string, n int) []string {
	words := strings.Fields(p.fields[field])
	if len(words) != n && p.err == nil {
		p.err = fmt.Errorf("%w: %s has %d values, not %d", ErrMalformed, field, len(words), n)
	}
	if p.err != nil {
		return nil
	}
	return words
}

func (p *columns) numbers(field string, n int) []float64 {
	words := p.words(field, n)
	values := make([]float64, len(words))
	for i, word := range words {
		v, err := number(word)
		if field == "threshold" && word == "inf" {
			v, err = math.Inf(1), nil
		}
		if err != nil {
			p.err = fmt.Errorf("%w: %s has %.40q", ErrMalformed, field, word)
			return nil
		}
		values[i] = v
	}
	return values
}

func (p *columns) integers(field string, n, least, most int) []int {
	words := p.words(field, n)
	values := make([]int, len(words))
	for i, word := range words {
		v, err := strconv.Atoi(word)
		if err != nil || v < least || v > most {
			p.err = fmt.Errorf("%w: %s has %.40q", ErrMalformed, field, word)
			return nil
		}
		values[i] = v
	}
	return values
}

// sets reads the sets of categories: words of 32 bits, and where each set begins.
func (p *columns) sets(t *tree) {
	if p.err != nil {
		return
	}
	n, err := count(p.fields, "num_cat", 0, maxLeaves)
	if err != nil || n == 0 {
		p.err = err
		return
	}
	words := len(strings.Fields(p.fields["cat_threshold"]))
	begin := p.integers("cat_boundaries", n+1, 0, words)
	bits := p.integers("cat_threshold", words, 0, math.MaxUint32)
	if p.err != nil {
		return
	}
	if begin[0] != 0 || begin[n] != words || !slices.IsSorted(begin) {
		p.err = fmt.Errorf("%w: cat_boundaries out of order", ErrMalformed)
		return
	}
	all := make([]uint32, words)
	for i, b := range bits {
		all[i] = uint32(b)
	}
	t.sets = make([][]uint32, n)
	for i := range t.sets {
		t.sets[i] = all[begin[i]:begin[i+1]]
	}
}
