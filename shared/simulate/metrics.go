package simulate

import (
	"io"
	"math"

	"proactive/shared/interop"
)

// What the bottom surface passes less than the top one, where both are imaged, in
// percent; and the spread of the share of Q30 from tile to tile.
const (
	bottomPassing = 2.1
	tileSpread    = .003
)

// tiles draws the tile metrics of a run.
func (s state) tiles() interop.Tiles {
	f := s.truth.family
	rng := s.fleet.stream("tiles", s.truth.Serial, " ", s.run)
	all := interop.Tiles{}
	passing := s.passing()
	for _, id := range f.tileList() {
		n, pass := f.clusters, passing+.9*normal(rng)
		if !f.patterned() {
			n *= s.load * (1 + .02*normal(rng))
		}
		if len(f.surfaces) == 2 && id.Surface() == 2 {
			pass -= bottomPassing
		}
		n = math.Round(n)
		pf := math.Round(n * min(98, pass) / 100)
		m := &interop.TileMetric{Clusters: n, ClustersPF: pf, Density: n / f.area, DensityPF: pf / f.area}
		insert, cycle := 0, 0
		for _, r := range f.reads {
			one := interop.ReadMetric{Phasing: math.NaN(), Prephasing: math.NaN()}
			if !r.index {
				p, q := s.phases(insert, cycle+min(25, r.cycles)) // estimated over the first 25
				one.Phasing, one.Prephasing = p*(1+.05*normal(rng)), q*(1+.05*normal(rng))
				one.Aligned = s.phix * (1 + .02*normal(rng))
				insert++
			}
			m.Reads = append(m.Reads, one)
			cycle += r.cycles
		}
		all[id] = m
	}
	return all
}

// writeQuality writes QMetricsOut.bin, tile by tile within each cycle.
func (s state) writeQuality(w io.Writer, tiles interop.Tiles) error {
	f := s.truth.family
	rng := s.fleet.stream("quality", s.truth.Serial, " ", s.run)
	ids, counts := f.tileList(), make([]uint64, len(f.bins.Value))
	shares := s.shares()
	cycle, at := 0, 0
	return interop.WriteQuality(w, f.qualityVersion, f.bins, func() (interop.Quality, bool) {
		if at == len(ids) {
			at = 0
			cycle++
		}
		if cycle == len(shares) {
			return interop.Quality{}, false
		}
		id := ids[at]
		at++
		share := shares[cycle] + tileSpread*normal(rng)
		spread(counts, f.bins, uint64(tiles[id].ClustersPF), max(.05, min(.995, share)))
		return interop.Quality{Tile: id, Cycle: cycle + 1, Counts: counts}, true
	})
}

// shares of Q30 in each cycle over the whole run.
func (s state) shares() []float64 {
	var all []float64
	insert := 0
	for _, r := range s.truth.family.reads {
		first := len(all)
		for c := 1; c <= r.cycles; c++ {
			all = append(all, s.q30(min(insert, 1), first, c, r.cycles))
		}
		if !r.index {
			insert++
		}
	}
	return all
}

// spread distributes n bases over the bins so that a share of them is Q30 or better, the
// best bin the fullest.
func spread(counts []uint64, bins interop.Bins, n uint64, share float64) {
	good := 0
	for i := range counts {
		if bins.ScoreOf(i) >= 30 {
			good++
		}
	}
	poor := len(counts) - good
	left := n
	for i := range counts {
		part := (1 - share) / float64(poor)
		if i >= poor {
			part = share * float64(i-poor+1) / float64(good*(good+1)/2)
		}
		counts[i] = min(left, uint64(math.Round(float64(n)*part)))
		left -= counts[i]
	}
	counts[len(counts)-1] += left
}
