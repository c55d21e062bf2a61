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
	usable []bases // by tile and read, the usable cycles
	cycles []bases // by the run's cycle
	err    error
}

func newQualitySink(p *plan) *qualitySink {
	s := &qualitySink{tiles: newTiles(p), reach: reach{reads: len(p.info.Reads)}, cycles: make([]bases, len(p.cycles))}
	s.room = func() { s.last, s.usable = more(p, s.last, s.reads), more(p, s.usable, s.reads) }
	return s
}

func (s *qualitySink) read(in io.Reader) (interop.File, error) {
	f, err := interop.ReadQuality(in, func(b *interop.QualityBlock) {
		if s.err = cmp.Or(s.err, s.locate(&b.Place)); s.err != nil {
			return
		}
		records := b.Bases()
		for _, r := range s.runs {
			s.see(s.at[r.from:r.to], r.position)
			var all bases
			for j, tile := range s.at[r.from:r.to] {
				one := bases{records[r.from+j], 1}
				all.add(one)
				if r.usable {
					s.usable[int(tile)*s.reads+int(r.read)].add(one)
				}
			}
			s.cycles[r.cycle].add(all)
		}
	})
	return f, cmp.Or(err, s.err)
}

func (s *qualitySink) keep(m *metrics) { m.quality = s }

// over sums tiles up in a read.
func (s *qualitySink) over(read int, in []int) (sum bases) {
	for _, tile := range in {
		sum.add(s.usable[tile*s.reads+read])
	}
	return sum
}
