package tables

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"proactive/shared/casework"
	"proactive/shared/health"
	"proactive/shared/layout"
	"proactive/shared/score"
)

var (
	_ score.Health    = (*Health)(nil)
	_ casework.Health = (*Health)(nil)
)

// Health is the health table: one run's features a row, and each component's epoch.
type Health struct {
	db    *dynamodb.Client
	table string
}

// NewHealth is the table of that name.
func NewHealth(db *dynamodb.Client, table string) *Health { return &Health{db: db, table: table} }

// PutRun implements score.Health.
func (t *Health) PutRun(ctx context.Context, f health.Features) error {
	document, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("encoding the features of run %d: %w", f.Sequence, err)
	}
	_, err = t.db.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(t.table),
		Item: row{
			"pk": text(f.Instrument), "sk": text(layout.RunRow(f.Sequence)),
			"batch": text(f.Batch), "sequence": number(f.Sequence), "document": text(string(document)),
		},
		ConditionExpression:       aws.String("attribute_not_exists(pk) OR #batch = :batch"),
		ExpressionAttributeNames:  map[string]string{"#batch": "batch"}, // a reserved word
		ExpressionAttributeValues: row{":batch": text(f.Batch)},
	})
	return raced(err, score.ErrSequenceTaken, fmt.Sprintf("storing run %d", f.Sequence))
}

// History implements score.Health and casework.Health.
func (t *Health) History(ctx context.Context, instrument string) (health.History, error) {
	h := health.History{Services: map[string]health.Epoch{}}
	items, err := queryRows(ctx, t.db, t.table, instrument, "")
	if err != nil {
		return h, fmt.Errorf("reading the history of an instrument: %w", err)
	}
	run, service := layout.RunRow(0)[:len("RUN#")], layout.ServiceRow("")
	for _, item := range items {
		r := reader{row: item}
		sk := r.text("sk")
		switch {
		case strings.HasPrefix(sk, run):
			var f health.Features
			if err := json.Unmarshal([]byte(r.text("document")), &f); err != nil {
				return h, fmt.Errorf("decoding a run's features: %w", err)
			}
			h.Runs = append(h.Runs, f)
		case strings.HasPrefix(sk, service):
			h.Services[strings.TrimPrefix(sk, service)] = health.Epoch{
				Number: int(r.number("number")), Since: r.number("since"), Case: r.text("case"),
			}
		}
		if r.err != nil {
			return h, fmt.Errorf("reading the history of an instrument: %w", r.err)
		}
	}
	return h, nil
}

// BeginEpoch implements casework.Health.
func (t *Health) BeginEpoch(ctx context.Context, instrument, component string, was, next health.Epoch) error {
	in := &dynamodb.PutItemInput{
		TableName: aws.String(t.table),
		Item: row{
			"pk": text(instrument), "sk": text(layout.ServiceRow(component)),
			"number": number(int64(next.Number)), "since": number(next.Since), "case": text(next.Case),
		},
		ConditionExpression: aws.String("attribute_not_exists(pk)"),
	}
	if was.Number > 0 {
		in.ConditionExpression = aws.String("#number = :was AND #case = :case")
		in.ExpressionAttributeNames = map[string]string{"#number": "number", "#case": "case"}
		in.ExpressionAttributeValues = row{":was": number(int64(was.Number)), ":case": text(was.Case)}
	}
	_, err := t.db.PutItem(ctx, in)
	return raced(err, casework.ErrRaced, "beginning an epoch of "+component)
}
