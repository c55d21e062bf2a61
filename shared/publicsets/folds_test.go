package publicsets

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func heldIn(folds []Fold, rows int) []int {
	out := make([]int, rows)
	for f, fold := range folds {
		for _, r := range fold.Held {
			out[r] = f
		}
	}
	return out
}

// The same folds as scikit-learn 1.9.1.
func TestFoldsAsScikitLearn(t *testing.T) {
	groups := []int{7, 7, 7, 3, 3, 9, 9, 9, 9, 1, 1, 4, 4, 4, 12, 12, 5}
	want := []int{1, 1, 1, 2, 2, 0, 0, 0, 0, 0, 0, 2, 2, 2, 1, 1, 1}
	if got := heldIn(ByGroup(groups, 3), len(groups)); !slices.Equal(got, want) {
		t.Errorf("GroupKFold(3): %v", got)
	}
	y := []int{0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0}
	class, not := make([]bool, len(y)), make([]bool, len(y))
	for i, v := range y {
		class[i], not[i] = v == 1, v != 1
	}
	want = []int{0, 0, 0, 1, 1, 3, 2, 3, 3, 1, 3, 0, 2, 2, 3, 0, 1, 2, 1, 2, 2, 0, 1}
	if got := heldIn(ByClass(class, 4, 42), len(y)); !slices.Equal(got, want) {
		t.Errorf("StratifiedKFold(4, seed 42): %v", got)
	}
	want = []int{3, 1, 2, 3, 2, 1, 1, 0, 1, 0, 0, 3, 2, 3, 1, 2, 0, 1, 2, 2, 0, 0, 3}
	if got := heldIn(ByClass(not, 4, 7), len(y)); !slices.Equal(got, want) {
		t.Errorf("StratifiedKFold(4, seed 7), the first row positive: %v", got)
	}
}

// A group is in one fold only, and a row is either learnt from or held out.
func TestByGroupKeepsGroupsWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups := rapid.SliceOfN(rapid.IntRange(0, 9), 3, 60).Draw(t, "groups")
		folds := ByGroup(groups, 3)
		of := map[int]int{}
		seen := 0
		for f, fold := range folds {
			seen += len(fold.Held)
			if len(fold.Held)+len(fold.Train) != len(groups) {
				t.Fatal("a row is in neither part, or in both")
			}
			for _, r := range fold.Held {
				if before, ok := of[groups[r]]; ok && before != f {
					t.Fatalf("group %d in two folds", groups[r])
				}
				of[groups[r]] = f
			}
		}
		if seen != len(groups) {
			t.Fatalf("%d of %d rows held out", seen, len(groups))
		}
	})
}
