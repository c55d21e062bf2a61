package year

// component names, as the rules and the casework have them.
const (
	laser   = "laser"
	camera  = "camera"
	focus   = "focus"
	stage   = "stage"
	zdrive  = "z-drive"
	chiller = "chiller"
	heater  = "heater"
	fan     = "fan"
	pump    = "pump"
	valve   = "valve"
	line    = "line"
)

// Components of every instrument, in the order of their draws.
var Components = []string{laser, camera, focus, stage, zdrive, chiller, heater, fan, pump, valve, line}

// mode is a way in which a component wears: docs/fleet.md has where the numbers come from.
type mode struct {
	name, component string
	// onsets are expected in a year of an instrument that can fail; span is the median
	// time from onset to wear 1, in days.
	onsets, span float64
}

// The gradual modes. Their indexes are used by the physics.
const (
	laserDecay = iota
	cameraWarm
	focusDrift
	stageWear
	zdriveJitter
	chillerWeak
	heaterAgeing
	fanWear
	pumpWear
	valveStick
	lineClog
	lineAir
	gradualModes
)

var modes = [gradualModes]mode{
	laserDecay:   {"laser-decay", laser, .15, 84},
	cameraWarm:   {"camera-warm", camera, .09, 60},
	focusDrift:   {"focus-drift", focus, .13, 63},
	stageWear:    {"stage-wear", stage, .12, 70},
	zdriveJitter: {"z-drive-jitter", zdrive, .09, 56},
	chillerWeak:  {"chiller-weak", chiller, .16, 70},
	heaterAgeing: {"heater-ageing", heater, .13, 77},
	fanWear:      {"fan-wear", fan, .10, 56},
	pumpWear:     {"pump-wear", pump, .16, 84},
	valveStick:   {"valve-stick", valve, .13, 49},
	lineClog:     {"line-clog", line, .11, 56},
	lineAir:      {"line-air", line, .09, 42},
}

// sudden are the failures a year that nothing announces, by component.
var sudden = map[string]float64{
	laser: .09, camera: .07, focus: .03, stage: .07, zdrive: .05, chiller: .07,
	heater: .07, fan: .03, pump: .06, valve: .05, line: .05,
}

var suddenNames = map[string]string{
	laser: "laser-driver", camera: "camera-dead", focus: "focus-laser", stage: "stage-controller",
	zdrive: "z-drive-controller", chiller: "chiller-driver", heater: "heater-driver", fan: "fan-seized",
	pump: "pump-motor", valve: "valve-motor", line: "line-blocked",
}

var parts = map[string]string{
	laser: "laser module", camera: "camera", focus: "focus module", stage: "stage", zdrive: "z-drive",
	chiller: "chiller", heater: "flow-cell heater", fan: "fan", pump: "syringe pump", valve: "selector valve", line: "manifold",
}

// Wear x of a mode that has begun grows each day by its rate, by diffusion and by jumps,
// and strikes with the hazard exp(steepness·x) times what makes the expected number of
// strikes up to x = 1 one, at the mode's median rate.
const (
	steepness  = 7.0
	rateSpread = .30  // sd of ln rate among failures
	diffusion  = .012 // sd of a day
	jumpChance = .02  // of a day
	jumpSmall  = .03  // one half of the jumps
	jumpLarge  = .08  // the other
	// effectSpread is the sd of ln of what wear does to what is seen, among failures.
	effectSpread = .20
	// frailtySpread is the sd of ln of how often an instrument's components wear.
	frailtySpread = .5
	// After a repair a component is this much likelier to begin wearing or to fail, and
	// that fades with infancyDays.
	infancy     = 4.0
	infancyDays = 20.0
)

// hazard of a day at wear x, of a mode whose span is so many days: the chance to strike.
func hazard(x, span float64) float64 {
	h0 := steepness / float64(span*(exp(steepness)-1))
	return 1 - exp(-float64(h0*exp(float64(steepness*min(x, 1.8)))))
}
