// Command casework takes the steps of a case that are not notices: diagnose, verify,
// close.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"proactive/shared/aws/awsconfig"
	"proactive/shared/aws/events"
	"proactive/shared/aws/tables"
	"proactive/shared/casework"
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
	s, err := settings.Load[settings.Casework]()
	if err != nil {
		return err
	}
	cfg, err := awsconfig.Load(ctx)
	if err != nil {
		return err
	}
	db := tables.Client(cfg)
	steps := casework.Steps{
		Books: tables.NewCases(db, s.CasesTable), Findings: tables.NewFindings(db, s.FindingsTable),
		Health: tables.NewHealth(db, s.HealthTable), Judge: score.Judge,
		Bus: events.NewBus(eventbridge.NewFromConfig(cfg), s.EventBus), Now: time.Now,
	}
	lambda.Start(func(ctx context.Context, call casework.Call) (any, error) {
		answer, err := steps.Run(ctx, call)
		if err != nil {
			slog.ErrorContext(ctx, "step failed", slog.String("case", call.Input.Case), slog.String("step", string(call.Step)), slog.String("error", err.Error()))
			return nil, err
		}
		slog.InfoContext(ctx, "step taken", slog.String("case", call.Input.Case), slog.String("step", string(call.Step)), slog.Any("answer", answer))
		return answer, nil
	})
	return nil
}
