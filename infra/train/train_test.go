// These tests hold train.py to what its --help promises.

package train

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"proactive/shared/trees"
)

const python = "../../.cache/train-venv/bin/python"

func needsLightGBM(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(python); err == nil {
		return
	} else if os.Getenv("PROACTIVE_E2E") == "required" {
		t.Fatalf("LightGBM is not installed: %v", err)
	}
	t.Skip("LightGBM is not installed: make setup")
}

// put writes a file of the test's folder.
func put(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// table is a CSV of two features, a category, weights and labels.
func table(seed uint64) string {
	r := rand.New(rand.NewPCG(seed, 1))
	var b strings.Builder
	b.WriteString("chiller,duty,kit,run,weight,label\n")
	for i := range 1500 {
		chiller, duty, kit, label := fmt.Sprint(r.NormFloat64()), r.Float64(), r.IntN(6), 0
		if r.IntN(10) == 0 {
			chiller = ""
		}
		if duty > .7 && kit%2 == 0 || chiller == "" {
			label = 1
		}
		fmt.Fprintf(&b, "%s,%v,%d,%d,%v,%d\n", chiller, duty, kit, i, 1+r.Float64(), label)
	}
	return b.String()
}

const params = `{"lightgbm": {"objective": "binary", "seed": 3, "num_leaves": 7, "bagging_fraction": 0.7, "bagging_freq": 1, "feature_fraction": 0.7},
	"rounds": 20, "categorical": ["kit"], "weight": "weight", "ignore": ["run"]}`

type report struct {
	SHA256   string `json:"sha256"`
	Rounds   int    `json:"rounds"`
	Trees    int    `json:"trees"`
	Rows     int    `json:"rows"`
	Features int    `json:"features"`
}

// run trains, and returns what was said on standard output and error.
func run(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), python, append([]string{"train.py"}, args...)...)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), problems.String(), cmd.ProcessState.ExitCode()
}

func train(t *testing.T, args ...string) report {
	t.Helper()
	stdout, stderr, code := run(t, args...)
	var r report
	if err := json.Unmarshal([]byte(stdout), &r); code != 0 || err != nil || stderr != "" {
		t.Fatalf("exit %d, %v\n%s%s", code, err, stdout, stderr)
	}
	return r
}

func TestTwoTrainingsGiveTheSameBytes(t *testing.T) {
	needsLightGBM(t)
	dir := t.TempDir()
	data, p := put(t, dir, "rows.csv", table(1)), put(t, dir, "p.json", params)
	one, two := filepath.Join(dir, "one.txt"), filepath.Join(dir, "a", "two.txt")
	if err := os.Mkdir(filepath.Dir(two), 0o700); err != nil {
		t.Fatal(err)
	}
	first := train(t, "--data", data, "--params", p, "--out", one)
	if second := train(t, "--data", data, "--params", p, "--out", two); first != second {
		t.Errorf("%+v and %+v", first, second)
	}
	if want := (report{SHA256: first.SHA256, Rounds: 20, Trees: 20, Rows: 1500, Features: 3}); first != want {
		t.Errorf("%+v, want %+v", first, want)
	}
	raw, err := os.ReadFile(two)
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != first.SHA256 {
		t.Error("the file has another hash than was said")
	}
	model, err := trees.Read(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(model.Features(), " "); model.Hash() != first.SHA256 || got != "chiller duty kit" {
		t.Errorf("hash %s, features %s", model.Hash(), got)
	}
	if yes, no := model.PredictOne([]float64{0, .9, 2}), model.PredictOne([]float64{0, .9, 3}); yes < .45 || no > .3 {
		t.Errorf("it has not learnt: %v and %v", yes, no)
	}
	other := train(t, "--data", data, "--params", put(t, dir, "q.json", strings.Replace(params, `"seed": 3`, `"seed": 4`, 1)), "--out", one)
	if other.SHA256 == first.SHA256 {
		t.Error("another seed, the same model")
	}
}

// A table as .npz gives the model that it gives as .csv.
func TestNPZ(t *testing.T) {
	needsLightGBM(t)
	dir := t.TempDir()
	data, p, out := put(t, dir, "rows.csv", table(1)), put(t, dir, "p.json", params), filepath.Join(dir, "model.txt")
	const convert = `import sys, numpy as np
v = np.genfromtxt(sys.argv[1], delimiter=",", skip_header=1)
np.savez(sys.argv[2], x=v[:, :3], y=v[:, 5], weight=v[:, 4], features=["chiller", "duty", "kit"])`
	npz := filepath.Join(dir, "rows.npz")
	if out, err := exec.CommandContext(t.Context(), python, "-c", convert, data, npz).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if a, b := train(t, "--data", data, "--params", p, "--out", out), train(t, "--data", npz, "--params", p, "--out", out); a != b {
		t.Errorf("%+v and %+v", a, b)
	}
}

func TestStopsWhereTheOtherTableSays(t *testing.T) {
	needsLightGBM(t)
	dir := t.TempDir()
	data, valid := put(t, dir, "rows.csv", table(1)), put(t, dir, "valid.csv", table(2))
	long := strings.Replace(params, `"rounds": 20`, `"rounds": 2000, "patience": 10`, 1)
	got := train(t, "--data", data, "--valid", valid, "--params", put(t, dir, "p.json", long), "--out", filepath.Join(dir, "model.txt"))
	if got.Rounds < 5 || got.Rounds > 1500 || got.Trees != got.Rounds {
		t.Errorf("%+v", got)
	}
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	needsLightGBM(t)
	dir := t.TempDir()
	rows, out := put(t, dir, "rows.csv", table(1)), filepath.Join(dir, "model.txt")
	swap := func(from, to string) string { return strings.Replace(params, from, to, 1) }
	for name, c := range map[string]struct{ rows, params, says string }{
		"no parameters":      {rows, "", "Expecting value"},
		"no seed":            {rows, swap(`"seed": 3,`, ""), "lightgbm.seed is missing"},
		"no rounds":          {rows, swap(`"rounds": 20,`, ""), `"rounds" must be`},
		"a word misspelt":    {rows, swap(`"rounds"`, `"round"`), "unknown member 'round'"},
		"linear trees":       {rows, swap(`"seed": 3`, `"seed": 3, "linear_tree": true`), "lightgbm.linear_tree: shared/trees does not read"},
		"not deterministic":  {rows, swap(`"seed": 3`, `"seed": 3, "deterministic": false`), "lightgbm.deterministic must be true"},
		"no such category":   {rows, swap(`["kit"]`, `["lot"]`), "no feature 'lot'"},
		"no such label":      {rows, swap(`"rounds"`, `"label": "fails", "rounds"`), "no column 'fails'"},
		"no such file":       {filepath.Join(dir, "none.csv"), params, "No such file"},
		"a format unknown":   {filepath.Join(dir, "rows.parquet"), params, "want .csv or .npz"},
		"a label missing":    {put(t, dir, "gap.csv", table(1)+"1,1,1,1,1,\n"), params, "a label is missing"},
		"an objective of no": {rows, swap(`"binary"`, `"binari"`), "binari"},
	} {
		t.Run(name, func(t *testing.T) {
			stdout, stderr, code := run(t, "--data", c.rows, "--params", put(t, t.TempDir(), "p.json", c.params), "--out", out)
			if code != 2 || stdout != "" || !strings.Contains(stderr, c.says) {
				t.Errorf("exit %d, %q, %q; want 2 and %q", code, stdout, stderr, c.says)
			}
			if _, err := os.Stat(out); err == nil {
				t.Error("a model was written")
			}
		})
	}
}
