// Package workflow is Step Functions and EventBridge Scheduler: it starts cases, answers
// those that wait, and reminds those that nobody answers.
package workflow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"proactive/shared/casework"
)

var (
	_ casework.Workflow = (*Machine)(nil)
	_ casework.Answerer = (*Answers)(nil)
)

// Machine is the case state machine.
type Machine struct {
	client *sfn.Client
	arn    string
}

// NewMachine is the state machine of that ARN.
func NewMachine(client *sfn.Client, arn string) *Machine { return &Machine{client: client, arn: arn} }

// Start implements casework.Workflow. The execution's name is the case id, so that AWS
// itself refuses a second one: while the first runs, and for 90 days after.
func (m *Machine) Start(ctx context.Context, in casework.Input) error {
	input, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("encoding the input of case %s: %w", in.Case, err)
	}
	_, err = m.client.StartExecution(ctx, &sfn.StartExecutionInput{
		StateMachineArn: aws.String(m.arn), Name: aws.String(in.Case), Input: aws.String(string(input)),
	})
	if _, ok := errors.AsType[*types.ExecutionAlreadyExists](err); ok {
		return fmt.Errorf("starting execution %s: %w", in.Case, casework.ErrExecutionExists)
	}
	if err != nil {
		return fmt.Errorf("starting execution %s: %w", in.Case, err)
	}
	return nil
}

// Answers hands answers to executions that wait.
type Answers struct{ client *sfn.Client }

// NewAnswers answers through client.
func NewAnswers(client *sfn.Client) *Answers { return &Answers{client: client} }

// Answer implements casework.Answerer. The token never stands in an error.
func (a *Answers) Answer(ctx context.Context, token string, answer casework.OfferAnswer) error {
	output, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("encoding an answer: %w", err)
	}
	_, err = a.client.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: aws.String(token), Output: aws.String(string(output))})
	if nobodyWaits(err) {
		return fmt.Errorf("answering: %w", casework.ErrNobodyWaits)
	}
	if err != nil {
		return fmt.Errorf("answering: %w", err)
	}
	return nil
}

func nobodyWaits(err error) bool {
	if _, ok := errors.AsType[*types.TaskTimedOut](err); ok {
		return true
	}
	if _, ok := errors.AsType[*types.TaskDoesNotExist](err); ok {
		return true
	}
	_, ok := errors.AsType[*types.InvalidToken](err)
	return ok
}
