package workflow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"proactive/shared/casework"
)

// Schedules is the schedule group of the reminders.
type Schedules struct {
	client   *scheduler.Client
	group    string
	role     string // ARN, assumed by the scheduler to invoke the function
	function string // ARN of functions/remind
}

// NewSchedules is the group of that name.
func NewSchedules(client *scheduler.Client, group, role, function string) *Schedules {
	return &Schedules{client: client, group: group, role: role, function: function}
}

// Remind schedules a reminder, once, at a time; the schedule deletes itself after it has
// fired. Its name is made of case and round: scheduling it again changes nothing, and
// the first time stays.
func (s *Schedules) Remind(ctx context.Context, r casework.Reminder, at time.Time) error {
	name := casework.ReminderName(r.Case, r.Round)
	input, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encoding reminder %s: %w", name, err)
	}
	_, err = s.client.CreateSchedule(ctx, &scheduler.CreateScheduleInput{
		Name: aws.String(name), GroupName: aws.String(s.group),
		// at() takes whole seconds, in UTC unless a zone is given.
		ScheduleExpression:    aws.String("at(" + at.UTC().Format("2006-01-02T15:04:05") + ")"),
		FlexibleTimeWindow:    &types.FlexibleTimeWindow{Mode: types.FlexibleTimeWindowModeOff},
		ActionAfterCompletion: types.ActionAfterCompletionDelete,
		Target:                &types.Target{Arn: aws.String(s.function), RoleArn: aws.String(s.role), Input: aws.String(string(input))},
	})
	if _, ok := errors.AsType[*types.ConflictException](err); ok {
		return nil
	}
	if err != nil {
		return fmt.Errorf("scheduling reminder %s: %w", name, err)
	}
	return nil
}

// Forget deletes a reminder that is no longer wanted. One that has fired or never was is
// forgotten already.
func (s *Schedules) Forget(ctx context.Context, r casework.Reminder) error {
	name := casework.ReminderName(r.Case, r.Round)
	_, err := s.client.DeleteSchedule(ctx, &scheduler.DeleteScheduleInput{Name: aws.String(name), GroupName: aws.String(s.group)})
	if _, ok := errors.AsType[*types.ResourceNotFoundException](err); ok {
		return nil
	}
	if err != nil {
		return fmt.Errorf("forgetting reminder %s: %w", name, err)
	}
	return nil
}
