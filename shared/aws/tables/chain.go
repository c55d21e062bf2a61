package tables

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"proactive/shared/authorize"
	"proactive/shared/layout"
	"proactive/shared/ledger"
	"proactive/shared/receipt"
)

var (
	_ receipt.Chain      = (*Ledger)(nil)
	_ authorize.Receipts = (*Ledger)(nil)
)

// Head implements receipt.Chain.
func (t *Ledger) Head(ctx context.Context, instrument string) (receipt.Head, error) {
	item, err := getRow(ctx, t.db, t.table, instrument, layout.Head)
	if err != nil {
		return receipt.Head{}, fmt.Errorf("reading the head of the receipt chain: %w", err)
	}
	if item == nil {
		return receipt.Head{}, nil
	}
	r := reader{row: item}
	return receipt.Head{Ordinal: r.number("ordinal"), Digest: r.text("digest")}, r.err
}

// Entry implements receipt.Chain and authorize.Receipts.
func (t *Ledger) Entry(ctx context.Context, instrument, batch string) (receipt.Entry, error) {
	item, err := getRow(ctx, t.db, t.table, instrument, layout.BatchRow(batch))
	if err != nil {
		return receipt.Entry{}, fmt.Errorf("reading batch %s: %w", batch, err)
	}
	if item == nil || item["ordinal"] == nil {
		return receipt.Entry{}, fmt.Errorf("reading the receipt of batch %s: %w", batch, receipt.ErrNone)
	}
	r := reader{row: item}
	var e receipt.Entry
	if item["clean_key"] != nil {
		e.Clean = receipt.Place{Bucket: r.text("clean_bucket"), Key: r.text("clean_key"), Version: r.text("clean_version")}
	}
	ordinal := r.number("ordinal")
	if r.err != nil {
		return receipt.Entry{}, fmt.Errorf("reading batch %s: %w", batch, r.err)
	}
	item, err = getRow(ctx, t.db, t.table, instrument, layout.ReceiptRow(ordinal))
	if err != nil {
		return receipt.Entry{}, fmt.Errorf("reading receipt %d: %w", ordinal, err)
	}
	r = reader{row: item}
	e.JWS = r.text("jws")
	if r.err != nil {
		return receipt.Entry{}, fmt.Errorf("reading receipt %d: %w", ordinal, r.err)
	}
	return e, nil
}

// After implements authorize.Receipts.
func (t *Ledger) After(ctx context.Context, instrument string, n int64, limit int) ([]string, error) {
	out, err := t.db.Query(ctx, &dynamodb.QueryInput{
		TableName: aws.String(t.table), ConsistentRead: aws.Bool(true), Limit: aws.Int32(int32(limit)), //nolint:gosec // a page
		KeyConditionExpression: aws.String("pk = :pk AND sk BETWEEN :from AND :to"),
		ExpressionAttributeValues: row{
			":pk": text(instrument), ":from": text(layout.ReceiptRow(n + 1)), ":to": text(layout.ReceiptRow(1e12 - 1)),
		},
	})
	if err != nil {
		return nil, fmt.Errorf("reading receipts: %w", err)
	}
	var page []string
	for _, item := range out.Items {
		r := reader{row: item}
		page = append(page, r.text("jws"))
		if r.err != nil {
			return nil, fmt.Errorf("reading receipts: %w", r.err)
		}
	}
	return page, nil
}

// Commit implements receipt.Chain: batch, receipt and head in one transaction.
func (t *Ledger) Commit(ctx context.Context, c receipt.Commit) error {
	r := c.Receipt
	settle := "SET #state = :verdict, ordinal = :ordinal"
	values := row{
		":verdict": text(string(r.Verdict)), ":ordinal": number(r.Ordinal),
		":granted": text(string(ledger.Granted)), ":claimed": text(string(ledger.Claimed)),
	}
	if c.Clean != (receipt.Place{}) {
		settle += ", clean_bucket = :bucket, clean_key = :key, clean_version = :object"
		values[":bucket"], values[":key"], values[":object"] = text(c.Clean.Bucket), text(c.Clean.Key), text(c.Clean.Version)
	}
	head := &types.Put{
		TableName: aws.String(t.table),
		Item: row{
			"pk": text(r.Instrument), "sk": text(layout.Head), "ordinal": number(c.Next.Ordinal), "digest": text(c.Next.Digest),
		},
		ConditionExpression: aws.String("attribute_not_exists(pk)"),
	}
	if c.Was != (receipt.Head{}) {
		head.ConditionExpression = aws.String("ordinal = :ordinal AND digest = :digest")
		head.ExpressionAttributeValues = row{":ordinal": number(c.Was.Ordinal), ":digest": text(c.Was.Digest)}
	}
	_, err := t.db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Update: &types.Update{
			TableName: aws.String(t.table), Key: row{"pk": text(r.Instrument), "sk": text(layout.BatchRow(r.Batch))},
			UpdateExpression:    aws.String(settle),
			ConditionExpression: aws.String("#state IN (:granted, :claimed) AND attribute_not_exists(ordinal)"),

			ExpressionAttributeNames: map[string]string{"#state": "state"}, ExpressionAttributeValues: values,
		}},
		{Put: &types.Put{
			TableName: aws.String(t.table),
			Item: row{
				"pk": text(r.Instrument), "sk": text(layout.ReceiptRow(r.Ordinal)), "jws": text(c.JWS), "batch": text(r.Batch),
			},
			ConditionExpression: aws.String("attribute_not_exists(pk)"),
		}},
		{Put: head},
	}})
	if reasonOf(err, 0) == failedCondition {
		if _, err := t.Batch(ctx, r.Instrument, r.Batch); errors.Is(err, ledger.ErrNone) {
			return err // nobody granted it: no receipt is owed
		}
		return receipt.ErrAlready
	}
	return raced(err, receipt.ErrHeadMoved, "committing a receipt")
}
