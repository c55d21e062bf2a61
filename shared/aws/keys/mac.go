package keys

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"proactive/shared/challenge"
)

var _ challenge.Mac = (*Mac)(nil)

// Mac is HMAC-SHA256 under an HMAC_256 key.
type Mac struct {
	client *kms.Client
	arn    string
}

// NewMac uses the KMS key of that ARN.
func NewMac(client *kms.Client, arn string) *Mac { return &Mac{client: client, arn: arn} }

// Mac implements challenge.Mac.
func (m *Mac) Mac(ctx context.Context, message []byte) ([]byte, error) {
	out, err := m.client.GenerateMac(ctx, &kms.GenerateMacInput{
		KeyId: aws.String(m.arn), MacAlgorithm: types.MacAlgorithmSpecHmacSha256, Message: message,
	})
	if err != nil {
		return nil, fmt.Errorf("making a MAC: %w", err)
	}
	return out.Mac, nil
}

// VerifyMac implements challenge.Mac.
func (m *Mac) VerifyMac(ctx context.Context, message, mac []byte) (bool, error) {
	out, err := m.client.VerifyMac(ctx, &kms.VerifyMacInput{
		KeyId: aws.String(m.arn), MacAlgorithm: types.MacAlgorithmSpecHmacSha256, Message: message, Mac: mac,
	})
	if _, bad := errors.AsType[*types.KMSInvalidMacException](err); bad {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("checking a MAC: %w", err)
	}
	return out.MacValid, nil
}
