// Package npz writes a table in NumPy's archive format, for infra/train to learn from.
package npz

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// Numbers are the numbers of an array, row by row, little-endian.
type Numbers struct {
	Kind  string // as NumPy names it: "<f8", "<f4", "|i1"
	Write func(io.Writer) error
}

// Write writes x (rows × names, float64), y (rows) and features (names) to w. Names are
// ASCII. Every row is as long as there are names.
func Write(w io.Writer, names []string, x [][]float64, y []float64) error {
	if len(x) != len(y) {
		return fmt.Errorf("writing a table: %d rows, %d labels", len(x), len(y))
	}
	for i, row := range x {
		if len(row) != len(names) {
			return fmt.Errorf("writing a table: row %d has %d values for %d names", i, len(row), len(names))
		}
	}
	return WriteNumbers(w, names, len(x),
		Numbers{"<f8", func(w io.Writer) error { return floats(w, x...) }},
		Numbers{"<f8", func(w io.Writer) error { return floats(w, y) }})
}

// WriteNumbers is Write of numbers of any kind: so many rows of them.
func WriteNumbers(w io.Writer, names []string, rows int, x, y Numbers) error {
	out := zip.NewWriter(w)
	err := array(out, "x", x.Kind, fmt.Sprintf("(%d, %d)", rows, len(names)), x.Write)
	if err == nil {
		err = array(out, "y", y.Kind, fmt.Sprintf("(%d,)", rows), y.Write)
	}
	width := 1
	for _, n := range names {
		width = max(width, len(n))
	}
	if err == nil {
		err = array(out, "features", fmt.Sprintf("<U%d", width), fmt.Sprintf("(%d,)", len(names)), func(w io.Writer) error {
			for _, n := range names {
				letters := make([]uint32, width) // NumPy keeps text as UTF-32, filled with zeros
				for i := range len(n) {
					letters[i] = uint32(n[i])
				}
				if err := binary.Write(w, binary.LittleEndian, letters); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err == nil {
		err = out.Close()
	}
	if err != nil {
		return fmt.Errorf("writing a table: %w", err)
	}
	return nil
}

func floats(w io.Writer, rows ...[]float64) error {
	var buffer []byte
	for _, row := range rows {
		buffer = buffer[:0]
		for _, v := range row {
			buffer = binary.LittleEndian.AppendUint64(buffer, math.Float64bits(v))
		}
		if _, err := w.Write(buffer); err != nil {
			return err
		}
	}
	return nil
}

// array writes one array in NumPy's format, version 1.0, uncompressed.
func array(out *zip.Writer, name, kind, shape string, values func(io.Writer) error) error {
	w, err := out.CreateHeader(&zip.FileHeader{Name: name + ".npy", Method: zip.Store})
	if err != nil {
		return err
	}
	head := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': %s, }", kind, shape)
	const room = 128 // bytes to the first value: a multiple of 64 that the head fits into
	magic := []byte("\x93NUMPY\x01\x00")
	var b bytes.Buffer
	b.Write(magic)
	b.Write([]byte{room - 10, 0})
	fmt.Fprintf(&b, "%-*s\n", room-11, head)
	if _, err := w.Write(b.Bytes()); err != nil {
		return err
	}
	return values(w)
}
