package observe

import (
	"math/bits"
	"strings"

	"proactive/shared/observation"
)

// images are the tiles of a run and the cycles in which each was seen, in the place where its
// bases are counted.
type images map[imagedTile]*[maxCycles / 64]uint64

type imagedTile struct {
	place
	tile int
}

// add notes a cycle, from 1, of a tile. Of more tiles than there are nothing is settled.
func (m images) add(at place, tile, cycle int) {
	cycles := m[imagedTile{at, tile}]
	if cycles == nil {
		if len(m) > maxTiles*maxReads {
			return
		}
		cycles = &[maxCycles / 64]uint64{}
		m[imagedTile{at, tile}] = cycles
	}
	cycles[(cycle-1)/64] |= 1 << ((cycle - 1) % 64)
}

const maxReads = 4

// settle finds the reads of a run under way in which every tile of a surface has every
// usable cycle: their sums will not change any more. Without the layout of the flow cell
// nobody knows how many tiles there are to come, and none is settled before the run ends.
func (b *builder) settle(seen images) {
	tiles := b.info.Swaths * b.info.TileCount
	if b.report.Complete || tiles == 0 {
		return
	}
	have := map[place]int{}
	for i, cycles := range seen {
		for _, word := range cycles {
			have[i.place] += bits.OnesCount64(word)
		}
	}
	b.report.settled = map[place]bool{}
	for at, n := range have {
		b.report.settled[at] = n == tiles*b.usable(at.read)
	}
}

// usable is how many cycles of a read count: its last does not.
func (b *builder) usable(read int) int {
	for _, r := range b.info.Reads {
		if r.Number == read {
			return r.Cycles - 1
		}
	}
	return 0
}

// Settled tells whether an observation is what it will be when the run has ended. Of a
// run under way these are what is set before the first cycle, telemetry of an hour that
// a later one has followed, if it is told by the hour, and quality of a read that is whole. Tile metrics change to
// the end: a tile's phasing is fitted over the whole read.
func (r Report) Settled(o observation.Observation) bool {
	switch {
	case r.Complete:
		return true
	case Fixed(o):
		return true
	case strings.HasPrefix(o.Field, "telemetry."), strings.HasPrefix(o.Field, "log.") && o.Field != "log.unknown_lines":
		return !r.once[o.Field] && o.Minute/60 < r.lastHour
	case o.Field == "q.q30_fall":
		return r.whole(o.Read)
	case strings.HasPrefix(o.Field, "q."):
		return r.settled[place{o.Lane, o.Surface, o.Read}]
	}
	return false
}

// whole tells whether every place of a read is settled.
func (r Report) whole(read int) bool {
	n := 0
	for at, settled := range r.settled {
		if at.read == read {
			if n++; !settled {
				return false
			}
		}
	}
	return n > 0
}

// Fixed tells whether an observation says which run and instrument it is, and not how
// they do: every part of a run carries it.
func Fixed(o observation.Observation) bool {
	return strings.HasPrefix(o.Field, "config.") || strings.HasPrefix(o.Field, "run.") && o.Field != "run.completion"
}
