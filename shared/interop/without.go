package interop

import (
	"bufio"
	"errors"
	"io"
)

// Without is a metric file without some of its records: r is the file from its beginning,
// f what reading it told, and skip are the numbers of those records, in order. It ends
// where the file ended when it was read.
func Without(r io.Reader, f File, skip []int64) io.Reader {
	return &without{in: bufio.NewReaderSize(r, blockBytes), header: f.Header, rec: make([]byte, f.RecordSize), skip: skip, records: f.Records}
}

type without struct {
	in      *bufio.Reader
	header  int
	rec     []byte
	left    []byte // of rec, not handed on yet
	next    int64
	records int64
	skip    []int64
}

// Read implements io.Reader.
func (w *without) Read(b []byte) (int, error) {
	if w.header > 0 {
		n, err := w.in.Read(b[:min(len(b), w.header)])
		w.header -= n
		return n, err //nolint:wrapcheck // a reader hands on what its source says
	}
	for len(w.left) == 0 {
		if w.next == w.records {
			return 0, io.EOF
		}
		if _, err := io.ReadFull(w.in, w.rec); err != nil {
			if errors.Is(err, io.ErrUnexpectedEOF) {
				err = io.EOF // the file has become shorter: what is whole is there
			}
			return 0, err //nolint:wrapcheck // as above
		}
		if len(w.skip) > 0 && w.skip[0] == w.next {
			w.skip = w.skip[1:]
		} else {
			w.left = w.rec
		}
		w.next++
	}
	n := copy(b, w.left)
	w.left = w.left[n:]
	return n, nil
}
