// Command notify tells people of a case: the only function that reads people, sends mail.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"
	_ "time/tzdata" // the sites' zones: the runtime has none

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
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
	lambda.Start(notice.Logged(steps(cfg, s)))
	return nil
}

func steps(cfg aws.Config, s settings.Notify) notice.Steps {
	db, topic := tables.Client(cfg), topics.New(sns.NewFromConfig(cfg), s.SupportTopic)
	return notice.Steps{
		Cases: tables.NewCases(db, s.CasesTable), Findings: tables.NewFindings(db, s.FindingsTable),
		Instruments: tables.NewInstruments(db, s.InstrumentsTable), People: tables.NewPeople(db, s.PeopleTable),
		Archive: objects.NewNotices(objects.Client(cfg), s.NoticesBucket, s.NoticesKey),
		Mail:    mail.New(cfg), Topic: topic, Sender: s.Sender, BaseURL: s.BaseURL, Now: time.Now,
		Reminders: workflow.NewSchedules(scheduler.NewFromConfig(cfg), s.ScheduleGroup, s.ReminderRole, s.ReminderFunction),
		Answer:    workflow.NewAnswers(sfn.NewFromConfig(cfg)), Mac: keys.NewMac(keys.Client(cfg), s.LinkKey),
	}
}
