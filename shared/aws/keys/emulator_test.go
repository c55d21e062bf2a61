package keys_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"proactive/infra/local"
	"proactive/shared/aws/keys"
	"proactive/shared/fault"
	"proactive/shared/keyset"
	"proactive/shared/pipelinetest"
	"proactive/shared/pipelinetest/emulated"
	"proactive/shared/receipt"
	"proactive/shared/seal"
)

// set is a published key set.
type set struct{ keys keyset.KeySet }

func (s *set) KeySet(context.Context) (keyset.KeySet, error) { return s.keys, nil }

func create(t *testing.T, client *kms.Client, spec types.KeySpec, usage types.KeyUsageType) string {
	t.Helper()
	out, err := client.CreateKey(t.Context(), &kms.CreateKeyInput{KeySpec: spec, KeyUsage: usage})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(out.KeyMetadata.Arn)
}

func public(t *testing.T, client *kms.Client, arn string) []byte {
	t.Helper()
	spki, err := keys.PublicKey(t.Context(), client, arn)
	if err != nil {
		t.Fatal(err)
	}
	return spki
}

func TestKeysInKMS(t *testing.T) {
	e := emulated.Start(t)
	client := keys.Client(aws.Config{
		BaseEndpoint: aws.String(e.Endpoint()), Region: local.Region, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	t.Run("receipts and key sets", func(t *testing.T) { signs(t, client) })
	t.Run("content keys", func(t *testing.T) { unwraps(t, client) })
	t.Run("nonces", func(t *testing.T) { macs(t, client) })
}

func signs(t *testing.T, client *kms.Client) {
	root := create(t, client, types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify)
	receipts := create(t, client, types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify)
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	published, _ := pipelinetest.NewKeys(t).Set(now)
	published.Receipt[0] = keyset.Key{ID: "receipt-9", SPKI: public(t, client, receipts), NotAfter: now.AddDate(1, 0, 0)}

	rootSPKI := public(t, client, root)
	signed, err := keyset.Sign(t.Context(), published, keys.NewRoot(client, root), rootSPKI)
	if err != nil {
		t.Fatal(err)
	}
	verified, err := keyset.Verify(signed, keyset.Fingerprint(rootSPKI), now)
	if err != nil {
		t.Fatal(err)
	}

	chain := pipelinetest.NewChain(t)
	chain.Grant("i-01hzzzzzzzzzzzzzzzzzzzzzzz", "01HZZZZZZZZZZZZZZZZZZZZ001")
	r := receipt.Receipt{
		Deployment: pipelinetest.Deployment, Instrument: "i-01hzzzzzzzzzzzzzzzzzzzzzzz", Batch: "01HZZZZZZZZZZZZZZZZZZZZ001", Sequence: 1,
		Verdict: receipt.Rejected, Reason: "x", SHA256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Issued: now.Format(receipt.TimeFormat),
	}
	newer := create(t, client, types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify) // made, and not published yet
	signer := keys.NewSigner(client, &set{verified}, newer, receipts)
	entry, err := receipt.Issue(t.Context(), signer, chain, r, receipt.Place{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := receipt.Verify(entry.JWS, verified); err != nil {
		t.Error(err)
	}
	if id, err := signer.KeyID(t.Context()); err != nil || id != "receipt-9" {
		t.Errorf("%s, %v", id, err)
	}
	for name, s := range map[string]*keys.Signer{
		"a key that is not published": keys.NewSigner(client, &set{verified}, newer), "the root": keys.NewSigner(client, &set{verified}, root),
	} {
		if id, err := s.KeyID(t.Context()); err == nil {
			t.Errorf("%s is called %s", name, id)
		}
	}
	verified.Receipt = append([]keyset.Key{{ID: "receipt-10", SPKI: public(t, client, newer), NotAfter: now.AddDate(1, 0, 0)}}, verified.Receipt...)
	published2 := &set{verified}
	signer = keys.NewSigner(client, published2, newer, receipts)
	if id, err := signer.KeyID(t.Context()); err != nil || id != "receipt-10" {
		t.Errorf("the newest key, once published, signs: %s, %v", id, err)
	}
	// A receipt begun under the old name is finished with the old key.
	if _, err := signer.SignES256(t.Context(), "receipt-9", make([]byte, 32)); err != nil {
		t.Error(err)
	}
	if _, err := signer.SignES256(t.Context(), "receipt-11", make([]byte, 32)); err == nil {
		t.Error("signed under a name that is nobody's")
	}
}

func unwraps(t *testing.T, client *kms.Client) {
	arn := create(t, client, types.KeySpecRsa4096, types.KeyUsageTypeEncryptDecrypt)
	spki := public(t, client, arn)
	parsed, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		t.Fatal(err)
	}
	content := []byte("0123456789abcdef0123456789abcdef")
	wrapped, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, parsed.(*rsa.PublicKey), content, nil)
	if err != nil {
		t.Fatal(err)
	}
	published := &set{keyset.KeySet{Unwrap: []keyset.Key{{ID: "unwrap-2", SPKI: []byte("another's")}, {ID: "unwrap-1", SPKI: spki}}}}
	u := keys.NewUnwrapper(client, published, arn)
	if got, err := u.Unwrap(t.Context(), "unwrap-1", wrapped); err != nil || string(got) != string(content) {
		t.Errorf("%x, %v", got, err)
	}
	for _, c := range []struct {
		name, id, reason string
		wrapped          []byte
	}{
		{"a key that is another's", "unwrap-2", seal.ReasonUnknownKey, wrapped},
		{"a key that is not published", "unwrap-3", seal.ReasonUnknownKey, wrapped},
		{"a flipped bit", "unwrap-1", seal.ReasonUnwrapFailed, append([]byte{wrapped[0] ^ 1}, wrapped[1:]...)},
	} {
		_, err := u.Unwrap(t.Context(), c.id, c.wrapped)
		if kind, reason := fault.Public(err); kind != fault.Malformed || reason != c.reason {
			t.Errorf("%s: %v, want %s", c.name, err, c.reason)
		}
	}
	_, err = keys.NewUnwrapper(client, published, arn+"x").Unwrap(t.Context(), "unwrap-1", wrapped)
	if f := (*fault.Fault)(nil); err == nil || errors.As(err, &f) {
		t.Errorf("a KMS that does not answer is no fault of the batch's: %v", err)
	}
}

func macs(t *testing.T, client *kms.Client) {
	m := keys.NewMac(client, create(t, client, types.KeySpecHmac256, types.KeyUsageTypeGenerateVerifyMac))
	mac, err := m.Mac(t.Context(), []byte("message"))
	if err != nil || len(mac) != 32 {
		t.Fatalf("%x, %v", mac, err)
	}
	for message, want := range map[string]bool{"message": true, "another": false} {
		if got, err := m.VerifyMac(t.Context(), []byte(message), mac); err != nil || got != want {
			t.Errorf("%s: %v, %v", message, got, err)
		}
	}
}
