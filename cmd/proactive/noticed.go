package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"proactive/shared/aws/awsconfig"
	"proactive/shared/aws/tables"
)

type noticedCmd struct {
	FindingsTable string `required:"" hidden:"" help:"Name of the findings table."`
}

// Help shows how it is used.
func (noticedCmd) Help() string {
	return `Lists every lot and release of which support was told that it is unlike the others: what
it moves, and by how much, as the median over the instruments that have it. Told is "yes" if
both the mail ("factor") and the event ("factor-event") went out. --json has
every reading.

  proactive notices factors --outputs outputs.json`
}

// Run lists the factors that were noticed.
func (c *noticedCmd) Run(a *app) error {
	cfg, err := awsconfig.Load(a.ctx)
	if err != nil {
		return err
	}
	all, err := tables.NewFactors(tables.Client(cfg), c.FindingsTable).List(a.ctx)
	if err != nil {
		return err
	}
	return a.print(all, func(out io.Writer) { tellNoticed(out, all) })
}

// shown is how many readings a line has room for.
const shown = 3

func tellNoticed(out io.Writer, all []tables.ToldFactor) {
	if len(all) == 0 {
		fmt.Fprintln(out, "Nothing that instruments share was noticed.")
		return
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "notice\tcause\tlevel\tinstruments\tfound\ttold\tmoves most")
	for _, f := range all {
		found, told := "not known", "not yet"
		if !f.Week.IsZero() {
			found = "week of " + f.Week.Format(time.DateOnly)
		}
		switch len(f.Told) {
		case 1:
			told = f.Told[0] + " only"
		case 2:
			told = "yes"
		}
		var moves []string
		for _, s := range f.Shifts[:min(shown, len(f.Shifts))] {
			if s.Relative {
				moves = append(moves, fmt.Sprintf("%s %+.1f %%", s.Signal, 100*s.Change))
			} else {
				moves = append(moves, fmt.Sprintf("%s %+.2f %s", s.Signal, s.Change, s.Unit))
			}
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d %s\t%s\t%s\t%s\n", f.ID, f.Cause, f.Level, f.Instruments, f.Type, found, told, strings.Join(moves, ", "))
	}
	_ = w.Flush()
}
