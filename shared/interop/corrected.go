package interop

import (
	"io"
)

// CorrectedBlock are records of CorrectedIntMetricsOut.bin: intensities after correction
// for cross-talk and phasing, and the bases that were called, A, C, G, T in this order.
// These columns are resolved by base and cycle and can spell an index: they are for the
// lab's own eyes (proactive read), never for a batch.
type CorrectedBlock struct {
	Place
	// Average intensity and that of all clusters by base (Len × 4), and the signal to
	// noise ratio; version 2 only.
	Average, All  []uint16
	SignalToNoise []float32
	// Called is the intensity of the clusters called as a base (Len × 4); not in version 4.
	Called []uint16
	// NoCalls are the clusters without a base, Calls those of each base (Len × 4).
	NoCalls, Calls []uint32
}

// ReadCorrected reads CorrectedIntMetricsOut.bin, versions 2 to 4.
//
//	2  size u8; lane u16, tile u16, cycle u16, average u16, all 4 u16, called 4 u16,
//	   no calls u32, calls 4 u32, signal to noise f32
//	3  size u8; lane u16, tile u16, cycle u16, called 4 u16, no calls u32, calls 4 u32
//	4  size u8; lane u16, tile u32, cycle u16, no calls u32, calls 4 u32
func ReadCorrected(r io.Reader, each func(*CorrectedBlock)) (File, error) {
	s, err := begin(r)
	if err != nil {
		return s.File, err
	}
	if s.Version < 2 || s.Version > 4 {
		return s.File, ErrVersion
	}
	if err := s.fits(1, []int{2: 48, 3: 34, 4: 28}[s.Version]); err != nil {
		return s.File, err
	}
	var block CorrectedBlock
	tile := tileBytes(s.Version, 4)
	return s.blocks(func(raw []byte, n int) {
		off, size := 4+tile, s.RecordSize
		block.fill(raw, n, size, tile, true)
		if s.Version == 2 {
			block.Average = shorts(block.Average, raw, n, size, off, 1)
			block.All = shorts(block.All, raw, n, size, off+2, 4)
			off += 10
		}
		if s.Version <= 3 {
			block.Called = shorts(block.Called, raw, n, size, off, 4)
			off += 8
		}
		block.NoCalls = words(block.NoCalls, raw, n, size, off, 1)
		block.Calls = words(block.Calls, raw, n, size, off+4, 4)
		if s.Version == 2 {
			block.SignalToNoise = floats(block.SignalToNoise, raw, n, size, off+20, 1)
		}
		each(&block)
	})
}
