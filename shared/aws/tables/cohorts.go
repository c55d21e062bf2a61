package tables

import (
	"context"
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
	_ score.Cohorts = (*Health)(nil)
	_ erase.Place   = (*Memberships)(nil)
	_ export.Source = (*Memberships)(nil)
)

// Memberships are an instrument's shares in cohorts. They are found by the list of levels
// that the instrument has in its own row: whoever posts to a cohort writes both in one
// transaction, so that no share is ever without its entry in the list.
type Memberships struct{ health *Health }

// NewMemberships are those of a health table.
func NewMemberships(db *dynamodb.Client, table string) *Memberships {
	return &Memberships{NewHealth(db, table)}
}

// levels of an instrument, sorted.
func (m *Memberships) levels(ctx context.Context, instrument string) ([]string, error) {
	item, err := getRow(ctx, m.health.db, m.health.table, instrument, layout.Cohorts)
	if err != nil {
		return nil, fmt.Errorf("reading an instrument's cohorts: %w", err)
	}
	set, ok := item["levels"].(*types.AttributeValueMemberSS)
	if !ok {
		return nil, nil
	}
	return slices.Sorted(slices.Values(set.Value)), nil
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
		c, err := m.health.Cohort(ctx, level)
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
		c, err := m.health.Cohort(ctx, level)
		if err != nil {
			return err
		}
		at := in(c, instrument)
		if at < 0 {
			return nil
		}
		c.Members = slices.Delete(c.Members, at, at+1)
		put, err := m.health.putCohort(c)
		if err != nil {
			return err
		}
		_, err = m.health.db.PutItem(ctx, &dynamodb.PutItemInput{
			TableName: aws.String(m.health.table), Item: put.Item,
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
		c, err := m.health.Cohort(ctx, level)
		if err != nil {
			return nil, false, err
		}
		if at := in(c, instrument); at >= 0 {
			items = append(items, export.Item{Key: level, Row: map[string]any{"level": level, "share": c.Members[at]}})
		}
	}
	return items, false, nil
}
