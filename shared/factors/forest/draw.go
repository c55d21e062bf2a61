package forest

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"proactive/shared/factors"
)

// The page, in points: labels, axis, figures.
const (
	width     = 860 * vg.Length(1)
	axisLeft  = 250 * vg.Length(1)
	axisRight = 560 * vg.Length(1)
	margin    = 12 * vg.Length(1)
	top       = 52 * vg.Length(1)
	bottom    = 58 * vg.Length(1)
	rowHeight = 16 * vg.Length(1)
)

// Colours with a contrast of 4.5 and more on white, and apart for who sees no red or green;
// shape and words say the same.
var (
	ink   = color.RGBA{R: 0x17, G: 0x21, B: 0x2b, A: 0xff}
	grey  = color.RGBA{R: 0x5b, G: 0x68, B: 0x75, A: 0xff}
	light = color.RGBA{R: 0xe4, G: 0xe9, B: 0xed, A: 0xff}
	blue  = color.RGBA{R: 0x1c, G: 0x5d, B: 0x99, A: 0xff}
	alarm = color.RGBA{R: 0xb3, G: 0x26, B: 0x1e, A: 0xff}
	good  = color.RGBA{R: 0x1b, G: 0x73, B: 0x40, A: 0xff}
)

var fonts = font.NewCache(liberation.Collection())

func style(size vg.Length, bold bool, c color.Color, x float64) text.Style {
	f := font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
	if bold {
		f.Weight = 3 // bold
	}
	return text.Style{Color: c, Font: f, XAlign: text.XAlignment(x), YAlign: text.YCenter, Handler: text.Plain{Fonts: fonts}}
}

func (f *figure) draw(c draw.Canvas) {
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	height := f.height()
	c.FillText(style(14, true, ink, 0), vg.Point{X: margin, Y: height - 18}, f.title)
	c.FillText(style(10, false, grey, 0), vg.Point{X: axisRight + margin, Y: height - 38}, f.columns)
	foot := bottom
	f.axis(c, foot, height-top)
	y := height - top - rowHeight/2
	for _, r := range f.rows {
		f.row(c, r, y)
		y -= rowHeight
	}
	if f.more != "" {
		c.FillText(style(10, false, grey, 0), vg.Point{X: margin, Y: y}, f.more)
	}
}

// axis draws the ticks, a line at each, and a strong one at 1: no difference.
func (f *figure) axis(c draw.Canvas, foot, head vg.Length) {
	line := draw.LineStyle{Color: light, Width: .75}
	for power := -5; power <= 5; power++ {
		ratio := math.Exp2(float64(power))
		at, beyond := f.place(ratio)
		if beyond {
			continue
		}
		x := f.x(at)
		if line.Color, line.Dashes = color.Color(light), nil; power == 0 {
			line.Color, line.Dashes = grey, []vg.Length{4, 3}
		}
		c.StrokeLine2(line, x, foot, x, head)
		label := fmt.Sprintf("%g", ratio)
		if power < 0 {
			label = fmt.Sprintf("1/%g", 1/ratio)
		}
		c.FillText(style(10, false, ink, -.5), vg.Point{X: x, Y: foot - 10}, label)
	}
	c.StrokeLine2(draw.LineStyle{Color: grey, Width: .75}, axisLeft, foot, axisRight, foot)
	c.FillText(style(11, false, ink, -.5), vg.Point{X: (axisLeft + axisRight) / 2, Y: foot - 26}, f.oddsRatio)
	c.FillText(style(10, false, grey, 0), vg.Point{X: margin, Y: foot - 44}, f.legend)
}

func (f *figure) x(at float64) vg.Length { return axisLeft + vg.Length(at)*(axisRight-axisLeft) }

func (f *figure) row(c draw.Canvas, r row, y vg.Length) {
	switch {
	case r.header:
		c.FillText(style(11, true, ink, 0), vg.Point{X: margin, Y: y}, r.label)
		return
	case r.level == nil:
		c.FillText(style(10, false, grey, 0), vg.Point{X: 2 * margin, Y: y}, r.label)
		return
	}
	label := style(11, found(r.level), ink, 0)
	c.FillText(label, vg.Point{X: 2 * margin, Y: y}, shortened(label, r.label, axisLeft-3*margin))
	c.FillText(style(10, false, ink, 0), vg.Point{X: axisRight + margin, Y: y}, r.note)
	if r.level.Test == nil || r.level.Test.OddsRatio == nil {
		word := f.answers[r.level.Answer]
		if r.level.Reason != "" {
			word = f.reasons[r.level.Reason]
		}
		c.FillText(style(10, false, grey, 0), vg.Point{X: axisLeft + margin, Y: y}, word)
		return
	}
	f.interval(c, r.level, y)
}

// interval draws the bar, an arrow where it goes on, and the mark of the answer.
func (f *figure) interval(c draw.Canvas, l *factors.Level, y vg.Length) {
	shade, glyph, size := color.Color(blue), draw.GlyphDrawer(draw.CircleGlyph{}), vg.Length(3)
	switch l.Answer {
	case factors.Higher:
		shade, glyph, size = alarm, draw.PyramidGlyph{}, 5
	case factors.Inseparable:
		shade, glyph, size = alarm, draw.BoxGlyph{}, 4
	case factors.Lower:
		shade, glyph, size = good, draw.BoxGlyph{}, 3
	case factors.Explained:
		shade, glyph, size = grey, draw.RingGlyph{}, 3
	case factors.NotEnoughData:
		shade, glyph, size = grey, draw.CrossGlyph{}, 3
	}
	low, lowBeyond := f.place(l.Test.Interval.Low)
	high, highBeyond := f.place(l.Test.Interval.Top())
	bar := draw.LineStyle{Color: shade, Width: 1.25}
	c.StrokeLine2(bar, f.x(low), y, f.x(high), y)
	arrow := func(x, towards vg.Length) {
		c.StrokeLine2(bar, x, y, x-towards, y+3)
		c.StrokeLine2(bar, x, y, x-towards, y-3)
	}
	if lowBeyond {
		arrow(f.x(low), -4)
	}
	if highBeyond {
		arrow(f.x(high), 4)
	}
	if at, beyond := f.place(*l.Test.OddsRatio); !beyond {
		c.DrawGlyph(draw.GlyphStyle{Color: shade, Radius: size, Shape: glyph}, vg.Point{X: f.x(at), Y: y})
	}
}

// shortened is a text cut to a width, with an ellipsis.
func shortened(s text.Style, label string, most vg.Length) string {
	if s.Width(label) <= most {
		return label
	}
	runes := []rune(label)
	for len(runes) > 1 && s.Width(string(runes)+"…") > most {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}
