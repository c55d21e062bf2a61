package catalog

import (
	"fmt"
	"strings"
)

// headings are the four kinds of data, as the page for people names them.
var headings = []struct {
	category Category
	title    string
}{
	{InstrumentPerformance, "Instrument performance"},
	{RunPerformance, "Run performance"},
	{InstrumentConfiguration, "Instrument configuration"},
	{RunConfiguration, "Run configuration"},
}

// Page is the catalog as a page for people, in Markdown: docs/what-is-collected.md.
func (c *Catalog) Page() string {
	var b strings.Builder
	b.WriteString(`<!-- Generated from events/catalog/v1/catalog.json: go test ./shared/catalog -update -->

# What is collected

This is all of it. What is not on this page does not leave the lab, whatever the instrument writes: the agent opens only the files named here, keeps only these fields, and the cloud checks every value again and drops what does not fit. ` + "`agent preview RUNFOLDER`" + ` shows what would be sent of a run, before anything is.

Never collected: sequencing data, sample sheets, names of people, samples, experiments, computers and folders, run ids and flow-cell ids (they leave only as digests under a key that the lab keeps), dates finer than a week.

Beside the batches, the service knows what the enrolment says (the instrument's serial number, its site), the size and time of each upload and, as any service does, the network address that calls it.

`)
	fmt.Fprintf(&b, "%d fields. Catalog `%s`.\n", len(c.fields), c.hash)
	for _, h := range headings {
		fmt.Fprintf(&b, "\n## %s\n\n", h.title)
		b.WriteString("| field | read from | value | for each | why | what the lab has of it | kept |\n|---|---|---|---|---|---|---|\n")
		for _, f := range c.fields {
			if f.Category != h.category {
				continue
			}
			fmt.Fprintf(&b, "| `%s` | %s: %s | %s | %s | %s | %s | %d days |\n",
				f.ID, f.Source.File, cell(f.Source.Path), f.value(), f.each(), cell(f.Purpose), cell(f.LabValue), f.RetentionDays)
		}
	}
	return b.String()
}

func (f Field) value() string {
	switch f.Type {
	case Number, Count:
		s := fmt.Sprintf("%s, %s to %s", f.Type, plain(*f.Min), plain(*f.Max))
		if f.Step != 0 {
			s += ", in steps of " + plain(f.Step)
		}
		if f.Unit != "1" {
			s += " " + f.Unit
		}
		return s
	case Enum:
		return "one of: " + cell(strings.Join(f.Values, ", "))
	default:
		return fmt.Sprintf("text `%s`, at most %d characters", cell(f.Pattern), f.MaxLength)
	}
}

func (f Field) each() string {
	if len(f.Dimensions) == 0 {
		return "run"
	}
	var names []string
	for _, d := range f.Dimensions {
		switch d {
		case Cycle:
			names = append(names, "window of 25 cycles or more")
		case Minute:
			names = append(names, "hour of the run")
		default:
			names = append(names, string(d))
		}
	}
	return strings.Join(names, ", ")
}

func plain(v float64) string { return fmt.Sprintf("%.15g", v) }

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
