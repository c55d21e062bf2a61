package chart

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/palette/moreland"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"

	"proactive/shared/summary"
)

// heat is one figure of every tile.
type heat struct {
	name, title string
	of          func(summary.Tile) float32
}

var maps = []heat{
	{"flow-cell-q30", "%≥Q30 by tile", func(t summary.Tile) float32 { return t.Q30 }},
	{"flow-cell-pf", "% of clusters passing filter by tile", func(t summary.Tile) float32 { return t.PF }},
	{"flow-cell-density", "Clusters per mm² by tile", func(t summary.Tile) float32 { return t.Density }},
	{"flow-cell-error", "Error rate (%) by tile", func(t summary.Tile) float32 { return t.ErrorRate }},
	{"flow-cell-intensity", "Intensity of the first cycle by tile", func(t summary.Tile) float32 { return t.FirstCycleIntensity }},
}

// place is where a tile lies. Its name is surface, swath, sections of the camera if any,
// and number: 1107, 21107, 210108.
type place struct{ lane, surface, swath, along int }

func placeOf(t summary.Tile) place {
	digits := 1
	for n := t.Number; n >= 10; n /= 10 {
		digits *= 10
	}
	rest := t.Number % digits
	swath := 1
	if digits >= 100 {
		swath, rest = rest/(digits/10), rest%(digits/10)
	}
	return place{t.Lane, t.Surface(), swath, rest}
}

// grid is the flow cell as a table: swaths across, tiles along; lanes and surfaces side by
// side with a gap between them.
type grid struct {
	columns []place // a gap has lane 0
	rows    []int
	values  map[place]float64
}

func gridOf(r *summary.Run, of func(summary.Tile) float32) grid {
	g := grid{values: map[place]float64{}}
	var columns []place
	for _, t := range r.Tiles {
		at := placeOf(t)
		if v := float64(of(t)); !math.IsNaN(v) {
			g.values[at] = v
		}
		g.rows = append(g.rows, at.along)
		at.along = 0
		columns = append(columns, at)
	}
	slices.Sort(g.rows)
	g.rows = slices.Compact(g.rows)
	slices.SortFunc(columns, func(a, b place) int {
		switch {
		case a.lane != b.lane:
			return a.lane - b.lane
		case a.surface != b.surface:
			return a.surface - b.surface
		}
		return a.swath - b.swath
	})
	for i, c := range slices.Compact(columns) {
		if i > 0 && (c.lane != g.columns[len(g.columns)-1].lane || c.surface != g.columns[len(g.columns)-1].surface) {
			g.columns = append(g.columns, place{})
		}
		g.columns = append(g.columns, c)
	}
	return g
}

// Dims, X, Y and Z make the grid a [plotter.GridXYZ].
func (g grid) Dims() (c, r int) { return len(g.columns), len(g.rows) }
func (g grid) X(c int) float64  { return float64(c) }
func (g grid) Y(r int) float64  { return float64(r) }
func (g grid) Z(c, r int) float64 {
	at := g.columns[c]
	at.along = g.rows[r]
	if v, ok := g.values[at]; ok && at.lane > 0 {
		return v
	}
	return math.NaN()
}

// names label the first swath of each lane and surface.
func (g grid) names() (ticks plot.ConstantTicks) {
	for i, c := range g.columns {
		if c.lane > 0 && (i == 0 || g.columns[i-1].lane == 0) {
			side := "top"
			if c.surface == 2 {
				side = "bottom"
			}
			ticks = append(ticks, plot.Tick{Value: float64(i), Label: fmt.Sprintf("%d %s", c.lane, side)})
		}
	}
	return ticks
}

// heatMap is the flow cell beside its scale.
type heatMap struct{ cells, scale *plot.Plot }

// Draw puts the scale to the right.
func (h heatMap) Draw(c draw.Canvas) {
	w := c.Max.X - c.Min.X
	h.cells.Draw(draw.Crop(c, 0, -w/6, 0, 0))
	h.scale.Draw(draw.Crop(c, w*5/6+12, 0, 24, -24))
}

func flowCell(r *summary.Run, h heat) (Picture, error) {
	g := gridOf(r, h.of)
	if len(g.values) == 0 {
		return Picture{Name: h.name}, nil
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range g.values {
		low, high = min(low, v), max(high, v)
	}
	if low == high {
		low, high = low-.5, high+.5
	}
	colours := moreland.Kindlmann()
	colours.SetMin(low)
	colours.SetMax(high + (high-low)/6) // its upper end is white, as what is missing
	cells := plotter.NewHeatMap(g, colours.Palette(255))
	cells.Min, cells.Max, cells.NaN = low, high, color.White
	p := newPlot(h.title)
	p.Add(cells)
	p.X.Label.Text, p.Y.Label.Text = "lane and surface, by swath", "tile"
	p.X.Tick.Marker = g.names()
	p.Y.Tick.Marker = plot.ConstantTicks{{Value: 0, Label: fmt.Sprint(g.rows[0])}, {Value: float64(len(g.rows) - 1), Label: fmt.Sprint(g.rows[len(g.rows)-1])}}
	scale := newPlot("")
	scale.Add(&plotter.ColorBar{ColorMap: colours, Vertical: true})
	scale.HideX()
	return render(h.name, heatMap{p, scale})
}
