package tables_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"proactive/shared/aws/tables"
	"proactive/shared/health"
)

// record is a stream record as Lambda hands it over.
func record(t *testing.T, number string, image map[string]events.DynamoDBAttributeValue) events.DynamoDBEventRecord {
	t.Helper()
	return events.DynamoDBEventRecord{EventName: "INSERT", Change: events.DynamoDBStreamRecord{SequenceNumber: number, NewImage: image}}
}

func TestEachFindingAnswersWithWhatFailed(t *testing.T) {
	image := func(sk, document string) map[string]events.DynamoDBAttributeValue {
		return map[string]events.DynamoDBAttributeValue{
			"pk": events.NewStringAttribute("i-1"), "sk": events.NewStringAttribute(sk), "document": events.NewStringAttribute(document),
		}
	}
	document := func(id string) string {
		raw, err := json.Marshal(health.Finding{ID: id, State: health.Active})
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	batch := events.DynamoDBEvent{Records: []events.DynamoDBEventRecord{
		record(t, "1", image("FINDING#f-1", document("f-1"))),
		record(t, "2", map[string]events.DynamoDBAttributeValue{"pk": events.NewStringAttribute("i-1"), "sk": events.NewStringAttribute("HEAD"), "revision": events.NewNumberAttribute("4")}),
		record(t, "3", image("FINDING#f-bad", document("f-bad"))),
		record(t, "4", image("FINDING#f-torn", `{"finding":`)),
		record(t, "5", nil), // a removal
		record(t, "6", map[string]events.DynamoDBAttributeValue{"sk": events.NewStringAttribute("FINDING#f-empty")}),
		record(t, "7", image("FINDING#f-2", document("f-2"))),
	}}
	var handled []string
	answer := tables.EachFinding(t.Context(), slog.New(slog.DiscardHandler), batch, func(_ context.Context, f health.Finding) error {
		handled = append(handled, f.ID)
		if f.ID == "f-bad" {
			return errors.New("no")
		}
		return nil
	})
	if diff := cmp.Diff([]string{"f-1", "f-bad", "f-2"}, handled); diff != "" {
		t.Error(diff)
	}
	var failed []string
	for _, f := range answer.BatchItemFailures {
		failed = append(failed, f.ItemIdentifier)
	}
	if !slices.Equal(failed, []string{"3", "4", "6"}) {
		t.Errorf("failed %v", failed)
	}
}
