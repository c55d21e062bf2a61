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
	s := &extractionSink{tiles: newTiles(p)}
	s.room = func() {
		s.last.grow(p)
		for range len(p.info.Reads) * s.channels {
			s.first = append(s.first, nan)
		}
	}
	return s
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
			return
		}
		if s.err = cmp.Or(s.err, s.locate(&b.Place)); s.err != nil {
			return
		}
		var intensity []uint16
		var focus []float32
		if s.plan.curves {
			intensity, focus = b.Intensity(), b.Focus()
		}
		for _, r := range s.runs {
			if !s.see(s.at[r.from:r.to], r.position) {
				s.late = true
			}
			if s.plan.curves {
				s.curve(r, intensity[r.from*k:r.to*k], focus[r.from*k:r.to*k])
			}
			if r.within > 1 {
				continue
			}
			if intensity == nil {
				intensity = b.Intensity()
			}
			s.begin(r, intensity[r.from*k:r.to*k])
		}
	})
	return f, cmp.Or(err, s.err)
}

// curve takes in the records of one cycle: so many channels each.
func (s *extractionSink) curve(r run, intensity []uint16, focus []float32) {
	k := s.channels
	bright, sharp := s.intensity[int(r.cycle)*k:][:k], s.focus[int(r.cycle)*k:][:k]
	for c := range k {
		var sum uint64
		for i := c; i < len(intensity); i += k {
			sum += uint64(intensity[i])
		}
		bright[c].merge(mean{float32(sum), int32(r.to - r.from)}) //nolint:gosec // G115: of one block
		sharp[c].merge(every(focus[c:], k))
	}
}

// begin takes in the first cycle of a read.
func (s *extractionSink) begin(r run, intensity []uint16) {
	k := s.channels
	for j, tile := range s.at[r.from:r.to] {
		first := s.first[(int(tile)*len(s.last)+int(r.read))*k:][:k]
		for c := range first {
			first[c] = float32(intensity[j*k+c])
		}
	}
}

// every sums up each k-th value: two sums at a time, for either waits for its last addition.
func every(values []float32, k int) mean {
	var sums [2]mean
	for i, n := 0, 0; i < len(values); i, n = i+k, n+1 {
		if v := values[i]; !missing(v) {
			sums[n&1].add(v)
		}
	}
	sums[0].merge(sums[1])
	return sums[0]
}

func (s *extractionSink) keep(m *metrics) {
	if len(s.names) > 0 {
		m.extraction = s
	}
}

// firstIntensity is that of a tile in the first cycle of a read.
func (s *extractionSink) firstIntensity(tile, read int) float32 {
	return s.first[(tile*len(s.last)+read)*s.channels]
}
