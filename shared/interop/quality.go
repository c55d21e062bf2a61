package interop

import (
	"encoding/binary"
	"fmt"
	"io"
)

// scores is the length of an unbinned histogram: Q1 to Q50.
const scores = 50

// Bins are how a file groups quality scores. Empty: one bin per score, Q1 to Q50.
type Bins struct{ Lower, Upper, Value []byte }

// Len is how many counts a record has.
func (b Bins) Len() int {
	if len(b.Value) == 0 {
		return scores
	}
	return len(b.Value)
}

// ScoreOf is the score of the i-th count.
func (b Bins) ScoreOf(i int) int {
	if len(b.Value) == 0 {
		return i + 1
	}
	return int(b.Value[i])
}

// AtLeast sums the counts of a record: all bases, and those of score q or better.
func (b Bins) AtLeast(counts []uint64, q int) (total, good uint64) {
	for i, n := range counts {
		total += n
		if b.ScoreOf(i) >= q {
			good += n
		}
	}
	return total, good
}

// Quality is one record of QMetricsOut.bin: how many bases of a tile and cycle had which
// score.
type Quality struct {
	Tile  Tile
	Cycle int // over all reads, from 1
	// Counts are by bin.
	Counts []uint64
}

// QualityBlock are records of QMetricsOut.bin, or of QMetricsByLaneOut.bin, in which the
// tile says nothing.
type QualityBlock struct {
	Place
	Bins Bins
	// Counts are by record, then by bin: Len × Bins.Len of them.
	Counts []uint64
}

// Row are the counts of the i-th record.
func (q *QualityBlock) Row(i int) []uint64 {
	n := q.Bins.Len()
	return q.Counts[i*n : (i+1)*n]
}

// ReadQuality reads QMetricsOut.bin, versions 4 to 9, and QMetricsByLaneOut.bin, which
// has the same records.
//
//	4  size u8; lane u16, tile u16, cycle u16, 50 counts u32
//	5  size u8, bins; as 4: each bin's count stands at its score
//	6  size u8, bins; lane u16, tile u16, cycle u16, a count u32 per bin (50 if unbinned)
//	7  size u8, bins interleaved; tile u32
//	8  as 7, counts u64
//	9  as 8, size u16
//
// Bins: u8 whether there are any; u8 how many; then all lower, all upper, all values,
// or from version 7 on (lower, upper, value) for each.
func ReadQuality(r io.Reader, each func(*QualityBlock)) (File, error) {
	s, err := begin(r)
	if err != nil {
		return s.File, err
	}
	l, err := readQualityLayout(s)
	if err != nil {
		return s.File, err
	}
	block := QualityBlock{Bins: l.bins}
	return s.blocks(func(raw []byte, n int) {
		block.fill(raw, n, s.RecordSize, l.tile, true)
		l.counts(&block, raw, n, s.RecordSize)
		each(&block)
	})
}

// qualityLayout is how the records of one file are laid out.
type qualityLayout struct {
	bins  Bins
	tile  int // bytes of the tile name
	count int // bytes of a count
	// scattered is version 5 with bins: 50 counts are stored, each bin's at its score.
	scattered bool
}

func readQualityLayout(s *stream) (qualityLayout, error) {
	v := s.Version
	l := qualityLayout{tile: tileBytes(v, 7), count: 4}
	if v < 4 || v > 9 {
		return l, ErrVersion
	}
	if v >= 8 {
		l.count = 8
	}
	width := 1
	if v == 9 {
		width = 2
	}
	if err := s.size(width); err != nil {
		return l, err
	}
	if v >= 5 {
		var err error
		if l.bins, err = readBins(s, v >= 7); err != nil {
			return l, err
		}
	}
	l.scattered = v == 5 && len(l.bins.Value) > 0
	stored := l.bins.Len()
	if l.scattered {
		stored = scores
	}
	if s.RecordSize != 4+l.tile+stored*l.count {
		return l, ErrRecordSize
	}
	return l, nil
}

func readBins(s *stream, interleaved bool) (Bins, error) {
	var b Bins
	has, err := s.take(1)
	if err != nil {
		return b, fmt.Errorf("reading whether scores are binned: %w", err)
	}
	if has[0] == 0 {
		return b, nil
	}
	head, err := s.take(1)
	if err != nil {
		return b, fmt.Errorf("reading the number of bins: %w", err)
	}
	n := int(head[0])
	if n == 0 || n > scores {
		return b, ErrHeader
	}
	raw, err := s.take(3 * n)
	if err != nil {
		return b, fmt.Errorf("reading the bins: %w", err)
	}
	for i := range n {
		at, step := i, n
		if interleaved {
			at, step = 3*i, 1
		}
		b.Lower, b.Upper, b.Value = append(b.Lower, raw[at]), append(b.Upper, raw[at+step]), append(b.Value, raw[at+2*step])
	}
	for _, v := range b.Value {
		if v == 0 || v > scores {
			return b, ErrHeader
		}
	}
	return b, nil
}

func (l qualityLayout) counts(block *QualityBlock, raw []byte, n, size int) {
	bins, off := l.bins.Len(), 4+l.tile
	block.Counts = sized(block.Counts, n*bins)
	for i := range n {
		row, rec := block.Counts[i*bins:][:bins], raw[i*size+off:(i+1)*size]
		switch {
		case l.scattered:
			for j := range row {
				row[j] = uint64(binary.LittleEndian.Uint32(rec[4*(int(l.bins.Value[j])-1):]))
			}
		case l.count == 4:
			for j := range row {
				row[j] = uint64(binary.LittleEndian.Uint32(rec[4*j:]))
			}
		default:
			for j := range row {
				row[j] = binary.LittleEndian.Uint64(rec[8*j:])
			}
		}
	}
}
