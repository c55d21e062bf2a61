package client

import (
	"bytes"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"proactive/shared/fault"
)

func serve(t *testing.T, h http.HandlerFunc) *Client {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	c, err := New(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func wantReason(t *testing.T, err error, reason string) {
	t.Helper()
	if _, got := fault.Public(err); got != reason {
		t.Errorf("got %v, want %s", err, reason)
	}
}

func TestAddresses(t *testing.T) {
	for _, ok := range []string{
		"https://api.example.com", "https://api.example.com/prod", "http://127.0.0.1:4566/_aws/execute-api/a/$default",
		"http://[::1]:80", "http://localhost:1",
	} {
		if _, err := New(ok); err != nil {
			t.Errorf("%s: %v", ok, err)
		}
	}
	for _, bad := range []string{
		"", "api.example.com", "http://api.example.com", "http://10.0.0.1", "http://127.0.0.1.example.com",
		"ftp://127.0.0.1", "https://", "file:///etc", "https://user:secret@api.example.com", "https://api.example.com/?a=b",
	} {
		_, err := New(bad)
		wantReason(t, err, BadAddress)
	}
}

func TestTheClientSpeaksNothingOlderThanTLS12(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	srv.StartTLS()
	defer srv.Close()
	c, err := New(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Challenge(t.Context())
	wantReason(t, err, Offline)
	if got := c.http.Transport.(*http.Transport).TLSClientConfig.MinVersion; got != tls.VersionTLS12 {
		t.Errorf("minimum version %x", got)
	}
}

func TestAnUnknownCertificateIsNamed(t *testing.T) {
	srv := httptest.NewTLSServer(http.NotFoundHandler())
	defer srv.Close()
	c, err := New(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Challenge(t.Context())
	wantReason(t, err, Untrusted)
}

func TestAnswersThatAreNotTheServices(t *testing.T) {
	cases := []struct {
		name   string
		reason string
		kind   fault.Kind
		answer http.HandlerFunc
	}{
		{"a login page with status 200", Portal, fault.Unavailable, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, "<html>please log in</html>")
		}},
		{"a redirect to a login page", Redirected, fault.Unavailable, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/login", http.StatusFound)
		}},
		{"an endless answer", TooLong, fault.Unavailable, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			chunk := bytes.Repeat([]byte(" "), 1<<20)
			for range 8 {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		}},
		{"half an answer", Offline, fault.Unavailable, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"nonce":`)
		}},
		{"JSON of something else", NotOurAnswer, fault.Unavailable, answer(http.StatusOK, `{"hello":"world"}`)},
		{"not JSON", NotOurAnswer, fault.Unavailable, answer(http.StatusOK, `nonce`)},
		{"a proxy's error page", ServiceFailed, fault.Unavailable, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusBadGateway)
		}},
		{"our own failure", ServiceFailed, fault.Unavailable, answer(http.StatusInternalServerError, `{"error":"internal","reason":"internal"}`)},
		{"throttled before our code", ServiceFailed, fault.Unavailable, answer(http.StatusTooManyRequests, `{"message":"Too Many Requests"}`)},
		{"not found before our code", NotOurAnswer, fault.Malformed, answer(http.StatusNotFound, `{"message":"Not Found"}`)},
		{"a refusal", "no-consent", fault.Forbidden, answer(http.StatusForbidden, `{"error":"forbidden","reason":"no-consent"}`)},
		{"the uniform refusal", "unauthorised", fault.Unknown, answer(http.StatusUnauthorized, `{"error":"unauthorised","reason":"unauthorised"}`)},
		{"a reason that is no constant", NotOurAnswer, fault.Malformed, answer(http.StatusForbidden, `{"error":"forbidden","reason":"\u001b[31mgotcha"}`)},
		{"over quota", "daily-quota", fault.Quota, answer(http.StatusTooManyRequests, `{"error":"quota","reason":"daily-quota"}`)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := serve(t, c.answer).Challenge(t.Context())
			kind, reason := fault.Public(err)
			if kind != c.kind || reason != c.reason {
				t.Fatalf("got %v %q (%v), want %v %q", kind, reason, err, c.kind, c.reason)
			}
		})
	}
}

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// The nonce is asked for each request and never used twice.
func TestEveryRequestIsSignedUnderItsOwnNonce(t *testing.T) {
	n := 0
	var used []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/prefix/v1/challenge" {
			n++
			answer(http.StatusOK, `{"nonce":"nonce-`+strings.Repeat("x", n)+`","time":"2026-11-23T10:00:00Z"}`)(w, r)
			return
		}
		used = append(used, r.Header.Get("Authorization"))
		answer(http.StatusOK, `{"receipts":[]}`)(w, r)
	})
	c.base = c.base.JoinPath("prefix")
	sign := func(method, path, nonce string, _ []byte) (string, error) {
		return method + " " + path + " " + nonce, nil // the path is the API's, without the prefix
	}
	for range 2 {
		if _, err := c.Receipts(t.Context(), sign, 0); err != nil {
			t.Fatal(err)
		}
	}
	if len(used) != 2 || used[0] != "GET /v1/receipts?after=0 nonce-x" || used[1] != "GET /v1/receipts?after=0 nonce-xx" {
		t.Fatalf("got %q", used)
	}
}

func TestPut(t *testing.T) {
	sealed := []byte("sealed bytes")
	cases := []struct {
		status int
		reason string
	}{
		{http.StatusOK, ""},
		{http.StatusPreconditionFailed, AlreadyThere},
		{http.StatusForbidden, GrantRefused},
		{http.StatusBadRequest, UploadRefused},
		{http.StatusConflict, ServiceFailed},
		{http.StatusServiceUnavailable, ServiceFailed},
		{http.StatusTemporaryRedirect, Redirected},
	}
	for _, c := range cases {
		var got []byte
		var header http.Header
		var length int64
		cl := serve(t, func(w http.ResponseWriter, r *http.Request) {
			got, _ = io.ReadAll(r.Body)
			header, length = r.Header, r.ContentLength
			w.WriteHeader(c.status)
		})
		sent := 0
		g := Grant{Method: http.MethodPut, URL: cl.base.String() + "/inbox", Headers: map[string]string{
			"If-None-Match": "*", "Host": "elsewhere", "Content-Length": "12", "X-Amz-Checksum-Sha256": "abc",
		}}
		err := cl.Put(t.Context(), g, sealed, func(n int) { sent += n })
		if c.reason == "" && err != nil {
			t.Fatal(err)
		}
		if c.reason != "" {
			wantReason(t, err, c.reason)
		}
		if c.status != http.StatusTemporaryRedirect && (!bytes.Equal(got, sealed) || sent != len(sealed)) {
			t.Errorf("status %d: got %q, progress %d", c.status, got, sent)
		}
		if header.Get("If-None-Match") != "*" || header.Get("X-Amz-Checksum-Sha256") != "abc" || length != 12 {
			t.Errorf("headers of the grant did not arrive: %v, length %d", header, length)
		}
	}
}

func TestGrantsThatAreNotFollowed(t *testing.T) {
	c := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was made") })
	url := c.base.String()
	for _, g := range []Grant{
		{Method: http.MethodPost, URL: url},
		{Method: http.MethodPut, URL: "http://example.com/inbox"},
		{Method: http.MethodPut, URL: url, Headers: map[string]string{"content-length": "13"}},
	} {
		if err := c.Put(t.Context(), g, []byte("sealed bytes"), nil); err == nil {
			t.Errorf("%+v was followed", g)
		}
	}
}
