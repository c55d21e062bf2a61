package simulate

import "math"

// What wear does. The equations are those of docs/simulator.md, which has their sources;
// x is a component's wear, 0 to 1.

// light is the source's power relative to its set value: a servo holds it by driving
// more current, until its reserve is spent.
func (s state) light() (power, current float64) {
	x := s.wear["laser"]
	return 1 - .6*max(0, x-.5), 1 + .5*x
}

// stage is the following error relative to the instrument's own, and retries an hour.
func (s state) stage() (following, retries float64) {
	x := s.wear["stage"]
	return 1 + 4*x*x, .02 + 3*math.Pow(x, 4)
}

// chiller is its duty in percent and the reagents' temperature in °C, while the room is
// `room` K warmer than usual and an open door adds a load.
func (s state) chiller(room, door float64) (duty, celsius float64) {
	duty = (s.own.duty + 4*room + 20*door) / (1 - .75*s.wear["chiller"])
	return min(100, duty), 4 + 1.5*door + .08*max(0, duty-100)
}

// heater is the flow cell's ramp time relative to its own, and its steady error in K.
func (s state) heater() (ramp, steady float64) {
	x := s.wear["heater"]
	return 1 / (1 - .6*x), s.own.heaterError + 1.5*x*x
}

// pump is the volume delivered of one commanded.
func (s state) pump() float64 { return 1 - .15*s.wear["pump"] }

// valve is the time of a move relative to its own, and retries an hour.
func (s state) valve() (move, retries float64) {
	x := s.wear["valve"]
	return 1 + x, .01 + 3*math.Pow(x, 3)
}

// phases are the percent of strands that fall behind and run ahead in each cycle of a
// read, at a cycle counted over the whole run: reagents that are warm lose their potency
// as the run goes on, what is not delivered does not finish a step, a flow cell off its
// temperature reacts at another rate.
func (s state) phases(read, cycle int) (phasing, prephasing float64) {
	hours := s.truth.family.cycle.Hours() * float64(cycle)
	_, celsius := s.chiller(0, 0)
	warm := 1 + .004*max(0, celsius-4)*hours
	_, steady := s.heater()
	off := math.Exp(.4 * (steady - s.own.heaterError))
	missing := 1 - s.pump()
	phasing = .09 * s.own.phasing * s.lot.phasing * warm * off * (1 + 4*missing) * (1 + .3*s.wear["valve"])
	prephasing = .085 * s.own.prephasing * s.lot.phasing * off * (1 + 5*missing) * (1 + .3*s.wear["valve"])
	if read > 0 { // strands were made anew, less cleanly
		phasing *= 1.2
		prephasing *= .9
	}
	return phasing, prephasing
}

// secondRead is how much signal is left when the strands were turned around.
const secondRead = .76

// q30 is the share of bases of Q30 or better in a cycle of a read. first is the cycle,
// over the whole run, in which the read begins, from 0; read counts insert reads.
func (s state) q30(read, first, cycle, cycles int) float64 {
	p, q := s.phases(read, first+cycle)
	inPhase := math.Pow(1-(p+q)/100, float64(cycle))
	power, _ := s.light()
	signal := power * s.own.signal * s.lot.signal
	if read > 0 {
		signal *= secondRead
	}
	following, _ := s.stage()
	blur := .03 * (following - 1)
	crowd := max(0, math.Log(s.load))
	snr := s.truth.family.snr * math.Sqrt(signal) * (1 - .6*(1-inPhase)) / (1 + blur) * (1 - .3*crowd)
	logit := -3.2 + .69*snr + s.drift
	if cycle <= 2 || cycle == cycles {
		logit -= .8
	}
	return 1 / (1 + math.Exp(-logit))
}

// passing is the percentage of a run's clusters that pass the filter.
func (s state) passing() float64 {
	f := s.truth.family
	_, steady := s.heater()
	pf := f.passing - 3*max(0, steady-.3)
	density := math.Log(s.load)
	switch {
	case f.patterned(): // too few or too many strands for the wells
		pf -= 12 * math.Abs(density)
	case f.name == "MiSeq":
		pf = 101.6 - .0089*f.clusters*s.load/f.area/1000 - 3*max(0, steady-.3)
	default:
		pf -= 10 * max(0, density)
	}
	return max(20, pf)
}
