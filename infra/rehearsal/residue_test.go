package rehearsal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/smithy-go"
)

// thing is a row, an object's version, a message, a line: something that can be held, with
// its name, in every form that it can be decoded to, without capitals.
type thing struct {
	place, name string
	content     []byte
}

// look is a thing made of what it is called by and of what it holds.
func look(place, name string, parts ...[]byte) thing {
	var all [][]byte
	for _, p := range parts {
		all = append(all, forms(p))
	}
	return thing{place, name, bytes.ToLower(bytes.Join(all, []byte("\n")))}
}

// residue is what a search found: for each thing that has one of the marks, how often.
func residue(things []thing, marks ...string) (found []string) {
	for _, one := range things {
		if bytes.Contains(one.content, []byte(cannotBeRead)) && !somebodyElses(one.name, marks) {
			found = append(found, fmt.Sprintf("%s, %s: cannot be read", one.place, one.name))
		}
		for _, m := range marks {
			if n := mentions(one.content, strings.ToLower(m)); n > 0 {
				found = append(found, fmt.Sprintf("%s, %s: %q, %d times", one.place, one.name, m, n))
			}
		}
	}
	return found
}

var opaqueID = regexp.MustCompile(`i-[0-9a-z]{26}`)

// somebodyElses tells that a name is an instrument's, and of none of those that are looked
// for: other tests upload what nobody can read, on purpose.
func somebodyElses(name string, marks []string) bool {
	id := opaqueID.FindString(name)
	return id != "" && !slices.Contains(marks, id)
}

// held is everything at rest in every table, bucket and queue of the account, whether the
// stack's outputs name it or not, what is scheduled and what runs.
func held(t *testing.T) (all []thing) {
	t.Helper()
	tables, _ := plain(t, "dynamodb", "DynamoDB_20120810.ListTables", map[string]any{})["TableNames"].([]any)
	for _, table := range tables {
		all = append(all, rowsOf(t, table.(string))...)
	}
	buckets, err := back.s3.ListBuckets(t.Context(), &s3.ListBucketsInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range buckets.Buckets {
		if name := aws.ToString(b.Name); !strings.HasPrefix(name, "cdk-") { // programs, not data
			all = append(all, objectsOf(t, name)...)
		}
	}
	all = slices.Concat(all, messages(t), reminders(t), running(t))
	if len(tables) < 7 || len(buckets.Buckets) < 6 {
		t.Fatalf("searched only %d tables and %d buckets", len(tables), len(buckets.Buckets))
	}
	return all
}

func rowsOf(t testing.TB, table string) (all []thing) {
	t.Helper()
	for dec := json.NewDecoder(bytes.NewReader(scanned(t, table))); dec.More(); {
		var page []json.RawMessage
		if err := dec.Decode(&page); err != nil {
			t.Fatal(err)
		}
		for _, raw := range page {
			var key struct{ PK, SK struct{ S string } }
			if err := json.Unmarshal(raw, &key); err != nil {
				t.Fatal(err)
			}
			all = append(all, look("table "+table, key.PK.S+" / "+key.SK.S, raw))
		}
	}
	return all
}

// objectsOf are all versions of all objects, and the markers of those that were deleted.
func objectsOf(t testing.TB, bucket string) (all []thing) {
	t.Helper()
	pages := s3.NewListObjectVersionsPaginator(back.s3, &s3.ListObjectVersionsInput{Bucket: aws.String(bucket)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range page.Versions {
			if one, there := objectOf(t, bucket, v); there {
				all = append(all, one)
			}
		}
		for _, m := range page.DeleteMarkers {
			all = append(all, look("bucket "+bucket, "marker", []byte(aws.ToString(m.Key))))
		}
	}
	return all
}

// seen are the versions that were looked into: a version never changes, and the real run
// folders of other tests are large.
var seen sync.Map

func objectOf(t testing.TB, bucket string, v s3types.ObjectVersion) (one thing, there bool) {
	t.Helper()
	key, id := aws.ToString(v.Key), bucket+"/"+aws.ToString(v.Key)+"/"+aws.ToString(v.VersionId)
	if was, ok := seen.Load(id); ok {
		return was.(thing), true
	}
	body, there := back.read(t, bucket, v)
	if there {
		one = look("bucket "+bucket, key, []byte(key), body)
		seen.Store(id, one)
	}
	return one, there
}

// messages are those of every queue, in somebody's hand or not. They are looked at and not
// received: what a test has in hand an eraser does not see.
func messages(t testing.TB) (all []thing) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, stage.Endpoint()+"/_ministack/sqs/messages", nil)
	if err != nil {
		t.Fatal(err)
	}
	var seen struct {
		Messages map[string]map[string]map[string][]json.RawMessage // by account, region, URL
	}
	do(t, req).read(t, &seen)
	queues := 0
	for _, regions := range seen.Messages {
		for _, urls := range regions {
			for url, list := range urls {
				queues++
				for _, m := range list {
					all = append(all, look("queue "+url[strings.LastIndex(url, "/")+1:], "message", m))
				}
			}
		}
	}
	if queues < 9 {
		t.Fatalf("looked into only %d queues", queues)
	}
	return all
}

// reminders are the schedules that will call for a case, which their names say.
func reminders(t testing.TB) (all []thing) {
	t.Helper()
	pages := scheduler.NewListSchedulesPaginator(back.scheduler, &scheduler.ListSchedulesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range page.Schedules {
			all = append(all, look("schedule", aws.ToString(s.Name), []byte(aws.ToString(s.Name))))
		}
	}
	return all
}

// running are the executions that have not ended.
func running(t *testing.T) (all []thing) {
	t.Helper()
	request := map[string]any{"stateMachineArn": stage.Outputs["StateMachine"], "statusFilter": "RUNNING"}
	for _, e := range pagesOf(t, "states", "AWSStepFunctions.ListExecutions", request, "executions") {
		name := e.(map[string]any)["name"].(string)
		all = append(all, look("running execution", name, []byte(name)))
	}
	return all
}

// traces are what nobody can erase, and what ends by itself: lines of logs, the history of
// executions, the stream of findings. They may have opaque ids, and the findings.
func traces(t *testing.T) (all []thing) {
	t.Helper()
	for name, lines := range logs(t) {
		for line := range bytes.Lines(lines) {
			all = append(all, look("log "+name, "line", line))
		}
	}
	machine := stage.Outputs["StateMachine"]
	executions := pagesOf(t, "states", "AWSStepFunctions.ListExecutions", map[string]any{"stateMachineArn": machine}, "executions")
	for _, e := range executions {
		arn := e.(map[string]any)["executionArn"].(string)
		for _, event := range pagesOf(t, "states", "AWSStepFunctions.GetExecutionHistory", map[string]any{"executionArn": arn, "includeExecutionData": true}, "events") {
			raw, err := json.Marshal(event)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, look("history", arn, raw))
		}
	}
	return append(all, streamed(t)...)
}

// pagesOf are the members of a list that is answered page by page.
func pagesOf(t *testing.T, service, target string, request map[string]any, member string) (all []any) {
	t.Helper()
	for {
		page := plain(t, service, target, request)
		list, _ := page[member].([]any)
		all = append(all, list...)
		if page["nextToken"] == nil || len(list) == 0 {
			return all
		}
		request["nextToken"] = page["nextToken"]
	}
}

// streamed are the records of every table's stream.
func streamed(t *testing.T) (all []thing) {
	t.Helper()
	const api = "DynamoDBStreams_20120810."
	streams, _ := plain(t, "dynamodb", api+"ListStreams", map[string]any{})["Streams"].([]any)
	for _, s := range streams {
		arn := s.(map[string]any)["StreamArn"]
		description, _ := plain(t, "dynamodb", api+"DescribeStream", map[string]any{"StreamArn": arn})["StreamDescription"].(map[string]any)
		shards, _ := description["Shards"].([]any)
		for _, shard := range shards {
			next := plain(t, "dynamodb", api+"GetShardIterator", map[string]any{
				"StreamArn": arn, "ShardId": shard.(map[string]any)["ShardId"], "ShardIteratorType": "TRIM_HORIZON",
			})["ShardIterator"]
			for next != nil {
				page := plain(t, "dynamodb", api+"GetRecords", map[string]any{"ShardIterator": next})
				records, _ := page["Records"].([]any)
				if len(records) == 0 {
					break
				}
				for _, r := range records {
					raw, err := json.Marshal(r)
					if err != nil {
						t.Fatal(err)
					}
					all = append(all, look("stream", fmt.Sprint(arn), raw))
				}
				next = page["NextShardIterator"]
			}
		}
	}
	return all
}

// gone tells that an object was deleted since it was listed: by a function, for another test.
func gone(err error) bool {
	e, ok := errors.AsType[smithy.APIError](err)
	return ok && (e.ErrorCode() == "NoSuchKey" || e.ErrorCode() == "NoSuchVersion")
}
