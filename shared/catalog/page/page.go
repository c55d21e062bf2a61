// Package page writes the catalog for people to read, in their language.
package page

import (
	"fmt"
	"slices"
	"strings"

	"proactive/shared/catalog"
	"proactive/shared/language"
)

// words are what a page says beside the catalog's own texts.
type words struct {
	title, generated, intro, never, beside, count string
	headings                                      map[catalog.Category]string
	columns, files, fileColumns                   string
	left, leftIntro, leftColumns                  string
	oneOf, text, steps, to, days, run             string
	types                                         map[catalog.Type]string
	dimensions                                    map[catalog.Dimension]string
}

// pageOrder is the order of the promise.
var pageOrder = []catalog.Category{
	catalog.InstrumentPerformance, catalog.RunPerformance, catalog.InstrumentConfiguration, catalog.RunConfiguration,
}

// Markdown is docs/what-is-collected.md, and in Spanish docs/what-is-collected.es.md.
func Markdown(c *catalog.Catalog, l language.Language) string {
	w := pageWords[l]
	var b strings.Builder
	fmt.Fprintf(&b, "<!-- %s -->\n\n# %s\n\n%s\n\n%s\n\n%s\n\n", w.generated, w.title, w.intro, w.never, w.beside)
	fmt.Fprintf(&b, w.count+"\n", len(c.Fields()), c.Hash())
	fmt.Fprintf(&b, "\n## %s\n\n%s\n", w.files, tableHead(w.fileColumns))
	for _, f := range c.Files() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", f.Kind, in(f.What, l), "`"+strings.Join(f.Names, "`, `")+"`")
	}
	for _, category := range pageOrder {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", w.headings[category], tableHead(w.columns))
		for _, f := range c.Fields() {
			if f.Category == category {
				fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s | %s | %d %s |\n", f.ID, cell(in(f.What, l)), cell(shown(f.Source)),
					value(f, w), each(f, w), cell(in(f.Purpose, l)), cell(in(f.LabValue, l)), f.RetentionDays, w.days)
			}
		}
	}
	fmt.Fprintf(&b, "\n## %s\n\n%s\n\n%s\n", w.left, w.leftIntro, tableHead(w.leftColumns))
	for _, x := range c.Left() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", x.ID, cell(in(x.What, l)), cell(in(x.Why, l)), cell(strings.Join(x.Names, ", ")))
	}
	return b.String()
}

// in is the text in a language.
func in(t catalog.Text, l language.Language) string {
	if l == language.Spanish {
		return t.Es
	}
	return t.En
}

func tableHead(columns string) string {
	return "| " + strings.ReplaceAll(columns, ", ", " | ") + " |\n|" + strings.Repeat("---|", strings.Count(columns, ", ")+1)
}

// shown is the source for people: the file, and where in it.
func shown(s catalog.Source) string {
	if s.Path != "" {
		return string(s.File) + ": " + s.Path
	}
	var all []string
	for _, paths := range s.Places {
		for _, p := range paths {
			if !slices.Contains(all, p) {
				all = append(all, p)
			}
		}
	}
	slices.Sort(all)
	return string(s.File) + ": " + strings.Join(all, ", ")
}

func value(f catalog.Field, w words) string {
	switch f.Type {
	case catalog.Number, catalog.Count:
		s := fmt.Sprintf("%s, %s %s %s", w.types[f.Type], plain(*f.Min), w.to, plain(*f.Max))
		if f.Step != 0 {
			s += ", " + w.steps + " " + plain(f.Step)
		}
		if f.Unit != "1" {
			s += " " + f.Unit
		}
		return s
	case catalog.Enum:
		return w.oneOf + " " + cell(strings.Join(f.Values, ", "))
	default:
		return fmt.Sprintf(w.text, cell(f.Pattern), f.MaxLength)
	}
}

func each(f catalog.Field, w words) string {
	if len(f.Dimensions) == 0 {
		return w.run
	}
	var names []string
	for _, d := range f.Dimensions {
		names = append(names, w.dimensions[d])
	}
	return strings.Join(names, ", ")
}

func plain(v float64) string { return fmt.Sprintf("%.15g", v) }

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
