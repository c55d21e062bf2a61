package detector_test

import (
	"slices"
	"strings"
	"testing"

	"proactive/shared/detector"
)

// Numbers by which countries know people, each by its own check; with another digit the same
// form is a number like any other. All are examples of those who issue them, or made up.
func TestNumbersOfCountries(t *testing.T) {
	for country, c := range map[string]struct{ is, not string }{
		"Belgium":        {"85073003328", "85073003329"},
		"Belgium, dots":  {"85.07.30-033.28", "85.07.30-033.29"},
		"Brazil":         {"11144477735", "11144477739"},
		"China":          {"11010519491231002X", "110105194912310021"},
		"Czechia":        {"736028/5163", "736028/5164"},
		"Estonia":        {"37605030299", "37605030298"},
		"France, spaces": {"2 55 08 14 168 025 38", "2 55 08 14 168 025 39"},
		"Germany":        {"86095742719", "86095742718"},
		"Germany, apart": {"86 095 742 719", "86 095 742 718"},
		"Norway":         {"01010150074", "01010150075"},
		"Poland":         {"44051401359", "44051401358"},
		"Singapore":      {"S1234567D", "S1234567E"},
		"South Africa":   {"8001015009087", "8001015009088"},
		"Spain":          {"28/12345678/40", "28/12345678/41"},
		"Switzerland":    {"756.9217.0769.85", "756.9217.0769.86"},
		"Turkey":         {"10000000146", "10000000145"},
		"a researcher":   {"0000-0002-1825-0097", "0000-0002-1825-0098"},
	} {
		var s detector.Scanner
		for _, line := range []string{"%", "holder % added", "id=%."} {
			for what, want := range map[string]bool{c.is: true, c.not: false} {
				line := strings.ReplaceAll(line, "%", what)
				got := slices.ContainsFunc(s.Line([]byte(line)), func(h detector.Hit) bool {
					return h.Rule == detector.National && line[h.Start:h.End] == what
				})
				if got != want {
					t.Errorf("%s: %q: %v", country, line, got)
				}
			}
		}
	}
}
