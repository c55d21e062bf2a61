package tables

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"proactive/shared/health"
	"proactive/shared/layout"
)

// Factors are the notices of what instruments share, in the findings table: a partition of
// their own, for there are some dozens a year. The stream wakes functions/factor, which pins
// them to notice.Factors: a pin here would link the mails into every function.
type Factors struct {
	db    *dynamodb.Client
	table string
}

// NewFactors are those of a findings table.
func NewFactors(db *dynamodb.Client, table string) *Factors { return &Factors{db, table} }

// noticed is the state of a factor's row: the stream's filters go by it.
const noticed = "noticed"

// writeFactor writes a factor that is not there yet; what is there stays as it is. That it is
// there is no failure: with an older health table restored beside it, no run could be posted.
func writeFactor(table string, f health.Factor) (*types.Update, error) {
	document, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("encoding factor %s: %w", f.ID, err)
	}
	return &types.Update{
		TableName: aws.String(table), Key: row{"pk": text(layout.FactorsRow), "sk": text(layout.FactorRow(f.ID))},
		UpdateExpression:          aws.String("SET #state = if_not_exists(#state, :state), #document = if_not_exists(#document, :document)"),
		ExpressionAttributeNames:  map[string]string{"#state": "state", "#document": "document"},
		ExpressionAttributeValues: row{":state": text(noticed), ":document": text(string(document))},
	}, nil
}

// Told implements notice.Factors.
func (t *Factors) Told(ctx context.Context, id string) ([]string, error) {
	item, err := getRow(ctx, t.db, t.table, layout.FactorsRow, layout.FactorRow(id))
	if err != nil {
		return nil, fmt.Errorf("reading factor %s: %w", id, err)
	}
	return stringSet(item, "told"), nil
}

// Tell implements notice.Factors.
func (t *Factors) Tell(ctx context.Context, id, name string) error {
	_, err := t.db.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: aws.String(t.table), Key: row{"pk": text(layout.FactorsRow), "sk": text(layout.FactorRow(id))},
		UpdateExpression: aws.String("ADD told :name"), ConditionExpression: aws.String("attribute_exists(pk)"),
		ExpressionAttributeValues: row{":name": &types.AttributeValueMemberSS{Value: []string{name}}},
	})
	if err != nil {
		return fmt.Errorf("recording notice %s of factor %s: %w", name, id, err)
	}
	return nil
}

// ToldFactor is a factor, and which of its notices were sent.
type ToldFactor struct {
	health.Factor
	Told []string `json:"told"` // names of notices
}

// List returns every factor, for the operator's command line.
func (t *Factors) List(ctx context.Context) ([]ToldFactor, error) {
	items, err := queryRows(ctx, t.db, t.table, layout.FactorsRow, layout.FactorRow(""))
	if err != nil {
		return nil, fmt.Errorf("reading factors: %w", err)
	}
	all := []ToldFactor{}
	for _, item := range items {
		f := ToldFactor{Told: append([]string{}, stringSet(item, "told")...)}
		if err := json.Unmarshal([]byte(attribute(item, "document")), &f.Factor); err != nil {
			return nil, fmt.Errorf("decoding a factor: %w", err)
		}
		all = append(all, f)
	}
	return all, nil
}

// EachFactor handles the factors in a batch of the findings table's stream one by one: see
// each.
func EachFactor(ctx context.Context, log *slog.Logger, batch events.DynamoDBEvent, handle func(context.Context, health.Factor) error) events.DynamoDBEventResponse {
	return each(ctx, log, batch, "factor", func(record events.DynamoDBEventRecord) (string, error) {
		f, ok, err := factorOf(record)
		if err == nil && ok {
			err = handle(ctx, f)
		}
		return f.ID, err
	})
}

// factorOf reads the factor that a record writes for the first time; ok is false for any
// other record.
func factorOf(record events.DynamoDBEventRecord) (f health.Factor, ok bool, err error) {
	pk, there := record.Change.NewImage["pk"]
	if !there || record.EventName != string(events.DynamoDBOperationTypeInsert) || pk.DataType() != events.DataTypeString || pk.String() != layout.FactorsRow {
		return f, false, nil
	}
	err = documentOf(record, "factor", &f)
	return f, err == nil, err
}
