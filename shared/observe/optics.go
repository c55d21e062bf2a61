package observe

import (
	"io"
	"math"
	"slices"

	"proactive/shared/interop"
	"proactive/shared/observation"
)

// errors tells the error rate of the PhiX control by lane and read, as a mean over tiles and
// usable cycles. The control's genome is everyone's: its errors say nothing of a sample. A
// cycle that was written again weighs twice in a mean over hundreds; that is let be.
func (b *builder) errors(in io.Reader) (bool, Reason) {
	if len(b.info.Reads) == 0 {
		return false, NeedsRunInfo
	}
	type at struct{ lane, read int }
	sums := map[at]mean{}
	f, err := interop.ReadErrors(in, func(block *interop.ErrorBlock) {
		for i, rate := range block.Rate[:block.Len()] {
			read, within, ok := b.info.ReadOf(int(block.Cycle[i]))
			lane := block.Tile[i].Tile().Lane
			if !ok || within == read.Cycles || lane < 1 || lane > 16 || !b.tellable(read.Number) {
				continue
			}
			sums[at{lane, read.Number}] = sums[at{lane, read.Number}].with(float64(rate))
		}
	})
	for a, m := range sums {
		b.tell(observation.Observation{Field: "error.rate", Lane: a.lane, Read: a.read}, m.value(), 4)
	}
	return metricReason(f, err)
}

// extraction tells how sharp the spots are, and how bright the brightest, of each insert
// read. Sharpness is a mean over channels, tiles and a whole read. Brightness is of the
// best tenth of the first third of the cycles and the brightest channel of each: among so many
// cycles there are always some of the base that is brightest, so it moves with the light
// and the chemistry and not with the bases (as q.q30_fall, see events/catalog/v1/README.md).
func (b *builder) extraction(in io.Reader) (bool, Reason) {
	if len(b.info.Reads) == 0 {
		return false, NeedsRunInfo
	}
	sharp, bright := map[place]mean{}, map[imagedCycle][]mean{}
	f, err := interop.ReadExtraction(in, func(block *interop.ExtractionBlock) {
		focus, intensity, n := block.Focus(), block.Intensity(), block.Channels
		for i := range block.Len() {
			read, within, ok := b.info.ReadOf(int(block.Cycle[i]))
			tile := block.Tile[i].Tile()
			if !ok || tile.Lane < 1 || tile.Lane > 16 || !b.tellable(read.Number) {
				continue
			}
			at := place{tile.Lane, tile.Surface(), read.Number}
			for _, px := range focus[i*n : (i+1)*n] {
				if px > 0 { // none was measured
					sharp[at] = sharp[at].with(float64(px))
				}
			}
			if within > read.Cycles/3 {
				continue
			}
			cycle := imagedCycle{place{lane: tile.Lane, read: read.Number}, within}
			if bright[cycle] == nil {
				bright[cycle] = make([]mean, n)
			}
			for channel, counts := range intensity[i*n : (i+1)*n] {
				bright[cycle][channel] = bright[cycle][channel].with(float64(counts))
			}
		}
	})
	for at, m := range sharp {
		b.tell(observation.Observation{Field: "optics.fwhm", Lane: at.lane, Surface: at.surface, Read: at.read}, m.value(), 4)
	}
	best := map[place][]float64{}
	for at, channels := range bright {
		top := 0.0
		for _, c := range channels {
			top = math.Max(top, c.value())
		}
		best[at.place] = append(best[at.place], top)
	}
	for at, cycles := range best {
		if len(cycles) < observation.WindowCycles || b.short(at.read, len(cycles)) {
			continue
		}
		slices.Sort(cycles)
		var m mean
		for _, v := range cycles[len(cycles)-max(1, len(cycles)/10):] {
			m = m.with(v)
		}
		b.tell(observation.Observation{Field: "optics.intensity", Lane: at.lane, Read: at.read}, m.value(), 3)
	}
	return metricReason(f, err)
}

// short tells that the first third of a read is not whole.
func (b *builder) short(read, have int) bool {
	for _, r := range b.info.Reads {
		if r.Number == read {
			return have < r.Cycles/3
		}
	}
	return true
}

// mean of what was added.
type mean struct {
	sum float64
	n   int
}

func (m mean) with(v float64) mean {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return m
	}
	return mean{m.sum + v, m.n + 1}
}

func (m mean) value() float64 { return m.sum / float64(m.n) }

// tell adds a value to so many significant digits, if there is one: more would be another
// look at the same bases.
func (b *builder) tell(o observation.Observation, value float64, digits int) {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return
	}
	if value != 0 {
		scale := math.Pow10(digits - 1 - int(math.Floor(math.Log10(math.Abs(value)))))
		value = math.Round(value*scale) / scale
	}
	o.Value = value
	b.add(o)
}
