package summary

import (
	"io/fs"

	"proactive/shared/interop"
)

func (t *tiles) index() *tiles { return t }

// again looks at a file of which a tile's cycle came late. Some instruments write tiles as
// they finish; others write cycles again when their analysis was started anew: then the
// last record of each stands, and the file is read without those that it supersedes.
func (w work) again(folder fs.FS, m *metrics, n *FileNote, first sink) (sink, error) {
	whole := n.File
	seen := &images{cycles: len(m.plan.cycles)}
	if err := w.show(folder, m, n, seen.see); err != nil || !seen.twice {
		n.File = whole
		return first, err
	}
	found := &interop.Written{}
	if err := w.show(folder, m, n, func(p *interop.Place, _ []int32) { found.Note(p) }); err != nil {
		return nil, err
	}
	skip := found.Superseded()
	s := w.kind.open(m)
	if err := n.into(folder, s, skip); err != nil {
		return nil, err
	}
	n.File, n.Superseded = whole, int64(len(skip))
	return s, nil
}

// show only shows the records of a file to scan.
func (w work) show(folder fs.FS, m *metrics, n *FileNote, scan func(*interop.Place, []int32)) error {
	s := w.kind.open(m)
	s.index().scan, s.index().room = scan, nil // nothing is kept of a tile
	return n.into(folder, s, nil)
}

// images are those that were seen: a bit for each cycle of each tile.
type images struct {
	cycles int
	seen   [][]uint64 // by tile
	twice  bool
}

// most bounds the bits: 16 MiB of them.
const most = 16 << 23

func (m *images) see(p *interop.Place, tiles []int32) {
	if m.twice {
		return
	}
	for i, tile := range tiles {
		for int(tile) >= len(m.seen) {
			if len(m.seen)*m.cycles > most {
				m.twice = true // too many to tell in little memory: look closer
				return
			}
			m.seen = append(m.seen, make([]uint64, (m.cycles+63)/64))
		}
		cycle := p.Cycle[i]
		word, bit := &m.seen[tile][cycle/64], uint64(1)<<(cycle%64)
		if *word&bit != 0 {
			m.twice = true
			return
		}
		*word |= bit
	}
}
