package guarded_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	sestypes "github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"proactive/infra/rehearsal"
	"proactive/shared/aws/objects"
	"proactive/shared/aws/tables"
	"proactive/shared/enrolment"
	"proactive/shared/layout"
	"proactive/shared/request"
)

// Only scrub opens a batch: validate, which handles the same envelope, cannot ask KMS to
// unwrap, nor may anybody else of the pipeline.
func TestOnlyScrubUnwraps(t *testing.T) {
	cfg, err := root(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	key := aws.String(strings.Split(stage.Outputs["UnwrapKey"], ",")[0])
	public, err := kms.NewFromConfig(cfg).GetPublicKey(t.Context(), &kms.GetPublicKeyInput{KeyId: key})
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParsePKIXPublicKey(public.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	secret := []byte("a content key of thirty-two byte")
	wrapped, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, parsed.(*rsa.PublicKey), secret, nil)
	if err != nil {
		t.Fatal(err)
	}
	unwrap := func(function string) attempt {
		client := kms.NewFromConfig(as(t, function))
		return attempt{"unwrap, as " + function, func(ctx context.Context) error {
			out, err := client.Decrypt(ctx, &kms.DecryptInput{KeyId: key, CiphertextBlob: wrapped, EncryptionAlgorithm: kmstypes.EncryptionAlgorithmSpecRsaesOaepSha256})
			if err == nil && !bytes.Equal(out.Plaintext, secret) {
				err = fmt.Errorf("unwrapped to %q", out.Plaintext)
			}
			return err
		}}
	}
	only(t, unwrap("scrub"), unwrap("validate"), unwrap("authorize"), unwrap("score"), unwrap("enrol"), unwrap("starter"), unwrap("notify"), unwrap("slot"))

	// validate's own use of KMS works: it signs the receipt of what it refuses.
	digest := sha256.Sum256(nil)
	sign := func(function, output string) attempt {
		client, key := kms.NewFromConfig(as(t, function)), aws.String(strings.Split(stage.Outputs[output], ",")[0])
		return attempt{"sign with " + output + ", as " + function, func(ctx context.Context) error {
			_, err := client.Sign(ctx, &kms.SignInput{KeyId: key, Message: digest[:], MessageType: kmstypes.MessageTypeDigest, SigningAlgorithm: kmstypes.SigningAlgorithmSpecEcdsaSha256})
			return err
		}}
	}
	only(t, sign("validate", "ReceiptKey"), sign("validate", "RootKey"), sign("scrub", "RootKey"), sign("authorize", "ReceiptKey"), sign("score", "ReceiptKey"))
}

// Whoever lets a batch in cannot read it; who scores never sees a sealed one.
func TestWhoReadsTheInbox(t *testing.T) {
	s := failing(t)
	inbox, clean := stage.Outputs["InboxBucket"], stage.Outputs["CleanBucket"]
	get := func(function, bucket, key string) attempt {
		store, version := objects.Client(as(t, function)), versionOf(t, bucket, key)
		return attempt{"read " + strings.SplitN(key, "/", 2)[0] + ", as " + function, func(ctx context.Context) error {
			out, err := store.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(key), VersionId: aws.String(version)})
			if err != nil {
				return err
			}
			return out.Body.Close()
		}}
	}
	newest := func(function string) attempt {
		a, store := get(function, inbox, layout.InboxKey(s.instrument, s.batch)), objects.Client(as(t, function))
		a.what += ", the newest version"
		a.do = func(ctx context.Context) error {
			out, err := store.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(inbox), Key: aws.String(layout.InboxKey(s.instrument, s.batch))})
			if err != nil {
				return err
			}
			return out.Body.Close()
		}
		return a
	}
	sealed, opened := layout.InboxKey(s.instrument, s.batch), layout.CleanKey(s.instrument, s.batch)
	only(t, get("validate", inbox, sealed), get("authorize", inbox, sealed), newest("authorize"), get("score", inbox, sealed), newest("score"),
		get("notify", inbox, sealed), get("enrol", inbox, sealed), get("slot", inbox, sealed))
	only(t, get("score", clean, opened), get("validate", clean, opened), get("authorize", clean, opened), get("notify", clean, opened))

	put := func(function, key string) attempt {
		store := objects.Client(as(t, function))
		return attempt{"write to " + strings.SplitN(key, "/", 2)[0] + ", as " + function, func(ctx context.Context) error {
			_, err := store.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(inbox), Key: aws.String(key), Body: strings.NewReader("x"), IfNoneMatch: aws.String("*")})
			return err
		}}
	}
	// What authorize puts here no grant explains: validate counts it and leaves it.
	other := layout.InboxKey(s.instrument, "01M84XB6R6DXMN2K7XGPHRTQD3")
	only(t, put("authorize", other), put("authorize", "elsewhere/x"), put("validate", other), put("score", other), put("slot", other))
}

// versionOf is the version of an object, found as the operator.
func versionOf(t *testing.T, bucket, key string) string {
	t.Helper()
	cfg, err := root(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	head, err := objects.Client(cfg).HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
	if err != nil {
		t.Fatalf("%s: %v", key, err)
	}
	return aws.ToString(head.VersionId)
}

// The slot page knows the cases table, row by row, and no other table. That it touches
// no case but the link's is not IAM's to know: TestThePipelineWorks tries another link.
func TestTheSlotPageKnowsCasesOnly(t *testing.T) {
	s := failing(t)
	db := tables.Client(as(t, "slot"))
	get := func(output, pk, sk string) attempt {
		return attempt{"read a row of " + output, func(ctx context.Context) error {
			out, err := db.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(stage.Outputs[output]), Key: map[string]types.AttributeValue{
				"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: sk},
			}})
			if err == nil && out.Item == nil {
				err = fmt.Errorf("no such row")
			}
			return err
		}}
	}
	refused := []attempt{
		get("InstrumentsTable", layout.InstrumentRow(s.instrument), layout.Profile),
		get("LedgerTable", s.instrument, layout.BatchRow(s.batch)),
		get("HealthTable", s.instrument, layout.RunRow(1)),
		get("FindingsTable", s.instrument, "FINDING#"),
		get("PeopleTable", layout.TenantRow(rehearsal.Tenant), layout.Tenant),
		get("RequestsTable", layout.NonceRow("n"), "NONCE"),
		{"list all cases", func(ctx context.Context) error {
			_, err := db.Scan(ctx, &dynamodb.ScanInput{TableName: aws.String(stage.Outputs["CasesTable"])})
			return err
		}},
		{"search among cases", func(ctx context.Context) error {
			_, err := db.Query(ctx, &dynamodb.QueryInput{
				TableName: aws.String(stage.Outputs["CasesTable"]), KeyConditionExpression: aws.String("pk = :pk"),
				ExpressionAttributeValues: map[string]types.AttributeValue{":pk": &types.AttributeValueMemberS{Value: layout.CaseRow(s.id)}},
			})
			return err
		}},
		{"delete a case", func(ctx context.Context) error {
			_, err := db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: aws.String(stage.Outputs["CasesTable"]), Key: map[string]types.AttributeValue{
				"pk": &types.AttributeValueMemberS{Value: "CASE#none"}, "sk": &types.AttributeValueMemberS{Value: "CASE"},
			}})
			return err
		}},
	}
	only(t, get("CasesTable", layout.CaseRow(s.id), layout.Case), refused...)
}

// Mail is notify's: who starts a case, or shows a page, cannot send any.
func TestOnlyNotifySendsMail(t *testing.T) {
	mail := func(function string) attempt {
		client := sesv2.NewFromConfig(as(t, function))
		return attempt{"send mail, as " + function, func(ctx context.Context) error {
			_, err := client.SendEmail(ctx, &sesv2.SendEmailInput{
				FromEmailAddress: aws.String("service@proactive.example"), Destination: &sestypes.Destination{ToAddresses: []string{"somebody@lab.example"}},
				Content: &sestypes.EmailContent{Raw: &sestypes.RawMessage{Data: []byte("From: service@proactive.example\r\nTo: somebody@lab.example\r\nSubject: x\r\n\r\nx")}},
			})
			return err
		}}
	}
	only(t, mail("notify"), mail("starter"), mail("casework"), mail("slot"), mail("remind"), mail("authorize"))
	// The starter's refusal is not that of dead credentials.
	s := failing(t)
	db := tables.Client(as(t, "starter"))
	only(t, attempt{"read its case, as starter", func(ctx context.Context) error {
		_, err := db.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(stage.Outputs["CasesTable"]), Key: map[string]types.AttributeValue{
			"pk": &types.AttributeValueMemberS{Value: layout.CaseRow(s.id)}, "sk": &types.AttributeValueMemberS{Value: layout.Case},
		}})
		return err
	}})
}

// A function cannot become another.
func TestNoRoleTakesAnother(t *testing.T) {
	arn, err := roleOf(t.Context(), stage, "scrub")
	if err != nil {
		t.Fatal(err)
	}
	take := func(who string, cfg aws.Config) attempt {
		return attempt{"take the role of scrub, as " + who, func(ctx context.Context) error {
			_, err := assume(ctx, stage, cfg, arn)
			return err
		}}
	}
	cfg, err := root(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	only(t, take("the account's root", cfg), take("validate", as(t, "validate")), take("slot", as(t, "slot")))
}

// An instrument is shown its own receipts: the call has no way to name another's, and
// whoever signs as another is nobody.
func TestReceiptsAreTheInstrumentsOwn(t *testing.T) {
	s := failing(t)
	id, key := enrol(t)
	const path = "/v1/receipts?after=0"
	for name, want := range map[string]struct {
		id, path string
		status   int
		body     string
	}{
		"its own, and it has none":    {id, path, http.StatusOK, `{"receipts":[],"next":0}`},
		"another's, in its own name":  {s.instrument, path, http.StatusUnauthorized, `{"error":"unauthorised","reason":"unauthorised"}`},
		"another's, named in a query": {id, path + "&instrument=" + s.instrument, http.StatusBadRequest, `{"error":"malformed","reason":"bad-request"}`},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := instrumentCall(t, want.id, key, http.MethodGet, want.path, nil)
			if status != want.status || strings.TrimSpace(body) != want.body {
				t.Errorf("answered %d %s, want %d %s", status, body, want.status, want.body)
			}
		})
	}
}

// enrol enrols a fresh instrument by hand.
func enrol(t *testing.T) (id string, key ed25519.PrivateKey) {
	t.Helper()
	raw, err := stage.Operator(t.Context(), "enrolment", "issue", "--tenant", rehearsal.Tenant, "--site", rehearsal.Site, "--serial", "OTHER1", "--url", stage.API())
	if err != nil {
		t.Fatal(err)
	}
	var issued struct{ Code string }
	if err := json.Unmarshal(raw, &issued); err != nil {
		t.Fatal(err)
	}
	code, err := enrolment.Parse(issued.Code)
	if err != nil {
		t.Fatal(err)
	}
	if _, key, err = ed25519.GenerateKey(nil); err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(map[string]string{"code": base64.RawURLEncoding.EncodeToString(code.Secret[:])})
	if err != nil {
		t.Fatal(err)
	}
	status, answer := instrumentCall(t, "", key, http.MethodPost, "/v1/enrol", body)
	var enrolled struct{ Instrument string }
	if err := json.Unmarshal([]byte(answer), &enrolled); err != nil || status != http.StatusOK {
		t.Fatalf("enrolling: %d %s (%v)", status, answer, err)
	}
	return enrolled.Instrument, key
}

// instrumentCall makes one request of the API under a fresh challenge.
func instrumentCall(t *testing.T, id string, key ed25519.PrivateKey, method, path string, body []byte) (int, string) {
	t.Helper()
	ask := func(method, path, authorization string, body []byte) (int, []byte) {
		req, err := http.NewRequestWithContext(t.Context(), method, stage.API()+path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if authorization != "" {
			req.Header.Set("Authorization", authorization)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		raw, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, raw
	}
	_, raw := ask(http.MethodGet, "/v1/challenge", "", nil)
	var challenge struct{ Nonce string }
	if err := json.Unmarshal(raw, &challenge); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	var authorization string
	var err error
	if id == "" {
		authorization, err = request.SignEnrolment(key, method, path, challenge.Nonce, body)
	} else {
		authorization, err = request.Sign(key, id, method, path, challenge.Nonce, body)
	}
	if err != nil {
		t.Fatal(err)
	}
	status, answer := ask(method, path, authorization, body)
	return status, string(answer)
}
