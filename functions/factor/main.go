// Command factor is on the findings table's stream: support is told of what many
// instruments share, once.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"proactive/shared/aws/awsconfig"
	"proactive/shared/aws/mail"
	"proactive/shared/aws/objects"
	"proactive/shared/aws/tables"
	"proactive/shared/aws/topics"
	"proactive/shared/health"
	"proactive/shared/journal"
	"proactive/shared/notice"
	"proactive/shared/settings"
)

var (
	_ notice.Factors = (*tables.Factors)(nil)
	_ notice.Ours    = (*tables.People)(nil)
)

func main() {
	slog.SetDefault(journal.New(os.Stdout, "factor"))
	if err := run(context.Background()); err != nil {
		slog.Error("starting failed", slog.String("error", err.Error()))
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	s, err := settings.Load[settings.Factor]()
	if err != nil {
		return err
	}
	cfg, err := awsconfig.Load(ctx)
	if err != nil {
		return err
	}
	db := tables.Client(cfg)
	steps := notice.FactorSteps{
		Factors: tables.NewFactors(db, s.FindingsTable), Ours: tables.NewPeople(db, s.PeopleTable),
		Archive: objects.NewNotices(objects.Client(cfg), s.NoticesBucket, s.NoticesKey),
		Mail:    mail.New(cfg), Topic: topics.New(sns.NewFromConfig(cfg), s.SupportTopic), Sender: s.Sender, Now: time.Now,
	}
	lambda.Start(func(ctx context.Context, batch events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
		return tables.EachFactor(ctx, slog.Default(), batch, func(ctx context.Context, f health.Factor) error {
			_, err := steps.Run(ctx, f)
			return err
		}), nil
	})
	return nil
}
