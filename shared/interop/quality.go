package interop

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// scores is the length of an unbinned histogram: Q1 to Q50.
const scores = 50

// Bins are how a file groups quality scores. Empty: one bin per score, Q1 to Q50.
type Bins struct{ Lower, Upper, Value []byte }

// Quality is one record of QMetricsOut.bin: how many bases of a tile and cycle had which
// score.
type Quality struct {
	Tile  Tile
	Cycle int // over all reads, from 1
	// Counts are by bin; their scores are in Bins. Reused: do not keep.
	Counts []uint64
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
func ReadQuality(r io.Reader, each func(Bins, Quality)) (File, error) {
	var l qualityLayout
	rec := Quality{}
	sizes := func(v int) int {
		switch {
		case v >= 4 && v <= 8:
			return 1
		case v == 9:
			return 2
		}
		return 0
	}
	return records(r, sizes, func(f *File, in *bufio.Reader) error {
		var err error
		l, err = readQualityLayout(f, in)
		rec.Counts = make([]uint64, l.counts)
		return err
	}, func(raw []byte) {
		l.decode(raw, &rec)
		each(l.bins, rec)
	})
}

// qualityLayout is how the records of one file are laid out.
type qualityLayout struct {
	bins      Bins
	tile      int  // bytes of the tile name
	count     int  // bytes of a count
	stored    int  // counts in a record
	counts    int  // counts handed on
	scattered bool // version 5 with bins: the counts stand at their score
}

func readQualityLayout(f *File, in *bufio.Reader) (qualityLayout, error) {
	l := qualityLayout{tile: 2, count: 4, stored: scores, counts: scores}
	if f.Version >= 7 {
		l.tile = 4
	}
	if f.Version >= 8 {
		l.count = 8
	}
	if f.Version >= 5 {
		bins, err := readBins(in, f.Version >= 7)
		if err != nil {
			return l, err
		}
		l.bins = bins
		if n := len(bins.Value); n > 0 {
			l.counts = n
			l.scattered = f.Version == 5
			if !l.scattered {
				l.stored = n
			}
		}
	}
	if f.RecordSize != 4+l.tile+l.stored*l.count {
		return l, ErrRecordSize
	}
	return l, nil
}

func readBins(in *bufio.Reader, interleaved bool) (Bins, error) {
	var b Bins
	has, err := in.ReadByte()
	if err != nil {
		return b, fmt.Errorf("reading whether scores are binned: %w", cut(err))
	}
	if has == 0 {
		return b, nil
	}
	n, err := in.ReadByte()
	if err != nil {
		return b, fmt.Errorf("reading the number of bins: %w", cut(err))
	}
	if n == 0 || n > scores {
		return b, ErrHeader
	}
	raw := make([]byte, 3*int(n))
	if _, err := io.ReadFull(in, raw); err != nil {
		return b, fmt.Errorf("reading the bins: %w", cut(err))
	}
	for i := range int(n) {
		at, step := i, int(n)
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

func (l qualityLayout) decode(raw []byte, q *Quality) {
	q.Tile.Lane = u16(raw)
	if l.tile == 2 {
		q.Tile.Number = u16(raw[2:])
	} else {
		q.Tile.Number = int(u32(raw[2:]))
	}
	q.Cycle = u16(raw[2+l.tile:])
	raw = raw[4+l.tile:]
	for i := range q.Counts {
		at := i
		if l.scattered {
			at = int(l.bins.Value[i]) - 1
		}
		if l.count == 4 {
			q.Counts[i] = uint64(binary.LittleEndian.Uint32(raw[4*at:]))
		} else {
			q.Counts[i] = binary.LittleEndian.Uint64(raw[8*at:])
		}
	}
}
