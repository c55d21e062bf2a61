package summary

import (
	"errors"
	"io/fs"
	"slices"

	"proactive/shared/interop"
)

// errOrder means that a tile's cycle came again, or after a later one. Instruments write a
// cycle again when their analysis was started anew: the last record stands.
var errOrder = errors.New("a cycle that came before")

func (t *tiles) index() *tiles { return t }

// scan notes where each record of a file stands: tile, cycle and its number in one word,
// so that they sort in this order.
type scan struct{ records []uint64 }

const (
	numberBits = 31 // of the record; a file of 2³¹ records has 25 GB
	cycleBits  = 17
)

func (s *scan) note(p *interop.Place, tiles []int32) {
	for i, tile := range tiles {
		s.records = append(s.records, uint64(tile)<<(cycleBits+numberBits)|uint64(p.Cycle[i])<<numberBits|uint64(p.First)+uint64(i)) //nolint:gosec // G115: none is negative
	}
}

// superseded are the numbers of the records after which the same tile and cycle comes again.
func (s *scan) superseded() (all []int64) {
	slices.Sort(s.records)
	for i, r := range s.records[:max(len(s.records)-1, 0)] {
		if s.records[i+1]>>numberBits == r>>numberBits {
			all = append(all, int64(r&(1<<numberBits-1))) //nolint:gosec // G115: 31 bits
		}
	}
	slices.Sort(all)
	return all
}

// again reads a file whose records come twice or out of order: first to find those that a
// later one supersedes, then the others.
func (w work) again(folder fs.FS, m *metrics, n *FileNote) (sink, error) {
	found := &scan{}
	s := w.kind.open(m)
	s.index().scan = found
	if err := n.into(folder, s, nil); err != nil {
		return nil, err
	}
	whole, skip := n.File, found.superseded()
	found.records = nil
	s = w.kind.open(m)
	s.index().anyOrder = true
	if err := n.into(folder, s, skip); err != nil {
		return nil, err
	}
	n.File, n.Superseded = whole, int64(len(skip))
	return s, nil
}
