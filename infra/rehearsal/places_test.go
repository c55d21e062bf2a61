package rehearsal_test

import (
	"bytes"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"proactive/infra/local"
)

// places hands over everything that the deployment has at rest, whoever put it there: place
// by place, its kind first. Of programs and templates, which are there before the first
// instrument, it takes none.
func places(t *testing.T, visit func(place string, content []byte)) {
	t.Helper()
	buckets, err := back.s3.ListBuckets(t.Context(), &s3.ListBucketsInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range buckets.Buckets {
		if name := aws.ToString(b.Name); !strings.HasPrefix(name, "cdk-") { // what was deployed
			versionsOf(t, name, visit)
		}
	}
	for _, table := range pagesOf(t, "dynamodb", "DynamoDB_20120810.ListTables", map[string]any{}, "TableNames") {
		visit("table "+table.(string), scanned(t, table.(string)))
	}
	for _, record := range streamed(t) {
		visit("stream "+record.name, record.content)
	}
	for name, lines := range logs(t) {
		visit("log "+name, lines)
	}
	histories(t, visit)
	visit("queues", get(t, "sqs", "/_ministack/sqs/messages"))
	visit("schedules", get(t, "scheduler", "/schedules"))
	visit("metrics", form(t, "monitoring", url.Values{"Action": {"ListMetrics"}, "Version": {"2010-08-01"}}))
	visit("mails", get(t, "ses", "/_ministack/ses/messages"))
}

// versionsOf are all versions of all objects of a bucket, with what is noted of them, and the
// names of those that were deleted.
func versionsOf(t testing.TB, bucket string, visit func(string, []byte)) {
	t.Helper()
	pages := s3.NewListObjectVersionsPaginator(back.s3, &s3.ListObjectVersionsInput{Bucket: aws.String(bucket)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.DeleteMarkers {
			visit("marker "+bucket+" "+aws.ToString(m.Key), nil)
		}
		for _, v := range page.Versions {
			out, err := back.s3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: v.Key, VersionId: v.VersionId})
			if gone(err) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			var body bytes.Buffer
			_, err = body.ReadFrom(out.Body)
			_ = out.Body.Close()
			if err != nil {
				t.Fatal(err)
			}
			at := "object " + bucket + " " + aws.ToString(v.Key)
			visit(at, body.Bytes())
			visit("metadata of "+at, marshal(t, out.Metadata))
		}
	}
}

// histories are the inputs, outputs and histories of every execution of every state machine.
func histories(t *testing.T, visit func(string, []byte)) {
	t.Helper()
	for _, m := range pagesOf(t, "states", "AWSStepFunctions.ListStateMachines", map[string]any{}, "stateMachines") {
		machine := m.(map[string]any)["stateMachineArn"]
		for _, e := range pagesOf(t, "states", "AWSStepFunctions.ListExecutions", map[string]any{"stateMachineArn": machine}, "executions") {
			arn := e.(map[string]any)["executionArn"].(string)
			visit("execution "+arn, marshal(t, plain(t, "states", "AWSStepFunctions.DescribeExecution", map[string]any{"executionArn": arn})))
			visit("history "+arn, marshal(t, pagesOf(t, "states", "AWSStepFunctions.GetExecutionHistory", map[string]any{"executionArn": arn, "includeExecutionData": true}, "events")))
		}
	}
}

// form calls an AWS API of queries.
func form(t testing.TB, service string, values url.Values) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, stage.Endpoint()+"/", strings.NewReader(values.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return signed(t, req, service)
}

func get(t testing.TB, service, path string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, stage.Endpoint()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return signed(t, req, service)
}

// signed is the emulator's answer to a request that names a service.
func signed(t testing.TB, req *http.Request, service string) []byte {
	t.Helper()
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20261123/"+local.Region+"/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	got := do(t, req)
	if got.status != http.StatusOK {
		t.Fatalf("%s %s: %d %s", service, req.URL.Path, got.status, got.body)
	}
	return []byte(got.body)
}

// filesIn hands over every file below dir.
func filesIn(t testing.TB, kind, dir string, visit func(place string, content []byte)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		visit(kind+" "+rel, raw)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
