package publicsets

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// Report is what one run measured.
type Report struct {
	Turbofans []TurbofanResult `json:"turbofans,omitempty"`
	Fleet     []FleetResult    `json:"fleet,omitempty"`
	Milling   *MillingResult   `json:"milling,omitempty"`
}

// ReadTurbofanSet reads a C-MAPSS set from the folder cmapss of dir.
func ReadTurbofanSet(dir fs.FS, name string) (TurbofanSet, error) {
	set := TurbofanSet{Name: name, Sensors: []int{2, 3, 4, 7, 8, 9, 11, 12, 13, 14, 15, 17, 20, 21}}
	train := "cmapss/train_" + name + ".txt"
	if name == "FD003" { // two more vary; and the mirror has it as CSV
		set.Sensors = append(set.Sensors, 6, 10)
		train = "cmapss/train_" + name + ".csv"
	}
	for _, part := range []struct {
		path string
		into *[]Engine
	}{{train, &set.Train}, {"cmapss/test_" + name + ".txt", &set.Test}} {
		file, err := dir.Open(part.path)
		if err != nil {
			return TurbofanSet{}, fmt.Errorf("reading C-MAPSS: %w", err)
		}
		*part.into, err = ReadEngines(file)
		_ = file.Close()
		if err != nil {
			return TurbofanSet{}, err
		}
	}
	var err error
	set.Left, err = ReadNumbers(dir, "cmapss/RUL_"+name+".txt")
	return set, err
}

// ReadNumbers reads a file of one number a line.
func ReadNumbers(dir fs.FS, name string) ([]float64, error) {
	file, err := dir.Open(name)
	if err != nil {
		return nil, fmt.Errorf("reading numbers: %w", err)
	}
	defer file.Close()
	return readLines(file)
}

// The markers between which a page's table is written.
const (
	pageBegin = "<!-- make bench-predict writes from here -->\n"
	pageEnd   = "<!-- to here -->\n"
)

// WritePage replaces what is between the markers of a page.
func WritePage(path, table string) error {
	raw, err := os.ReadFile(path) //nolint:gosec // G304: the page that the caller names
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(raw), pageBegin)
	_, after, ends := strings.Cut(rest, pageEnd)
	if !ok || !ends {
		return errors.New("the page has no markers: " + path)
	}
	return os.WriteFile(path, []byte(before+pageBegin+table+pageEnd+after), 0o600) //nolint:gosec // G703: the page that the caller names
}

// anchor is a figure to beat: of our own run of the baseline's recipe, or published.
type anchor struct{ baseline, published string }

// The baselines were run on the same data and folds with LightGBM 4.7.0 (AI4I: with the
// random forest of scikit-learn 1.9.1, the best of four); docs/benchmarks.md has the recipes
// and says where the published figures stand.
var anchors = map[string]anchor{
	"FD001.held": {"9.71", ""}, "FD003.held": {"9.17", ""},
	"FD001.test": {"11.57 (211)", "10.97 (175)"}, "FD003.test": {"9.99 (188)", "10.90 (188)"},
	"FD001.raw": {"12.69 (236)", ""}, "FD003.raw": {"11.78 (228)", ""},
	"fleet.1": {".846; .871, .900, 51/51, 4.95", ""}, "fleet.2": {".974; .993, .992, 90/90, .74", ""},
	"fleet.3": {".921; .938, .937, 40/40, 1.48", ""}, "fleet.4": {".961; .998, .967, 56/56, .99", ""},
	"fleet": {".950, .949, 237/237", ""},
	"auprc": {".902 ± .007", ""}, "f1": {".891 ± .014", ".895"},
}

// Table is the report in Markdown; a part that was not measured has no row.
func (r Report) Table() string {
	var b strings.Builder
	row := func(set, measure string, of anchor, ours string, args ...any) {
		dash := func(s string) string {
			if s == "" {
				return "–"
			}
			return s
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", set, measure, dash(of.baseline), dash(of.published), fmt.Sprintf(ours, args...))
	}
	b.WriteString("| set | measure | baseline | best published | ours |\n|---|---|---|---|---|\n")
	for _, t := range r.Turbofans {
		set := "C-MAPSS " + t.Set
		row(set, "RMSE over all cycles of engines held out", anchors[t.Set+".held"], "**%.2f**", t.HeldOut)
		if t.Test == nil {
			continue
		}
		row(set, "test RMSE (NASA score), remaining life capped at 125", anchors[t.Set+".test"], "**%.2f** (%.0f)", t.Test.RMSE, t.Test.Score)
		row(set, "the same, not capped", anchors[t.Set+".raw"], "%.2f (%.0f)", t.Test.UncappedRMSE, t.Test.UncappedScore)
		if p := t.Test.Paired; p != nil {
			row(set, "test RMSE, ours less the baseline's, paired bootstrap over engines", anchor{}, "%+.2f, 95 %% [%+.2f, %+.2f]; better in %.1f %% of draws", p.Mean, p.Low, p.High, 100*p.Better)
		}
	}
	auprc, f1, failures, caught, tested := 0.0, 0.0, 0, 0, 0
	for _, f := range r.Fleet {
		ours := "**" + three(f.HeldOut) + "**"
		if t := f.Test; t != nil {
			ours += fmt.Sprintf("; **%s**, **%s**, %d/%d, **%s**", three(t.AUPRC), three(t.F1), t.Caught, t.Failures, two(t.Episodes))
			auprc, f1, failures, caught, tested = auprc+t.AUPRC, f1+t.F1, failures+t.Failures, caught+t.Caught, tested+1
		}
		row(fmt.Sprintf("Azure, component %d", f.Component), "AUPRC of machines held out; test AUPRC, F1, failures caught, false episodes per 100 machine-months", anchors[fmt.Sprintf("fleet.%d", f.Component)], "%s", ours)
	}
	if tested > 0 {
		n := float64(tested)
		row("Azure, mean of components", "test AUPRC, F1, failures caught", anchors["fleet"], "**%s**, **%s**, %d/%d", three(auprc/n), three(f1/n), caught, failures)
	}
	if m := r.Milling; m != nil {
		row("AI4I 2020", "AUPRC, five folds", anchors["auprc"], "**%s** ± %s (other folds %s)", three(m.AUPRC.Mean), three(m.AUPRC.SD), three(m.Others.AUPRC.Mean))
		row("AI4I 2020", "F1 at 0.5, five folds", anchors["f1"], "**%s** ± %s (other folds %s)", three(m.F1.Mean), three(m.F1.SD), three(m.Others.F1.Mean))
	}
	return b.String()
}

// three and two are decimals of a share without the zero before the point.
func three(x float64) string { return strings.TrimPrefix(fmt.Sprintf("%.3f", x), "0") }
func two(x float64) string   { return strings.TrimPrefix(fmt.Sprintf("%.2f", x), "0") }
