package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"proactive/shared/aws/awsconfig"
	"proactive/shared/aws/tables"
	"proactive/shared/fault"
	"proactive/shared/health"
	"proactive/shared/ne107"
)

type instrumentsShowCmd struct {
	HealthTable string `required:"" hidden:"" help:"Name of the health table."`
	Instrument  string `arg:"" help:"The instrument, i-…"`
}

// Help shows how it is used.
func (instrumentsShowCmd) Help() string {
	return `Shows how each component stands as of the newest run: its status as NAMUR NE 107 has it
(F failure, C function check, S out of specification, M maintenance required), why, the
probability of a fault, and what was found on it. Silence is insufficient data, never a
failure.

  proactive instruments show i-0q2sxt7wsrhyc7vpdc05kaka9e --outputs outputs.json`
}

// Run shows an instrument's status.
func (c *instrumentsShowCmd) Run(a *app) error {
	cfg, err := awsconfig.Load(a.ctx)
	if err != nil {
		return err
	}
	s, there, err := tables.NewHealth(tables.Client(cfg), c.HealthTable).Status(a.ctx, c.Instrument)
	if err != nil {
		return err
	}
	if !there {
		return fault.New(fault.Malformed, "no-status", fmt.Errorf("no batch of %s has been scored: proactive instruments lists those that are enrolled, proactive batches what became of their batches", c.Instrument))
	}
	return a.print(s, func(w io.Writer) { tellStatus(w, s) })
}

// reasons in words.
var because = map[ne107.Reason]string{
	ne107.Silent: "none of its signals was heard of lately", ne107.NewPart: "serviced: its normal is being learnt", ne107.HasCome: "the models take it for failed",
	ne107.BeyondLimit: "beyond a fixed limit", ne107.Foretold: "a failure is foretold", ne107.Drifting: "drifts from its own normal", ne107.Normal: "nothing found",
}

func tellStatus(out io.Writer, s health.Status) {
	models := "no models in use: rules alone"
	if s.Model != "" {
		models = fmt.Sprintf("models %.12s, which learnt from simulated instruments", s.Model)
	}
	fmt.Fprintf(out, "%s as of run %d (%s)\n", s.Instrument, s.Sequence, models)
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "\tcomponent\tstatus\twhy\tfault\tfails within 7, 30 days\tfindings")
	for _, c := range s.Components {
		fault, within := "-", "-"
		if o := c.Outlook; o != nil {
			fault, within = fmt.Sprintf("%.0f %%", 100*o.Fault), fmt.Sprintf("%.0f, %.0f %%", 100*o.Within[1], 100*o.Within[3])
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%d\n", c.Status.Letter(), c.Component, c.Status, because[c.Reason], fault, within, len(c.Findings))
	}
	_ = w.Flush()
}
