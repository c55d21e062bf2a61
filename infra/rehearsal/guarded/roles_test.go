package guarded_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"

	"proactive/infra/local"
	"proactive/infra/rehearsal"
	"proactive/shared/aws/awsconfig"
)

// root is the account's root, as which the operator works.
func root(ctx context.Context) (aws.Config, error) { return awsconfig.Load(ctx) }

// as is what a function is to AWS: the credentials of its role, and nothing else. On AWS
// only Lambda may take a function's role; the emulator lets the account's root, too.
func as(t *testing.T, function string) aws.Config {
	t.Helper()
	cfg, err := root(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	arn, err := roleOf(t.Context(), stage, function)
	if err != nil {
		t.Fatal(err)
	}
	taken, err := assume(t.Context(), stage, cfg, arn)
	if err != nil {
		t.Fatalf("taking the role of %s: %v", function, err)
	}
	cfg.Credentials = credentials.NewStaticCredentialsProvider(taken.AccessKeyID, taken.SecretAccessKey, taken.SessionToken)
	cfg.Logger = logging.Nop{} // DynamoDB's client warns of the emulator's refusals: they have no checksum
	return cfg
}

func assume(ctx context.Context, r *rehearsal.Rehearsal, cfg aws.Config, arn string) (aws.Credentials, error) {
	var answer struct {
		Taken struct {
			AccessKeyID     string `xml:"AccessKeyId"`
			SecretAccessKey string
			SessionToken    string
		} `xml:"AssumeRoleResult>Credentials"`
	}
	form := url.Values{"Action": {"AssumeRole"}, "Version": {"2011-06-15"}, "RoleArn": {arn}, "RoleSessionName": {"guarded-test"}}
	raw, err := call(ctx, r, cfg, "sts", http.MethodPost, "/", map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, form.Encode())
	if err == nil {
		err = xml.Unmarshal(raw, &answer)
	}
	return aws.Credentials{AccessKeyID: answer.Taken.AccessKeyID, SecretAccessKey: answer.Taken.SecretAccessKey, SessionToken: answer.Taken.SessionToken}, err
}

// roleOf is the ARN of the role that the stack gave a function.
func roleOf(ctx context.Context, r *rehearsal.Rehearsal, function string) (string, error) {
	cfg, err := root(ctx)
	if err != nil {
		return "", err
	}
	raw, err := call(ctx, r, cfg, "lambda", http.MethodGet, "/2015-03-31/functions/", nil, "")
	if err != nil {
		return "", err
	}
	var page struct {
		Functions []struct{ Description, Role string }
	}
	if err := json.Unmarshal(raw, &page); err != nil {
		return "", err
	}
	for _, f := range page.Functions {
		if f.Description == "functions/"+function {
			return f.Role, nil
		}
	}
	return "", fmt.Errorf("no function %s among %d", function, len(page.Functions))
}

// query makes a request of an XML API as root.
func query(ctx context.Context, r *rehearsal.Rehearsal, service string, form url.Values, into any) error {
	cfg, err := root(ctx)
	if err != nil {
		return err
	}
	raw, err := call(ctx, r, cfg, service, http.MethodPost, "/", map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, form.Encode())
	if err == nil && into != nil {
		err = xml.Unmarshal(raw, into)
	}
	return err
}

// call makes a signed request of an AWS API for which the project has no client.
func call(ctx context.Context, r *rehearsal.Rehearsal, cfg aws.Config, service, method, path string, header map[string]string, body string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, r.Endpoint()+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	who, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(ctx, who, req, hex.EncodeToString(sum[:]), service, local.Region, time.Now()); err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	switch res.StatusCode {
	case http.StatusOK:
		return raw, nil
	case http.StatusForbidden:
		return nil, &smithy.GenericAPIError{Code: "AccessDenied", Message: string(raw)}
	}
	return nil, fmt.Errorf("%s answers %s %s", service, res.Status, raw)
}

// denied says whether IAM refused, and not something else.
func denied(err error) bool {
	var refusal smithy.APIError
	return errors.As(err, &refusal) && slices.Contains([]string{"AccessDenied", "AccessDeniedException"}, refusal.ErrorCode())
}

// attempt is one thing that a role tries.
type attempt struct {
	what string
	do   func(context.Context) error
}

// only checks that a role may do the one thing and none of the others. Without the
// first, the refusals would prove nothing.
func only(t *testing.T, may attempt, mayNot ...attempt) {
	t.Helper()
	t.Run("may "+may.what, func(t *testing.T) {
		if err := may.do(t.Context()); err != nil {
			t.Errorf("refused, or failed: %v", err)
		}
	})
	for _, a := range mayNot {
		t.Run("may not "+a.what, func(t *testing.T) {
			if err := a.do(t.Context()); !denied(err) {
				t.Errorf("not refused by IAM: %v", err)
			}
		})
	}
}
