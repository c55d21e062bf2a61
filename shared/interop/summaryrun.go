package interop

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// RunTotals is what SummaryRunMetricsOut.bin says of a whole run, as numbers of clusters.
type RunTotals struct {
	// OccupancyProxy stands for the wells of the flow cell.
	OccupancyProxy, Raw, Occupied, PF float64
}

// ReadRunTotals reads SummaryRunMetricsOut.bin, version 1: size u32; two bytes that say
// nothing, and four f64. The last whole record stands; ok is false if there is none.
func ReadRunTotals(r io.Reader) (t RunTotals, ok bool, f File, err error) {
	s, err := begin(r)
	if err != nil {
		return t, false, s.File, err
	}
	if s.Version != 1 {
		return t, false, s.File, ErrVersion
	}
	raw, err := s.take(4)
	if err != nil {
		return t, false, s.File, fmt.Errorf("reading the record size: %w", err)
	}
	if u32(raw) != 34 {
		return t, false, s.File, ErrRecordSize
	}
	s.RecordSize = 34
	f, err = s.blocks(func(raw []byte, n int) {
		rec := raw[(n-1)*34+2:]
		at := func(i int) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(rec[8*i:])) }
		t, ok = RunTotals{at(0), at(1), at(2), at(3)}, true
	})
	return t, ok, f, err
}
