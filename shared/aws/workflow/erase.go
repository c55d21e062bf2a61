package workflow

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"proactive/shared/casework"
	"proactive/shared/erase"
)

var (
	_ erase.Place = (*Executions)(nil)
	_ erase.Place = (*Reminders)(nil)
)

// Executions are the running executions of an instrument's cases. An execution has its
// case's id as its name.
type Executions struct {
	client  *sfn.Client
	machine string // ARN
}

// NewExecutions are those of the state machine of that ARN.
func NewExecutions(client *sfn.Client, machine string) *Executions {
	return &Executions{client: client, machine: machine}
}

func (e *Executions) arn(c erase.Case) *string {
	return aws.String(strings.Replace(e.machine, ":stateMachine:", ":execution:", 1) + ":" + c.ID)
}

func (e *Executions) running(ctx context.Context, c erase.Case) (bool, error) {
	out, err := e.client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{
		ExecutionArn: e.arn(c), IncludedData: types.IncludedDataMetadataOnly, // what it carries is no business of ours
	})
	if _, never := errors.AsType[*types.ExecutionDoesNotExist](err); never {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("looking at execution %s: %w", c.ID, err)
	}
	return out.Status == types.ExecutionStatusRunning, nil
}

// Find implements erase.Place.
func (e *Executions) Find(ctx context.Context, of erase.Scope) (int, error) {
	n := 0
	for _, c := range of.Cases {
		running, err := e.running(ctx, c)
		if err != nil {
			return 0, err
		}
		if running {
			n++
		}
	}
	return n, nil
}

// Erase implements erase.Place. What an execution has done stays in its history.
func (e *Executions) Erase(ctx context.Context, of erase.Scope) error {
	for _, c := range of.Cases {
		running, err := e.running(ctx, c)
		if err != nil {
			return err
		}
		if !running {
			continue
		}
		if _, err := e.client.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: e.arn(c)}); err != nil {
			return fmt.Errorf("stopping execution %s: %w", c.ID, err)
		}
	}
	return nil
}

// Reminders are the schedules that would remind labs of an instrument's cases.
type Reminders struct {
	client *scheduler.Client
	group  string
}

// NewReminders are those of the group of that name.
func NewReminders(client *scheduler.Client, group string) *Reminders {
	return &Reminders{client: client, group: group}
}

// Find implements erase.Place.
func (r *Reminders) Find(ctx context.Context, of erase.Scope) (n int, err error) {
	err = r.each(of, func(name *string) error {
		_, err := r.client.GetSchedule(ctx, &scheduler.GetScheduleInput{Name: name, GroupName: aws.String(r.group)})
		if err == nil {
			n++
		}
		return err
	})
	return n, err
}

// Erase implements erase.Place.
func (r *Reminders) Erase(ctx context.Context, of erase.Scope) error {
	return r.each(of, func(name *string) error {
		_, err := r.client.DeleteSchedule(ctx, &scheduler.DeleteScheduleInput{Name: name, GroupName: aws.String(r.group)})
		return err
	})
}

// each names the schedule of every round of every case, and of the round after, which may
// have been scheduled before the case's row says so.
func (r *Reminders) each(of erase.Scope, do func(name *string) error) error {
	for _, c := range of.Cases {
		for round := 1; round <= c.Rounds+1; round++ {
			name := casework.ReminderName(c.ID, round)
			err := do(aws.String(name))
			if _, gone := errors.AsType[*schedulertypes.ResourceNotFoundException](err); gone {
				continue
			}
			if err != nil {
				return fmt.Errorf("reminder %s: %w", name, err)
			}
		}
	}
	return nil
}
