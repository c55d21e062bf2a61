package rehearsal_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"proactive/infra/local"
	"proactive/shared/aws/awsconfig"
	"proactive/shared/aws/objects"
)

// behind is what these tests see behind the API, with rights that nobody has in
// production: whole buckets, queues and logs.
type behind struct {
	s3        *s3.Client
	sqs       *sqs.Client
	scheduler *scheduler.Client
}

// lookBehind reads its endpoint from the environment, which TestMain has set to the
// emulator's.
func lookBehind(ctx context.Context) (behind, error) {
	cfg, err := awsconfig.Load(ctx)
	if err != nil {
		return behind{}, err
	}
	if aws.ToString(cfg.BaseEndpoint) != stage.Endpoint() {
		return behind{}, fmt.Errorf("the endpoint is %q, not the emulator's", aws.ToString(cfg.BaseEndpoint))
	}
	return behind{objects.Client(cfg), sqs.NewFromConfig(cfg), scheduler.NewFromConfig(cfg)}, nil
}

func useEmulator() error {
	for _, pair := range stage.Env() {
		if name, value, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "AWS_") {
			if err := os.Setenv(name, value); err != nil {
				return fmt.Errorf("setting %s: %w", name, err)
			}
		}
	}
	return nil
}

// versions are the versions of all objects of a bucket.
func (b behind) versions(t testing.TB, bucket, prefix string) (all []s3types.ObjectVersion) {
	t.Helper()
	pages := s3.NewListObjectVersionsPaginator(b.s3, &s3.ListObjectVersionsInput{Bucket: aws.String(bucket), Prefix: aws.String(prefix)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Versions...)
	}
	return all
}

func (b behind) object(t testing.TB, bucket string, v s3types.ObjectVersion) []byte {
	t.Helper()
	raw, there := b.read(t, bucket, v)
	if !there {
		t.Fatalf("%s is gone", aws.ToString(v.Key))
	}
	return raw
}

// read is object where it may have been erased since it was listed.
func (b behind) read(t testing.TB, bucket string, v s3types.ObjectVersion) (raw []byte, there bool) {
	t.Helper()
	out, err := b.s3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: v.Key, VersionId: v.VersionId})
	if gone(err) {
		return nil, false
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.Body.Close() }()
	if raw, err = io.ReadAll(out.Body); err != nil {
		t.Fatal(err)
	}
	return raw, true
}

// put places an object as nobody can in production: past the presigned URL.
func (b behind) put(t testing.TB, bucket, key string, body []byte) {
	t.Helper()
	if _, err := b.s3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String(key), Body: bytes.NewReader(body)}); err != nil {
		t.Fatal(err)
	}
}

// post puts a message on a queue.
func (b behind) post(t testing.TB, queue string, message any) {
	t.Helper()
	raw, err := json.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.sqs.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String(stage.Outputs[queue]), MessageBody: aws.String(string(raw))}); err != nil {
		t.Fatal(err)
	}
}

// waiting counts the messages of every queue, under way or not, by the queue's name.
func (b behind) waiting(t testing.TB) map[string]string {
	t.Helper()
	list, err := b.sqs.ListQueues(t.Context(), &sqs.ListQueuesInput{})
	if err != nil {
		t.Fatal(err)
	}
	left := map[string]string{}
	for _, url := range list.QueueUrls {
		got, err := b.sqs.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: aws.String(url), AttributeNames: []sqstypes.QueueAttributeName{
			sqstypes.QueueAttributeNameApproximateNumberOfMessages, sqstypes.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
		}})
		if err != nil {
			t.Fatal(err)
		}
		for name, n := range got.Attributes {
			if n != "0" {
				left[url[strings.LastIndex(url, "/")+1:]+" "+name] = n
			}
		}
	}
	if len(list.QueueUrls) < 7 {
		t.Fatalf("only %d queues", len(list.QueueUrls))
	}
	return left
}

// plain calls an AWS API of the emulator for which the project has no client.
func plain(t testing.TB, service, target string, body any) (out map[string]any) {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, stage.Endpoint()+"/", bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Amz-Target", target)
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20261123/"+local.Region+"/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	do(t, req).read(t, &out)
	return out
}
