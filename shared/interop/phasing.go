package interop

import "io"

// PhasingBlock are records of EmpiricalPhasingMetricsOut.bin: the share of a tile's
// clusters that have fallen behind or run ahead by a cycle, in percent.
type PhasingBlock struct {
	Place
	// Weights are phasing and prephasing: Len × 2.
	Weights []float32
}

// ReadPhasing reads EmpiricalPhasingMetricsOut.bin, versions 1 and 2: size u8; lane u16,
// tile u16 (2: u32), cycle u16, phasing f32, prephasing f32.
//
// The reference's "dynamic phasing" has no file: it is the line through these, tile by
// tile (shared/summary).
func ReadPhasing(r io.Reader, each func(*PhasingBlock)) (File, error) {
	s, err := begin(r)
	if err != nil {
		return s.File, err
	}
	if s.Version < 1 || s.Version > 2 {
		return s.File, ErrVersion
	}
	tile := tileBytes(s.Version, 2)
	if err := s.fits(1, 12+tile); err != nil {
		return s.File, err
	}
	var block PhasingBlock
	return s.records(&block.Place, placed{tileBytes: tile}, func(raw []byte, n int) {
		block.Weights = floats(block.Weights, raw, n, s.RecordSize, 4+tile, 2)
		each(&block)
	})
}
