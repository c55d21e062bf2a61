package trees_test

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"proactive/shared/trees"
)

// The oracle is a tree as one would write it down, evaluated as LightGBM's documentation
// says, without a thought for speed; it writes itself in LightGBM's format.
type oracle struct {
	leaf        float64
	count       int
	left, right *oracle // nil of a leaf

	feature     int
	threshold   float64
	categories  []int // that go left; nil where the split is by a number
	missing     int   // 0 none, 1 zero, 2 NaN
	missingLeft bool
}

const nearZero = 1.0000000180025095e-35

func (o *oracle) goesLeft(v float64) bool {
	if o.categories != nil {
		return v > -1 && v < 1<<31 && slices.Contains(o.categories, int(v))
	}
	zero := math.IsNaN(v) && o.missing != 2 || math.Abs(v) <= nearZero
	switch {
	case o.missing == 2 && math.IsNaN(v), o.missing == 1 && zero:
		return o.missingLeft
	case zero:
		return 0 <= o.threshold
	}
	return v <= o.threshold
}

func (o *oracle) value(row []float64) float64 {
	switch {
	case o.left == nil:
		return o.leaf
	case o.goesLeft(row[o.feature]):
		return o.left.value(row)
	}
	return o.right.value(row)
}

// known is the mean over what is not known, of a row of which only some features are.
func (o *oracle) known(row []float64, features uint) float64 {
	switch {
	case o.left == nil:
		return o.leaf
	case features>>o.feature&1 == 0:
		return (float64(o.left.count)*o.left.known(row, features) + float64(o.right.count)*o.right.known(row, features)) / float64(o.count)
	case o.goesLeft(row[o.feature]):
		return o.left.known(row, features)
	}
	return o.right.known(row, features)
}

// shapley is one feature's Shapley value by its definition.
func (o *oracle) shapley(row []float64, feature int) float64 {
	n, sum := len(row), 0.0
	for others := range uint(1) << n {
		if others>>feature&1 == 1 {
			continue
		}
		weight := 1 / float64(n) // over the number of sets of this size
		k := bits.OnesCount(others)
		for i := range k {
			weight *= float64(i+1) / float64(n-1-i)
		}
		sum += weight * (o.known(row, others|1<<feature) - o.known(row, others))
	}
	return sum
}

// text writes the tree's fields.
func (o *oracle) text() string {
	f := map[string][]string{}
	add := func(field, format string, v any) { f[field] = append(f[field], fmt.Sprintf(format, v)) }
	leaves, words := 0, 0
	f["cat_boundaries"] = []string{"0"}
	var visit func(*oracle) int
	visit = func(o *oracle) int {
		if o.left == nil {
			add("leaf_value", "%.17g", o.leaf)
			add("leaf_count", "%d", o.count)
			leaves++
			return -leaves
		}
		at, kind, threshold := len(f["threshold"]), o.missing<<2, o.threshold
		if o.missingLeft {
			kind |= 2
		}
		if o.categories != nil {
			set := make([]uint32, slices.Max(o.categories)/32+1)
			for _, c := range o.categories {
				set[c/32] |= 1 << (c % 32)
			}
			for _, word := range set {
				add("cat_threshold", "%d", word)
			}
			words += len(set)
			kind, threshold = 1, float64(len(f["cat_boundaries"])-1)
			add("cat_boundaries", "%d", words)
		}
		add("threshold", "%s", strings.ReplaceAll(fmt.Sprintf("%.17g", threshold), "+Inf", "inf"))
		add("split_feature", "%d", o.feature)
		add("decision_type", "%d", kind)
		add("left_child", "%s", "")
		add("right_child", "%s", "")
		f["left_child"][at] = fmt.Sprint(visit(o.left))
		f["right_child"][at] = fmt.Sprint(visit(o.right))
		return at
	}
	visit(o)
	sets := len(f["cat_boundaries"]) - 1
	if sets == 0 {
		delete(f, "cat_boundaries")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "num_leaves=%d\nnum_cat=%d\n", leaves, sets)
	for _, field := range []string{"split_feature", "threshold", "decision_type", "left_child", "right_child", "leaf_value", "leaf_count", "cat_boundaries", "cat_threshold"} {
		if values, there := f[field]; there || leaves == 1 {
			fmt.Fprintf(&b, "%s=%s\n", field, strings.Join(values, " "))
		}
	}
	b.WriteString("is_linear=0\nshrinkage=1\n")
	return b.String()
}

func modelText(header string, features int, all []*oracle) string {
	var b strings.Builder
	fmt.Fprintf(&b, "tree\nversion=v4\n%slabel_index=0\nmax_feature_idx=%d\nfeature_names=", header, features-1)
	for i := range features {
		fmt.Fprintf(&b, "%*s", min(i, 1)+2, fmt.Sprintf("f%d", i))
	}
	fmt.Fprintf(&b, "\ntree_sizes=%s\n\n", strings.Repeat("1 ", len(all)))
	for i, o := range all {
		fmt.Fprintf(&b, "Tree=%d\n%s\n\n", i, o.text())
	}
	b.WriteString("end of trees\n")
	return b.String()
}

const features = 5

// The values that are told apart, and some between.
var (
	thresholds = []float64{0, nearZero, -nearZero, 1e-36, .5, -.5, 1, 2, 3, -1e300, math.Inf(1)}
	values     = append([]float64{math.NaN(), math.Inf(-1), math.Copysign(0, -1), -1, -1e-36, 2e-35, .25, 1.5, 31, 32, 33.7, 63, 64, 1 << 31, 1 << 32, 1e300}, thresholds...)
)

func drawTree(t *rapid.T, depth int) *oracle {
	if depth == 0 || rapid.IntRange(0, 4).Draw(t, "leaf") == 0 {
		return &oracle{leaf: rapid.Float64Range(-10, 10).Draw(t, "value"), count: rapid.IntRange(1, 99).Draw(t, "count")}
	}
	o := &oracle{
		left: drawTree(t, depth-1), right: drawTree(t, depth-1),
		feature: rapid.IntRange(0, features-1).Draw(t, "feature"), threshold: rapid.SampledFrom(thresholds).Draw(t, "threshold"),
		missing: rapid.IntRange(0, 2).Draw(t, "missing"), missingLeft: rapid.Bool().Draw(t, "missing left"),
	}
	if rapid.IntRange(0, 2).Draw(t, "categories") == 0 {
		o.categories = rapid.SliceOfN(rapid.SampledFrom([]int{0, 1, 2, 30, 31, 32, 33, 63, 64, 70}), 1, 4).Draw(t, "set")
	}
	o.count = o.left.count + o.right.count
	return o
}

func drawRow(t *rapid.T) []float64 {
	return rapid.SliceOfN(rapid.SampledFrom(values), features, features).Draw(t, "row")
}

func mustRead(t rapid.TB, text string) *trees.Model {
	t.Helper()
	m, err := trees.Read(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return m
}

// Every tree gives every row the leaf that a plain walk gives it, and they are added in
// their order.
func TestRawIsAPlainWalk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		classes := rapid.IntRange(1, 3).Draw(t, "classes")
		header := "num_class=1\nnum_tree_per_iteration=1\nobjective=regression\n"
		if classes > 1 {
			header = fmt.Sprintf("num_class=%d\nnum_tree_per_iteration=%[1]d\nobjective=multiclass num_class:%[1]d\n", classes)
		}
		var all []*oracle
		for range classes * rapid.IntRange(1, 9).Draw(t, "rounds") {
			all = append(all, drawTree(t, 6))
		}
		m := mustRead(t, modelText(header, features, all))
		for range 5 {
			row, want := drawRow(t), make([]float64, classes)
			for i, o := range all {
				want[i%classes] += o.value(row)
			}
			if got := m.Raw(row, nil); !slices.Equal(got, want) {
				t.Fatalf("%v, want %v", got, want)
			}
		}
	})
}

// Contributions are Shapley values by their definition: over all sets of known features.
func TestContributionsAreShapleyValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := drawTree(t, 6)
		m := mustRead(t, modelText("num_class=1\nnum_tree_per_iteration=1\nobjective=regression\n", features, []*oracle{o}))
		row := drawRow(t)
		got := m.Contributions(row, nil)
		for feature := range row {
			if want := o.shapley(row, feature); math.Abs(got[feature]-want) > 1e-9 {
				t.Fatalf("feature %d: %v, want %v", feature, got[feature], want)
			}
		}
		if want := o.known(row, 0); math.Abs(got[features]-want) > 1e-9 {
			t.Fatalf("expected %v, want %v", got[features], want)
		}
	})
}
