package publicsets

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	d := &Difference{Theirs: 11.6, Mean: -1.234, Low: -2, High: -.5, Better: .99}
	r := Report{
		Turbofans: []TurbofanResult{{Set: "FD001", HeldOut: 7.5, Test: &TurbofanTest{RMSE: 10.4, Score: 170, Paired: d}}, {Set: "FD003", HeldOut: 8}},
		Fleet:     &FleetResults{Components: []FleetResult{{Component: 3, HeldOut: .98, Test: &FleetTest{AUPRC: .97, F1: .96, Failures: 40, Caught: 39, Episodes: .5}}}},
		Milling:   &MillingResult{AUPRC: Spread{.9193, .005}, Paired: d},
	}
	got := r.Table()
	for _, want := range []string{
		"| C-MAPSS FD001 | RMSE over all cycles of engines held out | 9.71 | – | < 9.71 | **7.50** | – |\n",
		"| C-MAPSS FD001 | test RMSE, remaining life capped at 125 | 11.57 | 10.97 | ≤ 10.9 | **10.40** | -1.23 [-2.00, -0.50] |\n",
		"| Azure, component 3 | test, false episodes per 100 machine-months | 1.48 | – | ≤ 1 | **.50** | – |\n",
		"| Azure, all components | test, failures caught | 237/237 | – | 237/237 | **39/40** | – |\n",
		"| AI4I 2020 | AUPRC, mean of five folds | .902 ± .007 | – | ≥ .92 | **.919** ± .005; other folds .000 | -1.234 [-2.000, -0.500] |\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no row %s", want)
		}
	}
	if strings.Contains(got, "C-MAPSS FD003 | test") || strings.Contains(got, "%!") {
		t.Error(got)
	}
	for row := range strings.Lines(got) {
		if strings.Count(row, "|") != 8 {
			t.Errorf("not seven cells: %s", row)
		}
	}
}

func TestWritePage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.md")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("before\n" + pageBegin + "old\n" + pageEnd + "after\n")
	if err := WritePage(path, "new\n"); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(path); string(got) != "before\n"+pageBegin+"new\n"+pageEnd+"after\n" {
		t.Errorf("%s", got)
	}
	write("before\n" + pageBegin + "no end\n")
	if err := WritePage(path, "new\n"); err == nil {
		t.Error("a page without its second marker was written")
	}
}
