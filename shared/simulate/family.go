package simulate

import (
	"time"

	"proactive/shared/interop"
)

// family is a kind of sequencer: its layout, its files and its normal.
type family struct {
	name     string
	serial   string // for a number below 100 000
	flowcell string // for five letters
	side     string // of the flow cell, in the run's name
	lanes    int
	surfaces []int
	swaths   int
	cameras  int // segments of a swath, where tile names have them
	tiles    int
	reads    []read
	cycle    time.Duration
	overhead time.Duration // clusters, turn-arounds, wash
	days     int           // between two runs

	tileVersion, qualityVersion int
	bins                        interop.Bins
	clusters                    float64 // of a tile, at the target
	area                        float64 // of a tile, mm²
	passing                     float64 // percent of clusters that pass the filter, at the target
	loading                     float64 // spread of clusters from run to run
	snr                         float64 // signal to noise in the first cycle
	software, rta, chemistry    string
	parameters                  string // name of the file, in the family's letter case
}

type read struct {
	cycles int
	index  bool
}

// The bins of the families: seven as RTA 2 writes them, three as RTA 3 does.
var (
	sevenBins = interop.Bins{Lower: []byte{2, 10, 20, 25, 30, 35, 40}, Upper: []byte{9, 19, 24, 29, 34, 39, 41}, Value: []byte{2, 14, 21, 27, 32, 36, 40}}
	threeBins = interop.Bins{Lower: []byte{2, 18, 30}, Upper: []byte{17, 29, 40}, Value: []byte{11, 25, 37}}
)

// families: layouts, areas and cluster counts as measured on public runs, see
// docs/simulator.md. Reads are short where tiles are many, for a folder's sake.
var families = []family{
	{
		name: "MiSeq", serial: "M%05d", flowcell: "000000000-%s",
		lanes: 1, surfaces: []int{1, 2}, swaths: 1, tiles: 14,
		reads: []read{{151, false}, {8, true}, {8, true}, {151, false}},
		cycle: 243 * time.Second, overhead: 83 * time.Minute, days: 3,
		tileVersion: 2, qualityVersion: 6, bins: sevenBins,
		clusters: 640_000, area: .674, passing: 93.1, loading: .16, snr: 10,
		software: "4.0.0.1769", rta: "1.18.54.4", chemistry: "Version2", parameters: "runParameters.xml",
	},
	{
		name: "NextSeq 500", serial: "NS5%05d", flowcell: "H%sAFXX", side: "A",
		lanes: 4, surfaces: []int{1, 2}, swaths: 1, cameras: 3, tiles: 12,
		reads: []read{{36, false}, {6, true}},
		cycle: 6 * time.Minute, overhead: 4 * time.Hour, days: 2,
		tileVersion: 2, qualityVersion: 6, bins: sevenBins,
		clusters: 585_000, area: 3.0, passing: 92.9, loading: .12, snr: 9.6,
		software: "2.0.2.1", rta: "2.4.11", chemistry: "NextSeq Mid", parameters: "RunParameters.xml",
	},
	{
		name: "NovaSeq 6000", serial: "A%05d", flowcell: "H%sDRXX", side: "A",
		lanes: 2, surfaces: []int{2}, swaths: 2, tiles: 78,
		reads: []read{{51, false}, {10, true}, {10, true}, {51, false}},
		cycle: 210 * time.Second, overhead: 4 * time.Hour, days: 4,
		tileVersion: 3, qualityVersion: 7, bins: threeBins,
		clusters: 4_091_904, area: 1.3818, passing: 83.4, loading: .12, snr: 9.3,
		software: "1.8.1", rta: "v3.4.4", chemistry: "SP", parameters: "RunParameters.xml",
	},
}

// patterned flow cells have a well for every cluster: their number does not vary.
func (f family) patterned() bool { return f.tileVersion == 3 }

// cycles over all reads.
func (f family) cycles() int {
	n := 0
	for _, r := range f.reads {
		n += r.cycles
	}
	return n
}

// lasts is the length of a run.
func (f family) lasts() time.Duration { return time.Duration(f.cycles())*f.cycle + f.overhead }

// tileList names the tiles in order: lane, surface, swath, camera segment where there is
// one, tile.
func (f family) tileList() []interop.Tile {
	var all []interop.Tile
	for lane := 1; lane <= f.lanes; lane++ {
		for _, surface := range f.surfaces {
			for swath := 1; swath <= f.swaths; swath++ {
				for camera := range max(f.cameras, 1) {
					for n := 1; n <= f.tiles; n++ {
						name := surface*1000 + swath*100 + n
						if f.cameras > 0 {
							segment := camera + 1
							if lane > 2 { // cameras 4 to 6 image lanes 3 and 4
								segment += 3
							}
							name = surface*10000 + swath*1000 + segment*100 + n
						}
						all = append(all, interop.Tile{Lane: lane, Number: name})
					}
				}
			}
		}
	}
	return all
}
