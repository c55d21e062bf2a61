package tables

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

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

// Cohort implements score.Cohorts.
func (t *Health) Cohort(ctx context.Context, level string) (score.Cohort, error) {
	c := score.Cohort{Level: level}
	item, err := getRow(ctx, t.db, t.table, layout.CohortRow(level), layout.Cohort)
	if err != nil || item == nil {
		return c, wrapped(err, "reading a cohort")
	}
	r := reader{row: item}
	c.Revision = r.number("revision")
	document := r.text("document")
	if r.err != nil {
		return c, fmt.Errorf("reading a cohort: %w", r.err)
	}
	if err := json.Unmarshal([]byte(document), &c.Cohort); err != nil {
		return c, fmt.Errorf("decoding a cohort: %w", err)
	}
	return c, nil
}

// putCohort writes a cohort at its next revision.
func (t *Health) putCohort(c score.Cohort) (*types.Put, error) {
	document, err := json.Marshal(c.Cohort)
	if err != nil {
		return nil, fmt.Errorf("encoding a cohort: %w", err)
	}
	return &types.Put{
		TableName:           aws.String(t.table),
		Item:                row{"pk": text(layout.CohortRow(c.Level)), "sk": text(layout.Cohort), "revision": number(c.Revision + 1), "document": text(string(document))},
		ConditionExpression: atRevision(c.Revision), ExpressionAttributeValues: revisionWas(c.Revision),
	}, nil
}

// Post implements score.Cohorts.
func (t *Health) Post(ctx context.Context, p score.Posting) error {
	writes := []types.TransactWriteItem{{Update: &types.Update{
		TableName: aws.String(t.table), Key: row{"pk": text(p.Instrument), "sk": text(layout.RunRow(p.Sequence))},
		UpdateExpression:          aws.String("SET posted = :yes"),
		ConditionExpression:       aws.String("attribute_exists(pk) AND attribute_not_exists(posted)"),
		ExpressionAttributeValues: row{":yes": &types.AttributeValueMemberBOOL{Value: true}},
	}}}
	var levels []string
	for _, c := range p.Cohorts {
		put, err := t.putCohort(c)
		if err != nil {
			return err
		}
		writes, levels = append(writes, types.TransactWriteItem{Put: put}), append(levels, c.Level)
	}
	writes = append(writes, types.TransactWriteItem{Update: &types.Update{
		TableName: aws.String(t.table), Key: row{"pk": text(p.Instrument), "sk": text(layout.Cohorts)},
		UpdateExpression: aws.String("ADD #levels :levels"), ExpressionAttributeNames: map[string]string{"#levels": "levels"},
		ExpressionAttributeValues: row{":levels": &types.AttributeValueMemberSS{Value: levels}},
	}})
	_, err := t.db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: writes})
	return raced(err, score.ErrRaced, "posting a run to its cohorts")
}

func wrapped(err error, verb string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", verb, err)
}
