// Command erase takes instruments out of every store, on request. It reads no object.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"proactive/shared/aws/awsconfig"
	"proactive/shared/aws/keys"
	"proactive/shared/aws/objects"
	"proactive/shared/aws/queues"
	"proactive/shared/aws/tables"
	"proactive/shared/aws/workflow"
	"proactive/shared/erase"
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
	s, err := settings.Load[settings.Erase]()
	if err != nil {
		return err
	}
	cfg, err := awsconfig.Load(ctx)
	if err != nil {
		return err
	}
	db, queue, log := tables.Client(cfg), queues.Client(cfg), journal.New(os.Stdout, "erase")
	stage := erase.Stage{
		Deployment: s.Deployment, Tombstones: tables.NewTombstones(db, s.InstrumentsTable), Turn: tables.NewTurn(db, s.InstrumentsTable),
		Cases: tables.NewCases(db, s.CasesTable), Places: places(cfg, s),
		Dead: queues.NewDead(queue, s.DeadLetters...), Work: queues.NewWork(queue, s.WorkQueues...),
		Next: queues.New[handoff.Erase](queue, s.EraseQueue), Signer: keys.NewSigner(keys.Client(cfg), tables.NewInstruments(db, s.InstrumentsTable), s.ReceiptKeys...),
		Grace: max(erase.LeastGrace, erase.Grace/time.Duration(s.Pace)), Now: time.Now, Log: log,
	}
	lambda.Start(func(ctx context.Context, delivery events.SQSEvent) (events.SQSEventResponse, error) {
		return queues.Each(ctx, log, delivery, queues.Decoded(stage.Handle)), nil
	})
	return nil
}

// places are all that hold something of an instrument, in the order in which they are
// erased: what writes before what is written, what leads to others last.
func places(cfg aws.Config, s settings.Erase) []erase.Named {
	db, bucket := tables.Client(cfg), objects.Client(cfg)
	const versions = "object versions and delete markers"
	return []erase.Named{
		{Name: "executions", What: "executions of cases, stopped", Place: workflow.NewExecutions(sfn.NewFromConfig(cfg), s.StateMachine)},
		{Name: "reminders", What: "scheduled reminders", Place: workflow.NewReminders(scheduler.NewFromConfig(cfg), s.ScheduleGroup)},
		{Name: "inbox", What: versions, Place: objects.NewVersions(bucket, s.InboxBucket, layout.InboxPrefix)},
		{Name: "clean", What: versions, Place: objects.NewVersions(bucket, s.CleanBucket, layout.CleanPrefix)},
		{Name: "quarantine", What: versions, Place: objects.NewVersions(bucket, s.QuarantineBucket, layout.QuarantinePrefix)},
		{Name: "notices", What: versions, Place: objects.NewNoticeVersions(bucket, s.NoticesBucket)},
		{Name: "dossiers", What: versions, Place: objects.NewVersions(bucket, s.DossiersBucket, layout.DossierPrefix)},
		{Name: "ledger", What: "rows: batches, sequence numbers, days, receipts", Place: tables.NewPartition(db, s.LedgerTable)},
		{Name: "cohorts", What: "shares in what instruments with the same software or lot show", Place: tables.NewMemberships(db, s.HealthTable)},
		{Name: "health", What: "rows: runs, services, condition, status, list of cohorts", Place: tables.NewPartition(db, s.HealthTable)},
		{Name: "findings", What: "rows", Place: tables.NewPartition(db, s.FindingsTable)},
		{Name: "cases", What: "rows: cases, standings, task tokens, slot links, entries among past cases", Place: tables.NewCaseRows(db, s.CasesTable)},
		{Name: "codes", What: "enrolment codes issued for the instrument", Place: tables.NewCodeRows(db, s.InstrumentsTable)},
		{Name: "consents", What: "statements of consent that the instrument signed", Place: tables.NewConsentRows(db, s.InstrumentsTable)},
	}
}
