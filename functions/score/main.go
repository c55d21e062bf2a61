// Command score turns clean batches into features and findings.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"proactive/shared/aws/awsconfig"
	"proactive/shared/aws/objects"
	"proactive/shared/aws/tables"
	"proactive/shared/handoff"
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
	db := dynamodb.NewFromConfig(cfg)
	stage := score.Stage{
		Clean: objects.NewClean(s3.NewFromConfig(cfg)), Health: tables.NewHealth(db, s.HealthTable),
		Findings: tables.NewFindings(db, s.FindingsTable),
	}
	lambda.Start(func(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
		return handle(ctx, stage, batch), nil
	})
	return nil
}

// handle answers with the messages that failed, so that the others leave the queue.
func handle(ctx context.Context, stage score.Stage, batch events.SQSEvent) (answer events.SQSEventResponse) {
	for _, message := range batch.Records {
		var m handoff.Stored
		err := json.Unmarshal([]byte(message.Body), &m)
		if err != nil {
			err = fmt.Errorf("decoding message: %w", err)
		}
		var result score.Result
		if err == nil {
			result, err = stage.Run(ctx, m)
		}
		if err != nil {
			slog.ErrorContext(ctx, "batch not scored", slog.String("batch", m.Batch), slog.String("error", err.Error()))
			answer.BatchItemFailures = append(answer.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
			continue
		}
		for _, d := range result.Decisions {
			slog.InfoContext(ctx, "finding decided", slog.String("batch", m.Batch), slog.String("finding", d.Finding.ID), slog.String("rule", d.Finding.Rule), slog.String("reason", string(d.Reason)))
		}
		slog.InfoContext(ctx, "batch scored", slog.String("batch", m.Batch), slog.String("instrument", m.Instrument), slog.String("reason", string(result.Reason)))
	}
	return answer
}
