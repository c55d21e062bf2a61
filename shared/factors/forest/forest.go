// Package forest draws a factor analysis: the odds ratio of each level with its interval,
// and what was answered. The same report gives the same bytes.
package forest

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"proactive/shared/factors"
	"proactive/shared/language"
)

// Picture is a plot in both forms, with what it says in words.
type Picture struct {
	Title, Description string
	SVG, PNG           []byte
}

const dpi = 144

// maxRows is how many levels are drawn: the findings, then those of which most is known.
const maxRows = 60

// Of draws a report. name says what a factor is called in the reader's language; one that
// it does not know goes by its id.
func Of(r factors.Report, l language.Language, name func(factor string) string) (Picture, error) {
	f := layOut(r, l, name)
	p := Picture{Title: f.title, Description: f.describe(r)}
	height := f.height()
	svg := vgsvg.New(width, height)
	f.draw(draw.New(svg))
	var b bytes.Buffer
	if _, err := svg.WriteTo(&b); err != nil {
		return p, fmt.Errorf("drawing a forest plot: %w", err)
	}
	var err error
	if p.SVG, err = described(b.Bytes(), l, p.Title, p.Description); err != nil {
		return p, err
	}
	png := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dpi))
	f.draw(draw.New(png))
	b.Reset()
	if _, err := (vgimg.PngCanvas{Canvas: png}).WriteTo(&b); err != nil {
		return p, fmt.Errorf("drawing a forest plot: %w", err)
	}
	p.PNG = bytes.Clone(b.Bytes())
	return p, nil
}

// described gives a picture its title and description, which a screen reader reads.
func described(svg []byte, l language.Language, title, description string) ([]byte, error) {
	at := bytes.Index(svg, []byte("<svg "))
	if at < 0 {
		return nil, fmt.Errorf("describing a forest plot: no svg element")
	}
	end := at + bytes.IndexByte(svg[at:], '>')
	var b bytes.Buffer
	b.Write(svg[:end])
	fmt.Fprintf(&b, ` role="img" lang="%s" aria-labelledby="title desc">`, l)
	for _, e := range []struct{ name, text string }{{"title", title}, {"desc", description}} {
		fmt.Fprintf(&b, "\n<%s id=\"%s\">", e.name, e.name)
		if err := xml.EscapeText(&b, []byte(e.text)); err != nil {
			return nil, fmt.Errorf("describing a forest plot: %w", err)
		}
		fmt.Fprintf(&b, "</%s>", e.name)
	}
	b.Write(svg[end+1:])
	return b.Bytes(), nil
}

// row is one line of the plot: a factor's name, a level, or a remark.
type row struct {
	label  string
	header bool
	level  *factors.Level
	note   string // at the right
}

type figure struct {
	words
	title string
	rows  []row
	more  string
	low   float64 // the axis, in odds ratios
	high  float64
}

// layOut chooses the rows and the reach of the axis.
func layOut(r factors.Report, l language.Language, name func(string) string) figure {
	f := figure{words: in[l], low: 0.5, high: 2}
	f.title = fmt.Sprintf(f.what, r.Problem)
	kept, left := worthDrawing(r)
	for i := range r.Factors {
		of := &r.Factors[i]
		title := of.Factor
		if shown := name(of.Factor); shown != "" {
			title = shown + " (" + of.Factor + ")"
		}
		f.rows = append(f.rows, row{label: title, header: true})
		withheld := 0
		for k := range of.Levels {
			level := &of.Levels[k]
			switch {
			case level.Answer == factors.Withheld:
				withheld++
			case kept[level]:
				f.rows = append(f.rows, row{label: level.Level, level: level, note: f.note(level)})
				f.reach(level)
			}
		}
		if withheld > 0 {
			f.rows = append(f.rows, row{label: fmt.Sprintf(f.withheld, withheld)})
		}
	}
	if left > 0 {
		f.more = fmt.Sprintf(f.andMore, left)
	}
	return f
}

// worthDrawing is the levels that are drawn, and how many more there are.
func worthDrawing(r factors.Report) (kept map[*factors.Level]bool, left int) {
	var all []*factors.Level
	for i := range r.Factors {
		for k := range r.Factors[i].Levels {
			if l := &r.Factors[i].Levels[k]; l.Answer != factors.Withheld {
				all = append(all, l)
			}
		}
	}
	rank := func(l *factors.Level) float64 {
		switch {
		case found(l):
			return -1
		case l.Test == nil:
			return 2
		default:
			return l.Test.Q
		}
	}
	slices.SortStableFunc(all, func(a, b *factors.Level) int { return cmp.Compare(rank(a), rank(b)) })
	kept = map[*factors.Level]bool{}
	for _, l := range all[:min(len(all), maxRows)] {
		kept[l] = true
	}
	return kept, max(0, len(all)-maxRows)
}

func found(l *factors.Level) bool {
	return l.Answer == factors.Higher || l.Answer == factors.Lower || l.Answer == factors.Inseparable
}

// reach widens the axis to an interval, within 1/32 and 32.
func (f *figure) reach(l *factors.Level) {
	if l.Test == nil || l.Test.OddsRatio == nil {
		return
	}
	f.low = max(1.0/32, min(f.low, l.Test.Interval.Low))
	f.high = min(32, max(f.high, l.Test.Interval.Top()))
}

func (f *figure) note(l *factors.Level) string {
	counts := fmt.Sprintf("%d/%d", l.Rate.Problems, l.Rate.Runs)
	if l.Test == nil {
		return counts
	}
	ratio := "–"
	if l.Test.OddsRatio != nil {
		ratio = f.number(*l.Test.OddsRatio)
	}
	top := "∞"
	if l.Test.Interval.High != nil {
		top = f.number(*l.Test.Interval.High)
	}
	return fmt.Sprintf("%s   %s (%s–%s)", counts, ratio, f.number(l.Test.Interval.Low), top)
}

// number has two significant digits, and the language's decimal sign.
func (w words) number(v float64) string {
	digits := 2
	switch {
	case v >= 10:
		digits = 0
	case v >= 1:
		digits = 1
	}
	return strings.ReplaceAll(fmt.Sprintf("%.*f", digits, v), ".", w.decimal)
}

// describe is the plot in words: what was found, each with its figures.
func (f *figure) describe(r factors.Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, f.axisMeans, len(r.Factors))
	n := 0
	for _, of := range r.Factors {
		for k := range of.Levels {
			if l := &of.Levels[k]; found(l) {
				n++
				fmt.Fprintf(&b, " %s=%s: %s, %s.", of.Factor, l.Level, f.answers[l.Answer], f.note(l))
			}
		}
	}
	if n == 0 {
		b.WriteString(" " + f.nothing)
	}
	return b.String()
}

// place of an odds ratio on the axis, 0 to 1, and whether it lies beyond an end.
func (f *figure) place(ratio float64) (at float64, beyond bool) {
	at = (math.Log(ratio) - math.Log(f.low)) / (math.Log(f.high) - math.Log(f.low))
	if ratio <= 0 {
		return 0, true
	}
	return min(1, max(0, at)), at < 0 || at > 1
}

func (f *figure) height() vg.Length {
	n := len(f.rows)
	if f.more != "" {
		n++
	}
	return top + bottom + vg.Length(n)*rowHeight
}
