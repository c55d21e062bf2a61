package summary

import (
	"cmp"
	"io"

	"proactive/shared/interop"
)

// firstCycles are how many cycles of a read its phasing rate is estimated over; of a run
// that has not come so far nothing is estimated.
const firstCycles = 25

// lines are two straight lines under way, of phasing and prephasing: least squares over
// the cycles of a read, in single precision, in which the reference sums them up too.
type lines struct {
	last, n, x, xx              float32
	phasing, prephasing, pX, qX float32
}

func (l *lines) add(x, phasing, prephasing float32) {
	l.last = x
	l.n++
	l.x += x
	l.xx += x * x
	l.phasing += phasing
	l.prephasing += prephasing
	l.pX += float32(x * phasing) // rounded here on every machine: no fused multiplication
	l.qX += float32(x * prephasing)
}

// fit is a line's slope by cycle and where it starts; NaN with fewer than two cycles.
func (l *lines) fit(y, xy float32) (slope, offset float32) {
	d := float32(l.n*l.xx) - float32(l.x*l.x)
	if l.n < 2 || d == 0 {
		return nan, nan
	}
	slope = (float32(l.n*xy) - float32(l.x*y)) / d
	return slope, (y - float32(slope*l.x)) / l.n
}

// phasingSink takes EmpiricalPhasingMetricsOut.bin in.
type phasingSink struct {
	tiles
	// all are the lines over all cycles of a read, first those over its first cycles.
	all, first byRead[lines]
	until      int // the run's last cycle
	err        error
}

func newPhasingSink(p *plan) *phasingSink {
	s := &phasingSink{tiles: newTiles(p)}
	s.room = func() {
		s.all.grow(p)
		s.first.grow(p)
	}
	return s
}

func (s *phasingSink) read(in io.Reader) (interop.File, error) {
	f, err := interop.ReadPhasing(in, func(b *interop.PhasingBlock) {
		if s.err = cmp.Or(s.err, s.locate(&b.Place)); s.err != nil {
			return
		}
		for _, r := range s.runs {
			s.until = max(s.until, int(r.cycle))
			all := s.all[r.read]
			for j, tile := range s.at[r.from:r.to] {
				weights := b.Weights[2*(r.from+j):][:2]
				if missing(weights[0]) || missing(weights[1]) {
					continue
				}
				l := &all[tile]
				if float32(r.within) <= l.last {
					s.late = true
				}
				l.add(float32(r.within), weights[0], weights[1])
				if l.n == firstCycles {
					s.first[r.read][tile] = *l
				}
			}
		}
	})
	return f, cmp.Or(err, s.err)
}

func (s *phasingSink) keep(m *metrics) {
	if len(s.names) > 0 {
		m.phasing = s
	}
}

// rates are phasing and prephasing as the first cycles of a read show them, in percent per cycle; never below zero, NaN if there are not so many.
func (l *lines) rates() (phasing, prephasing float32) {
	if l.n < firstCycles {
		return nan, nan
	}
	phasing, _ = l.fit(l.phasing, l.pX)
	prephasing, _ = l.fit(l.prephasing, l.qX)
	return atLeastZero(phasing), atLeastZero(prephasing)
}

// atLeastZero is v, 0 if that is less, for no cluster comes back into step: a fit over
// few clusters may say so.
func atLeastZero(v float32) float32 {
	if v < 0 {
		return 0
	}
	return v
}
