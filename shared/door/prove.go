package door

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"net/url"

	"github.com/go-json-experiment/json"

	"proactive/shared/challenge"
	"proactive/shared/fault"
	"proactive/shared/instrument"
	"proactive/shared/layout"
	"proactive/shared/request"
)

// unknownInstrument goes to the log. Outside it is Unauthorised, as all before the
// signature is.
const unknownInstrument = "unknown-instrument"

// Instruments knows the enrolled instruments.
type Instruments interface {
	// Get is strongly consistent and answers instrument.ErrUnknown.
	Get(ctx context.Context, id string) (instrument.Instrument, error)
}

// Prover proves who sends a request.
type Prover struct {
	Instruments Instruments
	Nonces      challenge.Nonces
}

// Anyone is a call that needs no proof.
func Anyone[Out any](do func(ctx context.Context) (Out, error)) Action {
	return func(ctx context.Context, r Request) (any, error) {
		if len(r.Body) > 0 || r.Query != "" {
			return nil, fault.New(fault.Malformed, BadRequest, nil)
		}
		return do(ctx)
	}
}

// Enrolled is a call by an enrolled instrument. In is decoded from the body, or is
// url.Values and taken from the query. Nothing is decoded, and no row is written, before
// the signature verified.
func Enrolled[In, Out any](p Prover, do func(ctx context.Context, i instrument.Instrument, in In) (Out, error)) Action {
	return func(ctx context.Context, r Request) (any, error) {
		token, err := request.Parse(r.Authorization)
		if err != nil {
			return nil, err
		}
		if !layout.ValidInstrument(token.Instrument) {
			return nil, fault.New(fault.Unknown, unknownInstrument, nil)
		}
		i, err := p.Instruments.Get(ctx, token.Instrument)
		if errors.Is(err, instrument.ErrUnknown) {
			return nil, fault.New(fault.Unknown, unknownInstrument, nil)
		}
		if err != nil {
			return nil, fmt.Errorf("looking up the instrument: %w", err)
		}
		if err := p.prove(ctx, token, i.PublicKey, r); err != nil {
			return nil, err
		}
		if i.Revoked {
			return nil, fault.New(fault.Forbidden, Revoked, nil)
		}
		in, err := decode[In](r)
		if err != nil {
			return nil, err
		}
		return do(ctx, i, in)
	}
}

// Enrolling is the call by a key that belongs to no instrument yet. Anyone can make a
// key, so a good signature proves nothing by itself: known must recognise what the body
// carries, by reading only, before a row is written.
func Enrolling[In, Out any](p Prover, known func(ctx context.Context, in In) error, do func(ctx context.Context, key ed25519.PublicKey, in In) (Out, error)) Action {
	return func(ctx context.Context, r Request) (any, error) {
		token, err := request.Parse(r.Authorization)
		if err != nil {
			return nil, err
		}
		if token.Key == nil {
			return nil, fault.New(fault.Unknown, request.ReasonBadToken, nil)
		}
		in, err := decode[In](r)
		if err != nil {
			return nil, fault.New(fault.Unknown, BadRequest, err)
		}
		if err := known(ctx, in); err != nil {
			return nil, err
		}
		if err := p.prove(ctx, token, token.Key, r); err != nil {
			return nil, err
		}
		return do(ctx, token.Key, in)
	}
}

// prove checks the signature and only then spends the nonce.
func (p Prover) prove(ctx context.Context, t request.Token, key ed25519.PublicKey, r Request) error {
	nonce, err := t.Verify(key, r.Method, r.target(), r.Body)
	if err != nil {
		return err
	}
	return p.Nonces.Spend(ctx, nonce, r.ID)
}

// decode is strict: one JSON object of known members, spelt exactly so, each once, and
// nothing after it. encoding/json would take the last of two members and any letter case.
func decode[In any](r Request) (In, error) {
	var in In
	bad := func(err error) (In, error) { return in, fault.New(fault.Malformed, BadRequest, err) }
	if query, ok := any(&in).(*url.Values); ok {
		values, err := url.ParseQuery(r.Query)
		if err != nil || len(r.Body) > 0 {
			return bad(err)
		}
		*query = values
		return in, nil
	}
	if r.Query != "" {
		return bad(nil)
	}
	if err := json.Unmarshal(r.Body, &in, json.RejectUnknownMembers(true)); err != nil {
		return bad(err)
	}
	return in, nil
}
