package condition

import "proactive/shared/health"

// Component is what a case is about, with the signals that speak of it first hand. Some
// speak of two: what blurs the spots may be the focus or what moves the lens.
type Component struct {
	Name      string
	Subsystem health.Subsystem
	Signals   []string // features; at most Slots
}

// Slots is how many signals of its own a component can have.
const Slots = 4

// Components is every component that a prediction is made of.
var Components = []Component{
	{"laser", health.Optical, []string{"laser.current.mean", "laser.power.mean", "log.laser.power.hourly", "log.laser.off.hourly"}},
	{"camera", health.Optical, []string{"camera.temperature.mean", "internal.temperature.mean", "log.unknown_lines.hourly"}},
	{"focus", health.Optical, []string{"focus.score.mean", "fwhm.r1", "log.focus.lost.hourly", "log.stage.home.failed.hourly"}},
	{"stage", health.Mechanical, []string{"stage.error.mean", "stage.retries.hourly", "log.stage.home.retry.hourly", "log.stage.home.failed.hourly"}},
	{"z-drive", health.Mechanical, []string{"log.stage.home.failed.hourly", "fwhm.r1", "focus.score.mean", "log.focus.lost.hourly"}},
	{"chiller", health.Thermal, []string{"chiller.duty.mean", "chiller.temperature.mean", "log.chiller.warm.hourly", "chiller.temperature.max"}},
	{"heater", health.Thermal, []string{"heater.ramp.mean", "heater.error.mean", "log.heater.timeout.hourly"}},
	{"fan", health.Thermal, []string{"fan.speed.mean", "internal.temperature.mean"}},
	{"pump", health.Fluidics, []string{"pump.delivered.mean", "line.pressure.mean", "log.pump.pressure.hourly"}},
	{"line", health.Fluidics, []string{"line.pressure.mean", "pump.delivered.mean", "log.pump.pressure.hourly", "line.pressure.max"}},
	{"valve", health.Fluidics, []string{"valve.move.mean", "valve.retries.hourly", "log.valve.retry.hourly"}},
}

// Common are the signals that faults of several components move: they tell how much a
// fault matters, and by what it does not move, whose it is.
var Common = []string{
	"q30", "clusters.pf", "phasing.r1", "prephasing.r1", "error.r1", "fwhm.r1", "intensity.r1", "internal.temperature.mean",
}

var bySignal = func() map[string]Signal {
	all := map[string]Signal{}
	for _, s := range Signals {
		all[s.Feature] = s
	}
	return all
}()

// SignalOf finds a signal by its feature.
func SignalOf(feature string) (Signal, bool) {
	s, ok := bySignal[feature]
	return s, ok
}

// ComponentOf finds a component by its name.
func ComponentOf(name string) (Component, bool) {
	for _, c := range Components {
		if c.Name == name {
			return c, true
		}
	}
	return Component{}, false
}
