package tables

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"proactive/shared/authorize"
	"proactive/shared/enrol"
	"proactive/shared/fault"
	"proactive/shared/keyset"
	"proactive/shared/layout"
	"proactive/shared/validate"
)

var (
	_ authorize.Keys = (*Instruments)(nil)
	_ enrol.Keys     = (*Instruments)(nil)
	_ validate.Keys  = (*Instruments)(nil)
)

// Signed implements authorize.Keys and enrol.Keys.
func (t *Instruments) Signed(ctx context.Context) (keyset.Signed, error) {
	item, err := getRow(ctx, t.db, t.table, layout.KeySetRow, layout.Current)
	if err != nil {
		return keyset.Signed{}, fmt.Errorf("reading the key set: %w", err)
	}
	if item == nil {
		return keyset.Signed{}, fmt.Errorf("reading the key set: %w", keyset.ErrNone)
	}
	r := reader{row: item}
	raw := r.bytes("signed")
	if r.err != nil {
		return keyset.Signed{}, fmt.Errorf("reading the key set: %w", r.err)
	}
	return keyset.ParseSigned(raw)
}

// KeySet implements validate.Keys and keys.Set. The signature is checked against the
// root that stands beside it, which shows a damaged row and no more: whose root it is,
// only the instruments have pinned.
func (t *Instruments) KeySet(ctx context.Context) (keyset.KeySet, error) {
	signed, err := t.Signed(ctx)
	if err != nil {
		return keyset.KeySet{}, err
	}
	set, err := keyset.Verify(signed, keyset.Fingerprint(signed.Root), time.Time{})
	if err != nil {
		// Not fault-kinded for whoever sent a batch: the row is ours.
		return keyset.KeySet{}, fault.New(fault.Internal, "key-set-damaged", err)
	}
	return set, nil
}

// Publish makes a signed key set the published one, for the operator's command line. Its
// serial number must be greater than that of the one before, else it is the fault
// "key-set-older".
func (t *Instruments) Publish(ctx context.Context, signed keyset.Signed, serial int) error {
	raw, err := signed.Marshal()
	if err != nil {
		return err
	}
	_, err = t.db.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(t.table),
		Item: row{
			"pk": text(layout.KeySetRow), "sk": text(layout.Current), "serial": number(int64(serial)), "signed": binary(raw),
		},
		ConditionExpression:       aws.String("attribute_not_exists(pk) OR serial < :serial OR signed = :signed"),
		ExpressionAttributeValues: row{":serial": number(int64(serial)), ":signed": binary(raw)},
	})
	if conditionFailed(err) {
		return fault.New(fault.Conflict, "key-set-older", nil)
	}
	if err != nil {
		return fmt.Errorf("publishing the key set: %w", err)
	}
	return nil
}
