package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"proactive/shared/aws/awsconfig"
	"proactive/shared/aws/tables"
	"proactive/shared/casework"
	"proactive/shared/fault"
)

type outcomeCmd struct {
	casesTable
	FindingsTable    string `required:"" hidden:"" help:"Name of the findings table."`
	HealthTable      string `required:"" hidden:"" help:"Name of the health table."`
	InstrumentsTable string `required:"" hidden:"" help:"Name of the instruments table."`
	Case             string `arg:"" help:"The case's id, c-…"`
	Confirmed        bool   `xor:"result" help:"The component had the fault, or was about to."`
	OtherCause       bool   `xor:"result" help:"Something was wrong, but not this."`
	NoFaultFound     bool   `xor:"result" help:"Nothing was wrong."`
	Part             string `help:"What was replaced: implies --confirmed." placeholder:"PART"`
}

// Help shows how it is used.
func (outcomeCmd) Help() string {
	return `Records what was true of a case, in the words of whoever was there. It is what rules
and models are measured by: see proactive labels. What is told last stands.

A part that was replaced has a normal of its own: where no visit is on record that began
it, it is learnt anew from the next run on. So tell it soon.

  proactive outcome c-yl2hj5xphje7zkua-1 --confirmed --part "laser module" --outputs outputs.json
  proactive outcome c-yl2hj5xphje7zkua-1 --no-fault-found --outputs outputs.json`
}

// mostPart bounds what is written of a part: its name, and no story.
const mostPart = 80

func (c *outcomeCmd) result() (casework.Verdict, error) {
	switch {
	case c.OtherCause:
		return casework.OtherCause, nil
	case c.NoFaultFound && c.Part != "":
		return "", fault.New(fault.Malformed, "part-without-fault", errors.New("a part was replaced though no fault was found: say --other-cause, or leave --part out"))
	case c.NoFaultFound:
		return casework.NoFault, nil
	case c.Confirmed || c.Part != "":
		return casework.Confirmed, nil
	}
	return "", fault.New(fault.Malformed, "no-result", errors.New("say --confirmed, --other-cause or --no-fault-found"))
}

// Run records a label, then the part. If we crash between the two, telling it again does
// what is left.
func (c *outcomeCmd) Run(a *app) error {
	result, err := c.result()
	if err != nil {
		return err
	}
	if len(c.Part) > mostPart {
		return fault.New(fault.Malformed, "part-too-long", fmt.Errorf("--part is a part's name, of at most %d bytes", mostPart))
	}
	table, err := c.open(a)
	if err != nil {
		return err
	}
	label := casework.Label{Verdict: result, Part: c.Part, At: time.Now().Truncate(time.Second)}
	k, reason, err := casework.Update(a.ctx, table, c.Case, func(k *casework.Case) casework.Reason { return k.Tell(label) })
	if errors.Is(err, casework.ErrNoCase) {
		return fault.New(fault.Malformed, "no-such-case", fmt.Errorf("there is no case %s: proactive cases lists them", c.Case))
	}
	if err != nil {
		return err
	}
	out := map[string]any{"case": k.ID, "label": k.Label, "reason": reason}
	var baseline casework.Reason
	if c.Part != "" {
		if baseline, err = c.replaced(a, k); err != nil {
			return err
		}
		out["baseline"] = baseline
	}
	return a.print(out, func(w io.Writer) {
		fmt.Fprintf(w, "%s: %s", k.ID, k.Label.Verdict)
		if k.Label.Part != "" {
			fmt.Fprintf(w, ", %s replaced", k.Label.Part)
		}
		fmt.Fprintln(w, map[casework.Reason]string{casework.Already: " (as it was told before)"}[reason])
		if baseline == casework.NewEpoch {
			fmt.Fprintf(w, "No visit was on record. The normal of the %s is learnt anew from the next run on.\n", k.Component)
		}
	})
}

// replaced begins the component's next epoch if no visit did. Nothing is written of an
// instrument whose erasure was asked for.
func (c *outcomeCmd) replaced(a *app, k casework.Case) (casework.Reason, error) {
	cfg, err := awsconfig.Load(a.ctx)
	if err != nil {
		return "", err
	}
	db := tables.Client(cfg)
	gone, err := tables.NewTombstones(db, c.InstrumentsTable).Erased(a.ctx, k.Instrument)
	if err != nil || gone {
		return casework.OfErased, err
	}
	f, there, err := tables.NewFindings(db, c.FindingsTable).Get(a.ctx, k.Instrument, k.Finding)
	if err != nil {
		return "", err
	}
	if !there {
		return "", fmt.Errorf("%s is told, but the finding that opened it is not on file: whether its part's normal is learnt anew is not known", k.ID)
	}
	return casework.PartReplaced(a.ctx, tables.NewHealth(db, c.HealthTable), k, f.Epoch)
}
