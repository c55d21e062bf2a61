package interop

import (
	"fmt"
	"io"
)

// ErrorBlock are records of ErrorMetricsOut.bin: how far the bases of the PhiX control
// differ from its genome.
type ErrorBlock struct {
	Place
	// Rate is in percent of the bases of a cycle.
	Rate []float32
	// Adapter is the share of the control in which its adapter was read, in percent, by
	// record and then by adapter: Len × Adapters.
	Adapter  []float32
	Adapters int
}

// ReadErrors reads ErrorMetricsOut.bin, versions 3 to 6.
//
//	3  size u8; lane u16, tile u16, cycle u16, rate f32, five counts u32 of clusters with
//	   0 to 4 mismatches, which only old instruments wrote: not handed on
//	4  size u8; lane u16, tile u32, cycle u16, rate f32
//	5  as 4, and one adapter's rate f32
//	6  size u8; adapters u16, length of each u16, their sequences; as 4, and a rate f32 of
//	   each adapter
//
// The sequences of version 6 are those of commercial adapters; they are stepped over.
func ReadErrors(r io.Reader, each func(*ErrorBlock)) (File, error) {
	s, err := begin(r)
	if err != nil {
		return s.File, err
	}
	if s.Version < 3 || s.Version > 6 {
		return s.File, ErrVersion
	}
	if err := s.size(1); err != nil {
		return s.File, err
	}
	var block ErrorBlock
	want := []int{3: 30, 4: 12, 5: 16, 6: 0}[s.Version]
	switch s.Version {
	case 5:
		block.Adapters = 1
	case 6:
		if block.Adapters, err = skipAdapters(s); err != nil {
			return s.File, err
		}
		want = 12 + 4*block.Adapters
	}
	if s.RecordSize != want {
		return s.File, ErrRecordSize
	}
	tile := tileBytes(s.Version, 4)
	return s.records(&block.Place, placed{tileBytes: tile}, func(raw []byte, n int) {
		block.Rate = floats(block.Rate, raw, n, s.RecordSize, 4+tile, 1)
		block.Adapter = floats(block.Adapter, raw, n, s.RecordSize, 8+tile, block.Adapters)
		each(&block)
	})
}

// skipAdapters returns how many adapters the header names. More than a record of 255
// bytes has room for are a lie.
func skipAdapters(s *stream) (int, error) {
	head, err := s.take(4)
	if err != nil {
		return 0, fmt.Errorf("reading the number of adapters: %w", err)
	}
	n, length := u16(head), u16(head[2:])
	if n > 60 || n*length > blockBytes/2 {
		return 0, ErrHeader
	}
	if _, err := s.take(n * length); err != nil {
		return 0, fmt.Errorf("reading the adapters: %w", err)
	}
	return n, nil
}
