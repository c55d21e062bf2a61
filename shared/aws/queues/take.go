package queues

import (
	"context"
	"fmt"
	"math"
	"time"

	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"proactive/shared/erase"
	"proactive/shared/handoff"
)

var (
	_ erase.Queue = (*Search)(nil)
	_ erase.Next  = (*Queue[handoff.Erase])(nil)
)

// SendAfter hands m on, at least once and not before the pause is over. SQS hides a
// message for 15 minutes at the most.
func (q *Queue[M]) SendAfter(ctx context.Context, m M, pause time.Duration) error {
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encoding a message: %w", err)
	}
	_, err = q.client.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: aws.String(q.url), MessageBody: aws.String(string(body)), DelaySeconds: int32(min(900, math.Ceil(pause.Seconds()))),
	})
	if err != nil {
		return fmt.Errorf("sending a message: %w", err)
	}
	return nil
}

// Search is a queue in which the messages of one instrument are looked for.
type Search struct {
	client *sqs.Client
	url    string
}

// NewSearch searches the queue of that URL.
func NewSearch(client *sqs.Client, url string) *Search { return &Search{client: client, url: url} }

// hidden is how long a message that was looked at stays hidden, in seconds, should we
// crash before it is let go: as long as we may run.
const hidden = 60

// Take implements erase.Queue. An empty queue, as nearly all are at nearly any time, is
// not received from.
func (s *Search) Take(ctx context.Context, mentions func(body string) bool) (int, error) {
	n, err := waiting(ctx, s.client, s.url)
	if err != nil || n == 0 {
		return 0, err
	}
	var others []types.Message
	taken := 0
	for {
		// Waiting a second asks all of SQS's servers, not a sample of them.
		out, err := s.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: aws.String(s.url), MaxNumberOfMessages: 10, VisibilityTimeout: hidden, WaitTimeSeconds: 1,
		})
		if err != nil {
			return taken, fmt.Errorf("receiving messages: %w", err)
		}
		if len(out.Messages) == 0 {
			break
		}
		for _, m := range out.Messages {
			if !mentions(aws.ToString(m.Body)) {
				others = append(others, m)
				continue
			}
			if _, err := s.client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: aws.String(s.url), ReceiptHandle: m.ReceiptHandle}); err != nil {
				return taken, fmt.Errorf("deleting a message: %w", err)
			}
			taken++
		}
	}
	for _, m := range others {
		_, err := s.client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: aws.String(s.url), ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: 0})
		if err != nil {
			return taken, fmt.Errorf("letting a message go: %w", err)
		}
	}
	return taken, nil
}
