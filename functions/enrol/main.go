// Command enrol lets instruments in by their one-time codes and keeps their consent.
package main

import (
	"context"
	"crypto/rand"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"proactive/shared/aws/awsconfig"
	"proactive/shared/aws/gateway"
	"proactive/shared/aws/keys"
	"proactive/shared/aws/tables"
	"proactive/shared/challenge"
	"proactive/shared/door"
	"proactive/shared/enrol"
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
	s, err := settings.Load[settings.Enrol]()
	if err != nil {
		return err
	}
	cfg, err := awsconfig.Load(ctx)
	if err != nil {
		return err
	}
	db := tables.Client(cfg)
	instruments := tables.NewInstruments(db, s.InstrumentsTable)
	stage := enrol.Stage{Deployment: s.Deployment, Codes: instruments, Keys: instruments, Consents: instruments, Now: time.Now}
	prover := door.Prover{Instruments: instruments, Nonces: challenge.Nonces{
		Mac: keys.NewMac(keys.Client(cfg), s.ChallengeKey), Used: tables.NewRequests(db, s.RequestsTable), Now: time.Now, Rand: rand.Reader,
	}}
	lambda.Start(gateway.Handler(door.Door{Log: journal.New(os.Stdout, "enrol"), Actions: map[string]door.Action{
		"POST /v1/enrol":   door.Enrolling(prover, stage.Known, stage.Enrol),
		"POST /v1/consent": door.Enrolled(prover, stage.Consent),
	}}))
	return nil
}
