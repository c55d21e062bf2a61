package publicsets

import (
	"fmt"
	"strings"

	"proactive/shared/features"
)

// Fusions are the fused signals of an engine, one for each of caps.
type Fusions []features.Fusion

// innerFolds of the training engines, for the fusions that training rows get.
const innerFolds = 5

// fit fits a fusion for each cap on rows.
func (t Turbofans) fit(rows []int) (Fusions, error) {
	var targets [][]float64
	for _, c := range caps {
		targets = append(targets, Capped(t.Left, c))
	}
	return FitFusions(t.Wear, rows, targets)
}

// Fuse fits fusions on the engines of the rows train, and makes of every row what the trees
// are trained on and asked about. A training engine's own rows are fused by weights that
// were fitted without it, so that the trees learn from signals as good as those of engines
// that nobody has seen; all other rows by weights fitted on all of train.
func (t Turbofans) Fuse(train []int) (Table, Fusions, error) {
	all, err := t.fit(train)
	if err != nil {
		return Table{}, nil, err
	}
	of := make([]Fusions, len(t.Unit))
	for i := range of {
		of[i] = all
	}
	for _, inner := range ByGroup(pick(t.Unit, train), innerFolds) {
		if len(inner.Train) == 0 || len(inner.Held) == 0 {
			return Table{}, nil, ErrFewEngines
		}
		without, err := t.fit(pick(train, inner.Train))
		if err != nil {
			return Table{}, nil, err
		}
		for _, i := range inner.Held {
			of[train[i]] = without
		}
	}
	return t.fused(of), all, nil
}

// With makes of every row what the trees are asked about, by fusions already fitted.
func (t Turbofans) With(f Fusions) Table {
	of := make([]Fusions, len(t.Unit))
	for i := range of {
		of[i] = f
	}
	return t.fused(of)
}

// fused has, for each row: the numbers of the sensors that trees are given; each fused
// signal; and the numbers of the fused signal as it comes in.
func (t Turbofans) fused(of []Fusions) Table {
	keep := t.kept()
	var out Table
	for _, i := range keep {
		out.Columns = append(out.Columns, t.Wear.Columns[i])
	}
	for _, c := range caps {
		out.Columns = append(out.Columns, fmt.Sprintf("left.%g", c))
		out.Columns = append(out.Columns, fusedShape.Names(fmt.Sprintf("left.%g", c))...)
	}
	var signals []features.Signal
	for r, wear := range t.Wear.Rows {
		if r == 0 || t.Unit[r] != t.Unit[r-1] {
			signals = signals[:0]
			for range caps {
				signals = append(signals, fusedShape.New())
			}
		}
		row := pick(wear, keep)
		for i, f := range of[r] {
			x := f.Of(wear)
			signals[i].Add(t.Age[r], x)
			row = signals[i].Numbers(append(row, x))
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// kept are the columns of Wear that the trees see too: age, and how fast each sensor drifts.
// Its level they see fused: a number that is nearly the same through an engine's life lets
// trees learn engines by heart.
func (t Turbofans) kept() []int {
	var out []int
	for i, name := range t.Wear.Columns {
		if name == "age" || strings.Contains(name, ".slope.") {
			out = append(out, i)
		}
	}
	return out
}
