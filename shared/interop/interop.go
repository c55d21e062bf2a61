// Package interop reads and writes Illumina's InterOp metric files: a version byte, a
// record size, a header and records of that size, little-endian. Readers take one pass
// over an io.Reader, hold one record at a time whatever the file says about itself, and
// hand each to a callback that must not keep it. What is whole is read; a torn last
// record, as in a run under way, is not.
//
// Layouts follow Illumina's published format description and were confirmed on byte
// vectors; no code of the reference reader was used.
package interop

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
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

const bufferBytes = 64 << 10

// records reads the file's version and record size, then header, then each record.
func records(r io.Reader, sizeBytes func(version int) int, header func(f *File, in *bufio.Reader) error, each func(rec []byte)) (File, error) {
	in := bufio.NewReaderSize(r, bufferBytes)
	var f File
	version, err := in.ReadByte()
	if errors.Is(err, io.EOF) {
		return f, ErrEmpty
	}
	if err != nil {
		return f, fmt.Errorf("reading the version: %w", err)
	}
	f.Version = int(version)
	width := sizeBytes(f.Version)
	if width == 0 {
		return f, ErrVersion
	}
	size := make([]byte, 2)
	if _, err := io.ReadFull(in, size[:width]); err != nil {
		return f, fmt.Errorf("reading the record size: %w", cut(err))
	}
	f.RecordSize = int(binary.LittleEndian.Uint16(size))
	if err := header(&f, in); err != nil {
		return f, err
	}
	rec := make([]byte, f.RecordSize) // at most 64 KiB: the size is one or two bytes
	for {
		switch _, err := io.ReadFull(in, rec); {
		case err == nil:
			f.Records++
			each(rec)
		case errors.Is(err, io.EOF):
			return f, nil
		case errors.Is(err, io.ErrUnexpectedEOF):
			f.Torn = true
			return f, nil
		default:
			return f, fmt.Errorf("reading a record: %w", err)
		}
	}
}

// cut says that a header ended early; any other error is the reader's.
func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrHeader
	}
	return err
}

func oneByteSize(versions ...int) func(int) int {
	return func(v int) int {
		for _, known := range versions {
			if v == known {
				return 1
			}
		}
		return 0
	}
}

func u16(b []byte) int       { return int(binary.LittleEndian.Uint16(b)) }
func u32(b []byte) int64     { return int64(binary.LittleEndian.Uint32(b)) }
func f32(b []byte) float64   { return float64(math.Float32frombits(binary.LittleEndian.Uint32(b))) }
func missing(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }
