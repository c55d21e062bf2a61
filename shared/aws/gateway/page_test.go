package gateway

import (
	"encoding/base64"
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

func TestPageSeesTheRequestAndItsAnswerIsSent(t *testing.T) {
	var got *http.Request
	var body []byte
	h := Page(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.Header().Set("Content-Security-Policy", "default-src 'none'")
		w.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(w, "taken")
	}))
	e := events.APIGatewayV2HTTPRequest{
		RawPath: "/slot/abc", RawQueryString: "lang=es", Body: base64.StdEncoding.EncodeToString([]byte("slot=x")), IsBase64Encoded: true,
		Headers: map[string]string{"sec-fetch-site": "same-origin", "host": "api.example"},
	}
	e.RequestContext.HTTP.Method = "POST"
	out, err := h(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	if got.Method != "POST" || got.URL.Path != "/slot/abc" || got.URL.Query().Get("lang") != "es" || got.Host != "api.example" ||
		got.Header.Get("Sec-Fetch-Site") != "same-origin" || string(body) != "slot=x" {
		t.Errorf("the page saw %s %s, host %s, body %q", got.Method, got.URL, got.Host, body)
	}
	if out.StatusCode != http.StatusConflict || out.Body != "taken" || out.Headers["content-security-policy"] != "default-src 'none'" {
		t.Errorf("the gateway was told %+v", out)
	}
	for name, bad := range map[string]events.APIGatewayV2HTTPRequest{
		"body that is not base64": {RawPath: "/slot/abc", IsBase64Encoded: true, Body: "%"},
		"path that is no URL":     {RawPath: "/slot/%zz"},
	} {
		bad.RequestContext.HTTP.Method = "GET"
		if out, err := h(t.Context(), bad); err != nil || out.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d, %v", name, out.StatusCode, err)
		}
	}
}
