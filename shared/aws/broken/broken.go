// Package broken is a network and services that fail on purpose: a round-tripper between
// the adapters and their endpoint. It is for tests; nothing that ships imports it, which a
// test shows.
package broken

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
)

// Kind is how a request fails.
type Kind string

// The kinds. But for TimeoutAfter, the service never sees the request.
const (
	Throttled     Kind = "throttled"
	SlowDown      Kind = "slow down" // S3's word for it
	Refused       Kind = "refused"   // a permission, a disabled key
	ServerError   Kind = "server error"
	Condition     Kind = "condition failed"
	TimeoutBefore Kind = "time-out before"
	TimeoutAfter  Kind = "time-out after" // it was done, and the reply is lost
)

// Transport fails the requests that it is told to, and hands on the others.
type Transport struct {
	Base http.RoundTripper

	mu   sync.Mutex
	plan map[string][]Kind
	seen map[string]int
}

// Fail plans how the next requests of an operation fail, by its name: "PutItem",
// "PutObject", "SendMessage", "Sign".
func (t *Transport) Fail(operation string, next ...Kind) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.plan == nil {
		t.plan = map[string][]Kind{}
	}
	t.plan[operation] = append(t.plan[operation], next...)
}

// Seen counts the requests of an operation, those that failed included.
func (t *Transport) Seen(operation string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.seen[operation]
}

// Operation is the name of a request's operation. Services with JSON name it in a header;
// of S3 and SES, which do not, those are known that we use.
func Operation(r *http.Request) string {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		return target[strings.LastIndex(target, ".")+1:]
	}
	switch {
	case strings.HasSuffix(r.URL.Path, "/outbound-emails"):
		return "SendEmail"
	case r.URL.Query().Has("versions"):
		return "ListObjectVersions"
	case r.Method == http.MethodPut && r.Header.Get("X-Amz-Copy-Source") != "":
		return "CopyObject"
	}
	return map[string]string{http.MethodPut: "PutObject", http.MethodGet: "GetObject", http.MethodHead: "HeadObject"}[r.Method]
}

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	operation := Operation(r)
	t.mu.Lock()
	if t.seen == nil {
		t.seen = map[string]int{}
	}
	t.seen[operation]++
	kind, fails := Kind(""), len(t.plan[operation]) > 0
	if fails {
		kind, t.plan[operation] = t.plan[operation][0], t.plan[operation][1:]
	}
	t.mu.Unlock()
	if !fails {
		return t.Base.RoundTrip(r)
	}
	switch kind {
	case TimeoutBefore:
		return nil, os.ErrDeadlineExceeded
	case TimeoutAfter:
		res, err := t.Base.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		return nil, os.ErrDeadlineExceeded
	}
	return answer(r, operation, kind)
}

// answer is what a service says in its own words (API references, "Common errors").
func answer(r *http.Request, operation string, kind Kind) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
	}
	type reply struct {
		status   int
		json, s3 string
	}
	replies := map[Kind]reply{
		Throttled:   {400, "ThrottlingException", "SlowDown"},
		SlowDown:    {503, "ServiceUnavailable", "SlowDown"},
		Refused:     {400, "AccessDeniedException", "AccessDenied"},
		ServerError: {500, "InternalServerError", "InternalError"},
		Condition:   {400, "ConditionalCheckFailedException", "PreconditionFailed"},
	}
	is, ok := replies[kind]
	if !ok {
		return nil, errors.New("no such failure: " + string(kind))
	}
	res := &http.Response{StatusCode: is.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Request: r}
	var body string
	if r.Header.Get("X-Amz-Target") != "" || operation == "SendEmail" {
		if kind == Throttled && strings.HasPrefix(r.Header.Get("X-Amz-Target"), "DynamoDB") {
			is.json = "ProvisionedThroughputExceededException"
		}
		res.Header.Set("Content-Type", "application/x-amz-json-1.0")
		res.Header.Set("X-Amzn-ErrorType", is.json)
		body = `{"__type":"` + is.json + `","message":"on purpose"}`
		if operation == "TransactWriteItems" && kind == Condition {
			body = `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","message":"on purpose","CancellationReasons":[{"Code":"TransactionConflict"},{"Code":"None"},{"Code":"None"}]}`
			res.Header.Set("X-Amzn-ErrorType", "TransactionCanceledException")
		}
	} else {
		switch kind {
		case Condition:
			res.StatusCode = http.StatusPreconditionFailed
		case Throttled:
			res.StatusCode = http.StatusServiceUnavailable
		case Refused:
			res.StatusCode = http.StatusForbidden
		}
		body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>` + is.s3 + `</Code><Message>on purpose</Message></Error>`
	}
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader([]byte(body))), int64(len(body))
	return res, nil
}
