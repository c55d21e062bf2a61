// Command notify takes the steps of a case that tell someone. It is the only function
// that reads people and sends mail.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"
	_ "time/tzdata" // the sites' zones: the runtime has none

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"proactive/shared/aws/awsconfig"
	"proactive/shared/aws/keys"
	"proactive/shared/aws/mail"
	"proactive/shared/aws/objects"
	"proactive/shared/aws/tables"
	"proactive/shared/aws/topics"
	"proactive/shared/aws/workflow"
	"proactive/shared/journal"
	"proactive/shared/notice"
	"proactive/shared/settings"
)

func main() {
	slog.SetDefault(journal.New(os.Stdout, "notify"))
	if err := run(context.Background()); err != nil {
		slog.Error("starting failed", slog.String("error", err.Error()))
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	s, err := settings.Load[settings.Notify]()
	if err != nil {
		return err
	}
	cfg, err := awsconfig.Load(ctx)
	if err != nil {
		return err
	}
	db := tables.Client(cfg)
	lambda.Start(notice.Logged(notice.Steps{
		Cases: tables.NewCases(db, s.CasesTable), Findings: tables.NewFindings(db, s.FindingsTable),
		Instruments: tables.NewInstruments(db, s.InstrumentsTable), People: tables.NewPeople(db, s.PeopleTable),
		Archive: objects.NewNotices(objects.Client(cfg), s.NoticesBucket, s.NoticesKey),
		Mail:    mail.New(cfg), Topic: topics.New(sns.NewFromConfig(cfg), s.SupportTopic),
		Reminders: workflow.NewSchedules(scheduler.NewFromConfig(cfg), s.ScheduleGroup, s.ReminderRole, s.ReminderFunction),
		Answer:    workflow.NewAnswers(sfn.NewFromConfig(cfg)), Mac: keys.NewMac(kms.NewFromConfig(cfg), s.LinkKey),
		Sender: s.Sender, BaseURL: s.BaseURL, Now: time.Now,
	}))
	return nil
}
