// Command starter is on the findings table's stream: a finding that became active
// belongs to a case, and the case runs.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"proactive/shared/aws/awsconfig"
	"proactive/shared/aws/tables"
	"proactive/shared/aws/workflow"
	"proactive/shared/casework"
	"proactive/shared/health"
	"proactive/shared/settings"
)

func main() {
	if err := run(context.Background()); err != nil {
		slog.Error("starting failed", slog.String("error", err.Error()))
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	s, err := settings.Load[settings.Starter]()
	if err != nil {
		return err
	}
	cfg, err := awsconfig.Load(ctx)
	if err != nil {
		return err
	}
	db := tables.Client(cfg)
	starter := casework.Starter{
		Books: tables.NewCases(db, s.CasesTable), Instruments: tables.NewInstruments(db, s.InstrumentsTable),
		Workflow: workflow.NewMachine(sfn.NewFromConfig(cfg), s.StateMachine), Erasures: tables.NewTombstones(db, s.InstrumentsTable), Pace: s.Pace, Record: s.Predictions == "record", Now: time.Now,
	}
	lambda.Start(func(ctx context.Context, batch events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
		return tables.EachFinding(ctx, slog.Default(), batch, func(ctx context.Context, f health.Finding) error {
			result, err := starter.Run(ctx, f)
			if err == nil {
				slog.InfoContext(ctx, "finding placed", slog.String("finding", f.ID), slog.String("case", result.Case), slog.String("reason", string(result.Reason)))
			}
			return err
		}), nil
	})
	return nil
}
