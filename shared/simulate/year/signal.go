package year

// The signals: what a run reports, before it is named as features.
const (
	laserPower = iota
	laserCurrent
	cameraTemperature
	focusScore
	stageError
	chillerTemperature
	chillerDuty
	heaterRamp
	heaterError
	internalTemperature
	fanSpeed
	pumpDelivered
	linePressure
	valveMove
	diskFree
	telemetrySignals // so many of them are telemetry with a mean and a maximum
)

const (
	intensity = iota + telemetrySignals
	fwhm
	phasing
	prephasing
	passing
	quality // logit of the share of Q30
	phixError
	metricSignals
)

// The counters: events an hour.
const (
	stageRetries = iota + metricSignals
	valveRetries
	logChillerWarm
	logDoorOpened
	logFocusLost
	logHeaterTimeout
	logLaserOff
	logLaserPower
	logPumpPressure
	logHomeFailed
	logHomeRetry
	logUnknown
	logValveRetry
	signals
)

// scale says how shifts of a signal act.
type scale int

const (
	relative scale = iota // value = base · e^shift
	absolute              // value = base + shift
)

// signal is one row of the table of docs/fleet.md. Shifts are in ln units of a relative
// signal, in the signal's own unit of an absolute one; counters are relative.
type signal struct {
	name      string // of its features
	component string // whose services move its baseline; "" for the run metrics
	scale     scale
	base      float64 // of the run metrics: the family's
	own       float64 // sd from instrument to instrument
	wander    float64 // sd of a slow wander of a healthy instrument
	noise     float64 // sd from run to run
	software  float64 // sd of what a release moves, if it does
	visit     float64 // sd of what a service of the component moves
	drift     float64 // a healthy instrument's drift is 0 to this in a year
	room      float64 // for each K that the room is warmer than usual
	peak      float64 // the run's maximum above its mean
}

var table = [signals]signal{
	laserPower:          {"laser.power", laser, relative, 800, .06, .001, .004, .004, .008, 0, 0, .012},
	laserCurrent:        {"laser.current", laser, relative, 2.2, .12, .006, .008, .05, .03, .15, .005, .016},
	cameraTemperature:   {"camera.temperature", camera, absolute, 12, 1.2, .08, .12, .5, .4, 1.0, .25, .4},
	focusScore:          {"focus.score", focus, absolute, .92, .015, .002, .005, .008, .006, -.006, 0, .015},
	stageError:          {"stage.error", stage, relative, .10, .25, .03, .06, .15, .12, .30, .01, .15},
	chillerTemperature:  {"chiller.temperature", chiller, absolute, 4, .25, .03, .06, .15, .08, 0, .03, .8},
	chillerDuty:         {"chiller.duty", chiller, absolute, 46, 7, .6, 1, 2.5, 2, 5, 4, 7},
	heaterRamp:          {"heater.ramp", heater, relative, 42, .10, .006, .010, .06, .03, .12, -.008, .05},
	heaterError:         {"heater.error", heater, relative, .18, .35, .03, .06, .12, .12, .20, 0, .3},
	internalTemperature: {"internal.temperature", fan, absolute, 28, 1.2, .08, .25, 0, .3, .3, 1, 1.2},
	fanSpeed:            {"fan.speed", fan, relative, 3000, .05, .003, .006, .04, .02, -.06, .015, .02},
	pumpDelivered:       {"pump.delivered", pump, absolute, 1, .016, .001, .003, .006, .005, -.012, 0, .010},
	linePressure:        {"line.pressure", line, relative, 30, .20, .012, .022, .06, .05, .15, -.015, .08},
	valveMove:           {"valve.move", valve, relative, 420, .15, .007, .012, .06, .04, .12, 0, .06},
	diskFree:            {"disk.free", "", absolute, 55, 12, 4, 4, 0, 0, 0, 0, 6},

	intensity:  {"intensity", laser, relative, 0, .12, .008, .035, .04, .03, -.03, 0, 0},
	fwhm:       {"fwhm", focus, relative, 0, .035, .002, .005, .010, .010, .004, .003, 0},
	phasing:    {"phasing", "", relative, 0, .10, .012, .05, .10, 0, 0, .005, 0},
	prephasing: {"prephasing", "", relative, 0, .10, .012, .06, .10, 0, 0, .003, 0},
	passing:    {"clusters.pf", "", absolute, 0, 1.5, .2, .9, .6, 0, 0, 0, 0},
	quality:    {"q30", "", absolute, 0, .12, .02, .08, .12, 0, 0, 0, 0},
	phixError:  {"error", "", relative, 0, .12, .02, .10, .10, 0, 0, 0, 0},

	stageRetries:     {"stage.retries", stage, relative, .02, .6, .1, .3, .3, 0, 0, 0, 0},
	valveRetries:     {"valve.retries", valve, relative, .02, .6, .1, .3, .3, 0, 0, 0, 0},
	logChillerWarm:   {"log.chiller.warm", chiller, relative, .005, .5, .1, .3, .3, 0, 0, .2, 0},
	logDoorOpened:    {"log.door.opened", "", relative, .08, .4, .1, .3, .2, 0, 0, 0, 0},
	logFocusLost:     {"log.focus.lost", focus, relative, .012, .5, .1, .3, .3, 0, 0, .02, 0},
	logHeaterTimeout: {"log.heater.timeout", heater, relative, .006, .5, .1, .3, .3, 0, 0, 0, 0},
	logLaserOff:      {"log.laser.off", laser, relative, .003, .5, .1, .3, .3, 0, 0, 0, 0},
	logLaserPower:    {"log.laser.power", laser, relative, .008, .5, .1, .3, .3, 0, 0, 0, 0},
	logPumpPressure:  {"log.pump.pressure", line, relative, .010, .5, .1, .3, .3, 0, 0, 0, 0},
	logHomeFailed:    {"log.stage.home.failed", stage, relative, .005, .5, .1, .3, .3, 0, 0, 0, 0},
	logHomeRetry:     {"log.stage.home.retry", stage, relative, .02, .5, .1, .3, .3, 0, 0, 0, 0},
	logUnknown:       {"log.unknown_lines", "", relative, 3, .5, .1, .3, .5, 0, 0, 0, 0},
	logValveRetry:    {"log.valve.retry", valve, relative, .02, .5, .1, .3, .3, 0, 0, 0, 0},
}
