package main

import (
	"encoding/json"

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
	if err != nil || said.Instrument != testInstrument || said.Deployment != testDeployment {
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
