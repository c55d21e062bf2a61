package score

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"proactive/shared/handoff"
	"proactive/shared/health"
	"proactive/shared/observation"
)

func TestFeaturesOf(t *testing.T) {
	batch := []observation.Observation{
		{Field: "config.rta", Text: "v3.4.4"},
		{Field: "run.token", Text: "00112233445566778899aabbccddeeff"},
		{Field: "run.week", Value: 20409}, // a Monday
		{Field: "run.read_is_index", Read: 1, Value: 0},
		{Field: "run.read_is_index", Read: 2, Value: 1},
		{Field: "run.reagent_lot", Text: "20412345"},
		{Field: "tile.clusters", Lane: 1, Tile: 1101, Value: 100},
		{Field: "tile.clusters", Lane: 1, Tile: 1102, Value: 300},
		{Field: "tile.clusters_pf", Lane: 1, Tile: 1101, Value: 90},
		{Field: "tile.clusters_pf", Lane: 1, Tile: 1102, Value: 210},
		{Field: "tile.phasing", Lane: 1, Tile: 1101, Read: 1, Value: .1},
		{Field: "tile.phasing", Lane: 1, Tile: 1102, Read: 1, Value: .2},
		{Field: "tile.phasing", Lane: 1, Tile: 1103, Read: 1, Value: 9},
		{Field: "q.bases", Lane: 1, Surface: 1, Read: 1, Cycle: 1, Value: 1000},
		{Field: "q.bases_q30", Lane: 1, Surface: 1, Read: 1, Cycle: 1, Value: 900},
		{Field: "q.bases", Lane: 1, Surface: 1, Read: 2, Cycle: 1, Value: 1000},
		{Field: "q.bases_q30", Lane: 1, Surface: 1, Read: 2, Cycle: 1, Value: 500},
		{Field: "telemetry.line.pressure", Minute: 0, Value: -40},
		{Field: "telemetry.line.pressure", Minute: 60, Value: -60},
		{Field: "telemetry.chiller.temperature", Minute: 0, Value: -1},
		{Field: "telemetry.chiller.temperature", Minute: 60, Value: math.NaN()},
		{Field: "telemetry.stage.retries", Minute: 60, Value: 1},
	}
	want := health.Features{
		Instrument: "i", Batch: "b", Sequence: 7, Run: "00112233445566778899aabbccddeeff",
		Week: time.Date(2025, 11, 17, 0, 0, 0, 0, time.UTC),
		Values: map[string]float64{
			"clusters.pf": 75, "phasing.r1": .2, "q30": 70, "q30.r1": 90,
			"line.pressure.mean": 50, "line.pressure.max": 60,
			"chiller.temperature.mean": -1, "chiller.temperature.max": -1,
			"stage.retries.hourly": .5,
		},
		Factors: map[string]string{"config.rta": "v3.4.4", "run.reagent_lot": "20412345"},
	}
	got := FeaturesOf(handoff.Stored{Instrument: "i", Batch: "b", Sequence: 7}, batch)
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-12)); diff != "" {
		t.Error(diff)
	}
}

// What a batch lacks is absent: no percentage of nothing, no mean of nothing.
func TestFeaturesOfAbsentIsNotZero(t *testing.T) {
	got := FeaturesOf(handoff.Stored{}, []observation.Observation{
		{Field: "tile.clusters", Value: 0}, {Field: "tile.clusters_pf", Value: 0},
		{Field: "q.bases", Read: 1, Value: 0}, {Field: "q.bases_q30", Read: 1, Value: 0},
	})
	if len(got.Values) != 0 || !got.Week.IsZero() {
		t.Errorf("%+v", got)
	}
}

// Each rule's feature is one that FeaturesOf makes of a field of telemetry.
func TestFeaturesOfEveryRule(t *testing.T) {
	fields := []string{
		"laser.power", "laser.current", "camera.temperature", "focus.score", "stage.error", "stage.retries",
		"chiller.temperature", "chiller.duty", "heater.ramp", "heater.error", "pump.delivered", "line.pressure",
		"valve.move", "valve.retries", "internal.temperature", "fan.speed", "disk.free",
	}
	var batch []observation.Observation
	for _, f := range fields {
		batch = append(batch, observation.Observation{Field: "telemetry." + f, Value: 1})
	}
	values := FeaturesOf(handoff.Stored{}, batch).Values
	for _, r := range Rules {
		if _, ok := values[r.Feature]; !ok {
			t.Errorf("rule %s reads %s, which nothing makes", r.ID, r.Feature)
		}
	}
}
