package summary

import (
	"cmp"
	"io"

	"proactive/shared/interop"
)

// The metric files of this file add to the cycles' curves, or are only read and checked;
// no figure of the summary is made of them.

// imageSink takes ImageMetricsOut.bin in: contrast along the run.
type imageSink struct {
	tiles
	dark, bright []mean // by the run's cycle, over channels
	err          error
}

func newImageSink(p *plan) *imageSink {
	return &imageSink{tiles: newTiles(p), dark: make([]mean, len(p.cycles)), bright: make([]mean, len(p.cycles))}
}

func (s *imageSink) read(in io.Reader) (interop.File, error) {
	f, err := interop.ReadImages(in, func(b *interop.ImageBlock) {
		if s.err = cmp.Or(s.err, s.locate(&b.Place)); s.err != nil {
			return
		}
		for _, r := range s.runs {
			dark, bright := b.Sum(r.from, r.to)
			n := int32((r.to - r.from) * b.Channels) //nolint:gosec // G115: of one block
			s.dark[r.cycle].merge(mean{float32(dark), n})
			s.bright[r.cycle].merge(mean{float32(bright), n})
		}
	})
	return f, cmp.Or(err, s.err)
}

func (s *imageSink) keep(m *metrics) { m.image = s }

// correctedSink takes CorrectedIntMetricsOut.bin in: which share of clusters got no base.
type correctedSink struct {
	tiles
	reach
	called, noCalls []uint64 // by the run's cycle
	err             error
}

func newCorrectedSink(p *plan) *correctedSink {
	n := len(p.cycles)
	s := &correctedSink{tiles: newTiles(p), called: make([]uint64, n), noCalls: make([]uint64, n)}
	s.room = func() { s.last.grow(p) }
	return s
}

func (s *correctedSink) read(in io.Reader) (interop.File, error) {
	f, err := interop.ReadCorrected(in, func(b *interop.CorrectedBlock) {
		if s.err = cmp.Or(s.err, s.locate(&b.Place)); s.err != nil {
			return
		}
		calls := b.Calls()
		for _, r := range s.runs {
			s.see(s.at[r.from:r.to], r.position)
			var none, called uint64
			for j := r.from; j < r.to; j++ {
				row := calls[5*j:][:5]
				none += uint64(row[0])
				called += uint64(row[1]) + uint64(row[2]) + uint64(row[3]) + uint64(row[4])
			}
			s.noCalls[r.cycle] += none
			s.called[r.cycle] += called
		}
	})
	return f, cmp.Or(err, s.err)
}

func (s *correctedSink) keep(m *metrics) { m.corrected = s }

// checkedSink reads a file that repeats in part what QMetricsOut.bin says, and checks that
// it is of this run.
type checkedSink struct {
	tiles
	err error
}

func (s *checkedSink) keep(*metrics) {}

// byLaneSink reads QMetricsByLaneOut.bin.
type byLaneSink struct{ checkedSink }

func newByLaneSink(p *plan) *byLaneSink { return &byLaneSink{checkedSink{tiles: newTiles(p)}} }

func (s *byLaneSink) read(in io.Reader) (interop.File, error) {
	f, err := interop.ReadQualityByLane(in, func(b *interop.QualityBlock) {
		for i := range b.Tile {
			b.Tile[i] |= 1 // it says nothing here, and is 0 as a rule
		}
		s.err = cmp.Or(s.err, s.locate(&b.Place))
	})
	return f, cmp.Or(err, s.err)
}

// collapsedSink reads QMetrics2030Out.bin.
type collapsedSink struct{ checkedSink }

func newCollapsedSink(p *plan) *collapsedSink { return &collapsedSink{checkedSink{tiles: newTiles(p)}} }

func (s *collapsedSink) read(in io.Reader) (interop.File, error) {
	f, err := interop.ReadCollapsed(in, func(b *interop.CollapsedBlock) { s.err = cmp.Or(s.err, s.locate(&b.Place)) })
	return f, cmp.Or(err, s.err)
}
