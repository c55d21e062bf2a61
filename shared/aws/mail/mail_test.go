package mail

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// ses answers every request with one status and body, and counts them.
func ses(t *testing.T, status int, body string) (*Mailer, *int, *string) {
	t.Helper()
	calls, got := 0, ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls++
		request, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got = string(request)
		w.Header().Set("Content-Type", "application/json")
		if status != http.StatusOK {
			w.Header().Set("X-Amzn-ErrorType", "MessageRejected")
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	return New(aws.Config{
		Region: "eu-south-2", BaseEndpoint: aws.String(server.URL),
		Credentials: aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
			return credentials.NewStaticCredentialsProvider("test", "test", "").Retrieve(ctx)
		}),
	}), &calls, &got
}

const message = "From: Proactive service <service@proactive.example>\r\nTo: Ana <ana@biolab.example>, <joe@biolab.example>\r\nSubject: x\r\n\r\nhello\r\n"

func TestSendGoesByTheHeader(t *testing.T) {
	m, _, got := ses(t, http.StatusOK, `{"MessageId":"m-1"}`)
	id, err := m.Send(t.Context(), []byte(message))
	if err != nil || id != "m-1" {
		t.Fatalf("%q, %v", id, err)
	}
	for _, want := range []string{`"service@proactive.example"`, `["ana@biolab.example","joe@biolab.example"]`} {
		if !strings.Contains(*got, want) {
			t.Errorf("SES was not told %s: %s", want, *got)
		}
	}
}

func TestRefusalIsNotRepeatedAndQuotesNobody(t *testing.T) {
	m, calls, _ := ses(t, http.StatusInternalServerError, `{"message":"Email address is not verified: ana@biolab.example"}`)
	_, err := m.Send(t.Context(), []byte(message))
	if err == nil || !strings.Contains(err.Error(), "MessageRejected") || strings.Contains(err.Error(), "ana@") {
		t.Errorf("the error is %v", err)
	}
	if *calls != 1 {
		t.Errorf("SES was called %d times: a mail could go out twice unseen", *calls)
	}
}

func TestUnreadableMessages(t *testing.T) {
	m, calls, _ := ses(t, http.StatusOK, `{}`)
	for name, raw := range map[string]string{
		"no header": "", "no sender": "To: <a@b.example>\r\n\r\n", "nobody": "From: <a@b.example>\r\n\r\n",
		"too many": "From: <a@b.example>\r\nTo: " + strings.Repeat("<a@b.example>, ", 50) + "<a@b.example>\r\n\r\n",
	} {
		if _, err := m.Send(t.Context(), []byte(raw)); err == nil {
			t.Errorf("%s: sent", name)
		}
	}
	if *calls != 0 {
		t.Error("SES was asked all the same")
	}
}
