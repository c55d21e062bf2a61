// Package simulate writes run folders of instruments that do not exist, healthy and
// failing, for the demo and the tests. It is deterministic: a seed and a start day give
// the same bytes. What is learned from it is learned from a simulation; docs/simulator.md
// has every parameter and says where it comes from.
package simulate

import (
	"crypto/sha256"
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// Fleet is what is simulated.
type Fleet struct {
	Seed        uint64
	Instruments int
	Failing     int
	Start       time.Time // the day of every instrument's first run, UTC
}

// Truth is what the simulator knows of one instrument and the pipeline is not told.
type Truth struct {
	Serial    string `json:"serial"`
	Family    string `json:"family"`
	Component string `json:"component"` // "" if healthy
	Subsystem string `json:"subsystem"`
	Onset     int    `json:"onset"` // index, from 0, of the first run that the fault touches
	Mode      string `json:"mode"`

	family family
	fault  fault
}

// fault is one failure mode: wear on one component that grows from its onset to an end.
type fault struct {
	component, subsystem, mode string
	end                        float64 // wear at its worst, of 1
}

// faults are by subsystem: instruments that fail take another subsystem each, as long as
// there are any, and one of its modes.
var faults = [][]fault{
	{{"laser", "optical", "light-source decay: more current, then less light", 1}},
	{{"stage", "mechanical", "encoder dirt: following error and homing retries", .9}},
	{
		{"chiller", "thermal", "weak Peltier: full duty, then warm reagents", 1},
		{"heater", "thermal", "flow-cell heater: slow ramps, off its target", .6},
	},
	{
		{"pump", "fluidics", "syringe wear: less delivered than commanded", .9},
		{"valve", "fluidics", "sticking selector valve: slow moves and retries", .8},
	},
}

// rampRuns is how many runs a fault takes from its onset to its end.
const rampRuns = 3

// Truths are the instruments of the fleet. Which of them fail, and how, the seed draws.
// An instrument is the same in every fleet of its seed, size and number of failing.
func (f Fleet) Truths() []Truth {
	rng := f.stream("fleet")
	order, subsystems := rng.Perm(f.Instruments), rng.Perm(len(faults))
	all, taken := make([]Truth, f.Instruments), map[string]bool{}
	for i := range all {
		fam := families[i%len(families)]
		serial := ""
		for serial == "" || taken[serial] {
			serial = fmt.Sprintf(fam.serial, rng.IntN(100_000))
		}
		taken[serial] = true
		all[i] = Truth{Serial: serial, Family: fam.name, family: fam}
	}
	for n := range min(f.Failing, f.Instruments) {
		t := &all[order[n]]
		modes := faults[subsystems[n%len(faults)]]
		t.fault = modes[rng.IntN(len(modes))]
		t.Component, t.Subsystem, t.Mode = t.fault.component, t.fault.subsystem, t.fault.mode
		t.Onset = 5 + rng.IntN(3)
	}
	return all
}

// stream is a source of numbers of its own for each purpose: what one file draws does
// not move what another does.
func (f Fleet) stream(purpose ...any) *rand.Rand {
	sum := sha256.Sum256(fmt.Append(nil, append([]any{"proactive fleet\n", f.Seed, "\n"}, purpose...)...))
	return rand.New(rand.NewChaCha8(sum))
}

// normal is a standard normal cut at 2.5, so that no healthy instrument is a monster.
func normal(rng *rand.Rand) float64 { return max(-2.5, min(2.5, rng.NormFloat64())) }

// state is an instrument in one run: everything that the files are written from.
type state struct {
	fleet    Fleet
	truth    Truth
	run      int // from 0
	number   int // as the instrument counts
	wear     map[string]float64
	own      own
	lot      lot
	load     float64 // clusters relative to the target
	drift    float64 // of the run's quality, in logits
	phix     float64 // percent aligned
	flowcell string
	started  time.Time
}

// own is what makes an instrument itself: its normal, drawn once.
type own struct {
	firstNumber                                                    int
	laserMW, laserA, stageUm, rampS, pressureKPa, valveMs, fan     float64
	cameraC, duty, focus, signal, phasing, prephasing, heaterError float64
}

// lot is a reagent lot and what it does, to every instrument of the family.
type lot struct {
	number          int
	signal, phasing float64
}

// stateOf draws run number run (from 0) of an instrument. serviced: the fault is mended.
func (f Fleet) stateOf(t Truth, run int, serviced bool) state {
	s := state{fleet: f, truth: t, run: run, own: f.ownOf(t)}
	s.number = s.own.firstNumber + run
	s.wear = f.wearOf(t, run, serviced)
	rng := f.stream("run", t.Serial, " ", run)
	s.started = f.Start.AddDate(0, 0, run*t.family.days+rng.IntN(2)).Add(time.Duration(8*60+rng.IntN(8*60)) * time.Minute)
	s.load = math.Exp(t.family.loading * normal(rng))
	s.drift = .06 * normal(rng)
	if rng.Float64() > .3 { // the others forgot or spared the PhiX
		s.phix = 1.5 * math.Exp(.2*normal(rng))
	}
	s.flowcell = fmt.Sprintf(t.family.flowcell, letters(rng, 5))
	s.lot = f.lotOf(t.family, s.started)
	return s
}

func (f Fleet) ownOf(t Truth) own {
	rng := f.stream("instrument", t.Serial)
	around := func(mean, spread float64) float64 { return mean * (1 + spread*normal(rng)) }
	return own{
		firstNumber: 20 + rng.IntN(400),
		laserMW:     around(800, .06), laserA: around(2.2, .06), stageUm: around(.1, .15), rampS: around(42, .06),
		pressureKPa: around(-30, .1), valveMs: around(420, .08), fan: around(3000, .03),
		cameraC: around(12, .05), duty: 44 + 10*rng.Float64(), focus: around(.92, .01),
		signal: around(1, .04), phasing: around(1, .1), prephasing: around(1, .1), heaterError: around(.15, .2),
	}
}

// wearOf is each component's wear, 0 to 1. It is small and hardly grows; on the failing
// component it climbs from the onset on, and a service puts it back to as good as new.
func (f Fleet) wearOf(t Truth, run int, serviced bool) map[string]float64 {
	rng := f.stream("wear", t.Serial)
	wear := map[string]float64{}
	for _, modes := range faults {
		for _, m := range modes {
			wear[m.component] = .02 + .08*rng.Float64() + .001*float64(run)
		}
	}
	c := t.Component
	switch {
	case c == "":
	case serviced:
		wear[c] = .05
	case run >= t.Onset:
		wear[c] += (t.fault.end - wear[c]) * min(1, float64(run-t.Onset+1)/rampRuns)
	}
	return wear
}

// lotOf is the lot that a family used on a day; one lasts five weeks.
func (f Fleet) lotOf(fam family, day time.Time) lot {
	const lasts = 35
	n := int(day.Unix()/86400) / lasts
	rng := f.stream("lot", fam.name, " ", n)
	return lot{number: 20_000_000 + 1000*(n%900) + rng.IntN(1000), signal: math.Exp(.05 * normal(rng)), phasing: math.Exp(.08 * normal(rng))}
}

// letters draws a flow cell's name: letters and digits as such names have, but none that
// could be read as a base, so that a detector of nucleotides has no reason to stop it.
func letters(rng *rand.Rand, n int) string {
	const alphabet = "BDEFHJKLMPQRSVWXYZ23456789"
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[rng.IntN(len(alphabet))]
	}
	return string(b)
}
