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
		k := b.Channels
		for j := range b.Len() {
			if s.err == nil {
				s.err = s.take(b.Lane[j], b.Tile[j], b.Cycle[j], b.Min[j*k:][:k], b.Max[j*k:][:k])
			}
		}
	})
	return f, cmp.Or(err, s.err)
}

func (s *imageSink) take(lane uint16, name uint32, cycle uint16, dark, bright []uint16) error {
	if _, err := s.of(lane, name); err != nil {
		return err
	}
	if _, err := s.plan.at(cycle); err != nil {
		return err
	}
	for c := range dark {
		s.dark[cycle].add(float32(dark[c]))
		s.bright[cycle].add(float32(bright[c]))
	}
	return nil
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
	return &correctedSink{tiles: newTiles(p), reach: reach{reads: len(p.info.Reads)}, called: make([]uint64, n), noCalls: make([]uint64, n)}
}

func (s *correctedSink) read(in io.Reader) (interop.File, error) {
	f, err := interop.ReadCorrected(in, func(b *interop.CorrectedBlock) {
		for j := range b.Len() {
			if s.err != nil {
				return
			}
			i, err := s.of(b.Lane[j], b.Tile[j])
			at, err2 := s.plan.at(b.Cycle[j])
			if s.err = cmp.Or(err, err2); s.err != nil {
				return
			}
			s.see(i, at)
			s.noCalls[b.Cycle[j]] += uint64(b.NoCalls[j])
			for _, n := range b.Calls[4*j:][:4] {
				s.called[b.Cycle[j]] += uint64(n)
			}
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

func (s *checkedSink) check(p *interop.Place, lanesOnly bool) {
	for j := range p.Len() {
		if s.err != nil {
			return
		}
		var err error
		if lanes := s.plan.info.Lanes; lanesOnly && (p.Lane[j] == 0 || lanes > 0 && int(p.Lane[j]) > lanes) {
			err = errLane
		}
		if !lanesOnly {
			_, err = s.of(p.Lane[j], p.Tile[j])
		}
		_, err2 := s.plan.at(p.Cycle[j])
		s.err = cmp.Or(err, err2)
	}
}

func (s *checkedSink) keep(*metrics) {}

// byLaneSink reads QMetricsByLaneOut.bin.
type byLaneSink struct{ checkedSink }

func newByLaneSink(p *plan) *byLaneSink { return &byLaneSink{checkedSink{tiles: newTiles(p)}} }

func (s *byLaneSink) read(in io.Reader) (interop.File, error) {
	f, err := interop.ReadQuality(in, func(b *interop.QualityBlock) { s.check(&b.Place, true) })
	return f, cmp.Or(err, s.err)
}

// collapsedSink reads QMetrics2030Out.bin.
type collapsedSink struct{ checkedSink }

func newCollapsedSink(p *plan) *collapsedSink { return &collapsedSink{checkedSink{tiles: newTiles(p)}} }

func (s *collapsedSink) read(in io.Reader) (interop.File, error) {
	f, err := interop.ReadCollapsed(in, func(b *interop.CollapsedBlock) { s.check(&b.Place, false) })
	return f, cmp.Or(err, s.err)
}
