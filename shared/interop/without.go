package interop

import (
	"bufio"
	"errors"
	"io"
)

// Without is a metric file without some of its records: r is the file from its beginning,
// f what reading it told, and skip is asked of each record in their order, from 0.
func Without(r io.Reader, f File, skip func(record int64) bool) io.Reader {
	return &without{in: bufio.NewReaderSize(r, blockBytes), header: f.Header, rec: make([]byte, f.RecordSize), skip: skip}
}

type without struct {
	in     *bufio.Reader
	header int
	rec    []byte
	left   []byte // of rec, not handed on yet
	next   int64
	skip   func(int64) bool
	err    error
}

// Read implements io.Reader.
func (w *without) Read(b []byte) (int, error) {
	if w.header > 0 {
		n, err := w.in.Read(b[:min(len(b), w.header)])
		w.header -= n
		return n, err //nolint:wrapcheck // a reader hands on what its source says
	}
	for len(w.left) == 0 {
		if w.err != nil {
			return 0, w.err
		}
		n, err := io.ReadFull(w.in, w.rec)
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = io.EOF // a torn record stays torn
		}
		w.err = err
		if w.left = w.rec[:n]; n == len(w.rec) {
			if w.skip(w.next) {
				w.left = nil
			}
			w.next++
		}
	}
	n := copy(b, w.left)
	w.left = w.left[n:]
	return n, nil
}
