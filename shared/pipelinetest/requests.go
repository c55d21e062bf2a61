package pipelinetest

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"sync"
	"time"

	"proactive/shared/challenge"
)

var (
	_ challenge.Used = (*Requests)(nil)
	_ challenge.Mac  = (*Mac)(nil)
)

// Requests is the table of used nonces in memory.
type Requests struct {
	Faults
	mu   sync.Mutex
	used map[string]string
}

// Use implements challenge.Used.
func (s *Requests) Use(_ context.Context, nonce, request string, _ time.Time) error {
	return s.meet("Use", func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if by, there := s.used[nonce]; there && by != request {
			return challenge.ErrSpent
		}
		if s.used == nil {
			s.used = map[string]string{}
		}
		s.used[nonce] = request
		return nil
	})
}

// Rows counts what was written.
func (s *Requests) Rows() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.used)
}

// Mac is a MAC key in memory.
type Mac struct {
	Flaky
	Key []byte
}

// Mac implements challenge.Mac.
func (m *Mac) Mac(_ context.Context, message []byte) ([]byte, error) {
	if err := m.Next(); err != nil {
		return nil, err
	}
	return m.sum(message), nil
}

// VerifyMac implements challenge.Mac.
func (m *Mac) VerifyMac(_ context.Context, message, mac []byte) (bool, error) {
	if err := m.Next(); err != nil {
		return false, err
	}
	return hmac.Equal(m.sum(message), mac), nil
}

func (m *Mac) sum(message []byte) []byte {
	h := hmac.New(sha256.New, m.Key)
	h.Write(message)
	return h.Sum(nil)
}
