package broken_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"proactive/shared/aws/broken"
	"proactive/shared/aws/queues"
	"proactive/shared/pipelinetest/emulated"
)

// TestAReceiveWhoseReplyIsLost: the client asks again by itself and is told that there is
// nothing, for the messages are hidden. A search says so, and no erasure ends on it.
func TestAReceiveWhoseReplyIsLost(t *testing.T) {
	t.Parallel()
	e := emulated.Start(t)
	through, transport := service(t, e.Endpoint(), 2)
	client := queues.Client(through)
	mentions := func(body string) bool { return strings.Contains(body, id) }
	for name, search := range map[string]func(url string) *queues.Search{
		"dead": func(url string) *queues.Search { return queues.NewDead(client, url) },
		"work": func(url string) *queues.Search { return queues.NewWork(client, url) },
	} {
		out, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String(name)})
		if err != nil {
			t.Fatal(err)
		}
		url := aws.ToString(out.QueueUrl)
		if _, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String(url), MessageBody: aws.String(id)}); err != nil {
			t.Fatal(err)
		}
		transport.Fail("ReceiveMessage", broken.TimeoutAfter)
		if found, err := search(url).Search(t.Context(), mentions); err != nil || len(found.Ours) != 0 || found.Hidden != 1 {
			t.Errorf("%s: found %+v, %v, want one that is hidden", name, found, err)
		}
	}
}
