package trees_test

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"proactive/shared/trees"
)

// golden is a model with rows and what LightGBM says of them.
type golden struct {
	model                *trees.Model
	rows, raw, predicted [][]float64
	contributions        [][]float64 // of the first rows only
	name                 string
}

// goldens reads every model of a folder that testdata/golden.py wrote.
func goldens(t testing.TB, dir string) []golden {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil || len(files) < 20 {
		t.Fatalf("models in %s: %d, %v", dir, len(files), err)
	}
	var all []golden
	for _, file := range files {
		all = append(all, readGolden(t, strings.TrimSuffix(file, ".txt")))
	}
	return all
}

func readModel(t testing.TB, file string) *trees.Model {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := trees.Read(f)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return m
}

func readGolden(t testing.TB, path string) golden {
	t.Helper()
	g := golden{name: filepath.Base(path), model: readModel(t, path+".txt")}
	f, err := os.Open(path + ".csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil || len(lines) < 2 {
		t.Fatalf("%s.csv: %d lines, %v", path, len(lines), err)
	}
	for _, line := range lines[1:] {
		columns := map[byte][]float64{}
		for i, name := range lines[0] {
			if line[i] == "" {
				continue
			}
			v, err := strconv.ParseFloat(line[i], 64)
			if err != nil {
				t.Fatal(err)
			}
			columns[name[0]] = append(columns[name[0]], v)
		}
		g.rows = append(g.rows, columns['x'])
		g.raw = append(g.raw, columns['r'])
		g.predicted = append(g.predicted, columns['p'])
		if c := columns['c']; c != nil {
			g.contributions = append(g.contributions, c)
		}
	}
	return g
}

// TestGolden compares with LightGBM's own results: scores to the bit, predictions to the
// last places of an exponential.
func TestGolden(t *testing.T) {
	for _, g := range goldens(t, "testdata") {
		t.Run(g.name, func(t *testing.T) { g.compare(t) })
	}
}

func (g golden) compare(t *testing.T) {
	forest := strings.HasPrefix(g.name, "forest")
	var worst float64
	for i, row := range g.rows {
		for k, got := range g.model.Raw(row, nil) {
			want := g.raw[i][k]
			if forest { // theirs is the sum
				want /= float64(g.model.Trees() / g.model.Outputs())
			}
			if math.Float64bits(got) != math.Float64bits(want) {
				t.Fatalf("row %d: raw score %d is %v, LightGBM's %v: %v", i, k, got, want, row)
			}
		}
		for k, got := range g.model.Predict(row, nil) {
			worst = max(worst, math.Abs(got-g.predicted[i][k]))
		}
	}
	if !(worst <= 1e-12) {
		t.Errorf("predictions differ by %g", worst)
	}
	g.compareContributions(t, forest)
	t.Logf("%d rows × %d: scores equal, predictions within %.2g", len(g.rows), g.model.Outputs(), worst)
}

// compareContributions with LightGBM's own, and their sum with the score.
func (g golden) compareContributions(t *testing.T, forest bool) {
	if len(g.contributions) == 0 {
		t.Error("no contributions to compare with")
	}
	width := len(g.model.Features()) + 1
	for i, want := range g.contributions {
		got := g.model.Contributions(g.rows[i], nil)
		sums := make([]float64, g.model.Outputs())
		for j := range want {
			if forest {
				want[j] /= float64(g.model.Trees() / g.model.Outputs())
			}
			if d := difference(got[j], want[j]); d > 1e-11 || math.IsNaN(d) {
				t.Fatalf("row %d: contribution %d is %v, LightGBM's %v", i, j, got[j], want[j])
			}
			sums[j/width] += got[j]
		}
		for k, raw := range g.model.Raw(g.rows[i], nil) {
			if d := difference(sums[k], raw); d > 1e-11 || math.IsNaN(d) {
				t.Fatalf("row %d: contributions are %v together, the score is %v", i, sums[k], raw)
			}
		}
	}
}

// difference is absolute up to one, relative above.
func difference(a, b float64) float64 {
	return math.Abs(a-b) / max(1, math.Abs(b))
}
