// Command slot is the page on which a lab picks a visit.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"
	_ "time/tzdata" // the sites' zones: the runtime has none

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"proactive/shared/aws/awsconfig"
	"proactive/shared/aws/gateway"
	"proactive/shared/aws/tables"
	"proactive/shared/aws/workflow"
	"proactive/shared/journal"
	"proactive/shared/settings"
	"proactive/shared/slot"
)

func main() {
	slog.SetDefault(journal.New(os.Stdout, "slot"))
	if err := run(context.Background()); err != nil {
		slog.Error("starting failed", slog.String("error", err.Error()))
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	s, err := settings.Load[settings.Slot]()
	if err != nil {
		return err
	}
	cfg, err := awsconfig.Load(ctx)
	if err != nil {
		return err
	}
	lambda.Start(gateway.Page(slot.Page{
		Cases: tables.NewCases(tables.Client(cfg), s.CasesTable), Answer: workflow.NewAnswers(sfn.NewFromConfig(cfg)), Now: time.Now,
	}))
	return nil
}
