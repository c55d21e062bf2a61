package interop

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
)

// Writers are for the simulator and for tests: files that the reference reader opens.

// WriteTilesV2 writes TileMetricsOut.bin of version 2, tiles in order.
func WriteTilesV2(w io.Writer, tiles Tiles) error {
	out := bufio.NewWriter(w)
	_, _ = out.Write([]byte{2, 10}) // a bufio.Writer keeps its error for Flush
	rec := make([]byte, 10)
	put := func(id Tile, code int, v float64) {
		if missing(v) {
			return
		}
		putU16(rec, id.Lane)
		putU16(rec[2:], id.Number)
		putU16(rec[4:], code)
		putF32(rec[6:], v)
		_, _ = out.Write(rec)
	}
	for _, id := range tiles.sorted() {
		m := tiles[id]
		put(id, codeDensity, m.Density)
		put(id, codeDensityPF, m.DensityPF)
		put(id, codeClusters, m.Clusters)
		put(id, codePF, m.ClustersPF)
		for i, r := range m.Reads {
			put(id, codePhasing+2*i, r.Phasing/100)
			put(id, codePhasing+2*i+1, r.Prephasing/100)
			put(id, codeAligned+i, r.Aligned)
		}
	}
	return flush(out)
}

// WriteTilesV3 writes TileMetricsOut.bin of version 3; area is a tile's, in mm².
func WriteTilesV3(w io.Writer, tiles Tiles, area float64) error {
	out := bufio.NewWriter(w)
	head := []byte{3, 15, 0, 0, 0, 0}
	putF32(head[2:], area)
	_, _ = out.Write(head)
	rec := make([]byte, 15)
	for _, id := range tiles.sorted() {
		m := tiles[id]
		putU16(rec, id.Lane)
		binary.LittleEndian.PutUint32(rec[2:], uint32(id.Number)) //nolint:gosec // G115: tile names have at most six digits
		rec[6] = 't'
		putF32(rec[7:], m.Clusters)
		putF32(rec[11:], m.ClustersPF)
		_, _ = out.Write(rec)
		for i, r := range m.Reads {
			rec[6] = 'r'
			binary.LittleEndian.PutUint32(rec[7:], uint32(i+1))
			putF32(rec[11:], r.Aligned)
			_, _ = out.Write(rec)
		}
	}
	return flush(out)
}

// WriteQuality writes QMetricsOut.bin: version 6 for bins of four-digit tile names,
// version 7 for longer ones. It asks next for each record until that says false.
func WriteQuality(w io.Writer, version int, bins Bins, next func() (Quality, bool)) error {
	if version != 6 && version != 7 {
		return fmt.Errorf("writing quality: %w", ErrVersion)
	}
	tile, n := 2, len(bins.Value)
	if version == 7 {
		tile = 4
	}
	out := bufio.NewWriter(w)
	size := 4 + tile + 4*n
	_, _ = out.Write([]byte{byte(version), byte(size), 1, byte(n)}) //nolint:gosec // G115: at most 50 bins
	if version == 6 {
		_, _ = out.Write(slices.Concat(bins.Lower, bins.Upper, bins.Value))
	} else {
		for i := range n {
			_, _ = out.Write([]byte{bins.Lower[i], bins.Upper[i], bins.Value[i]})
		}
	}
	rec := make([]byte, size)
	for q, ok := next(); ok; q, ok = next() {
		putU16(rec, q.Tile.Lane)
		if tile == 2 {
			putU16(rec[2:], q.Tile.Number)
		} else {
			binary.LittleEndian.PutUint32(rec[2:], uint32(q.Tile.Number)) //nolint:gosec // G115: tile names have at most six digits
		}
		putU16(rec[2+tile:], q.Cycle)
		for i, c := range q.Counts {
			binary.LittleEndian.PutUint32(rec[4+tile+4*i:], uint32(c)) //nolint:gosec // G115: clusters of one tile
		}
		_, _ = out.Write(rec)
	}
	return flush(out)
}

func (t Tiles) sorted() []Tile {
	return slices.SortedFunc(maps.Keys(t), func(a, b Tile) int {
		if a.Lane != b.Lane {
			return a.Lane - b.Lane
		}
		return a.Number - b.Number
	})
}

func putU16(b []byte, v int) { binary.LittleEndian.PutUint16(b, uint16(v)) } //nolint:gosec // G115: lanes, tiles, cycles, codes are small
func putF32(b []byte, v float64) {
	binary.LittleEndian.PutUint32(b, math.Float32bits(float32(v)))
}

func flush(out *bufio.Writer) error {
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing metrics: %w", err)
	}
	return nil
}
