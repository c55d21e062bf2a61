package summary

import (
	"cmp"
	"io"

	"proactive/shared/interop"
)

// windows are the cycles of a read over which error rates are averaged: all usable ones,
// and the first so many.
var windows = [...]int{1 << 16, 35, 50, 75, 100}

// mean is the sum of so many values.
type mean struct {
	sum float32
	n   int32
}

func (m *mean) add(v float32) {
	m.sum += v
	m.n++
}

func (m mean) value() float32 {
	if m.n == 0 {
		return nan
	}
	return m.sum / float32(m.n)
}

// errorSink takes ErrorMetricsOut.bin in.
type errorSink struct {
	tiles
	reach
	rates  []([len(windows)]mean) // by tile and read
	cycles []mean                 // by the run's cycle
	err    error
}

func newErrorSink(p *plan) *errorSink {
	return &errorSink{tiles: newTiles(p), reach: reach{reads: len(p.info.Reads)}, cycles: make([]mean, len(p.cycles))}
}

func (s *errorSink) read(in io.Reader) (interop.File, error) {
	f, err := interop.ReadErrors(in, func(b *interop.ErrorBlock) {
		for j := range b.Len() {
			if s.err == nil {
				s.err = s.take(b.Lane[j], b.Tile[j], b.Cycle[j], b.Rate[j])
			}
		}
	})
	return f, cmp.Or(err, s.err)
}

func (s *errorSink) take(lane uint16, name uint32, cycle uint16, rate float32) error {
	i, err := s.of(lane, name)
	if err != nil {
		return err
	}
	at, err := s.plan.at(cycle)
	if err != nil {
		return err
	}
	if missing(rate) {
		return nil
	}
	s.see(i, at)
	s.cycles[cycle].add(rate)
	s.rates = grown(s.rates, i, s.reads)
	cell := &s.rates[i*s.reads+at.read]
	for w, last := range windows {
		if at.within <= last && (at.usable || w > 0) {
			cell[w].add(rate)
		}
	}
	return nil
}

func (s *errorSink) keep(m *metrics) { m.errors = s }

// rate is the mean error rate of a tile in a read over a window.
func (s *errorSink) rate(tile, read, window int) float32 {
	i := tile*s.reads + read
	if i >= len(s.rates) || window > 0 && int(s.last[i]) < windows[window] {
		return nan
	}
	return s.rates[i][window].value()
}
