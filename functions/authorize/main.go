// Command authorize grants uploads, and shows an instrument its receipts.
package main

import (
	"context"
	"crypto/rand"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"proactive/shared/authorize"
	"proactive/shared/aws/awsconfig"
	"proactive/shared/aws/gateway"
	"proactive/shared/aws/keys"
	"proactive/shared/aws/objects"
	"proactive/shared/aws/tables"
	"proactive/shared/challenge"
	"proactive/shared/door"
	"proactive/shared/journal"
	"proactive/shared/settings"
)

func main() {
	if err := run(context.Background()); err != nil {
		slog.Error("starting failed", slog.String("error", err.Error()))
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	s, err := settings.Load[settings.Authorize]()
	if err != nil {
		return err
	}
	cfg, err := awsconfig.Load(ctx)
	if err != nil {
		return err
	}
	db := tables.Client(cfg)
	instruments, books := tables.NewInstruments(db, s.InstrumentsTable), tables.NewLedger(db, s.LedgerTable)
	stage := authorize.Stage{
		Ledger: books, Receipts: books, Inbox: objects.NewGrants(objects.Client(cfg), s.InboxBucket, s.InboxKey), Keys: instruments, Now: time.Now,
	}
	nonces := challenge.Nonces{
		Mac: keys.NewMac(keys.Client(cfg), s.ChallengeKey), Used: tables.NewRequests(db, s.RequestsTable), Now: time.Now, Rand: rand.Reader,
	}
	prover := door.Prover{Instruments: instruments, Nonces: nonces}
	lambda.Start(gateway.Handler(door.Door{Log: journal.New(os.Stdout, "authorize"), Actions: map[string]door.Action{
		"GET /v1/challenge":  door.Anyone(nonces.New),
		"GET /v1/keys":       door.Anyone(stage.KeySet),
		"POST /v1/authorize": door.Enrolled(prover, stage.Authorize),
		"GET /v1/receipts":   door.Enrolled(prover, stage.List),
	}}))
	return nil
}
