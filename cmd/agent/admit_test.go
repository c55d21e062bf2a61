package main

import (
	"testing"
	"time"

	"proactive/cmd/agent/internal/advice"
	"proactive/cmd/agent/internal/home"
	"proactive/shared/observe"
)

func TestAdmit(t *testing.T) {
	madrid := time.FixedZone("CET", 3600)
	consent := time.Date(2026, 11, 23, 9, 30, 0, 0, madrid)
	on := home.Consent{On: true, Local: consent}
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
	cases := []struct {
		name    string
		serial  string
		consent home.Consent
		started time.Time
		begun   time.Time
		history bool
		want    string
	}{
		{"off", "M04034", home.Consent{}, day(2026, 11, 24), time.Time{}, false, notOn},
		{"off, with --history", "M04034", home.Consent{Local: consent}, day(2026, 11, 24), time.Time{}, true, notOn},
		{"another instrument", "M00612", on, day(2026, 11, 24), time.Time{}, false, otherInstrument},
		{"another instrument, with --history", "M00612", on, day(2026, 11, 24), time.Time{}, true, otherInstrument},
		{"the day after", "M04034", on, day(2026, 11, 24), time.Time{}, false, ""},
		{"the day before", "M04034", on, day(2026, 11, 22), consent.Add(time.Hour), false, beforeConsent},
		{"years before", "M04034", on, day(2013, 4, 12), time.Time{}, false, beforeConsent},
		{"years before, with --history", "M04034", on, day(2013, 4, 12), time.Time{}, true, ""},
		{"the same day, begun later", "M04034", on, day(2026, 11, 23), consent.Add(time.Minute), false, ""},
		{"the same day, begun earlier", "M04034", on, day(2026, 11, 23), consent.Add(-time.Minute), false, beforeConsent},
		{"the same day, begun nobody knows when", "M04034", on, day(2026, 11, 23), time.Time{}, false, beforeConsent},
		{"no date at all", "M04034", on, time.Time{}, consent.Add(time.Hour), false, beforeConsent},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := observe.Report{Serial: c.serial, Started: c.started}
			err := admit(r, home.Enrolment{Serial: "M04034"}, c.consent, c.history, c.begun)
			got := ""
			if err != nil {
				got = advice.For(err).Reason
			}
			if got != c.want {
				t.Fatalf("got %q (%v), want %q", got, err, c.want)
			}
		})
	}
}
