package tables

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"proactive/shared/enrol"
	"proactive/shared/instrument"
	"proactive/shared/layout"
)

// SetConsent implements enrol.Consents.
func (t *Instruments) SetConsent(ctx context.Context, i instrument.Instrument, next instrument.Consent) error {
	stands := "(consent_statement = :was OR consent_statement = :statement)"
	if i.Consent.Statement == "" {
		stands = "(attribute_not_exists(consent_statement) OR consent_statement = :was OR consent_statement = :statement)"
	}
	_, err := t.db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Update: &types.Update{
			TableName: aws.String(t.table), Key: row{"pk": text(layout.InstrumentRow(i.ID)), "sk": text(layout.Profile)},
			UpdateExpression: aws.String("SET consent_on = :on, consent_text = :text, consent_since = :since, " +
				"consent_version = :version, consent_statement = :statement, enrolment = :enrolment"),
			ConditionExpression: aws.String("attribute_exists(pk) AND revoked = :no AND public_key = :key AND " +
				"(attribute_not_exists(enrolment) OR enrolment = :enrolment) AND " + stands),
			ExpressionAttributeValues: row{
				":on": boolean(next.On), ":text": text(next.Text), ":since": number(seconds(next.Since)),
				":version": number(next.Version), ":statement": text(next.Statement), ":was": text(i.Consent.Statement),
				":enrolment": text(i.Enrolment), ":key": binary(i.PublicKey), ":no": boolean(false),
			},
		}},
		{Put: &types.Put{
			TableName: aws.String(t.table),
			Item: row{
				"pk": text(layout.InstrumentRow(i.ID)), "sk": text(layout.ConsentRow(i.Enrolment, next.Version)),
				"enrolment": text(i.Enrolment), "version": number(next.Version), "statement": text(next.Statement),
				"public_key": binary(i.PublicKey), "since": number(seconds(next.Since)),
			},
			ConditionExpression:       aws.String("attribute_not_exists(pk) OR statement = :statement"),
			ExpressionAttributeValues: row{":statement": text(next.Statement)},
		}},
	}})
	return raced(err, enrol.ErrRaced, "recording consent of "+i.ID)
}

// Statements implements enrol.History.
func (t *Instruments) Statements(ctx context.Context, id string) ([]enrol.Said, error) {
	rows, err := queryRows(ctx, t.db, t.table, layout.InstrumentRow(id), layout.ConsentRows)
	if err != nil {
		return nil, fmt.Errorf("reading the consent history of %s: %w", id, err)
	}
	var all []enrol.Said
	for _, item := range rows {
		r := reader{row: item}
		all = append(all, enrol.Said{
			Enrolment: r.text("enrolment"), Version: r.number("version"), Statement: r.text("statement"),
			Key: r.bytes("public_key"), Since: instant(r.number("since")),
		})
		if r.err != nil {
			return nil, fmt.Errorf("reading the consent history of %s: %w", id, r.err)
		}
	}
	slices.SortStableFunc(all, func(a, b enrol.Said) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Enrolment, b.Enrolment), cmp.Compare(a.Version, b.Version))
	})
	return all, nil
}
