package tables

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"proactive/shared/casework"
	"proactive/shared/erase"
	"proactive/shared/layout"
)

var (
	_ erase.Place = (*Rows)(nil)
	_ erase.Cases = (*Cases)(nil)
)

// Rows are the rows of an instrument in one table, by their keys.
type Rows struct {
	db    *dynamodb.Client
	table string
	keys  func(ctx context.Context, of erase.Scope) ([]row, error)
}

// NewPartition are the rows of a table whose partition is the instrument's id.
func NewPartition(db *dynamodb.Client, table string) *Rows {
	return &Rows{db: db, table: table, keys: func(ctx context.Context, of erase.Scope) ([]row, error) {
		return scanKeys(ctx, dynamodb.NewQueryPaginator(db, &dynamodb.QueryInput{
			TableName: aws.String(table), ConsistentRead: aws.Bool(true), ProjectionExpression: aws.String("pk, sk"),
			KeyConditionExpression: aws.String("pk = :pk"), ExpressionAttributeValues: row{":pk": text(of.Instrument)},
		}), func(out *dynamodb.QueryOutput) []row { return out.Items })
	}}
}

// NewCodeRows are the enrolment codes that were issued for the instrument. They are found
// by a scan: a code is looked up by its secret, and an erasure is rare.
func NewCodeRows(db *dynamodb.Client, table string) *Rows {
	return &Rows{db: db, table: table, keys: func(ctx context.Context, of erase.Scope) ([]row, error) {
		return scanKeys(ctx, dynamodb.NewScanPaginator(db, &dynamodb.ScanInput{
			TableName: aws.String(table), ConsistentRead: aws.Bool(true), ProjectionExpression: aws.String("pk, sk"),
			FilterExpression: aws.String("sk = :code AND #instrument = :id"), ExpressionAttributeNames: map[string]string{"#instrument": "instrument"},
			ExpressionAttributeValues: row{":code": text(layout.Code), ":id": text(of.Instrument)},
		}), func(out *dynamodb.ScanOutput) []row { return out.Items })
	}}
}

// NewConsentRows are the statements of consent that the instrument signed.
func NewConsentRows(db *dynamodb.Client, table string) *Rows {
	return &Rows{db: db, table: table, keys: func(ctx context.Context, of erase.Scope) ([]row, error) {
		return scanKeys(ctx, dynamodb.NewScanPaginator(db, &dynamodb.ScanInput{
			TableName: aws.String(table), ConsistentRead: aws.Bool(true), ProjectionExpression: aws.String("pk, sk"),
			FilterExpression:          aws.String("pk = :pk AND begins_with(sk, :consent)"),
			ExpressionAttributeValues: row{":pk": text(layout.InstrumentRow(of.Instrument)), ":consent": text(layout.ConsentRows)},
		}), func(out *dynamodb.ScanOutput) []row { return out.Items })
	}}
}

// NewCaseRows are the rows of the instrument's cases: standing, case, token, slot links, and
// those among past cases.
func NewCaseRows(db *dynamodb.Client, table string) *Rows {
	return &Rows{db: db, table: table, keys: func(ctx context.Context, of erase.Scope) ([]row, error) {
		all, err := scanCases(ctx, db, table)
		if err != nil {
			return nil, err
		}
		cases := map[string]bool{}
		for _, c := range of.Cases {
			cases[c.ID] = true
		}
		return slices.DeleteFunc(all, func(item row) bool {
			pk := attribute(item, "pk")
			ours := strings.HasPrefix(pk, layout.OpenRow(of.Instrument, "")) || attribute(item, "instrument") == of.Instrument ||
				cases[strings.TrimPrefix(pk, layout.CaseRow(""))] || cases[attribute(item, "case")]
			return !ours
		}), nil
	}}
}

// Find implements erase.Place.
func (r *Rows) Find(ctx context.Context, of erase.Scope) (int, error) {
	keys, err := r.keys(ctx, of)
	if err != nil {
		return 0, fmt.Errorf("finding rows: %w", err)
	}
	return len(keys), nil
}

// mostWrites is how many rows one BatchWriteItem takes.
const mostWrites = 25

// Erase implements erase.Place.
func (r *Rows) Erase(ctx context.Context, of erase.Scope) error {
	keys, err := r.keys(ctx, of)
	if err != nil {
		return fmt.Errorf("finding rows: %w", err)
	}
	for page := range slices.Chunk(keys, mostWrites) {
		var writes []types.WriteRequest
		for _, k := range page {
			writes = append(writes, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: row{"pk": k["pk"], "sk": k["sk"]}}})
		}
		for left := map[string][]types.WriteRequest{r.table: writes}; len(left) > 0; {
			out, err := r.db.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: left})
			if err != nil {
				return fmt.Errorf("deleting rows: %w", err)
			}
			left = out.UnprocessedItems // throttled; the SDK has paced us
		}
	}
	return nil
}

// Of implements erase.Cases. Of a component's earlier cases only the last one's ordinal
// may be left.
func (t *Cases) Of(ctx context.Context, instrument string) ([]erase.Case, error) {
	all, err := scanCases(ctx, t.db, t.table)
	if err != nil {
		return nil, err
	}
	rounds := map[string]int{}
	open := layout.OpenRow(instrument, "")
	for _, item := range all {
		pk := attribute(item, "pk")
		if component, ok := strings.CutPrefix(pk, open); ok {
			r := reader{row: item}
			for n := int(r.number("ordinal")); n > 0; n-- {
				id := casework.ID(instrument, component, n)
				rounds[id] = max(rounds[id], 0)
			}
			if r.err != nil {
				return nil, fmt.Errorf("reading a standing: %w", r.err)
			}
		}
		if attribute(item, "instrument") == instrument {
			var c casework.Case
			if err := json.Unmarshal([]byte(attribute(item, "document")), &c); err != nil {
				return nil, fmt.Errorf("decoding a case: %w", err)
			}
			rounds[c.ID] = max(rounds[c.ID], c.Round)
		}
	}
	var cases []erase.Case
	for id, n := range rounds {
		cases = append(cases, erase.Case{ID: id, Rounds: n})
	}
	slices.SortFunc(cases, func(a, b erase.Case) int { return strings.Compare(a.ID, b.ID) })
	return cases, nil
}

// scanCases reads the whole table of cases, of every instrument: cases are found by
// their links, and by nothing else. An erasure is rare, and cases are few.
func scanCases(ctx context.Context, db *dynamodb.Client, table string) ([]row, error) {
	return scanKeys(ctx, dynamodb.NewScanPaginator(db, &dynamodb.ScanInput{
		TableName: aws.String(table), ConsistentRead: aws.Bool(true),
		ProjectionExpression:     aws.String("pk, sk, #instrument, #case, #ordinal, #document"),
		ExpressionAttributeNames: map[string]string{"#instrument": "instrument", "#case": "case", "#ordinal": "ordinal", "#document": "document"},
	}), func(out *dynamodb.ScanOutput) []row { return out.Items })
}

// paginator is a scan or a query.
type paginator[Out any] interface {
	HasMorePages() bool
	NextPage(ctx context.Context, opts ...func(*dynamodb.Options)) (Out, error)
}

func scanKeys[Out any](ctx context.Context, pages paginator[Out], items func(Out) []row) ([]row, error) {
	var all []row
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("reading keys: %w", err)
		}
		all = append(all, items(page)...)
	}
	return all, nil
}

// attribute is a string of a row, "" if it has none of that name.
func attribute(item row, name string) string {
	v, ok := item[name].(*types.AttributeValueMemberS)
	if !ok {
		return ""
	}
	return v.Value
}
