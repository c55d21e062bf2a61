package tables

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"proactive/shared/challenge"
	"proactive/shared/layout"
)

var _ challenge.Used = (*Requests)(nil)

// Requests is the requests table: nonces that were used. Its rows expire by themselves;
// one that is gone early is of a nonce that is stale by then.
type Requests struct {
	db    *dynamodb.Client
	table string
}

// NewRequests is the table of that name.
func NewRequests(db *dynamodb.Client, table string) *Requests {
	return &Requests{db: db, table: table}
}

// Use implements challenge.Used.
func (t *Requests) Use(ctx context.Context, nonce, request string, until time.Time) error {
	_, err := t.db.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(t.table),
		Item: row{
			"pk": text(layout.NonceRow(nonce)), "sk": text(layout.Nonce), "request": text(request), "expires": number(until.Unix()),
		},
		ConditionExpression:       aws.String("attribute_not_exists(pk) OR #request = :request"),
		ExpressionAttributeNames:  map[string]string{"#request": "request"},
		ExpressionAttributeValues: row{":request": text(request)},
	})
	if _, spent := errors.AsType[*types.ConditionalCheckFailedException](err); spent {
		return challenge.ErrSpent
	}
	if err != nil {
		return fmt.Errorf("recording a nonce: %w", err)
	}
	return nil
}
