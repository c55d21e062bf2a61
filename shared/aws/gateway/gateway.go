// Package gateway is the HTTP API of API Gateway (payload format 2.0) in front of a
// door.
package gateway

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"proactive/shared/door"
)

// Handler is what lambda.Start runs.
func Handler(d door.Door) func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	return func(ctx context.Context, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		return response(d.Serve(ctx, request(e))), nil
	}
}

// request takes from an event what a door goes by. Header names arrive in lower case;
// of a body that is not valid base64 nothing is left, so its signature cannot verify.
func request(e events.APIGatewayV2HTTPRequest) door.Request {
	r := door.Request{
		ID: e.RequestContext.RequestID, Method: e.RequestContext.HTTP.Method,
		Path: path(e), Query: e.RawQueryString, Authorization: e.Headers["authorization"], Body: []byte(e.Body),
	}
	if e.IsBase64Encoded {
		body, err := base64.StdEncoding.DecodeString(e.Body)
		if err != nil {
			body = nil
		}
		r.Body = body
	}
	return r
}

// path is the API's own: a stage that has a name stands before it (API Gateway developer
// guide, "Payload format version", rawPath).
func path(e events.APIGatewayV2HTTPRequest) string {
	stage := e.RequestContext.Stage
	if stage == "" || stage == "$default" {
		return e.RawPath
	}
	if rest, ok := strings.CutPrefix(e.RawPath, "/"+stage); ok && strings.HasPrefix(rest, "/") {
		return rest
	}
	return e.RawPath
}

func response(r door.Response) events.APIGatewayV2HTTPResponse {
	h := map[string]string{
		"content-type": "application/json", "cache-control": "no-store", "x-content-type-options": "nosniff",
	}
	if r.Status == http.StatusTooManyRequests || r.Status == http.StatusServiceUnavailable {
		h["retry-after"] = "30"
	}
	return events.APIGatewayV2HTTPResponse{StatusCode: r.Status, Headers: h, Body: string(r.Body)}
}
