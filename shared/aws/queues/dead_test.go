package queues

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"proactive/infra/local"
	"proactive/shared/handoff"
	"proactive/shared/pipelinetest/emulated"
)

func emulatedSQS(t *testing.T) *sqs.Client {
	t.Helper()
	return sqs.New(sqs.Options{
		BaseEndpoint: aws.String(emulated.Start(t).Endpoint()), Region: local.Region, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
}

func newQueue(t *testing.T, client *sqs.Client, name string, attributes map[string]string) string {
	t.Helper()
	out, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String(name), Attributes: attributes})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(out.QueueUrl)
}

func put(t *testing.T, client *sqs.Client, url string, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		if _, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String(url), MessageBody: aws.String(body)}); err != nil {
			t.Fatal(err)
		}
	}
}

// Every dead letter is on its queue again, and of the undelivered ones those that are
// arrivals; the rest stays for a person.
func TestDeadLettersGoBack(t *testing.T) {
	t.Parallel()
	client := emulatedSQS(t)
	dead := newQueue(t, client, "validate-dead", nil)
	arn := "arn:aws:sqs:" + local.Region + ":" + local.Account + ":validate-dead"
	live := newQueue(t, client, "validate", map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"` + arn + `","maxReceiveCount":"5"}`})
	r, err := NewRedrive(t.Context(), client, live)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewRedrive(t.Context(), client, dead); err == nil {
		t.Error("dead letters of a queue that has none")
	}
	bodies := strings.Split(strings.Repeat("m ", 23), " ")[:23]
	put(t, client, dead, bodies...)
	if live, dead, err := r.Waiting(t.Context()); err != nil || live != 0 || dead != 23 {
		t.Fatalf("%d and %d wait, %v", live, dead, err)
	}
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if live, dead, err := r.Waiting(t.Context()); err != nil || live != 23 || dead != 0 {
		t.Errorf("afterwards %d and %d wait, %v", live, dead, err)
	}
	if n, err := New[handoff.Stored](client, live).Waiting(t.Context()); err != nil || n != 23 {
		t.Errorf("%d wait, %v", n, err)
	}

	lost := newQueue(t, client, "undelivered", nil)
	put(t, client, lost, `{"source":"aws.s3","detail-type":"Object Created","detail":{"bucket":{"name":"b"},"object":{"key":"k"}}}`,
		`{"DDBStreamBatchInfo":{}}`, `{"requestPayload":{"case":"c-1","round":1}}`)
	u := NewUndelivered(client, lost, live)
	if err := u.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, left, err := u.Waiting(t.Context()); err != nil || left != 2 {
		t.Errorf("%d stay, want 2; %v", left, err)
	}
	if n, _, err := r.Waiting(t.Context()); err != nil || n != 24 {
		t.Errorf("%d on the queue, want 24; %v", n, err)
	}
}
