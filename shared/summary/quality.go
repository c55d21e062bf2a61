package summary

import (
	"cmp"
	"io"

	"proactive/shared/interop"
)

// bases are counts of base calls.
type bases struct {
	all, q20, q30 uint64
	// records is how many tiles and cycles they come from.
	records uint64
}

func (b *bases) add(o bases) {
	b.all += o.all
	b.q20 += o.q20
	b.q30 += o.q30
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
	return &qualitySink{tiles: newTiles(p), reach: reach{reads: len(p.info.Reads)}, cycles: make([]bases, len(p.cycles))}
}

func (s *qualitySink) read(in io.Reader) (interop.File, error) {
	var class []uint8 // of each bin: 0 below Q20, 1 below Q30, 2
	f, err := interop.ReadQuality(in, func(b *interop.QualityBlock) {
		if s.err != nil {
			return
		}
		if class == nil {
			class = classes(b.Bins)
		}
		for j := range b.Len() {
			var sums [4]uint64
			row := b.Counts[j*len(class):][:len(class)]
			for c, n := range row {
				sums[class[c]&3] += n
			}
			one := bases{all: sums[0] + sums[1] + sums[2], q20: sums[1] + sums[2], q30: sums[2], records: 1}
			if s.err = s.take(b.Lane[j], b.Tile[j], b.Cycle[j], one); s.err != nil {
				return
			}
		}
	})
	return f, cmp.Or(err, s.err)
}

func classes(b interop.Bins) []uint8 {
	all := make([]uint8, b.Len())
	for i := range all {
		switch q := b.ScoreOf(i); {
		case q >= 30:
			all[i] = 2
		case q >= 20:
			all[i] = 1
		}
	}
	return all
}

func (s *qualitySink) take(lane uint16, name uint32, cycle uint16, one bases) error {
	i, err := s.of(lane, name)
	if err != nil {
		return err
	}
	at, err := s.plan.at(cycle)
	if err != nil {
		return err
	}
	s.see(i, at)
	s.cycles[cycle].add(one)
	if at.usable {
		s.usable = grown(s.usable, i, s.reads)
		s.usable[i*s.reads+at.read].add(one)
	}
	return nil
}

func (s *qualitySink) keep(m *metrics) { m.quality = s }

// over sums tiles up in a read.
func (s *qualitySink) over(read int, in []int) (sum bases) {
	for _, tile := range in {
		if i := tile*s.reads + read; i < len(s.usable) {
			sum.add(s.usable[i])
		}
	}
	return sum
}
