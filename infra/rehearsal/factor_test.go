package rehearsal_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"proactive/shared/aws/tables"
	"proactive/shared/catalog"
	"proactive/shared/observation"
)

// A release moves what instruments report: support is told of the release, once and by mail,
// and no instrument has a case. The instruments are of a type that no other test has: what is
// usual of a type is shared.
func TestAReleaseIsOneNotice(t *testing.T) {
	t.Parallel()
	const instruments, before, runs, release = 5, 10, 13, "7.65.4"
	var fleet []*forger
	for i := range instruments {
		fleet = append(fleet, newForger(t, fmt.Sprint("MFACTOR", i), true))
	}
	send := func(from, to int) {
		for n := from; n <= to; n++ {
			for _, f := range fleet {
				batch := newBatch(t)
				f.send(t, batch, int64(n), sealed(t, f.params(t, batch, int64(n), reported(t, n, release, n > before))))
			}
		}
		for _, f := range fleet {
			eventually(t, "receipts", func() bool { return len(f.receipts(t)) == to })
			eventually(t, "everything is scored", func() bool { return waitingFor(t, f.id) == 0 })
		}
	}
	send(1, before) // a run that comes before its instrument has a normal tells the others nothing
	send(before+1, runs)

	var noticed []tables.ToldFactor
	eventually(t, "support is told", func() bool {
		raw, err := stage.Operator(t.Context(), "notices", "factors")
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &noticed); err != nil {
			t.Fatal(err)
		}
		noticed = slices.DeleteFunc(noticed, func(f tables.ToldFactor) bool { return f.Level != release })
		return len(noticed) > 0 && len(noticed[0].Told) == 2
	})
	f := noticed[0]
	if len(noticed) != 1 || f.Cause != "software" || f.Type != "NextSeq 1000" || f.Instruments < 4 || len(f.Shifts) < 3 {
		t.Errorf("noticed: %+v", noticed)
	}
	if raw := string(get(t, "ses", "/_ministack/ses/messages")); !strings.Contains(raw, f.ID) {
		t.Errorf("no mail speaks of %s", f.ID)
	}
	for _, i := range fleet {
		if all := casesOf(t, i.id); len(all) != 0 {
			t.Errorf("%s has cases: %+v", i.id, all)
		}
	}
}

// reported is what a healthy instrument reports of a run, under one release or the next.
func reported(t *testing.T, n int, release string, next bool) []byte {
	t.Helper()
	wave, version, moved := float64(n%3)-1, "7.65.3", 0.
	if next {
		version, moved = release, 1
	}
	all := []observation.Observation{
		{Field: "config.instrument_type", Text: "NextSeq 1000"}, {Field: "config.control_software", Text: version},
		{Field: "run.token", Text: fmt.Sprintf("%032x", n)}, {Field: "run.week", Value: float64(20003 + 7*(n/3))},
		{Field: "telemetry.laser.current", Value: 2 * (1 + .002*wave)}, {Field: "telemetry.laser.power", Value: 100 + .1*wave},
		{Field: "telemetry.chiller.duty", Value: 50 + .3*wave + 4*moved},
		{Field: "telemetry.fan.speed", Value: 3000 * (1 + .002*wave) * (1 + .05*moved)},
		{Field: "telemetry.heater.ramp", Value: 60 * (1 + .003*wave) * (1 - .06*moved)},
	}
	slices.SortFunc(all, observation.Compare)
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	return encoded(t, observation.Payload{Catalog: cat.Hash(), Observations: all})
}
