package summary

import (
	"slices"

	"proactive/shared/interop"
)

// project says what the yield will be at the end of the run. A read that has begun goes
// on as it has done so far; one that has not begun will go as those before it, by cycle.
func (r *Run) project(scored map[group]int) {
	for l := range r.Reads[0].Lanes {
		r.spread(func(i int) *Figures { return &r.Reads[i].Lanes[l].Figures })
		for s := range r.Reads[0].Lanes[l].Surfaces {
			at := group{r.Reads[0].Lanes[l].Number, r.Reads[0].Lanes[l].Surfaces[s].Number}
			share := float32(scored[at]) / float32(max(scored[group{at.lane, 0}], 1))
			for i := range r.Reads {
				r.Reads[i].Lanes[l].share(s)
			}
			r.spread(func(i int) *Figures { return &r.Reads[i].Lanes[l].Surfaces[s].Figures })
			for i := range r.Reads {
				r.Reads[i].Lanes[l].Surfaces[s].ProjectedYieldG *= share // the reference takes a surface for its tiles' share of the lane
			}
		}
	}
	r.Total.ProjectedYieldG, r.NonIndex.ProjectedYieldG = 0, 0
	for i := range r.Reads {
		read := &r.Reads[i]
		read.ProjectedYieldG = 0
		for _, lane := range read.Lanes {
			read.ProjectedYieldG += lane.ProjectedYieldG
		}
		r.Total.ProjectedYieldG += read.ProjectedYieldG
		if !read.Index {
			r.NonIndex.ProjectedYieldG += read.ProjectedYieldG
		}
	}
}

// share projects a surface as its lane goes on.
func (l *Lane) share(surface int) {
	side := &l.Surfaces[surface]
	if side.ProjectedYieldG > 0 && l.YieldG > 0 {
		side.ProjectedYieldG = float32(float64(side.YieldG) * float64(l.ProjectedYieldG) / float64(l.YieldG))
	}
}

// spread projects the reads that have not begun of one lane or surface.
func (r *Run) spread(of func(read int) *Figures) {
	var yield, cycles float64
	for i, read := range r.Reads {
		if f := of(i); f.ProjectedYieldG > 0 {
			yield += float64(f.ProjectedYieldG)
			cycles += float64(read.Cycles - 1)
		}
	}
	for i, read := range r.Reads {
		if f := of(i); f.ProjectedYieldG == 0 && cycles > 0 {
			f.ProjectedYieldG = float32(yield / cycles * float64(read.Cycles-1))
		}
	}
}

// hide clears what the reference does not say of a surface: phasing where nothing is
// aligned; the figures of a file whose tiles all lie on the bottom; and nearly all where
// those of the whole run do: there the lane's figures are the surface's.
func (m *metrics) hide(r *Run, names []interop.Tile) {
	none := noFigures()
	tiles := m.tile != nil && onlyBottom(m.tile.names)
	errors := m.errors != nil && onlyBottom(m.errors.names)
	quality := m.quality != nil && onlyBottom(m.quality.names)
	for _, row := range r.Rows(BySurface) {
		f := row.Figures
		if missing(f.Aligned.Mean) || tiles {
			f.Phasing, f.Prephasing = none.Phasing, none.Prephasing
		}
		if tiles {
			f.Clusters, f.ClustersPF, f.Density, f.DensityPF, f.PF, f.Aligned = none.Clusters, none.ClustersPF, none.Density, none.DensityPF, none.PF, none.Aligned
		}
		if errors {
			f.ErrorRate, f.Error35, f.Error50, f.Error75, f.Error100 = none.ErrorRate, none.Error35, none.Error50, none.Error75, none.Error100
		}
		if quality {
			f.Q20, f.Q30, f.YieldG = nan, nan, nan
		}
		if onlyBottom(names) {
			reads, pf, projected := f.Reads, f.ReadsPF, f.ProjectedYieldG
			*f = none
			f.Reads, f.ReadsPF, f.ProjectedYieldG = reads, pf, projected
		}
	}
}

// onlyBottom is true if every tile lies on the bottom surface.
func onlyBottom(names []interop.Tile) bool {
	return !slices.ContainsFunc(names, func(id interop.Tile) bool { return id.Surface() == 1 })
}
