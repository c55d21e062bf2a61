// Package erase takes everything that is held of an instrument out of every store, on
// request, and says so in a signed certificate.
//
// # Why nothing comes back
//
// The tombstone is written first, in one transaction that revokes the instrument. From
// then on whoever would write by the instrument's id refuses: authorize, enrol and
// validate by the revoked row and then by its absence; scrub, score and the starter by
// the tombstone, which they read, strongly consistent, before anything else. What began
// before the tombstone ends within a function's timeout; what it wrote, sent or started
// is found by a later round. A round stops, deletes and counts; a round that found
// nothing and began Grace after the one before is the last, for Grace is longer than any
// function may run, any message may be hidden and any upload may be signed. A dead letter
// that somebody has in hand, an operator perhaps, is hidden for as long as they like: a
// round that finds one it cannot look at is not the last either.
package erase

import (
	"context"
	"crypto/ed25519"
	"errors"
	"time"
)

// Grace is the pause between two rounds: longer than a function may run (a minute), a
// message may be hidden from us (six) and a grant may be used (five).
const Grace = 7 * time.Minute

// LeastGrace is what is left of it where time runs faster than in production: what runs
// still has to end.
const LeastGrace = 15 * time.Second

// What a store of tombstones answers beside success and failure.
var (
	ErrNone  = errors.New("no erasure was asked for")
	ErrRaced = errors.New("another eraser was faster")
)

// Case is a case of the instrument, by its opaque id.
type Case struct {
	ID     string `json:"case"`
	Rounds int    `json:"rounds"` // offers made, each with its reminder
}

// Tombstone stands in an instrument's place, from the moment that its erasure was asked
// for. It is also what a crash leaves behind to go on from.
type Tombstone struct {
	Instrument string            `json:"instrument"`
	Key        ed25519.PublicKey `json:"key"` // who may ask for the certificate
	Asked      time.Time         `json:"asked"`
	By         string            `json:"by"`

	Round int       `json:"round,omitempty"` // from 1
	Next  time.Time `json:"next,omitzero"`   // this round may not begin before
	// Cases are all that were ever seen, remembered before their rows are deleted: a
	// token, a slot link or a notice is found by its case's id only.
	Cases []Case `json:"cases,omitempty"`
	// Seen is what this round found, by place, written down before the first of it is
	// deleted; nil until it has looked. Found is the same of the rounds before.
	Seen  map[string]int `json:"seen,omitempty"`
	Found map[string]int `json:"found,omitempty"`
	// Letters are the ids of the messages that Seen and Found count.
	Letters []string `json:"letters,omitempty"`

	Certificate string `json:"certificate,omitempty"` // JWS; "" while the erasure goes on
	Version     int64  `json:"-"`                     // the store's
}

// Tombstones keeps them, one per instrument.
type Tombstones interface {
	// Mark writes t, in one transaction that revokes the instrument and takes its consent
	// away, on condition that the instrument is there with t.Key and has no tombstone;
	// otherwise ErrRaced. After another error it may be durable or not: Read tells.
	Mark(ctx context.Context, t Tombstone) error
	// Read is strongly consistent and answers ErrNone.
	Read(ctx context.Context, instrument string) (Tombstone, error)
	// Save replaces the tombstone on condition that the stored version is t.Version,
	// and stores t.Version+1; otherwise ErrRaced and nothing is written.
	Save(ctx context.Context, t Tombstone) error
	// Close is Save of a tombstone with its certificate and, in the same transaction,
	// deletes the instrument's own row: the last that is left.
	Close(ctx context.Context, t Tombstone, until time.Time) error
}
