// Package keys is the asymmetric and MAC keys in KMS, whose secret halves never leave
// it. Which id of the published key set a KMS key has is decided by its public half, so
// that no second list can contradict the first.
package keys

import (
	"bytes"
	"context"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"proactive/shared/keyset"
)

// Set is the published key set.
type Set interface {
	KeySet(ctx context.Context) (keyset.KeySet, error)
}

// Client is a KMS client.
func Client(cfg aws.Config) *kms.Client { return kms.NewFromConfig(cfg) }

// PublicKey is the public half of a KMS key, as SubjectPublicKeyInfo (DER).
func PublicKey(ctx context.Context, client *kms.Client, arn string) ([]byte, error) {
	out, err := client.GetPublicKey(ctx, &kms.GetPublicKeyInput{KeyId: aws.String(arn)})
	if err != nil {
		return nil, fmt.Errorf("reading a public key: %w", err)
	}
	return out.PublicKey, nil
}

// identity is a KMS key with its public half, which never changes and is asked for once.
type identity struct {
	client *kms.Client
	arn    string

	mu   sync.Mutex
	spki []byte
}

func identities(client *kms.Client, arns []string) (all []*identity) {
	for _, arn := range arns {
		all = append(all, &identity{client: client, arn: arn})
	}
	return all
}

func (i *identity) public(ctx context.Context) ([]byte, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.spki == nil {
		spki, err := PublicKey(ctx, i.client, i.arn)
		if err != nil {
			return nil, err
		}
		i.spki = spki
	}
	return i.spki, nil
}

// in finds the key among those of a set.
func (i *identity) in(ctx context.Context, keys []keyset.Key) (id string, found bool, err error) {
	spki, err := i.public(ctx)
	if err != nil {
		return "", false, err
	}
	for _, k := range keys {
		if bytes.Equal(k.SPKI, spki) {
			return k.ID, true, nil
		}
	}
	return "", false, nil
}
