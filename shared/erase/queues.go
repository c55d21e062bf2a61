package erase

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Message is a message of which a search found that it is about the instrument.
type Message struct {
	ID      string // the same however often it is received, and in whichever queue
	Queue   string
	Receipt string // by which it can be deleted, while it is kept
}

// Found is what a search of queues came upon.
type Found struct {
	Ours []Message // kept from all others until the round must be over
	// Hidden is how many messages nobody could look at: dead letters that somebody has in
	// hand, and what a reply that was lost had in it. What a stage has in hand of its own
	// queue is not among them: it drops it, or it comes back and is dropped.
	Hidden int
}

// Queues are queues in which messages wait, of all instruments.
type Queues interface {
	// Search looks at every message that can be had, or at so many that the next search
	// must find the rest. mentions says which are about the instrument, and may be asked
	// many times at once. All others are on their queue again when it returns; while it
	// looks at them another search does not see them.
	Search(ctx context.Context, mentions func(body string) bool) (Found, error)
	// Delete deletes what a search found. After an error part of it may be done.
	Delete(ctx context.Context, found []Message) error
}

// Turn is had by one eraser of the deployment at a time. Two who look through a queue at
// once hide its messages from each other, and both find too little.
type Turn interface {
	// Take takes the turn until then, unless it is taken now. After an error, or when the
	// client repeated a call whose reply was lost, it may be taken by nobody who knows: it
	// ends by itself.
	Take(ctx context.Context, now, until time.Time) (ours bool, err error)
	// Release gives back the turn that was taken until then, to the nanosecond; what is
	// over is no error, and another's stays. Who has it is said by nothing else: an
	// instrument's id would outlive its erasure here.
	Release(ctx context.Context, until time.Time) error
}

const (
	// messages is the name of the queues in a certificate.
	messages = "queues"
	// turnLasts is longer than a call may run and than what it looked at is hidden after.
	turnLasts = 2 * time.Minute
	// turnsInGrace is how often who waits for the turn looks in the time of Grace: every
	// half minute.
	turnsInGrace = 14
	// mostLetters is how many ids of messages a tombstone keeps from round to round: with
	// what one round can add it is well below the 400 KB that a row may have.
	mostLetters = 2000
)

// collect deletes the messages.
func (s Stage) collect(ctx context.Context, t Tombstone, of Scope) (Tombstone, Found, error) {
	t, all, err := s.take(ctx, t, s.Dead, of)
	if err != nil || t.Round == 1 {
		return t, all, err
	}
	t, work, err := s.take(ctx, t, s.Work, of)
	return t, Found{Ours: slices.Concat(all.Ours, work.Ours), Hidden: all.Hidden + work.Hidden}, err
}

// take writes down which messages there are before it deletes the first of them.
func (s Stage) take(ctx context.Context, t Tombstone, queues Queues, of Scope) (Tombstone, Found, error) {
	found, err := queues.Search(ctx, of.Mentions)
	if err != nil {
		return t, found, fmt.Errorf("searching queues: %w", err)
	}
	known := len(t.Letters)
	for _, m := range found.Ours {
		if !slices.Contains(t.Letters, m.ID) {
			t.Letters = append(t.Letters, m.ID)
		}
	}
	if added := len(t.Letters) - known; added > 0 {
		t.Seen[messages] += added
		if err := s.Tombstones.Save(ctx, t); err != nil {
			return t, found, fmt.Errorf("writing down which messages were found: %w", err)
		}
		t.Version++
	}
	if err := queues.Delete(ctx, found.Ours); err != nil {
		return t, found, fmt.Errorf("erasing messages: %w", err)
	}
	return t, found, nil
}
