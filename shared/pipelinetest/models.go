package pipelinetest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"proactive/shared/condition"
	"proactive/shared/predict"
)

// Models is a bundle so simple that a test can tell what it says: a fault is on its way
// where the moving mean of a component's first own signal stands more than foretoldAt
// standard deviations from its normal, the worse side; it has come where that is more than
// failedAt. Two runs in a row are wanted.
func Models(t testing.TB) *predict.Bundle {
	t.Helper()
	b, err := predict.Open(ModelFiles(t), ".")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// ModelFiles are the files of Models.
func ModelFiles(t testing.TB) fs.FS {
	t.Helper()
	const (
		foretoldAt = 4
		failedAt   = 40
	)
	m := predict.Manifest{Format: predict.Format, Columns: condition.Columns, Thresholds: predict.Thresholds{Runs: 2, Raise: map[string]float64{}, Now: map[string]float64{}}}
	for _, c := range condition.Components {
		m.Thresholds.Raise[c.Name], m.Thresholds.Now[c.Name] = .5, .5
	}
	files := fstest.MapFS{}
	for _, target := range predict.Targets {
		at := map[string]int{"failed": failedAt, "1": failedAt / 2}[target]
		if at == 0 {
			at = foretoldAt
		}
		text := stump(slices.Index(condition.Columns, "own1.fast"), at)
		sum := sha256.Sum256([]byte(text))
		name := hex.EncodeToString(sum[:])
		files[name+".txt"] = &fstest.MapFile{Data: []byte(text)}
		m.Models = append(m.Models, predict.Target{Name: target, Model: name, Curves: map[string]predict.Curve{
			"": {Score: []float64{-3, 3}, Probability: []float64{.01, .9}},
		}})
	}
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	files["bundle.json"] = &fstest.MapFile{Data: raw}
	return files
}

// stump is a model of one tree with one split: -3 up to a threshold or where nothing is
// known, 3 beyond it.
func stump(feature, threshold int) string {
	infos := strings.TrimSpace(strings.Repeat("[-1:1] ", len(condition.Columns)))
	return fmt.Sprintf(`tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx=%d
objective=binary sigmoid:1
feature_names=%s
feature_infos=%s
tree_sizes=1

Tree=0
num_leaves=2
num_cat=0
split_feature=%d
split_gain=1
threshold=%d
decision_type=10
left_child=-1
right_child=-2
leaf_value=-3 3
leaf_weight=10 10
leaf_count=10 10
internal_value=0
internal_weight=20
internal_count=20
is_linear=0
shrinkage=1


end of trees
`, len(condition.Columns)-1, strings.Join(condition.Columns, " "), infos, feature, threshold)
}
