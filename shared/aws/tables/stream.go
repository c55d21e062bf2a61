package tables

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"
)

// documentOf reads the document of the row that a stream's record writes; what it is of, a
// "finding" or a "factor".
func documentOf(record events.DynamoDBEventRecord, what string, to any) error {
	document, there := record.Change.NewImage["document"]
	if !there || document.DataType() != events.DataTypeString {
		return fmt.Errorf("reading a %s's image: it has no document", what)
	}
	if err := json.Unmarshal([]byte(document.String()), to); err != nil {
		return fmt.Errorf("decoding a %s's image: %w", what, err)
	}
	return nil
}

// each handles the records in a batch of a stream one by one, and answers with those that
// failed: the stream is read again from the first of them. The others are handled all the
// same; handling them again changes nothing. handle returns the id of the record's finding or
// factor, whichever what says, and "" where that is not known.
func each(ctx context.Context, log *slog.Logger, batch events.DynamoDBEvent, what string, handle func(events.DynamoDBEventRecord) (id string, err error)) events.DynamoDBEventResponse {
	// Never null on the wire: the emulator takes only a list.
	answer := events.DynamoDBEventResponse{BatchItemFailures: []events.DynamoDBBatchItemFailure{}}
	for _, record := range batch.Records {
		if id, err := handle(record); err != nil {
			log.ErrorContext(ctx, "stream record failed", slog.String("record", record.Change.SequenceNumber), slog.String(what, id), slog.String("error", err.Error()))
			answer.BatchItemFailures = append(answer.BatchItemFailures, events.DynamoDBBatchItemFailure{ItemIdentifier: record.Change.SequenceNumber})
		}
	}
	return answer
}
