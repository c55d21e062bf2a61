package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"proactive/cmd/agent/internal/home"
	"proactive/shared/consent"
	"proactive/shared/fault"
)

// consented is the service's judgement of a consent statement: the last one again, or
// the next.
func (s *service) consented(body []byte) (any, error) {
	var in struct {
		Statement string `json:"statement"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fault.New(fault.Malformed, "bad-request", err)
	}
	said, err := consent.Verify(in.Statement, s.owner)
	text := sha256.Sum256([]byte(consentText))
	if err != nil || said.Instrument != testInstrument || said.Deployment != testDeployment || said.TextSHA256 != hex.EncodeToString(text[:]) {
		s.t.Errorf("a consent statement that is not the instrument's: %+v, %v", said, err)
		return nil, fault.New(fault.Forbidden, "consent-foreign", err)
	}
	last := ""
	if len(s.said) > 0 {
		last = s.said[len(s.said)-1]
	}
	switch {
	case in.Statement == last:
	case said.Follows(int64(len(s.said)), last):
		s.said = append(s.said, in.Statement)
	default:
		return nil, fault.New(fault.Conflict, "consent-version", nil)
	}
	return map[string]any{"on": said.On, "version": said.Version, "since": s.now()}, nil
}

// on tells whether the last word on record is yes.
func (s *service) on() bool {
	if len(s.said) == 0 {
		return false
	}
	said, err := consent.Verify(s.said[len(s.said)-1], s.owner)
	return err == nil && said.On
}

// Whatever is lost on the way, and however often the lab changes its mind: what the
// service has on record is a beginning of what the agent keeps, there is one statement
// for each place, and when the network is back the last word counts.
func TestConsentWhateverIsLost(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := newLab(t)
		seed := rapid.Uint64().Draw(rt, "seed")
		rng := rand.New(rand.NewPCG(seed, 1))
		l.service.mu.Lock()
		l.service.trouble = func(int) trouble { return []trouble{none, none, lost, replyLost}[rng.IntN(4)] }
		l.service.mu.Unlock()
		answers := rapid.SliceOfN(rapid.Bool(), 1, 6).Draw(rt, "answers")
		for _, on := range answers {
			args := map[bool][]string{true: {"on", "--yes"}, false: {"off"}}[on]
			l.agent(t.Context(), args...)
			kept := l.statements(rt)
			l.service.mu.Lock()
			if told := l.service.said; len(told) > len(kept) || !slices.Equal(told, kept[:len(told)]) {
				rt.Errorf("the service has %d statements that are not the first of the agent's %d", len(told), len(kept))
			}
			l.service.mu.Unlock()
		}
		l.service.mu.Lock()
		l.service.trouble = nil
		l.service.mu.Unlock()
		last := rapid.Bool().Draw(rt, "last")
		if out, code := l.agent(t.Context(), map[bool][]string{true: {"on", "--yes"}, false: {"off"}}[last]...); code != 0 {
			rt.Fatalf("exit %d: %s", code, out)
		}
		if !slices.Equal(l.service.said, l.statements(rt)) || l.service.on() != last {
			rt.Errorf("the service has %d statements and stands at %v", len(l.service.said), l.service.on())
		}
		if out, code := l.agent(t.Context(), "consent"); code != 0 || bytes.Count([]byte(out), []byte("\n")) != len(l.service.said) {
			rt.Errorf("exit %d: %s", code, out)
		}
	})
}

// statements are those that the home keeps.
func (l *lab) statements(t rapid.TB) []string {
	h, err := home.Open(l.home)
	if err != nil {
		t.Fatal(err)
	}
	chains, err := h.Chains()
	if err != nil || len(chains) != 1 {
		t.Fatalf("%d chains: %v", len(chains), err)
	}
	return chains[0].Statements
}
