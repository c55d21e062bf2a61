// Package simulate writes run folders of instruments that do not exist, healthy and
// failing, for the demo and the tests. It is deterministic: a seed and a start date give
// the same bytes. What is learned from it is learned from a simulation; docs/simulator.md
// says where each number comes from.
package simulate

import (
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
	Onset     int    `json:"onset"` // index of the first run that the fault touches
	Mode      string `json:"mode"`

	index  int
	family family
	fault  fault
}

// family is a layout small enough to be written in a moment and true to its kind: names
// of tiles, file versions, chemistry.
type family struct {
	name, serial, suffix, software, rta, chemistry string
	lanes, swaths, cameras, tiles                  int
	surfaces                                       []int
	cycles, index                                  int // of each insert read, of each index read
	clusters                                       float64
	area                                           float64 // mm² of a tile
	hours, days                                    int     // length of a run, days between runs
	patterned                                      bool
}

var families = []family{
	{name: "MiSeq", serial: "M%05d", suffix: "000000000-%s", software: "4.0.0.1769", rta: "1.18.54.4", chemistry: "Version2",
		lanes: 1, swaths: 1, tiles: 14, surfaces: []int{1, 2}, cycles: 76, index: 8, clusters: 7.5e5, area: 0.674, hours: 22, days: 3},
	{name: "NextSeq 500", serial: "NS%06d", suffix: "H%sBGXX", software: "2.0.2.1", rta: "2.4.11", chemistry: "NextSeq Mid",
		lanes: 4, swaths: 1, cameras: 3, tiles: 4, surfaces: []int{1, 2}, cycles: 76, index: 6, clusters: 5.9e5, area: 3.0, hours: 18, days: 3},
	{name: "NovaSeq 6000", serial: "A%05d", suffix: "H%sDRXX", software: "1.8.1", rta: "v3.4.4", chemistry: "SP",
		lanes: 2, swaths: 2, tiles: 20, surfaces: []int{2}, cycles: 51, index: 10, clusters: 4.09e6, area: 1.382, hours: 25, days: 4, patterned: true},
}

// fault is one failure mode: what it does at full severity.
type fault struct{ component, subsystem, mode string }

var faults = []fault{
	{"chiller", "thermal", "weak: Peltier or fan, warmer and at full duty"},
	{"laser", "optical", "light-source decay, one after another the servo's reserve and the light"},
	{"pump", "fluidics", "syringe wear: less is delivered than commanded"},
	{"stage", "mechanical", "encoder dirt: following error and homing retries"},
}

// rampRuns is how many runs a fault takes from onset to full severity.
const rampRuns = 4

// Truths are the instruments of the fleet. Those that fail are drawn by the seed, each
// with another fault than the one before.
func (f Fleet) Truths() []Truth {
	rng := rand.New(rand.NewPCG(f.Seed, 0x666c656574))
	order := rng.Perm(f.Instruments)
	first := rng.IntN(len(faults))
	all := make([]Truth, f.Instruments)
	for i := range all {
		fam := families[i%len(families)]
		all[i] = Truth{Serial: fmt.Sprintf(fam.serial, 10000+rng.IntN(80000)+i), Family: fam.name, index: i, family: fam}
	}
	for n := range min(f.Failing, f.Instruments) {
		t := &all[order[n]]
		t.fault = faults[(first+n)%len(faults)]
		t.Component, t.Subsystem, t.Mode = t.fault.component, t.fault.subsystem, t.fault.mode
		t.Onset = 6 + rng.IntN(2)
	}
	return all
}

// state is an instrument in one run: everything that the files are written from.
type state struct {
	truth    Truth
	run      int
	severity float64 // of the fault, 0 to 1
	load     float64 // clusters relative to the target
	rng      *rand.Rand
	own      own
	flowcell string
	started  time.Time
}

// own is what makes an instrument itself: its normal, drawn once.
type own struct{ laserMW, laserA, stageUm, rampS, pressureKPa, valveMs, fan, cameraC, duty float64 }

// stateOf draws run number run (from 0) of an instrument. serviced: the fault is mended.
func (f Fleet) stateOf(t Truth, run int, serviced bool) state {
	base := rand.New(rand.NewPCG(f.Seed, uint64(t.index)<<32|0xffffffff)) //nolint:gosec // G115: index is not negative
	around := func(mean, spread float64) float64 { return mean * (1 + spread*base.NormFloat64()) }
	s := state{truth: t, run: run, own: own{
		laserMW: around(800, .06), laserA: around(2.2, .06), stageUm: around(.1, .15), rampS: around(42, .06),
		pressureKPa: around(-30, .1), valveMs: around(420, .08), fan: around(3000, .03), cameraC: around(12, .05), duty: around(47, .08),
	}}
	s.rng = rand.New(rand.NewPCG(f.Seed, uint64(t.index)<<32|uint64(run))) //nolint:gosec // G115: neither is negative
	if t.Component != "" && !serviced && run >= t.Onset {
		s.severity = min(1, float64(run-t.Onset+1)/rampRuns)
	}
	spread := 0.18
	if t.family.patterned {
		spread = 0.06
	}
	s.load = math.Exp(spread * max(-2, min(2, s.rng.NormFloat64())))
	s.flowcell = fmt.Sprintf(t.family.suffix, letters(s.rng, 5))
	s.started = f.Start.AddDate(0, 0, run*t.family.days)
	return s
}

// of is the severity if the fault is on that component.
func (s state) of(component string) float64 {
	if s.truth.Component == component {
		return s.severity
	}
	return 0
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
