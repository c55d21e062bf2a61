// Command reconcile checks, by schedule, that every granted batch is where it should be,
// and sets going again what has stopped. It reads no object.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"proactive/shared/aws/awsconfig"
	"proactive/shared/aws/objects"
	"proactive/shared/aws/queues"
	"proactive/shared/aws/tables"
	"proactive/shared/handoff"
	"proactive/shared/journal"
	"proactive/shared/reconcile"
	"proactive/shared/settings"
)

func main() {
	if err := run(context.Background()); err != nil {
		slog.Error("starting failed", slog.String("error", err.Error()))
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	s, err := settings.Load[settings.Reconcile]()
	if err != nil {
		return err
	}
	cfg, err := awsconfig.Load(ctx)
	if err != nil {
		return err
	}
	db, bucket, queue := tables.Client(cfg), objects.Client(cfg), sqs.NewFromConfig(cfg)
	stage := reconcile.Stage{
		Bucket: s.InboxBucket, Instruments: tables.NewInstruments(db, s.InstrumentsTable), Ledger: tables.NewLedger(db, s.LedgerTable),
		Inbox: objects.NewUploadNames(bucket, s.InboxBucket), Clean: objects.NewCleanNames(bucket, s.CleanBucket),
		Health:   tables.NewHealth(db, s.HealthTable),
		Validate: queues.New[reconcile.Arrival](queue, s.ValidateQueue), Score: queues.New[handoff.Stored](queue, s.ScoreQueue),
		Redrive: true, Patience: reconcile.Patience, Workers: 16, Now: time.Now,
	}
	log := journal.New(os.Stdout, "reconcile")
	// Whose turn it is follows from when it was meant to run: called again, it is the same.
	lambda.Start(func(ctx context.Context, tick events.EventBridgeEvent) error {
		return stage.Logged(ctx, log, reconcile.ShareAt(tick.Time))
	})
	return nil
}
