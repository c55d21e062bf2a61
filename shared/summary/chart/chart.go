// Package chart draws a run: quality and intensity along its cycles, and its flow cell.
// The same run gives the same bytes.
package chart

import (
	"bytes"
	"fmt"
	"image/color"
	"io"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"proactive/shared/summary"
)

// Picture is one chart in both forms, under the name of its files without their ending.
type Picture struct {
	Name     string
	SVG, PNG []byte
}

const (
	width  = 640 * vg.Length(1) // points
	height = 300 * vg.Length(1)
	dpi    = 144
)

// Colours with a contrast of 4.5 and more on white, and apart for who sees no red or green;
// lines differ in their dashes too.
var (
	ink   = color.RGBA{R: 0x17, G: 0x21, B: 0x2b, A: 0xff}
	grey  = color.RGBA{R: 0x5b, G: 0x68, B: 0x75, A: 0xff}
	light = color.RGBA{R: 0xe4, G: 0xe9, B: 0xed, A: 0xff}
	lines = []color.RGBA{
		{R: 0x1c, G: 0x5d, B: 0x99, A: 0xff}, {R: 0xb3, G: 0x26, B: 0x1e, A: 0xff},
		{R: 0x1b, G: 0x73, B: 0x40, A: 0xff}, {R: 0x7a, G: 0x3e, B: 0x9d, A: 0xff},
	}
	dashes = [][]vg.Length{nil, {6, 3}, {2, 2}, {8, 2, 2, 2}}
)

// series is one line along the cycles; a missing value breaks it.
type series struct {
	name string
	of   func(summary.Cycle) float32
}

// Of draws what the run has the figures for.
func Of(r *summary.Run) ([]Picture, error) {
	var all []Picture
	add := func(p Picture, err error) error {
		if err != nil {
			return fmt.Errorf("drawing %s: %w", p.Name, err)
		}
		if p.PNG != nil {
			all = append(all, p)
		}
		return nil
	}
	quality := []series{
		{"%≥Q30", func(c summary.Cycle) float32 { return c.Q30 }},
		{"%≥Q20", func(c summary.Cycle) float32 { return c.Q20 }},
	}
	if err := add(along(r, "quality-by-cycle", "Bases of Q30 and Q20 or better by cycle", "%", quality)); err != nil {
		return nil, err
	}
	var intensity []series
	for k := range r.Channels {
		intensity = append(intensity, series{channel(r, k), func(c summary.Cycle) float32 {
			if k < len(c.Intensity) {
				return c.Intensity[k]
			}
			return float32(math.NaN())
		}})
	}
	if err := add(along(r, "intensity-by-cycle", "Intensity (P90) by cycle", "camera counts", intensity)); err != nil {
		return nil, err
	}
	errors := []series{{"error rate", func(c summary.Cycle) float32 { return c.ErrorRate }}}
	if err := add(along(r, "error-by-cycle", "Error rate by cycle", "%", errors)); err != nil {
		return nil, err
	}
	for _, m := range maps {
		if err := add(flowCell(r, m)); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// channel is what a channel is called: bases of four, numbers of fewer.
func channel(r *summary.Run, k int) string {
	if r.Channels == 4 {
		return "ACGT"[k : k+1]
	}
	return fmt.Sprintf("channel %d", k+1)
}

// along draws lines by cycle, with the reads set apart.
func along(r *summary.Run, name, title, unit string, all []series) (Picture, error) {
	p := newPlot(title)
	p.X.Label.Text, p.Y.Label.Text = "cycle", unit
	p.Y.Min, p.Y.Max = math.Inf(1), math.Inf(-1)
	drawn := false
	for i, s := range all {
		for n, part := range parts(r.Cycles, s.of) {
			line, err := plotter.NewLine(part)
			if err != nil {
				return Picture{Name: name}, fmt.Errorf("drawing a line: %w", err)
			}
			line.Color, line.Dashes, line.Width = lines[i%len(lines)], dashes[i%len(dashes)], 1.5
			p.Add(line)
			if n == 0 {
				p.Legend.Add(s.name, line)
			}
			drawn = true
		}
	}
	if !drawn {
		return Picture{Name: name}, nil
	}
	p.X.Min, p.X.Max = 1, float64(max(len(r.Cycles), 2))
	if air := (p.Y.Max - p.Y.Min) / 10; air > 0 {
		p.Y.Min, p.Y.Max = p.Y.Min-air, p.Y.Max+air
	} else {
		p.Y.Min, p.Y.Max = p.Y.Min-1, p.Y.Max+1
	}
	p.Add(marks(r.Cycles))
	return render(name, p)
}

// parts are the unbroken stretches of a line; one value alone is no line.
func parts(cycles []summary.Cycle, of func(summary.Cycle) float32) (all []plotter.XYs) {
	var part plotter.XYs
	end := func() {
		if len(part) > 1 {
			all = append(all, part)
		}
		part = nil
	}
	for i, c := range cycles {
		v := float64(of(c))
		if math.IsNaN(v) || i > 0 && c.Read != cycles[i-1].Read {
			end()
		}
		if !math.IsNaN(v) {
			part = append(part, plotter.XY{X: float64(i + 1), Y: v})
		}
	}
	end()
	return all
}

// marks are where a read begins, with its number.
type marks []summary.Cycle

// Plot draws a thin line where each read begins.
func (m marks) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	label := p.X.Tick.Label
	label.Color = grey
	last, step := vg.Length(math.Inf(-1)), vg.Length(0)
	for i, cycle := range m {
		if i > 0 && cycle.Read == m[i-1].Read {
			continue
		}
		at := x(float64(i + 1))
		c.StrokeLine2(draw.LineStyle{Color: grey, Width: .5, Dashes: []vg.Length{1, 2}}, at, y(p.Y.Min), at, y(p.Y.Max))
		if step += 11; at-last > 24 { // a short read's name goes below the one before
			step = 0
		}
		last = at
		c.FillText(label, vg.Point{X: at + 3, Y: y(p.Y.Max) - 10 - step}, fmt.Sprintf("R%d", cycle.Read))
	}
}

func newPlot(title string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = color.White
	p.Title.Text = title
	p.Title.TextStyle.Font, p.Title.TextStyle.Color = sans(13), ink
	p.Title.Padding = 6
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Color, a.Tick.Color = grey, grey
		a.Tick.Label.Color, a.Label.TextStyle.Color = ink, ink
		a.Tick.Label.Font, a.Label.TextStyle.Font = sans(11), sans(11)
		a.LineStyle.Width, a.Tick.LineStyle.Width = .75, .75
	}
	p.Legend.TextStyle.Font, p.Legend.TextStyle.Color = sans(11), ink
	p.Legend.Left, p.Legend.Top = false, false
	p.Legend.Padding, p.Legend.ThumbnailWidth = 3, 28
	grid := plotter.NewGrid()
	grid.Vertical.Width, grid.Horizontal.Color = 0, light
	p.Add(grid)
	return p
}

func sans(size vg.Length) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
}

// drawer is a whole picture.
type drawer interface{ Draw(draw.Canvas) }

func render(name string, p drawer) (Picture, error) {
	out := Picture{Name: name}
	svg := vgsvg.New(width, height)
	p.Draw(draw.Crop(draw.New(svg), 8, -12, 8, -6))
	png := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dpi))
	p.Draw(draw.Crop(draw.New(png), 8, -12, 8, -6))
	for _, form := range []struct {
		to   *[]byte
		from io.WriterTo
	}{{&out.SVG, svg}, {&out.PNG, vgimg.PngCanvas{Canvas: png}}} {
		var b bytes.Buffer
		if _, err := form.from.WriteTo(&b); err != nil {
			return out, fmt.Errorf("writing the picture: %w", err)
		}
		*form.to = b.Bytes()
	}
	return out, nil
}
