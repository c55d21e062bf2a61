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
	_ keyset.Signer  = (*Signer)(nil)
)

// Signer signs with an ECC_NIST_P256 key: the receipt key, or the root.
type Signer struct {
	key identity
	set Set
}

// NewSigner signs with the KMS key of that ARN. set names it; nil for the root, which
// has no id.
func NewSigner(client *kms.Client, arn string, set Set) *Signer {
	return &Signer{key: identity{client: client, arn: arn}, set: set}
}

// KeyID implements receipt.Signer.
func (s *Signer) KeyID(ctx context.Context) (string, error) {
	if s.set == nil {
		return "", errors.New("naming a signing key: it has no id")
	}
	set, err := s.set.KeySet(ctx)
	if err != nil {
		return "", fmt.Errorf("naming a signing key: %w", err)
	}
	id, found, err := s.key.in(ctx, set.Receipt)
	if err != nil {
		return "", fmt.Errorf("naming a signing key: %w", err)
	}
	if !found {
		return "", errors.New("naming a signing key: it is not in the published key set")
	}
	return id, nil
}

// SignES256 implements receipt.Signer and keyset.Signer.
func (s *Signer) SignES256(ctx context.Context, digest []byte) ([]byte, error) {
	out, err := s.key.client.Sign(ctx, &kms.SignInput{
		KeyId: aws.String(s.key.arn), Message: digest, MessageType: types.MessageTypeDigest,
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
