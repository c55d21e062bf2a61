// Package door is the one way into the API: it bounds and routes a request, proves who
// sends it, decodes it, and turns what comes back into a status and JSON. A stage behind
// it sees a proven instrument and a decoded body, and knows nothing of HTTP.
package door

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"

	"proactive/shared/fault"
	"proactive/shared/journal"
)

// MaxBody bounds a request's body, in bytes.
const MaxBody = 16 << 10

// Reasons for which a request does not reach its stage.
const (
	Unauthorised = "unauthorised" // the one answer before the signature verified
	NoSuchCall   = "no-such-call" // no action of that method and path
	BodyLimit    = "body-limit"
	BadRequest   = "bad-request" // the body or the query is not what the call takes
	Revoked      = "revoked"     // proven, and no longer served
)

// Request is an HTTP request, as far as the API goes by it.
type Request struct {
	ID            string // the gateway's id of this request, never given twice
	Method        string
	Path          string // the API's own, without a stage's prefix
	Query         string // raw, without "?"
	Authorization string
	Body          []byte
}

// target is what a signature binds of the address.
func (r Request) target() string {
	if r.Query == "" {
		return r.Path
	}
	return r.Path + "?" + r.Query
}

// Response is the answer; its body is always JSON.
type Response struct {
	Status int
	Body   []byte
}

// Action answers one call. See Anyone, Enrolled and Enrolling.
type Action func(ctx context.Context, r Request) (any, error)

// Door holds the calls of one function, by method and path: "POST /v1/authorize".
type Door struct {
	Actions map[string]Action
	Log     *slog.Logger // from journal.New
}

// problem is the body of every refusal.
type problem struct {
	Error  string `json:"error"`
	Reason string `json:"reason"`
}

// Serve answers a request. It never fails: an error is an answer too.
func (d Door) Serve(ctx context.Context, r Request) Response {
	answer, err := d.answer(ctx, r)
	if err != nil {
		return d.refuse(ctx, r, err)
	}
	body, err := json.Marshal(answer)
	if err != nil {
		return d.refuse(ctx, r, err)
	}
	d.Log.InfoContext(ctx, "request answered", slog.String("request", r.ID), slog.String("path", r.Path))
	return Response{Status: http.StatusOK, Body: body}
}

func (d Door) answer(ctx context.Context, r Request) (any, error) {
	action, ok := d.Actions[r.Method+" "+r.Path]
	if !ok {
		return nil, fault.New(fault.Malformed, NoSuchCall, nil)
	}
	if len(r.Body) > MaxBody {
		return nil, fault.New(fault.Malformed, BodyLimit, nil)
	}
	return action(ctx, r)
}

// refuse shows the kind and the reason, and of an unproven request not even that.
func (d Door) refuse(ctx context.Context, r Request, err error) Response {
	kind, reason := fault.Public(err)
	request := slog.String("request", r.ID)
	switch kind {
	case fault.Unknown:
		journal.Count(ctx, d.Log, journal.RequestsUnproven, request, slog.String("reason", reason))
		reason = Unauthorised
	case fault.Internal, fault.Unavailable:
		d.Log.ErrorContext(ctx, "request failed", request, slog.String("error", err.Error()))
		if kind == fault.Internal {
			reason = kind.String()
		}
	default:
		journal.Count(ctx, d.Log, journal.RequestsRefused, request, slog.String("reason", reason))
	}
	// Two strings: this cannot fail.
	body, _ := json.Marshal(problem{Error: kind.String(), Reason: reason})
	return Response{Status: kind.Status(), Body: body}
}
