package tables

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"proactive/shared/casework"
	"proactive/shared/health"
	"proactive/shared/layout"
	"proactive/shared/score"
)

var (
	_ score.Findings    = (*Findings)(nil)
	_ casework.Findings = (*Findings)(nil)
)

// Findings is the findings table: a finding a row, as events/finding/v1 in one document,
// and in the row HEAD the revision that every decision on the instrument raises. Its
// stream wakes the starter.
type Findings struct {
	db    *dynamodb.Client
	table string
}

// NewFindings is the table of that name.
func NewFindings(db *dynamodb.Client, table string) *Findings {
	return &Findings{db: db, table: table}
}

var findingPrefix = layout.FindingRow("")

// Standing implements score.Findings.
func (t *Findings) Standing(ctx context.Context, instrument string) (score.Standing, error) {
	items, err := queryRows(ctx, t.db, t.table, instrument, "")
	if err != nil {
		return score.Standing{}, fmt.Errorf("reading the findings of an instrument: %w", err)
	}
	var s score.Standing
	for _, item := range items {
		r := reader{row: item}
		switch sk := r.text("sk"); {
		case sk == layout.Head:
			s.Revision = r.number("revision")
		case strings.HasPrefix(sk, findingPrefix):
			var f health.Finding
			if err := json.Unmarshal([]byte(r.text("document")), &f); err != nil {
				return s, fmt.Errorf("decoding a finding: %w", err)
			}
			s.Findings = append(s.Findings, f)
		}
		if r.err != nil {
			return s, fmt.Errorf("reading the findings of an instrument: %w", r.err)
		}
	}
	return s, nil
}

// Findings implements casework.Findings.
func (t *Findings) Findings(ctx context.Context, instrument string) ([]health.Finding, error) {
	s, err := t.Standing(ctx, instrument)
	return s.Findings, err
}

// Get returns one finding of an instrument, and false if there is none of that id.
func (t *Findings) Get(ctx context.Context, instrument, id string) (health.Finding, bool, error) {
	var f health.Finding
	item, err := getRow(ctx, t.db, t.table, instrument, layout.FindingRow(id))
	if err != nil {
		return f, false, fmt.Errorf("reading finding %s: %w", id, err)
	}
	if item == nil {
		return f, false, nil
	}
	r := reader{row: item}
	document := r.text("document")
	if r.err != nil {
		return f, false, fmt.Errorf("reading finding %s: %w", id, r.err)
	}
	if err := json.Unmarshal([]byte(document), &f); err != nil {
		return f, false, fmt.Errorf("decoding finding %s: %w", id, err)
	}
	return f, true, nil
}

// Commit implements score.Findings.
func (t *Findings) Commit(ctx context.Context, instrument string, revision int64, changed []health.Finding) error {
	head := &types.Put{
		TableName:           aws.String(t.table),
		Item:                row{"pk": text(instrument), "sk": text(layout.Head), "revision": number(revision + 1)},
		ConditionExpression: aws.String("attribute_not_exists(pk)"),
	}
	if revision > 0 {
		head.ConditionExpression = aws.String("revision = :was")
		head.ExpressionAttributeValues = row{":was": number(revision)}
	}
	writes := []types.TransactWriteItem{{Put: head}}
	for _, f := range changed {
		document, err := json.Marshal(f)
		if err != nil {
			return fmt.Errorf("encoding finding %s: %w", f.ID, err)
		}
		writes = append(writes, types.TransactWriteItem{Put: &types.Put{TableName: aws.String(t.table), Item: row{
			"pk": text(instrument), "sk": text(layout.FindingRow(f.ID)), "state": text(string(f.State)),
			"component": text(f.Component), "epoch": number(int64(f.Epoch)), "document": text(string(document)),
		}}})
	}
	_, err := t.db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: writes})
	return raced(err, score.ErrRaced, "writing findings")
}

// FindingOf reads the finding that a record of the findings table's stream writes. ok is
// false for a record that is not of a finding, or that removes one.
func FindingOf(record events.DynamoDBEventRecord) (f health.Finding, ok bool, err error) {
	sk, there := record.Change.NewImage["sk"]
	if !there || sk.DataType() != events.DataTypeString || !strings.HasPrefix(sk.String(), findingPrefix) {
		return f, false, nil
	}
	err = documentOf(record, "finding", &f)
	return f, err == nil, err
}

// EachFinding handles the findings in a batch of the stream one by one: see each.
func EachFinding(ctx context.Context, log *slog.Logger, batch events.DynamoDBEvent, handle func(context.Context, health.Finding) error) events.DynamoDBEventResponse {
	return each(ctx, log, batch, "finding", func(record events.DynamoDBEventRecord) (string, error) {
		f, ok, err := FindingOf(record)
		if err == nil && ok {
			err = handle(ctx, f)
		}
		return f.ID, err
	})
}
