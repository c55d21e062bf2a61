// Package queues is the SQS queues between the stages.
package queues

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"proactive/shared/handoff"
	"proactive/shared/reconcile"
	"proactive/shared/scrub"
	"proactive/shared/validate"
)

var (
	_ validate.Next = (*Queue[handoff.Validated])(nil)
	_ scrub.Next    = (*Queue[handoff.Stored])(nil)

	_ reconcile.Queue[reconcile.Arrival] = (*Queue[reconcile.Arrival])(nil)
	_ reconcile.Queue[handoff.Stored]    = (*Queue[handoff.Stored])(nil)
)

// Queue hands messages of one type on.
type Queue[M any] struct {
	client *sqs.Client
	url    string
}

// New is the queue of that URL.
func New[M any](client *sqs.Client, url string) *Queue[M] { return &Queue[M]{client: client, url: url} }

// Send hands m on, at least once.
func (q *Queue[M]) Send(ctx context.Context, m M) error {
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encoding a message: %w", err)
	}
	if _, err := q.client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(q.url), MessageBody: aws.String(string(body))}); err != nil {
		return fmt.Errorf("sending a message: %w", err)
	}
	return nil
}

// Waiting is about how many messages are on the queue, under way or not.
func (q *Queue[M]) Waiting(ctx context.Context) (int, error) { return waiting(ctx, q.client, q.url) }

// Each handles the messages of a delivery one by one and answers with those that failed
// (Lambda developer guide, "Partial batch responses"): the others leave the queue, these
// come again and end in the dead-letter queue, for a person.
func Each(ctx context.Context, log *slog.Logger, delivery events.SQSEvent, handle func(ctx context.Context, body []byte) error) events.SQSEventResponse {
	// Never null on the wire: the emulator takes only a list.
	answer := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	for _, m := range delivery.Records {
		if err := handle(ctx, []byte(m.Body)); err != nil {
			log.ErrorContext(ctx, "message failed", slog.String("message", m.MessageId), slog.String("error", err.Error()))
			answer.BatchItemFailures = append(answer.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
		}
	}
	return answer
}

// Decode reads a message of another stage's.
func Decode[M any](body []byte) (M, error) {
	var m M
	if err := json.Unmarshal(body, &m); err != nil {
		return m, fmt.Errorf("decoding a message: %w", err)
	}
	return m, nil
}

// Decoded is a handler of messages of one type, for Each.
func Decoded[M any](handle func(ctx context.Context, m M) error) func(ctx context.Context, body []byte) error {
	return func(ctx context.Context, body []byte) error {
		m, err := Decode[M](body)
		if err != nil {
			return err
		}
		return handle(ctx, m)
	}
}
