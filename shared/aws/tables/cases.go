package tables

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"proactive/shared/casework"
	"proactive/shared/layout"
)

var (
	_ casework.Books   = (*Cases)(nil)
	_ casework.Links   = (*Cases)(nil)
	_ casework.Archive = (*Cases)(nil)
)

// Cases is the cases table: cases, the rows that allow one open case per instrument and
// component, task tokens, slot links, and what is looked back to (past.go).
type Cases struct {
	db    *dynamodb.Client
	table string
}

// NewCases is the table of that name.
func NewCases(db *dynamodb.Client, table string) *Cases { return &Cases{db: db, table: table} }

// Get implements casework.Store.
func (t *Cases) Get(ctx context.Context, id string) (casework.Case, error) {
	row, err := getRow(ctx, t.db, t.table, layout.CaseRow(id), layout.Case)
	if err != nil {
		return casework.Case{}, fmt.Errorf("reading case %s: %w", id, err)
	}
	if row == nil {
		return casework.Case{}, fmt.Errorf("reading case %s: %w", id, casework.ErrNoCase)
	}
	return caseOf(row)
}

// Save implements casework.Store.
func (t *Cases) Save(ctx context.Context, c casework.Case) error {
	put, err := t.replace(c)
	if err != nil {
		return err
	}
	_, err = t.db.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: put.TableName, Item: put.Item, ConditionExpression: put.ConditionExpression,
		ExpressionAttributeValues: put.ExpressionAttributeValues,
	})
	return raced(err, casework.ErrRaced, "saving case "+c.ID)
}

// Standing implements casework.Books.
func (t *Cases) Standing(ctx context.Context, instrument, component string) (casework.Standing, error) {
	row, err := getRow(ctx, t.db, t.table, layout.OpenRow(instrument, component), layout.Open)
	if err != nil {
		return casework.Standing{}, fmt.Errorf("reading who is open on %s of %s: %w", component, instrument, err)
	}
	if row == nil {
		return casework.Standing{}, nil
	}
	r := reader{row: row}
	s := casework.Standing{Case: r.text("case"), Ordinal: int(r.number("ordinal")), Open: r.text("state") == standingOpen, Epoch: int(r.number("epoch"))}
	return s, r.err
}

// Create implements casework.Books. If we crash after it, the case is open and has no
// execution: the finding's stream record is delivered again and starts it.
func (t *Cases) Create(ctx context.Context, was casework.Standing, c casework.Case) error {
	if was.Open {
		return fmt.Errorf("opening case %s: %w", c.ID, casework.ErrRaced)
	}
	c.Version = 0
	item, err := caseRow(c)
	if err != nil {
		return err
	}
	open := &types.Put{
		TableName:           aws.String(t.table),
		Item:                t.standingRow(c, standingOpen, was.Epoch),
		ConditionExpression: aws.String("attribute_not_exists(pk)"),
	}
	if was.Ordinal > 0 {
		open.ConditionExpression = aws.String("#state = :closed AND ordinal = :was AND epoch = :epoch")
		open.ExpressionAttributeNames = map[string]string{"#state": "state"}
		open.ExpressionAttributeValues = row{
			":closed": text(standingClosed), ":was": number(int64(was.Ordinal)), ":epoch": number(int64(was.Epoch)),
		}
	}
	_, err = t.db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Put: open},
		{Put: &types.Put{TableName: aws.String(t.table), Item: item, ConditionExpression: aws.String("attribute_not_exists(pk)")}},
	}})
	return raced(err, casework.ErrRaced, "opening case "+c.ID)
}

// Finish implements casework.Books.
func (t *Cases) Finish(ctx context.Context, c casework.Case, epoch int) error {
	put, err := t.replace(c)
	if err != nil {
		return err
	}
	writes := []types.TransactWriteItem{
		{Put: put},
		{Put: &types.Put{
			TableName:                 aws.String(t.table),
			Item:                      t.standingRow(c, standingClosed, epoch),
			ConditionExpression:       aws.String("#state = :open AND ordinal = :ordinal"),
			ExpressionAttributeNames:  map[string]string{"#state": "state"},
			ExpressionAttributeValues: row{":open": text(standingOpen), ":ordinal": number(int64(c.Ordinal))},
		}},
	}
	past, err := t.past(c)
	if err != nil {
		return err
	}
	if past != nil {
		writes = append(writes, types.TransactWriteItem{Put: past})
	}
	_, err = t.db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: writes})
	return raced(err, casework.ErrRaced, "closing case "+c.ID)
}

// List returns every case, for the operator's command line. It scans the table.
func (t *Cases) List(ctx context.Context) ([]casework.Case, error) {
	pages := dynamodb.NewScanPaginator(t.db, &dynamodb.ScanInput{
		TableName:                 aws.String(t.table),
		FilterExpression:          aws.String("sk = :case"),
		ExpressionAttributeValues: row{":case": text(layout.Case)},
	})
	var all []casework.Case
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing cases: %w", err)
		}
		for _, item := range page.Items {
			c, err := caseOf(item)
			if err != nil {
				return nil, err
			}
			all = append(all, c)
		}
	}
	return all, nil
}

// Book books a slot: see casework.Book.
func (t *Cases) Book(ctx context.Context, id string, s casework.Slot, at time.Time) (casework.Case, casework.Reason, error) {
	return casework.Book(ctx, t, id, s, at)
}

// AddNotice records a notice as sent: see casework.AddNotice.
func (t *Cases) AddNotice(ctx context.Context, id string, n casework.NoticeRef) (casework.Case, casework.Reason, error) {
	return casework.AddNotice(ctx, t, id, n)
}

const (
	standingOpen   = "open"
	standingClosed = "closed"
)

func (t *Cases) standingRow(c casework.Case, state string, epoch int) row {
	return row{
		"pk": text(layout.OpenRow(c.Instrument, c.Component)), "sk": text(layout.Open),
		"case": text(c.ID), "ordinal": number(int64(c.Ordinal)), "state": text(state), "epoch": number(int64(epoch)),
	}
}

// replace puts c as the next version of the version that was read.
func (t *Cases) replace(c casework.Case) (*types.Put, error) {
	was := c.Version
	c.Version++
	item, err := caseRow(c)
	if err != nil {
		return nil, err
	}
	return &types.Put{
		TableName: aws.String(t.table), Item: item,
		ConditionExpression:       aws.String("version = :was"),
		ExpressionAttributeValues: row{":was": number(was)},
	}, nil
}

// A case is stored as one JSON document, with what one looks rows up by beside it.
func caseRow(c casework.Case) (row, error) {
	doc, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("encoding case %s: %w", c.ID, err)
	}
	return row{
		"pk": text(layout.CaseRow(c.ID)), "sk": text(layout.Case),
		"version": number(c.Version), "state": text(string(c.State)), "instrument": text(c.Instrument),
		"component": text(c.Component), "tenant": text(c.Tenant), "document": text(string(doc)),
	}, nil
}

func caseOf(item row) (casework.Case, error) {
	r := reader{row: item}
	doc, version := r.text("document"), r.number("version")
	if r.err != nil {
		return casework.Case{}, fmt.Errorf("reading a case's row: %w", r.err)
	}
	var c casework.Case
	if err := json.Unmarshal([]byte(doc), &c); err != nil {
		return casework.Case{}, fmt.Errorf("decoding a case's document: %w", err)
	}
	c.Version = version
	return c, nil
}

// SetToken implements casework.Links.
func (t *Cases) SetToken(ctx context.Context, caseID string, token casework.Token) error {
	_, err := t.db.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(t.table),
		Item: row{
			"pk": text(layout.CaseRow(caseID)), "sk": text(layout.Token),
			"round": number(int64(token.Round)), "token": text(token.Value),
		},
		ConditionExpression:       aws.String("attribute_not_exists(pk) OR round <= :round"),
		ExpressionAttributeValues: row{":round": number(int64(token.Round))},
	})
	if conditionFailed(err) {
		return nil // a newer round's token stands
	}
	if err != nil {
		return fmt.Errorf("storing the task token of case %s: %w", caseID, err)
	}
	return nil
}

// Token implements casework.Links.
func (t *Cases) Token(ctx context.Context, caseID string) (casework.Token, error) {
	item, err := getRow(ctx, t.db, t.table, layout.CaseRow(caseID), layout.Token)
	if err != nil {
		return casework.Token{}, fmt.Errorf("reading the task token of case %s: %w", caseID, err)
	}
	if item == nil {
		return casework.Token{}, fmt.Errorf("reading the task token of case %s: %w", caseID, casework.ErrNoToken)
	}
	r := reader{row: item}
	return casework.Token{Round: int(r.number("round")), Value: r.text("token")}, r.err
}

// PutSlotLink implements casework.Links.
func (t *Cases) PutSlotLink(ctx context.Context, digest string, l casework.SlotLink) error {
	_, err := t.db.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(t.table),
		Item: row{
			"pk": text(layout.SlotRow(digest)), "sk": text(layout.Slot),
			"case": text(l.Case), "expires": number(l.Expires.Unix()),
		},
		ConditionExpression: aws.String("attribute_not_exists(pk)"),
	})
	if conditionFailed(err) {
		return nil // the digest is of a secret made from the case: it is the same link
	}
	if err != nil {
		return fmt.Errorf("storing a slot link of case %s: %w", l.Case, err)
	}
	return nil
}

// SlotByDigest implements casework.Links.
func (t *Cases) SlotByDigest(ctx context.Context, digest string, now time.Time) (casework.SlotLink, error) {
	item, err := getRow(ctx, t.db, t.table, layout.SlotRow(digest), layout.Slot)
	if err != nil {
		return casework.SlotLink{}, fmt.Errorf("reading a slot link: %w", err)
	}
	if item == nil {
		return casework.SlotLink{}, fmt.Errorf("reading a slot link: %w", casework.ErrNoLink)
	}
	r := reader{row: item}
	l := casework.SlotLink{Case: r.text("case"), Expires: time.Unix(r.number("expires"), 0).UTC()}
	if r.err == nil && !now.Before(l.Expires) {
		return casework.SlotLink{}, fmt.Errorf("reading an expired slot link: %w", casework.ErrNoLink)
	}
	return l, r.err
}
