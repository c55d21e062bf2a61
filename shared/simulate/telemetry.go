package simulate

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"math"
	"math/rand/v2"
	"time"

	"proactive/shared/telemetry"
)

// sampleEvery is how often a channel reports.
const sampleEvery = 20 * time.Minute

// moment is a state at one time of its run.
type moment struct {
	state
	rng  *rand.Rand
	hour float64 // since the run began
	door float64 // 1 while someone has the reagent compartment open
}

// channel is one telemetry channel: its reading at a moment.
type channel struct {
	subsystem, component, metric, unit string
	value                              func(m moment) float64
}

// around is a mean with noise relative to it.
func (m moment) around(mean, noise float64) float64 { return mean * (1 + noise*normal(m.rng)) }

// events is 1 or 0: whether there was one since the last reading.
func (m moment) events(perHour float64) float64 {
	if m.rng.Float64() < perHour*sampleEvery.Hours() {
		return 1
	}
	return 0
}

// room is how much warmer than usual it is, in kelvin: the season and the day.
func (m moment) room() float64 {
	clock := m.started.Add(time.Duration(m.hour * float64(time.Hour)))
	return 1.5*math.Sin(2*math.Pi*float64(clock.YearDay()-110)/365) + .8*math.Sin(2*math.Pi*float64(clock.Hour()-9)/24)
}

// channels are what an instrument reports.
var channels = []channel{
	{"optical", "laser", "power", "mW", func(m moment) float64 {
		power, _ := m.light()
		return m.around(m.own.laserMW*power, .006)
	}},
	{"optical", "laser", "current", "A", func(m moment) float64 {
		_, current := m.light()
		return m.around(m.own.laserA*current, .008)
	}},
	{"optical", "camera", "temperature", "Cel", func(m moment) float64 { return m.own.cameraC + .2*normal(m.rng) }},
	{"optical", "focus", "score", "1", func(m moment) float64 { return m.around(m.own.focus, .01) }},
	{"mechanical", "stage", "error", "um", func(m moment) float64 {
		following, _ := m.stage()
		return m.around(m.own.stageUm*following, .08)
	}},
	{"mechanical", "stage", "retries", "1", func(m moment) float64 {
		_, retries := m.stage()
		return m.events(retries)
	}},
	{"thermal", "chiller", "temperature", "Cel", func(m moment) float64 {
		_, celsius := m.chiller(m.room(), m.door)
		return celsius + .15*normal(m.rng)
	}},
	{"thermal", "chiller", "duty", "%", func(m moment) float64 {
		duty, _ := m.chiller(m.room(), m.door)
		return max(0, min(100, duty+1.5*normal(m.rng)))
	}},
	{"thermal", "heater", "ramp", "s", func(m moment) float64 {
		ramp, _ := m.heater()
		return m.around(m.own.rampS*ramp, .03)
	}},
	{"thermal", "heater", "error", "K", func(m moment) float64 {
		_, steady := m.heater()
		return steady + .05*normal(m.rng)
	}},
	{"fluidics", "pump", "delivered", "1", func(m moment) float64 { return m.around(m.pump(), .006) }},
	{"fluidics", "line", "pressure", "kPa", func(m moment) float64 { return m.around(m.own.pressureKPa, .03) }},
	{"fluidics", "valve", "move", "ms", func(m moment) float64 {
		move, _ := m.valve()
		return m.around(m.own.valveMs*move, .03)
	}},
	{"fluidics", "valve", "retries", "1", func(m moment) float64 {
		_, retries := m.valve()
		return m.events(retries)
	}},
	{"thermal", "internal", "temperature", "Cel", func(m moment) float64 { return 28 + m.room() + .2*normal(m.rng) }},
	{"thermal", "fan", "speed", "/min", func(m moment) float64 { return m.around(m.own.fan, .01) }},
	{"mechanical", "disk", "free", "%", func(m moment) float64 { return 70 - 2*float64(m.run%8) - .2*m.hour }},
}

// readings are the telemetry of a run, in the order of time.
func (s state) readings() iter.Seq[telemetry.Reading] {
	return func(yield func(telemetry.Reading) bool) {
		m := moment{state: s, rng: s.fleet.stream("telemetry", s.truth.Serial, " ", s.run)}
		for at := time.Duration(0); at < s.truth.family.lasts(); at += sampleEvery {
			m.hour, m.door = at.Hours(), 0
			if at == 0 || m.rng.Float64() < .01 { // loading, and now and then a look
				m.door = 1
			}
			for _, c := range channels {
				r := telemetry.Reading{
					Time: s.started.Add(at), Subsystem: c.subsystem, Component: c.component, Metric: c.metric,
					Value: math.Round(c.value(m)*1e4) / 1e4, Unit: c.unit,
				}
				if !yield(r) {
					return
				}
			}
		}
	}
}

// writeTelemetry writes Logs/telemetry.jsonl.
func (s state) writeTelemetry(w io.Writer) error {
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	for r := range s.readings() {
		if err := enc.Encode(r); err != nil {
			return fmt.Errorf("writing telemetry: %w", err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing telemetry: %w", err)
	}
	return nil
}
