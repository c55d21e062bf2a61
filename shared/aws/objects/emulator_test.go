package objects_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"maps"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"proactive/infra/local"
	"proactive/shared/authorize"
	"proactive/shared/aws/objects"
	"proactive/shared/clean"
	"proactive/shared/observation"
	"proactive/shared/pipelinetest/emulated"
	"proactive/shared/scrub"
	"proactive/shared/validate"
)

// emulatedS3 is the S3 of an emulator of the test's own, with versioned buckets.
func emulatedS3(t *testing.T, buckets ...string) *s3.Client {
	t.Helper()
	e := emulated.Start(t)
	t.Setenv("AWS_ENDPOINT_URL", e.Endpoint())
	client := objects.Client(aws.Config{
		BaseEndpoint: aws.String(e.Endpoint()), Region: local.Region, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	for _, b := range buckets {
		if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(b)}); err != nil {
			t.Fatal(err)
		}
		_, err := client.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
			Bucket: aws.String(b), VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return client
}

// versions lists the versions of a key, newest first.
func versions(t *testing.T, client *s3.Client, bucket, key string) []string {
	t.Helper()
	out, err := client.ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: aws.String(bucket), Prefix: aws.String(key)})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, v := range out.Versions {
		ids = append(ids, aws.ToString(v.VersionId))
	}
	return ids
}

func TestBuckets(t *testing.T) {
	client := emulatedS3(t, "inbox", "clean", "quarantine", "notices")
	t.Run("a grant binds", func(t *testing.T) { grantBinds(t, client) })
	t.Run("an exact version", func(t *testing.T) { exactVersion(t, client) })
	t.Run("a clean batch", func(t *testing.T) { cleanBatch(t, client) })
	t.Run("the quarantine", func(t *testing.T) { quarantine(t, client) })
	t.Run("a notice", func(t *testing.T) { noticeKept(t, client) })
}

// put sends what was granted, changed.
func put(t *testing.T, g authorize.Signed, body []byte, without string, with map[string]string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), g.Method, g.URL, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	headers := maps.Clone(g.Headers)
	maps.Copy(headers, with)
	delete(headers, "Content-Length") // net/http's own
	delete(headers, without)
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

func grantBinds(t *testing.T, client *s3.Client) {
	body := []byte("a sealed batch")
	digest := sha256.Sum256(body)
	g, err := objects.NewGrants(client, "inbox", inboxKey).Sign(t.Context(), authorize.Put{
		Key: "inbox/v1/a/1", Bytes: int64(len(body)), SHA256: digest[:], For: authorize.Lifetime,
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, send := range map[string]func() int{
		"a longer body": func() int { return put(t, g, append(bytes.Clone(body), 'x'), "", nil) },
		"another body":  func() int { return put(t, g, []byte("a forged batch"), "", nil) },
		"no condition":  func() int { return put(t, g, body, "If-None-Match", nil) },
		"no encryption": func() int { return put(t, g, body, "X-Amz-Server-Side-Encryption", nil) },
		"another key's encryption": func() int {
			return put(t, g, body, "", map[string]string{"X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": "other"})
		},
		"another digest in the way": func() int { return put(t, g, body, "", map[string]string{"X-Amz-Checksum-Sha256": "AAAA"}) },
	} {
		if status := send(); status != http.StatusForbidden && status != http.StatusBadRequest {
			t.Errorf("%s: status %d", name, status)
		}
	}
	if got := versions(t, client, "inbox", "inbox/v1/a/1"); len(got) != 0 {
		t.Errorf("something was written: %v", got)
	}
	if status := put(t, g, body, "", nil); status != http.StatusOK {
		t.Errorf("as granted: status %d", status)
	}
	if status := put(t, g, body, "", nil); status != http.StatusPreconditionFailed {
		t.Errorf("a second time: status %d", status)
	}
	if got := versions(t, client, "inbox", "inbox/v1/a/1"); len(got) != 1 {
		t.Errorf("versions %v", got)
	}
}

func exactVersion(t *testing.T, client *s3.Client) {
	var at []string
	for _, body := range []string{"first", "second"} {
		out, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("inbox"), Key: aws.String("k"), Body: bytes.NewReader([]byte(body))})
		if err != nil {
			t.Fatal(err)
		}
		at = append(at, aws.ToString(out.VersionId))
	}
	uploads, inbox := objects.NewUploads(client), objects.NewInbox(client)
	for n, want := range []string{"first", "second"} {
		got, err := uploads.Get(t.Context(), validate.Arrival{Bucket: "inbox", Key: "k", Version: at[n]}, 100)
		if err != nil || string(got) != want {
			t.Errorf("version %d: %q, %v", n, got, err)
		}
		if got, err = inbox.Get(t.Context(), scrub.Object{Bucket: "inbox", Key: "k", Version: at[n]}, 100); err != nil || string(got) != want {
			t.Errorf("version %d: %q, %v", n, got, err)
		}
	}
	if got, err := uploads.Get(t.Context(), validate.Arrival{Bucket: "inbox", Key: "k", Version: at[0]}, 3); err != nil || string(got) != "firs" {
		t.Errorf("beyond the limit: %q, %v", got, err)
	}
	if got, err := inbox.Get(t.Context(), scrub.Object{Bucket: "inbox", Key: "k", Version: at[0]}, 3); err == nil {
		t.Errorf("beyond the limit: %q", got)
	}
	if got, err := uploads.Get(t.Context(), validate.Arrival{Bucket: "inbox", Key: "k"}, 100); err == nil {
		t.Errorf("without a version: %q", got)
	}
}

func cleanBatch(t *testing.T, client *s3.Client) {
	file := func(value float64) []byte {
		body, err := clean.Encode(clean.Batch{
			Instrument: "i-01hzzzzzzzzzzzzzzzzzzzzzzz", Batch: "01HZZZZZZZZZZZZZZZZZZZZ001", Sequence: 7,
			Observations: []observation.Observation{{Field: "run.lanes", Value: value}},
		})
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	w := objects.NewCleanWriter(client, "clean", inboxKey)
	first, err := w.Put(t.Context(), "clean/k", file(1))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := w.Put(t.Context(), "clean/k", file(1)); err != nil || again != first {
		t.Errorf("the same again: %+v, %v; first %+v", again, err, first)
	}
	other, err := w.Put(t.Context(), "clean/k", file(2))
	if err != nil || other.Version == first.Version {
		t.Errorf("other bytes: %+v, %v", other, err)
	}
	if got := versions(t, client, "clean", "clean/k"); len(got) != 2 {
		t.Errorf("versions %v", got)
	}
	for at, want := range map[scrub.Object]float64{first: 1, other: 2} {
		got, err := objects.NewClean(client).Read(context.WithoutCancel(t.Context()), at.Bucket, at.Key, at.Version)
		if err != nil || len(got.Observations) != 1 || got.Observations[0].Value != want || got.Sequence != 7 {
			t.Errorf("%+v, %v; want %v", got, err, want)
		}
	}
}

func quarantine(t *testing.T, client *s3.Client) {
	key := "inbox/v1/i-01hzzzzzzzzzzzzzzzzzzzzzzz/01HZZZZZZZZZZZZZZZZZZZZ001"
	out, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("inbox"), Key: aws.String(key), Body: bytes.NewReader([]byte("claimed"))})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("inbox"), Key: aws.String(key), Body: bytes.NewReader([]byte("replayed"))}); err != nil {
		t.Fatal(err)
	}
	q := objects.NewQuarantine(client, "quarantine", inboxKey)
	from := scrub.Object{Bucket: "inbox", Key: key, Version: aws.ToString(out.VersionId)}
	for range 2 {
		if err := q.Copy(t.Context(), from, "quarantine/k"); err != nil {
			t.Fatal(err)
		}
	}
	ids := versions(t, client, "quarantine", "quarantine/k")
	if len(ids) == 0 {
		t.Fatal("nothing was copied")
	}
	got, err := objects.NewInbox(client).Get(t.Context(), scrub.Object{Bucket: "quarantine", Key: "quarantine/k", Version: ids[0]}, 100)
	if err != nil || string(got) != "claimed" {
		t.Errorf("%q, %v", got, err)
	}
	if len(ids) != 1 {
		t.Logf("the emulator passes over If-None-Match on a copy: %d versions of the same bytes", len(ids))
	}
	if err := q.Copy(t.Context(), scrub.Object{Bucket: "inbox", Key: key, Version: "none"}, "quarantine/other"); err == nil {
		t.Error("a version that is not there was copied")
	}
}

func noticeKept(t *testing.T, client *s3.Client) {
	n := objects.NewNotices(client, "notices", inboxKey)
	for range 2 {
		got, err := n.Keep(t.Context(), "notices/k.eml", "message/rfc822", []byte("first"))
		if err != nil || string(got) != "first" {
			t.Errorf("%q, %v", got, err)
		}
	}
	if got, err := n.Keep(t.Context(), "notices/k.eml", "message/rfc822", []byte("second")); err != nil || string(got) != "first" {
		t.Errorf("%q, %v", got, err)
	}
	if got := versions(t, client, "notices", "notices/k.eml"); len(got) != 1 {
		t.Errorf("versions %v", got)
	}
}
