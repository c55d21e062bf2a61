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
	does         string // for docs/fleet.md: what physics.go does
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
	laserDecay:   {"laser-decay", laser, .15, 84, "current × e^(0.20e) while a servo holds the power; from e = 0.7 on it and the light fall, ln −0.20 each; `log.laser.power` × e^(3x²); Q30"},
	cameraWarm:   {"camera-warm", camera, .09, 63, "camera +2.8e K, more in a warm room; Q30 logit −0.25e; unknown lines × e^(0.8x)"},
	focusDrift:   {"focus-drift", focus, .13, 63, "FWHM × e^(0.042e); focus score −0.040e; `log.focus.lost` × e^(2.5x²)"},
	stageWear:    {"stage-wear", stage, .12, 70, "following error × (1 + 2ex); retries and home retries × e^(3x²); FWHM × e^(0.006e)"},
	zdriveJitter: {"z-drive-jitter", zdrive, .09, 63, "FWHM × e^(0.024e ± 0.016e) and focus score −0.026e ± 0.010e, another in each run; `log.stage.home.failed` × e^(5x); `log.focus.lost` × e^(2x)"},
	chillerWeak:  {"chiller-weak", chiller, .16, 70, "duty ÷ (1 − 0.44e), room and door included, at most 100 %; reagents +0.35e K, their warmest moment +1.6e K; `log.chiller.warm` × e^(3x²); phasing × e^(0.04e)"},
	heaterAgeing: {"heater-ageing", heater, .13, 77, "ramp ÷ (1 − 0.19e); steady error × (1 + 1.1ex); timeouts × e^(3.2x²); phasing × e^(0.10e); PF −0.8e points"},
	fanWear:      {"fan-wear", fan, .10, 63, "speed × e^(−0.20e); inside +3e K; camera +0.2e K; chiller duty +1.5e points"},
	pumpWear:     {"pump-wear", pump, .16, 84, "delivered −0.052e; phasing × e^(0.14e); prephasing × e^(0.20e); `log.pump.pressure` × e^(0.8x)"},
	valveStick:   {"valve-stick", valve, .13, 56, "move × e^(0.28e); retries, counted and logged, × e^(3x²); prephasing × e^(0.05e)"},
	lineClog:     {"line-clog", line, .11, 63, "pressure × e^(0.40e); delivered −0.006e; phasing × e^(0.12e); light, ln −0.05e; `log.pump.pressure` × e^(3.2x)"},
	lineAir:      {"line-air", line, .09, 49, "4e bubbles a run: each pressure +1 %, PhiX error × e^0.2, Q30 logit −0.05, peaks of pressure + 8 %; pressure × e^(−0.30e); delivered −0.006e; `log.pump.pressure` × e^(3.2x)"},
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
