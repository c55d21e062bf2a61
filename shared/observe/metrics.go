package observe

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"slices"

	"proactive/shared/interop"
	"proactive/shared/observation"
)

// What a file may name: the largest flow cell has some 6,000 tiles, the longest run some 600
// cycles, and the largest file some two million records by tile and cycle.
const (
	maxTiles   = 20_000
	maxCycles  = 4096
	maxRecords = 8_000_000
)

func (b *builder) tiles(in io.Reader) (bool, Reason) {
	tiles := interop.Tiles{}
	f, err := interop.ReadTiles(in, tiles, maxTiles)
	if clusters, pf, ok := tiles.Totals(); ok {
		b.report.Summary.Clusters, b.report.Summary.ClustersPF = clusters, pf
	}
	for _, id := range slices.SortedFunc(maps.Keys(tiles), func(a, b interop.Tile) int {
		return cmp.Or(cmp.Compare(a.Lane, b.Lane), cmp.Compare(a.Number, b.Number))
	}) {
		m := tiles[id]
		b.tile("tile.clusters", id, 0, m.Clusters)
		b.tile("tile.clusters_pf", id, 0, m.ClustersPF)
		b.tile("tile.density", id, 0, m.Density)
		b.tile("tile.density_pf", id, 0, m.DensityPF)
		for i, r := range m.Reads {
			if read := i + 1; b.insert(read) {
				b.tile("tile.phasing", id, read, r.Phasing)
				b.tile("tile.prephasing", id, read, r.Prephasing)
				b.tile("tile.aligned", id, read, r.Aligned)
			}
		}
	}
	return metricReason(f, err)
}

// insert tells whether a read is of the insert, not of an index. Without RunInfo.xml
// nobody knows, and nothing is said of any read.
func (b *builder) insert(read int) bool {
	for _, r := range b.info.Reads {
		if r.Number == read {
			return !r.Index
		}
	}
	return false
}

// tile adds one tile's value. A value that the file does not have is not an observation.
func (b *builder) tile(field string, id interop.Tile, read int, v float64) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return
	}
	b.add(observation.Observation{Field: field, Lane: id.Lane, Tile: id.Number, Read: read, Value: v})
}

// place is where quality is told: never finer than a surface and a whole read.
type place struct{ lane, surface, read int }

// imagedCycle is one cycle of a read on one surface. It is never told.
type imagedCycle struct {
	place
	cycle int // within the read
}

type bases struct{ all, q30 uint64 }

// quality sums the histograms over usable cycles: the last cycle of each read is left
// out, as in the reference's %≥Q30, for it has no following cycle to correct phasing by.
// Of a cycle that was written again the last record counts.
func (b *builder) quality(in io.Reader, again func() (fs.File, error)) (bool, Reason) {
	if len(b.info.Reads) == 0 {
		return false, NeedsRunInfo
	}
	var written interop.Written
	sums, seen, f, err := b.sumQuality(in, &written)
	if skip := written.Superseded(); err == nil && len(skip) > 0 {
		file, err := again()
		if err != nil {
			return false, Unreadable
		}
		defer file.Close()
		sums, seen, _, err = b.sumQuality(interop.Without(file, f, skip), &interop.Written{})
		if err != nil {
			return false, Unreadable
		}
	}
	b.settle(seen)
	b.tellQuality(sums)
	return metricReason(f, err)
}

// tellQuality tells of each insert read how good it is as a whole, and how far its best
// cycles fall from its first third to its last. Of a read that is an index, or as short as
// one, nothing: a sum over ten bases says too much of each.
func (b *builder) tellQuality(sums map[imagedCycle]bases) {
	var total bases
	whole, cycles := map[place]bases{}, map[int]map[int]bases{} // by place; by read and cycle
	for at, s := range sums {
		total = bases{total.all + s.all, total.q30 + s.q30}
		if !b.tellable(at.read) || s.all == 0 {
			continue
		}
		w := whole[at.place]
		whole[at.place] = bases{w.all + s.all, w.q30 + s.q30}
		if cycles[at.read] == nil {
			cycles[at.read] = map[int]bases{}
		}
		c := cycles[at.read][at.cycle]
		cycles[at.read][at.cycle] = bases{c.all + s.all, c.q30 + s.q30}
	}
	for at, s := range whole {
		o := observation.Observation{Lane: at.lane, Surface: at.surface, Read: at.read}
		o.Field, o.Value = "q.bases", float64(s.all)
		b.add(o)
		o.Field, o.Value = "q.bases_q30", float64(s.q30)
		b.add(o)
	}
	for read, c := range cycles {
		if fall, ok := fallOf(c, b.usable(read)); ok {
			b.add(observation.Observation{Field: "q.q30_fall", Read: read, Value: fall})
		}
	}
	if total.all > 0 {
		q30 := 100 * float64(total.q30) / float64(total.all)
		b.report.Summary.Q30 = &q30
	}
}

// tellable tells whether quality of a read may be told.
func (b *builder) tellable(read int) bool {
	for _, r := range b.info.Reads {
		if r.Number == read {
			return !r.Index && r.Cycles > observation.WindowCycles
		}
	}
	return false
}

// fallOf is how far the share of Q30 falls from the first third of a read to its last, in
// whole percent, over the best tenth of the cycles of each. Bases are called with unlike
// confidence, and a mean over few cycles would tell how many there are of each; among the
// best of many there are always some of the base that is called best, so this moves with
// the instrument. It is one number for the run: each lane or window would be another look
// at the same bases. ok is false for a read too short for thirds of WindowCycles, or not
// read to its end.
func fallOf(cycles map[int]bases, usable int) (percent float64, ok bool) {
	third := usable / 3
	if third < observation.WindowCycles {
		return 0, false
	}
	best := func(from, to int) (float64, bool) {
		var shares []float64
		for c := from; c <= to; c++ {
			s, ok := cycles[c]
			if !ok {
				return 0, false
			}
			shares = append(shares, 100*float64(s.q30)/float64(s.all))
		}
		slices.Sort(shares)
		shares = shares[len(shares)-len(shares)/10:]
		sum := 0.0
		for _, s := range shares {
			sum += s
		}
		return sum / float64(len(shares)), true
	}
	first, ok1 := best(1, third)
	last, ok2 := best(usable-third+1, usable)
	return math.Round(first-last) + 0, ok1 && ok2 // one zero
}

// sumQuality sums the histograms by cycle, over the tiles of a surface; seen are the images of a run under way.
func (b *builder) sumQuality(in io.Reader, written *interop.Written) (sums map[imagedCycle]bases, seen images, f interop.File, err error) {
	sums, seen = map[imagedCycle]bases{}, images{}
	records := 0
	f, err = interop.ReadQuality(in, func(block *interop.QualityBlock) {
		if records += block.Len(); records > maxRecords {
			return
		}
		written.Note(&block.Place)
		all := block.Bases()
		for i := range block.Len() {
			tile := block.Tile[i].Tile()
			cycle := int(block.Cycle[i])
			read, within, ok := b.info.ReadOf(cycle)
			if !ok || within == read.Cycles || cycle > maxCycles || tile.Lane < 1 || tile.Lane > 16 {
				continue
			}
			at := place{tile.Lane, tile.Surface(), read.Number}
			if !b.report.Complete {
				seen.add(at, tile.Number, cycle)
			}
			s := sums[imagedCycle{at, within}]
			sums[imagedCycle{at, within}] = bases{s.all + all[i].All, s.q30 + all[i].Q30}
		}
	})
	switch {
	case records > maxRecords:
		return nil, nil, f, errTooMany
	case err != nil:
		return sums, seen, f, fmt.Errorf("reading quality: %w", err)
	}
	return sums, seen, f, nil
}

// errTooMany says that a file has more records than any real one: nothing of it is used.
var errTooMany = errors.New("too many records")
