// Command scrub opens batches: the only function whose role may ask for an unwrap.
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
	"proactive/shared/aws/keys"
	"proactive/shared/aws/objects"
	"proactive/shared/aws/queues"
	"proactive/shared/aws/tables"
	"proactive/shared/catalog"
	"proactive/shared/handoff"
	"proactive/shared/journal"
	"proactive/shared/scrub"
	"proactive/shared/settings"
)

func main() {
	if err := run(context.Background()); err != nil {
		slog.Error("starting failed", slog.String("error", err.Error()))
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	s, err := settings.Load[settings.Scrub]()
	if err != nil {
		return err
	}
	fields, err := catalog.Load()
	if err != nil {
		return err
	}
	cfg, err := awsconfig.Load(ctx)
	if err != nil {
		return err
	}
	db, bucket, kms, log := tables.Client(cfg), objects.Client(cfg), keys.Client(cfg), journal.New(os.Stdout, "scrub")
	set := tables.NewInstruments(db, s.InstrumentsTable)
	stage := &scrub.Stage{
		Deployment: s.Deployment, Catalog: fields, Inbox: objects.NewInbox(bucket), Unwrapper: keys.NewUnwrapper(kms, set, s.UnwrapKeys...),
		Clean:      objects.NewCleanWriter(bucket, s.CleanBucket, s.CleanKey),
		Quarantine: objects.NewQuarantine(bucket, s.QuarantineBucket, s.QuarantineKey),
		Chain:      tables.NewLedger(db, s.LedgerTable), Signer: keys.NewSigner(kms, set, s.ReceiptKeys...),
		Next: queues.New[handoff.Stored](sqs.NewFromConfig(cfg), s.ScoreQueue), Erasures: tables.NewTombstones(db, s.InstrumentsTable), Now: time.Now, Log: log,
	}
	lambda.Start(func(ctx context.Context, delivery events.SQSEvent) (events.SQSEventResponse, error) {
		return queues.Each(ctx, log, delivery, queues.Decoded(stage.Handle)), nil
	})
	return nil
}
