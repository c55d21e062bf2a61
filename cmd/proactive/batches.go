package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"proactive/shared/aws/awsconfig"
	"proactive/shared/aws/tables"
	"proactive/shared/ledger"
	"proactive/shared/receipt"
)

type batchesCmd struct {
	LedgerTable string `required:"" hidden:"" help:"Name of the ledger table."`
	Instrument  string `help:"Only of this instrument, i-…"`
}

// batchLine is what became of a batch.
type batchLine struct {
	Instrument string `json:"instrument"`
	Sequence   int64  `json:"sequence"`
	Batch      string `json:"batch"`
	State      string `json:"state"`
	Reason     string `json:"reason"` // of its receipt; empty if stored or not settled
	Bytes      int64  `json:"bytes"`
}

// Run lists the ledger. The reason is in the receipt; it is read for what was not
// stored.
func (c *batchesCmd) Run(a *app) error {
	cfg, err := awsconfig.Load(a.ctx)
	if err != nil {
		return err
	}
	table := tables.NewLedger(tables.Client(cfg), c.LedgerTable)
	all, err := table.List(a.ctx)
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(x, y ledger.Entry) int {
		return cmp.Or(cmp.Compare(x.Instrument, y.Instrument), cmp.Compare(x.Sequence, y.Sequence))
	})
	lines := []batchLine{}
	for _, e := range all {
		if c.Instrument != "" && e.Instrument != c.Instrument {
			continue
		}
		l := batchLine{Instrument: e.Instrument, Sequence: e.Sequence, Batch: e.Batch, State: string(e.State), Bytes: e.Bytes}
		if e.Settled() && receipt.Verdict(e.State) != receipt.Stored {
			entry, err := table.Entry(a.ctx, e.Instrument, e.Batch)
			if err != nil {
				return err
			}
			r, err := receipt.Read(entry.JWS)
			if err != nil {
				return fmt.Errorf("reading the receipt of batch %s: %w", e.Batch, err)
			}
			l.Reason = r.Reason
		}
		lines = append(lines, l)
	}
	return a.print(lines, func(out io.Writer) {
		if len(lines) == 0 {
			fmt.Fprintln(out, "No batches.")
			return
		}
		w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
		fmt.Fprintln(w, "instrument\tseq.\tbatch\tstate\treason\tbytes")
		for _, l := range lines {
			fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%d\n", l.Instrument, l.Sequence, l.Batch, l.State, l.Reason, l.Bytes)
		}
		_ = w.Flush()
	})
}
