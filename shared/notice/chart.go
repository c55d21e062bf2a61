package notice

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"proactive/shared/health"
	"proactive/shared/language"
)

// Chart is a picture of a finding's evidence, inline in a mail.
type Chart struct {
	ID  string // content id within the mail
	Alt string // what it shows, in words
	PNG []byte
}

// The picture is 608 CSS pixels wide at twice their resolution, and still legible at
// the 350 of a phone.
const (
	chartWidth  = 456 * vg.Length(1) // points: 608 px
	chartHeight = 210 * vg.Length(1)
	chartDPI    = 192
)

// Colours with a contrast of 4.5 and more on white; shape and words say the same.
var (
	ink     = color.RGBA{R: 0x17, G: 0x21, B: 0x2b, A: 0xff}
	grey    = color.RGBA{R: 0x5b, G: 0x68, B: 0x75, A: 0xff}
	light   = color.RGBA{R: 0xe4, G: 0xe9, B: 0xed, A: 0xff}
	blue    = color.RGBA{R: 0x1c, G: 0x5d, B: 0x99, A: 0xff}
	alarm   = color.RGBA{R: 0xb3, G: 0x26, B: 0x1e, A: 0xff}
	normal  = color.RGBA{R: 0x1b, G: 0x73, B: 0x40, A: 0xff}
	dashes  = []vg.Length{5, 3}
	dots    = []vg.Length{1.5, 3}
	textPts = vg.Length(13)
)

// chartOf draws run number against value, the limit, the instrument's own normal, and
// marks the runs that violate. The same finding gives the same bytes.
func chartOf(id string, f health.Finding) (*Chart, error) {
	e := f.Evidence
	p := plot.New()
	p.BackgroundColor = color.White
	style(p)
	first, last := span(e.Points)
	p.X.Min, p.X.Max = first-.6, last+.6
	p.X.Tick.Marker = plot.ConstantTicks(runTicks(first, last))
	p.Y.Min, p.Y.Max = reach(e)
	grid := plotter.NewGrid()
	grid.Vertical.Width, grid.Horizontal.Color = 0, light
	p.Add(grid)
	if e.Baseline != 0 {
		if err := level(p, e.Baseline, "own normal "+plain(e.Baseline, e.Unit), normal, dots, true, e.Baseline > e.Limit); err != nil {
			return nil, err
		}
	}
	if err := level(p, e.Limit, "limit "+plain(e.Limit, e.Unit), alarm, dashes, false, e.Above); err != nil {
		return nil, err
	}
	if err := runs(p, e.Points); err != nil {
		return nil, err
	}
	canvas := vgimg.NewWith(vgimg.UseWH(chartWidth, chartHeight), vgimg.UseDPI(chartDPI))
	p.Draw(draw.Crop(draw.New(canvas), 6, -10, 6, -8))
	var b bytes.Buffer
	if _, err := (vgimg.PngCanvas{Canvas: canvas}).WriteTo(&b); err != nil {
		return nil, fmt.Errorf("drawing the chart of finding %s: %w", f.ID, err)
	}
	alt := fmt.Sprintf("Chart: %s by run number, %d runs; %s.", feature(e.Feature).long, len(e.Points), seen(f))
	return &Chart{ID: id, Alt: alt, PNG: b.Bytes()}, nil
}

func style(p *plot.Plot) {
	p.X.Label.Text = "run"
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Color, a.Tick.Color = grey, grey
		a.Tick.Label.Color, a.Label.TextStyle.Color = ink, ink
		a.Tick.Label.Font, a.Label.TextStyle.Font = chartFont(), chartFont()
		a.LineStyle.Width, a.Tick.LineStyle.Width = .75, .75
	}
	p.Y.LineStyle.Width, p.Y.Tick.LineStyle.Width = 0, 0
	p.X.Padding, p.Y.Padding = 4, 2
}

func chartFont() font.Font { return font.Font{Typeface: "Liberation", Variant: "Sans", Size: textPts} }

// plain is a value with ordinary spaces: the chart's font has no other.
func plain(v float64, unit string) string {
	return string(bytes.ReplaceAll([]byte(value(language.English, v, unit)), []byte("\u00a0"), []byte(" ")))
}

func span(points []health.Point) (first, last float64) {
	if len(points) == 0 {
		return 1, 1
	}
	first, last = math.Inf(1), math.Inf(-1)
	for _, p := range points {
		first, last = min(first, float64(p.Sequence)), max(last, float64(p.Sequence))
	}
	return first, last
}

// reach is the vertical range: every point, the limit and the normal, with some air.
func reach(e health.Evidence) (low, high float64) {
	low, high = e.Limit, e.Limit
	if e.Baseline != 0 {
		low, high = min(low, e.Baseline), max(high, e.Baseline)
	}
	for _, p := range e.Points {
		low, high = min(low, p.Value), max(high, p.Value)
	}
	air := .14 * (high - low)
	if air == 0 {
		air = max(math.Abs(high)*.1, 1e-6)
	}
	return low - air, high + air
}

// runTicks are at most ten whole run numbers.
func runTicks(first, last float64) []plot.Tick {
	step := max(1, math.Ceil((last-first+1)/10))
	var ticks []plot.Tick
	for x := first; x <= last; x += step {
		ticks = append(ticks, plot.Tick{Value: x, Label: strconv.Itoa(int(x))})
	}
	return ticks
}

// level is a horizontal line with its name above or below it: at its left end, or at its
// right, whichever the runs leave free. They begin at the normal and end at the limit.
func level(p *plot.Plot, y float64, name string, c color.Color, pattern []vg.Length, right, above bool) error {
	line, err := plotter.NewLine(plotter.XYs{{X: p.X.Min, Y: y}, {X: p.X.Max, Y: y}})
	if err != nil {
		return fmt.Errorf("drawing the line %q: %w", name, err)
	}
	line.Color, line.Width, line.Dashes = c, 1.5, pattern
	at := p.X.Min
	if right {
		at = p.X.Max
	}
	labels, err := plotter.NewLabels(plotter.XYLabels{XYs: plotter.XYs{{X: at, Y: y}}, Labels: []string{name}})
	if err != nil {
		return fmt.Errorf("naming the line %q: %w", name, err)
	}
	labels.TextStyle[0].Font, labels.TextStyle[0].Color = chartFont(), c
	labels.Offset = vg.Point{X: 4, Y: 4}
	labels.TextStyle[0].YAlign = text.YBottom
	if right {
		labels.Offset.X, labels.TextStyle[0].XAlign = -4, text.XRight
	}
	if !above {
		labels.Offset.Y, labels.TextStyle[0].YAlign = -4, text.YTop
	}
	p.Add(line, labels)
	return nil
}

// runs draws the points, joined where no run between them is missing.
func runs(p *plot.Plot, points []health.Point) error {
	var good, bad, stretch plotter.XYs
	join := func() error {
		if len(stretch) > 1 {
			line, err := plotter.NewLine(stretch)
			if err != nil {
				return fmt.Errorf("joining the runs: %w", err)
			}
			line.Color, line.Width = blue, 1.25
			p.Add(line)
		}
		stretch = nil
		return nil
	}
	for i, q := range points {
		if i > 0 && q.Sequence != points[i-1].Sequence+1 {
			if err := join(); err != nil {
				return err
			}
		}
		xy := plotter.XY{X: float64(q.Sequence), Y: q.Value}
		stretch = append(stretch, xy)
		if q.Violates {
			bad = append(bad, xy)
		} else {
			good = append(good, xy)
		}
	}
	if err := join(); err != nil {
		return err
	}
	for _, set := range []struct {
		xys   plotter.XYs
		glyph draw.GlyphStyle
	}{
		{good, draw.GlyphStyle{Color: blue, Radius: 3, Shape: draw.CircleGlyph{}}},
		{bad, draw.GlyphStyle{Color: alarm, Radius: 5, Shape: draw.PyramidGlyph{}}},
	} {
		if len(set.xys) == 0 {
			continue
		}
		s, err := plotter.NewScatter(set.xys)
		if err != nil {
			return fmt.Errorf("marking the runs: %w", err)
		}
		s.GlyphStyle = set.glyph
		p.Add(s)
	}
	return nil
}
