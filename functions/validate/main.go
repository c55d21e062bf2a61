// Command validate accepts or refuses what arrives in the inbox. It has no key that
// could open a batch.
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
	"proactive/shared/handoff"
	"proactive/shared/journal"
	"proactive/shared/settings"
	"proactive/shared/validate"
)

func main() {
	if err := run(context.Background()); err != nil {
		slog.Error("starting failed", slog.String("error", err.Error()))
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	s, err := settings.Load[settings.Validate]()
	if err != nil {
		return err
	}
	cfg, err := awsconfig.Load(ctx)
	if err != nil {
		return err
	}
	db, log := tables.Client(cfg), journal.New(os.Stdout, "validate")
	instruments, books := tables.NewInstruments(db, s.InstrumentsTable), tables.NewLedger(db, s.LedgerTable)
	stage := validate.Stage{
		Deployment: s.Deployment, Bucket: s.InboxBucket, Inbox: objects.NewUploads(objects.Client(cfg)),
		Ledger: books, Instruments: instruments, Keys: instruments,
		Chain: books, Signer: keys.NewSigner(keys.Client(cfg), instruments, s.ReceiptKeys...),
		Next: queues.New[handoff.Validated](sqs.NewFromConfig(cfg), s.ScrubQueue), Now: time.Now, Log: log,
	}
	lambda.Start(func(ctx context.Context, delivery events.SQSEvent) (events.SQSEventResponse, error) {
		return queues.Each(ctx, log, delivery, stage.Receive), nil
	})
	return nil
}
