package queues

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

// Only what failed comes again, and "nothing failed" is an empty list, never null.
func TestEachAnswersWithWhatFailed(t *testing.T) {
	delivery := events.SQSEvent{Records: []events.SQSMessage{{MessageId: "a", Body: "good"}, {MessageId: "b", Body: "bad"}, {MessageId: "c", Body: "good"}}}
	for name, c := range map[string]struct{ bad, want string }{
		"one of three fails": {"bad", `{"batchItemFailures":[{"itemIdentifier":"b"}]}`},
		"none fails":         {"none", `{"batchItemFailures":[]}`},
	} {
		answer := Each(t.Context(), slog.New(slog.DiscardHandler), delivery, func(_ context.Context, body []byte) error {
			if string(body) == c.bad {
				return errors.New("failed")
			}
			return nil
		})
		if got, err := json.Marshal(answer); err != nil || string(got) != c.want {
			t.Errorf("%s: %s, %v; want %s", name, got, err, c.want)
		}
	}
}
