package tables

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"proactive/shared/erase"
	"proactive/shared/layout"
)

var _ erase.Turn = (*Turn)(nil)

// Turn is the row of the instruments table that is there while somebody erases.
type Turn struct {
	db    *dynamodb.Client
	table string
}

// NewTurn is the turn in the instruments table of that name.
func NewTurn(db *dynamodb.Client, table string) *Turn { return &Turn{db: db, table: table} }

// Take implements erase.Turn. A turn that is over is as good as none: DynamoDB deletes it
// when it likes.
func (t *Turn) Take(ctx context.Context, now, until time.Time) (bool, error) {
	_, err := t.db.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(t.table),
		Item: row{
			"pk": text(layout.EraserRow), "sk": text(layout.Turn), "until": number(until.UnixNano()), expires: number(until.Unix()),
		},
		ConditionExpression:       aws.String("attribute_not_exists(pk) OR #until <= :now"),
		ExpressionAttributeNames:  map[string]string{"#until": "until"},
		ExpressionAttributeValues: row{":now": number(now.UnixNano())},
	})
	if _, taken := errors.AsType[*types.ConditionalCheckFailedException](err); taken {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("taking the turn: %w", err)
	}
	return true, nil
}

// Release implements erase.Turn.
func (t *Turn) Release(ctx context.Context, until time.Time) error {
	_, err := t.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: aws.String(t.table), Key: row{"pk": text(layout.EraserRow), "sk": text(layout.Turn)},
		ConditionExpression:       aws.String("#until = :until"),
		ExpressionAttributeNames:  map[string]string{"#until": "until"},
		ExpressionAttributeValues: row{":until": number(until.UnixNano())},
	})
	if _, another := errors.AsType[*types.ConditionalCheckFailedException](err); another {
		return nil
	}
	if err != nil {
		return fmt.Errorf("giving the turn back: %w", err)
	}
	return nil
}
