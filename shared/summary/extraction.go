package summary

import (
	"cmp"
	"io"

	"proactive/shared/interop"
)

// extractionSink takes ExtractionMetricsOut.bin in.
type extractionSink struct {
	tiles
	reach
	channels int
	// first are the intensities of a read's first cycle by tile, read and channel.
	first []float32
	// intensity and focus are by the run's cycle and channel.
	intensity, focus []mean
	err              error
}

func newExtractionSink(p *plan) *extractionSink {
	return &extractionSink{tiles: newTiles(p), reach: reach{reads: len(p.info.Reads)}}
}

func (s *extractionSink) read(in io.Reader) (interop.File, error) {
	f, err := interop.ReadExtraction(in, func(b *interop.ExtractionBlock) {
		if s.channels == 0 {
			s.channels = b.Channels
			s.intensity, s.focus = make([]mean, len(s.plan.cycles)*s.channels), make([]mean, len(s.plan.cycles)*s.channels)
		}
		k := b.Channels
		if k != s.channels {
			s.err = interop.ErrHeader // the files of two cycles do not agree
		}
		for j := range b.Len() {
			if s.err == nil {
				s.err = s.take(b.Lane[j], b.Tile[j], b.Cycle[j], b.Intensity[j*k:][:k], b.Focus[j*k:][:k])
			}
		}
	})
	return f, cmp.Or(err, s.err)
}

func (s *extractionSink) take(lane uint16, name uint32, cycle uint16, intensity []uint16, focus []float32) error {
	i, err := s.of(lane, name)
	if err != nil {
		return err
	}
	at, err := s.plan.at(cycle)
	if err != nil {
		return err
	}
	s.see(i, at)
	row := int(cycle) * s.channels
	for c, v := range intensity {
		s.intensity[row+c].add(float32(v))
		if !missing(focus[c]) {
			s.focus[row+c].add(focus[c])
		}
	}
	if at.within == 1 {
		for size := (i + 1) * s.reads * s.channels; len(s.first) < size; {
			s.first = append(s.first, nan)
		}
		for c, v := range intensity {
			s.first[(i*s.reads+at.read)*s.channels+c] = float32(v)
		}
	}
	return nil
}

func (s *extractionSink) keep(m *metrics) { m.extraction = s }

// firstIntensity is that of a tile in the first cycle of a read.
func (s *extractionSink) firstIntensity(tile, read int) float32 {
	if i := (tile*s.reads + read) * s.channels; i < len(s.first) {
		return s.first[i]
	}
	return nan
}
