package summary

// project says what the yield will be at the end of the run. A read that has begun goes
// on as it has done so far; one that has not begun will go as those before it, by cycle.
func (r *Run) project(sides int) {
	for l := range r.Reads[0].Lanes {
		r.spread(func(i int) *Figures { return &r.Reads[i].Lanes[l].Figures })
		for s := range r.Reads[0].Lanes[l].Surfaces {
			for i := range r.Reads {
				r.Reads[i].Lanes[l].share(s)
			}
			r.spread(func(i int) *Figures { return &r.Reads[i].Lanes[l].Surfaces[s].Figures })
			for i := range r.Reads {
				// The reference takes a surface for its share of the lane.
				r.Reads[i].Lanes[l].Surfaces[s].ProjectedYieldG /= float32(max(sides, 1))
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

// shown clears what the reference does not say of a surface: its phasing where nothing is
// aligned, and nearly all where the run's tiles lie on one surface of two: there the
// lane's figures are the surface's.
func (f *Figures) shown(oneSided bool) {
	if missing(f.Aligned.Mean) {
		f.Phasing, f.Prephasing = Stat{nan, nan, nan}, Stat{nan, nan, nan}
	}
	if oneSided {
		reads, pf, projected := f.Reads, f.ReadsPF, f.ProjectedYieldG
		*f = noFigures()
		f.Reads, f.ReadsPF, f.ProjectedYieldG = reads, pf, projected
	}
}
