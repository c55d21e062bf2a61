package notice

import (
	"embed"
	"fmt"
	"html/template"
	"regexp"
	"strings"
	texttemplate "text/template"
	"unicode/utf8"

	"proactive/shared/language"
)

// Sheet is what a mail says, before it is HTML or text: both are rendered from the same
// sheet, so that the plain-text twin cannot say less.
type Sheet struct {
	Language language.Language
	// Tag is a few words above the title, in the colour of Tone.
	Tag   string
	Tone  Tone
	Title string
	Under string // one line under the title: which instrument, where
	Lead  []string
	// Sections follow in order; the first must fit the first screen.
	Sections []Section
	Footer   []string
}

// Tone colours a sheet. It never says anything that the words do not.
type Tone string

// The tones.
const (
	Red   Tone = "red"
	Amber Tone = "amber"
	Green Tone = "green"
	Blue  Tone = "blue"
)

// Section is one part of a sheet. What is empty is left out.
type Section struct {
	Heading string
	Text    []string
	Facts   []Fact
	Items   []string
	Button  *Button
	Chart   *Chart
	Table   *Table
	Notes   []string // small print below
}

// Fact is a labelled value, with a second, lesser line.
type Fact struct {
	Label, Value, Note string
}

// Button is a link that stands out. Its address is shown in full in the text.
type Button struct {
	Label, URL string
}

// Table is a small table of text. The last rows are the newest.
type Table struct {
	Head []string
	Rows []Row
}

// Row is a row of a Table; a marked row is one that violates.
type Row struct {
	Cells  []string
	Marked bool
}

//go:embed templates words
var files embed.FS

var (
	htmlPage = template.Must(template.New("mail.html.tmpl").ParseFS(files, "templates/mail.html.tmpl"))
	textPage = texttemplate.Must(texttemplate.New("mail.txt.tmpl").Funcs(texttemplate.FuncMap{
		"wrap": wrap, "rule": rule, "columns": columns, "upper": strings.ToUpper,
	}).ParseFS(files, "templates/mail.txt.tmpl"))
)

// HTML renders the sheet for a mail program.
func (s Sheet) HTML() (string, error) {
	var b strings.Builder
	if err := htmlPage.Execute(&b, s); err != nil {
		return "", fmt.Errorf("rendering a mail's HTML: %w", err)
	}
	return b.String(), nil
}

// Text renders the sheet for a terminal, at most 76 columns but for addresses.
func (s Sheet) Text() (string, error) {
	var b strings.Builder
	if err := textPage.Execute(&b, s); err != nil {
		return "", fmt.Errorf("rendering a mail's text: %w", err)
	}
	return blanks.ReplaceAllString(b.String(), "\n\n"), nil
}

// blanks are the empty lines that an empty part of a sheet leaves behind.
var blanks = regexp.MustCompile(`\n{3,}`)

// textWidth leaves room for one level of quoting on an 80-column terminal.
const textWidth = 76

// wrap breaks s at spaces; lines after the first are indented by that many spaces. A
// space that must not break (U+00A0) does not, and is an ordinary space in the text.
func wrap(indent int, s string) string {
	var b strings.Builder
	line := 0
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\n' }) {
		width := utf8.RuneCountInString(word)
		switch {
		case b.Len() == 0:
			line = indent
		case line+1+width > textWidth:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			line = indent
		default:
			b.WriteByte(' ')
			line++
		}
		b.WriteString(word)
		line += width
	}
	return strings.ReplaceAll(b.String(), "\u00a0", " ")
}

// rule underlines s.
func rule(s string) string { return strings.Repeat("-", utf8.RuneCountInString(s)) }

// widths are the widest cell of each column, in characters.
func (t Table) widths() []int {
	widths := make([]int, len(t.Head))
	for i, h := range t.Head {
		widths[i] = utf8.RuneCountInString(h)
	}
	for _, r := range t.Rows {
		for i, c := range r.Cells {
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
	}
	return widths
}

// columns sets a table in columns, to the right as numbers are.
func columns(t Table) string {
	widths := t.widths()
	var b strings.Builder
	line := func(cells []string) {
		var l strings.Builder
		for i, c := range cells {
			l.WriteString("  " + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c)) + strings.ReplaceAll(c, "\u00a0", " "))
		}
		b.WriteString(strings.TrimRight(l.String(), " ") + "\n")
	}
	line(t.Head)
	for _, r := range t.Rows {
		line(r.Cells)
	}
	return strings.TrimRight(b.String(), "\n")
}
