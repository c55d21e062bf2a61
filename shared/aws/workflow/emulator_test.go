package workflow_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"proactive/infra/local"
	"proactive/shared/aws/events"
	"proactive/shared/aws/workflow"
	"proactive/shared/casework"
	"proactive/shared/pipelinetest/emulated"
)

func config(e *local.Emulator) aws.Config {
	return aws.Config{
		BaseEndpoint: aws.String(e.Endpoint()), Region: local.Region,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
}

func TestWorkflowOnTheEmulator(t *testing.T) {
	cfg := config(emulated.Start(t))
	ctx := t.Context()

	t.Run("a case is started once", func(t *testing.T) {
		client := sfn.NewFromConfig(cfg)
		made, err := client.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{
			Name: aws.String("case"), RoleArn: aws.String("arn:aws:iam::" + local.Account + ":role/case"),
			Definition: aws.String(`{"StartAt":"Wait","States":{"Wait":{"Type":"Wait","Seconds":60,"End":true}}}`),
		})
		if err != nil {
			t.Fatal(err)
		}
		machine := workflow.NewMachine(client, aws.ToString(made.StateMachineArn))
		in := casework.Input{Case: casework.ID("i-1", "pump", 1), Ordinal: 1}
		if err := machine.Start(ctx, in); err != nil {
			t.Fatal(err)
		}
		// AWS answers nil to the same input while it runs, the emulator does not.
		if err := machine.Start(ctx, in); err != nil && !errors.Is(err, casework.ErrExecutionExists) {
			t.Error(err)
		}
		in.Finding = "f-other"
		if err := machine.Start(ctx, in); !errors.Is(err, casework.ErrExecutionExists) {
			t.Errorf("another input under the same name: %v", err)
		}
	})

	t.Run("nobody waits", func(t *testing.T) {
		const token = "a-token-that-nobody-gave"
		err := workflow.NewAnswers(sfn.NewFromConfig(cfg)).Answer(ctx, token, casework.OfferAnswer{Answer: casework.AnswerRemind, Round: 1})
		if !errors.Is(err, casework.ErrNobodyWaits) || strings.Contains(err.Error(), token) {
			t.Errorf("%v", err)
		}
	})

	t.Run("a reminder is scheduled once and forgotten once", func(t *testing.T) {
		client := scheduler.NewFromConfig(cfg)
		if _, err := client.CreateScheduleGroup(ctx, &scheduler.CreateScheduleGroupInput{Name: aws.String("reminders")}); err != nil {
			t.Fatal(err)
		}
		s := workflow.NewSchedules(client, "reminders", "arn:aws:iam::"+local.Account+":role/remind", "arn:aws:lambda:"+local.Region+":"+local.Account+":function:remind")
		r := casework.Reminder{Case: casework.ID("i-1", "pump", 1), Round: 1}
		at := time.Now().Add(time.Hour)
		for range 2 {
			if err := s.Remind(ctx, r, at); err != nil {
				t.Error(err)
			}
			at = at.Add(time.Hour)
		}
		for range 2 {
			if err := s.Forget(ctx, r); err != nil {
				t.Error(err)
			}
		}
	})

	t.Run("an event that the bus refuses is an error", func(t *testing.T) {
		client := eventbridge.NewFromConfig(cfg)
		if _, err := client.CreateEventBus(ctx, &eventbridge.CreateEventBusInput{Name: aws.String("domain")}); err != nil {
			t.Fatal(err)
		}
		e := casework.Event{SpecVersion: "1.0", ID: "c-1/opened", Source: casework.EventSource, Type: casework.EventOpened, Time: time.Now()}
		if err := events.NewBus(client, "domain").Publish(ctx, e); err != nil {
			t.Error(err)
		}
	})
}
