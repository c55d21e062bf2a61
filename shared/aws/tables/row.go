// Package tables is the DynamoDB tables, one file each. Every write is conditional and
// repeatable, every read strongly consistent; each table pins the interfaces of the
// stages that it serves.
package tables

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// row is an item as DynamoDB has it.
type row = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

// reader takes attributes out of a row; its first error stays.
type reader struct {
	row row
	err error
}

func (r *reader) text(name string) string {
	v, ok := r.row[name].(*types.AttributeValueMemberS)
	if !ok {
		r.fail(fmt.Errorf("attribute %s is not a string", name))
		return ""
	}
	return v.Value
}

func (r *reader) number(name string) int64 {
	v, ok := r.row[name].(*types.AttributeValueMemberN)
	if !ok {
		r.fail(fmt.Errorf("attribute %s is not a number", name))
		return 0
	}
	n, err := strconv.ParseInt(v.Value, 10, 64)
	if err != nil {
		r.fail(fmt.Errorf("attribute %s is not a whole number", name))
	}
	return n
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// getRow reads one row, strongly consistent; nil if there is none.
func getRow(ctx context.Context, db *dynamodb.Client, table, pk, sk string) (row, error) {
	out, err := db.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: aws.String(table), Key: row{"pk": text(pk), "sk": text(sk)}, ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return nil, err
	}
	if len(out.Item) == 0 {
		return nil, nil
	}
	return out.Item, nil
}

// queryRows reads a partition, or the part of it whose sort keys begin with prefix.
func queryRows(ctx context.Context, db *dynamodb.Client, table, pk, prefix string) ([]row, error) {
	in := &dynamodb.QueryInput{
		TableName: aws.String(table), ConsistentRead: aws.Bool(true),
		KeyConditionExpression: aws.String("pk = :pk"), ExpressionAttributeValues: row{":pk": text(pk)},
	}
	if prefix != "" {
		in.KeyConditionExpression = aws.String("pk = :pk AND begins_with(sk, :prefix)")
		in.ExpressionAttributeValues[":prefix"] = text(prefix)
	}
	var all []row
	for pages := dynamodb.NewQueryPaginator(db, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
	}
	return all, nil
}

// stringSet is a set of strings of a row, sorted; nil if there is none.
func stringSet(item row, name string) []string {
	set, ok := item[name].(*types.AttributeValueMemberSS)
	if !ok {
		return nil
	}
	return slices.Sorted(slices.Values(set.Value))
}

// conditionFailed tells whether a write's condition did not hold, or whether another
// transaction held the row at that moment: read again and decide again.
func conditionFailed(err error) bool {
	if _, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		return true
	}
	if _, ok := errors.AsType[*types.TransactionConflictException](err); ok {
		return true
	}
	cancelled, ok := errors.AsType[*types.TransactionCanceledException](err)
	if !ok {
		return false
	}
	for _, r := range cancelled.CancellationReasons {
		switch aws.ToString(r.Code) {
		case "ConditionalCheckFailed", "TransactionConflict":
			return true
		}
	}
	return false
}

// raced turns a failed condition into the stage's own error and wraps any other.
func raced(err, sentinel error, verb string) error {
	switch {
	case err == nil:
		return nil
	case conditionFailed(err):
		return fmt.Errorf("%s: %w", verb, sentinel)
	default:
		return fmt.Errorf("%s: %w", verb, err)
	}
}
