package interop

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
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
//
// Its columns are decoded when they are asked for, until the next block.
type QualityBlock struct {
	Place
	Bins   Bins
	layout qualityLayout
	raw    []byte
	size   int
	counts []uint64
	bases  []Bases
}

// Bases are the base calls of a record: all, and those of score 20 or 30 and better.
type Bases struct{ All, Q20, Q30 uint64 }

// Counts are by record, then by bin: Len × Bins.Len of them.
func (b *QualityBlock) Counts() []uint64 {
	bins := b.Bins.Len()
	b.counts = sized(b.counts, b.Len()*bins)
	for i := range b.Len() {
		row := b.counts[i*bins:][:bins]
		for j := range row {
			row[j] = b.layout.count1(b.raw[i*b.size:], j)
		}
	}
	return b.counts
}

// Bases sums every record up.
func (b *QualityBlock) Bases() []Bases {
	b.bases = sized(b.bases, b.Len())
	if !b.layout.inOrder {
		n, counts := b.Bins.Len(), b.Counts()
		for i := range b.bases {
			all, q20 := b.Bins.AtLeast(counts[i*n:][:n], 20)
			_, q30 := b.Bins.AtLeast(counts[i*n:][:n], 30)
			b.bases[i] = Bases{all, q20, q30}
		}
		return b.bases
	}
	low, mid, end := b.layout.span(b.Bins)
	off := 4 + b.layout.tile
	for i := range b.bases {
		rec := b.raw[i*b.size+off:][:end]
		q30 := b.layout.sum(rec[mid:])
		q20 := q30 + b.layout.sum(rec[low:mid])
		b.bases[i] = Bases{q20 + b.layout.sum(rec[:low]), q20, q30}
	}
	return b.bases
}

// ReadQuality reads QMetricsOut.bin, versions 4 to 9.
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
	return readQuality(r, false, each)
}

// ReadQualityByLane reads QMetricsByLaneOut.bin, which has the same records; their tile,
// which is 0 as a rule, says nothing.
func ReadQualityByLane(r io.Reader, each func(*QualityBlock)) (File, error) {
	return readQuality(r, true, each)
}

func readQuality(r io.Reader, anyTile bool, each func(*QualityBlock)) (File, error) {
	s, err := begin(r)
	if err != nil {
		return s.File, err
	}
	l, err := readQualityLayout(s)
	if err != nil {
		return s.File, err
	}
	block := QualityBlock{Bins: l.bins, layout: l, size: s.RecordSize}
	return s.records(&block.Place, placed{tileBytes: l.tile, anyTile: anyTile}, func(raw []byte, _ int) {
		block.raw = raw
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
	// inOrder: the counts of a record stand side by side in the order of their scores.
	inOrder bool
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
	l.inOrder = !l.scattered && slices.IsSorted(l.bins.Value)
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

// count1 is the count of the j-th bin of a record.
func (l *qualityLayout) count1(rec []byte, j int) uint64 {
	if l.scattered {
		j = int(l.bins.Value[j]) - 1
	}
	if l.count == 4 {
		return uint64(binary.LittleEndian.Uint32(rec[4+l.tile+4*j:]))
	}
	return binary.LittleEndian.Uint64(rec[4+l.tile+8*j:])
}

// span is where, in the bytes of a record's counts, those of Q20 and of Q30 begin, and
// where they end.
func (l *qualityLayout) span(b Bins) (q20, q30, end int) {
	for i := range b.Len() {
		if b.ScoreOf(i) < 20 {
			q20 += l.count
		}
		if b.ScoreOf(i) < 30 {
			q30 += l.count
		}
	}
	return q20, q30, b.Len() * l.count
}

// sum adds counts up that stand side by side; those of four bytes two at a time.
func (l *qualityLayout) sum(raw []byte) (all uint64) {
	if l.count == 8 {
		for ; len(raw) >= 8; raw = raw[8:] {
			all += binary.LittleEndian.Uint64(raw)
		}
		return all
	}
	for ; len(raw) >= 8; raw = raw[8:] {
		two := binary.LittleEndian.Uint64(raw)
		all += two&math.MaxUint32 + two>>32
	}
	if len(raw) >= 4 {
		all += uint64(binary.LittleEndian.Uint32(raw))
	}
	return all
}
