package score

import "proactive/shared/health"

// The kinds of rule.
const (
	Limit = "limit" // a fixed threshold
	Drift = "drift" // a threshold relative to the instrument's own baseline
)

// Rule says when one feature speaks of a fault on one component. A run violates it
// when its value is beyond the threshold; K violating runs among M consecutive
// sequence numbers make a finding.
type Rule struct {
	ID        string
	Component string
	Subsystem health.Subsystem
	Kind      string
	// Reason is the key of the sentence that explains it: a named constant.
	Reason  string
	Feature string // as featuresOf names it
	Unit    string // UCUM
	Above   bool   // values above the threshold violate; else values below
	// Limit is the threshold of a limit rule.
	Limit float64
	// Factor and Offset make the threshold of a drift rule: baseline × Factor + Offset.
	Factor, Offset float64
	K, M           int
	// Support names run metrics that this fault is known to move (DOMAIN §C); each
	// stands for itself and for its reads ("phasing" for "phasing.r1", …).
	Support []string
}

// The reasons of the rules.
const (
	LaserPowerFalling   = "laser-power-falling"
	LaserCurrentRising  = "laser-current-rising"
	CameraWarm          = "camera-warm"
	StageErrorGrowing   = "stage-following-error-growing"
	StageRetries        = "stage-retries"
	ChillerWarm         = "chiller-warm"
	ChillerSaturated    = "chiller-saturated"
	HeaterRampSlow      = "heater-ramp-slow"
	HeaterOffTarget     = "heater-off-target"
	PumpUnderdelivering = "pump-underdelivering"
	LinePressureRising  = "line-pressure-rising"
	ValveSlow           = "valve-slow"
	ValveRetries        = "valve-retries"
	FanSlow             = "fan-slow"
)

// Limits need 2 of 3, drift 3 of 4: a baseline has noise of its own.
const (
	limitK, limitM = 2, 3
	driftK, driftM = 3, 4
)

func limit(id, component string, sub health.Subsystem, reason, feature, unit string, above bool, threshold float64, support ...string) Rule {
	return Rule{
		ID: id, Component: component, Subsystem: sub, Kind: Limit, Reason: reason, Feature: feature, Unit: unit,
		Above: above, Limit: threshold, K: limitK, M: limitM, Support: support,
	}
}

func drift(id, component string, sub health.Subsystem, reason, feature, unit string, above bool, factor, offset float64, support ...string) Rule {
	return Rule{
		ID: id, Component: component, Subsystem: sub, Kind: Drift, Reason: reason, Feature: feature, Unit: unit,
		Above: above, Factor: factor, Offset: offset, K: driftK, M: driftM, Support: support,
	}
}

// Rules is every rule. Thresholds and where they come from:
//
//   - laser power below 90 % of its own; healthy light stays within ±2 % of its set
//     value, a bench passes at ±5 % (DOMAIN §A PySeq2500, §F9). Current more than 25 %
//     up at constant power hides the decay (F6: a slow rise of 0–10 % a year is healthy).
//   - camera more than 3 K above its own (C5: more than 2 K in a room that stays as it is;
//     a year's seasons add one).
//   - stage following error above twice its own, or retries (D10: 3 in 100 cycles, which
//     at 4 to 7 minutes a cycle is 0.3 to 0.45 an hour; healthy at most 1 a run).
//   - chiller mean above 8 °C or duty above 95 % (D7; healthy 4.0±0.3 °C and 35–60 %).
//   - heater ramp above 1.25 times its own, or a steady error above 0.8 K (D8 has 0.5,
//     which healthy instruments reach).
//   - pump delivering below 0.91 of what was commanded, line pressure above 1.5 times its
//     own (D9; sd 2–3 %, and the viscosity of what is drawn).
//   - valve moves above 1.4 times its own (F6: t0(1+x); F9: sd 3 %), or retries (healthy 0).
//   - fan below 80 % of its own (C27; healthy ±5 %).
//
// They are gross on purpose, for they open cases beside the models, on one alert budget: on
// two simulated fleets (docs/prediction.md) these thresholds make less than 0.01 and 0.05
// false cases per instrument-year, where DOMAIN's own make 0.10 and 0.48. Run metrics (%≥Q30, phasing, clusters PF) make no finding of
// their own: library and loading move them more than most faults do (DOMAIN §D), and a
// fault moves them for several components at once. They stand beside as support.
var Rules = []Rule{
	drift("optical.laser.power.drift", "laser", health.Optical, LaserPowerFalling, "laser.power.mean", "mW", false, 0.90, 0, "q30"),
	drift("optical.laser.current.drift", "laser", health.Optical, LaserCurrentRising, "laser.current.mean", "A", true, 1.25, 0, "q30"),
	drift("optical.camera.temperature.drift", "camera", health.Optical, CameraWarm, "camera.temperature.mean", "Cel", true, 1, 3, "q30"),
	drift("mechanical.stage.error.drift", "stage", health.Mechanical, StageErrorGrowing, "stage.error.mean", "um", true, 2, 0, "q30"),
	limit("mechanical.stage.retries.limit", "stage", health.Mechanical, StageRetries, "stage.retries.hourly", "/h", true, 0.5, "q30"),
	limit("thermal.chiller.temperature.limit", "chiller", health.Thermal, ChillerWarm, "chiller.temperature.mean", "Cel", true, 8, "phasing", "q30"),
	limit("thermal.chiller.duty.limit", "chiller", health.Thermal, ChillerSaturated, "chiller.duty.mean", "%", true, 95, "phasing", "q30"),
	drift("thermal.heater.ramp.drift", "heater", health.Thermal, HeaterRampSlow, "heater.ramp.mean", "s", true, 1.25, 0, "phasing", "clusters.pf"),
	limit("thermal.heater.error.limit", "heater", health.Thermal, HeaterOffTarget, "heater.error.mean", "K", true, 0.8, "phasing", "clusters.pf"),
	drift("thermal.fan.speed.drift", "fan", health.Thermal, FanSlow, "fan.speed.mean", "/min", false, 0.80, 0, "q30"),
	limit("fluidics.pump.delivered.limit", "pump", health.Fluidics, PumpUnderdelivering, "pump.delivered.mean", "1", false, 0.91, "phasing", "prephasing"),
	drift("fluidics.line.pressure.drift", "line", health.Fluidics, LinePressureRising, "line.pressure.mean", "kPa", true, 1.50, 0, "phasing", "prephasing"),
	drift("fluidics.valve.move.drift", "valve", health.Fluidics, ValveSlow, "valve.move.mean", "ms", true, 1.40, 0, "phasing", "prephasing"),
	limit("fluidics.valve.retries.limit", "valve", health.Fluidics, ValveRetries, "valve.retries.hourly", "/h", true, 0.5, "phasing", "prephasing"),
}

// threshold of the rule at a baseline (which a limit rule ignores).
func (r Rule) threshold(baseline float64) float64 {
	if r.Kind == Limit {
		return r.Limit
	}
	// The conversion keeps arm64 from fusing the operations: the same bits everywhere.
	return float64(baseline*r.Factor) + r.Offset
}

// beyond tells whether a value violates at a threshold. On the threshold is not beyond.
func beyond(above bool, value, threshold float64) bool {
	if above {
		return value > threshold
	}
	return value < threshold
}

func ruleOf(id string) (Rule, bool) {
	for _, r := range Rules {
		if r.ID == id {
			return r, true
		}
	}
	return Rule{}, false
}
