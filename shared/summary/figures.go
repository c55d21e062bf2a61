package summary

import (
	"slices"

	"proactive/shared/interop"
)

// figures sums a lane or a surface up in one read, and adds it to the read's tally.
func (m *metrics) figures(g grouped, at group, read int, t *tally) Figures {
	f := noFigures()
	if m.tile != nil {
		m.tileFigures(&f, g.tile[at], read, t)
	}
	if m.errors != nil {
		in := g.errors[at]
		for w, to := range []*Stat{&f.ErrorRate, &f.Error35, &f.Error50, &f.Error75, &f.Error100} {
			values := each(in, func(i int) float32 { return m.errors.rate(i, read, w) })
			if w == 0 {
				t.errors.addAll(values)
			}
			*to = statOf(values)
		}
		f.Erred = m.errors.over(read, in)
	}
	if m.extraction != nil {
		in := g.extraction[at]
		values := each(in, func(i int) float32 { return m.extraction.firstIntensity(i, read) })
		t.intensity.addAll(values)
		f.FirstCycleIntensity = statOf(values)
		f.Extracted = m.extraction.over(read, in)
	}
	if m.quality != nil {
		in := g.quality[at]
		sum := m.quality.over(read, in)
		f.quality(sum, m.plan.info.Reads[read].Cycles-1, len(in))
		t.bases.add(sum)
		f.Scored = m.quality.reach.over(read, in)
	}
	if m.occupied != nil {
		m.occupiedFigures(&f, g, at, t)
	}
	if m.corrected != nil {
		f.Called = m.corrected.over(read, g.corrected[at])
	}
	m.phasingFigures(&f, g, at, read)
	return f
}

// tileFigures are of TileMetricsOut.bin. Its phasing stands where it has any.
func (m *metrics) tileFigures(f *Figures, in []int, read int, t *tally) {
	number := m.plan.info.Reads[read].Number
	field := func(of func(*interop.TileMetric) float64) []float32 { return m.tile.field(in, of) }
	clusters := field(func(x *interop.TileMetric) float64 { return x.Clusters })
	pf := field(func(x *interop.TileMetric) float64 { return x.ClustersPF })
	share := make([]float32, len(in))
	for i := range in {
		share[i] = percent(pf[i], clusters[i])
	}
	f.Reads, f.ReadsPF = sumOf(clusters), sumOf(pf)
	t.clusters += float64(f.Reads)
	t.clustersPF += float64(f.ReadsPF)
	f.Clusters, f.ClustersPF, f.PF = statOf(clusters), statOf(pf), statOf(share)
	f.Density = statOf(field(func(x *interop.TileMetric) float64 { return x.Density }))
	f.DensityPF = statOf(field(func(x *interop.TileMetric) float64 { return x.DensityPF }))
	aligned := field(func(x *interop.TileMetric) float64 { return readOf(x, number).Aligned })
	t.aligned.addAll(aligned)
	f.Aligned = statOf(aligned)
	f.Phasing = statOf(field(func(x *interop.TileMetric) float64 { return max(0, readOf(x, number).Phasing) }))
	f.Prephasing = statOf(field(func(x *interop.TileMetric) float64 { return max(0, readOf(x, number).Prephasing) }))
}

// quality sets what is made of the bases of a group: cycles are the usable ones of the
// read, tiles how many there are.
func (f *Figures) quality(sum bases, cycles, tiles int) {
	if sum.records > 0 {
		f.YieldG = float32(float64(sum.All) / 1e9)
	}
	if sum.All > 0 {
		f.Q20, f.Q30 = percent(float64(sum.Q20), float64(sum.All)), percent(float64(sum.Q30), float64(sum.All))
	}
	if sum.records > 0 {
		f.ProjectedYieldG = float32(float64(sum.All) / 1e9 / float64(sum.records) * float64(cycles) * float64(tiles))
	}
}

// occupiedFigures are the same for every read.
func (m *metrics) occupiedFigures(f *Figures, g grouped, at group, t *tally) {
	f.Occupied = statOf(each(g.occupied[at], func(i int) float32 { return m.occupied.percent[i] }))
	t.occupied.addAll([]float32{f.Occupied.Mean})
}

// phasingFigures are of EmpiricalPhasingMetricsOut.bin: the line through the weights, and
// the rate where TileMetricsOut.bin has none.
func (m *metrics) phasingFigures(f *Figures, g grouped, at group, read int) {
	if m.phasing == nil || m.phasing.until < firstCycles {
		return
	}
	in := g.phasing[at]
	of := func(all byRead[lines], value func(*lines) float32) Stat {
		return statOf(each(in, func(i int) float32 { return value(&all[read][i]) }))
	}
	all := m.phasing.all
	f.PhasingSlope = of(all, func(l *lines) float32 { v, _ := l.fit(l.phasing, l.pX); return v })
	f.PhasingOffset = of(all, func(l *lines) float32 { _, v := l.fit(l.phasing, l.pX); return v })
	f.PrephasingSlope = of(all, func(l *lines) float32 { v, _ := l.fit(l.prephasing, l.qX); return v })
	f.PrephasingOffset = of(all, func(l *lines) float32 { _, v := l.fit(l.prephasing, l.qX); return v })
	if !missing(f.Phasing.Mean) {
		return
	}
	if m.tile == nil {
		return
	}
	in = slices.DeleteFunc(slices.Clone(in), func(i int) bool { return m.tile.found[m.phasing.names[i]] == nil })
	f.Phasing = of(m.phasing.first, func(l *lines) float32 { v, _ := l.rates(); return v })
	f.Prephasing = of(m.phasing.first, func(l *lines) float32 { _, v := l.rates(); return v })
}

func each(in []int, value func(int) float32) []float32 {
	values := make([]float32, len(in))
	for n, i := range in {
		values[n] = value(i)
	}
	return values
}

// sumOf leaves out what is missing.
func sumOf(values []float32) float32 {
	var sum float64
	for _, v := range values {
		if !missing(v) {
			sum += float64(v)
		}
	}
	return float32(sum)
}
