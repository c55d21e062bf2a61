package queues_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	wire "proactive/events"
	"proactive/shared/aws/queues"
	"proactive/shared/handoff"
	"proactive/shared/journal"
	"proactive/shared/validate"
)

func TestEachAsAWSSendsIt(t *testing.T) {
	raw, err := fs.ReadFile(wire.Files, "aws/sqs-eventbridge-s3-object-created.json")
	if err != nil {
		t.Fatal(err)
	}
	var delivery events.SQSEvent
	if err := json.Unmarshal(raw, &delivery); err != nil {
		t.Fatal(err)
	}
	var versions []string
	answer := queues.Each(t.Context(), journal.New(&bytes.Buffer{}, "test"), delivery, func(_ context.Context, body []byte) error {
		a, err := validate.ParseArrival(body)
		versions = append(versions, a.Version)
		return err
	})
	if len(answer.BatchItemFailures) != 0 || len(versions) != 2 || versions[0] == versions[1] {
		t.Errorf("%+v, versions %v", answer, versions)
	}
}

// The promise: a message that fails leaves every other untouched.
func TestEachAnswersWithTheFailed(t *testing.T) {
	delivery := events.SQSEvent{Records: []events.SQSMessage{
		{MessageId: "m1", Body: `{"batch":"a"}`}, {MessageId: "m2", Body: `{`}, {MessageId: "m3", Body: `{"batch":"fails"}`}, {MessageId: "m4", Body: `{"batch":"b"}`},
	}}
	var handled []string
	log := &bytes.Buffer{}
	answer := queues.Each(t.Context(), journal.New(log, "test"), delivery, queues.Decoded(func(_ context.Context, m handoff.Stored) error {
		if m.Batch == "fails" {
			return errors.New("a store failed")
		}
		handled = append(handled, m.Batch)
		return nil
	}))
	want := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{{ItemIdentifier: "m2"}, {ItemIdentifier: "m3"}}}
	if diff := cmp.Diff(want, answer); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"a", "b"}, handled); diff != "" {
		t.Error(diff)
	}
}
