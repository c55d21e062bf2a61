package summary

import (
	"slices"

	"proactive/shared/interop"
)

// Figures are those of one level. A value that the run folder does not have is NaN.
// Of a lane or a surface a [Stat] is over its tiles; of a read or the run its mean is over
// the tiles of all lanes (and reads), and SD and Median are NaN.
type Figures struct {
	// Clusters are counts: by tile in a lane or surface, their sum in a read or the run.
	Clusters, ClustersPF Stat
	Density, DensityPF   Stat // clusters per mm²
	PF                   Stat // percent
	// ErrorRate is in percent over the usable cycles of a read; Error35 and so on over the
	// first so many.
	ErrorRate, Error35, Error50, Error75, Error100 Stat
	FirstCycleIntensity                            Stat // camera counts, first channel
	Aligned, Occupied                              Stat // percent
	// Phasing and Prephasing are in percent per cycle; Slope by cycle and Offset are those
	// of the line through the phasing weights, in percent.
	Phasing, PhasingSlope, PhasingOffset          Stat
	Prephasing, PrephasingSlope, PrephasingOffset Stat
	// Q20 and Q30 are percent of the bases of usable cycles.
	Q20, Q30 float32
	// YieldG is in 10⁹ bases, ProjectedYieldG what it will be at the end of the run.
	YieldG, ProjectedYieldG float32
	Reads, ReadsPF          float32
	TileCount               int
	// How far the tiles have come, in cycles of the read.
	Extracted, Called, Scored, Erred Range
}

// metrics is what the files say; nil is a file that there was none of.
type metrics struct {
	plan       *plan
	tile       *tileSink
	errors     *errorSink
	extraction *extractionSink
	quality    *qualitySink
	phasing    *phasingSink
	occupied   *occupiedSink
	image      *imageSink
	corrected  *correctedSink
	totals     *totalsSink
}

// group is a lane, or a surface of it.
type group struct{ lane, surface int }

// groups are the tiles of each group, by the number a file gave them.
type groups map[group][]int

func (t *tiles) groups() groups {
	g := groups{}
	for i, id := range t.names {
		lane, side := group{id.Lane, 0}, group{id.Lane, id.Surface()}
		g[lane] = append(g[lane], i)
		g[side] = append(g[side], i)
	}
	return g
}

// grouped are the groups of every file.
type grouped struct{ tile, errors, extraction, quality, phasing, occupied, corrected groups }

// sumUp makes the run of what the files say.
func (m *metrics) sumUp() *Run {
	r := &Run{Info: m.plan.info, Total: noFigures(), NonIndex: noFigures()}
	names := m.names()
	if len(names) == 0 {
		return r
	}
	g := m.group()
	count := countOf(names)
	lanes, surfaces := m.plan.info.Lanes, max(m.plan.info.Surfaces, 1)
	for _, id := range names {
		lanes, surfaces = max(lanes, id.Lane), max(surfaces, id.Surface())
	}
	total, insert := m.newTally(), m.newTally()
	for i, info := range m.plan.info.Reads {
		read, whole := Read{Read: info}, m.newTally()
		for n := range lanes {
			at := group{n + 1, 0}
			lane := Lane{Number: n + 1, Figures: m.figures(g, at, i, whole)}
			lane.TileCount = count[at]
			whole.tiles += lane.TileCount
			for s := range surfaces {
				at.surface = s + 1
				side := Surface{Number: s + 1, Figures: m.figures(g, at, i, m.newTally())}
				side.TileCount = count[at]
				lane.Surfaces = append(lane.Surfaces, side)
			}
			read.Lanes = append(read.Lanes, lane)
		}
		read.Figures = whole.figures()
		total.merge(whole)
		if !info.Index {
			insert.merge(whole)
		}
		r.Reads = append(r.Reads, read)
	}
	r.Total, r.NonIndex = total.figures(), insert.figures()
	if len(r.Reads) > 0 && m.quality != nil {
		r.project(countOf(m.quality.names))
	}
	m.hide(r, names)
	if m.plan.curves {
		r.Tiles, r.Cycles = m.flowCell(names), m.curves()
	}
	if m.extraction != nil {
		r.Channels = m.extraction.channels
	}
	return r
}

// countOf counts the tiles of each lane and surface.
func countOf(names []interop.Tile) map[group]int {
	count := map[group]int{}
	for _, id := range names {
		count[group{id.Lane, 0}]++
		count[group{id.Lane, id.Surface()}]++
	}
	return count
}

// names are the tiles of all files.
func (m *metrics) names() []interop.Tile {
	seen := map[interop.Tile]bool{}
	add := func(names []interop.Tile) {
		for _, id := range names {
			seen[id] = true
		}
	}
	for _, t := range m.indexes() {
		add(t.names)
	}
	all := make([]interop.Tile, 0, len(seen))
	for id := range seen {
		all = append(all, id)
	}
	slices.SortFunc(all, func(a, b interop.Tile) int {
		if a.Lane != b.Lane {
			return a.Lane - b.Lane
		}
		return a.Number - b.Number
	})
	return all
}

// indexes are the tile numbers of the files that the summary is made of.
func (m *metrics) indexes() (all []*tiles) {
	if m.tile != nil {
		all = append(all, &m.tile.tiles)
	}
	if m.errors != nil {
		all = append(all, &m.errors.tiles)
	}
	if m.extraction != nil {
		all = append(all, &m.extraction.tiles)
	}
	if m.quality != nil {
		all = append(all, &m.quality.tiles)
	}
	if m.phasing != nil {
		all = append(all, &m.phasing.tiles)
	}
	if m.occupied != nil {
		all = append(all, &m.occupied.tiles)
	}
	return all
}

func (m *metrics) group() grouped {
	var g grouped
	if m.tile != nil {
		g.tile = m.tile.groups()
	}
	if m.errors != nil {
		g.errors = m.errors.groups()
	}
	if m.extraction != nil {
		g.extraction = m.extraction.groups()
	}
	if m.quality != nil {
		g.quality = m.quality.groups()
	}
	if m.phasing != nil {
		g.phasing = m.phasing.groups()
	}
	if m.occupied != nil {
		g.occupied = m.occupied.groups()
	}
	if m.corrected != nil {
		g.corrected = m.corrected.groups()
	}
	return g
}

func noFigures() Figures {
	none := Stat{nan, nan, nan}
	return Figures{
		Clusters: none, ClustersPF: none, Density: none, DensityPF: none, PF: none,
		ErrorRate: none, Error35: none, Error50: none, Error75: none, Error100: none,
		FirstCycleIntensity: none, Aligned: none, Occupied: none,
		Phasing: none, PhasingSlope: none, PhasingOffset: none,
		Prephasing: none, PrephasingSlope: none, PrephasingOffset: none,
		Q20: nan, Q30: nan, YieldG: nan,
	}
}
