package rehearsal_test

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"proactive/shared/handoff"
	"proactive/shared/layout"
	"proactive/shared/receipt"
	"proactive/shared/reconcile"
)

// missing is what the operator's command misses of one instrument.
func missing(t *testing.T, instrument string, args ...string) []reconcile.Missing {
	t.Helper()
	var a reconcile.Account
	raw, err := stage.Operator(t.Context(), append([]string{"reconcile"}, args...)...)
	if json.Unmarshal(raw, &a) != nil || a.Granted == 0 {
		t.Fatalf("%v: %q", err, raw) // exit code 1, with the account, if anything of anyone is missing
	}
	if !a.Balanced() {
		t.Errorf("the account does not balance: %+v", a)
	}
	return slices.DeleteFunc(a.Missing, func(m reconcile.Missing) bool { return m.Instrument != instrument })
}

// forget deletes a run from the health table: its message to score was lost.
func forget(t *testing.T, instrument string, sequence int64) {
	t.Helper()
	plain(t, "dynamodb", "DynamoDB_20120810.DeleteItem", map[string]any{
		"TableName": stage.Outputs["HealthTable"],
		"Key":       map[string]any{"pk": map[string]string{"S": instrument}, "sk": map[string]string{"S": layout.RunRow(sequence)}},
	})
}

// scoreLetters are the dead letters of the stage score: whoever moves all of them back waits
// for those who put some there to find them again.
var scoreLetters sync.RWMutex

// A message that was lost is found by the account and sent again; one that is a dead letter
// goes back by command.
func TestWhatWasLostIsFound(t *testing.T) {
	t.Parallel()
	_, folders := fleet(t, 23, 1, 3, 0)
	var own []string
	for _, f := range folders {
		own = f
	}
	f := newForger(t, "RECONCILED", true)
	for i, folder := range own {
		batch, sequence := newBatch(t), int64(i)+1
		f.send(t, batch, sequence, sealed(t, f.params(t, batch, sequence, payloadOf(t, folder))))
	}
	eventually(t, "everything is there", func() bool {
		return len(f.receipts(t)) == len(own) && len(missing(t, f.id, "--patience", "0s")) == 0
	})

	forget(t, f.id, 2)
	lost := missing(t, f.id, "--patience", "0s")
	if len(lost) != 1 || lost[0].Reason != reconcile.Unscored || lost[0].Sequence != 2 || lost[0].Sent {
		t.Fatalf("a lost message: %+v", lost)
	}
	if sent := missing(t, f.id, "--patience", "0s", "--redrive"); len(sent) != 1 || !sent[0].Sent {
		t.Errorf("sent again: %+v", sent)
	}
	eventually(t, "the run is scored", func() bool { return len(missing(t, f.id, "--patience", "0s")) == 0 })

	forget(t, f.id, 3)
	receipts := f.receipts(t)
	last := receipts[slices.IndexFunc(receipts, func(r receipt.Receipt) bool { return r.Sequence == 3 })]
	key := layout.CleanKey(f.id, last.Batch)
	kept := back.versions(t, stage.Outputs["CleanBucket"], key)
	body, err := json.Marshal(handoff.Stored{
		Instrument: f.id, Batch: last.Batch, Sequence: 3, Bucket: stage.Outputs["CleanBucket"], Key: key, Version: aws.ToString(kept[0].VersionId),
	})
	if err != nil {
		t.Fatal(err)
	}
	scoreLetters.Lock()
	done := sync.OnceFunc(scoreLetters.Unlock)
	t.Cleanup(done)
	back.bury(t, "ScoreQueue", string(body))
	var moved struct{ Queues []reconcile.Redriven }
	raw, err := stage.Operator(t.Context(), "redrive", "score", "--wait", "40s")
	done()
	if json.Unmarshal(raw, &moved) != nil || len(moved.Queues) != 1 || moved.Queues[0].Found != 1 || moved.Queues[0].Left != 0 {
		t.Errorf("redrive: %s, %v", raw, err)
	}
	eventually(t, "the dead letter is scored", func() bool { return len(missing(t, f.id, "--patience", "0s")) == 0 })
}

// bury puts a message into the dead letters of a queue.
func (b behind) bury(t *testing.T, queue, body string) {
	t.Helper()
	out, err := b.sqs.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: aws.String(stage.Outputs[queue]), AttributeNames: []sqstypes.QueueAttributeName{"RedrivePolicy"}})
	if err != nil {
		t.Fatal(err)
	}
	var policy struct{ DeadLetterTargetArn string }
	if err := json.Unmarshal([]byte(out.Attributes["RedrivePolicy"]), &policy); err != nil {
		t.Fatal(err)
	}
	name := policy.DeadLetterTargetArn[strings.LastIndex(policy.DeadLetterTargetArn, ":")+1:]
	url, err := b.sqs.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String(name)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.sqs.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: url.QueueUrl, MessageBody: aws.String(body)}); err != nil {
		t.Fatal(err)
	}
}
