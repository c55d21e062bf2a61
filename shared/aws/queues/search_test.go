package queues

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"proactive/shared/erase"
)

const ours = "ours"

// search looks for what is ours, and asserts how much there is and how much is hidden.
func search(t *testing.T, s *Search, wantOurs, wantHidden int) erase.Found {
	t.Helper()
	found, err := s.Search(t.Context(), func(body string) bool { return strings.HasPrefix(body, ours) })
	if err != nil || len(found.Ours) != wantOurs || found.Hidden != wantHidden {
		t.Fatalf("found %d and %d hidden (%v), want %d and %d", len(found.Ours), found.Hidden, err, wantOurs, wantHidden)
	}
	return found
}

func loaded(t *testing.T, client *sqs.Client, url string, want load) {
	t.Helper()
	if got, err := count(t.Context(), client, url); err != nil || got != want {
		t.Errorf("on the queue are %+v (%v), want %+v", got, err, want)
	}
}

// take has a message in hand, as an operator does who looks at it. The queue must hold no
// other.
func take(t *testing.T, client *sqs.Client, url string) (receipt *string) {
	t.Helper()
	out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(url), VisibilityTimeout: 3600})
	if err != nil || len(out.Messages) != 1 {
		t.Fatalf("received %+v, %v", out, err)
	}
	return out.Messages[0].ReceiptHandle
}

// What is in somebody's hand is missed by nobody who searches dead letters, all others are
// where they were, and what was found is counted by the same id until it is deleted.
func TestDeadLettersAreSearched(t *testing.T) {
	t.Parallel()
	client := emulatedSQS(t)
	one, two := newQueue(t, client, "one-dead", nil), newQueue(t, client, "two-dead", nil)
	s := NewDead(client, one, two)
	search(t, s, 0, 0)

	put(t, client, one, ours)
	inHand := take(t, client, one)
	for n := range 23 {
		put(t, client, one, strconv.Itoa(n))
	}
	put(t, client, one, ours+" too")
	put(t, client, two, ours+", elsewhere")
	first := search(t, s, 2, 1)
	loaded(t, client, one, load{visible: 23, inFlight: 2})
	search(t, s, 0, 3) // nobody else sees them meanwhile, and all know that they are there
	if err := s.Delete(t.Context(), first.Ours); err != nil {
		t.Fatal(err)
	}
	loaded(t, client, one, load{visible: 23, inFlight: 1})
	loaded(t, client, two, load{})

	if _, err := client.ChangeMessageVisibility(t.Context(), &sqs.ChangeMessageVisibilityInput{QueueUrl: aws.String(one), ReceiptHandle: inHand, VisibilityTimeout: 0}); err != nil {
		t.Fatal(err)
	}
	last := search(t, s, 1, 0)
	if slices.ContainsFunc(first.Ours, func(m erase.Message) bool { return m.ID == last.Ours[0].ID }) {
		t.Error("two messages of one id")
	}
	if _, err := client.ChangeMessageVisibility(t.Context(), &sqs.ChangeMessageVisibilityInput{QueueUrl: aws.String(one), ReceiptHandle: aws.String(last.Ours[0].Receipt), VisibilityTimeout: 0}); err != nil {
		t.Fatal(err)
	}
	again := search(t, s, 1, 0)
	if again.Ours[0].ID != last.Ours[0].ID {
		t.Error("a message that comes again has another id")
	}
	if err := s.Delete(t.Context(), last.Ours); err == nil {
		t.Error("deleted by a receipt of before")
	}
	if err := s.Delete(t.Context(), again.Ours); err != nil {
		t.Fatal(err)
	}
	search(t, s, 0, 0)
	loaded(t, client, one, load{visible: 23})
}

// A queue that a stage serves is looked through only where something waits, and what the
// stage has in hand is the stage's.
func TestWorkIsSearched(t *testing.T) {
	t.Parallel()
	client := emulatedSQS(t)
	idle, busy := newQueue(t, client, "idle", nil), newQueue(t, client, "busy", nil)
	s := NewWork(client, idle, busy)
	put(t, client, idle, ours)
	take(t, client, idle)
	put(t, client, busy, "another's", ours)
	found := search(t, s, 1, 0)
	if err := s.Delete(t.Context(), found.Ours); err != nil {
		t.Fatal(err)
	}
	loaded(t, client, idle, load{inFlight: 1})
	loaded(t, client, busy, load{visible: 1})
}
