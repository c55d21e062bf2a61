package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"proactive/shared/aws/awsconfig"
	"proactive/shared/aws/objects"
	"proactive/shared/aws/queues"
	"proactive/shared/aws/tables"
	"proactive/shared/handoff"
	"proactive/shared/reconcile"
)

// stores are what an account is read from.
type stores struct {
	InstrumentsTable string `required:"" hidden:"" help:"Name of the instruments table."`
	LedgerTable      string `required:"" hidden:"" help:"Name of the ledger table."`
	HealthTable      string `required:"" hidden:"" help:"Name of the health table."`
	InboxBucket      string `required:"" hidden:"" help:"Name of the inbox bucket."`
	CleanBucket      string `required:"" hidden:"" help:"Name of the clean bucket."`
	ValidateQueue    string `required:"" hidden:"" help:"URL of the queue to validate."`
	ScoreQueue       string `required:"" hidden:"" help:"URL of the queue to score."`
}

// account reads the account of every batch of every instrument.
func (s stores) account(ctx context.Context, redrive bool, patience time.Duration) (reconcile.Account, error) {
	cfg, err := awsconfig.Load(ctx)
	if err != nil {
		return reconcile.Account{}, err
	}
	db, bucket, queue := tables.Client(cfg), objects.Client(cfg), queues.Client(cfg)
	return reconcile.Stage{
		Bucket: s.InboxBucket, Instruments: tables.NewInstruments(db, s.InstrumentsTable), Ledger: tables.NewLedger(db, s.LedgerTable),
		Inbox: objects.NewUploadNames(bucket, s.InboxBucket), Clean: objects.NewCleanNames(bucket, s.CleanBucket),
		Health:   tables.NewHealth(db, s.HealthTable),
		Validate: queues.New[reconcile.Arrival](queue, s.ValidateQueue), Score: queues.New[handoff.Stored](queue, s.ScoreQueue),
		Redrive: redrive, Patience: patience, Workers: 8, Now: time.Now,
	}.Sweep(ctx, reconcile.All)
}

// errMissing ends a command with exit code 1: what is missing stands in its output.
var errMissing = errors.New("something is missing: see docs/operations.md, AccountBroken and BatchStuck")

type reconcileCmd struct {
	stores
	Redrive  bool          `help:"Put the message of what has stopped on its queue again. By default the account is only read."`
	Patience time.Duration `default:"15m" help:"How long a batch may be on its way before its message counts as lost."`
}

// Run prints the account. Its exit code is 1 if anything is missing.
func (c *reconcileCmd) Run(a *app) error {
	account, err := c.account(a.ctx, c.Redrive, c.Patience)
	if err != nil {
		return err
	}
	if err := a.print(account, func(out io.Writer) { printAccount(out, account) }); err != nil {
		return err
	}
	if !account.Whole() {
		return errMissing
	}
	return nil
}

func printAccount(out io.Writer, a reconcile.Account) {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', tabwriter.AlignRight)
	for _, line := range []struct {
		n    int
		what string
	}{
		{a.Granted, "granted, of which"}, {a.Stored, "stored"}, {a.Quarantined, "quarantined"}, {a.Rejected, "rejected"},
		{a.Underway, "under way"}, {a.NeverArrived, "never arrived"}, {a.Lost, "lost"},
	} {
		fmt.Fprintf(w, "%d\t %s\n", line.n, line.what)
	}
	_ = w.Flush()
	fmt.Fprintf(out, "%d instruments; %d of the %d stored batches are scored.\n", a.Instruments, a.Scored, a.Stored)
	if len(a.Missing) == 0 {
		fmt.Fprintln(out, "Nothing is missing.")
		return
	}
	w = tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "instrument\tseq.\tbatch\treceipt\tmissing\tsince\tsent again")
	for _, m := range a.Missing {
		fmt.Fprintf(w, "%s\t%d\t%s\t%d\t%s\t%s\t%v\n", m.Instrument, m.Sequence, m.Batch, m.Ordinal, m.Reason, m.Since.Format(time.RFC3339), m.Sent)
	}
	_ = w.Flush()
}

// undelivered are the letters of no queue in particular.
const undelivered = "undelivered"

type redriveCmd struct {
	stores
	Queue              string        `arg:"" enum:"validate,scrub,score,erase,export,undelivered,all" help:"validate, scrub, score, erase, export, undelivered or all."`
	ScrubQueue         string        `required:"" hidden:"" help:"URL of the queue to scrub."`
	EraseQueue         string        `required:"" hidden:"" help:"URL of the queue to erase."`
	ExportQueue        string        `required:"" hidden:"" help:"URL of the queue to export."`
	UndeliveredLetters string        `required:"" hidden:"" help:"URL of what could not be delivered at all."`
	Wait               time.Duration `default:"15m" help:"How long to wait for the queues to be empty."`
}

// redriven is what the command prints.
type redriven struct {
	Before reconcile.Account    `json:"before"`
	Queues []reconcile.Redriven `json:"queues"`
	After  reconcile.Account    `json:"after"`
}

// Run moves dead letters back, waits, and proves by the account that nothing was lost.
func (c *redriveCmd) Run(a *app) error {
	cfg, err := awsconfig.Load(a.ctx)
	if err != nil {
		return err
	}
	client := queues.Client(cfg)
	names, letters := []string{undelivered, "validate", "scrub", "score", "erase", "export"}, map[string]reconcile.Letters{}
	for name, url := range map[string]string{"validate": c.ValidateQueue, "scrub": c.ScrubQueue, "score": c.ScoreQueue, "erase": c.EraseQueue, "export": c.ExportQueue} {
		if letters[name], err = queues.NewRedrive(a.ctx, client, url); err != nil {
			return fmt.Errorf("queue %s: %w", name, err)
		}
	}
	letters[undelivered] = queues.NewUndelivered(client, c.UndeliveredLetters, c.ValidateQueue)
	if c.Queue != "all" {
		names = slices.DeleteFunc(names, func(name string) bool { return name != c.Queue })
	}
	var r redriven
	if r.Before, err = c.account(a.ctx, false, reconcile.Patience); err != nil {
		return err
	}
	waiting, cancel := context.WithTimeout(a.ctx, c.Wait)
	defer cancel()
	if r.Queues, err = reconcile.Redrive(a.ctx, names, letters, func(context.Context) error { return pause(waiting) }); err != nil {
		return err
	}
	if r.After, err = c.account(a.ctx, false, reconcile.Patience); err != nil {
		return err
	}
	if err := a.print(r, func(out io.Writer) { printRedriven(out, r) }); err != nil {
		return err
	}
	left := 0
	for _, q := range r.Queues {
		left += q.Left
	}
	if left > 0 || !r.After.Whole() {
		return errMissing
	}
	return nil
}

func printRedriven(out io.Writer, r redriven) {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "queue\tdead letters\tleft\tunder way")
	for _, q := range r.Queues {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\n", q.Queue, q.Found, q.Left, q.Live)
	}
	_ = w.Flush()
	fmt.Fprintf(out, "\nBefore: %d granted, %d with a receipt. Now:\n", r.Before.Granted, r.Before.Stored+r.Before.Quarantined+r.Before.Rejected)
	printAccount(out, r.After)
}

// pause is the time between two looks at the queues.
func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(2 * time.Second):
		return nil
	}
}
