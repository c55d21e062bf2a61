// Command export prepares what is held of an instrument for its lab. It writes nowhere
// else.
package main

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"

	"proactive/shared/aws/awsconfig"
	"proactive/shared/aws/objects"
	"proactive/shared/aws/queues"
	"proactive/shared/aws/tables"
	"proactive/shared/export"
	"proactive/shared/handoff"
	"proactive/shared/journal"
	"proactive/shared/layout"
	"proactive/shared/settings"
)

func main() {
	if err := run(context.Background()); err != nil {
		slog.Error("starting failed", slog.String("error", err.Error()))
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	s, err := settings.Load[settings.Export]()
	if err != nil {
		return err
	}
	cfg, err := awsconfig.Load(ctx)
	if err != nil {
		return err
	}
	log := journal.New(os.Stdout, "export")
	stage := export.Stage{
		Deployment: s.Deployment, Exports: objects.NewExports(objects.Client(cfg), s.DossiersBucket, s.DossiersKey),
		Erasures: tables.NewTombstones(tables.Client(cfg), s.InstrumentsTable), Kinds: kinds(cfg, s),
		Next: queues.New[handoff.Export](queues.Client(cfg), s.ExportQueue), Now: time.Now, Log: log,
	}
	lambda.Start(func(ctx context.Context, delivery events.SQSEvent) (events.SQSEventResponse, error) {
		return queues.Each(ctx, log, delivery, queues.Decoded(stage.Handle)), nil
	})
	return nil
}

// kinds are all that is held of an instrument, and of which it is told, in the order of an
// export.
func kinds(cfg aws.Config, s settings.Export) []export.Kind {
	db, bucket := tables.Client(cfg), objects.Client(cfg)
	ledger, cases := tables.NewLedger(db, s.LedgerTable), tables.NewCaseFile(db, s.CasesTable)
	of := func(table, row string) export.Source { return tables.NewKept(db, table, strings.TrimRight(row, "0")) }
	return []export.Kind{
		{Name: "instrument", What: "the instrument itself", Source: tables.NewKeptProfile(db, s.InstrumentsTable)},
		{Name: "consents", What: "statements of consent that it signed", Source: tables.NewKeptConsents(db, s.InstrumentsTable)},
		{Name: "ledger", What: "batches that were granted", Source: of(s.LedgerTable, layout.BatchRow(""))},
		{Name: "days", What: "days on which something was granted", Source: of(s.LedgerTable, layout.DayRow(""))},
		{Name: "receipts", What: "receipts, readable", Source: tables.NewKeptReceipts(db, s.LedgerTable)},
		{Name: "receipts.jws", What: "the same, as they were signed", Form: export.Lines, Source: tables.NewKeptSignatures(db, s.LedgerTable)},
		{Name: "runs", What: "runs that were judged, by their features", Source: of(s.HealthTable, layout.RunRow(0))},
		{Name: "services", What: "services of a component", Source: of(s.HealthTable, layout.ServiceRow(""))},
		{Name: "condition", What: "its condition, as far as it is settled", Source: of(s.HealthTable, layout.Condition)},
		{Name: "status", What: "how its components stand, and what is foretold", Source: of(s.HealthTable, layout.Status)},
		{Name: "cohorts", What: "its shares in what instruments with the same software or lot show", Source: tables.NewMemberships(db, s.HealthTable)},
		{Name: "findings", What: "findings", Source: of(s.FindingsTable, layout.FindingRow(""))},
		{Name: "cases", What: "service cases", Source: export.CaseRows{Cases: cases}},
		{Name: "notices", What: "notices of cases", Form: export.Files, Source: export.Letters{Cases: cases, Archive: objects.NewArchive(bucket, s.NoticesBucket), Now: time.Now}},
		{Name: "observations", What: "clean batches, each as Parquet and as CSV", Form: export.Files, Source: export.Observations{Batches: ledger, Clean: objects.NewClean(bucket), Now: time.Now}},
	}
}
