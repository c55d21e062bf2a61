package publicsets

import (
	"fmt"
	"strings"
)

// anchor is a figure to beat: of our own run of the baseline's recipe, published, and what
// we aimed at before we began.
type anchor struct{ baseline, published, aim string }

// The baselines were run on the same data and folds with LightGBM 4.7.0 (AI4I: with the
// random forest of scikit-learn 1.9.1, the best of four); docs/benchmarks.md has the recipes
// and says where the published figures stand.
var anchors = map[string]anchor{
	"FD001.held": {"9.71", "", "< 9.71"}, "FD003.held": {"9.17", "", "< 9.17"},
	"FD001.test": {"11.57", "10.97", "≤ 10.9"}, "FD003.test": {"9.99", "10.90", "≤ 9.9"},
	"FD001.score": {"211", "175", ""}, "FD003.score": {"188", "188", ""},
	"FD001.raw": {"12.69 (236)", "", ""}, "FD003.raw": {"11.78 (228)", "", ""},
	"fleet.1.held": {".846", "", "≥ .846"}, "fleet.2.held": {".974", "", "≥ .974"},
	"fleet.3.held": {".921", "", "≥ .921"}, "fleet.4.held": {".961", "", "≥ .961"},
	"fleet.1": {".871, .900, 51/51", "", ""}, "fleet.2": {".993, .992, 90/90", "", ""},
	"fleet.3": {".938, .937, 40/40", "", ""}, "fleet.4": {".998, .967, 56/56", "", ""},
	"fleet.1.false": {"4.95", "", "≤ 1"}, "fleet.2.false": {".74", "", "≤ 1"},
	"fleet.3.false": {"1.48", "", "≤ 1"}, "fleet.4.false": {".99", "", "≤ 1"},
	"fleet.auprc": {".950", "", "≥ .97"}, "fleet.f1": {".949", "", "≥ .96"}, "fleet.caught": {"237/237", "", "237/237"},
	"auprc": {".902 ± .007", "", "≥ .92"}, "f1": {".891 ± .014", ".895", "≥ .90"},
}

// Table is the report in Markdown; a part that was not measured has no row.
func (r Report) Table() string {
	var t table
	_, _ = t.WriteString("| set | measure | baseline | best published | aim | ours | ours less the baseline's |\n|---|---|---|---|---|---|---|\n")
	for _, of := range r.Turbofans {
		t.turbofan(of)
	}
	if r.Fleet != nil {
		t.fleet(*r.Fleet)
	}
	if m := r.Milling; m != nil {
		t.row("AI4I 2020", "AUPRC, mean of five folds", "auprc", m.Paired.of("%+.3f"), "**%s** ± %s; other folds %s", three(m.AUPRC.Mean), three(m.AUPRC.SD), three(m.Others.AUPRC.Mean))
		t.row("AI4I 2020", "F1 at 0.5, mean of five folds", "f1", "", "**%s** ± %s; other folds %s", three(m.F1.Mean), three(m.F1.SD), three(m.Others.F1.Mean))
	}
	return t.String()
}

type table struct{ strings.Builder }

func (t *table) row(set, measure, anchored, paired, ours string, args ...any) {
	of := anchors[anchored]
	_, _ = t.WriteString("| " + set + " | " + measure)
	for _, cell := range []string{of.baseline, of.published, of.aim, fmt.Sprintf(ours, args...), paired} {
		if cell == "" {
			cell = "–"
		}
		_, _ = t.WriteString(" | " + cell)
	}
	_, _ = t.WriteString(" |\n")
}

func (t *table) turbofan(of TurbofanResult) {
	set := "C-MAPSS " + of.Set
	t.row(set, "RMSE over all cycles of engines held out", of.Set+".held", "", "**%.2f**", of.HeldOut)
	if of.Test == nil {
		return
	}
	t.row(set, "test RMSE, remaining life capped at 125", of.Set+".test", of.Test.Paired.of("%+.2f"), "**%.2f**", of.Test.RMSE)
	t.row(set, "test NASA score, the same", of.Set+".score", of.Test.PairedScore.of("%+.0f"), "**%.0f**", of.Test.Score)
	t.row(set, "test RMSE (NASA score), not capped", of.Set+".raw", "", "%.2f (%.0f)", of.Test.UncappedRMSE, of.Test.UncappedScore)
}

func (t *table) fleet(r FleetResults) {
	auprc, f1, failures, caught, n := 0.0, 0.0, 0, 0, 0.0
	for _, f := range r.Components {
		set, key := fmt.Sprintf("Azure, component %d", f.Component), fmt.Sprintf("fleet.%d", f.Component)
		t.row(set, "AUPRC of machines held out", key+".held", "", "**%s**", three(f.HeldOut))
		x := f.Test
		if x == nil {
			continue
		}
		t.row(set, "test AUPRC, F1, failures caught", key, "", "%s, %s, %d/%d", three(x.AUPRC), three(x.F1), x.Caught, x.Failures)
		t.row(set, "test, false episodes per 100 machine-months", key+".false", "", "**%s**", two(x.Episodes))
		auprc, f1, failures, caught, n = auprc+x.AUPRC, f1+x.F1, failures+x.Failures, caught+x.Caught, n+1
	}
	if n > 0 {
		t.row("Azure, all components", "test AUPRC, mean", "fleet.auprc", r.Paired.of("%+.3f"), "**%s**", three(auprc/n))
		t.row("Azure, all components", "test F1, mean", "fleet.f1", "", "**%s**", three(f1/n))
		t.row("Azure, all components", "test, failures caught", "fleet.caught", "", "**%d/%d**", caught, failures)
	}
}

// of is the difference with its interval, each in format.
func (d *Difference) of(format string) string {
	if d == nil {
		return ""
	}
	return fmt.Sprintf(format+" ["+format+", "+format+"]", d.Mean, d.Low, d.High)
}

// three and two are decimals of a share without the zero before the point.
func three(x float64) string { return strings.TrimPrefix(fmt.Sprintf("%.3f", x), "0") }
func two(x float64) string   { return strings.TrimPrefix(fmt.Sprintf("%.2f", x), "0") }
