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
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
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
	s, err := settings.Load[settings.Starter]()
	if err != nil {
		return err
	}
	cfg, err := awsconfig.Load(ctx)
	if err != nil {
		return err
	}
	db := dynamodb.NewFromConfig(cfg)
	starter := casework.Starter{
		Books: tables.NewCases(db, s.CasesTable), Instruments: tables.NewInstruments(db, s.InstrumentsTable),
		Workflow: workflow.NewMachine(sfn.NewFromConfig(cfg), s.StateMachine), Pace: s.Pace, Now: time.Now,
	}
	lambda.Start(func(ctx context.Context, batch events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
		return handle(ctx, starter, batch), nil
	})
	return nil
}

// handle answers with the records that failed; the stream is read again from the first
// of them. The others are done all the same: doing them again changes nothing.
func handle(ctx context.Context, starter casework.Starter, batch events.DynamoDBEvent) (answer events.DynamoDBEventResponse) {
	for _, record := range batch.Records {
		f, ok, err := tables.FindingOf(record)
		if err == nil && !ok {
			continue // a decision that changed no finding
		}
		var result casework.Result
		if err == nil {
			result, err = starter.Run(ctx, f)
		}
		if err != nil {
			slog.ErrorContext(ctx, "finding not placed", slog.String("finding", f.ID), slog.String("error", err.Error()))
			answer.BatchItemFailures = append(answer.BatchItemFailures, events.DynamoDBBatchItemFailure{ItemIdentifier: record.Change.SequenceNumber})
			continue
		}
		slog.InfoContext(ctx, "finding placed", slog.String("finding", f.ID), slog.String("case", result.Case), slog.String("reason", string(result.Reason)))
	}
	return answer
}
