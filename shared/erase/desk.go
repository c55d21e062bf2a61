package erase

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"proactive/shared/erasure"
	"proactive/shared/fault"
	"proactive/shared/handoff"
	"proactive/shared/instrument"
)

// Reasons for which a request is refused.
const (
	AnotherInstrument = "another-instrument" // the body names another than signed
	Busy              = "busy"               // changed at the same moment: ask again
)

// The states of an erasure.
const (
	NotAsked = "not-asked"
	Erasing  = "erasing"
	Erased   = "erased"
)

// Next is the eraser's own queue.
type Next interface {
	// SendAfter hands m on, at least once and not before the pause is over.
	SendAfter(ctx context.Context, m handoff.Erase, pause time.Duration) error
}

// Desk takes requests for erasure, and answers how far one is.
type Desk struct {
	Tombstones Tombstones
	Next       Next
	Now        func() time.Time
}

// Request is the body of POST /v1/erasure. It repeats the instrument's id, so that
// nothing is erased by a request that was meant for something else.
type Request struct {
	Instrument string `json:"instrument"`
}

// Standing is how far an erasure is.
type Standing struct {
	State       string    `json:"state"`
	Asked       time.Time `json:"asked,omitzero"`
	Round       int       `json:"round,omitempty"` // under way; the second is the last if all goes well
	Certificate string    `json:"certificate,omitempty"`
}

// Ask has an instrument erased. Asking again changes nothing, and sends the message once
// more: if we crash between the two writes, that is what helps.
func (d Desk) Ask(ctx context.Context, i instrument.Instrument, r Request) (Standing, error) {
	if r.Instrument != i.ID {
		return Standing{}, fault.New(fault.Malformed, AnotherInstrument, nil)
	}
	return d.Begin(ctx, i, erasure.ByInstrument)
}

// Begin is Ask on behalf of whoever by names.
func (d Desk) Begin(ctx context.Context, i instrument.Instrument, by string) (Standing, error) {
	t, err := d.Tombstones.Read(ctx, i.ID)
	if errors.Is(err, ErrNone) {
		now := d.Now().UTC().Truncate(time.Second)
		t = Tombstone{Instrument: i.ID, Key: i.PublicKey, Asked: now, By: by, Round: 1, Next: now}
		err = d.Tombstones.Mark(ctx, t)
	}
	if errors.Is(err, ErrRaced) {
		return Standing{}, fault.New(fault.Unavailable, Busy, err)
	}
	if err != nil {
		return Standing{}, fmt.Errorf("marking an instrument for erasure: %w", err)
	}
	if t.Certificate == "" {
		if err := d.Next.SendAfter(ctx, handoff.Erase{Instrument: i.ID}, 0); err != nil {
			return Standing{}, fmt.Errorf("handing an erasure on: %w", err)
		}
	}
	return standing(t), nil
}

// Standing answers how far it is. It takes nothing in its query.
func (d Desk) Standing(ctx context.Context, i instrument.Instrument, _ url.Values) (Standing, error) {
	t, err := d.Tombstones.Read(ctx, i.ID)
	if errors.Is(err, ErrNone) {
		return Standing{State: NotAsked}, nil
	}
	if err != nil {
		return Standing{}, fmt.Errorf("asking how far an erasure is: %w", err)
	}
	return standing(t), nil
}

func standing(t Tombstone) Standing {
	if t.Certificate != "" {
		return Standing{State: Erased, Asked: t.Asked, Certificate: t.Certificate}
	}
	return Standing{State: Erasing, Asked: t.Asked, Round: t.Round}
}
