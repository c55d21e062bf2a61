package summary

import (
	"cmp"
	"io"

	"proactive/shared/interop"
)

// bases are counts of base calls.
type bases struct {
	interop.Bases
	// records is how many tiles and cycles they come from.
	records uint64
}

func (b *bases) add(o bases) {
	b.All += o.All
	b.Q20 += o.Q20
	b.Q30 += o.Q30
	b.records += o.records
}

// qualitySink takes QMetricsOut.bin in.
type qualitySink struct {
	tiles
	reach
	usable byRead[bases] // the usable cycles
	cycles []bases       // by the run's cycle
	err    error
}

func newQualitySink(p *plan) *qualitySink {
	s := &qualitySink{tiles: newTiles(p), cycles: make([]bases, len(p.cycles))}
	s.room = func() {
		s.last.grow(p)
		s.usable.grow(p)
	}
	return s
}

func (s *qualitySink) read(in io.Reader) (interop.File, error) {
	f, err := interop.ReadQuality(in, func(b *interop.QualityBlock) {
		if s.err = cmp.Or(s.err, s.locate(&b.Place)); s.err != nil {
			return
		}
		records := b.Bases()
		for _, r := range s.runs {
			if !s.see(s.at[r.from:r.to], r.position) {
				s.late = true
			}
			var all bases
			cells := s.usable[r.read]
			for j, tile := range s.at[r.from:r.to] {
				one := bases{records[r.from+j], 1}
				all.add(one)
				if r.usable {
					cells[tile].add(one)
				}
			}
			s.cycles[r.cycle].add(all)
		}
	})
	return f, cmp.Or(err, s.err)
}

func (s *qualitySink) keep(m *metrics) {
	if len(s.names) > 0 {
		m.quality = s
	}
}

// over sums tiles up in a read.
func (s *qualitySink) over(read int, in []int) (sum bases) {
	for _, tile := range in {
		sum.add(s.usable[read][tile])
	}
	return sum
}
