package year

// What wear does to the signals: docs/fleet.md has each equation with its source. x is
// the wear of a mode, 0 at its onset and about 1 when it fails; e·x is what of it is
// seen on this instrument.

// conditions are what a run's signals follow from.
type conditions struct {
	room  float64 // K above usual
	load  float64 // ln of clusters relative to the target
	wears *[gradualModes]seen
	rng   stream
	f     *family
}

// effects are what faults and libraries do beyond the normal of an instrument.
type effects struct {
	shift   [signals]float64
	light   float64 // ln
	blur    float64 // ln of FWHM
	phase   float64 // ln of phasing
	pre     float64 // ln of prephasing
	passing float64 // points
	quality float64 // logits, beside what follows from light, blur and phase
	weak    float64 // share of the chiller's power that is lost
	load    float64 // on the chiller, points of duty
	warm    float64 // K by which the reagents' warmest moment is warmer
	bubbles float64
	aborted bool
}

func (c *conditions) wear(e *effects) {
	w := c.wears
	seenOf := func(i int) (x, ex float64) { return min(w[i].x, 1.4), float64(min(w[i].x, 1.4) * w[i].effect) }

	x, ex := seenOf(laserDecay)
	e.shift[laserCurrent] += float64(.20 * ex) // a servo holds the power,
	lost := float64(.20 * max(0, ex-.7))       // until its reserve is spent
	e.light -= lost
	e.shift[laserPower] -= lost
	e.shift[logLaserPower] += float64(3 * x * x)
	e.quality -= float64(.05 * ex)

	x, ex = seenOf(cameraWarm)
	e.shift[cameraTemperature] += float64(float64(2.8*ex) * (1 + float64(.1*max(0, c.room))))
	e.quality -= float64(.25 * ex)
	e.shift[logUnknown] += float64(.8 * x)

	x, ex = seenOf(focusDrift)
	e.blur += float64(.042 * ex)
	e.shift[focusScore] -= float64(.040 * ex)
	e.shift[logFocusLost] += float64(2.5 * x * x)

	x, ex = seenOf(stageWear)
	e.shift[stageError] += ln(1 + float64(2*ex*x))
	e.shift[stageRetries] += float64(3 * x * x)
	e.shift[logHomeRetry] += float64(3 * x * x)
	e.blur += float64(.006 * ex)

	x, ex = seenOf(zdriveJitter)
	jitter := c.rng.normal()
	e.blur += float64(.024*ex) + float64(float64(.016*ex)*max(-1, jitter))
	e.shift[focusScore] -= float64(.026*ex) + float64(float64(.010*ex)*max(-1, jitter))
	e.shift[logFocusLost] += float64(2 * x)
	e.shift[logHomeFailed] += float64(5 * min(x, 1))

	x, ex = seenOf(chillerWeak)
	e.weak += float64(.44 * ex)
	e.shift[chillerTemperature] += float64(.35 * ex)
	e.warm += float64(1.6 * ex)
	e.shift[logChillerWarm] += float64(3 * x * x)
	e.phase += float64(.04 * ex)

	x, ex = seenOf(heaterAgeing)
	e.shift[heaterRamp] -= ln(1 - min(.6, float64(.19*ex)))
	e.shift[heaterError] += ln(1 + float64(1.1*ex*x))
	e.shift[logHeaterTimeout] += float64(3.2 * x * x)
	e.phase += float64(.10 * ex)
	e.passing -= float64(.8 * ex)

	_, ex = seenOf(fanWear)
	e.shift[fanSpeed] -= float64(.20 * ex)
	e.shift[internalTemperature] += float64(3 * ex)
	e.shift[cameraTemperature] += float64(.2 * ex)
	e.load += float64(1.5 * ex)

	x, ex = seenOf(pumpWear)
	e.shift[pumpDelivered] -= float64(.052 * ex)
	e.phase += float64(.14 * ex)
	e.pre += float64(.20 * ex)
	e.shift[logPumpPressure] += float64(.8 * x)

	x, ex = seenOf(valveStick)
	e.shift[valveMove] += float64(.28 * ex)
	e.shift[valveRetries] += float64(3 * x * x)
	e.shift[logValveRetry] += float64(3 * x * x)
	e.pre += float64(.05 * ex)

	x, ex = seenOf(lineClog)
	e.shift[linePressure] += float64(.40 * ex)
	e.shift[pumpDelivered] -= float64(.006 * ex)
	e.phase += float64(.12 * ex)
	e.light -= float64(.05 * ex)
	e.shift[logPumpPressure] += float64(3.2 * x)

	x, ex = seenOf(lineAir)
	e.bubbles += float64(4 * ex)
	e.shift[linePressure] -= float64(.30 * ex)
	e.shift[pumpDelivered] -= float64(.006 * ex)
	e.shift[logPumpPressure] += float64(3.2 * x)
}

// failed is what a component that has failed does to a run; see abort for what the run
// then does.
func (c *conditions) failed(component string, e *effects) {
	more := c.rng.between(.8, 1.2)
	switch component {
	case laser:
		e.light -= float64(1.2 * more)
		e.shift[laserPower] -= float64(1.2 * more)
		e.shift[laserCurrent] += float64(.4 * more)
		e.shift[logLaserOff] += 7
		e.shift[logLaserPower] += 5
	case camera:
		e.shift[cameraTemperature] += float64(9 * more)
		e.light -= float64(.7 * more)
		e.quality -= float64(2 * more)
		e.shift[logUnknown] += 3
	case focus:
		e.blur += float64(.35 * more)
		e.shift[focusScore] -= float64(.3 * more)
		e.shift[logFocusLost] += 6
	case stage:
		e.shift[stageError] += float64(1.6 * more)
		e.shift[stageRetries] += 5.5
		e.shift[logHomeRetry] += 5
		e.shift[logHomeFailed] += 6
		e.quality -= float64(1 * more)
	case zdrive:
		e.blur += float64(.22 * more)
		e.shift[focusScore] -= float64(.12 * more)
		e.shift[logFocusLost] += 5
		e.shift[logHomeFailed] += 6
	case chiller:
		e.weak += .75
		e.shift[chillerTemperature] += float64(7 * more)
		e.shift[logChillerWarm] += 6
		e.phase += float64(.6 * more)
	case heater:
		e.shift[heaterError] += float64(2.5 * more)
		e.shift[heaterRamp] += float64(.7 * more)
		e.shift[logHeaterTimeout] += 6
		e.phase += float64(.8 * more)
		e.passing -= float64(12 * more)
	case fan:
		e.shift[fanSpeed] -= float64(1.2 * more)
		e.shift[internalTemperature] += float64(9 * more)
		e.shift[cameraTemperature] += float64(.4 * more)
	case pump:
		e.shift[pumpDelivered] -= float64(.25 * more)
		e.shift[logPumpPressure] += 5
		e.phase += float64(1.1 * more)
		e.pre += float64(1.1 * more)
	case valve:
		e.shift[valveMove] += float64(.8 * more)
		e.shift[valveRetries] += 5.5
		e.shift[logValveRetry] += 5.5
		e.pre += float64(.8 * more)
	case line:
		e.shift[linePressure] += float64(.8 * more)
		e.shift[pumpDelivered] -= float64(.02 * more)
		e.shift[logPumpPressure] += 6
		e.light -= float64(1 * more)
	}
	e.aborted = e.aborted || c.rng.chance(.75)
}

// library is what the sample does: too many clusters, too few, too alike.
func (c *conditions) library(alike, poor bool, e *effects) {
	over, under := max(0, c.load), max(0, -c.load)
	if c.f.patterned {
		e.passing -= float64(12 * (over + under))
	} else {
		e.passing -= float64(16 * over)
		e.blur += float64(.02 * over)
	}
	e.light -= float64(.15 * over)
	e.quality += float64(.1*under) - float64(.9*over)
	e.shift[logFocusLost] += float64(1.5 * (over + under))
	if alike {
		e.passing -= 6
		e.quality -= .40
		e.phase += .08
	}
	if poor {
		e.passing -= 5
		e.quality -= .45
		e.light -= .06
	}
}
