package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"proactive/shared/aws/tables"
	"proactive/shared/health"
)

func TestWhatWasNoticedIsRead(t *testing.T) {
	var out bytes.Buffer
	tellNoticed(&out, nil)
	if got := out.String(); got != "Nothing that instruments share was noticed.\n" {
		t.Errorf("%q", got)
	}
	out.Reset()
	tellNoticed(&out, []tables.ToldFactor{
		{Factor: health.Factor{
			ID: "n-a", Cause: "reagent-lot", Level: "20894411", Type: "MiSeq", Instruments: 9, Week: time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC),
			Shifts: []health.Shift{
				{Signal: "phasing.r1", Unit: "%", Change: .6487, Relative: true}, {Signal: "q30", Unit: "%", Change: -1.62},
				{Signal: "error.r1", Unit: "%", Change: .3, Relative: true}, {Signal: "fourth", Unit: "%", Change: .3, Relative: true},
			},
		}, Told: []string{"factor", "factor-event"}},
		{Factor: health.Factor{ID: "n-b", Cause: "software", Level: "4.1", Type: "MiSeq", Instruments: 4}},
	})
	lines := strings.Split(out.String(), "\n")
	for i, parts := range [][]string{
		1: {"n-a", "reagent-lot", "20894411", "9 MiSeq", "week of 2026-11-16", "yes", "phasing.r1 +64.9 %, q30 -1.62 %, error.r1 +30.0 %"},
		2: {"n-b", "software", "4.1", "4 MiSeq", "not known", "not yet"},
	} {
		for _, p := range parts {
			if !strings.Contains(lines[i], p) {
				t.Errorf("%q lacks %q", lines[i], p)
			}
		}
	}
	if strings.Contains(out.String(), "fourth") {
		t.Error("a line has more than it has room for")
	}
}
