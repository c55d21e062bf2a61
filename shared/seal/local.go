package seal

import (
	"context"
	"crypto/rsa"
	"crypto/sha256"

	"proactive/shared/fault"
)

// Local unwraps with private keys at hand: a lab's own auditor key, or a test's.
type Local map[string]*rsa.PrivateKey

var _ Unwrapper = Local(nil)

// Unwrap implements Unwrapper.
func (l Local) Unwrap(_ context.Context, keyID string, wrapped []byte) ([]byte, error) {
	key, ok := l[keyID]
	if !ok {
		return nil, fault.New(fault.Malformed, ReasonUnknownKey, nil)
	}
	content, err := rsa.DecryptOAEP(sha256.New(), nil, key, wrapped, nil)
	if err != nil {
		return nil, fault.New(fault.Malformed, ReasonUnwrapFailed, err)
	}
	return content, nil
}
