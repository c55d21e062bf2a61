package pipelinetest

import (
	"bytes"
	"context"
	"encoding/hex"
	"strconv"
	"sync"
	"testing"

	"proactive/shared/authorize"
	"proactive/shared/handoff"
	"proactive/shared/scrub"
	"proactive/shared/validate"
)

var (
	_ authorize.Inbox = (*Signer)(nil)
	_ validate.Inbox  = (*Uploads)(nil)
	_ validate.Next   = (*ValidatedQueue)(nil)
)

// Signer signs uploads in memory. It fails the test when it is to sign what no upload
// may be.
type Signer struct {
	Flaky
	T      testing.TB
	mu     sync.Mutex
	signed []authorize.Put
}

// Sign implements authorize.Inbox.
func (s *Signer) Sign(_ context.Context, p authorize.Put) (authorize.Signed, error) {
	if err := s.Next(); err != nil {
		return authorize.Signed{}, err
	}
	if p.Bytes < 1 || len(p.SHA256) != 32 || p.For <= 0 || p.For > authorize.Lifetime {
		s.T.Errorf("an upload that binds too little: %+v", p)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.signed = append(s.signed, p)
	return authorize.Signed{URL: "https://inbox.invalid/" + p.Key, Method: "PUT", Headers: map[string]string{
		"If-None-Match": "*", "Content-Length": strconv.FormatInt(p.Bytes, 10), "X-Amz-Meta-Digest": hex.EncodeToString(p.SHA256),
	}}, nil
}

// Signed are the uploads that were signed, in order.
func (s *Signer) Signed() []authorize.Put {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]authorize.Put(nil), s.signed...)
}

// Uploads is how validate reads a Bucket: see validate.Inbox.
type Uploads struct{ *Bucket }

// Get implements validate.Inbox. It fails the test when it is asked for another bucket
// or without a version.
func (b Uploads) Get(_ context.Context, a validate.Arrival, limit int64) (body []byte, err error) {
	err = b.meet("Get", func() error {
		b.mu.Lock()
		defer b.mu.Unlock()
		if a.Bucket != b.name || a.Version == "" {
			b.t.Errorf("asked bucket %s for %+v", b.name, a)
		}
		n, err := strconv.Atoi(a.Version)
		if err != nil || n >= len(b.objects[a.Key]) || b.objects[a.Key][n] == nil {
			return errGone
		}
		body = bytes.Clone(b.objects[a.Key][n])
		body = body[:min(int64(len(body)), limit+1)]
		return nil
	})
	return body, err
}

// Remove implements validate.Inbox.
func (b Uploads) Remove(ctx context.Context, a validate.Arrival) error {
	return b.Bucket.Remove(ctx, scrub.Object(a))
}

// Newest implements validate.Inbox.
func (b Uploads) Newest(_ context.Context, bucket, key string) (version string, err error) {
	err = b.meet("Newest", func() error {
		b.mu.Lock()
		defer b.mu.Unlock()
		for n := len(b.objects[key]) - 1; bucket == b.name && n >= 0; n-- {
			if b.objects[key][n] != nil {
				version = strconv.Itoa(n)
				return nil
			}
		}
		return validate.ErrGone
	})
	return version, err
}

// ValidatedQueue is the queue to scrub in memory.
type ValidatedQueue struct {
	Faults
	mu       sync.Mutex
	messages []handoff.Validated
}

// Send implements validate.Next.
func (q *ValidatedQueue) Send(_ context.Context, v handoff.Validated) error {
	return q.meet("Send", func() error {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.messages = append(q.messages, v)
		return nil
	})
}

// Messages are what was sent, in order.
func (q *ValidatedQueue) Messages() []handoff.Validated {
	q.mu.Lock()
	defer q.mu.Unlock()
	return append([]handoff.Validated(nil), q.messages...)
}
