package broken_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamo "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"proactive/infra/local"
	"proactive/shared/authorize"
	"proactive/shared/aws/broken"
	"proactive/shared/aws/keys"
	"proactive/shared/aws/objects"
	"proactive/shared/aws/queues"
	"proactive/shared/aws/tables"
	"proactive/shared/casework"
	"proactive/shared/enrol"
	"proactive/shared/handoff"
	"proactive/shared/health"
	"proactive/shared/keyset"
	"proactive/shared/ledger"
	"proactive/shared/pipelinetest"
	"proactive/shared/pipelinetest/emulated"
	"proactive/shared/receipt"
	"proactive/shared/score"
)

const id = "i-01hzzzzzzzzzzzzzzzzzzzzzzz"

var day = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// service is the emulator's services with the transport in between. attempts is how often
// the SDK tries by itself, without waiting.
func service(t *testing.T, endpoint string, attempts int) (aws.Config, *broken.Transport) {
	t.Helper()
	transport := &broken.Transport{Base: steady{&http.Transport{DisableKeepAlives: true}}}
	return aws.Config{
		Region: local.Region, BaseEndpoint: aws.String(endpoint), Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient: &http.Client{Transport: transport},
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts, o.Backoff, o.RateLimiter = attempts, retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil }), nolimit{}
			})
		},
	}, transport
}

// steady asks the emulator again when its connection breaks, which it does once in some
// thousand requests: what fails in these tests fails on purpose.
type steady struct{ base http.RoundTripper }

func (s steady) RoundTrip(r *http.Request) (*http.Response, error) {
	var sent []byte
	var err error
	if r.Body != nil {
		if sent, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body.Close()
	}
	for range 5 {
		again := r.Clone(r.Context())
		again.Body = io.NopCloser(bytes.NewReader(sent))
		var res *http.Response
		if res, err = s.base.RoundTrip(again); err != nil {
			continue
		}
		var body []byte
		body, err = io.ReadAll(res.Body)
		res.Body.Close()
		if err == nil {
			res.Body = io.NopCloser(bytes.NewReader(body))
			return res, nil
		}
	}
	return nil, err
}

// nolimit lets the SDK try as often as it likes: how it saves its tries is not tested here.
type nolimit struct{}

func (nolimit) GetToken(context.Context, uint) (func() error, error) {
	return func() error { return nil }, nil
}
func (nolimit) AddTokens(uint) error { return nil }

// write is one write of an adapter. do may be called any number of times for one n; there
// tells whether the nth is durable.
type write struct {
	name, operation string
	do              func(n int) error
	there           func(n int) bool
	// already is what the second try of a write may answer whose first was durable: the
	// caller reads again and finds it done.
	already []error
	// conflict is what a failed condition is called; nil if the write has none.
	conflict error
}

func newTable(t *testing.T, db *dynamodb.Client, name string) string {
	t.Helper()
	_, err := db.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String(name), BillingMode: dynamo.BillingModePayPerRequest,
		AttributeDefinitions: []dynamo.AttributeDefinition{
			{AttributeName: aws.String("pk"), AttributeType: dynamo.ScalarAttributeTypeS}, {AttributeName: aws.String("sk"), AttributeType: dynamo.ScalarAttributeTypeS},
		},
		KeySchema: []dynamo.KeySchemaElement{
			{AttributeName: aws.String("pk"), KeyType: dynamo.KeyTypeHash}, {AttributeName: aws.String("sk"), KeyType: dynamo.KeyTypeRange},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return name
}

func batchID(n int) string { return fmt.Sprintf("01HZ%022d", n) }

func grant(n int) authorize.Grant {
	return authorize.Grant{
		Entry: ledger.Entry{Instrument: id, Batch: batchID(n), Sequence: int64(n), Bytes: 1, SHA256: strings.Repeat("a", 64), State: ledger.Granted},
		Day:   "2026-11-23", DailyBytes: 1 << 30, At: day,
	}
}

// writes are every write on the way of a batch, over their real tables, buckets and queues.
// through is what they go by, past is how the test looks.
func writes(t *testing.T, through, past aws.Config) []write {
	ctx := t.Context()
	db, plain := tables.Client(through), tables.Client(past)
	books, seen := tables.NewLedger(db, newTable(t, plain, "ledger")), tables.NewLedger(plain, "ledger")
	state := func(n int) ledger.State {
		e, err := seen.Batch(ctx, id, batchID(n))
		if err != nil {
			return ""
		}
		return e.State
	}
	granted := func(n int) {
		if err := seen.Grant(ctx, grant(n)); err != nil && !errors.Is(err, ledger.ErrAlready) {
			t.Fatal(err)
		}
	}
	signer := pipelinetest.NewKeys(t)
	cohorts := tables.NewCohorts(db, "health", "findings")
	runs, ran := tables.NewHealth(db, newTable(t, plain, "health")), tables.NewHealth(plain, "health")
	findings, found := tables.NewFindings(db, newTable(t, plain, "findings")), tables.NewFindings(plain, "findings")
	cases, opened := tables.NewCases(db, newTable(t, plain, "cases")), tables.NewCases(plain, "cases")
	store := objects.Client(past)
	for _, bucket := range []string{"clean", "notices"} {
		if _, err := store.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(bucket)}); err != nil {
			t.Fatal(err)
		}
		if _, err := store.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
			Bucket: aws.String(bucket), VersioningConfiguration: &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatusEnabled},
		}); err != nil {
			t.Fatal(err)
		}
	}
	versions := func(bucket, key string) bool {
		out, err := store.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: aws.String(bucket), Prefix: aws.String(key)})
		if err != nil || len(out.Versions) > 1 {
			t.Errorf("%s/%s: %d versions, %v", bucket, key, len(out.Versions), err)
		}
		return err == nil && len(out.Versions) == 1
	}
	const kmsKey = "arn:aws:kms:us-east-1:000000000000:key/11111111-1111-1111-1111-111111111111"
	cleaned, archive := objects.NewCleanWriter(objects.Client(through), "clean", kmsKey), objects.NewNotices(objects.Client(through), "notices", kmsKey)
	all := []write{
		{
			"authorize grants", "TransactWriteItems", func(n int) error { return books.Grant(ctx, grant(n)) },
			func(n int) bool { return state(n) == ledger.Granted }, []error{ledger.ErrAlready}, ledger.ErrAlready,
		}, {
			"validate claims", "UpdateItem", func(n int) error { granted(n); return books.Claim(ctx, id, batchID(n), "v") },
			func(n int) bool { return state(n) == ledger.Claimed }, nil, ledger.ErrNone,
		}, {
			"a receipt is committed", "TransactWriteItems", func(n int) error {
				granted(n)
				_, err := receipt.Issue(ctx, signer, books, receipt.Receipt{
					Deployment: "d", Instrument: id, Batch: batchID(n), Sequence: int64(n), Verdict: receipt.Rejected, Reason: "bad-signature",
					SHA256: strings.Repeat("a", 64), Issued: day.Format(receipt.TimeFormat),
				}, receipt.Place{})
				return err
			}, func(n int) bool { return state(n) == ledger.State(receipt.Rejected) }, nil, nil,
		}, {
			"score stores a run", "UpdateItem", func(n int) error {
				return runs.PutRun(ctx, health.Features{Instrument: id, Batch: batchID(n), Sequence: int64(n)}, nil)
			}, func(n int) bool {
				all, err := ran.Runs(ctx, id)
				return err == nil && all[int64(n)] == batchID(n)
			}, nil, score.ErrSequenceTaken,
		}, {
			"score keeps a condition", "PutItem", func(n int) error {
				return runs.Keep(ctx, id+fmt.Sprint(n), score.Kept{Document: []byte("{}")})
			}, func(n int) bool {
				k, err := ran.Kept(ctx, id+fmt.Sprint(n))
				return err == nil && k.Revision == 1
			}, []error{score.ErrRaced}, score.ErrRaced,
		}, {
			"score writes a status", "PutItem", func(n int) error {
				return runs.PutStatus(ctx, health.Status{Instrument: id + fmt.Sprint(n), Sequence: 7}, 1)
			}, func(n int) bool {
				s, there, err := ran.Status(ctx, id+fmt.Sprint(n))
				return err == nil && there && s.Sequence == 7
			}, nil, nil,
		}, {
			"score tells the cohorts", "TransactWriteItems", func(n int) error {
				of := id + "-lot-" + fmt.Sprint(n)
				if err := ran.PutRun(ctx, health.Features{Instrument: of, Batch: batchID(n), Sequence: 1}, nil); err != nil {
					return err
				}
				return cohorts.Post(ctx, score.Posting{Instrument: of, Sequence: 1, Cohorts: []score.Cohort{{Level: of}}, Factors: []health.Factor{{ID: "n-" + of}}})
			}, func(n int) bool {
				of := id + "-lot-" + fmt.Sprint(n)
				c, err := tables.NewCohorts(plain, "health", "findings").Cohort(ctx, of)
				posted, err2 := ran.Posted(ctx, of, 1)
				factors, err3 := tables.NewFactors(plain, "findings").List(ctx)
				noticed := slices.ContainsFunc(factors, func(f tables.ToldFactor) bool { return f.ID == "n-"+of })
				return err == nil && err2 == nil && err3 == nil && c.Revision == 1 && posted && noticed
			}, []error{score.ErrRaced}, score.ErrRaced,
		}, {
			"score decides", "TransactWriteItems", func(n int) error {
				return findings.Commit(ctx, id+fmt.Sprint(n), 0, []health.Finding{{ID: "f", State: health.Active}})
			}, func(n int) bool {
				s, err := found.Standing(ctx, id+fmt.Sprint(n))
				return err == nil && s.Revision == 1 && len(s.Findings) == 1
			}, []error{score.ErrRaced}, score.ErrRaced,
		}, {
			"a case is opened", "TransactWriteItems", func(n int) error {
				return cases.Create(ctx, casework.Standing{}, aCase(n))
			}, func(n int) bool {
				s, err := opened.Standing(ctx, aCase(n).Instrument, "chiller")
				return err == nil && s.Open && s.Ordinal == 1
			}, []error{casework.ErrRaced}, casework.ErrRaced,
		}, {
			"a case is changed", "PutItem", func(n int) error {
				c := aCase(n)
				c.Instrument += "-changed"
				c.ID = casework.ID(c.Instrument, c.Component, 1)
				if err := opened.Create(ctx, casework.Standing{}, c); err != nil && !errors.Is(err, casework.ErrRaced) {
					return err
				}
				_, _, err := casework.Update(ctx, cases, c.ID, func(c *casework.Case) casework.Reason { return c.Attach("another") })
				return err
			}, func(n int) bool {
				c, err := opened.Get(ctx, casework.ID(aCase(n).Instrument+"-changed", "chiller", 1))
				return err == nil && slices.Contains(c.Findings, "another")
			}, nil, nil,
		}, {
			"scrub writes a clean batch", "PutObject", func(n int) error {
				at, err := cleaned.Put(ctx, "clean/"+batchID(n), []byte("clean"))
				if err == nil && at.Version == "" {
					t.Error("no version")
				}
				return err
			}, func(n int) bool { return versions("clean", "clean/"+batchID(n)) }, nil, nil,
		}, {
			"a notice is archived", "PutObject", func(n int) error {
				body, err := archive.Keep(ctx, "notices/"+batchID(n), "text/plain", []byte("notice"))
				if err == nil && string(body) != "notice" {
					t.Errorf("kept %q", body)
				}
				return err
			}, func(n int) bool { return versions("notices", "notices/"+batchID(n)) }, nil, nil,
		},
	}
	return append(all, sending(t, through, past), consenting(t, through, past))
}

func aCase(n int) casework.Case {
	instrument := id + fmt.Sprint(n)
	return casework.Case{
		ID: casework.ID(instrument, "chiller", 1), Ordinal: 1, Instrument: instrument, Component: "chiller", Finding: "f", Findings: []string{"f"}, State: casework.Open,
	}
}

// sending is a queue: what is sent again is there twice.
func sending(t *testing.T, through, past aws.Config) write {
	client := queues.Client(past)
	url := func(n int) string {
		out, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String(fmt.Sprintf("q%d", n))})
		if err != nil {
			t.Fatal(err)
		}
		return aws.ToString(out.QueueUrl)
	}
	return write{
		"a message is sent", "SendMessage",
		func(n int) error {
			return queues.New[handoff.Stored](queues.Client(through), url(n)).Send(t.Context(), handoff.Stored{Batch: batchID(n)})
		},
		func(n int) bool {
			waiting, err := queues.New[handoff.Stored](client, url(n)).Waiting(t.Context())
			return err == nil && waiting >= 1
		}, nil, nil,
	}
}

// TestEveryWriteFailsInEveryWay: an adapter says that it failed when it cannot know, never
// takes a failure for a condition, and the same again finds or makes it done, once.
func TestEveryWriteFailsInEveryWay(t *testing.T) {
	e := emulated.Start(t)
	past, _ := service(t, e.Endpoint(), 4)
	once, transport := service(t, e.Endpoint(), 1)
	n := 0
	for _, w := range writes(t, once, past) {
		for _, kind := range []broken.Kind{broken.Throttled, broken.SlowDown, broken.Refused, broken.ServerError, broken.TimeoutBefore, broken.TimeoutAfter} {
			n++
			t.Run(w.name+"/"+string(kind), func(t *testing.T) {
				transport.Fail(w.operation, kind)
				err := w.do(n)
				if err == nil {
					t.Error("it says that it is done")
				}
				for _, condition := range []error{
					ledger.ErrAlready, ledger.ErrNone, ledger.ErrSettled, ledger.ErrOtherVersion, ledger.ErrQuota, ledger.ErrSequenceTaken,
					receipt.ErrAlready, receipt.ErrHeadMoved, score.ErrRaced, score.ErrSequenceTaken, casework.ErrRaced, enrol.ErrRaced,
				} {
					if errors.Is(err, condition) {
						t.Errorf("it says %v", err)
					}
				}
				if got := w.there(n); got != (kind == broken.TimeoutAfter) {
					t.Errorf("it is there: %v", got)
				}
				if err := w.do(n); err != nil && !(kind == broken.TimeoutAfter && slices.ContainsFunc(w.already, func(a error) bool { return errors.Is(err, a) })) {
					t.Errorf("once more: %v", err)
				}
				if !w.there(n) {
					t.Error("it is not there")
				}
			})
		}
	}
}

// TestTheSDKTriesAgain: what the SDK's own second try makes of a write whose reply was lost
// is done, or a condition that says so: never a failure, never twice.
func TestTheSDKTriesAgain(t *testing.T) {
	e := emulated.Start(t)
	past, _ := service(t, e.Endpoint(), 4)
	four, transport := service(t, e.Endpoint(), 4)
	n := 0
	for _, w := range writes(t, four, past) {
		for _, kinds := range [][]broken.Kind{{broken.Throttled}, {broken.ServerError, broken.Throttled}, {broken.TimeoutAfter}, {broken.TimeoutBefore, broken.TimeoutAfter, broken.ServerError}} {
			n++
			t.Run(fmt.Sprint(w.name, kinds), func(t *testing.T) {
				before := transport.Seen(w.operation)
				transport.Fail(w.operation, kinds...)
				if err := w.do(n); err != nil && !(slices.Contains(kinds, broken.TimeoutAfter) && slices.ContainsFunc(w.already, func(a error) bool { return errors.Is(err, a) })) {
					t.Error(err)
				}
				if !w.there(n) || transport.Seen(w.operation) <= before+len(kinds) {
					t.Errorf("it is there: %v, after %d requests", w.there(n), transport.Seen(w.operation)-before)
				}
			})
		}
	}
}

// TestAConditionIsNoFailure: where a service says that a condition failed, the adapter says
// which.
func TestAConditionIsNoFailure(t *testing.T) {
	e := emulated.Start(t)
	past, _ := service(t, e.Endpoint(), 4)
	once, transport := service(t, e.Endpoint(), 1)
	for n, w := range writes(t, once, past) {
		if w.conflict == nil {
			continue
		}
		transport.Fail(w.operation, broken.Condition)
		if err := w.do(n + 1); !errors.Is(err, w.conflict) {
			t.Errorf("%s: %v, want %v", w.name, err, w.conflict)
		}
	}
}

type noSet struct{ set keyset.KeySet }

func (s *noSet) KeySet(context.Context) (keyset.KeySet, error) { return s.set, nil }

// TestKMSRefuses: a refusal is a failure, to be tried again, and no word about the batch.
func TestKMSRefuses(t *testing.T) {
	e := emulated.Start(t)
	past, _ := service(t, e.Endpoint(), 4)
	once, transport := service(t, e.Endpoint(), 1)
	made, err := kms.NewFromConfig(past).CreateKey(t.Context(), &kms.CreateKeyInput{KeySpec: kmstypes.KeySpecEccNistP256, KeyUsage: kmstypes.KeyUsageTypeSignVerify})
	if err != nil {
		t.Fatal(err)
	}
	arn := aws.ToString(made.KeyMetadata.Arn)
	spki, err := keys.PublicKey(t.Context(), keys.Client(past), arn)
	if err != nil {
		t.Fatal(err)
	}
	signer := keys.NewSigner(keys.Client(once), &noSet{keyset.KeySet{Receipt: []keyset.Key{{ID: "receipt-1", SPKI: spki}}}}, arn)
	for _, kind := range []broken.Kind{broken.Throttled, broken.Refused, broken.ServerError, broken.TimeoutBefore, broken.TimeoutAfter} {
		transport.Fail("Sign", kind)
		if _, err := signer.SignES256(t.Context(), "receipt-1", make([]byte, 32)); err == nil {
			t.Errorf("%s: signed", kind)
		}
		if raw, err := signer.SignES256(t.Context(), "receipt-1", make([]byte, 32)); err != nil || len(raw) != 64 {
			t.Errorf("after %s: %d bytes, %v", kind, len(raw), err)
		}
	}
}
