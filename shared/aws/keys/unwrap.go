package keys

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"proactive/shared/fault"
	"proactive/shared/seal"
)

var _ seal.Unwrapper = (*Unwrapper)(nil)

// Unwrapper unwraps content keys with RSA keys in KMS. Several live side by side while
// spools drain.
type Unwrapper struct {
	set  Set
	keys []*identity
}

// NewUnwrapper unwraps with the KMS keys of these ARNs; set says which id each has.
func NewUnwrapper(client *kms.Client, set Set, arns ...string) *Unwrapper {
	return &Unwrapper{set: set, keys: identities(client, arns)}
}

// Unwrap implements seal.Unwrapper. An id that the key set does not have, or that is
// none of our keys, is never tried.
func (u *Unwrapper) Unwrap(ctx context.Context, keyID string, wrapped []byte) ([]byte, error) {
	set, err := u.set.KeySet(ctx)
	if err != nil {
		return nil, fmt.Errorf("unwrapping: %w", err)
	}
	for _, k := range u.keys {
		id, found, err := k.in(ctx, set.Unwrap)
		if err != nil {
			return nil, fmt.Errorf("unwrapping: %w", err)
		}
		if found && id == keyID {
			return unwrap(ctx, k, wrapped)
		}
	}
	return nil, fault.New(fault.Malformed, seal.ReasonUnknownKey, nil)
}

func unwrap(ctx context.Context, k *identity, wrapped []byte) ([]byte, error) {
	out, err := k.client.Decrypt(ctx, &kms.DecryptInput{
		KeyId: aws.String(k.arn), CiphertextBlob: wrapped, EncryptionAlgorithm: types.EncryptionAlgorithmSpecRsaesOaepSha256,
	})
	if _, bad := errors.AsType[*types.InvalidCiphertextException](err); bad {
		return nil, fault.New(fault.Malformed, seal.ReasonUnwrapFailed, nil)
	}
	if err != nil {
		return nil, fmt.Errorf("unwrapping: %w", err)
	}
	return out.Plaintext, nil
}
