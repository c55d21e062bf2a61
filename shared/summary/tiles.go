package summary

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"proactive/shared/interop"
)

// errRead means that a record is of a read that RunInfo.xml does not know.
var errRead = errors.New("a read that the run does not have")

// tileSink takes TileMetricsOut.bin in.
type tileSink struct {
	tiles
	found  interop.Tiles
	metric []*interop.TileMetric // by tile
}

func newTileSink(p *plan) *tileSink {
	return &tileSink{tiles: newTiles(p), found: interop.Tiles{}}
}

func (s *tileSink) read(in io.Reader) (interop.File, error) {
	f, err := interop.ReadTiles(in, s.found, maxTiles+1)
	if err != nil {
		return f, fmt.Errorf("reading tile metrics: %w", err)
	}
	ids := slices.SortedFunc(maps.Keys(s.found), func(a, b interop.Tile) int {
		return cmp.Or(cmp.Compare(a.Lane, b.Lane), cmp.Compare(a.Number, b.Number))
	})
	for _, id := range ids {
		i, err := s.of(interop.TileID(id.Lane)<<32 | interop.TileID(id.Number)) //nolint:gosec // G115: 16 bits and 32
		if err != nil {
			return f, err
		}
		if i == len(s.metric) {
			s.metric = append(s.metric, s.found[id])
		}
	}
	return f, nil
}

func (s *tileSink) keep(m *metrics) {
	if len(s.names) > 0 {
		m.tile = s
	}
}

// field are the values of one field over tiles.
func (s *tileSink) field(in []int, of func(*interop.TileMetric) float64) []float32 {
	values := make([]float32, 0, len(in))
	for _, i := range in {
		values = append(values, float32(of(s.metric[i])))
	}
	return values
}

// readOf is what the tile says of a read, all missing if nothing.
func readOf(t *interop.TileMetric, number int) interop.ReadMetric {
	if number >= 1 && number <= len(t.Reads) {
		return t.Reads[number-1]
	}
	return interop.ReadMetric{Phasing: float64(nan), Prephasing: float64(nan), Aligned: float64(nan)}
}

// occupiedSink takes ExtendedTileMetricsOut.bin in.
type occupiedSink struct {
	tiles
	occupied []float32
	percent  []float32 // of the tile's wells, when all files were read
	err      error
}

func newOccupiedSink(p *plan) *occupiedSink {
	s := &occupiedSink{tiles: newTiles(p)}
	s.room = func() { s.occupied = append(s.occupied, nan) }
	return s
}

func (s *occupiedSink) read(in io.Reader) (interop.File, error) {
	f, err := interop.ReadExtended(in, func(b *interop.ExtendedBlock) {
		if s.err = cmp.Or(s.err, s.number(&b.Place)); s.err != nil {
			return
		}
		for j, tile := range s.at {
			s.occupied[tile] = b.Occupied[j]
		}
	})
	return f, cmp.Or(err, s.err)
}

// keep relates the wells to those of TileMetricsOut.bin, which is kept before it. A tile
// that it does not name is taken for its first, for on a patterned flow cell all have as
// many wells.
func (s *occupiedSink) keep(m *metrics) {
	if len(s.names) == 0 {
		return
	}
	m.occupied = s
	s.percent = make([]float32, len(s.occupied))
	for i, id := range s.names {
		if m.tile == nil {
			s.percent[i] = nan
			continue
		}
		of := m.tile.found[id]
		if of == nil {
			of = m.tile.metric[0]
		}
		s.percent[i] = percent(s.occupied[i], float32(of.Clusters))
	}
}

// totalsSink takes SummaryRunMetricsOut.bin in.
type totalsSink struct {
	interop.RunTotals
	ok bool
}

func (s *totalsSink) read(in io.Reader) (f interop.File, err error) {
	s.RunTotals, s.ok, f, err = interop.ReadRunTotals(in)
	if err != nil {
		return f, fmt.Errorf("reading run totals: %w", err)
	}
	return f, nil
}

func (s *totalsSink) index() *tiles { return nil }

func (s *totalsSink) keep(m *metrics) { m.totals = s }
