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
	rates  byRead[[len(windows)]mean]
	cycles []mean // by the run's cycle
	err    error
}

func newErrorSink(p *plan) *errorSink {
	s := &errorSink{tiles: newTiles(p), cycles: make([]mean, len(p.cycles))}
	s.room = func() {
		s.last.grow(p)
		s.rates.grow(p)
	}
	return s
}

func (s *errorSink) read(in io.Reader) (interop.File, error) {
	f, err := interop.ReadErrors(in, func(b *interop.ErrorBlock) {
		if s.err = cmp.Or(s.err, s.locate(&b.Place)); s.err != nil {
			return
		}
		for _, r := range s.runs {
			if !s.see(s.at[r.from:r.to], r.position) {
				s.late = true
			}
			for j, tile := range s.at[r.from:r.to] {
				s.take(r, int(tile), b.Rate[r.from+j])
			}
		}
	})
	return f, cmp.Or(err, s.err)
}

func (s *errorSink) take(r run, tile int, rate float32) {
	if missing(rate) {
		return
	}
	s.cycles[r.cycle].add(rate)
	cell := &s.rates[r.read][tile]
	for w, last := range windows {
		if int(r.within) <= last && (r.usable || w > 0) {
			cell[w].add(rate)
		}
	}
}

func (s *errorSink) keep(m *metrics) {
	if len(s.names) > 0 {
		m.errors = s
	}
}

// rate is the mean error rate of a tile in a read over a window.
func (s *errorSink) rate(tile, read, window int) float32 {
	if window > 0 && int(s.last[read][tile]) < windows[window] {
		return nan
	}
	return s.rates[read][tile][window].value()
}
