package main

import (
	"fmt"

	"proactive/cmd/agent/internal/compose"
	"proactive/cmd/agent/internal/courier"
	"proactive/shared/fault"
	"proactive/shared/observation"
	"proactive/shared/seal"
)

// seal compresses, encrypts and signs a composition as one batch for the deployment
// alone. This computer cannot open what it returns.
func (s *sending) seal(id string, sequence int64, made compose.Composition) ([]byte, error) {
	now, err := s.home.ServerTime()
	if err != nil {
		return nil, err
	}
	key, live := s.keys.UnwrapKey(now)
	if !live {
		return nil, fault.New(fault.Unavailable, courier.NoKeySet, nil)
	}
	public, err := key.RSA()
	if err != nil {
		return nil, fmt.Errorf("reading the deployment's key: %w", err)
	}
	return seal.Seal(seal.Params{
		Deployment: s.courier.Enrolment.Deployment, Instrument: s.courier.Enrolment.Instrument,
		Batch: id, Sequence: sequence, Catalog: made.Catalog,
		Plaintext: observation.Compress(made.Payload), PayloadBytes: int64(len(made.Payload)),
		Recipients: []seal.Recipient{{ID: key.ID, Key: public}},
		Signer:     s.courier.Key,
	})
}
