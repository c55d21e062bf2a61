package interop

import (
	"cmp"
	"slices"
)

// Written notes where the records of a file by cycle stand, to find those that a later one
// of the same tile and cycle supersedes: instruments write cycles again when their analysis
// was started anew. It holds 16 bytes a record.
type Written struct{ records []standing }

type standing struct {
	at     uint64 // tile and cycle: the lane has 16 bits, the name 32, the cycle 16
	number int64
}

// Note notes a block.
func (w *Written) Note(p *Place) {
	for i, tile := range p.Tile {
		w.records = append(w.records, standing{uint64(tile)<<16 | uint64(p.Cycle[i]), p.First + int64(i)})
	}
}

// Superseded are the numbers of the records after which the same tile and cycle comes
// again, in order.
func (w *Written) Superseded() (all []int64) {
	slices.SortFunc(w.records, func(a, b standing) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.number, b.number))
	})
	for i := 1; i < len(w.records); i++ {
		if w.records[i].at == w.records[i-1].at {
			all = append(all, w.records[i-1].number)
		}
	}
	slices.Sort(all)
	return all
}
