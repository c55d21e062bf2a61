package validate_test

import (
	"context"

	"proactive/shared/validate"
)

// meanwhile is an inbox during whose reading something happens.
type meanwhile struct {
	validate.Inbox
	happens func()
}

func (m meanwhile) Get(ctx context.Context, a validate.Arrival, limit int64) ([]byte, error) {
	body, err := m.Inbox.Get(ctx, a, limit)
	m.happens()
	return body, err
}
