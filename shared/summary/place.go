package summary

import (
	"errors"
	"math/rand/v2"

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
	// room makes room for what is kept of one more tile.
	room func()

	plan  *plan
	names []interop.Tile
	keys  []interop.TileID
	// slots find a key's number, plus one; 0 is free. Some instruments write their tiles
	// in no order, and a map would cost as much as all the rest.
	slots []int32
	hint  int32 // the last tile
	// mixed: tiles come in no order.
	mixed bool
	// late: a tile's cycle came after a later one, or again.
	late bool
	// scan, if there is one, is all that is done: the records are only shown to it.
	scan func(p *interop.Place, tiles []int32)
	// at are the tiles of the block's records, and runs where those of one cycle begin
	// and end.
	at   []int32
	runs []run
}

// run are records of a block that follow one another in the same cycle of the run.
type run struct {
	from, to int
	cycle    uint16
	position
}

func newTiles(p *plan) tiles { return tiles{plan: p, slots: make([]int32, 2048)} }

// locate numbers the tiles of a block of a file by cycle, and finds its cycles.
func (t *tiles) locate(p *interop.Place) error {
	if err := t.number(p); err != nil {
		return err
	}
	t.runs = t.runs[:0]
	for from := 0; from < len(p.Cycle); {
		cycle, to := p.Cycle[from], from+1
		for to < len(p.Cycle) && p.Cycle[to] == cycle {
			to++
		}
		if cycle == 0 || int(cycle) >= len(t.plan.cycles) {
			return errCycle
		}
		t.runs = append(t.runs, run{from, to, cycle, t.plan.cycles[cycle]})
		from = to
	}
	if t.scan != nil {
		t.scan(p, t.at)
		t.runs = t.runs[:0]
	}
	return nil
}

// number numbers the tiles of a block. Most instruments write them in the same order in
// every cycle, or many records of the same tile together: then a guess is right.
func (t *tiles) number(p *interop.Place) error {
	if cap(t.at) < p.Len() {
		t.at = make([]int32, p.Len())
	}
	t.at = t.at[:p.Len()]
	if len(t.keys) == 0 && p.Len() > 0 {
		if _, err := t.of(p.Tile[0]); err != nil {
			return err
		}
	}
	if t.mixed {
		return t.numberMixed(p)
	}
	hint, keys, wrong := t.hint, t.keys, 0
	for j, key := range p.Tile {
		if next := int(hint) + 1; next < len(keys) && keys[next] == key {
			hint++
		} else if keys[hint] != key {
			i, err := t.of(key)
			if err != nil {
				return err
			}
			if i < len(keys) {
				wrong++
			}
			hint, keys = int32(i), t.keys //nolint:gosec // G115: at most maxTiles
		}
		t.at[j] = hint
	}
	t.hint, t.mixed = hint, 4*wrong > p.Len()
	return nil
}

// numberMixed numbers tiles that come in no order, as those of a NextSeq do.
func (t *tiles) numberMixed(p *interop.Place) error {
	for j, key := range p.Tile {
		n := t.slots[t.slot(key)]
		if n == 0 {
			i, err := t.of(key)
			if err != nil {
				return err
			}
			n = int32(i) + 1 //nolint:gosec // G115: at most maxTiles
		}
		t.at[j] = n - 1
	}
	return nil
}

// salt scatters keys in a way that nobody who writes a file can know.
var salt = rand.Uint64() | 1 //nolint:gosec // G404: against collisions, not for a secret

// slot is where a key stands, or where it would.
func (t *tiles) slot(key interop.TileID) int {
	mask := len(t.slots) - 1
	i := int((uint64(key)*salt)>>40) & mask
	for t.slots[i] != 0 && t.keys[t.slots[i]-1] != key {
		i = (i + 1) & mask
	}
	return i
}

// of is the number of a tile.
func (t *tiles) of(key interop.TileID) (int, error) {
	at := t.slot(key)
	if n := t.slots[at]; n > 0 {
		return int(n) - 1, nil
	}
	id := key.Tile()
	switch lanes := t.plan.info.Lanes; {
	case id.Lane == 0 || lanes > 0 && id.Lane > lanes || id.Lane > maxLanes:
		return 0, errLane
	case id.Number == 0 || id.Number > maxTileName:
		return 0, errTileName
	case len(t.keys) == maxTiles:
		return 0, errTiles
	}
	n := len(t.keys)
	t.keys = append(t.keys, key)
	t.slots[at] = int32(n) + 1 //nolint:gosec // G115: at most maxTiles
	if 2*len(t.keys) > len(t.slots) {
		t.slots = make([]int32, 2*len(t.slots))
		for i, key := range t.keys {
			t.slots[t.slot(key)] = int32(i) + 1
		}
	}
	t.names = append(t.names, id)
	if t.room != nil {
		t.room()
	}
	return n, nil
}

const (
	maxLanes    = 16
	maxTileName = 999_999
)

// byRead are values of every tile in every read: a read's stand together, for a file goes
// through one read after another.
type byRead[T any] [][]T

// grow makes room for one more tile.
func (b *byRead[T]) grow(p *plan) {
	if *b == nil {
		*b = make([][]T, len(p.info.Reads))
	}
	for i := range *b {
		if (*b)[i] == nil {
			(*b)[i] = make([]T, 0, p.tiles)
		}
		var none T
		(*b)[i] = append((*b)[i], none)
	}
}

// reach is how far tiles have come in each read: the last cycle by tile and read.
type reach struct{ last byRead[uint16] }

// see takes in the tiles of records in one cycle. It is false if one of them has been in
// this cycle or a later one: only then can a record have come twice.
func (r *reach) see(tiles []int32, at position) (inOrder bool) {
	inOrder = true
	last := r.last[at.read]
	for _, tile := range tiles {
		if cell := &last[tile]; *cell < at.within {
			*cell = at.within
		} else {
			inOrder = false
		}
	}
	return inOrder
}

// Range is how far the tiles of a group have come in a read: the slowest and the fastest.
// Zero: none has begun.
type Range struct{ From, To int }

func (r *reach) over(read int, in []int) (all Range) {
	for n, tile := range in {
		last := int(r.last[read][tile])
		if n == 0 || last < all.From {
			all.From = last
		}
		all.To = max(all.To, last)
	}
	return all
}
