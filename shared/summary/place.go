package summary

import (
	"errors"

	"proactive/shared/interop"
)

// Errors by which a whole metric file is set aside: it does not belong to this run.
var (
	errLane     = errors.New("a lane that the run does not have")
	errCycle    = errors.New("a cycle that the run does not have")
	errTileName = errors.New("a tile that is none")
	errTiles    = errors.New("more tiles than a flow cell has")
)

// maxTiles bounds the tiles a file may name; the largest flow cell has some 6,000.
const maxTiles = 20_000

// tiles numbers the tiles of a file in the order in which they come first.
type tiles struct {
	plan  *plan
	names []interop.Tile
	keys  []uint64
	index map[uint64]int
	hint  int
}

func newTiles(p *plan) tiles { return tiles{plan: p, index: map[uint64]int{}} }

// of is the number of a tile. Records come in the same order of tiles again and again, or
// many of the same tile together: the last one or the one after is nearly always right.
func (t *tiles) of(lane uint16, name uint32) (int, error) {
	key := uint64(lane)<<32 | uint64(name)
	if t.hint < len(t.keys) && t.keys[t.hint] == key {
		return t.hint, nil
	}
	if next := t.hint + 1; next < len(t.keys) && t.keys[next] == key {
		t.hint = next
		return next, nil
	}
	if i, ok := t.index[key]; ok {
		t.hint = i
		return i, nil
	}
	switch lanes := t.plan.info.Lanes; {
	case lane == 0 || lanes > 0 && int(lane) > lanes || lane > maxLanes:
		return 0, errLane
	case name == 0 || name > maxTileName:
		return 0, errTileName
	case len(t.keys) == maxTiles:
		return 0, errTiles
	}
	t.hint = len(t.keys)
	t.index[key] = t.hint
	t.keys = append(t.keys, key)
	t.names = append(t.names, interop.Tile{Lane: int(lane), Number: int(name)})
	return t.hint, nil
}

const (
	maxLanes    = 16
	maxTileName = 999_999
)

// at is where a cycle of the run stands.
func (p *plan) at(cycle uint16) (position, error) {
	if cycle == 0 || int(cycle) >= len(p.cycles) {
		return position{}, errCycle
	}
	return p.cycles[cycle], nil
}

// grown is s long enough for the tile i of n values each.
func grown[T any](s []T, i, n int) []T {
	for len(s) < (i+1)*n {
		var zero T
		s = append(s, zero)
	}
	return s
}

// reach is how far tiles have come in each read: the last cycle by tile and read.
type reach struct {
	reads int
	last  []uint16
}

func (r *reach) see(tile int, at position) {
	r.last = grown(r.last, tile, r.reads)
	if cell := &r.last[tile*r.reads+at.read]; int(*cell) < at.within {
		*cell = uint16(at.within) //nolint:gosec // G115: at most maxCycles
	}
}

// Range is how far the tiles of a group have come in a read: the slowest and the fastest.
// Zero: none has begun.
type Range struct{ From, To int }

func (r *reach) over(read int, in []int) (all Range) {
	for n, tile := range in {
		last := 0
		if i := tile*r.reads + read; i < len(r.last) {
			last = int(r.last[i])
		}
		if n == 0 || last < all.From {
			all.From = last
		}
		all.To = max(all.To, last)
	}
	return all
}
