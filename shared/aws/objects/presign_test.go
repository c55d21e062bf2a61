package objects_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"

	"proactive/shared/authorize"
	"proactive/shared/aws/objects"
)

const inboxKey = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"

// The promise: one presigned PUT bound to key, length, SHA-256 and encryption header,
// five minutes at most, no overwrite. What is not among the signed headers is not bound.
func TestGrantBindsByItsSignature(t *testing.T) {
	t.Setenv("AWS_ENDPOINT_URL", "")
	cfg := aws.Config{Region: "eu-west-1", Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "session")}
	digest := sha256.Sum256([]byte("sealed"))
	got, err := objects.NewGrants(objects.Client(cfg), "proactive-prod-data-inbox", inboxKey).Sign(t.Context(), authorize.Put{
		Key: "inbox/v1/i-01hzzzzzzzzzzzzzzzzzzzzzzz/01HZZZZZZZZZZZZZZZZZZZZ001", Bytes: 6, SHA256: digest[:], For: authorize.Lifetime,
	})
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(got.URL)
	if err != nil || u.Scheme != "https" || u.Host != "proactive-prod-data-inbox.s3.eu-west-1.amazonaws.com" ||
		u.Path != "/inbox/v1/i-01hzzzzzzzzzzzzzzzzzzzzzzz/01HZZZZZZZZZZZZZZZZZZZZ001" || got.Method != "PUT" {
		t.Errorf("%s %s: %v", got.Method, got.URL, err)
	}
	if expires := u.Query().Get("X-Amz-Expires"); expires != "300" {
		t.Errorf("expires after %s", expires)
	}
	want := map[string]string{
		"Content-Length": "6", "If-None-Match": "*", "X-Amz-Checksum-Sha256": base64.StdEncoding.EncodeToString(digest[:]),
		"X-Amz-Server-Side-Encryption": "aws:kms", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": inboxKey,
	}
	if diff := cmp.Diff(want, got.Headers); diff != "" {
		t.Error(diff)
	}
	signed := strings.Split(u.Query().Get("X-Amz-SignedHeaders"), ";")
	for name := range want {
		if !slices.Contains(signed, strings.ToLower(name)) {
			t.Errorf("%s is not signed; signed are %v", name, signed)
		}
	}
	if strings.Contains(got.URL, "secret") {
		t.Error("the secret is in the URL")
	}
}

func TestGrantIsForOneObject(t *testing.T) {
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
	cfg := aws.Config{
		Region: "eu-west-1", BaseEndpoint: aws.String("http://127.0.0.1:4566"),
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
	}
	grants := objects.NewGrants(objects.Client(cfg), "b", inboxKey)
	base := authorize.Put{Key: "inbox/v1/a/b", Bytes: 6, SHA256: make([]byte, 32), For: time.Minute}
	signatures := map[string]bool{}
	for _, change := range []func(*authorize.Put){
		func(*authorize.Put) {}, func(p *authorize.Put) { p.Key = "inbox/v1/a/c" }, func(p *authorize.Put) { p.Bytes = 7 },
		func(p *authorize.Put) { p.SHA256 = bytes.Repeat([]byte{1}, 32) }, func(p *authorize.Put) { p.For = time.Second },
	} {
		p := base
		change(&p)
		got, err := grants.Sign(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(got.URL)
		if err != nil || !strings.HasPrefix(got.URL, "http://127.0.0.1:4566/b/inbox/v1/a/") {
			t.Errorf("%s: %v", got.URL, err)
		}
		signatures[u.Query().Get("X-Amz-Signature")] = true
	}
	if len(signatures) != 5 {
		t.Errorf("%d signatures for 5 uploads", len(signatures))
	}
}
