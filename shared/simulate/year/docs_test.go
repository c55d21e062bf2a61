package year

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"proactive/shared/fleet"
)

var update = flag.Bool("update", false, "write the tables of docs/fleet.md anew")

// TestDocumented: the tables of docs/fleet.md are those of the code.
func TestDocumented(t *testing.T) {
	const name = "../../../docs/fleet.md"
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	page := string(raw)
	for section, body := range map[string]string{
		"frozen": "    " + frozen + "\n", "families": familyTable(), "signals": signalTable(), "modes": modeTable(), "nuisance": nuisanceTable(),
	} {
		begin, end := "<!-- "+section+" -->\n", "<!-- end -->"
		before, rest, ok := strings.Cut(page, begin)
		_, after, ended := strings.Cut(rest, end)
		if !ok || !ended {
			t.Fatalf("docs/fleet.md has no section %s", section)
		}
		page = before + begin + "\n" + body + "\n" + end + after
	}
	if *update {
		if err := os.WriteFile(name, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
	} else if page != string(raw) {
		t.Error("docs/fleet.md is not of this code: go test ./shared/simulate/year -run Documented -update")
	}
}

func familyTable() string {
	b := "| type | share | runs a week | s a cycle; other h | intensity | FWHM px | phasing, prephasing % | PF % | logit Q30 | error % | loading, sd of ln | kits: chemistry, reads |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n"
	for _, f := range families {
		var kits []string
		for _, k := range f.kits {
			kits = append(kits, fmt.Sprintf("%s %d+%d", k.chemistry, k.read1, k.read2))
		}
		b += fmt.Sprintf("| %s | %g | %g | %g; %.1f | %g | %g | %g, %g | %g | %g | %g | %g | %s |\n", f.name, f.share, f.runsWeekly, f.cycle.Seconds(), f.overhead.Hours(),
			f.intensity, f.fwhm, f.phasing, f.prephasing, f.passing, f.logit, f.errorRate, f.loading, strings.Join(kits, "; "))
	}
	return b
}

func signalTable() string {
	b := "| signal | moved by services of | scale | base | own | wander | run | software | visit | drift | room | max |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n"
	for _, s := range table {
		scale, base := "ln", fmt.Sprint(s.base)
		if s.scale == absolute {
			scale = "own unit"
		}
		if s.base == 0 {
			base = "type's"
		}
		b += fmt.Sprintf("| `%s` | %s | %s | %s | %g | %g | %g | %g | %g | %g | %g | %g |\n", s.name, s.component, scale, base, s.own, s.wander, s.noise, s.software, s.visit, s.drift, s.room, s.peak)
	}
	return b
}

func modeTable() string {
	b := "| component | gradual mode | begins a year | span, days | what x does, e of it seen | sudden mode | strikes a year |\n|---|---|---|---|---|---|---|\n"
	for _, c := range Components {
		for _, m := range modes {
			if m.component == c {
				b += fmt.Sprintf("| %s | %s | %g | %g | %s | %s | %g |\n", c, m.name, m.onsets, m.span, m.does, suddenNames[c], sudden[c])
			}
		}
	}
	return b
}

func nuisanceTable() string {
	b := "| setting | usual | bounds | |\n|---|---|---|---|\n"
	for _, k := range fleet.Knobs() {
		b += fmt.Sprintf("| `%s` | %g | %g to %g | %s |\n", k.Name, k.Usual, k.Low, k.High, k.Meaning)
	}
	return b
}
