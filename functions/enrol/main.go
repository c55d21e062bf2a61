// Command enrol lets instruments in by their one-time codes, keeps their consent, and takes
// their requests to be erased, or to be given what is held of them.
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
	"proactive/shared/aws/objects"
	"proactive/shared/aws/queues"
	"proactive/shared/aws/tables"
	"proactive/shared/challenge"
	"proactive/shared/door"
	"proactive/shared/enrol"
	"proactive/shared/erase"
	"proactive/shared/export"
	"proactive/shared/handoff"
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
	instruments, tombstones := tables.NewInstruments(db, s.InstrumentsTable), tables.NewTombstones(db, s.InstrumentsTable)
	stage := enrol.Stage{Deployment: s.Deployment, Codes: instruments, Keys: instruments, Consents: instruments, Now: time.Now}
	queue, exports := queues.Client(cfg), objects.NewExports(objects.Client(cfg), s.DossiersBucket, s.DossiersKey)
	desk := erase.Desk{Tombstones: tombstones, Next: queues.New[handoff.Erase](queue, s.EraseQueue), Now: time.Now}
	copies := export.Desk{Exports: exports, Links: exports, Next: queues.New[handoff.Export](queue, s.ExportQueue), Now: time.Now}
	nonces := challenge.Nonces{
		Mac: keys.NewMac(keys.Client(cfg), s.ChallengeKey), Used: tables.NewRequests(db, s.RequestsTable), Now: time.Now, Rand: rand.Reader,
	}
	// An instrument that is being erased is revoked, and in the end unknown: only its
	// tombstone has its key.
	prover, erased := door.Prover{Instruments: instruments, Nonces: nonces}, door.Prover{Instruments: tombstones, Nonces: nonces}
	lambda.Start(gateway.Handler(door.Door{Log: journal.New(os.Stdout, "enrol"), Actions: map[string]door.Action{
		"POST /v1/enrol":   door.Enrolling(prover, stage.Known, stage.Enrol),
		"POST /v1/consent": door.Enrolled(prover, stage.Consent),
		"POST /v1/erasure": door.Enrolled(erased, desk.Ask),
		"GET /v1/erasure":  door.Enrolled(erased, desk.Standing),
		"POST /v1/export":  door.Enrolled(prover, copies.Ask),
		"GET /v1/export":   door.Enrolled(prover, copies.Part),
	}}))
	return nil
}
