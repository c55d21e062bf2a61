package tables

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"proactive/shared/layout"
)

// Taken is when the batch of a sequence number was granted, by our clock, for the
// operator's command line; false if none was.
func (t *Ledger) Taken(ctx context.Context, instrument string, sequence int64) (time.Time, bool, error) {
	item, err := getRow(ctx, t.db, t.table, instrument, layout.SequenceRow(sequence))
	if err != nil || item == nil {
		return time.Time{}, false, wrapped(err, "reading whose a sequence number is")
	}
	return t.granted(ctx, instrument, item)
}

// Span is when the batches of an instrument's first and last sequence number were granted;
// zero if none ever was.
func (t *Ledger) Span(ctx context.Context, instrument string) (first, last time.Time, err error) {
	for forward, at := range map[bool]*time.Time{true: &first, false: &last} {
		out, err := t.db.Query(ctx, &dynamodb.QueryInput{
			TableName: aws.String(t.table), ConsistentRead: aws.Bool(true), Limit: aws.Int32(1), ScanIndexForward: aws.Bool(forward),
			KeyConditionExpression:    aws.String("pk = :pk AND begins_with(sk, :sequence)"),
			ExpressionAttributeValues: row{":pk": text(instrument), ":sequence": text(sequencePrefix)},
		})
		if err != nil {
			return first, last, fmt.Errorf("reading the sequence numbers of an instrument: %w", err)
		}
		if len(out.Items) == 0 {
			return first, last, nil
		}
		if *at, _, err = t.granted(ctx, instrument, out.Items[0]); err != nil {
			return first, last, err
		}
	}
	return first, last, nil
}

// granted is when the batch that a sequence number's row names was.
func (t *Ledger) granted(ctx context.Context, instrument string, item row) (time.Time, bool, error) {
	r := reader{row: item}
	batch := r.text("batch")
	if r.err != nil {
		return time.Time{}, false, fmt.Errorf("reading whose a sequence number is: %w", r.err)
	}
	entry, err := getRow(ctx, t.db, t.table, instrument, layout.BatchRow(batch))
	if err != nil || entry == nil {
		return time.Time{}, false, wrapped(err, "reading a batch's row")
	}
	r = reader{row: entry}
	at := r.number("granted_at")
	return time.Unix(at, 0).UTC(), r.err == nil, wrapped(r.err, "reading a batch's row")
}
