package gateway

import (
	"context"
	"encoding/json"
	"io/fs"

	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	wire "proactive/events"
	"proactive/shared/door"
	"proactive/shared/journal"
)

func event(t *testing.T, name string) events.APIGatewayV2HTTPRequest {
	t.Helper()
	raw, err := fs.ReadFile(wire.Files, "aws/"+name)
	if err != nil {
		t.Fatal(err)
	}
	var e events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

func TestRequestAsAWSSendsIt(t *testing.T) {
	const body = `{"batch":"01JDC5Q2Z4W8R6X3N9T7V1K0MB","sequence":17,"bytes":211034,"sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}`
	const authorization = "Proactive eyJhbGciOiJFZERTQSIsImtpZCI6ImktMDFhcno..."
	const request17 = "BvNxJh0-DoEEMYg="
	cases := map[string]door.Request{
		"http-api-v2-authorize.json":        {ID: request17, Method: "POST", Path: "/v1/authorize", Authorization: authorization, Body: []byte(body)},
		"http-api-v2-authorize-base64.json": {ID: request17, Method: "POST", Path: "/v1/authorize", Authorization: authorization, Body: []byte(body)},
		"http-api-v2-receipts.json":         {ID: request17, Method: "GET", Path: "/v1/receipts", Query: "after=200", Authorization: authorization, Body: []byte{}},
		"http-api-v2-named-stage.json":      {ID: request17, Method: "GET", Path: "/v1/challenge", Body: []byte{}},
	}
	for name, want := range cases {
		if diff := cmp.Diff(want, request(event(t, name))); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
	samples, err := fs.Glob(wire.Files, "aws/http-api-v2-*.json")
	if err != nil || len(samples) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	for _, s := range samples {
		if _, there := cases[strings.TrimPrefix(s, "aws/")]; !there {
			t.Errorf("%s is decoded by no test", s)
		}
	}
}

func TestBodyThatIsNotBase64IsNobodys(t *testing.T) {
	e := event(t, "http-api-v2-authorize.json")
	e.IsBase64Encoded = true
	if r := request(e); len(r.Body) != 0 {
		t.Errorf("%q", r.Body)
	}
}

func TestPathKeepsWhatIsNotItsStage(t *testing.T) {
	e := event(t, "http-api-v2-named-stage.json")
	for raw, want := range map[string]string{"/prod/v1/keys": "/v1/keys", "/product/v1/keys": "/product/v1/keys", "/prod": "/prod", "/v1/keys": "/v1/keys"} {
		if e.RawPath = raw; pathOf(e) != want {
			t.Errorf("%s: %s", raw, pathOf(e))
		}
	}
}

func pathOf(e events.APIGatewayV2HTTPRequest) string { return request(e).Path }

func TestHandler(t *testing.T) {
	var log strings.Builder
	handle := Handler(door.Door{Log: journal.New(&log, "test"), Actions: map[string]door.Action{
		"GET /v1/challenge": door.Anyone(func(context.Context) (map[string]int, error) { return map[string]int{"a": 1}, nil }),
	}})
	got, err := handle(t.Context(), event(t, "http-api-v2-named-stage.json"))
	if err != nil || got.StatusCode != 200 || got.Body != `{"a":1}` || got.Headers["content-type"] != "application/json" || got.Headers["cache-control"] != "no-store" {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = handle(t.Context(), event(t, "http-api-v2-authorize.json"))
	if err != nil || got.StatusCode != 400 || got.Body != `{"error":"malformed","reason":"no-such-call"}` {
		t.Errorf("%+v, %v", got, err)
	}
	if strings.Contains(log.String(), "eyJ") {
		t.Error("a token in the log")
	}
}
