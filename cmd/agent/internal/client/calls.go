package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"proactive/shared/fault"
)

// Challenge is what the service gives to sign, and its clock.
type Challenge struct {
	Nonce string    `json:"nonce"`
	Time  time.Time `json:"time"`
}

// Challenge asks for a nonce. It is good for one request and five minutes.
func (c *Client) Challenge(ctx context.Context) (Challenge, error) {
	var ch Challenge
	err := c.call(ctx, http.MethodGet, "/v1/challenge", "", "", nil, &ch)
	if err == nil && (ch.Nonce == "" || len(ch.Nonce) > 512) {
		err = fault.New(fault.Unavailable, NotOurAnswer, errors.New("no nonce"))
	}
	return ch, err
}

// Keys fetches the signed key set, unverified.
func (c *Client) Keys(ctx context.Context) (json.RawMessage, error) {
	var keys json.RawMessage
	err := c.call(ctx, http.MethodGet, "/v1/keys", "", "", nil, &keys)
	return keys, err
}

// Enrolled is the answer to an enrolment code. Keys is unverified.
type Enrolled struct {
	Instrument string          `json:"instrument"`
	Deployment string          `json:"deployment"`
	Serial     string          `json:"serial"`
	Keys       json.RawMessage `json:"keys"`
}

// Enrol presents the secret of an enrolment code, base64url. sign embeds the public key.
func (c *Client) Enrol(ctx context.Context, sign Sign, secret string) (Enrolled, error) {
	var e Enrolled
	err := c.signed(ctx, sign, http.MethodPost, "/v1/enrol", "", map[string]string{"code": secret}, &e)
	return e, err
}

// Consented is the service's record of the lab's answer.
type Consented struct {
	On      bool      `json:"on"`
	Version int64     `json:"version"`
	Since   time.Time `json:"since"`
}

// Consent tells the service a consent statement, as JWS.
func (c *Client) Consent(ctx context.Context, sign Sign, statement string) (Consented, error) {
	var got Consented
	err := c.signed(ctx, sign, http.MethodPost, "/v1/consent", "", map[string]string{"statement": statement}, &got)
	return got, err
}

// Offer describes a sealed batch that asks for its grant.
type Offer struct {
	Batch    string `json:"batch"`
	Sequence int64  `json:"sequence"`
	Bytes    int64  `json:"bytes"`
	SHA256   string `json:"sha256"` // hex
}

// The statuses of a grant.
const (
	Upload       = "upload"
	AwaitReceipt = "await-receipt"
	HasReceipt   = "receipt"
)

// Grant is the answer to an offer.
type Grant struct {
	Status  string            `json:"status"`
	URL     string            `json:"url"`
	Method  string            `json:"method"`
	Headers map[string]string `json:"headers"`
	Receipt string            `json:"receipt"` // unverified
}

// Authorize offers a batch. The same offer may be repeated as often as needed.
func (c *Client) Authorize(ctx context.Context, sign Sign, offer Offer) (Grant, error) {
	var g Grant
	err := c.signed(ctx, sign, http.MethodPost, "/v1/authorize", "", offer, &g)
	if err != nil {
		return g, err
	}
	switch g.Status {
	case Upload, AwaitReceipt, HasReceipt:
		return g, nil
	}
	return g, fault.New(fault.Unavailable, NotOurAnswer, errors.New("unknown status of a grant"))
}

// Receipts fetches receipts that follow ordinal n, unverified, oldest first.
func (c *Client) Receipts(ctx context.Context, sign Sign, n int64) ([]string, error) {
	var page struct {
		Receipts []string `json:"receipts"`
	}
	err := c.signed(ctx, sign, http.MethodGet, "/v1/receipts", after(n), nil, &page)
	return page.Receipts, err
}

// signed asks for a challenge and sends one request under it.
func (c *Client) signed(ctx context.Context, sign Sign, method, path, query string, body, out any) error {
	var b []byte
	if body != nil {
		var err error
		if b, err = json.Marshal(body); err != nil {
			return fmt.Errorf("encoding a request: %w", err)
		}
	}
	target := path
	if query != "" {
		target += "?" + query
	}
	err := c.once(ctx, sign, method, path, query, target, b, out)
	if kind, _ := fault.Public(err); err != nil && kind == fault.Unknown {
		// A nonce is good once. net/http, or a proxy, repeats a request whose connection
		// broke, and then the nonce is spent: one more try under another decides.
		err = c.once(ctx, sign, method, path, query, target, b, out)
	}
	return err
}

func (c *Client) once(ctx context.Context, sign Sign, method, path, query, target string, body []byte, out any) error {
	ch, err := c.Challenge(ctx)
	if err != nil {
		return err
	}
	authorization, err := sign(method, target, ch.Nonce, body)
	if err != nil {
		return fmt.Errorf("signing a request: %w", err)
	}
	return c.call(ctx, method, path, query, authorization, body, out)
}
