package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"proactive/shared/aws/awsconfig"
	"proactive/shared/aws/tables"
	"proactive/shared/health"
)

type findingsCmd struct {
	FindingsTable string `required:"" hidden:"" help:"Name of the findings table."`
	Instrument    string `required:"" help:"The instrument, i-…"`
}

// Run lists the findings of an instrument, each as events/finding/v1 has it.
func (c *findingsCmd) Run(a *app) error {
	cfg, err := awsconfig.Load(a.ctx)
	if err != nil {
		return err
	}
	all, err := tables.NewFindings(tables.Client(cfg), c.FindingsTable).Findings(a.ctx, c.Instrument)
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(x, y health.Finding) int {
		return cmp.Or(cmp.Compare(x.Component, y.Component), cmp.Compare(x.Epoch, y.Epoch), cmp.Compare(x.Rule, y.Rule))
	})
	if all == nil {
		all = []health.Finding{}
	}
	return a.print(all, func(out io.Writer) {
		if len(all) == 0 {
			fmt.Fprintln(out, "No findings.")
			return
		}
		w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
		fmt.Fprintln(w, "component\trule\tstate\tservice\truns\tlimit")
		for _, f := range all {
			side := "below"
			if f.Evidence.Above {
				side = "above"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d to %d\t%s %.4g %s", f.Component, f.Rule, f.State, f.Epoch,
				f.FirstSequence, f.LastSequence, side, f.Evidence.Limit, f.Evidence.Unit)
			if f.Foretold != nil {
				fmt.Fprintf(w, " (%s; fault %.0f %%: proactive explain %s)", f.Evidence.Feature, 100*f.Foretold.Fault, f.ID)
			}
			fmt.Fprintln(w)
		}
		_ = w.Flush()
	})
}
