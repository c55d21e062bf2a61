package language

import (
	"testing"
	"time"
	_ "time/tzdata"
)

func TestAccept(t *testing.T) {
	for header, want := range map[string]Language{
		"":                              English,
		"es":                            Spanish,
		"es-MX,es;q=0.9,en;q=0.5":       Spanish,
		"en-GB,en;q=0.9,es;q=0.8":       English,
		"de-DE,de;q=0.9":                English,
		"de;q=0.9, es;q=0.7, en;q=0.3":  Spanish,
		"*":                             English,
		";;;q=??":                       English,
		"es;q=0":                        English,
		"fr, es;q=0.2, <script>;q=bad!": English,
	} {
		if got := Accept(header); got != want {
			t.Errorf("Accept(%q) = %s, want %s", header, got, want)
		}
	}
}

func TestEveryComponentHasAWordInEveryLanguage(t *testing.T) {
	for _, l := range All {
		for id := range components[English] {
			if components[l][id] == "" {
				t.Errorf("%s has no word for %q", l, id)
			}
		}
	}
	if got := Spanish.Component("flux capacitor"); got != "el componente «flux capacitor»" {
		t.Errorf("an unknown part is %q", got)
	}
}

func TestSpanIsToldByTheLabsClock(t *testing.T) {
	madrid, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC).In(madrid)
	end := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for l, want := range map[Language]string{
		English: "Wednesday 25 November 2026, 09:00–13:00",
		Spanish: "miércoles 25 de noviembre de 2026, 09:00–13:00",
	} {
		if got := l.Span(start, end); got != want {
			t.Errorf("%s: %q, want %q", l, got, want)
		}
	}
	for zone, want := range map[string]string{
		"Europe/Madrid": "Europe/Madrid (UTC+1)", "UTC": "UTC", "Europe/London": "Europe/London (UTC)",
		"America/St_Johns": "America/St_Johns (UTC−3:30)", "Asia/Kolkata": "Asia/Kolkata (UTC+5:30)",
	} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := Zone(start.In(loc)); got != want {
			t.Errorf("Zone in %s = %q, want %q", zone, got, want)
		}
	}
}
