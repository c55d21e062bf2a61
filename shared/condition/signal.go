package condition

// Signal is one feature of a run that is followed over an instrument's life.
type Signal struct {
	Feature string // as score.FeaturesOf names it
	Unit    string // UCUM
	// Owner is the component whose service gives it a new normal, "" for none.
	Owner string
	// Log tells that it varies by factors, so that its logarithm is followed.
	Log bool
	// Noise is what a healthy instrument's value varies by from run to run, as a standard
	// deviation of what is followed (see Log): the least spread that is ever assumed.
	Noise float64
	// Down tells that wear moves it down: standings are turned so that up is worse.
	Down bool
	// Count tells that it counts rare events: its normal is zero, its noise what one event
	// more or less makes.
	Count bool
}

// Signals is every signal. Noise is what docs/simulator.md and docs/fleet.md say of
// healthy instruments: light ±2 %, heater ±1 K with ramps of 3 %, suction and valve moves
// 3 %, fans 1 %, of single readings; a run's mean has a part of that. Each is low rather
// than high: what an instrument shows of itself counts, and this is only its floor.
var Signals = []Signal{
	{Feature: "laser.power.mean", Owner: "laser", Unit: "mW", Down: true, Log: true, Noise: .003},
	{Feature: "laser.current.mean", Owner: "laser", Unit: "A", Log: true, Noise: .006},
	{Feature: "camera.temperature.mean", Owner: "camera", Unit: "Cel", Noise: .1},
	{Feature: "focus.score.mean", Owner: "focus", Unit: "1", Down: true, Log: true, Noise: .004},
	{Feature: "stage.error.mean", Owner: "stage", Unit: "um", Log: true, Noise: .04},
	{Feature: "stage.retries.hourly", Owner: "stage", Unit: "/h", Count: true, Noise: .05},
	{Feature: "chiller.temperature.mean", Owner: "chiller", Unit: "Cel", Noise: .05},
	{Feature: "chiller.temperature.max", Owner: "chiller", Unit: "Cel", Noise: .2},
	{Feature: "chiller.duty.mean", Owner: "chiller", Unit: "%", Noise: .8},
	{Feature: "heater.ramp.mean", Owner: "heater", Unit: "s", Log: true, Noise: .008},
	{Feature: "heater.error.mean", Owner: "heater", Unit: "K", Log: true, Noise: .04},
	{Feature: "pump.delivered.mean", Owner: "pump", Unit: "1", Down: true, Log: true, Noise: .002},
	{Feature: "line.pressure.mean", Owner: "line", Unit: "kPa", Log: true, Noise: .02},
	{Feature: "line.pressure.max", Owner: "line", Unit: "kPa", Log: true, Noise: .03},
	{Feature: "valve.move.mean", Owner: "valve", Unit: "ms", Log: true, Noise: .008},
	{Feature: "valve.retries.hourly", Owner: "valve", Unit: "/h", Count: true, Noise: .05},
	{Feature: "internal.temperature.mean", Owner: "fan", Unit: "Cel", Noise: .2},
	{Feature: "fan.speed.mean", Owner: "fan", Unit: "/min", Down: true, Log: true, Noise: .004},
	{Feature: "clusters.pf", Unit: "%", Down: true, Noise: .7},
	{Feature: "q30", Unit: "%", Down: true, Noise: .4},
	{Feature: "phasing.r1", Unit: "%", Log: true, Noise: .03},
	{Feature: "prephasing.r1", Unit: "%", Log: true, Noise: .03},
	{Feature: "error.r1", Unit: "%", Log: true, Noise: .06},
	{Feature: "fwhm.r1", Owner: "focus", Unit: "{pixel}", Log: true, Noise: .003},
	{Feature: "intensity.r1", Owner: "laser", Unit: "1", Down: true, Log: true, Noise: .02},
	{Feature: "log.laser.power.hourly", Owner: "laser", Unit: "/h", Count: true, Noise: .05},
	{Feature: "log.laser.off.hourly", Owner: "laser", Unit: "/h", Count: true, Noise: .05},
	{Feature: "log.focus.lost.hourly", Owner: "focus", Unit: "/h", Count: true, Noise: .05},
	{Feature: "log.stage.home.failed.hourly", Owner: "stage", Unit: "/h", Count: true, Noise: .05},
	{Feature: "log.stage.home.retry.hourly", Owner: "stage", Unit: "/h", Count: true, Noise: .05},
	{Feature: "log.chiller.warm.hourly", Owner: "chiller", Unit: "/h", Count: true, Noise: .05},
	{Feature: "log.heater.timeout.hourly", Owner: "heater", Unit: "/h", Count: true, Noise: .05},
	{Feature: "log.pump.pressure.hourly", Owner: "line", Unit: "/h", Count: true, Noise: .05},
	{Feature: "log.unknown_lines.hourly", Unit: "/h", Log: true, Noise: .1},
	{Feature: "log.valve.retry.hourly", Owner: "valve", Unit: "/h", Count: true, Noise: .05},
}
