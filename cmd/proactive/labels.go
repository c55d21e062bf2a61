package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"proactive/shared/aws/awsconfig"
	"proactive/shared/aws/tables"
	"proactive/shared/casework"
	"proactive/shared/fault"
	"proactive/shared/health"
	"proactive/shared/outcomes"
	"proactive/shared/predict"
)

type labelsCmd struct {
	CasesTable       string `required:"" hidden:"" help:"Name of the cases table."`
	FindingsTable    string `required:"" hidden:"" help:"Name of the findings table."`
	HealthTable      string `required:"" hidden:"" help:"Name of the health table."`
	InstrumentsTable string `required:"" hidden:"" help:"Name of the instruments table."`
	LedgerTable      string `required:"" hidden:"" help:"Name of the ledger table."`
	Days             int    `help:"How long each window is." default:"365" placeholder:"N"`
	Card             string `help:"Also write it into this model card, as its section What outcomes say." type:"existingfile" placeholder:"FILE"`
}

// Help shows how it is used.
func (labelsCmd) Help() string {
	return `Lists every case with what was told of it, and measures rules and each bundle of models by
that, in all and by component: how often they were right (precision), how much of what was
confirmed they had foretold (recall), how long before, and how many needless cases they
cost in an instrument-year, beside the budget of the models. Over the cases of the last year
(--days), and of the windows that ended with each of the months before, with exact 95 %
intervals. A fault that never became a case is not in it; a case that nobody has told of
counts for nothing: see proactive outcome.

  proactive labels --outputs outputs.json
  proactive labels --days 90 --json --outputs outputs.json | jq '.windows[-1].figures'
  proactive labels --card docs/model-card.md --outputs outputs.json`
}

// Run measures, and lists the labels.
func (c *labelsCmd) Run(a *app) error {
	if c.Days < 1 {
		return fault.New(fault.Malformed, "no-window", errors.New("--days is 1 at least"))
	}
	report, err := c.report(a.ctx)
	if err != nil {
		return err
	}
	if c.Card != "" {
		if err := writeSection(c.Card, outcomes.Section(report)); err != nil {
			return err
		}
	}
	return a.print(report, func(w io.Writer) { tellLabels(w, report) })
}

func writeSection(path, section string) error {
	card, err := os.ReadFile(path) //nolint:gosec // G304: the operator names it
	if err != nil {
		return fmt.Errorf("reading the model card: %w", err)
	}
	with, err := outcomes.Replace(string(card), section)
	if err != nil {
		return fault.New(fault.Malformed, "no-markers", fmt.Errorf("%s: %w: proactive evaluate --card writes one that has", path, err))
	}
	if err := os.WriteFile(path, []byte(with), 0o600); err != nil { //nolint:gosec // G703: as above
		return fmt.Errorf("writing the model card: %w", err)
	}
	return nil
}

// report reads every case, and of the instruments that have one what was found on them.
func (c *labelsCmd) report(ctx context.Context) (outcomes.Report, error) {
	none := outcomes.Report{}
	cfg, err := awsconfig.Load(ctx)
	if err != nil {
		return none, err
	}
	db := tables.Client(cfg)
	findings, book := tables.NewFindings(db, c.FindingsTable), tables.NewLedger(db, c.LedgerTable)
	cases, err := tables.NewCases(db, c.CasesTable).List(ctx)
	if err != nil {
		return none, err
	}
	cased := map[string]bool{}
	by := map[string][]casework.Case{}
	for _, k := range cases {
		by[k.Instrument] = append(by[k.Instrument], k)
		for _, f := range k.Findings {
			cased[f] = true
		}
	}
	all := []outcomes.Case{}
	for instrument, its := range by {
		file := outcomes.File{Cased: cased}
		if file.Findings, err = findings.Findings(ctx, instrument); err != nil {
			return none, err
		}
		if file.At, err = received(ctx, book, instrument, file.Findings); err != nil {
			return none, err
		}
		for _, k := range its {
			all = append(all, outcomes.CaseOf(k, file))
		}
	}
	slices.SortFunc(all, func(x, y outcomes.Case) int {
		if n := y.Opened.Compare(x.Opened); n != 0 {
			return n
		}
		return strings.Compare(x.Case, y.Case)
	})
	fleet, err := observed(ctx, tables.NewInstruments(db, c.InstrumentsTable), book, tables.NewHealth(db, c.HealthTable))
	if err != nil {
		return none, err
	}
	return outcomes.ReportOf(all, fleet, budgets(all, fleet), c.Days, time.Now()), nil
}

// received reads when the runs that findings were told with came.
func received(ctx context.Context, book *tables.Ledger, instrument string, findings []health.Finding) (func(int64) (time.Time, bool), error) {
	when := map[int64]time.Time{}
	for _, f := range findings {
		if _, asked := when[f.LastSequence]; asked {
			continue
		}
		at, there, err := book.Taken(ctx, instrument, f.LastSequence)
		if err != nil {
			return nil, err
		}
		if there {
			when[f.LastSequence] = at
		}
	}
	return func(sequence int64) (time.Time, bool) { at, there := when[sequence]; return at, there }, nil
}

// observed reads how long each enrolled instrument was heard of, and which models it has.
func observed(ctx context.Context, instruments *tables.Instruments, book *tables.Ledger, healths *tables.Health) ([]outcomes.Observed, error) {
	all, err := instruments.List(ctx)
	if err != nil {
		return nil, err
	}
	var fleet []outcomes.Observed
	for _, i := range all {
		o := outcomes.Observed{Instrument: i.ID}
		if o.First, o.Last, err = book.Span(ctx, i.ID); err != nil {
			return nil, err
		}
		status, _, err := healths.Status(ctx, i.ID)
		if err != nil {
			return nil, err
		}
		o.Model = status.Model
		fleet = append(fleet, o)
	}
	return fleet, nil
}

// budgets are those of the bundles that are built in; of others none is known.
func budgets(all []outcomes.Case, fleet []outcomes.Observed) map[string]float64 {
	known := map[string]float64{}
	look := func(model string) {
		if model == "" || model == outcomes.Rules || model == casework.NoModels {
			return
		}
		if _, there := known[model]; there {
			return
		}
		if b, err := predict.InUse(outcomes.Short(model)); err == nil && b != nil && b.Hash == model {
			known[model] = b.Thresholds.Budget
		}
	}
	for _, c := range all {
		look(c.Model)
		look(c.Asked)
	}
	for _, o := range fleet {
		look(o.Model)
	}
	return known
}
