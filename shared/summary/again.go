package summary

import (
	"errors"
	"io/fs"

	"proactive/shared/interop"
)

// errOrder means that a tile's cycle came again, or after a later one. Instruments write a
// cycle again when their analysis was started anew: the last record stands.
var errOrder = errors.New("a cycle that came before")

func (t *tiles) index() *tiles { return t }

// again reads a file whose records come twice or out of order: first to find those that a
// later one supersedes, then the others.
func (w work) again(folder fs.FS, m *metrics, n *FileNote) (sink, error) {
	found := &interop.Written{}
	s := w.kind.open(m)
	s.index().scan, s.index().room = found, nil // nothing is kept of a tile
	if err := n.into(folder, s, nil); err != nil {
		return nil, err
	}
	whole, skip := n.File, found.Superseded()
	s = w.kind.open(m)
	s.index().anyOrder = true
	if err := n.into(folder, s, skip); err != nil {
		return nil, err
	}
	n.File, n.Superseded = whole, int64(len(skip))
	return s, nil
}
