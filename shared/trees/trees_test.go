package trees_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"math"
	"os"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "rewrite testdata/bits.json")

// TestBits holds every result to the bits that are committed: on every processor, with
// every compiler, they are the same. The digest is over scores, predictions and
// contributions of every row.
func TestBits(t *testing.T) {
	got := map[string]string{}
	for _, g := range goldens(t, "testdata") {
		digest := sha256.New()
		for _, row := range g.rows {
			for _, values := range [][]float64{g.model.Raw(row, nil), g.model.Predict(row, nil), g.model.Contributions(row, nil)} {
				for _, v := range values {
					_, _ = digest.Write(binary.LittleEndian.AppendUint64(nil, math.Float64bits(v)))
				}
			}
		}
		got[g.name] = hex.EncodeToString(digest.Sum(nil)[:16])
	}
	const file = "testdata/bits.json"
	if *update {
		raw, err := json.MarshalIndent(got, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(raw, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]string
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	if len(want) != len(got) {
		t.Errorf("%d models, digests of %d", len(got), len(want))
	}
	for name, digest := range got {
		if digest != want[name] {
			t.Errorf("%s: other bits: %s, want %s", name, digest, want[name])
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	for _, name := range []string{"multiclass", "forest", "many-leaves"} {
		g := readGolden(t, "testdata/"+name)
		out, shares := make([]float64, g.model.Outputs()), make([]float64, g.model.Outputs()*(len(g.model.Features())+1))
		i := 0
		if n := testing.AllocsPerRun(200, func() {
			row := g.rows[i%len(g.rows)]
			i++
			g.model.Raw(row, out)
			g.model.Predict(row, out)
			g.model.Contributions(row, shares)
			if len(out) == 1 {
				g.model.PredictOne(row)
			}
		}); n > 0 {
			t.Errorf("%s: %v allocations a row", name, n)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	g := readGolden(t, "testdata/multiclass")
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for i, row := range g.rows {
				if !slices.Equal(g.model.Raw(row, nil), g.raw[i]) {
					t.Error("another score when many ask")
				}
				g.model.Contributions(row, nil)
			}
		})
	}
	wait.Wait()
}

// What is left in out changes nothing, and what out has no room for is made.
func TestOut(t *testing.T) {
	g := readGolden(t, "testdata/multiclass")
	row := g.rows[0]
	for _, out := range [][]float64{nil, {}, {7}, {7, 7, 7, 7}, {7, 7, 7, 7, 7, 7}} {
		if got := g.model.Raw(row, out); !slices.Equal(got, g.raw[0]) {
			t.Errorf("into %v: %v", out, got)
		}
	}
	out := make([]float64, 4)
	if got := g.model.Raw(row, out); &got[0] != &out[0] {
		t.Error("there was room")
	}
	want := g.model.Contributions(row, nil)
	if got := g.model.Contributions(row, slices.Repeat([]float64{7}, 50)); !slices.Equal(got, want) {
		t.Error("what was in out is in the contributions")
	}
}

func TestARowOfAnotherLengthPanics(t *testing.T) {
	for name, call := range map[string]func(golden){
		"short":       func(g golden) { g.model.Raw(g.rows[0][:7], nil) },
		"long":        func(g golden) { g.model.Predict(append(g.rows[0], 1), nil) },
		"none":        func(g golden) { g.model.Contributions(nil, nil) },
		"one of many": func(g golden) { g.model.PredictOne(g.rows[0]) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			call(readGolden(t, "testdata/multiclass"))
		})
	}
}

// A feature that no tree asks for has no part in anything: exactly none.
func TestContributionOfAFeatureNotAskedFor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := drawTree(t, 6)
		m := mustRead(t, modelText("num_class=1\nnum_tree_per_iteration=1\nobjective=regression\n", features, []*oracle{o}))
		shares := m.Contributions(drawRow(t), nil)
		var asked func(*oracle, int) bool
		asked = func(o *oracle, feature int) bool {
			return o.left != nil && (o.feature == feature || asked(o.left, feature) || asked(o.right, feature))
		}
		for feature, share := range shares[:features] {
			if !asked(o, feature) && share != 0 {
				t.Fatalf("feature %d contributes %v", feature, share)
			}
		}
	})
}

func BenchmarkContributions(b *testing.B) {
	g := readGolden(b, "testdata/many-leaves")
	out := make([]float64, len(g.model.Features())+1)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		g.model.Contributions(g.rows[i%len(g.rows)], out)
	}
}

func BenchmarkRead(b *testing.B) {
	raw := text(b, "many-leaves")
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		mustRead(b, raw)
	}
}
