package tables

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"proactive/shared/casework"
	"proactive/shared/door"
	"proactive/shared/erase"
	"proactive/shared/instrument"
	"proactive/shared/layout"
	"proactive/shared/score"
	"proactive/shared/scrub"
)

var (
	_ erase.Tombstones  = (*Tombstones)(nil)
	_ door.Instruments  = (*Tombstones)(nil)
	_ scrub.Erasures    = (*Tombstones)(nil)
	_ score.Erasures    = (*Tombstones)(nil)
	_ casework.Erasures = (*Tombstones)(nil)
)

// Tombstones is the instruments table as far as erased instruments go: one row each.
type Tombstones struct {
	db    *dynamodb.Client
	table string
}

// NewTombstones is the instruments table of that name.
func NewTombstones(db *dynamodb.Client, table string) *Tombstones {
	return &Tombstones{db: db, table: table}
}

// Erased implements the Erasures of every stage that writes by an instrument's id.
func (t *Tombstones) Erased(ctx context.Context, id string) (bool, error) {
	item, err := getRow(ctx, t.db, t.table, layout.ErasedRow(id), layout.Erased)
	if err != nil {
		return false, fmt.Errorf("asking whether %s is erased: %w", id, err)
	}
	return item != nil, nil
}

// Read implements erase.Tombstones.
func (t *Tombstones) Read(ctx context.Context, id string) (erase.Tombstone, error) {
	item, err := getRow(ctx, t.db, t.table, layout.ErasedRow(id), layout.Erased)
	if err != nil {
		return erase.Tombstone{}, fmt.Errorf("reading a tombstone: %w", err)
	}
	if item == nil {
		return erase.Tombstone{}, fmt.Errorf("reading a tombstone: %w", erase.ErrNone)
	}
	r := reader{row: item}
	document, version := r.text("document"), r.number("version")
	var s erase.Tombstone
	if r.err == nil {
		r.fail(json.Unmarshal([]byte(document), &s))
	}
	if r.err != nil {
		return erase.Tombstone{}, fmt.Errorf("reading a tombstone: %w", r.err)
	}
	s.Version = version
	return s, nil
}

// Get implements door.Instruments for the calls that an erased instrument may still make:
// its key is on the tombstone. A request for erasure comes before there is one.
func (t *Tombstones) Get(ctx context.Context, id string) (instrument.Instrument, error) {
	s, err := t.Read(ctx, id)
	switch {
	case err == nil:
		return instrument.Instrument{ID: id, PublicKey: s.Key}, nil
	case !errors.Is(err, erase.ErrNone):
		return instrument.Instrument{}, err
	}
	return NewInstruments(t.db, t.table).Get(ctx, id)
}

// Mark implements erase.Tombstones.
func (t *Tombstones) Mark(ctx context.Context, s erase.Tombstone) error {
	put, err := t.put(s, "attribute_not_exists(pk)", nil)
	if err != nil {
		return err
	}
	_, err = t.db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Put: put},
		{Update: &types.Update{
			TableName: aws.String(t.table), Key: row{"pk": text(layout.InstrumentRow(s.Instrument)), "sk": text(layout.Profile)},
			UpdateExpression:          aws.String("SET revoked = :yes, erasing = :yes, consent_on = :no, consent_since = :now"),
			ConditionExpression:       aws.String("attribute_exists(pk) AND public_key = :key"),
			ExpressionAttributeValues: row{":yes": boolean(true), ":no": boolean(false), ":now": number(seconds(s.Asked)), ":key": binary(s.Key)},
		}},
	}})
	return raced(err, erase.ErrRaced, "marking "+s.Instrument+" for erasure")
}

// Save implements erase.Tombstones.
func (t *Tombstones) Save(ctx context.Context, s erase.Tombstone) error {
	put, err := t.next(s)
	if err != nil {
		return err
	}
	_, err = t.db.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: put.TableName, Item: put.Item, ConditionExpression: put.ConditionExpression, ExpressionAttributeValues: put.ExpressionAttributeValues,
	})
	return raced(err, erase.ErrRaced, "saving a tombstone")
}

// Close implements erase.Tombstones.
func (t *Tombstones) Close(ctx context.Context, s erase.Tombstone, until time.Time) error {
	put, err := t.next(s)
	if err != nil {
		return err
	}
	put.Item[expires] = number(until.Unix())
	_, err = t.db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Put: put},
		{Delete: &types.Delete{TableName: aws.String(t.table), Key: row{"pk": text(layout.InstrumentRow(s.Instrument)), "sk": text(layout.Profile)}}},
	}})
	return raced(err, erase.ErrRaced, "closing a tombstone")
}

// expires is the attribute by which DynamoDB deletes a row, see infra.
const expires = "expires"

func (t *Tombstones) next(s erase.Tombstone) (*types.Put, error) {
	was := s.Version
	s.Version++
	return t.put(s, "version = :was", row{":was": number(was)})
}

func (t *Tombstones) put(s erase.Tombstone, condition string, values row) (*types.Put, error) {
	document, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encoding a tombstone: %w", err)
	}
	return &types.Put{
		TableName: aws.String(t.table),
		Item: row{
			"pk": text(layout.ErasedRow(s.Instrument)), "sk": text(layout.Erased),
			"version": number(s.Version), "document": text(string(document)),
		},
		ConditionExpression: aws.String(condition), ExpressionAttributeValues: values,
	}, nil
}
