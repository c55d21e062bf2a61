package tables

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"proactive/shared/casework"
	"proactive/shared/door"
	"proactive/shared/enrol"
	"proactive/shared/fault"
	"proactive/shared/instrument"
	"proactive/shared/layout"
	"proactive/shared/validate"
)

var (
	_ door.Instruments     = (*Instruments)(nil)
	_ enrol.Codes          = (*Instruments)(nil)
	_ enrol.Consents       = (*Instruments)(nil)
	_ enrol.History        = (*Instruments)(nil)
	_ validate.Instruments = (*Instruments)(nil)
	_ casework.Instruments = (*Instruments)(nil)
)

// Instruments is the instruments table: instruments with their consent, enrolment codes
// by digest, and the signed key set (keyset.go).
type Instruments struct {
	db    *dynamodb.Client
	table string
}

// NewInstruments is the table of that name.
func NewInstruments(db *dynamodb.Client, table string) *Instruments {
	return &Instruments{db: db, table: table}
}

// Get implements door.Instruments and the same of other stages.
func (t *Instruments) Get(ctx context.Context, id string) (instrument.Instrument, error) {
	item, err := getRow(ctx, t.db, t.table, layout.InstrumentRow(id), layout.Profile)
	if err != nil {
		return instrument.Instrument{}, fmt.Errorf("reading instrument %s: %w", id, err)
	}
	if item == nil {
		return instrument.Instrument{}, fmt.Errorf("reading instrument %s: %w", id, instrument.ErrUnknown)
	}
	return instrumentOf(item)
}

// List returns every instrument, for the operator's command line. It scans the table.
func (t *Instruments) List(ctx context.Context) ([]instrument.Instrument, error) {
	pages := dynamodb.NewScanPaginator(t.db, &dynamodb.ScanInput{
		TableName: aws.String(t.table), ConsistentRead: aws.Bool(true),
		FilterExpression: aws.String("sk = :profile"), ExpressionAttributeValues: row{":profile": text(layout.Profile)},
	})
	var all []instrument.Instrument
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing instruments: %w", err)
		}
		for _, item := range page.Items {
			i, err := instrumentOf(item)
			if err != nil {
				return nil, err
			}
			all = append(all, i)
		}
	}
	return all, nil
}

// Issue puts an enrolment code, for the operator's command line. A digest that is there
// already is the fault "already-issued".
func (t *Instruments) Issue(ctx context.Context, digest string, c enrol.Code) error {
	_, err := t.db.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(t.table),
		Item: row{
			"pk": text(layout.CodeRow(digest)), "sk": text(layout.Code),
			"instrument": text(c.Instrument), "tenant": text(c.Tenant), "site": text(c.Site), "serial": text(c.Serial),
			"daily_bytes": number(c.DailyBytes), "expires": number(c.Expires.Unix()),
		},
		ConditionExpression: aws.String("attribute_not_exists(pk)"),
	})
	if conditionFailed(err) {
		// It may be our own write, whose reply was lost and which was sent again.
		if there, err := t.Code(ctx, digest); err == nil && sameCode(there, c) {
			return nil
		}
		return fault.New(fault.Conflict, "already-issued", nil)
	}
	if err != nil {
		return fmt.Errorf("issuing an enrolment code: %w", err)
	}
	return nil
}

// sameCode compares what a code is issued with. An instrument's id is drawn for each.
func sameCode(a, b enrol.Code) bool {
	return a.Instrument == b.Instrument && a.Tenant == b.Tenant && a.Site == b.Site && a.Serial == b.Serial &&
		a.DailyBytes == b.DailyBytes && a.Expires.Unix() == b.Expires.Unix() && a.UsedBy == nil
}

// Code implements enrol.Codes.
func (t *Instruments) Code(ctx context.Context, digest string) (enrol.Code, error) {
	item, err := getRow(ctx, t.db, t.table, layout.CodeRow(digest), layout.Code)
	if err != nil {
		return enrol.Code{}, fmt.Errorf("reading an enrolment code: %w", err)
	}
	if item == nil {
		return enrol.Code{}, fmt.Errorf("reading an enrolment code: %w", enrol.ErrNoCode)
	}
	r := reader{row: item}
	c := enrol.Code{
		Instrument: r.text("instrument"), Tenant: r.text("tenant"), Site: r.text("site"), Serial: r.text("serial"),
		DailyBytes: r.number("daily_bytes"), Expires: time.Unix(r.number("expires"), 0).UTC(),
	}
	if item["used_by"] != nil {
		c.UsedBy = r.bytes("used_by")
	}
	return c, r.err
}

// Redeem implements enrol.Codes. An earlier enrolment of the instrument is replaced
// whole: its key no longer counts, and consent is asked for anew.
func (t *Instruments) Redeem(ctx context.Context, digest string, i instrument.Instrument) error {
	_, err := t.db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Update: &types.Update{
			TableName: aws.String(t.table), Key: row{"pk": text(layout.CodeRow(digest)), "sk": text(layout.Code)},
			UpdateExpression:          aws.String("SET used_by = :key"),
			ConditionExpression:       aws.String("attribute_exists(pk) AND attribute_not_exists(used_by)"),
			ExpressionAttributeValues: row{":key": binary(i.PublicKey)},
		}},
		{Put: &types.Put{
			TableName: aws.String(t.table),
			Item: row{
				"pk": text(layout.InstrumentRow(i.ID)), "sk": text(layout.Profile),
				"tenant": text(i.Tenant), "site": text(i.Site), "serial": text(i.Serial), "daily_bytes": number(i.DailyBytes),
				"public_key": binary(i.PublicKey), "revoked": boolean(false), "enrolment": text(i.Enrolment),
				"consent_on": boolean(false), "consent_text": text(""), "consent_since": number(0),
				"consent_version": number(0), "consent_statement": text(""),
			},
			ConditionExpression:       aws.String("attribute_not_exists(pk) OR revoked = :no"),
			ExpressionAttributeValues: row{":no": boolean(false)},
		}},
		{ConditionCheck: &types.ConditionCheck{ // an erased instrument does not come back by an old code
			TableName: aws.String(t.table), Key: row{"pk": text(layout.ErasedRow(i.ID)), "sk": text(layout.Erased)},
			ConditionExpression: aws.String("attribute_not_exists(pk)"),
		}},
	}})
	switch {
	case reasonOf(err, 0) == failedCondition:
		return enrol.ErrRaced
	case reasonOf(err, 1) == failedCondition, reasonOf(err, 2) == failedCondition:
		return enrol.ErrRevoked
	case conditionFailed(err): // another transaction held a row at that moment
		return enrol.ErrRaced
	case err != nil:
		return fmt.Errorf("redeeming an enrolment code: %w", err)
	}
	return nil
}

// Revoke ends an instrument's enrolment, for the operator's command line.
func (t *Instruments) Revoke(ctx context.Context, id string) error {
	_, err := t.db.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: aws.String(t.table), Key: row{"pk": text(layout.InstrumentRow(id)), "sk": text(layout.Profile)},
		UpdateExpression: aws.String("SET revoked = :yes"), ConditionExpression: aws.String("attribute_exists(pk)"),
		ExpressionAttributeValues: row{":yes": boolean(true)},
	})
	return raced(err, instrument.ErrUnknown, "revoking "+id)
}

func instrumentOf(item row) (instrument.Instrument, error) {
	r := reader{row: item}
	i := instrument.Instrument{
		ID: strings.TrimPrefix(r.text("pk"), layout.InstrumentRow("")), Tenant: r.text("tenant"), Site: r.text("site"),
		Serial: r.text("serial"), DailyBytes: r.number("daily_bytes"), Revoked: r.boolean("revoked"), PublicKey: r.bytes("public_key"),
		Consent: instrument.Consent{On: r.boolean("consent_on"), Text: r.text("consent_text"), Since: instant(r.number("consent_since"))},
	}
	if item["consent_statement"] != nil { // a row without one proves no consent, and is a row all the same
		i.Enrolment, i.Consent.Version, i.Consent.Statement = r.text("enrolment"), r.number("consent_version"), r.text("consent_statement")
	}
	if r.err == nil && len(i.PublicKey) != ed25519.PublicKeySize {
		r.fail(errors.New("the public key has another length"))
	}
	if r.err != nil {
		return instrument.Instrument{}, fmt.Errorf("reading an instrument's row: %w", r.err)
	}
	return i, nil
}

// seconds and instant keep the zero time zero.
func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func instant(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}

func binary(b []byte) types.AttributeValue {
	return &types.AttributeValueMemberB{Value: bytes.Clone(b)}
}

func boolean(b bool) types.AttributeValue { return &types.AttributeValueMemberBOOL{Value: b} }

func (r *reader) bytes(name string) []byte {
	v, ok := r.row[name].(*types.AttributeValueMemberB)
	if !ok {
		r.fail(fmt.Errorf("attribute %s is not binary", name))
		return nil
	}
	return v.Value
}

func (r *reader) boolean(name string) bool {
	v, ok := r.row[name].(*types.AttributeValueMemberBOOL)
	if !ok {
		r.fail(fmt.Errorf("attribute %s is not a truth value", name))
		return false
	}
	return v.Value
}

const failedCondition = "ConditionalCheckFailed"

// reasonOf is why the nth write of a transaction kept it from happening, "" if it did not.
func reasonOf(err error, n int) string {
	cancelled, ok := errors.AsType[*types.TransactionCanceledException](err)
	if !ok || n >= len(cancelled.CancellationReasons) {
		return ""
	}
	return aws.ToString(cancelled.CancellationReasons[n].Code)
}
