package keys

import (
	"context"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"proactive/shared/keyset"
	"proactive/shared/receipt"
)

var (
	_ receipt.Signer = (*Signer)(nil)
	_ keyset.Signer  = (*Root)(nil)
)

// Signer signs receipts with ECC_NIST_P256 keys.
type Signer struct {
	set  Set
	keys []*identity
}

// NewSigner signs with the KMS keys of these ARNs, newest first; set says which id each
// has, and which of them may be used yet.
func NewSigner(client *kms.Client, set Set, arns ...string) *Signer {
	return &Signer{set: set, keys: identities(client, arns)}
}

// KeyID implements receipt.Signer.
func (s *Signer) KeyID(ctx context.Context) (string, error) {
	set, err := s.set.KeySet(ctx)
	if err != nil {
		return "", fmt.Errorf("naming a signing key: %w", err)
	}
	for _, k := range s.keys {
		id, found, err := k.in(ctx, set.Receipt)
		if err != nil {
			return "", fmt.Errorf("naming a signing key: %w", err)
		}
		if found {
			return id, nil
		}
	}
	return "", errors.New("naming a signing key: none of ours is in the published key set")
}

// SignES256 implements receipt.Signer.
func (s *Signer) SignES256(ctx context.Context, keyID string, digest []byte) ([]byte, error) {
	set, err := s.set.KeySet(ctx)
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	for _, k := range s.keys {
		id, found, err := k.in(ctx, set.Receipt)
		if err != nil {
			return nil, fmt.Errorf("signing: %w", err)
		}
		if found && id == keyID {
			return k.sign(ctx, digest)
		}
	}
	return nil, errors.New("signing: no key of that id is ours")
}

// Root signs key sets with the root key.
type Root struct{ key identity }

// NewRoot signs with the KMS key of that ARN.
func NewRoot(client *kms.Client, arn string) *Root {
	return &Root{key: identity{client: client, arn: arn}}
}

// SignES256 implements keyset.Signer.
func (r *Root) SignES256(ctx context.Context, digest []byte) ([]byte, error) {
	return r.key.sign(ctx, digest)
}

func (i *identity) sign(ctx context.Context, digest []byte) ([]byte, error) {
	out, err := i.client.Sign(ctx, &kms.SignInput{
		KeyId: aws.String(i.arn), Message: digest, MessageType: types.MessageTypeDigest,
		SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256,
	})
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	return raw(out.Signature)
}

// raw turns a DER signature (RFC 3279, section 2.2.3) into r and s of 32 bytes each (RFC
// 7518, section 3.4).
func raw(der []byte) ([]byte, error) {
	var sig struct{ R, S *big.Int }
	rest, err := asn1.Unmarshal(der, &sig)
	if err != nil {
		return nil, fmt.Errorf("reading a signature: %w", err)
	}
	if len(rest) > 0 || sig.R.Sign() <= 0 || sig.S.Sign() <= 0 || sig.R.BitLen() > 256 || sig.S.BitLen() > 256 {
		return nil, errors.New("reading a signature: not one of P-256")
	}
	out := make([]byte, 64)
	sig.R.FillBytes(out[:32])
	sig.S.FillBytes(out[32:])
	return out, nil
}
