package tables

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"proactive/shared/casework"
	"proactive/shared/export"
	"proactive/shared/layout"
	"proactive/shared/receipt"
)

var (
	_ export.Source  = (*Kept)(nil)
	_ export.Cases   = (*CaseFile)(nil)
	_ export.Batches = (*Ledger)(nil)
)

// Kept are the rows of one kind that a table keeps of an instrument, as an export tells
// them: each attribute under its own name, documents and signed payloads readable.
type Kept struct {
	db            *dynamodb.Client
	table, prefix string
	partition     func(instrument string) string
	shape         func(item row) any
}

// own is the partition of a table whose partitions are instruments' ids.
func own(instrument string) string { return instrument }

// NewKept are the rows of an instrument's partition whose sort keys begin with prefix.
func NewKept(db *dynamodb.Client, table, prefix string) *Kept {
	return &Kept{db: db, table: table, prefix: prefix, partition: own, shape: plainly}
}

// NewKeptProfile is the instrument's own row.
func NewKeptProfile(db *dynamodb.Client, table string) *Kept {
	return &Kept{db: db, table: table, prefix: layout.Profile, partition: layout.InstrumentRow, shape: plainly}
}

// NewKeptConsents are the instrument's statements of consent.
func NewKeptConsents(db *dynamodb.Client, table string) *Kept {
	return &Kept{db: db, table: table, prefix: layout.ConsentRows, partition: layout.InstrumentRow, shape: func(item row) any {
		says := told(item)
		says["says"] = payload(attribute(item, "statement"))
		return says
	}}
}

// NewKeptReceipts are the receipts of an instrument, readable.
func NewKeptReceipts(db *dynamodb.Client, table string) *Kept {
	return &Kept{db: db, table: table, prefix: receiptPrefix, partition: own, shape: func(item row) any { return payload(attribute(item, "jws")) }}
}

// NewKeptSignatures are the same receipts, as they were signed.
func NewKeptSignatures(db *dynamodb.Client, table string) *Kept {
	return &Kept{db: db, table: table, prefix: receiptPrefix, partition: own, shape: func(item row) any { return attribute(item, "jws") }}
}

// keptPage is how many rows are read at once; DynamoDB gives no more than a megabyte.
const keptPage = 500

// After implements export.Source. An item's key is its sort key.
func (k *Kept) After(ctx context.Context, instrument, after string) ([]export.Item, bool, error) {
	rows, more, err := page(ctx, k.db, k.table, k.partition(instrument), k.prefix, after)
	if err != nil {
		return nil, false, fmt.Errorf("reading rows to export: %w", err)
	}
	var items []export.Item
	for _, item := range rows {
		items = append(items, export.Item{Key: attribute(item, "sk"), Row: k.shape(item)})
	}
	return items, more, nil
}

// page reads some rows of a partition after a sort key, "" to begin with.
func page(ctx context.Context, db *dynamodb.Client, table, pk, prefix, after string) (rows []row, more bool, err error) {
	in := &dynamodb.QueryInput{
		TableName: aws.String(table), ConsistentRead: aws.Bool(true), Limit: aws.Int32(keptPage),
		KeyConditionExpression:    aws.String("pk = :pk AND begins_with(sk, :prefix)"),
		ExpressionAttributeValues: row{":pk": text(pk), ":prefix": text(prefix)},
	}
	if after != "" {
		in.ExclusiveStartKey = row{"pk": text(pk), "sk": text(after)}
	}
	out, err := db.Query(ctx, in)
	if err != nil {
		return nil, false, err
	}
	return out.Items, len(out.LastEvaluatedKey) > 0, nil
}

// told is a row as JSON: without its partition, its sort key as "row", a document in its
// place, bytes in base64.
func told(item row) map[string]any {
	out := map[string]any{}
	for name, value := range item {
		switch v := value.(type) {
		case *types.AttributeValueMemberS:
			out[name] = v.Value
		case *types.AttributeValueMemberN:
			out[name] = json.Number(v.Value)
		case *types.AttributeValueMemberBOOL:
			out[name] = v.Value
		case *types.AttributeValueMemberSS:
			out[name] = v.Value
		case *types.AttributeValueMemberB:
			out[name] = base64.StdEncoding.EncodeToString(v.Value)
		}
	}
	out["row"] = out["sk"]
	delete(out, "pk")
	delete(out, "sk")
	// What others showed is not this instrument's, and may be of fewer customers than an
	// aggregate is told of: see shared/aggregate.
	delete(out, "shared")
	if document, ok := out["document"].(string); ok && json.Valid([]byte(document)) {
		out["document"] = json.RawMessage(document)
	}
	return out
}

func plainly(item row) any { return told(item) }

// payload is what a JWS says; null if it is none.
func payload(jws string) any {
	parts := strings.Split(jws, ".")
	if len(parts) != 3 {
		return nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || !json.Valid(raw) {
		return nil
	}
	return json.RawMessage(raw)
}

// StoredAfter implements export.Batches.
func (t *Ledger) StoredAfter(ctx context.Context, instrument, after string) (batches []export.Stored, last string, more bool, err error) {
	if after != "" {
		after = layout.BatchRow(after)
	}
	rows, more, err := page(ctx, t.db, t.table, instrument, batchPrefix, after)
	if err != nil {
		return nil, "", false, fmt.Errorf("reading batches to export: %w", err)
	}
	for _, item := range rows {
		r := reader{row: item}
		last = strings.TrimPrefix(r.text("sk"), batchPrefix)
		if item["clean_key"] != nil {
			batches = append(batches, export.Stored{
				Batch: last, Sequence: r.number("sequence"), Granted: time.Unix(r.number("granted_at"), 0).UTC(),
				Clean: receipt.Place{Bucket: r.text("clean_bucket"), Key: r.text("clean_key"), Version: r.text("clean_version")},
			})
		}
		if r.err != nil {
			return nil, "", false, fmt.Errorf("reading a batch to export: %w", r.err)
		}
	}
	return batches, last, more, nil
}

// CaseFile is the cases table as an export reads it.
type CaseFile struct {
	db    *dynamodb.Client
	table string
}

// NewCaseFile reads the table of that name.
func NewCaseFile(db *dynamodb.Client, table string) *CaseFile { return &CaseFile{db, table} }

// Of implements export.Cases. It scans the table, as an erasure does: an export is rare,
// and cases are few.
func (t *CaseFile) Of(ctx context.Context, instrument string) ([]export.Case, error) {
	pages := dynamodb.NewScanPaginator(t.db, &dynamodb.ScanInput{
		TableName: aws.String(t.table), ConsistentRead: aws.Bool(true),
		FilterExpression: aws.String("sk = :case AND #instrument = :id"), ExpressionAttributeNames: map[string]string{"#instrument": "instrument"},
		ExpressionAttributeValues: row{":case": text(layout.Case), ":id": text(instrument)},
	})
	var all []export.Case
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("reading cases to export: %w", err)
		}
		for _, item := range page.Items {
			c, err := caseOf(item)
			if err != nil {
				return nil, err
			}
			all = append(all, exported(c))
		}
	}
	return all, nil
}

// exported is a case as its lab is told of it. It names nobody; the transport's ids of
// mails to our own people are left out.
func exported(c casework.Case) export.Case {
	out := export.Case{ID: c.ID}
	told := c
	told.Notices = nil
	for _, n := range c.Notices {
		out.Notices = append(out.Notices, export.Notice{Name: n.Name, Key: n.Key, SentAt: n.SentAt})
		told.Notices = append(told.Notices, casework.NoticeRef{Name: n.Name, Channel: n.Channel, SentAt: n.SentAt})
	}
	out.Row = told
	return out
}
