package tables

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"proactive/shared/authorize"
	"proactive/shared/layout"
	"proactive/shared/ledger"
	"proactive/shared/validate"
)

var (
	_ authorize.Ledger = (*Ledger)(nil)
	_ validate.Ledger  = (*Ledger)(nil)
)

// Ledger is the ledger table: every batch from its grant to its receipt, the owners of
// sequence numbers, the bytes granted on a day, and the receipt chains (chain.go).
type Ledger struct {
	db    *dynamodb.Client
	table string
}

// NewLedger is the table of that name.
func NewLedger(db *dynamodb.Client, table string) *Ledger { return &Ledger{db: db, table: table} }

// Batch implements authorize.Ledger and validate.Ledger.
func (t *Ledger) Batch(ctx context.Context, instrument, batch string) (ledger.Entry, error) {
	item, err := getRow(ctx, t.db, t.table, instrument, layout.BatchRow(batch))
	if err != nil {
		return ledger.Entry{}, fmt.Errorf("reading batch %s: %w", batch, err)
	}
	if item == nil {
		return ledger.Entry{}, fmt.Errorf("reading batch %s: %w", batch, ledger.ErrNone)
	}
	return entryOf(item)
}

// List returns every batch, for the operator's command line. It scans the table.
func (t *Ledger) List(ctx context.Context) ([]ledger.Entry, error) {
	pages := dynamodb.NewScanPaginator(t.db, &dynamodb.ScanInput{
		TableName: aws.String(t.table), ConsistentRead: aws.Bool(true),
		FilterExpression: aws.String("begins_with(sk, :batch)"), ExpressionAttributeValues: row{":batch": text(layout.BatchRow(""))},
	})
	var all []ledger.Entry
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing batches: %w", err)
		}
		for _, item := range page.Items {
			e, err := entryOf(item)
			if err != nil {
				return nil, err
			}
			all = append(all, e)
		}
	}
	return all, nil
}

// Grant implements authorize.Ledger.
func (t *Ledger) Grant(ctx context.Context, g authorize.Grant) error {
	e := g.Entry
	if e.Bytes > g.DailyBytes {
		return ledger.ErrQuota
	}
	_, err := t.db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Put: &types.Put{
			TableName: aws.String(t.table),
			Item: row{
				"pk": text(e.Instrument), "sk": text(layout.BatchRow(e.Batch)), "state": text(string(e.State)),
				"sequence": number(e.Sequence), "bytes": number(e.Bytes), "sha256": text(e.SHA256), "granted_at": number(g.At.Unix()),
			},
			ConditionExpression: aws.String("attribute_not_exists(pk)"),
		}},
		{Put: &types.Put{
			TableName:           aws.String(t.table),
			Item:                row{"pk": text(e.Instrument), "sk": text(layout.SequenceRow(e.Sequence)), "batch": text(e.Batch)},
			ConditionExpression: aws.String("attribute_not_exists(pk)"),
		}},
		{Update: &types.Update{
			TableName: aws.String(t.table), Key: row{"pk": text(e.Instrument), "sk": text(layout.DayRow(g.Day))},
			UpdateExpression:          aws.String("ADD #bytes :bytes"),
			ConditionExpression:       aws.String("attribute_not_exists(pk) OR #bytes <= :left"),
			ExpressionAttributeNames:  map[string]string{"#bytes": "bytes"},
			ExpressionAttributeValues: row{":bytes": number(e.Bytes), ":left": number(g.DailyBytes - e.Bytes)},
		}},
	}})
	for n, reason := range []error{ledger.ErrAlready, ledger.ErrSequenceTaken, ledger.ErrQuota} {
		if reasonOf(err, n) == failedCondition {
			return reason
		}
	}
	// A conflict with another transaction says nothing of ours: ask again.
	return raced(err, ledger.ErrAlready, "granting batch "+e.Batch)
}

// Claim implements validate.Ledger.
func (t *Ledger) Claim(ctx context.Context, instrument, batch, version string) error {
	_, err := t.db.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: aws.String(t.table), Key: row{"pk": text(instrument), "sk": text(layout.BatchRow(batch))},
		UpdateExpression:          aws.String("SET #state = :claimed, #version = :version"),
		ConditionExpression:       aws.String("#state = :granted OR (#state = :claimed AND #version = :version)"),
		ExpressionAttributeNames:  map[string]string{"#state": "state", "#version": "version"},
		ExpressionAttributeValues: row{":granted": text(string(ledger.Granted)), ":claimed": text(string(ledger.Claimed)), ":version": text(version)},

		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	failed, ok := errors.AsType[*types.ConditionalCheckFailedException](err)
	if !ok && err != nil {
		return fmt.Errorf("claiming batch %s: %w", batch, err)
	}
	if err == nil {
		return nil
	}
	if len(failed.Item) == 0 {
		return ledger.ErrNone
	}
	e, err := entryOf(failed.Item)
	switch {
	case err != nil:
		return err
	case e.Settled():
		return ledger.ErrSettled
	}
	return ledger.ErrOtherVersion
}

func entryOf(item row) (ledger.Entry, error) {
	r := reader{row: item}
	e := ledger.Entry{
		Instrument: r.text("pk"), Batch: strings.TrimPrefix(r.text("sk"), layout.BatchRow("")), Sequence: r.number("sequence"),
		Bytes: r.number("bytes"), SHA256: r.text("sha256"), State: ledger.State(r.text("state")),
	}
	if item["version"] != nil {
		e.Version = r.text("version")
	}
	if item["ordinal"] != nil {
		e.Ordinal = r.number("ordinal")
	}
	if r.err != nil {
		return ledger.Entry{}, fmt.Errorf("reading a batch's row: %w", r.err)
	}
	return e, nil
}
