package trees_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"proactive/shared/trees"
)

func text(t testing.TB, name string) string {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestModelSaysWhatItIs(t *testing.T) {
	raw := text(t, "one-against-all")
	m := mustRead(t, raw)
	sum := sha256.Sum256([]byte(raw))
	if m.Hash() != hex.EncodeToString(sum[:]) {
		t.Errorf("hash %s", m.Hash())
	}
	if got := strings.Join(m.Features(), " "); got != "Column_0 Column_1 Column_2 Column_3 Column_4 Column_5 Column_6 Column_7" {
		t.Errorf("features %s", got)
	}
	if m.Outputs() != 4 || m.Trees() != 24 || m.Objective() != "multiclassova" {
		t.Errorf("%d outputs, %d trees, objective %s", m.Outputs(), m.Trees(), m.Objective())
	}
}

// TestRefused names what is wrong: each case is a good file with one thing changed.
func TestRefused(t *testing.T) {
	good := text(t, "binary-categories")
	several := text(t, "multiclass")
	for name, c := range map[string]struct {
		text string
		want error
		says string
	}{
		"nothing":               {"", trees.ErrMalformed, `begin with "tree"`},
		"another format":        {"{\"learner\":{}}", trees.ErrMalformed, `begin with "tree"`},
		"a version to come":     {swap(t, good, "version=v4", "version=v5"), trees.ErrUnsupported, `version "v5"`},
		"an old version":        {swap(t, good, "version=v4", "version=v2"), trees.ErrUnsupported, `version "v2"`},
		"no version":            {swap(t, good, "version=v4\n", ""), trees.ErrUnsupported, `version ""`},
		"a ranking":             {swap(t, good, "objective=binary sigmoid:1", "objective=lambdarank"), trees.ErrUnsupported, `objective "lambdarank"`},
		"another link":          {swap(t, good, "objective=binary sigmoid:1", "objective=cross_entropy_lambda"), trees.ErrUnsupported, `objective "cross_entropy_lambda"`},
		"no objective":          {swap(t, good, "objective=binary sigmoid:1\n", ""), trees.ErrUnsupported, "an objective of the trainer's own"},
		"an objective's option": {swap(t, good, "sigmoid:1", "sigmoid:1 tilt:2"), trees.ErrUnsupported, `binary with "tilt:2"`},
		"a flat sigmoid":        {swap(t, good, "sigmoid:1", "sigmoid:0"), trees.ErrMalformed, `binary with "sigmoid:0"`},
		"a field to come":       {swap(t, good, "label_index=0", "label_index=0\nleaf_model=gp"), trees.ErrUnsupported, `field "leaf_model"`},
		"a tree's new field":    {swap(t, good, "is_linear=0", "is_linear=0\nis_oblique=1"), trees.ErrUnsupported, `tree 0: not supported: field "is_oblique"`},
		"a field twice":         {swap(t, good, "num_class=1", "num_class=1\nnum_class=1"), trees.ErrMalformed, "field num_class twice"},
		"linear trees":          {swap(t, good, "is_linear=0", "is_linear=1"), trees.ErrUnsupported, "tree 0: not supported: linear_tree"},
		"pandas' categories":    {swap(t, good, "pandas_categorical:null", `pandas_categorical:[["a","b"]]`), trees.ErrUnsupported, "categories of pandas"},
		"cut off in a tree":     {good[:strings.Index(good, "Tree=3")+99], trees.ErrMalformed, "tree 3"},
		"cut off between trees": {good[:strings.Index(good, "Tree=3")], trees.ErrMalformed, `before "end of trees"`},
		"a tree out of order":   {swap(t, good, "Tree=1", "Tree=2"), trees.ErrMalformed, `"Tree=2" where a tree`},
		"a tree too few":        {swap(t, good, "tree_sizes=", "tree_sizes=1 "), trees.ErrMalformed, "6 trees, 7 sizes"},
		"half a round":          {swap(t, several, "num_tree_per_iteration=4", "num_tree_per_iteration=5"), trees.ErrMalformed, "num_tree_per_iteration 5"},
		"classes do not fit":    {swap(t, several, "num_class:4", "num_class:3"), trees.ErrMalformed, "of 3 classes"},
		"a feature too few":     {swap(t, good, "max_feature_idx=7", "max_feature_idx=8"), trees.ErrMalformed, "8 feature_names"},
		"a name twice":          {swap(t, good, "Column_0 Column_1", "Column_1 Column_1"), trees.ErrMalformed, "feature_names twice"},
		"too many features":     {swap(t, good, "max_feature_idx=7", "max_feature_idx=99999999"), trees.ErrUnsupported, "max_feature_idx above"},
		"too many leaves":       {swap(t, good, "num_leaves=6", "num_leaves=1000000000"), trees.ErrUnsupported, "num_leaves above"},
		"no leaves":             {swap(t, good, "num_leaves=6", "num_leaves=0"), trees.ErrMalformed, `num_leaves is "0"`},
		"leaves that are lies":  {swap(t, good, "num_leaves=6", "num_leaves=60000"), trees.ErrMalformed, "leaf_value has not 60000 values"},
		"a leaf too many":       {swap(t, good, "leaf_value=", "leaf_value=1 "), trees.ErrMalformed, "leaf_value has not"},
		"an infinite leaf":      {swap(t, good, "leaf_value=", "leaf_value=inf "), trees.ErrMalformed, `leaf_value has "inf"`},
		"an enormous leaf":      {swap(t, good, "leaf_value=", "leaf_value=1e999 "), trees.ErrMalformed, `leaf_value has "1e999"`},
		"a number of C":         {swap(t, good, "leaf_value=", "leaf_value=0x1p3 "), trees.ErrMalformed, `leaf_value has "0x1p3"`},
		"a threshold of NaN":    {swap(t, good, "\nthreshold=", "\nthreshold=nan "), trees.ErrMalformed, `threshold has "nan"`},
		"no such feature":       {swap(t, good, "split_feature=", "split_feature=8 "), trees.ErrMalformed, `split_feature has "8"`},
		"a decision unknown":    {swap(t, good, "decision_type=", "decision_type=16 "), trees.ErrMalformed, `decision_type has "16"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := trees.Read(strings.NewReader(c.text))
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %v that says %s", err, c.want, c.says)
			}
		})
	}
}

// TestRefusedTrees has trees that are none, and splits that say nothing.
func TestRefusedTrees(t *testing.T) {
	const fields = "num_leaves=3\nnum_cat=0\nsplit_feature=0 0\nthreshold=1 2\ndecision_type=2 2\nleft_child=1 -1\nright_child=-3 -2\n" +
		"leaf_value=1 2 3\nleaf_count=1 1 1\n"
	const header = "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=0\nobjective=regression\nfeature_names=a\ntree_sizes=1\n\nTree=0\n"
	read := func(fields string) error {
		_, err := trees.Read(strings.NewReader(header + fields + "\nend of trees\n"))
		return err
	}
	if err := read(fields); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ from, to, says string }{
		"a ring":                 {"left_child=1 -1", "left_child=1 0", "two parents"},
		"its own child":          {"left_child=1 -1", "left_child=0 -1", "two parents"},
		"a leaf in two places":   {"right_child=-3 -2", "right_child=-2 -2", "two parents"},
		"a leaf in no place":     {"left_child=1 -1", "left_child=-1 -1", "without a parent"},
		"a child that is none":   {"left_child=1 -1", "left_child=2 -1", `left_child has "2"`},
		"a leaf that is none":    {"left_child=1 -1", "left_child=1 -4", `left_child has "-4"`},
		"missing in a third way": {"decision_type=2 2", "decision_type=12 2", `decision_type has "12"`},
		"a set that is none":     {"decision_type=2 2", "decision_type=1 2", `threshold has "1"`},
		"no sets":                {"num_cat=0", "num_cat=1", `num_cat has "1"`},
		"half a set":             {"threshold=1 2\ndecision_type=2 2", "threshold=0.5 2\ndecision_type=1 2", `threshold has "0.5"`},
		"rows below zero":        {"leaf_count=1 1 1", "leaf_count=1 1 -1", "leaf_count -1"},
		"parts of rows":          {"leaf_count=1 1 1", "leaf_count=1 1 .5", "leaf_count 0.5"},
		"no rows":                {"leaf_count=1 1 1", "leaf_count=0 0 0", "no training rows"},
		"sets out of order": {"num_cat=0\nsplit_feature=0 0\nthreshold=1 2\ndecision_type=2 2",
			"num_cat=2\nsplit_feature=0 0\nthreshold=1 0\ndecision_type=1 1\ncat_boundaries=0 2 1\ncat_threshold=5 6", "cat_boundaries has"},
		"a word too long": {"num_cat=0\nsplit_feature=0 0\nthreshold=1 2\ndecision_type=2 2",
			"num_cat=1\nsplit_feature=0 0\nthreshold=0 2\ndecision_type=1 2\ncat_boundaries=0 1\ncat_threshold=4294967296", "cat_threshold has"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := read(swap(t, fields, c.from, c.to)); !errors.Is(err, trees.ErrMalformed) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want one that says %s", err, c.says)
			}
		})
	}
}

// swap replaces the first of what must be there.
func swap(t testing.TB, text, from, to string) string {
	t.Helper()
	if !strings.Contains(text, from) {
		t.Fatalf("no %q to change", from)
	}
	return strings.Replace(text, from, to, 1)
}

func TestRefusedIsWhatCannotBeRead(t *testing.T) {
	broken := errors.New("the line went dead")
	half := io.MultiReader(strings.NewReader(text(t, "binary")[:2000]), iotest.ErrReader(broken))
	if _, err := trees.Read(half); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	whole := io.MultiReader(strings.NewReader(text(t, "binary")), iotest.ErrReader(broken))
	if _, err := trees.Read(whole); !errors.Is(err, broken) {
		t.Errorf("after the trees: %v", err)
	}
}

func TestRefusedIsWhatHasNoEnd(t *testing.T) {
	for name, r := range map[string]io.Reader{
		"one line":         endless("tree\nversion=v4\nfeature_names=", 'a'),
		"one list":         endless("tree\nversion=v4\nfeature_names=", ' '),
		"after the trees":  endless(text(t, "binary"), 'x'),
		"lines of nothing": endless(text(t, "binary")[:strings.Index(text(t, "binary"), "end of")], '\n'),
	} {
		if _, err := trees.Read(r); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}

func endless(begin string, then byte) io.Reader {
	return io.MultiReader(strings.NewReader(begin), &repeat{then})
}

type repeat struct{ b byte }

func (r *repeat) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = r.b
	}
	return len(p), nil
}

// Line ends of Windows are another file, with another hash, but the same model.
func TestLineEnds(t *testing.T) {
	unix := text(t, "binary-categories")
	a, b := mustRead(t, unix), mustRead(t, strings.ReplaceAll(unix, "\n", "\r\n"))
	row := []float64{1, 2, 3, 0, math.NaN(), 1, 3, 4}
	if a.PredictOne(row) != b.PredictOne(row) || a.Hash() == b.Hash() {
		t.Error("line ends matter")
	}
}

// FuzzRead has two properties: Read neither panics nor makes room that the file does not
// fill; and a model that it accepts gives every row an answer, whose contributions, where
// numbers are of ordinary size, are the score.
func FuzzRead(f *testing.F) {
	// Short ones, for the fuzzer shortens what it finds.
	for _, header := range []string{
		"num_class=1\nnum_tree_per_iteration=1\nobjective=binary sigmoid:1\n",
		"num_class=2\nnum_tree_per_iteration=2\nobjective=multiclass num_class:2\naverage_output\n",
	} {
		leaf := func(v float64) *oracle { return &oracle{leaf: v, count: 3} }
		tree := &oracle{
			left: &oracle{left: leaf(1), right: leaf(2), count: 6, categories: []int{1, 33}}, right: leaf(-1),
			count: 9, feature: 1, threshold: .5, missing: 2,
		}
		f.Add([]byte(modelText(header, 2, []*oracle{tree, leaf(4)})))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := trees.Read(bytes.NewReader(raw))
		if err != nil {
			if !errors.Is(err, trees.ErrMalformed) && !errors.Is(err, trees.ErrUnsupported) {
				t.Fatalf("an error of no kind: %v", err)
			}
			return
		}
		width := len(m.Features())
		for _, v := range []float64{0, math.NaN(), math.Inf(1), -1, 3.5} {
			row := make([]float64, width)
			for i := range row {
				row[i] = v
			}
			scores := m.Raw(row, nil)
			m.Predict(row, nil)
			shares := m.Contributions(row, nil)
			for k, score := range scores {
				sum, size := 0.0, 1.0
				for _, share := range shares[k*(width+1):][:width+1] {
					sum += share
					size += math.Abs(share)
				}
				if size < 1e12 && math.Abs(score) < 1e12 && math.Abs(sum-score) > 1e-6*size {
					t.Fatalf("contributions are %v together, the score is %v", sum, score)
				}
			}
		}
	})
}
