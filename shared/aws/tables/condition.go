package tables

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"proactive/shared/health"
	"proactive/shared/layout"
	"proactive/shared/score"
)

// Kept implements score.Health.
func (t *Health) Kept(ctx context.Context, instrument string) (score.Kept, error) {
	item, err := getRow(ctx, t.db, t.table, instrument, layout.Condition)
	if err != nil || item == nil {
		return score.Kept{}, wrapped(err, "reading the condition of an instrument")
	}
	r := reader{row: item}
	k := score.Kept{Revision: r.number("revision"), Document: []byte(r.text("document"))}
	return k, wrapped(r.err, "reading the condition of an instrument")
}

// Keep implements score.Health.
func (t *Health) Keep(ctx context.Context, instrument string, k score.Kept) error {
	_, err := t.db.PutItem(ctx, &dynamodb.PutItemInput{
		TableName:           aws.String(t.table),
		Item:                row{"pk": text(instrument), "sk": text(layout.Condition), "revision": number(k.Revision + 1), "document": text(string(k.Document))},
		ConditionExpression: atRevision(k.Revision), ExpressionAttributeValues: revisionWas(k.Revision),
	})
	return raced(err, score.ErrRaced, "keeping the condition of an instrument")
}

// atRevision is the condition that a row is at a revision; at none there is no row.
func atRevision(was int64) *string {
	if was == 0 {
		return aws.String("attribute_not_exists(pk)")
	}
	return aws.String("revision = :was")
}

func revisionWas(was int64) row {
	if was == 0 {
		return nil
	}
	return row{":was": number(was)}
}

// PutStatus implements score.Health.
func (t *Health) PutStatus(ctx context.Context, s health.Status, revision int64) error {
	document, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encoding the status of an instrument: %w", err)
	}
	_, err = t.db.PutItem(ctx, &dynamodb.PutItemInput{
		TableName:                 aws.String(t.table),
		Item:                      row{"pk": text(s.Instrument), "sk": text(layout.Status), "revision": number(revision), "document": text(string(document))},
		ConditionExpression:       aws.String("attribute_not_exists(pk) OR revision < :now"),
		ExpressionAttributeValues: row{":now": number(revision)},
	})
	if err = raced(err, score.ErrRaced, "writing the status of an instrument"); errors.Is(err, score.ErrRaced) {
		return nil // someone who knows more was faster
	}
	return err
}

// Status is how an instrument stands, and false if nothing was ever decided on it.
func (t *Health) Status(ctx context.Context, instrument string) (health.Status, bool, error) {
	var s health.Status
	item, err := getRow(ctx, t.db, t.table, instrument, layout.Status)
	if err != nil || item == nil {
		return s, false, wrapped(err, "reading the status of an instrument")
	}
	if err := json.Unmarshal([]byte(attribute(item, "document")), &s); err != nil {
		return s, false, fmt.Errorf("decoding the status of an instrument: %w", err)
	}
	return s, true, nil
}

// Posted implements score.Health.
func (t *Health) Posted(ctx context.Context, instrument string, sequence int64) (bool, error) {
	item, err := getRow(ctx, t.db, t.table, instrument, layout.RunRow(sequence))
	_, posted := item["posted"]
	return posted, wrapped(err, "reading a run")
}

func wrapped(err error, verb string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", verb, err)
}
