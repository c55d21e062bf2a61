package rehearsal_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"proactive/shared/receipt"
)

// The load: half as much again as 25,000 instruments that send four batches a day each,
// in batches a second.
const load = 1.5 * 25_000 * 4 / 86_400

// outage is how long nothing is read from the inbox.
const outage = 20 * time.Second

// BenchmarkOutage uploads at that rate while validate stands still, lets it go again and
// measures until everything has its receipt. The backlog must be gone in no more time
// than the outage took, whatever share of it is invalid. The rate of the emulator's bare
// queue, measured beside it, is what to compare with: this is two cores and a Python
// emulator, not AWS.
func BenchmarkOutage(b *testing.B) {
	_, folders := fleet(b, 31, 1, 1, 0)
	var payload []byte
	for _, all := range folders {
		payload = payloadOf(b, all[0])
	}
	for _, invalid := range []int{5, 50, 100} {
		b.Run(fmt.Sprintf("%d%%invalid", invalid), func(b *testing.B) {
			for b.Loop() {
				bare := bareQueue(b)
				took, n := drain(b, payload, invalid)
				if took > outage {
					b.Errorf("%d batches took %s to drain after an outage of %s", n, took, outage)
				}
				rate := float64(n) / took.Seconds()
				b.ReportMetric(rate, "drained/s")
				b.ReportMetric(rate/load, "x-load")
				b.ReportMetric(rate/bare, "x-bare-queue")
				b.ReportMetric(took.Seconds()/outage.Seconds(), "x-outage")
			}
		})
	}
}

// drain uploads for the time of an outage and returns how long the backlog took, and how
// many batches it was.
func drain(b *testing.B, payload []byte, invalid int) (time.Duration, int) {
	b.Helper()
	f := newForger(b, fmt.Sprintf("LOAD-%d-%d", invalid, time.Now().UnixNano()%1_000_000_000), true)
	reading(b, "validate", false)
	n := 0
	began := time.Now()
	for time.Since(began) < outage {
		if float64(n) > load*time.Since(began).Seconds() {
			time.Sleep(20 * time.Millisecond) // a benchmark's pace, not a test's
			continue
		}
		n++
		batch := newBatch(b)
		p := f.params(b, batch, int64(n), payload)
		var raw []byte
		switch bad := n*37%100 < invalid; { // spread over the hundred
		case bad && n%3 == 0:
			p.Signer = newKey(b)
			raw = sealed(b, p)
		case bad && n%3 == 1:
			p.Plaintext = []byte("no frame")
			raw = sealed(b, p)
		case bad:
			raw = bytes.Repeat([]byte("x"), 100<<10)
		default:
			raw = sealed(b, p)
		}
		f.send(b, batch, int64(n), raw)
	}
	reading(b, "validate", true)
	began = time.Now()
	eventually(b, "every receipt", func() bool { return len(f.receipts(b)) == n })
	took := time.Since(began)
	stored := 0
	for _, r := range f.receipts(b) {
		if r.Verdict == receipt.Stored {
			stored++
		}
	}
	if want := n * (100 - invalid) / 100; stored > want+n/10 || stored < want-n/10 {
		b.Errorf("%d of %d were stored, want about %d", stored, n, want)
	}
	return took, n
}

// reading turns a function's reading of its queue off and on.
func reading(b *testing.B, function string, on bool) {
	b.Helper()
	address := stage.Endpoint() + "/2015-03-31/event-source-mappings/"
	var list struct {
		EventSourceMappings []struct{ UUID, EventSourceArn, FunctionArn string }
	}
	ask(b, http.MethodGet, address, "", nil).read(b, &list)
	for _, m := range list.EventSourceMappings {
		if strings.Contains(strings.ToLower(m.FunctionArn), function) {
			body, err := json.Marshal(map[string]bool{"Enabled": on})
			if err != nil {
				b.Fatal(err)
			}
			if got := ask(b, http.MethodPut, address+m.UUID, "", body); got.status/100 != 2 {
				b.Fatalf("%d %s", got.status, got.body)
			}
			return
		}
	}
	b.Fatalf("nothing reads for %s in %+v", function, list)
}

// bareQueue is how many messages a second pass through a queue of the emulator's, one
// sent, received and deleted after the other.
func bareQueue(b *testing.B) float64 {
	b.Helper()
	made, err := back.sqs.CreateQueue(b.Context(), &sqs.CreateQueueInput{QueueName: aws.String(fmt.Sprintf("bare-%d", time.Now().UnixNano()))})
	if err != nil {
		b.Fatal(err)
	}
	const messages = 200
	began := time.Now()
	for range messages {
		if _, err := back.sqs.SendMessage(b.Context(), &sqs.SendMessageInput{QueueUrl: made.QueueUrl, MessageBody: aws.String("{}")}); err != nil {
			b.Fatal(err)
		}
		got := &sqs.ReceiveMessageOutput{}
		for len(got.Messages) == 0 { // an empty answer is one
			if got, err = back.sqs.ReceiveMessage(b.Context(), &sqs.ReceiveMessageInput{QueueUrl: made.QueueUrl, WaitTimeSeconds: 1}); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := back.sqs.DeleteMessage(b.Context(), &sqs.DeleteMessageInput{QueueUrl: made.QueueUrl, ReceiptHandle: got.Messages[0].ReceiptHandle}); err != nil {
			b.Fatal(err)
		}
	}
	rate := messages / time.Since(began).Seconds()
	if _, err := back.sqs.DeleteQueue(b.Context(), &sqs.DeleteQueueInput{QueueUrl: made.QueueUrl}); err != nil {
		b.Fatal(err)
	}
	return rate
}
