// Command score turns clean batches into features and findings.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"proactive/shared/aws/awsconfig"
	"proactive/shared/aws/objects"
	"proactive/shared/aws/queues"
	"proactive/shared/aws/tables"
	"proactive/shared/catalog"
	"proactive/shared/handoff"
	"proactive/shared/predict"
	"proactive/shared/score"
	"proactive/shared/settings"
)

func main() {
	if err := run(context.Background()); err != nil {
		slog.Error("starting failed", slog.String("error", err.Error()))
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	s, err := settings.Load[settings.Score]()
	if err != nil {
		return err
	}
	cfg, err := awsconfig.Load(ctx)
	if err != nil {
		return err
	}
	db := tables.Client(cfg)
	models, err := predict.InUse(s.Models)
	if err != nil {
		return err
	}
	fields, err := catalog.Load()
	if err != nil {
		return err
	}
	stage := score.Stage{
		Clean: objects.NewClean(objects.Client(cfg)), Health: tables.NewHealth(db, s.HealthTable), Cohorts: tables.NewCohorts(db, s.HealthTable, s.FindingsTable),
		Findings: tables.NewFindings(db, s.FindingsTable), Erasures: tables.NewTombstones(db, s.InstrumentsTable),
		Models: models, Catalog: fields.Hash(),
	}
	handle := func(ctx context.Context, body []byte) error {
		m, err := queues.Decode[handoff.Stored](body)
		if err != nil {
			return err
		}
		result, err := stage.Run(ctx, m)
		for _, d := range result.Decisions {
			slog.InfoContext(ctx, "finding decided", slog.String("batch", m.Batch), slog.String("finding", d.Finding.ID), slog.String("rule", d.Finding.Rule), slog.String("reason", string(d.Reason)))
		}
		slog.InfoContext(ctx, "batch scored", slog.String("batch", m.Batch), slog.String("instrument", m.Instrument), slog.String("reason", string(result.Reason)), slog.Bool("ok", err == nil))
		return err
	}
	lambda.Start(func(ctx context.Context, delivery events.SQSEvent) (events.SQSEventResponse, error) {
		return queues.Each(ctx, slog.Default(), delivery, handle), nil
	})
	return nil
}
