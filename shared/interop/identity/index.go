// Package identity reads the two metric files that hold sequences and names: the index
// metrics, with each sample's index, name and project, and the control metrics. It is for
// the lab's own eyes, on its own machine (proactive read); the linter lets nothing else
// import it, and neither the agent nor the cloud ever opens these files.
package identity

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"proactive/shared/interop"
)

// Index is one record of IndexMetricsOut.bin: how many clusters of a tile were of a sample.
type Index struct {
	Tile interop.Tile
	Read int // of the index read
	// Sequence of the index, two parts joined by "-" or "+"; Sample and Project as the
	// sample sheet has them.
	Sequence, Sample, Project string
	Clusters                  uint64 // passing filter
}

// reader reads records of no fixed length.
type reader struct {
	in  *bufio.Reader
	err error
	buf [8]byte
}

// number reads n bytes, little-endian.
func (r *reader) number(n int) uint64 {
	if r.err != nil {
		return 0
	}
	r.buf = [8]byte{}
	_, r.err = io.ReadFull(r.in, r.buf[:n])
	return binary.LittleEndian.Uint64(r.buf[:])
}

// text reads a string after its length u16: at most 64 KiB.
func (r *reader) text() string {
	n := int(r.number(2)) //nolint:gosec // G115: two bytes
	if r.err != nil {
		return ""
	}
	b := make([]byte, n)
	_, r.err = io.ReadFull(r.in, b)
	return string(b)
}

// begin reads the version.
func begin(in io.Reader) (*reader, interop.File, error) {
	r := &reader{in: bufio.NewReader(in)}
	version, err := r.in.ReadByte()
	if errors.Is(err, io.EOF) {
		return r, interop.File{}, interop.ErrEmpty
	}
	if err != nil {
		return r, interop.File{}, fmt.Errorf("reading the version: %w", err)
	}
	return r, interop.File{Version: int(version)}, nil
}

// each reads records until the file ends; one that is cut off is not handed on.
func (r *reader) each(f *interop.File, one func() (use func())) error {
	for {
		if _, err := r.in.Peek(1); errors.Is(err, io.EOF) {
			return nil
		}
		use := one()
		switch {
		case errors.Is(r.err, io.EOF) || errors.Is(r.err, io.ErrUnexpectedEOF):
			f.Torn = true
			return nil
		case r.err != nil:
			return fmt.Errorf("reading a record: %w", r.err)
		}
		f.Records++
		use()
	}
}

// ReadIndex reads IndexMetricsOut.bin, versions 1 and 2; strings are a length u16 and so
// many bytes of UTF-8.
//
//	1  lane u16, tile u16, read u16, sequence, clusters u32, sample, project
//	2  lane u16, tile u32, read u16, sequence, clusters u64, sample, project
func ReadIndex(in io.Reader, use func(Index)) (interop.File, error) {
	r, f, err := begin(in)
	if err != nil {
		return f, err
	}
	tile, clusters := 2, 4
	switch f.Version {
	case 1:
	case 2:
		tile, clusters = 4, 8
	default:
		return f, interop.ErrVersion
	}
	err = r.each(&f, func() func() {
		var x Index
		x.Tile.Lane = int(r.number(2))      //nolint:gosec // G115: two bytes
		x.Tile.Number = int(r.number(tile)) //nolint:gosec // G115: four bytes
		x.Read = int(r.number(2))           //nolint:gosec // G115: two bytes
		x.Sequence = r.text()
		x.Clusters = r.number(clusters)
		x.Sample = r.text()
		x.Project = r.text()
		return func() { use(x) }
	})
	return f, err
}
