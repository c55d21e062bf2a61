package queues

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"proactive/shared/reconcile"
	"proactive/shared/validate"
)

var (
	_ reconcile.Letters = (*Redrive)(nil)
	_ reconcile.Letters = (*Undelivered)(nil)
)

// load is about how many messages are on a queue: to be had, in somebody's hand, or
// delayed.
type load struct{ visible, inFlight, delayed int }

func count(ctx context.Context, client *sqs.Client, url string) (l load, err error) {
	into := map[types.QueueAttributeName]*int{
		types.QueueAttributeNameApproximateNumberOfMessages: &l.visible, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible: &l.inFlight,
		types.QueueAttributeNameApproximateNumberOfMessagesDelayed: &l.delayed,
	}
	out, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: aws.String(url), AttributeNames: slices.Collect(maps.Keys(into))})
	if err != nil {
		return l, fmt.Errorf("counting messages: %w", err)
	}
	for name, n := range into {
		if *n, err = strconv.Atoi(out.Attributes[string(name)]); err != nil {
			return l, fmt.Errorf("counting messages: %s is no number", name)
		}
	}
	return l, nil
}

// waiting is how many there are in all.
func waiting(ctx context.Context, client *sqs.Client, url string) (int, error) {
	l, err := count(ctx, client, url)
	return l.visible + l.inFlight + l.delayed, err
}

// Redrive is a queue and where its messages go that failed too often, as the operator
// sends them back.
type Redrive struct {
	client     *sqs.Client
	live, dead string // URLs
	arn        string // of dead
}

// NewRedrive finds the dead letters of a queue by the queue's own redrive policy.
func NewRedrive(ctx context.Context, client *sqs.Client, live string) (*Redrive, error) {
	out, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: aws.String(live), AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameRedrivePolicy},
	})
	if err != nil {
		return nil, fmt.Errorf("finding the dead letters of a queue: %w", err)
	}
	var policy struct {
		Target string `json:"deadLetterTargetArn"`
	}
	if err := json.Unmarshal([]byte(out.Attributes["RedrivePolicy"]), &policy); err != nil || policy.Target == "" {
		return nil, errors.New("finding the dead letters of a queue: it has none")
	}
	name := policy.Target[strings.LastIndex(policy.Target, ":")+1:]
	url, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String(name)})
	if err != nil {
		return nil, fmt.Errorf("finding the dead letters of a queue: %w", err)
	}
	return &Redrive{client: client, live: live, dead: aws.ToString(url.QueueUrl), arn: policy.Target}, nil
}

// Waiting counts both queues.
func (r *Redrive) Waiting(ctx context.Context) (live, dead int, err error) {
	if live, err = waiting(ctx, r.client, r.live); err != nil {
		return 0, 0, err
	}
	dead, err = waiting(ctx, r.client, r.dead)
	return live, dead, err
}

// Start begins to send every dead letter back. SQS does it by itself where it can; the
// task is then on its way. Where it cannot, it is done when Start returns.
func (r *Redrive) Start(ctx context.Context) error {
	_, err := r.client.StartMessageMoveTask(ctx, &sqs.StartMessageMoveTaskInput{SourceArn: aws.String(r.arn)})
	if e, ok := errors.AsType[smithy.APIError](err); ok && notServed[e.ErrorCode()] {
		return r.byHand(ctx)
	}
	if err != nil {
		return fmt.Errorf("sending dead letters back: %w", err)
	}
	return nil
}

// notServed are the ways in which an endpoint says that it has no such call.
var notServed = map[string]bool{"InvalidAction": true, "UnknownOperationException": true, "AWS.SimpleQueueService.UnsupportedOperation": true, "NotImplemented": true}

// byHand moves letters one by one: received, sent, and only then deleted. If we crash
// after the sending the letter is there twice, and every stage takes that; the other way
// round it would be lost.
func (r *Redrive) byHand(ctx context.Context) error {
	return Drain(ctx, r.client, r.dead, func(ctx context.Context, body string) (bool, error) {
		_, err := r.client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(r.live), MessageBody: aws.String(body)})
		return err == nil, err
	})
}

// Drain hands over every message of a queue and deletes those that were taken. It ends
// when no message is to be had, of any of SQS's servers; what was not taken is on the
// queue again after a minute.
func Drain(ctx context.Context, client *sqs.Client, url string, take func(ctx context.Context, body string) (bool, error)) error {
	for {
		out, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String(url), MaxNumberOfMessages: batch, VisibilityTimeout: 60, WaitTimeSeconds: 1})
		if err != nil {
			return fmt.Errorf("receiving dead letters: %w", err)
		}
		if len(out.Messages) == 0 {
			return nil
		}
		for _, m := range out.Messages {
			taken, err := take(ctx, aws.ToString(m.Body))
			if err != nil {
				return fmt.Errorf("sending a dead letter back: %w", err)
			}
			if !taken {
				continue
			}
			if _, err := client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: aws.String(url), ReceiptHandle: m.ReceiptHandle}); err != nil {
				return fmt.Errorf("deleting a dead letter that was sent back: %w", err)
			}
		}
	}
}

// Undelivered is the queue of what could not be delivered at all. Only arrivals can be
// sent on from there: a stretch of a stream and a reminder are for a person, and stay.
type Undelivered struct {
	client         *sqs.Client
	dead, validate string // URLs
}

// NewUndelivered sends arrivals on to the queue of validate.
func NewUndelivered(client *sqs.Client, dead, validate string) *Undelivered {
	return &Undelivered{client: client, dead: dead, validate: validate}
}

// Waiting implements reconcile.Letters. What stays has no queue of its own to wait on.
func (u *Undelivered) Waiting(ctx context.Context) (live, dead int, err error) {
	dead, err = waiting(ctx, u.client, u.dead)
	return 0, dead, err
}

// Start implements reconcile.Letters.
func (u *Undelivered) Start(ctx context.Context) error {
	return Drain(ctx, u.client, u.dead, func(ctx context.Context, body string) (bool, error) {
		if _, err := validate.ParseArrival([]byte(body)); err != nil {
			return false, nil //nolint:nilerr // no arrival: it stays
		}
		_, err := u.client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(u.validate), MessageBody: aws.String(body)})
		return err == nil, err
	})
}

// Client is an SQS client.
func Client(cfg aws.Config) *sqs.Client { return sqs.NewFromConfig(cfg) }
