// Command remind is what EventBridge Scheduler calls when an offer was not answered in
// time: it wakes the waiting case.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"proactive/shared/aws/awsconfig"
	"proactive/shared/aws/tables"
	"proactive/shared/aws/workflow"
	"proactive/shared/casework"
	"proactive/shared/settings"
)

func main() {
	if err := run(context.Background()); err != nil {
		slog.Error("starting failed", slog.String("error", err.Error()))
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	s, err := settings.Load[settings.Remind]()
	if err != nil {
		return err
	}
	cfg, err := awsconfig.Load(ctx)
	if err != nil {
		return err
	}
	cases := tables.NewCases(tables.Client(cfg), s.CasesTable)
	reminders := casework.Reminders{Store: cases, Links: cases, Answer: workflow.NewAnswers(sfn.NewFromConfig(cfg))}
	lambda.Start(func(ctx context.Context, m casework.Reminder) error {
		reason, err := reminders.Run(ctx, m)
		if err != nil {
			slog.ErrorContext(ctx, "reminder failed", slog.String("case", m.Case), slog.Int("round", m.Round), slog.String("error", err.Error()))
			return err
		}
		slog.InfoContext(ctx, "reminder handled", slog.String("case", m.Case), slog.Int("round", m.Round), slog.String("reason", string(reason)))
		return nil
	})
	return nil
}
