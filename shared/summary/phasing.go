package summary

import (
	"cmp"
	"io"

	"proactive/shared/interop"
)

// firstCycles are how many cycles of a read its phasing rate is estimated over; of a run
// that has not come so far nothing is estimated.
const firstCycles = 25

// line is a straight line under way: least squares over the cycles of a read, in single
// precision, in which the reference sums it up too.
type line struct{ n, x, xx, y, xy float32 }

func (l *line) add(x, y float32) {
	l.n++
	l.x += x
	l.xx += x * x
	l.y += y
	l.xy += float32(x * y) // rounded here on every machine: no fused multiplication
}

// fit is the line's slope by cycle and where it starts; NaN with fewer than two cycles.
func (l line) fit() (slope, offset float32) {
	d := float32(l.n*l.xx) - float32(l.x*l.x)
	if l.n < 2 || d == 0 {
		return nan, nan
	}
	slope = (float32(l.n*l.xy) - float32(l.x*l.y)) / d
	return slope, (l.y - float32(slope*l.x)) / l.n
}

// lines are those of one tile and read: over all cycles, and over the first.
type lines struct{ phasing, prephasing, firstPhasing, firstPrephasing line }

// phasingSink takes EmpiricalPhasingMetricsOut.bin in.
type phasingSink struct {
	tiles
	reach
	lines []lines // by tile and read
	until int     // the run's last cycle
	err   error
}

func newPhasingSink(p *plan) *phasingSink {
	return &phasingSink{tiles: newTiles(p), reach: reach{reads: len(p.info.Reads)}}
}

func (s *phasingSink) read(in io.Reader) (interop.File, error) {
	f, err := interop.ReadPhasing(in, func(b *interop.PhasingBlock) {
		for j := range b.Len() {
			if s.err == nil {
				s.err = s.take(b.Lane[j], b.Tile[j], b.Cycle[j], b.Phasing[j], b.Prephasing[j])
			}
		}
	})
	return f, cmp.Or(err, s.err)
}

func (s *phasingSink) take(lane uint16, name uint32, cycle uint16, phasing, prephasing float32) error {
	i, err := s.of(lane, name)
	if err != nil {
		return err
	}
	at, err := s.plan.at(cycle)
	if err != nil {
		return err
	}
	if missing(phasing) || missing(prephasing) {
		return nil
	}
	s.see(i, at)
	s.lines = grown(s.lines, i, s.reads)
	l := &s.lines[i*s.reads+at.read]
	x := float32(at.within)
	l.phasing.add(x, phasing)
	l.prephasing.add(x, prephasing)
	if l.firstPhasing.n < firstCycles {
		l.firstPhasing.add(x, phasing)
		l.firstPrephasing.add(x, prephasing)
	}
	s.until = max(s.until, int(cycle))
	return nil
}

func (s *phasingSink) keep(m *metrics) { m.phasing = s }

func (s *phasingSink) at(tile, read int) lines {
	if i := tile*s.reads + read; i < len(s.lines) {
		return s.lines[i]
	}
	return lines{}
}

// rate is the phasing of a tile in a read as its first cycles show it, in percent per
// cycle; never below zero, NaN if there are not so many.
func (l line) rate() float32 {
	if l.n < firstCycles {
		return nan
	}
	slope, _ := l.fit()
	return atLeastZero(slope)
}

// atLeastZero is v, 0 if that is less, for no cluster comes back into step: a fit over
// few clusters may say so.
func atLeastZero(v float32) float32 {
	if v < 0 {
		return 0
	}
	return v
}
