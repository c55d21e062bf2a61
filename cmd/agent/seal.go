package main

import (
	"fmt"

	"proactive/cmd/agent/internal/compose"
	"proactive/cmd/agent/internal/courier"
	"proactive/shared/batch"
	"proactive/shared/fault"
	"proactive/shared/observation"
	"proactive/shared/seal"
)

// tooLarge is also authorize's reason: here it spares the outbox a batch that could
// never leave it.
const tooLarge = "batch-too-large"

// sealingOverhead is more than what sealing adds to 32 MiB.
const sealingOverhead = 64 << 10

// seal compresses, encrypts and signs a composition as one batch for the deployment and,
// where the lab has a key of its own, for that. This computer cannot open what it returns.
func (s *sending) seal(id string, sequence int64, made compose.Composition) ([]byte, error) {
	now, err := s.home.ServerTime()
	if err != nil {
		return nil, err
	}
	key, live := s.keys.UnwrapKey(now)
	if !live {
		return nil, fault.New(fault.Unavailable, courier.NoKeySet, nil)
	}
	deployment, err := key.RSA()
	if err != nil {
		return nil, fmt.Errorf("reading the deployment's key: %w", err)
	}
	lab, err := recipient(s.home)
	if err != nil {
		return nil, err
	}
	packed := observation.Compress(made.Payload)
	if len(packed) > batch.MaxCiphertext-sealingOverhead {
		return nil, fault.New(fault.Malformed, tooLarge, nil)
	}
	return seal.Seal(seal.Params{
		Deployment: s.courier.Enrolment.Deployment, Instrument: s.courier.Enrolment.Instrument,
		Batch: id, Sequence: sequence, Catalog: made.Catalog,
		Plaintext: packed, PayloadBytes: int64(len(made.Payload)),
		Recipients: append([]seal.Recipient{{ID: key.ID, Key: deployment}}, lab...),
		Signer:     s.courier.Key,
	})
}
