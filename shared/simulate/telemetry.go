package simulate

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"time"

	"proactive/shared/telemetry"
)

// sampleEvery is how often a channel reports.
const sampleEvery = 20 * time.Minute

// channel is one telemetry channel: its value at a time of the run.
type channel struct {
	subsystem, component, metric, unit string
	value                              func(s state, hour float64) float64
}

// noisy is a mean with relative noise.
func (s state) noisy(mean, spread float64) float64 { return mean * (1 + spread*s.rng.NormFloat64()) }

// rare counts events at a rate per sample.
func (s state) rare(perHour float64) float64 {
	if s.rng.Float64() < perHour*sampleEvery.Hours() {
		return 1
	}
	return 0
}

// channels are what an instrument reports. Healthy ranges after docs/simulator.md; what
// a fault adds is proportional to its severity.
var channels = []channel{
	{"optical", "laser", "power", "mW", func(s state, _ float64) float64 { return s.noisy(s.own.laserMW*(1-.24*s.of("laser")), .006) }},
	{"optical", "laser", "current", "A", func(s state, _ float64) float64 { return s.noisy(s.own.laserA*(1+.40*s.of("laser")), .008) }},
	{"optical", "camera", "temperature", "Cel", func(s state, _ float64) float64 { return s.own.cameraC + .2*s.rng.NormFloat64() }},
	{"optical", "focus", "score", "1", func(s state, _ float64) float64 { return s.noisy(.92-.03*s.of("stage"), .01) }},
	{"mechanical", "stage", "error", "um", func(s state, _ float64) float64 { return s.noisy(s.own.stageUm*(1+3.5*s.of("stage")), .05) }},
	{"mechanical", "stage", "retries", "1", func(s state, _ float64) float64 { return s.rare(.02 + 2.4*s.of("stage")) }},
	{"thermal", "chiller", "temperature", "Cel", func(s state, h float64) float64 { return 4 + 6.5*s.of("chiller") + s.door(h) + .15*s.rng.NormFloat64() }},
	{"thermal", "chiller", "duty", "%", func(s state, h float64) float64 {
		return min(100, s.own.duty+55*s.of("chiller")+3*s.room(h)+1.5*s.rng.NormFloat64())
	}},
	{"thermal", "heater", "ramp", "s", func(s state, _ float64) float64 { return s.noisy(s.own.rampS, .03) }},
	{"thermal", "heater", "error", "K", func(s state, _ float64) float64 { return .15 + .05*s.rng.NormFloat64() }},
	{"fluidics", "pump", "delivered", "1", func(s state, _ float64) float64 { return s.noisy(1-.13*s.of("pump"), .006) }},
	{"fluidics", "line", "pressure", "kPa", func(s state, _ float64) float64 { return s.noisy(s.own.pressureKPa, .03) }},
	{"fluidics", "valve", "move", "ms", func(s state, _ float64) float64 { return s.noisy(s.own.valveMs, .03) }},
	{"fluidics", "valve", "retries", "1", func(s state, _ float64) float64 { return s.rare(.01) }},
	{"thermal", "internal", "temperature", "Cel", func(s state, h float64) float64 { return 28 + s.room(h) + .2*s.rng.NormFloat64() }},
	{"thermal", "fan", "speed", "/min", func(s state, _ float64) float64 { return s.noisy(s.own.fan, .01) }},
	{"mechanical", "disk", "free", "%", func(s state, h float64) float64 { return 70 - .4*h }},
}

// room is how much warmer than usual it is, in kelvin: the season and the day.
func (s state) room(hour float64) float64 {
	return 1.5*math.Sin(2*math.Pi*float64(s.started.YearDay())/365) + .8*math.Sin(2*math.Pi*hour/24)
}

// door: someone opens the reagent compartment in the first hour.
func (s state) door(hour float64) float64 {
	if hour < .5 {
		return 1.5
	}
	return 0
}

// writeTelemetry writes Logs/telemetry.jsonl.
func (s state) writeTelemetry(w io.Writer) error {
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	for at := time.Duration(0); at < time.Duration(s.truth.family.hours)*time.Hour; at += sampleEvery {
		for _, c := range channels {
			v := math.Round(c.value(s, at.Hours())*1e4) / 1e4
			if err := enc.Encode(telemetry.Reading{
				Time: s.started.Add(8*time.Hour + at), Subsystem: c.subsystem, Component: c.component, Metric: c.metric, Value: v, Unit: c.unit,
			}); err != nil {
				return fmt.Errorf("writing telemetry: %w", err)
			}
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing telemetry: %w", err)
	}
	return nil
}
