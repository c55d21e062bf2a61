package casework

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Errors that a store returns and callers branch on.
var (
	// ErrNoCase: there is no case of that id.
	ErrNoCase = errors.New("no such case")
	// ErrRaced: the condition of a write failed, someone else was faster. Read again.
	ErrRaced = errors.New("another writer was faster")
	// ErrNoLink: no slot link has that digest, or it has expired.
	ErrNoLink = errors.New("no such slot link")
	// ErrNoToken: the case waits on no task token.
	ErrNoToken = errors.New("no task token")
)

// Store holds cases. Reads are strongly consistent. A write that returns an error may
// have been persisted all the same (the reply was lost); every caller here reads again
// and finds its change Already made.
type Store interface {
	// Get returns a case with its Version, or ErrNoCase.
	Get(ctx context.Context, id string) (Case, error)
	// Save replaces the case on condition that the stored version is c.Version, and
	// stores c.Version+1; otherwise ErrRaced and nothing is written. Save never
	// closes a case: that is Books.Finish.
	Save(ctx context.Context, c Case) error
}

// Standing is the row that allows one open case per instrument and component. The zero
// value means there never was one.
type Standing struct {
	Case    string // the last case's id
	Ordinal int    // its ordinal
	Open    bool
	// Epoch is the component's service epoch as of the last closing: findings of an
	// earlier epoch are history.
	Epoch int
}

// Books is what opening and closing need beyond Store.
type Books interface {
	Store
	// Standing of an instrument's component, strongly consistent.
	Standing(ctx context.Context, instrument, component string) (Standing, error)
	// Create writes, in one transaction, the standing (open, c's id and ordinal, was's
	// epoch) on condition that it still is `was` and that is not open, and the case on
	// condition that there is none of that id. ErrRaced if either fails.
	Create(ctx context.Context, was Standing, c Case) error
	// Finish writes, in one transaction, the closed case as Save would, and the
	// standing as closed at epoch on condition that it is open with c's ordinal; and, of a
	// case that models foretold, the row by which Archive.Past finds it.
	Finish(ctx context.Context, c Case, epoch int) error
}

// Token is the task token that a case's execution waits with. It is a bearer secret:
// never logged, never mailed.
type Token struct {
	Round int
	Value string
}

// SlotLink is where a slot link leads. The link itself holds a secret; only its
// SHA-256 is stored.
type SlotLink struct {
	Case    string
	Expires time.Time
}

// Links are the secrets by which the world answers a case.
type Links interface {
	// SetToken stores the token of a round; an older round never replaces a newer
	// one (nil error, nothing written), the same round does: a retried task has a new
	// token.
	SetToken(ctx context.Context, caseID string, t Token) error
	// Token of a case, or ErrNoToken.
	Token(ctx context.Context, caseID string) (Token, error)
	// PutSlotLink stores a link under the hex SHA-256 of its secret. The same link
	// again changes nothing.
	PutSlotLink(ctx context.Context, digest string, l SlotLink) error
	// SlotByDigest returns an unexpired link, or ErrNoLink. now decides, not the
	// table's TTL, which deletes up to days late.
	SlotByDigest(ctx context.Context, digest string, now time.Time) (SlotLink, error)
}

// attempts bounds how often Update reads again. Writers of one case are few: the
// execution, the starter, a lab's click.
const attempts = 8

// Update reads a case, changes it and saves it if change says Done; when another
// writer was faster it starts again from the new state. Any other reason leaves the
// stored case as it is, and is returned with it.
func Update(ctx context.Context, store Store, id string, change func(*Case) Reason) (Case, Reason, error) {
	for range attempts {
		c, err := store.Get(ctx, id)
		if err != nil {
			return Case{}, "", fmt.Errorf("reading case %s: %w", id, err)
		}
		reason := change(&c)
		if reason != Done {
			return c, reason, nil
		}
		switch err := store.Save(ctx, c); {
		case err == nil:
			c.Version++
			return c, Done, nil
		case !errors.Is(err, ErrRaced):
			return Case{}, "", fmt.Errorf("saving case %s: %w", id, err)
		}
	}
	return Case{}, "", fmt.Errorf("saving case %s: %w %d times", id, ErrRaced, attempts)
}

// Book books a slot of a case: the first pick wins.
func Book(ctx context.Context, store Store, id string, s Slot, at time.Time) (Case, Reason, error) {
	return Update(ctx, store, id, func(c *Case) Reason { return c.Book(s, at) })
}

// AddNotice records a notice as sent.
func AddNotice(ctx context.Context, store Store, id string, n NoticeRef) (Case, Reason, error) {
	return Update(ctx, store, id, func(c *Case) Reason { return c.AddNotice(n) })
}
