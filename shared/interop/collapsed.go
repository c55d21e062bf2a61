package interop

import "io"

// CollapsedBlock are records of QMetrics2030Out.bin: a summary of the histogram of a
// tile and cycle.
type CollapsedBlock struct {
	Place
	// Q20, Q30 and Total are counts of bases: of score 20 or better, 30 or better, all.
	Q20, Q30, Total []uint32
	// Median score; empty if the file has none.
	Median []float32
}

// ReadCollapsed reads QMetrics2030Out.bin, versions 2 to 6: size u8; from version 5 on
// the bins as in QMetricsOut.bin; lane u16, tile u16, cycle u16, then u32 each of Q20,
// Q30 and all, and the median score f32, which older writers leave out.
func ReadCollapsed(r io.Reader, each func(*CollapsedBlock)) (File, error) {
	s, err := begin(r)
	if err != nil {
		return s.File, err
	}
	if s.Version < 2 || s.Version > 6 {
		return s.File, ErrVersion
	}
	if err := s.size(1); err != nil {
		return s.File, err
	}
	if s.Version >= 5 {
		if _, err := readBins(s, false); err != nil {
			return s.File, err
		}
	}
	if s.RecordSize != 18 && s.RecordSize != 22 {
		return s.File, ErrRecordSize
	}
	var block CollapsedBlock
	return s.records(&block.Place, placed{tileBytes: 2}, func(raw []byte, n int) {
		block.Q20 = words(block.Q20, raw, n, s.RecordSize, 6, 1)
		block.Q30 = words(block.Q30, raw, n, s.RecordSize, 10, 1)
		block.Total = words(block.Total, raw, n, s.RecordSize, 14, 1)
		if s.RecordSize == 22 {
			block.Median = floats(block.Median, raw, n, s.RecordSize, 18, 1)
		}
		each(&block)
	})
}
