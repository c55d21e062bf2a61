package door_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"proactive/shared/challenge"
	"proactive/shared/door"
	"proactive/shared/fault"
	"proactive/shared/instrument"
	"proactive/shared/journal"
	"proactive/shared/pipelinetest"
	"proactive/shared/request"
)

const (
	known   = "i-01hzzzzzzzzzzzzzzzzzzzzzzz"
	unknown = "i-01hyyyyyyyyyyyyyyyyyyyyyyy"
	one401  = `{"error":"unauthorised","reason":"unauthorised"}`
)

type order struct {
	Word string `json:"word"`
}

type bench struct {
	t           *testing.T
	door        door.Door
	now         time.Time
	log         *bytes.Buffer
	nonces      challenge.Nonces
	used        *pipelinetest.Requests
	instruments *pipelinetest.Instruments
	key         ed25519.PrivateKey
	done        []string // what reached a stage
	answer      error
	requests    int
}

func newBench(t *testing.T) *bench {
	b := &bench{
		t: t, now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), log: &bytes.Buffer{},
		used: &pipelinetest.Requests{}, instruments: pipelinetest.NewInstruments(t), key: pipelinetest.InstrumentKey(1),
	}
	b.instruments.Put(instrument.Instrument{ID: known, PublicKey: b.key.Public().(ed25519.PublicKey)})
	b.nonces = challenge.Nonces{Mac: &pipelinetest.Mac{Key: []byte("k")}, Used: b.used, Now: func() time.Time { return b.now }, Rand: rand.Reader}
	prover := door.Prover{Instruments: b.instruments, Nonces: b.nonces}
	b.door = door.Door{Log: journal.New(b.log, "test"), Actions: map[string]door.Action{
		"GET /open": door.Anyone(func(context.Context) (order, error) { return order{"open"}, b.answer }),
		"POST /order": door.Enrolled(prover, func(_ context.Context, i instrument.Instrument, in order) (order, error) {
			b.done = append(b.done, i.ID+" "+in.Word)
			return in, b.answer
		}),
		"GET /list": door.Enrolled(prover, func(_ context.Context, _ instrument.Instrument, q url.Values) (order, error) {
			return order{q.Get("after")}, b.answer
		}),
		"POST /enrol": door.Enrolling(prover, func(_ context.Context, in order) error {
			if in.Word != "secret" {
				return fault.New(fault.Unknown, "no-such-code", nil)
			}
			return nil
		}, func(_ context.Context, _ ed25519.PublicKey, in order) (order, error) {
			b.done = append(b.done, "enrolled")
			return in, b.answer
		}),
	}}
	return b
}

// signed is a good request by the known instrument.
func (b *bench) signed(method, path, query, body string) door.Request {
	b.t.Helper()
	return b.signedBy(b.key, known, method, path, query, body)
}

func (b *bench) signedBy(key ed25519.PrivateKey, id, method, path, query, body string) door.Request {
	b.t.Helper()
	target := path
	if query != "" {
		target += "?" + query
	}
	authorization, err := request.Sign(key, id, method, target, b.nonce(), []byte(body))
	if err != nil {
		b.t.Fatal(err)
	}
	return b.request(method, path, query, authorization, body)
}

func (b *bench) nonce() string {
	b.t.Helper()
	c, err := b.nonces.New(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	return c.Nonce
}

func (b *bench) request(method, path, query, authorization, body string) door.Request {
	b.requests++
	return door.Request{
		ID: "request-" + string(rune('a'+b.requests)), Method: method, Path: path, Query: query, Authorization: authorization, Body: []byte(body),
	}
}

func (b *bench) serve(r door.Request) door.Response { return b.door.Serve(b.t.Context(), r) }

func (b *bench) want(r door.Response, status int, body string) {
	b.t.Helper()
	if r.Status != status || string(r.Body) != body {
		b.t.Errorf("%d %s, want %d %s", r.Status, r.Body, status, body)
	}
}

func TestSignedRequestIsServed(t *testing.T) {
	b := newBench(t)
	b.want(b.serve(b.signed("POST", "/order", "", `{"word":"hello"}`)), 200, `{"word":"hello"}`)
	b.want(b.serve(b.signed("GET", "/list", "after=7", "")), 200, `{"word":"7"}`)
	if len(b.done) != 1 || b.done[0] != known+" hello" || b.used.Rows() != 2 {
		t.Errorf("%v, %d rows", b.done, b.used.Rows())
	}
}

// The promise: until the signature verified, and whenever a nonce is not good, the answer
// is the same to the byte, no row is written, no stage is reached, and it is counted.
func TestUniform401(t *testing.T) {
	const body = `{"word":"hello"}`
	stranger := pipelinetest.InstrumentKey(9)
	for name, make := range map[string]func(b *bench) door.Request{
		"no authorization":      func(b *bench) door.Request { return b.request("POST", "/order", "", "", body) },
		"another scheme":        func(b *bench) door.Request { return b.request("POST", "/order", "", "Bearer abc", body) },
		"no token":              func(b *bench) door.Request { return b.request("POST", "/order", "", "Proactive abc", body) },
		"an unknown instrument": func(b *bench) door.Request { return b.signedBy(b.key, unknown, "POST", "/order", "", body) },
		"not an instrument id": func(b *bench) door.Request {
			b.instruments.Fail("Get", pipelinetest.NotPersisted) // it is not looked up
			return b.signedBy(b.key, "i-1#PROFILE", "POST", "/order", "", body)
		},
		"another's key": func(b *bench) door.Request { return b.signedBy(stranger, known, "POST", "/order", "", body) },
		"a revoked instrument with another's key": func(b *bench) door.Request {
			i, _ := b.instruments.Get(b.t.Context(), known)
			i.Revoked = true
			b.instruments.Put(i)
			return b.signedBy(stranger, known, "POST", "/order", "", body)
		},
		"a key of its own in the header": func(b *bench) door.Request {
			authorization, err := request.SignEnrolment(b.key, "POST", "/order", b.nonce(), []byte(body))
			if err != nil {
				b.t.Fatal(err)
			}
			return b.request("POST", "/order", "", authorization, body)
		},
		"another body": func(b *bench) door.Request {
			r := b.signed("POST", "/order", "", body)
			r.Body = []byte(`{"word":"other"}`)
			return r
		},
		"another path": func(b *bench) door.Request {
			r := b.signed("POST", "/elsewhere", "", body)
			r.Path = "/order"
			return r
		},
		"another method": func(b *bench) door.Request {
			r := b.signed("GET", "/order", "", body)
			r.Method = "POST"
			return r
		},
		"another query": func(b *bench) door.Request {
			r := b.signed("GET", "/list", "after=1", "")
			r.Query = "after=2"
			return r
		},
		"a body that is not one, and no proof": func(b *bench) door.Request { return b.request("POST", "/order", "", "", `{`) },
		"a stale nonce": func(b *bench) door.Request {
			r := b.signed("POST", "/order", "", body)
			b.now = b.now.Add(challenge.Validity)
			return r
		},
		"a nonce of one's own": func(b *bench) door.Request {
			authorization, err := request.Sign(b.key, known, "POST", "/order", strings.Repeat("A", 75), []byte(body))
			if err != nil {
				b.t.Fatal(err)
			}
			return b.request("POST", "/order", "", authorization, body)
		},
		"an enrolment that presents no code of ours": func(b *bench) door.Request {
			authorization, err := request.SignEnrolment(stranger, "POST", "/enrol", b.nonce(), []byte(`{"word":"guess"}`))
			if err != nil {
				b.t.Fatal(err)
			}
			return b.request("POST", "/enrol", "", authorization, `{"word":"guess"}`)
		},
		"an enrolment that is not signed": func(b *bench) door.Request {
			return b.request("POST", "/enrol", "", "", `{"word":"secret"}`)
		},
		"an enrolment without a body": func(b *bench) door.Request {
			authorization, err := request.SignEnrolment(stranger, "POST", "/enrol", b.nonce(), nil)
			if err != nil {
				b.t.Fatal(err)
			}
			return b.request("POST", "/enrol", "", authorization, "")
		},
		"an enrolment signed as an instrument": func(b *bench) door.Request {
			return b.signed("POST", "/enrol", "", `{"word":"secret"}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.want(b.serve(make(b)), http.StatusUnauthorized, one401)
			if b.used.Rows() != 0 || len(b.done) != 0 {
				t.Errorf("%d rows, reached %v", b.used.Rows(), b.done)
			}
			var line map[string]any
			if err := json.Unmarshal(b.log.Bytes(), &line); err != nil || line[journal.RequestsUnproven] != 1.0 || line["_aws"] == nil {
				t.Errorf("not counted: %s", b.log)
			}
			if strings.Contains(b.log.String(), known) || strings.Contains(b.log.String(), "hello") {
				t.Errorf("the log says too much: %s", b.log)
			}
		})
	}
}

func TestReplayedRequestIsServedOnce(t *testing.T) {
	b := newBench(t)
	r := b.signed("POST", "/order", "", `{"word":"hello"}`)
	b.want(b.serve(r), 200, `{"word":"hello"}`)
	r.ID = "request-replayed"
	b.want(b.serve(r), 401, one401)
	if len(b.done) != 1 {
		t.Errorf("reached %v", b.done)
	}
}

func TestEnrollingSpendsTheNonce(t *testing.T) {
	b := newBench(t)
	authorization, err := request.SignEnrolment(pipelinetest.InstrumentKey(9), "POST", "/enrol", b.nonce(), []byte(`{"word":"secret"}`))
	if err != nil {
		t.Fatal(err)
	}
	b.want(b.serve(b.request("POST", "/enrol", "", authorization, `{"word":"secret"}`)), 200, `{"word":"secret"}`)
	b.want(b.serve(b.request("POST", "/enrol", "", authorization, `{"word":"secret"}`)), 401, one401)
	if len(b.done) != 1 {
		t.Errorf("reached %v", b.done)
	}
}

func TestRefusals(t *testing.T) {
	const body = `{"word":"hello"}`
	for _, c := range []struct {
		name   string
		make   func(b *bench) door.Request
		status int
		body   string
	}{
		{"no such path", func(b *bench) door.Request { return b.signed("POST", "/nowhere", "", body) }, 400, `{"error":"malformed","reason":"no-such-call"}`},
		{"no such method", func(b *bench) door.Request { return b.signed("PUT", "/order", "", body) }, 400, `{"error":"malformed","reason":"no-such-call"}`},
		{"a body beyond its limit", func(b *bench) door.Request {
			return b.signed("POST", "/order", "", `{"word":"`+strings.Repeat("x", door.MaxBody)+`"}`)
		}, 400, `{"error":"malformed","reason":"body-limit"}`},
		{"not JSON", func(b *bench) door.Request { return b.signed("POST", "/order", "", `{"word":`) }, 400, `{"error":"malformed","reason":"bad-request"}`},
		{"an unknown member", func(b *bench) door.Request { return b.signed("POST", "/order", "", `{"word":"a","more":1}`) }, 400, `{"error":"malformed","reason":"bad-request"}`},
		{"two bodies", func(b *bench) door.Request { return b.signed("POST", "/order", "", body+body) }, 400, `{"error":"malformed","reason":"bad-request"}`},
		{"no body", func(b *bench) door.Request { return b.signed("POST", "/order", "", "") }, 400, `{"error":"malformed","reason":"bad-request"}`},
		{"a query where there is none", func(b *bench) door.Request { return b.signed("POST", "/order", "a=b", body) }, 400, `{"error":"malformed","reason":"bad-request"}`},
		{"a query that is none", func(b *bench) door.Request { return b.signed("GET", "/list", "a=%zz", "") }, 400, `{"error":"malformed","reason":"bad-request"}`},
		{"a body where there is none", func(b *bench) door.Request { return b.signed("GET", "/list", "", body) }, 400, `{"error":"malformed","reason":"bad-request"}`},
		{"a body where nobody is asked", func(b *bench) door.Request { return b.request("GET", "/open", "", "", body) }, 400, `{"error":"malformed","reason":"bad-request"}`},
		{"a revoked instrument, proven", func(b *bench) door.Request {
			i, _ := b.instruments.Get(b.t.Context(), known)
			i.Revoked = true
			b.instruments.Put(i)
			return b.signed("POST", "/order", "", body)
		}, 403, `{"error":"forbidden","reason":"revoked"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.want(b.serve(c.make(b)), c.status, c.body)
			if len(b.done) != 0 {
				t.Errorf("reached %v", b.done)
			}
		})
	}
}

func TestErrorsOfAStage(t *testing.T) {
	inner := errors.New("table arn:aws:dynamodb:secret is on fire")
	for _, c := range []struct {
		err    error
		status int
		body   string
	}{
		{fault.New(fault.Conflict, "batch-differs", inner), 409, `{"error":"conflict","reason":"batch-differs"}`},
		{fault.New(fault.Quota, "daily-quota", inner), 429, `{"error":"quota","reason":"daily-quota"}`},
		{fault.New(fault.Unavailable, "busy", inner), 503, `{"error":"unavailable","reason":"busy"}`},
		{fault.New(fault.Internal, "key-set-damaged", inner), 500, `{"error":"internal","reason":"internal"}`},
		{inner, 500, `{"error":"internal","reason":"internal"}`},
	} {
		b := newBench(t)
		b.answer = c.err
		b.want(b.serve(b.signed("POST", "/order", "", `{"word":"hello"}`)), c.status, c.body)
	}
}

func TestStoreFailuresLetNobodyIn(t *testing.T) {
	for name, how := range map[string]pipelinetest.Failure{"not persisted": pipelinetest.NotPersisted, "reply lost": pipelinetest.ReplyLost} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.used.Fail("Use", how)
			b.instruments.Fail("Get", pipelinetest.Works, how)
			for range 2 {
				b.want(b.serve(b.signed("POST", "/order", "", `{"word":"hello"}`)), 500, `{"error":"internal","reason":"internal"}`)
			}
			if len(b.done) != 0 || b.used.Pending()+b.instruments.Pending() != 0 {
				t.Errorf("reached %v", b.done)
			}
			b.want(b.serve(b.signed("POST", "/order", "", `{"word":"hello"}`)), 200, `{"word":"hello"}`)
		})
	}
}
