package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"proactive/shared/aws/awsconfig"
	"proactive/shared/aws/tables"
	"proactive/shared/casework"
	"proactive/shared/factors"
	"proactive/shared/fault"
	"proactive/shared/health"
)

type outcomeCmd struct {
	casesTable
	Case         string `arg:"" help:"The case's id, c-…"`
	Confirmed    bool   `xor:"result" help:"The component had the fault, or was about to."`
	OtherCause   bool   `xor:"result" help:"Something was wrong, but not this."`
	NoFaultFound bool   `xor:"result" help:"Nothing was wrong."`
	Part         string `help:"What was replaced: implies --confirmed." placeholder:"PART"`
}

// Help shows how it is used.
func (outcomeCmd) Help() string {
	return `Records what was true of a case, in the words of whoever was there. It is what the
precision of rules and models is measured by: see proactive labels. What is told last
stands.

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

// Run records a label.
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
	return a.print(map[string]any{"case": k.ID, "label": k.Label, "reason": reason}, func(w io.Writer) {
		fmt.Fprintf(w, "%s: %s", k.ID, k.Label.Verdict)
		if k.Label.Part != "" {
			fmt.Fprintf(w, ", %s replaced", k.Label.Part)
		}
		fmt.Fprintln(w, map[casework.Reason]string{casework.Already: " (as it was told before)"}[reason])
	})
}

type labelsCmd struct {
	casesTable
	FindingsTable string `required:"" hidden:"" help:"Name of the findings table."`
	Days          int    `help:"How far back the precision is measured." default:"365" placeholder:"N"`
}

// Help shows how it is used.
func (labelsCmd) Help() string {
	return `Lists every case with what was told of it, and measures how often rules and models were
right: by component, over the cases of the last year (--days), with exact 95 % intervals.
Cases that nobody has told of count for nothing: see proactive outcome.

  proactive labels --outputs outputs.json
  proactive labels --days 90 --json --outputs outputs.json | jq .precision`
}

// precision is a count with the share that was right.
type precision struct {
	casework.Count
	Share *float64    `json:"precision"` // confirmed of told; null of none
	CI    *[2]float64 `json:"ci95"`      // Clopper-Pearson
}

// labels is what is printed.
type labels struct {
	Since     string              `json:"since"`
	Precision []precision         `json:"precision"`
	Cases     []casework.Labelled `json:"cases"`
}

// Run lists the labels.
func (c *labelsCmd) Run(a *app) error {
	cases, err := c.open(a)
	if err != nil {
		return err
	}
	cfg, err := awsconfig.Load(a.ctx)
	if err != nil {
		return err
	}
	findings := tables.NewFindings(tables.Client(cfg), c.FindingsTable)
	all, err := cases.List(a.ctx)
	if err != nil {
		return err
	}
	since := time.Now().AddDate(0, 0, -c.Days).UTC().Truncate(24 * time.Hour)
	out := labels{Since: since.Format(time.DateOnly), Precision: []precision{}, Cases: []casework.Labelled{}}
	for _, k := range all {
		f, _, err := findings.Get(a.ctx, k.Instrument, k.Finding)
		if err != nil {
			return err
		}
		out.Cases = append(out.Cases, casework.LabelledOf(k, f))
	}
	slices.SortFunc(out.Cases, func(x, y casework.Labelled) int { return y.Opened.Compare(x.Opened) })
	for _, n := range casework.CountsOf(out.Cases, since) {
		p := precision{Count: n}
		if n.Told > 0 {
			share := float64(n.Confirmed) / float64(n.Told)
			low, high := factors.ClopperPearson(float64(n.Confirmed), float64(n.Told))
			p.Share, p.CI = &share, &[2]float64{low, high}
		}
		out.Precision = append(out.Precision, p)
	}
	return a.print(out, func(w io.Writer) { tellLabels(w, out) })
}

func tellLabels(out io.Writer, l labels) {
	if len(l.Cases) == 0 {
		fmt.Fprintln(out, "No cases.")
		return
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "case\tcomponent\topened by\topened\toutcome\ttold")
	for _, k := range l.Cases {
		told := "nothing yet"
		if k.Label != nil {
			told = string(k.Label.Verdict)
			if k.Label.Part != "" {
				told += ", " + k.Label.Part + " replaced"
			}
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", k.Case, k.Component, k.Rule, k.Opened.Format(time.DateOnly), k.Outcome, told)
	}
	fmt.Fprintf(w, "\ncomponent\tfound by\tcases since %s\ttold\tconfirmed\tprecision (95 %%)\n", l.Since)
	for _, p := range l.Precision {
		share := "not known"
		if p.Share != nil {
			share = fmt.Sprintf("%.0f %% (%.0f to %.0f)", 100**p.Share, 100*p.CI[0], 100*p.CI[1])
		}
		by := "rules"
		if p.Kind == health.Predicted {
			by = "models"
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%s\n", p.Component, by, p.Cases, p.Told, p.Confirmed, share)
	}
	_ = w.Flush()
}
