package identity

import (
	"io"

	"proactive/shared/interop"
)

// Control is one record of ControlMetricsOut.bin: how many clusters of a tile were of a
// library control.
type Control struct {
	Tile     interop.Tile
	Read     int
	Name     string // of the control, which is a sequence too
	Index    string
	Clusters uint64
}

// ReadControls reads ControlMetricsOut.bin, version 1: lane u16, tile u16, read u16,
// control name, index, clusters u32; strings as in [ReadIndex].
func ReadControls(in io.Reader, use func(Control)) (interop.File, error) {
	r, f, err := begin(in)
	if err != nil {
		return f, err
	}
	if f.Version != 1 {
		return f, interop.ErrVersion
	}
	err = r.each(&f, func() func() {
		var x Control
		x.Tile.Lane = int(r.number(2))   //nolint:gosec // G115: two bytes
		x.Tile.Number = int(r.number(2)) //nolint:gosec // G115: two bytes
		x.Read = int(r.number(2))        //nolint:gosec // G115: two bytes
		x.Name, x.Index = r.text(), r.text()
		x.Clusters = r.number(4)
		return func() { use(x) }
	})
	return f, err
}
