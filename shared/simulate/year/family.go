package year

import "time"

// family is an instrument type: its normal and its use. Levels are those of DOMAIN §B and
// §F where it has them; docs/fleet.md marks each.
type family struct {
	name          string
	share         float64 // of the fleet
	runsWeekly    float64
	cycle         time.Duration
	overhead      time.Duration
	patterned     bool
	intensity     float64 // of the first cycles
	fwhm          float64 // px
	phasing       float64 // % a cycle, read 1
	prephasing    float64
	passing       float64 // clusters PF, %
	logit         float64 // of the share of Q30 in 151 cycles of read 1
	errorRate     float64 // % over 151 cycles of read 1
	loading       float64 // sd of ln
	kits          []kit
	software, rta string
	fpga          string
}

// kit is what a run is: its chemistry and the cycles of its two reads (0: none).
type kit struct {
	chemistry string
	read1     int
	read2     int
}

var families = []family{
	{
		name: "MiSeq", share: .35, runsWeekly: 2, cycle: 243 * time.Second, overhead: 83 * time.Minute,
		intensity: 280, fwhm: 2.75, phasing: .094, prephasing: .090, passing: 90, logit: 2.65, errorRate: .6, loading: .18,
		kits:     []kit{{"Version2", 151, 151}, {"Version2", 251, 251}, {"Version3", 301, 301}, {"Version3", 76, 76}},
		software: "4.0.0", rta: "1.18.54", fpga: "9.5.12",
	},
	{
		name: "NextSeq 550", share: .25, runsWeekly: 2.5, cycle: 345 * time.Second, overhead: 4 * time.Hour,
		intensity: 520, fwhm: 2.3, phasing: .15, prephasing: .11, passing: 88, logit: 1.75, errorRate: .7, loading: .15,
		kits:     []kit{{"NextSeq High", 151, 151}, {"NextSeq High", 76, 0}, {"NextSeq Mid", 76, 76}},
		software: "4.0.2", rta: "2.11.3",
	},
	{
		name: "NextSeq 2000", share: .15, runsWeekly: 2.3, cycle: 280 * time.Second, overhead: 4 * time.Hour, patterned: true,
		intensity: 130, fwhm: 1.6, phasing: .092, prephasing: .122, passing: 77, logit: 2.4, errorRate: .25, loading: .12,
		kits:     []kit{{"P2", 151, 151}, {"P2", 61, 61}, {"P3", 151, 151}, {"P3", 101, 0}},
		software: "1.5.0", rta: "3.10.30",
	},
	{
		name: "NovaSeq 6000", share: .25, runsWeekly: 3, cycle: 270 * time.Second, overhead: 4 * time.Hour, patterned: true,
		intensity: 1070, fwhm: 1.53, phasing: .075, prephasing: .058, passing: 82, logit: 2.55, errorRate: .3, loading: .12,
		kits:     []kit{{"S1", 101, 101}, {"S2", 151, 151}, {"S4", 151, 151}, {"SP", 51, 51}},
		software: "1.7.5", rta: "3.4.4",
	},
}

// lasts is the length of a run of a kit; index reads are in the overhead.
func (f *family) lasts(k kit) time.Duration {
	return time.Duration(k.read1+k.read2)*f.cycle + f.overhead
}

// The kinds of site, by what they sequence: the share of low-diversity runs relative to
// the fleet's.
var siteKinds = []struct {
	share, lowDiversity float64
}{
	{.35, .4},  // whole genomes
	{.25, .6},  // exomes, panels
	{.20, .8},  // RNA
	{.10, 4.8}, // amplicons
	{.10, 1.2}, // single cells
}
