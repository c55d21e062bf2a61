package queues

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"proactive/shared/erase"
	"proactive/shared/handoff"
)

var (
	_ erase.Queues = (*Search)(nil)
	_ erase.Next   = (*Queue[handoff.Erase])(nil)
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

// Search is queues in which the messages of one instrument are looked for, all at once.
type Search struct {
	client *sqs.Client
	urls   []string
	served bool
}

// NewDead searches dead-letter queues, whatever they say about how full they are.
func NewDead(client *sqs.Client, urls ...string) *Search { return &Search{client: client, urls: urls} }

// NewWork searches queues that a stage serves: only where something waits, for a look
// costs each message one of its deliveries.
func NewWork(client *sqs.Client, urls ...string) *Search {
	return &Search{client: client, urls: urls, served: true}
}

const (
	// hidden is how long a message that was looked at stays hidden, in seconds, should we
	// crash before it is let go: as long as we may run. In that time some 20,000 messages
	// can be looked at; a dead-letter queue with more is an operator's first concern.
	hidden = 60
	// batch is the most that SQS takes or gives in one call.
	batch = 10
	// most is how many messages of the instrument one search takes from a queue.
	most = 500
)

// Search implements erase.Queues.
func (s *Search) Search(ctx context.Context, mentions func(body string) bool) (erase.Found, error) {
	found, failed := make([]erase.Found, len(s.urls)), make([]error, len(s.urls))
	var all sync.WaitGroup
	for i, url := range s.urls {
		all.Go(func() { found[i], failed[i] = s.one(ctx, url, mentions) })
	}
	all.Wait()
	var sum erase.Found
	for _, f := range found {
		sum.Ours, sum.Hidden = append(sum.Ours, f.Ours...), sum.Hidden+f.Hidden
	}
	return sum, errors.Join(failed...)
}

// one searches one queue: it holds what it receives until nothing more comes, for what is
// let go would come again.
//
// SQS counts approximately: what was in flight a minute ago it knows, what was received
// just now perhaps. So that it is asked before, about others, and again while we hold all.
func (s *Search) one(ctx context.Context, url string, mentions func(body string) bool) (found erase.Found, err error) {
	before, err := count(ctx, s.client, url)
	if err != nil || s.served && before.visible == 0 {
		return found, err
	}
	var others []string
	unread := 0
	for len(found.Ours) < most {
		// Waiting a second asks all of SQS's servers, not a sample of them.
		out, err := s.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: aws.String(url), MaxNumberOfMessages: batch, VisibilityTimeout: hidden, WaitTimeSeconds: 1,
		})
		if err != nil {
			return found, fmt.Errorf("receiving messages: %w", err)
		}
		if tries, _ := retry.GetAttemptResults(out.ResultMetadata); len(tries.Results) > 1 {
			unread++ // a reply may be lost, and what was in it is hidden
		}
		if len(out.Messages) == 0 {
			break
		}
		for _, m := range out.Messages {
			if mentions(aws.ToString(m.Body)) {
				found.Ours = append(found.Ours, erase.Message{ID: aws.ToString(m.MessageId), Queue: url, Receipt: aws.ToString(m.ReceiptHandle)})
			} else {
				others = append(others, aws.ToString(m.ReceiptHandle))
			}
		}
	}
	found.Hidden = unread
	if !s.served {
		held, err := count(ctx, s.client, url)
		if err != nil {
			return found, err
		}
		found.Hidden = max(unread, before.inFlight, held.inFlight-len(found.Ours)-len(others))
	}
	return found, s.release(ctx, url, others)
}

// release lets messages go.
func (s *Search) release(ctx context.Context, url string, receipts []string) error {
	for some := range slices.Chunk(receipts, batch) {
		in := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: aws.String(url)}
		for i, receipt := range some {
			in.Entries = append(in.Entries, types.ChangeMessageVisibilityBatchRequestEntry{
				Id: aws.String(strconv.Itoa(i)), ReceiptHandle: aws.String(receipt), VisibilityTimeout: 0,
			})
		}
		out, err := s.client.ChangeMessageVisibilityBatch(ctx, in)
		if err == nil {
			err = refused(out.Failed) // the call succeeds though some of it failed
		}
		if err != nil {
			return fmt.Errorf("letting messages go: %w", err)
		}
	}
	return nil
}

// Delete implements erase.Queues.
func (s *Search) Delete(ctx context.Context, found []erase.Message) error {
	byQueue := map[string][]types.DeleteMessageBatchRequestEntry{}
	for i, m := range found {
		byQueue[m.Queue] = append(byQueue[m.Queue], types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: aws.String(m.Receipt)})
	}
	for url, all := range byQueue {
		for some := range slices.Chunk(all, batch) {
			out, err := s.client.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: aws.String(url), Entries: some})
			if err == nil {
				err = refused(out.Failed)
			}
			if err != nil {
				return fmt.Errorf("deleting messages: %w", err)
			}
		}
	}
	return nil
}

func refused(failed []types.BatchResultErrorEntry) error {
	if len(failed) == 0 {
		return nil
	}
	return fmt.Errorf("%d refused, the first with %s", len(failed), aws.ToString(failed[0].Code))
}
