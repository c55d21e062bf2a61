// Package interop reads and writes Illumina's InterOp metric files: a version byte, a
// record size, a header and records of that size, little-endian. A reader takes one pass
// over an io.Reader and hands on blocks of whole records as columns, which it fills
// again for the next block: no allocation by record, and memory that is bounded whatever
// the file says about itself. What is whole is read; a torn last record, as in a run
// under way, is not.
//
// Layouts follow Illumina's published format pages (illumina.github.io/interop) and were
// confirmed on byte vectors; no code of the reference reader was used.
package interop

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
)

// Errors by which a file is named as unread. A caller keeps what came before.
var (
	ErrEmpty      = errors.New("the file is empty")
	ErrVersion    = errors.New("a version that is not known here")
	ErrRecordSize = errors.New("the record size does not go with the version")
	ErrHeader     = errors.New("the header is cut off or inconsistent")
)

// File tells of a file that was read.
type File struct {
	Version    int
	RecordSize int
	Records    int64
	// Padding are those of them whose lane, tile or cycle is 0: they say nothing.
	Padding int64
	// Header is how many bytes come before the first record.
	Header int
	// Torn is true if bytes were left that do not make a whole record.
	Torn bool
}

// Tile names one image field: lane from 1, and the instrument's own tile name.
type Tile struct{ Lane, Number int }

// Surface of the tile: 1 top, 2 bottom; the first digit of its name, whether the name
// has four digits, or five with a camera segment, or six.
func (t Tile) Surface() int {
	n := t.Number
	for n >= 10 {
		n /= 10
	}
	return min(max(n, 1), 2)
}

// TileID is a [Tile] in one word, as it comes in a column: the lane above 32 bits, the
// name in them.
type TileID uint64

// Tile is the tile of the word.
func (id TileID) Tile() Tile { return Tile{int(id >> 32), int(id & math.MaxUint32)} }

// Place are the first columns of every block: which tile, and which cycle, counted over
// the run from 1. Files by tile have no cycle.
type Place struct {
	// First is the number in the file of the block's first record, from 0.
	First int64
	Tile  []TileID
	Cycle []uint16
}

// Len is how many records the block has.
func (p *Place) Len() int { return len(p.Tile) }

// placed is how the records of a version begin: lane u16, tile u16 or u32, and cycle u16
// if they have one.
type placed struct {
	tileBytes int
	noCycle   bool
	anyTile   bool // the tile says nothing
}

// fill reads the columns of n records; whole is false if one of them is padding.
func (p *Place) fill(raw []byte, n, size int, l placed) (whole bool) {
	p.Tile, p.Cycle = sized(p.Tile, n), sized(p.Cycle, n)
	tiles, at := p.Tile[:n], p.Cycle[:n]
	var none uint64 // its highest bit is set by what was 0 before 1 was taken away
	for i := range tiles {
		rec := binary.LittleEndian.Uint64(raw[i*size:]) // a record of every kind has ten bytes or more
		lane, name, cycle := rec&math.MaxUint16, rec>>16&math.MaxUint32, rec>>48
		if l.tileBytes == 2 {
			name, cycle = name&math.MaxUint16, rec>>32&math.MaxUint16
		}
		tiles[i], at[i] = TileID(lane<<32|name), uint16(cycle)
		none |= (lane - 1) | (name - 1) | (cycle - 1)
	}
	if none>>63 == 0 {
		whole = true
	} else if l.anyTile || l.noCycle {
		whole = true
		for i, id := range tiles {
			if id>>32 == 0 || id&math.MaxUint32 == 0 && !l.anyTile || at[i] == 0 && !l.noCycle {
				whole = false
			}
		}
	}
	if l.noCycle {
		p.Cycle = p.Cycle[:0]
	}
	return whole
}

// records hands on the records with their places, and leaves padding out.
func (s *stream) records(p *Place, l placed, each func(raw []byte, n int)) (File, error) {
	size := s.RecordSize
	return s.blocks(func(raw []byte, n int) {
		base := s.Records
		p.First = base
		if p.fill(raw, n, size, l) {
			each(raw, n)
			return
		}
		for from := 0; from < n; from++ {
			to := from
			for to < n && p.fill(raw[to*size:], 1, size, l) {
				to++
			}
			if to > from {
				p.fill(raw[from*size:], to-from, size, l)
				p.First = base + int64(from)
				each(raw[from*size:to*size], to-from)
			}
			if from = to; to < n {
				s.Padding++
			}
		}
	})
}

// blockBytes is read at a time; no record is longer, for its size is two bytes at most.
const blockBytes = 64 << 10

// stream is a metric file under way: its header is taken first, then its records.
type stream struct {
	in  io.Reader
	buf []byte
	// at and end bound what was read and not yet taken.
	at, end int
	File
}

// buffers are used again by the next file.
var buffers = sync.Pool{New: func() any { return new([blockBytes]byte) }}

// begin reads the version.
func begin(r io.Reader) (*stream, error) {
	s := &stream{in: r}
	if b, ok := buffers.Get().(*[blockBytes]byte); ok {
		s.buf = b[:]
	}
	head, err := s.take(1)
	if errors.Is(err, ErrHeader) {
		return s, ErrEmpty
	}
	if err != nil {
		return s, fmt.Errorf("reading the version: %w", err)
	}
	s.Version = int(head[0])
	return s, nil
}

// fits reads the record size, of one byte or two, and refuses any but want.
func (s *stream) fits(width, want int) error {
	if err := s.size(width); err != nil {
		return err
	}
	if s.RecordSize != want {
		return ErrRecordSize
	}
	return nil
}

// size reads the record size, of one byte or two.
func (s *stream) size(width int) error {
	raw, err := s.take(width)
	if err != nil {
		return fmt.Errorf("reading the record size: %w", err)
	}
	s.RecordSize = int(raw[0])
	if width == 2 {
		s.RecordSize = u16(raw)
	}
	return nil
}

// take returns the next n bytes of the header; valid until the next call.
func (s *stream) take(n int) ([]byte, error) {
	if have := s.end - s.at; have < n {
		more, err := io.ReadAtLeast(s.in, s.buf[s.end:], n-have)
		s.end += more
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, ErrHeader
		}
		if err != nil {
			return nil, fmt.Errorf("reading: %w", err)
		}
	}
	s.at += n
	return s.buf[s.at-n : s.at], nil
}

// blockRecords are handed on at a time, few enough for their columns to stay in the
// processor's nearest cache.
const blockRecords = 1024

// blocks hands on the records that were read whole.
func (s *stream) blocks(each func(raw []byte, n int)) (File, error) {
	size := s.RecordSize
	s.Header = s.at
	defer func() {
		buffers.Put((*[blockBytes]byte)(s.buf))
		s.buf = nil
	}()
	for {
		for n := min((s.end-s.at)/size, blockRecords); n > 0; n = min((s.end-s.at)/size, blockRecords) {
			each(s.buf[s.at:s.at+n*size], n)
			s.Records += int64(n)
			s.at += n * size
		}
		s.end = copy(s.buf, s.buf[s.at:s.end])
		s.at = 0
		more, err := io.ReadAtLeast(s.in, s.buf[s.end:], min(size-s.end, len(s.buf)-s.end))
		s.end += more
		switch {
		case err == nil:
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			s.Torn = s.end > 0
			return s.File, nil
		default:
			return s.File, fmt.Errorf("reading a record: %w", err)
		}
	}
}

// sized is s with n values, the same memory again if it is enough.
func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// floats reads k float32 at off of each of n records, row by row.
func floats(to []float32, raw []byte, n, size, off, k int) []float32 {
	to = sized(to, n*k)
	switch k { // a loop within a loop costs more than what it does
	case 1:
		for i := range to {
			to[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[i*size+off:]))
		}
		return to
	case 2:
		for i := range n {
			two := binary.LittleEndian.Uint64(raw[i*size+off:])
			row := to[2*i:][:2]
			row[0], row[1] = math.Float32frombits(uint32(two)), math.Float32frombits(uint32(two>>32)) //nolint:gosec // G115: its halves
		}
		return to
	}
	for i := range n {
		rec, row := raw[i*size+off:][:4*k], to[i*k:][:k]
		for j := range row {
			row[j] = math.Float32frombits(binary.LittleEndian.Uint32(rec[4*j:]))
		}
	}
	return to
}

// shorts reads k uint16 at off of each of n records, row by row.
func shorts(to []uint16, raw []byte, n, size, off, k int) []uint16 {
	to = sized(to, n*k)
	if k == 2 {
		for i := range n {
			two := binary.LittleEndian.Uint32(raw[i*size+off:])
			row := to[2*i:][:2]
			row[0], row[1] = uint16(two), uint16(two>>16) //nolint:gosec // G115: its halves
		}
		return to
	}
	for i := range n {
		rec, row := raw[i*size+off:][:2*k], to[i*k:][:k]
		for j := range row {
			row[j] = binary.LittleEndian.Uint16(rec[2*j:])
		}
	}
	return to
}

// words reads k uint32 at off of each of n records, row by row.
func words(to []uint32, raw []byte, n, size, off, k int) []uint32 {
	to = sized(to, n*k)
	for i := range n {
		rec, row := raw[i*size+off:][:4*k], to[i*k:][:k]
		for j := range row {
			row[j] = binary.LittleEndian.Uint32(rec[4*j:])
		}
	}
	return to
}

// tileBytes is how long a tile's name is in a version: it grew once in every kind.
func tileBytes(version, longSince int) int {
	if version >= longSince {
		return 4
	}
	return 2
}

func u16(b []byte) int       { return int(binary.LittleEndian.Uint16(b)) }
func u32(b []byte) int64     { return int64(binary.LittleEndian.Uint32(b)) }
func f32(b []byte) float64   { return float64(math.Float32frombits(binary.LittleEndian.Uint32(b))) }
func missing(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }
