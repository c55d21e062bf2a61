package pipelinetest

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"proactive/shared/keyset"
	"proactive/shared/receipt"
	"proactive/shared/seal"
)

// Deployment is the name of the deployment in tests.
const Deployment = "proactive-test"

// The ids of a test deployment's keys.
const (
	UnwrapKey  = "unwrap-1"
	ReceiptKey = "receipt-1"
)

// Keys are a deployment's keys in memory. They are the same in every test of a run, for
// RSA keys are slow to make.
type Keys struct {
	Flaky
	t             testing.TB
	root, receipt *ecdsa.PrivateKey
	unwrap        *rsa.PrivateKey
}

var keyPairs = sync.OnceValues(func() (k Keys, err error) {
	var errs [3]error
	k.root, errs[0] = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	k.receipt, errs[1] = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	k.unwrap, errs[2] = rsa.GenerateKey(rand.Reader, 2048)
	return Keys{root: k.root, receipt: k.receipt, unwrap: k.unwrap}, errors.Join(errs[:]...)
})

// NewKeys are the keys.
func NewKeys(t testing.TB) *Keys {
	pairs, err := keyPairs()
	if err != nil {
		t.Fatal(err)
	}
	return &Keys{t: t, root: pairs.root, receipt: pairs.receipt, unwrap: pairs.unwrap}
}

// Set is the deployment's key set, which lives for 90 days from issued, and the same
// signed by its root.
func (k *Keys) Set(issued time.Time) (keyset.KeySet, keyset.Signed) {
	end := issued.AddDate(0, 0, 90)
	set := keyset.KeySet{
		Format: keyset.Format, Deployment: Deployment, Serial: 1, Issued: issued, Expires: end,
		Unwrap:  []keyset.Key{{ID: UnwrapKey, SPKI: k.spki(&k.unwrap.PublicKey), NotAfter: end}},
		Receipt: []keyset.Key{{ID: ReceiptKey, SPKI: k.spki(&k.receipt.PublicKey), NotAfter: end}},
	}
	signed, err := keyset.Sign(context.Background(), set, es256{k.root}, k.spki(&k.root.PublicKey))
	if err != nil {
		k.t.Fatal(err)
	}
	return set, signed
}

// Recipient is whom a batch is sealed for.
func (k *Keys) Recipient() seal.Recipient {
	return seal.Recipient{ID: UnwrapKey, Key: &k.unwrap.PublicKey}
}

// Unwrapper opens what was sealed for Recipient.
func (k *Keys) Unwrapper() seal.Local { return seal.Local{UnwrapKey: k.unwrap} }

// KeyID implements receipt.Signer.
func (k *Keys) KeyID(context.Context) (string, error) { return ReceiptKey, nil }

// SignES256 implements receipt.Signer.
func (k *Keys) SignES256(ctx context.Context, _ string, digest []byte) ([]byte, error) {
	if err := k.Next(); err != nil {
		return nil, err
	}
	return es256{k.receipt}.SignES256(ctx, digest)
}

// JWS is a receipt with a place in the chain of its own, signed by nobody: for stores,
// which do not look.
func (k *Keys) JWS(r receipt.Receipt) string {
	body, err := json.Marshal(r)
	if err != nil {
		k.t.Fatal(err)
	}
	head := `{"alg":"ES256","kid":"` + ReceiptKey + `","typ":"` + receipt.Type + `"}`
	text := base64.RawURLEncoding.EncodeToString
	return text([]byte(head)) + "." + text(body) + "." + text(make([]byte, 64))
}

func (k *Keys) spki(public any) []byte {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		k.t.Fatal(err)
	}
	return der
}

// es256 signs as KMS does, in the form that JWS wants.
type es256 struct{ key *ecdsa.PrivateKey }

func (e es256) SignES256(_ context.Context, digest []byte) ([]byte, error) {
	r, s, err := ecdsa.Sign(rand.Reader, e.key, digest)
	if err != nil {
		return nil, err
	}
	raw := make([]byte, 64)
	r.FillBytes(raw[:32])
	s.FillBytes(raw[32:])
	return raw, nil
}

// InstrumentKey is the key pair of an instrument, the same for the same seed.
func InstrumentKey(seed byte) ed25519.PrivateKey {
	s := make([]byte, ed25519.SeedSize)
	s[0] = seed
	return ed25519.NewKeyFromSeed(s)
}
