package rehearsal_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"proactive/infra/local"
)

// places hands over everything that the deployment has at rest, whoever put it there: place
// by place, its kind first. Of programs and templates, which are there before the first
// instrument, it takes none.
func places(t testing.TB, visit func(place string, content []byte)) {
	t.Helper()
	buckets, err := back.s3.ListBuckets(t.Context(), &s3.ListBucketsInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range buckets.Buckets {
		if name := aws.ToString(b.Name); !strings.HasPrefix(name, "cdk-") { // what was deployed
			objectsOf(t, name, visit)
		}
	}
	for _, table := range names(plain(t, "dynamodb", "DynamoDB_20120810.ListTables", map[string]any{})["TableNames"]) {
		visit("table "+table, scanned(t, table))
	}
	for name, lines := range logs(t) {
		visit("log "+name, lines)
	}
	queuesOf(t, visit)
	executions(t, visit)
	visit("metrics", form(t, "monitoring", url.Values{"Action": {"ListMetrics"}, "Version": {"2010-08-01"}}))
	visit("schedules", get(t, "scheduler", "/schedules"))
	visit("mails", get(t, "ses", "/_ministack/ses/messages"))
}

func names(list any) (all []string) {
	items, _ := list.([]any)
	for _, one := range items {
		all = append(all, one.(string))
	}
	return all
}

// objectsOf are all versions of all objects of a bucket, their names, and what is noted of them.
func objectsOf(t testing.TB, bucket string, visit func(string, []byte)) {
	t.Helper()
	for _, v := range back.versions(t, bucket, "") {
		out, err := back.s3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: v.Key, VersionId: v.VersionId})
		if err != nil {
			t.Fatal(err)
		}
		var body bytes.Buffer
		_, err = body.ReadFrom(out.Body)
		_ = out.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		place := "object " + bucket + " " + aws.ToString(v.Key)
		visit(place, body.Bytes())
		noted, err := json.Marshal(out.Metadata)
		if err != nil {
			t.Fatal(err)
		}
		visit("metadata of "+place, noted)
	}
}

// queuesOf are the messages of all queues. Those of the work queues have been worked off
// before; what is received is there again at once.
func queuesOf(t testing.TB, visit func(string, []byte)) {
	t.Helper()
	list, err := back.sqs.ListQueues(t.Context(), &sqs.ListQueuesInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range list.QueueUrls {
		name := at[strings.LastIndex(at, "/")+1:]
		var all bytes.Buffer
		if strings.Contains(name, "Letters") {
			for range 50 {
				out, err := back.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
					QueueUrl: aws.String(at), MaxNumberOfMessages: 10, VisibilityTimeout: 2, MessageAttributeNames: []string{"All"},
				})
				if err != nil {
					t.Fatal(err)
				}
				if err := json.NewEncoder(&all).Encode(out.Messages); err != nil {
					t.Fatal(err)
				}
				if len(out.Messages) == 0 {
					break
				}
			}
		}
		visit("queue "+name, all.Bytes())
	}
}

// executions are the inputs, outputs and histories of every execution of every state machine.
func executions(t testing.TB, visit func(string, []byte)) {
	t.Helper()
	machines, _ := plain(t, "states", "AWSStepFunctions.ListStateMachines", map[string]any{})["stateMachines"].([]any)
	for _, m := range machines {
		request := map[string]any{"stateMachineArn": m.(map[string]any)["stateMachineArn"]}
		all, _ := plain(t, "states", "AWSStepFunctions.ListExecutions", request)["executions"].([]any)
		for _, e := range all {
			arn := e.(map[string]any)["executionArn"].(string)
			described := plain(t, "states", "AWSStepFunctions.DescribeExecution", map[string]any{"executionArn": arn})
			history := plain(t, "states", "AWSStepFunctions.GetExecutionHistory", map[string]any{"executionArn": arn, "maxResults": 1000})
			raw, err := json.Marshal([]any{described, history})
			if err != nil {
				t.Fatal(err)
			}
			visit("execution "+arn, raw)
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
