package tables

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"proactive/shared/layout"
	"proactive/shared/receipt"
	"proactive/shared/reconcile"
)

var (
	_ reconcile.Ledger      = (*Ledger)(nil)
	_ reconcile.Instruments = (*Instruments)(nil)
	_ reconcile.Health      = (*Health)(nil)
)

// Rows implements reconcile.Ledger: the whole partition of an instrument, but for the
// receipts themselves, which stay where they are.
func (t *Ledger) Rows(ctx context.Context, instrument string) (reconcile.Rows, error) {
	pages := dynamodb.NewQueryPaginator(t.db, &dynamodb.QueryInput{
		TableName: aws.String(t.table), ConsistentRead: aws.Bool(true),
		KeyConditionExpression: aws.String("pk = :pk"), ExpressionAttributeValues: row{":pk": text(instrument)},
		ProjectionExpression:     aws.String("pk, sk, #batch, #state, #sequence, #bytes, sha256, #version, ordinal, granted_at, clean_bucket, clean_key, clean_version"),
		ExpressionAttributeNames: map[string]string{"#batch": "batch", "#state": "state", "#sequence": "sequence", "#bytes": "bytes", "#version": "version"},
	})
	rows := reconcile.Rows{Owners: map[int64]string{}, Receipts: map[int64]string{}}
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return rows, fmt.Errorf("reading the account of an instrument: %w", err)
		}
		for _, item := range page.Items {
			if err := addTo(&rows, item); err != nil {
				return rows, fmt.Errorf("reading the account of an instrument: %w", err)
			}
		}
	}
	return rows, nil
}

var (
	batchPrefix    = layout.BatchRow("")
	sequencePrefix = strings.TrimRight(layout.SequenceRow(0), "0")
	receiptPrefix  = strings.TrimRight(layout.ReceiptRow(0), "0")
	runPrefix      = strings.TrimRight(layout.RunRow(0), "0")
)

// addTo sorts a row of the ledger by its kind.
func addTo(rows *reconcile.Rows, item row) error {
	r := reader{row: item}
	sk := r.text("sk")
	switch {
	case strings.HasPrefix(sk, batchPrefix):
		e, err := entryOf(item)
		if err != nil {
			return err
		}
		b := reconcile.Batch{Entry: e, Granted: time.Unix(r.number("granted_at"), 0).UTC()}
		if item["clean_key"] != nil {
			b.Clean = receipt.Place{Bucket: r.text("clean_bucket"), Key: r.text("clean_key"), Version: r.text("clean_version")}
		}
		rows.Batches = append(rows.Batches, b)
	case strings.HasPrefix(sk, sequencePrefix):
		rows.Owners[numberIn(&r, sk, sequencePrefix)] = r.text("batch")
	case strings.HasPrefix(sk, receiptPrefix):
		rows.Receipts[numberIn(&r, sk, receiptPrefix)] = r.text("batch")
	case sk == layout.Head:
		rows.Head = r.number("ordinal")
	}
	return r.err
}

// numberIn is the number after a sort key's prefix.
func numberIn(r *reader, sk, prefix string) int64 {
	n, err := strconv.ParseInt(strings.TrimPrefix(sk, prefix), 10, 64)
	if err != nil {
		r.fail(fmt.Errorf("a row of %s has no number", prefix))
	}
	return n
}

// IDs implements reconcile.Instruments. It scans the table for nothing but keys. An
// instrument that is being erased has no account to keep.
func (t *Instruments) IDs(ctx context.Context) ([]string, error) {
	pages := dynamodb.NewScanPaginator(t.db, &dynamodb.ScanInput{
		TableName: aws.String(t.table), ConsistentRead: aws.Bool(true), ProjectionExpression: aws.String("pk"),
		FilterExpression: aws.String("sk = :profile AND attribute_not_exists(erasing)"), ExpressionAttributeValues: row{":profile": text(layout.Profile)},
	})
	var all []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing instruments: %w", err)
		}
		for _, item := range page.Items {
			r := reader{row: item}
			all = append(all, strings.TrimPrefix(r.text("pk"), layout.InstrumentRow("")))
			if r.err != nil {
				return nil, fmt.Errorf("listing instruments: %w", r.err)
			}
		}
	}
	return all, nil
}

// Runs implements reconcile.Health.
func (t *Health) Runs(ctx context.Context, instrument string) (map[int64]string, error) {
	pages := dynamodb.NewQueryPaginator(t.db, &dynamodb.QueryInput{
		TableName: aws.String(t.table), ConsistentRead: aws.Bool(true),
		KeyConditionExpression:    aws.String("pk = :pk AND begins_with(sk, :run)"),
		ExpressionAttributeValues: row{":pk": text(instrument), ":run": text(runPrefix)},
		ProjectionExpression:      aws.String("sk, #batch"), ExpressionAttributeNames: map[string]string{"#batch": "batch"},
	})
	runs := map[int64]string{}
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing the runs of an instrument: %w", err)
		}
		for _, item := range page.Items {
			r := reader{row: item}
			runs[numberIn(&r, r.text("sk"), runPrefix)] = r.text("batch")
			if r.err != nil {
				return nil, fmt.Errorf("listing the runs of an instrument: %w", r.err)
			}
		}
	}
	return runs, nil
}
