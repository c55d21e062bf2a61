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

// Health is the health table: one run's features a row, each component's epoch, the
// condition as far as it is settled, how the instrument stands, and what cohorts share.
type Health struct {
	db    *dynamodb.Client
	table string
}

// NewHealth is the table of that name.
func NewHealth(db *dynamodb.Client, table string) *Health { return &Health{db: db, table: table} }

// PutRun implements score.Health.
func (t *Health) PutRun(ctx context.Context, f health.Features, shared score.Shared) error {
	document, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("encoding the features of run %d: %w", f.Sequence, err)
	}
	with, err := json.Marshal(shared)
	if err != nil {
		return fmt.Errorf("encoding what run %d shares: %w", f.Sequence, err)
	}
	_, err = t.db.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: aws.String(t.table), Key: row{"pk": text(f.Instrument), "sk": text(layout.RunRow(f.Sequence))},
		UpdateExpression:         aws.String("SET #batch = :batch, #sequence = :sequence, #document = :document, #shared = if_not_exists(#shared, :shared)"),
		ConditionExpression:      aws.String("attribute_not_exists(pk) OR #batch = :batch"),
		ExpressionAttributeNames: map[string]string{"#batch": "batch", "#sequence": "sequence", "#document": "document", "#shared": "shared"},
		ExpressionAttributeValues: row{
			":batch": text(f.Batch), ":sequence": number(f.Sequence), ":document": text(string(document)), ":shared": text(string(with)),
		},
	})
	return raced(err, score.ErrSequenceTaken, fmt.Sprintf("storing run %d", f.Sequence))
}

// After implements score.Health. What sorts after the runs is small.
func (t *Health) After(ctx context.Context, instrument string, sequence int64) (score.Told, error) {
	told := score.Told{Services: map[string]health.Epoch{}}
	pages := dynamodb.NewQueryPaginator(t.db, &dynamodb.QueryInput{
		TableName: aws.String(t.table), ConsistentRead: aws.Bool(true),
		KeyConditionExpression:    aws.String("pk = :pk AND sk > :after"),
		ExpressionAttributeValues: row{":pk": text(instrument), ":after": text(layout.RunRow(sequence))},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return told, fmt.Errorf("reading the runs of an instrument: %w", err)
		}
		for _, item := range page.Items {
			r := reader{row: item}
			switch sk := r.text("sk"); {
			case strings.HasPrefix(sk, runPrefix):
				run, err := runOf(item)
				if err != nil {
					return told, err
				}
				told.Runs = append(told.Runs, run)
			case strings.HasPrefix(sk, servicePrefix):
				told.Services[strings.TrimPrefix(sk, servicePrefix)] = epochOf(&r)
			}
			if r.err != nil {
				return told, fmt.Errorf("reading the runs of an instrument: %w", r.err)
			}
		}
	}
	return told, nil
}

var servicePrefix = layout.ServiceRow("")

// runOf reads a run. One from before anything was shared has nothing to say of it.
func runOf(item row) (score.Run, error) {
	_, posted := item["posted"]
	run := score.Run{Posted: posted}
	if err := json.Unmarshal([]byte(attribute(item, "document")), &run.Features); err != nil {
		return run, fmt.Errorf("decoding a run's features: %w", err)
	}
	if with := attribute(item, "shared"); with != "" {
		if err := json.Unmarshal([]byte(with), &run.Shared); err != nil {
			return run, fmt.Errorf("decoding what a run shares: %w", err)
		}
	}
	return run, nil
}

func epochOf(r *reader) health.Epoch {
	return health.Epoch{Number: int(r.number("number")), Since: r.number("since"), Case: r.text("case")}
}

// History implements casework.Health.
func (t *Health) History(ctx context.Context, instrument string) (health.History, error) {
	h := health.History{Services: map[string]health.Epoch{}}
	items, err := queryRows(ctx, t.db, t.table, instrument, "")
	if err != nil {
		return h, fmt.Errorf("reading the history of an instrument: %w", err)
	}
	for _, item := range items {
		r := reader{row: item}
		sk := r.text("sk")
		switch {
		case strings.HasPrefix(sk, runPrefix):
			var f health.Features
			if err := json.Unmarshal([]byte(r.text("document")), &f); err != nil {
				return h, fmt.Errorf("decoding a run's features: %w", err)
			}
			h.Runs = append(h.Runs, f)
		case strings.HasPrefix(sk, servicePrefix):
			h.Services[strings.TrimPrefix(sk, servicePrefix)] = epochOf(&r)
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
