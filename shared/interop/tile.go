package interop

import (
	"fmt"
	"io"
	"math"
)

// TileMetric is what TileMetricsOut.bin says of one tile. A value that the file does not
// have is NaN.
type TileMetric struct {
	Clusters, ClustersPF float64 // counts
	Density, DensityPF   float64 // clusters per mm²
	// Reads are the metrics of each read, by read number less one; phasing in percent
	// per cycle (version 2 only), aligned in percent.
	Reads []ReadMetric
}

// ReadMetric is one read of a tile.
type ReadMetric struct{ Phasing, Prephasing, Aligned float64 }

// maxReads bounds what a record may claim; no instrument has more than four.
const maxReads = 8

// The codes of version 2.
const (
	codeDensity   = 100
	codeDensityPF = 101
	codeClusters  = 102
	codePF        = 103
	codePhasing   = 200 // 200 + 2(N-1) phasing, 201 + 2(N-1) prephasing of read N, as fractions
	codeAligned   = 300 // 300 + N-1, percent aligned of read N
)

// Tiles are the tile metrics of a run. Records for the same tile and code come more
// than once on some instruments, early copies being zero: the last one stands.
type Tiles map[Tile]*TileMetric

// ReadTiles reads TileMetricsOut.bin of version 2 or 3 into tiles. The map grows with
// the number of different tiles, of which a file can name at most limit.
func ReadTiles(r io.Reader, tiles Tiles, limit int) (File, error) {
	s, err := begin(r)
	if err != nil {
		return s.File, err
	}
	var area float64
	switch s.Version {
	case 2:
		err = s.fits(1, 10)
	case 3:
		if err = s.fits(1, 15); err == nil {
			area, err = tileArea(s)
		}
	default:
		err = ErrVersion
	}
	if err != nil {
		return s.File, err
	}
	return s.blocks(func(raw []byte, n int) {
		for i := range n {
			if rec := raw[i*s.RecordSize:][:s.RecordSize]; s.Version == 2 {
				tileV2(rec, tiles, limit)
			} else {
				tileV3(rec, tiles, limit, area)
			}
		}
	})
}

// tileArea is in mm².
func tileArea(s *stream) (float64, error) {
	raw, err := s.take(4)
	if err != nil {
		return 0, fmt.Errorf("reading the tile area: %w", err)
	}
	return f32(raw), nil
}

// at finds or makes a tile; nil if the file names more than anyone has.
func (t Tiles) at(id Tile, limit int) *TileMetric {
	m := t[id]
	if m == nil && len(t) < limit {
		nan := math.NaN()
		m = &TileMetric{Clusters: nan, ClustersPF: nan, Density: nan, DensityPF: nan}
		t[id] = m
	}
	return m
}

// read finds or makes a read's metrics.
func (m *TileMetric) read(n int) *ReadMetric {
	for len(m.Reads) < n {
		m.Reads = append(m.Reads, ReadMetric{math.NaN(), math.NaN(), math.NaN()})
	}
	return &m.Reads[n-1]
}

// tileV2: lane u16, tile u16, code u16, value f32.
func tileV2(rec []byte, tiles Tiles, limit int) {
	code, v := u16(rec[4:]), f32(rec[6:])
	if code < codeDensity || code > codePF && code < codePhasing || code >= codeAligned+maxReads {
		return // the control lane (400), and what nobody knows, make no tile
	}
	id := Tile{u16(rec), u16(rec[2:])}
	if id.Lane == 0 || id.Number == 0 {
		return // padding
	}
	m := tiles.at(id, limit)
	if m == nil {
		return
	}
	switch {
	case code == codeDensity:
		m.Density = v
	case code == codeDensityPF:
		m.DensityPF = v
	case code == codeClusters:
		m.Clusters = v
	case code == codePF:
		m.ClustersPF = v
	case code >= codePhasing && code < codePhasing+2*maxReads:
		read := m.read((code-codePhasing)/2 + 1)
		if (code-codePhasing)%2 == 0 {
			read.Phasing = v * 100
		} else {
			read.Prephasing = v * 100
		}
	case code >= codeAligned && code < codeAligned+maxReads:
		m.read(code - codeAligned + 1).Aligned = v
	}
}

// tileV3: lane u16, tile u32, code u8; 't': cluster count and PF count f32; 'r': read
// u32, percent aligned f32.
func tileV3(rec []byte, tiles Tiles, limit int, area float64) {
	id := Tile{u16(rec), int(u32(rec[2:]))}
	if id.Lane == 0 || id.Number == 0 {
		return // padding
	}
	m := tiles.at(id, limit)
	if m == nil {
		return
	}
	switch rec[6] {
	case 't':
		m.Clusters, m.ClustersPF = f32(rec[7:]), f32(rec[11:])
		if area > 0 {
			// The reference divides in single precision.
			m.Density = float64(float32(m.Clusters) / float32(area))
			m.DensityPF = float64(float32(m.ClustersPF) / float32(area))
		}
	case 'r':
		if n := u32(rec[7:]); n >= 1 && n <= maxReads {
			m.read(int(n)).Aligned = f32(rec[11:])
		}
	}
}

// Totals sums the counts over all tiles; tiles without a count add nothing. ok is false
// if no tile has one.
func (t Tiles) Totals() (clusters, pf float64, ok bool) {
	for _, m := range t {
		if !missing(m.Clusters) {
			clusters += m.Clusters
			ok = true
		}
		if !missing(m.ClustersPF) {
			pf += m.ClustersPF
		}
	}
	return clusters, pf, ok
}
