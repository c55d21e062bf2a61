package tables

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"proactive/shared/condition"
	"proactive/shared/erase"
	"proactive/shared/export"
	"proactive/shared/layout"
	"proactive/shared/score"
)

var (
	_ score.Cohorts = (*Cohorts)(nil)
	_ erase.Place   = (*Memberships)(nil)
	_ export.Source = (*Memberships)(nil)
)

// Cohorts are the cohorts in the health table; what is noticed of one is written into the
// findings table, whose stream tells of it.
type Cohorts struct {
	db              *dynamodb.Client
	table, findings string
}

// NewCohorts are those of a health table, with the findings table beside it.
func NewCohorts(db *dynamodb.Client, table, findings string) *Cohorts {
	return &Cohorts{db, table, findings}
}

// Cohort implements score.Cohorts.
func (t *Cohorts) Cohort(ctx context.Context, level string) (score.Cohort, error) {
	c := score.Cohort{Level: level}
	item, err := getRow(ctx, t.db, t.table, layout.CohortRow(level), layout.Cohort)
	if err != nil || item == nil {
		return c, wrapped(err, "reading a cohort")
	}
	r := reader{row: item}
	c.Revision = r.number("revision")
	document := r.text("document")
	if r.err != nil {
		return c, fmt.Errorf("reading a cohort: %w", r.err)
	}
	if err := json.Unmarshal([]byte(document), &c); err != nil {
		return c, fmt.Errorf("decoding a cohort: %w", err)
	}
	return c, nil
}

// putCohort writes a cohort at its next revision.
func (t *Cohorts) putCohort(c score.Cohort) (*types.Put, error) {
	document, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("encoding a cohort: %w", err)
	}
	return &types.Put{
		TableName:           aws.String(t.table),
		Item:                row{"pk": text(layout.CohortRow(c.Level)), "sk": text(layout.Cohort), "revision": number(c.Revision + 1), "document": text(string(document))},
		ConditionExpression: atRevision(c.Revision), ExpressionAttributeValues: revisionWas(c.Revision),
	}, nil
}

// Post implements score.Cohorts.
func (t *Cohorts) Post(ctx context.Context, p score.Posting) error {
	writes := []types.TransactWriteItem{{Update: &types.Update{
		TableName: aws.String(t.table), Key: row{"pk": text(p.Instrument), "sk": text(layout.RunRow(p.Sequence))},
		UpdateExpression:          aws.String("SET posted = :yes"),
		ConditionExpression:       aws.String("attribute_exists(pk) AND attribute_not_exists(posted)"),
		ExpressionAttributeValues: row{":yes": &types.AttributeValueMemberBOOL{Value: true}},
	}}}
	var levels []string
	for _, c := range p.Cohorts {
		put, err := t.putCohort(c)
		if err != nil {
			return err
		}
		writes, levels = append(writes, types.TransactWriteItem{Put: put}), append(levels, c.Level)
	}
	writes = append(writes, types.TransactWriteItem{Update: &types.Update{
		TableName: aws.String(t.table), Key: row{"pk": text(p.Instrument), "sk": text(layout.Cohorts)},
		UpdateExpression: aws.String("ADD #levels :levels"), ExpressionAttributeNames: map[string]string{"#levels": "levels"},
		ExpressionAttributeValues: row{":levels": &types.AttributeValueMemberSS{Value: levels}},
	}})
	for _, f := range p.Factors {
		update, err := writeFactor(t.findings, f)
		if err != nil {
			return err
		}
		writes = append(writes, types.TransactWriteItem{Update: update})
	}
	_, err := t.db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: writes})
	return raced(err, score.ErrRaced, "posting a run to its cohorts")
}

// Memberships are an instrument's shares in cohorts. They are found by the list of levels
// that the instrument has in its own row: whoever posts to a cohort writes both in one
// transaction, so that no share is ever without its entry in the list.
type Memberships struct{ cohorts *Cohorts }

// NewMemberships are those of a health table.
func NewMemberships(db *dynamodb.Client, table string) *Memberships {
	return &Memberships{NewCohorts(db, table, "")}
}

// levels of an instrument, sorted.
func (m *Memberships) levels(ctx context.Context, instrument string) ([]string, error) {
	item, err := getRow(ctx, m.cohorts.db, m.cohorts.table, instrument, layout.Cohorts)
	if err != nil {
		return nil, fmt.Errorf("reading an instrument's cohorts: %w", err)
	}
	return stringSet(item, "levels"), nil
}

// in finds an instrument's share in a cohort; -1 if it has none any more.
func in(c score.Cohort, instrument string) int {
	return slices.IndexFunc(c.Members, func(m condition.Member) bool { return m.Instrument == instrument })
}

// Find implements erase.Place.
func (m *Memberships) Find(ctx context.Context, of erase.Scope) (int, error) {
	levels, err := m.levels(ctx, of.Instrument)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, level := range levels {
		c, err := m.cohorts.Cohort(ctx, level)
		if err != nil {
			return 0, err
		}
		if in(c, of.Instrument) >= 0 {
			n++
		}
	}
	return n, nil
}

// leaveAttempts bounds how often a share is taken out again because somebody posted to
// the cohort meanwhile; the next delivery goes on.
const leaveAttempts = 20

// Erase implements erase.Place. The list itself goes with the instrument's other rows,
// after this: if we crash, the next delivery finds it still.
func (m *Memberships) Erase(ctx context.Context, of erase.Scope) error {
	levels, err := m.levels(ctx, of.Instrument)
	if err != nil {
		return err
	}
	for _, level := range levels {
		if err := m.leave(ctx, level, of.Instrument); err != nil {
			return err
		}
	}
	return nil
}

func (m *Memberships) leave(ctx context.Context, level, instrument string) error {
	for range leaveAttempts {
		c, err := m.cohorts.Cohort(ctx, level)
		if err != nil {
			return err
		}
		at := in(c, instrument)
		if at < 0 {
			return nil
		}
		c.Members = slices.Delete(c.Members, at, at+1)
		put, err := m.cohorts.putCohort(c)
		if err != nil {
			return err
		}
		_, err = m.cohorts.db.PutItem(ctx, &dynamodb.PutItemInput{
			TableName: aws.String(m.cohorts.table), Item: put.Item,
			ConditionExpression: put.ConditionExpression, ExpressionAttributeValues: put.ExpressionAttributeValues,
		})
		if err = raced(err, score.ErrRaced, "leaving a cohort"); !errors.Is(err, score.ErrRaced) {
			return err
		}
	}
	return fmt.Errorf("leaving a cohort: %w %d times", score.ErrRaced, leaveAttempts)
}

// After implements export.Source: the instrument's own shares, and nobody else's. An
// item's key is its level.
func (m *Memberships) After(ctx context.Context, instrument, after string) ([]export.Item, bool, error) {
	levels, err := m.levels(ctx, instrument)
	if err != nil {
		return nil, false, err
	}
	var items []export.Item
	for _, level := range levels {
		if level <= after {
			continue
		}
		c, err := m.cohorts.Cohort(ctx, level)
		if err != nil {
			return nil, false, err
		}
		if at := in(c, instrument); at >= 0 {
			items = append(items, export.Item{Key: level, Row: map[string]any{"level": level, "share": c.Members[at]}})
		}
	}
	return items, false, nil
}
