package export

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"proactive/shared/fault"
	"proactive/shared/handoff"
	"proactive/shared/instrument"
	"proactive/shared/layout"
)

// Reasons for which a request is refused.
const (
	AnotherInstrument = "another-instrument" // the body names another than signed
	BadRequest        = "bad-request"        // the request's id is none
	NoSuchPart        = "no-such-part"       // not prepared, or of an export that another took the place of
	Busy              = "busy"               // changed at the same moment: ask again
)

// The states of an export.
const (
	Preparing = "preparing"
	Ready     = "ready"
)

const (
	// Lifetime of a link. It is asked for anew for each part.
	Lifetime = 5 * time.Minute
	// Fresh is how long an export that is ready is given again in place of another: what
	// one asks for every hour costs us, and a thief of a key, a copy of everything.
	Fresh = time.Hour
	// Patience is how long an export may stand still before asking sets it going again:
	// longer than a part takes. A message too many changes nothing.
	Patience = 2 * time.Minute
)

// Next is the exporter's own queue.
type Next interface {
	// Send hands m on, at least once.
	Send(ctx context.Context, m handoff.Export) error
}

// Links signs downloads.
type Links interface {
	// Link is a GET of that very version of a part, for that long.
	Link(ctx context.Context, p Part, valid time.Duration) (string, error)
}

// Desk takes requests for an export and hands out what was prepared.
type Desk struct {
	Exports Exports
	Links   Links
	Next    Next
	Now     func() time.Time
}

// Request is the body of POST /v1/export. It repeats the instrument's id, and brings the
// id of the request, a ULID: what is prepared lies under it.
type Request struct {
	Instrument string `json:"instrument"`
	Request    string `json:"request"`
}

// Standing is how far an export is.
type Standing struct {
	State   string     `json:"state"`
	Request string     `json:"request"` // of the export that is given: perhaps an earlier one
	Asked   time.Time  `json:"asked"`
	Parts   []Prepared `json:"parts"`
}

// Prepared is a part that may be downloaded.
type Prepared struct {
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Ask has an export prepared, and tells how far it is. Asking again changes nothing while
// it is on its way or fresh; one that stands still is set going again: if we crash after
// the state is written and before the message is sent, that is what helps.
func (d Desk) Ask(ctx context.Context, i instrument.Instrument, r Request) (Standing, error) {
	switch {
	case r.Instrument != i.ID:
		return Standing{}, fault.New(fault.Malformed, AnotherInstrument, nil)
	case !layout.ValidRequest(r.Request):
		return Standing{}, fault.New(fault.Malformed, BadRequest, nil)
	}
	now := d.Now().UTC().Truncate(time.Second)
	s := State{Instrument: i.ID, Request: r.Request, Asked: now, Touched: now}
	err := d.Exports.Begin(ctx, s)
	if errors.Is(err, ErrThere) {
		var going bool
		if s, going, err = d.again(ctx, s); going {
			return standing(s), err
		}
	}
	if errors.Is(err, ErrRaced) {
		return Standing{}, fault.New(fault.Unavailable, Busy, err)
	}
	if err != nil {
		return Standing{}, fmt.Errorf("writing down a request for an export: %w", err)
	}
	if err := d.Next.Send(ctx, handoff.Export{Instrument: s.Instrument, Request: s.Request, Part: len(s.Parts) + 1}); err != nil {
		return Standing{}, fmt.Errorf("handing an export on: %w", err)
	}
	return standing(s), nil
}

// again decides what becomes of a request where there was one before: going is an export
// that needs nothing of us; otherwise the state was written and its message is to be sent.
func (d Desk) again(ctx context.Context, fresh State) (s State, going bool, err error) {
	s, err = d.Exports.Read(ctx, fresh.Instrument)
	switch {
	case errors.Is(err, ErrNone): // it ended in between
		return s, false, ErrRaced
	case err != nil:
		return s, false, err
	case s.Done && (s.Request == fresh.Request || fresh.Asked.Sub(s.Asked) < Fresh):
		return s, true, nil
	case s.Done:
		fresh.Version = s.Version
		return fresh, false, d.Exports.Save(ctx, fresh)
	case s.Request == fresh.Request && s.Asked.Equal(fresh.Asked):
		return s, false, nil // our own Begin, whose reply was lost
	case fresh.Asked.Sub(s.Touched) < Patience:
		return s, true, nil
	}
	s.Touched = fresh.Asked
	return s, false, d.Exports.Save(ctx, s)
}

// Link is a download of one part.
type Link struct {
	URL     string    `json:"url"`
	Expires time.Time `json:"expires"`
}

// Part answers GET /v1/export?request=…&part=n, n from 1.
func (d Desk) Part(ctx context.Context, i instrument.Instrument, query url.Values) (Link, error) {
	n, err := strconv.Atoi(query.Get("part"))
	if err != nil || len(query) != 2 || len(query["part"]) != 1 || len(query["request"]) != 1 {
		return Link{}, fault.New(fault.Malformed, BadRequest, err)
	}
	s, err := d.Exports.Read(ctx, i.ID)
	if err != nil && !errors.Is(err, ErrNone) {
		return Link{}, fmt.Errorf("asking how far an export is: %w", err)
	}
	if err != nil || !s.Done || s.Request != query.Get("request") || n < 1 || n > len(s.Parts) {
		return Link{}, fault.New(fault.Malformed, NoSuchPart, nil)
	}
	address, err := d.Links.Link(ctx, s.Parts[n-1], Lifetime)
	if err != nil {
		return Link{}, fmt.Errorf("signing a download: %w", err)
	}
	return Link{URL: address, Expires: d.Now().UTC().Truncate(time.Second).Add(Lifetime)}, nil
}

func standing(s State) Standing {
	out := Standing{State: Preparing, Request: s.Request, Asked: s.Asked, Parts: []Prepared{}}
	if s.Done {
		out.State = Ready
	}
	for _, p := range s.Parts {
		out.Parts = append(out.Parts, Prepared{p.Bytes, p.SHA256})
	}
	return out
}
