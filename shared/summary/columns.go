package summary

// Level is one of those at which the reference sums a run up.
type Level int

// The levels.
const (
	Total Level = iota
	NonIndex
	ByRead
	ByLane
	BySurface
)

// Column is one column of the reference's tables, under its own name.
type Column struct {
	Name string
	// Everywhere: at all levels; else of lanes and surfaces only.
	Everywhere bool
	Of         func(*Figures) float32
}

// Columns are those of the reference's tables, in its order.
var Columns = []Column{
	{"Cluster Count", true, func(f *Figures) float32 { return f.Clusters.Mean }},
	{"Cluster Count Pf", true, func(f *Figures) float32 { return f.ClustersPF.Mean }},
	{"Density", false, func(f *Figures) float32 { return f.Density.Mean }},
	{"Density Pf", false, func(f *Figures) float32 { return f.DensityPF.Mean }},
	{"Error Rate", true, func(f *Figures) float32 { return f.ErrorRate.Mean }},
	{"Error Rate 100", false, func(f *Figures) float32 { return f.Error100.Mean }},
	{"Error Rate 35", false, func(f *Figures) float32 { return f.Error35.Mean }},
	{"Error Rate 50", false, func(f *Figures) float32 { return f.Error50.Mean }},
	{"Error Rate 75", false, func(f *Figures) float32 { return f.Error75.Mean }},
	{"First Cycle Intensity", true, func(f *Figures) float32 { return f.FirstCycleIntensity.Mean }},
	{"% Aligned", true, func(f *Figures) float32 { return f.Aligned.Mean }},
	{"% >= Q30", true, func(f *Figures) float32 { return f.Q30 }},
	{"% Occupied", true, func(f *Figures) float32 { return f.Occupied.Mean }},
	{"% Pf", false, func(f *Figures) float32 { return f.PF.Mean }},
	{"Phasing", false, func(f *Figures) float32 { return f.Phasing.Mean }},
	{"Phasing Offset", false, func(f *Figures) float32 { return f.PhasingOffset.Mean }},
	{"Phasing Slope", false, func(f *Figures) float32 { return f.PhasingSlope.Mean }},
	{"Prephasing", false, func(f *Figures) float32 { return f.Prephasing.Mean }},
	{"Prephasing Offset", false, func(f *Figures) float32 { return f.PrephasingOffset.Mean }},
	{"Prephasing Slope", false, func(f *Figures) float32 { return f.PrephasingSlope.Mean }},
	{"Projected Yield G", true, func(f *Figures) float32 { return f.ProjectedYieldG }},
	{"Reads", true, func(f *Figures) float32 { return f.Reads }},
	{"Reads Pf", true, func(f *Figures) float32 { return f.ReadsPF }},
	{"Tile Count", false, func(f *Figures) float32 { return float32(f.TileCount) }},
	{"Yield G", true, func(f *Figures) float32 { return f.YieldG }},
}

// Row is one line of a table.
type Row struct {
	Read, Lane, Surface int // from 1; 0 above their level
	Index               bool
	*Figures
}

// Rows are the lines of a level; none of a run of which nothing is known yet.
func (r *Run) Rows(l Level) []Row {
	if len(r.Reads) == 0 {
		return nil
	}
	switch l {
	case Total:
		return []Row{{Figures: &r.Total}}
	case NonIndex:
		return []Row{{Figures: &r.NonIndex}}
	}
	var rows []Row
	for i := range r.Reads {
		read := &r.Reads[i]
		row := Row{Read: read.Number, Index: read.Index, Figures: &read.Figures}
		if l == ByRead {
			rows = append(rows, row)
			continue
		}
		for j := range read.Lanes {
			lane := &read.Lanes[j]
			row.Lane, row.Figures = lane.Number, &lane.Figures
			if l == ByLane {
				rows = append(rows, row)
				continue
			}
			for k := range lane.Surfaces {
				row.Surface, row.Figures = lane.Surfaces[k].Number, &lane.Surfaces[k].Figures
				rows = append(rows, row)
			}
			row.Surface = 0
		}
	}
	return rows
}

// Shown are the columns of a level that are not empty, as the reference leaves those out.
func Shown(l Level, rows []Row) []Column {
	var shown []Column
	for _, c := range Columns {
		if !c.Everywhere && l < ByLane {
			continue
		}
		for _, row := range rows {
			if !missing(c.Of(row.Figures)) {
				shown = append(shown, c)
				break
			}
		}
	}
	return shown
}
