package interop

import "io"

// ExtendedBlock are records of ExtendedTileMetricsOut.bin.
type ExtendedBlock struct {
	Place
	// Occupied is how many wells of a patterned flow cell hold a cluster.
	Occupied []float32
	// UpperLeft is where the tile lies, x and y (Len × 2); version 3 only.
	UpperLeft []float32
}

// ReadExtended reads ExtendedTileMetricsOut.bin, versions 1 to 3: size u8; lane u16,
// tile u32, occupied f32, and in version 3 x f32, y f32.
func ReadExtended(r io.Reader, each func(*ExtendedBlock)) (File, error) {
	s, err := begin(r)
	if err != nil {
		return s.File, err
	}
	if s.Version < 1 || s.Version > 3 {
		return s.File, ErrVersion
	}
	if err := s.fits(1, []int{1: 10, 2: 10, 3: 18}[s.Version]); err != nil {
		return s.File, err
	}
	var block ExtendedBlock
	return s.records(&block.Place, placed{tileBytes: 4, noCycle: true}, func(raw []byte, n int) {
		block.Occupied = floats(block.Occupied, raw, n, s.RecordSize, 6, 1)
		if s.Version == 3 {
			block.UpperLeft = floats(block.UpperLeft, raw, n, s.RecordSize, 10, 2)
		}
		each(&block)
	})
}
