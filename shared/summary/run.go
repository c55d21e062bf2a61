package summary

import (
	"math"

	"proactive/shared/interop"
)

// Tile is one field of the flow cell. A value that there is none of is NaN.
type Tile struct {
	interop.Tile
	Clusters, ClustersPF, Density, PF float32 // counts, per mm², percent
	Q30, ErrorRate, Aligned           float32 // percent, over the reads of the insert
	FirstCycleIntensity               float32 // of the first read, first channel
	Occupied                          float32 // percent
}

// flowCell tells of every tile.
func (m *metrics) flowCell(names []interop.Tile) []Tile {
	all := make([]Tile, len(names))
	at := make(map[interop.Tile]*Tile, len(names))
	for i, id := range names {
		all[i] = Tile{id, nan, nan, nan, nan, nan, nan, nan, nan, nan}
		at[id] = &all[i]
	}
	m.tileCounts(at)
	reads := m.plan.info.Reads
	if m.quality != nil {
		for i, id := range m.quality.names {
			var sum bases
			for r, read := range reads {
				if !read.Index {
					sum.add(m.quality.over(r, []int{i}))
				}
			}
			at[id].Q30 = percent(float64(sum.Q30), float64(sum.All))
		}
	}
	if m.errors != nil {
		for i, id := range m.errors.names {
			var over mean
			for r := range reads {
				over.addAll([]float32{m.errors.rate(i, r, 0)})
			}
			at[id].ErrorRate = over.value()
		}
	}
	if m.extraction != nil {
		for i, id := range m.extraction.names {
			at[id].FirstCycleIntensity = m.extraction.firstIntensity(i, 0)
		}
	}
	return all
}

// tileCounts sets what the files by tile say.
func (m *metrics) tileCounts(at map[interop.Tile]*Tile) {
	if m.tile != nil {
		for i, id := range m.tile.names {
			x, t := m.tile.metric[i], at[id]
			t.Clusters, t.ClustersPF, t.Density = float32(x.Clusters), float32(x.ClustersPF), float32(x.Density)
			t.PF = percent(t.ClustersPF, t.Clusters)
			var over mean
			for _, read := range m.plan.info.Reads {
				if !read.Index {
					over.addAll([]float32{float32(readOf(x, read.Number).Aligned)})
				}
			}
			t.Aligned = over.value()
		}
	}
	if m.occupied != nil {
		for i, id := range m.occupied.names {
			if t := at[id]; t != nil {
				t.Occupied = m.occupied.percent[i]
			}
		}
	}
}

// Cycle is one cycle of the run, over all tiles. A value that there is none of is NaN.
type Cycle struct {
	Read, Within int
	Q20, Q30     float32 // percent
	ErrorRate    float32 // percent
	NoCall       float32 // percent of clusters
	// Intensity in the camera's counts and Focus in pixels, by channel; nil without.
	Intensity, Focus []float32
	Dark, Bright     float32 // the images' contrast, camera counts
}

// curves tells of every cycle of the run, up to the last of which anything is known.
func (m *metrics) curves() []Cycle {
	all, known := make([]Cycle, 0, len(m.plan.cycles)), 0
	for c, at := range m.plan.cycles[1:] {
		one := m.cycle(c + 1)
		one.Read, one.Within = m.plan.info.Reads[at.read].Number, int(at.within)
		all = append(all, one)
		if one.known() {
			known = len(all)
		}
	}
	return all[:known]
}

func (m *metrics) cycle(c int) Cycle {
	one := Cycle{Q20: nan, Q30: nan, ErrorRate: nan, NoCall: nan, Dark: nan, Bright: nan}
	if m.quality != nil {
		b := m.quality.cycles[c]
		one.Q20, one.Q30 = percent(float64(b.Q20), float64(b.All)), percent(float64(b.Q30), float64(b.All))
	}
	if m.errors != nil {
		one.ErrorRate = m.errors.cycles[c].value()
	}
	if m.corrected != nil {
		none := float64(m.corrected.noCalls[c])
		one.NoCall = percent(none, none+float64(m.corrected.called[c]))
	}
	if m.image != nil {
		one.Dark, one.Bright = m.image.dark[c].value(), m.image.bright[c].value()
	}
	if m.extraction != nil {
		for k := range m.extraction.channels {
			i := c*m.extraction.channels + k
			one.Intensity = append(one.Intensity, m.extraction.intensity[i].value())
			one.Focus = append(one.Focus, m.extraction.focus[i].value())
		}
	}
	return one
}

func (c Cycle) known() bool {
	for _, v := range append([]float32{c.Q30, c.ErrorRate, c.NoCall, c.Bright}, c.Intensity...) {
		if !math.IsNaN(float64(v)) {
			return true
		}
	}
	return false
}
