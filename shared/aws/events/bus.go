// Package events is the EventBridge bus of domain events. (The words on the wire are
// proactive/events, package wire.)
package events

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"proactive/shared/casework"
)

var _ casework.Bus = (*Bus)(nil)

// Bus is one event bus.
type Bus struct {
	client *eventbridge.Client
	name   string
}

// NewBus is the bus of that name.
func NewBus(client *eventbridge.Client, name string) *Bus { return &Bus{client: client, name: name} }

// Publish implements casework.Bus: the whole event is the detail, its type the
// detail-type. PutEvents answers 200 to an entry that it refused, so the entry is looked
// at.
func (b *Bus) Publish(ctx context.Context, e casework.Event) error {
	detail, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encoding event %s: %w", e.ID, err)
	}
	out, err := b.client.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{{
		EventBusName: aws.String(b.name), Source: aws.String(e.Source), DetailType: aws.String(e.Type),
		Time: aws.Time(e.Time), Detail: aws.String(string(detail)),
	}}})
	if err != nil {
		return fmt.Errorf("putting event %s: %w", e.ID, err)
	}
	if out.FailedEntryCount > 0 {
		return fmt.Errorf("putting event %s: refused with %s", e.ID, aws.ToString(out.Entries[0].ErrorCode))
	}
	return nil
}
