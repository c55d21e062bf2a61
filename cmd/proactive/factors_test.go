package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"proactive/shared/factors"
	"proactive/shared/fleet"
	"proactive/shared/health"
)

func runFactors(t *testing.T, want int, args ...string) (out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	if code := execute(t.Context(), append([]string{"factors"}, args...), &o, &e); code != want {
		t.Fatalf("exit code %d, want %d\n%s%s", code, want, o.String(), e.String())
	}
	return o.String(), e.String()
}

// exposures is a file of 30 instruments' runs of which lot 1 goes with the problem.
func exposures(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("tenant,instrument,run,problem,run.reagent_lot\n")
	for i := range 30 {
		for n := range 40 {
			problem := n%4 == 1 && (n+i)%3 == 0 || (n*7+i)%11 == 0
			fmt.Fprintf(&b, "t-%d,i-%d,%d,%t,%d\n", i%6, i, n, problem, n%4)
		}
	}
	path := filepath.Join(t.TempDir(), "runs.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFactorsOfAFile(t *testing.T) {
	data := exposures(t)
	plots := t.TempDir()
	out, _ := runFactors(t, 0, "--data", data, "--problem", "poor quality", "--plot", filepath.Join(plots, "a.svg"), "--language", "es")
	for _, want := range []string{"HIGHER  run.reagent_lot=1: odds ratio 6.6", "Each instrument was its own control.", "30 instruments of 6 customers"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	svg, err := os.ReadFile(filepath.Join(plots, "a.svg"))
	if err != nil || !bytes.Contains(svg, []byte("Qué acompaña a poor quality")) || !bytes.Contains(svg, []byte("Lote de los reactivos de secuenciación (run.reagent_lot)")) {
		t.Errorf("the plot: %v", err)
	}
	out, _ = runFactors(t, 0, "--data", data, "--json", "--plot", filepath.Join(plots, "a.png"))
	var r factors.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil || r.Format != factors.Format || len(r.Findings) != 1 {
		t.Errorf("%v\n%s", err, out)
	}
	if png, err := os.ReadFile(filepath.Join(plots, "a.png")); err != nil || !bytes.HasPrefix(png, []byte("\x89PNG")) {
		t.Errorf("the plot: %v", err)
	}
}

// A fleet's history: a feature's limit, a limit rule, and a drift, which is judged by each
// instrument's own normal between two services.
func TestFactorsOfAFleet(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "fleet")
	start := time.Date(2027, 1, 4, 0, 0, 0, 0, time.UTC)
	w, err := fleet.Create(dir, fleet.Settings{Seed: 1, Instruments: 20, Days: 60, Start: start, Nuisance: fleet.Usual()}, []string{"chiller.temperature.mean", "fan.speed.mean"}, []string{"config.control_software", "run.completion"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		s := fleet.Story{Instrument: fleet.Instrument{ID: fmt.Sprintf("i-%02d", i), Tenant: fmt.Sprint("t-", i%5), Site: "s-1", Type: "MiSeq"}}
		for n := range 40 {
			values := map[string]float64{"chiller.temperature.mean": 4, "fan.speed.mean": 3000 + 100*float64(i)}
			software := "1.0.0"
			if n >= 20 {
				software = "2.0.0"
				if (n+i)%3 != 0 { // after the upgrade the chiller warms and the fan slows
					values["chiller.temperature.mean"] = 9
					values["fan.speed.mean"] *= .75
				}
			}
			s.Runs = append(s.Runs, fleet.Run{At: start.Add(time.Duration(n) * 24 * time.Hour), Features: health.Features{
				Instrument: s.Instrument.ID, Batch: fmt.Sprint(n), Sequence: int64(n + 1), Run: fmt.Sprint("r", n), Values: values,
				Factors: map[string]string{"config.control_software": software, "run.completion": "CompletedAsPlanned"},
			}})
		}
		s.Services = []fleet.Service{{Instrument: s.Instrument.ID, Component: "fan", At: start, Since: 6, Kind: fleet.Maintenance}}
		if err := w.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Close(nil); err != nil {
		t.Fatal(err)
	}
	for _, problem := range []string{"chiller.temperature.mean>8", "thermal.chiller.temperature.limit", "thermal.fan.speed.drift"} {
		out, _ := runFactors(t, 0, "--fleet", dir, "--problem", problem, "--json")
		var r factors.Report
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatal(err)
		}
		l := r.Factors[0].Levels[1]
		if len(r.Factors) != 1 || l.Level != "2.0.0" || l.Answer != factors.Higher || l.Rate.Problems != 266 || l.Rate.Runs != 400 {
			t.Errorf("%s: %s", problem, out)
		}
	}
	_, errOut := runFactors(t, 3, "--fleet", dir, "--problem", "q30<80")
	if !strings.Contains(errOut, "no run") {
		t.Errorf("a feature that no run has: %s", errOut)
	}
}

func TestFactorsAsksAthena(t *testing.T) {
	out, _ := runFactors(t, 0, "--sql", "--problem", "thermal.chiller.temperature.limit")
	for _, want := range []string{"FROM clean", "telemetry.chiller.temperature", "> 8e+00", "run.reagent_lot", "max_by"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if _, errOut := runFactors(t, 3, "--sql", "--problem", "phasing.r1>0.3"); !strings.Contains(errOut, "athena is asked for") {
		t.Errorf("a median: %s", errOut)
	}
}

func TestFactorsRefuses(t *testing.T) {
	data := exposures(t)
	lost := filepath.Join(t.TempDir(), "lost.csv")
	if err := os.WriteFile(lost, []byte("instrument,run,problem\ni-1,1,1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	customers := filepath.Join(t.TempDir(), "instruments.json")
	if err := os.WriteFile(customers, []byte(`[{"instrument":"i-2","tenant":"t-1"}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		code int
		args []string
	}{
		"nothing to read":       {2, nil},
		"two things to read":    {2, []string{"--data", data, "--sql"}},
		"no plot of that kind":  {3, []string{"--data", data, "--plot", "x.pdf"}},
		"a customer nobody has": {3, []string{"--data", data, "--tenant", "t-99"}},
		"a factor nobody has":   {3, []string{"--data", data, "--factor", "run.cluster_lot"}},
		"whose it is not said":  {3, []string{"--data", lost, "--customers", customers}},
		"no tenant":             {3, []string{"--data", lost}},
		"not a fleet":           {3, []string{"--fleet", t.TempDir()}},
	} {
		if _, errOut := runFactors(t, c.code, c.args...); errOut == "" {
			t.Errorf("%s: nothing is said", name)
		}
	}
}
