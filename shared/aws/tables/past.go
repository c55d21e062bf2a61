package tables

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"proactive/shared/casework"
	"proactive/shared/layout"
)

// past is the row by which a closed case is found again; nil if models did not foretell it.
// It names the case and nobody: an erasure finds it by the case's id, as it does a slot
// link. What was true of the case is asked of the case, for that may be told later.
func (t *Cases) past(c casework.Case) (*types.Put, error) {
	if len(c.Because) == 0 || c.ClosedAt == nil {
		return nil, nil
	}
	because, err := json.Marshal(c.Because)
	if err != nil {
		return nil, fmt.Errorf("encoding why case %s was foretold: %w", c.ID, err)
	}
	return &types.Put{
		TableName: aws.String(t.table),
		Item: row{
			"pk": text(layout.PastRow(c.Component)), "sk": text(layout.PastCase(*c.ClosedAt, c.ID)),
			"case": text(c.ID), "because": text(string(because)),
		},
		ConditionExpression: aws.String("attribute_not_exists(pk)"),
	}, nil
}

// Past implements casework.Archive.
func (t *Cases) Past(ctx context.Context, component string, most int) ([]casework.Past, error) {
	out, err := t.db.Query(ctx, &dynamodb.QueryInput{
		TableName: aws.String(t.table), ConsistentRead: aws.Bool(true), ScanIndexForward: aws.Bool(false), Limit: aws.Int32(int32(most)), //nolint:gosec // G115: a hundred
		KeyConditionExpression: aws.String("pk = :pk"), ExpressionAttributeValues: row{":pk": text(layout.PastRow(component))},
	})
	if err != nil {
		return nil, fmt.Errorf("reading past cases: %w", err)
	}
	var all []casework.Past
	for _, item := range out.Items {
		r := reader{row: item}
		p := casework.Past{Case: r.text("case")}
		because := r.text("because")
		if r.err != nil {
			return nil, fmt.Errorf("reading a past case: %w", r.err)
		}
		if err := json.Unmarshal([]byte(because), &p.Because); err != nil {
			return nil, fmt.Errorf("decoding why a past case was foretold: %w", err)
		}
		all = append(all, p)
	}
	return all, nil
}
