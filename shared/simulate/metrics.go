package simulate

import (
	"io"
	"math"

	"proactive/shared/interop"
)

// tileList names the tiles of a family in order: surface, swath, camera segment where
// there is one, tile.
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

// reads are insert, index, index, insert.
func (f family) reads() []int { return []int{f.cycles, f.index, f.index, f.cycles} }

// tiles draws the tile metrics of a run: loading moves density and passing filter
// together; chiller and pump move phasing and prephasing.
func (s state) tiles() interop.Tiles {
	f := s.truth.family
	all := interop.Tiles{}
	for _, id := range f.tileList() {
		n := f.clusters * s.load * (1 + .03*s.rng.NormFloat64())
		share := .93 - .08*math.Abs(math.Log(s.load)) - .02*s.of("chiller")
		if f.patterned {
			n, share = f.clusters, share-.12 // every well counts; empty ones do not pass
		}
		pf := n * min(.98, share+.01*s.rng.NormFloat64())
		m := &interop.TileMetric{
			Clusters: math.Round(n), ClustersPF: math.Round(pf), Density: n / f.area, DensityPF: pf / f.area,
		}
		for i, cycles := range f.reads() {
			second := float64(i) / 3
			r := interop.ReadMetric{Phasing: math.NaN(), Prephasing: math.NaN(), Aligned: 0}
			if cycles == f.cycles {
				r.Aligned = 1.5 * (1 + .03*s.rng.NormFloat64())
				r.Phasing = (.09 + .03*second + .16*s.of("chiller") + .06*s.of("pump")) * (1 + .05*s.rng.NormFloat64())
				r.Prephasing = (.08 + .02*second + .12*s.of("pump")) * (1 + .05*s.rng.NormFloat64())
			}
			m.Reads = append(m.Reads, r)
		}
		all[id] = m
	}
	return all
}

// The bins of the families: seven as RTA 2 writes them, three as RTA 3 does.
var (
	sevenBins = interop.Bins{Lower: []byte{2, 10, 20, 25, 30, 35, 40}, Upper: []byte{9, 19, 24, 29, 34, 39, 41}, Value: []byte{2, 14, 21, 27, 32, 36, 40}}
	threeBins = interop.Bins{Lower: []byte{2, 18, 30}, Upper: []byte{17, 29, 40}, Value: []byte{11, 25, 37}}
)

// q30 is the share of bases at Q30 or better in a cycle of a read: highest some cycles
// in, falling with phasing, lower in the second read; and what each fault takes away.
func (s state) q30(cycle, cycles, read int) float64 {
	c := float64(cycle) / 150
	share := .965 - .05*c*c - .015*float64(read)/3 - .03*math.Abs(math.Log(s.load))
	if cycle < 5 {
		share -= .01 * float64(5-cycle)
	}
	share -= s.of("laser")*(.03+.06*c) + s.of("chiller")*.12*c*float64(cycle)/float64(cycles) +
		s.of("pump")*.06*c + s.of("stage")*.02
	return max(.4, min(.985, share+.002*s.rng.NormFloat64()))
}

// writeQuality writes QMetricsOut.bin, tile by tile within each cycle.
func (s state) writeQuality(w io.Writer, tiles interop.Tiles) error {
	f := s.truth.family
	version, bins := 6, sevenBins
	if f.patterned {
		version, bins = 7, threeBins
	}
	ids, reads := f.tileList(), f.reads()
	counts := make([]uint64, len(bins.Value))
	read, cycle, total, at := 0, 1, 1, 0
	share := s.q30(cycle, reads[read], read)
	return interop.WriteQuality(w, version, bins, func() (interop.Quality, bool) {
		if at == len(ids) {
			at = 0
			total++
			if cycle++; cycle > reads[read] {
				cycle = 1
				read++
			}
			if read == len(reads) {
				return interop.Quality{}, false
			}
			share = s.q30(cycle, reads[read], read)
		}
		id := ids[at]
		at++
		s.spread(counts, bins, tiles[id].ClustersPF, share)
		return interop.Quality{Tile: id, Cycle: total, Counts: counts}, true
	})
}

// spread distributes n bases over the bins so that a share of them is Q30 or better.
func (s state) spread(counts []uint64, bins interop.Bins, n, share float64) {
	good := 0
	for i := range counts {
		if bins.ScoreOf(i) >= 30 {
			good++
		}
	}
	poor := len(counts) - good
	left := uint64(n)
	for i := range counts {
		part := (1 - share) / float64(poor)
		if i >= poor {
			part = share * float64(i-poor+1) / float64(good*(good+1)/2) // the best bin is the fullest
		}
		counts[i] = min(left, uint64(math.Round(n*part)))
		left -= counts[i]
	}
	counts[len(counts)-1] += left
}
