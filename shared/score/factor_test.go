package score_test

import (
	"fmt"
	"testing"

	"proactive/shared/handoff"
	"proactive/shared/health"
	"proactive/shared/observation"
	"proactive/shared/score"
)

// run is one run of an instrument of a fleet, with what a lot and a release do to it.
func (b bucket) run(instrument string, n int64, lot, release string, phasing, light, telemetry float64) handoff.Stored {
	wave := float64(n%3) - 1
	m := b.tell(instrument, n, map[string]float64{
		"laser.current": 2 * (1 + .002*wave), "laser.power": 100 + .1*wave, "chiller.duty": 50 + .3*wave + 4*telemetry,
		"fan.speed": 3000 * (1 + .002*wave) * (1 + .05*telemetry), "heater.ramp": 60 * (1 + .003*wave) * (1 - .06*telemetry),
	}, map[string]string{"config.instrument_type": "MiSeq", "config.control_software": release, "run.reagent_lot": lot, "run.flowcell_lot": "30000000"})
	batch := b[m.Key+"@v1"]
	batch.Observations = append(batch.Observations,
		observation.Observation{Field: "tile.phasing", Lane: 1, Tile: 1101, Read: 1, Value: .1 * (1 + .02*wave) * phasing},
		observation.Observation{Field: "tile.prephasing", Lane: 1, Tile: 1101, Read: 1, Value: .09 * (1 + .02*wave) * phasing},
		observation.Observation{Field: "optics.intensity", Lane: 1, Read: 1, Value: 280 * (1 + .01*wave) * light})
	b[m.Key+"@v1"] = batch
	return m
}

// fleet of instruments, each with so many runs, all at the same pace.
func (b bench) fleet(t *testing.T, instruments, runs int, of func(id string, i int, n int64) handoff.Stored) {
	t.Helper()
	for n := int64(1); n <= int64(runs); n++ {
		for i := range instruments {
			m := of(fmt.Sprintf("i-01hzzzzzzzzzzzzzzzzzzzzz%02d", i), i, n)
			for range 2 { // every message comes twice
				if _, err := b.stage.Run(t.Context(), m); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

func (b bench) cases(t *testing.T, instruments int) (n int) {
	t.Helper()
	for i := range instruments {
		all, err := b.findings.Findings(t.Context(), fmt.Sprintf("i-01hzzzzzzzzzzzzzzzzzzzzz%02d", i))
		if err != nil {
			t.Fatal(err)
		}
		n += len(active(all))
	}
	return n
}

// What many share becomes one notice, and no case on any of them, although every message
// comes twice.
func TestWhatIsSharedIsNoticedOnce(t *testing.T) {
	const instruments = 12
	for name, c := range map[string]struct {
		of   func(b bucket) func(id string, i int, n int64) handoff.Stored
		want *health.Factor
		most string // the signal that moved farthest
	}{
		"a bad lot of reagents": {func(b bucket) func(string, int, int64) handoff.Stored {
			return func(id string, _ int, n int64) handoff.Stored {
				if n > 14 {
					return b.run(id, n, "22222222", "4.0", 1.65, .78, 0)
				}
				return b.run(id, n, "11111111", "4.0", 1, 1, 0)
			}
		}, &health.Factor{Cause: "reagent-lot", Field: "run.reagent_lot", Level: "22222222", Type: "MiSeq"}, "phasing.r1"},
		"a release that reports otherwise": {func(b bucket) func(string, int, int64) handoff.Stored {
			return func(id string, i int, n int64) handoff.Stored {
				if n > int64(12+i/3) { // rolled out one after another
					return b.run(id, n, "11111111", "4.1", 1, 1, 1)
				}
				return b.run(id, n, "11111111", "4.0", 1, 1, 0)
			}
		}, &health.Factor{Cause: "software", Field: "config.control_software", Level: "4.1", Type: "MiSeq"}, "fan.speed.mean"},
		"a good lot after another": {func(b bucket) func(string, int, int64) handoff.Stored {
			return func(id string, _ int, n int64) handoff.Stored {
				if n > 14 {
					return b.run(id, n, "22222222", "4.0", 1.08, .97, 0)
				}
				return b.run(id, n, "11111111", "4.0", 1, 1, 0)
			}
		}, nil, ""},
		"a bad lot that three have": {func(b bucket) func(string, int, int64) handoff.Stored {
			return func(id string, i int, n int64) handoff.Stored {
				if n > 14 && i < 3 {
					return b.run(id, n, "22222222", "4.0", 1.65, .78, 0)
				}
				return b.run(id, n, "11111111", "4.0", 1, 1, 0)
			}
		}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newForeteller(t)
			b.fleet(t, instruments, 24, c.of(b.bucket))
			got := b.health.Factors()
			if c.want == nil {
				if len(got) != 0 {
					t.Errorf("noticed: %+v", got)
				}
				return
			}
			if len(got) != 1 {
				t.Fatalf("%d notices: %+v", len(got), got)
			}
			f := got[0]
			if f.Cause != c.want.Cause || f.Field != c.want.Field || f.Level != c.want.Level || f.Type != c.want.Type || f.ID != score.FactorID(f.Cohort) {
				t.Errorf("%+v", f)
			}
			if f.Instruments < 4 || len(f.Shifts) < 2 || f.Shifts[0].Signal != c.most || f.Week.IsZero() {
				t.Errorf("judged by %d instruments, week %s: %+v", f.Instruments, f.Week, f.Shifts)
			}
			if n := b.cases(t, instruments); n != 0 {
				t.Errorf("%d findings stand that a notice was to spare", n)
			}
		})
	}
}
