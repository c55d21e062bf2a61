// Package client speaks the service's API: JSON over HTTPS, outward only. It
// trusts what is on the way with nothing: answers are bounded, redirects are
// refused, and a page where JSON should be is named for what it is, a captive
// portal or a proxy. What an answer says is proven elsewhere, by signatures.
package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"proactive/shared/fault"
)

// Reasons of the client's own. Reasons of the service pass through as they are.
const (
	Offline       = "offline"         // the service could not be reached
	Portal        = "captive-portal"  // a web page answered in place of the service
	Redirected    = "redirected"      // something on the way points elsewhere
	Untrusted     = "tls-untrusted"   // the certificate is not one this computer trusts
	WrongClock    = "tls-clock"       // the certificate is not valid by this computer's clock
	TooLong       = "answer-too-long" // an answer beyond any bound
	NotOurAnswer  = "not-our-answer"  // JSON, but not what the API says
	BadAddress    = "bad-address"     // an address that is neither https nor loopback
	ServiceFailed = "service-failed"  // the service failed on its side
	BadAuthority  = "bad-ca"          // a file of authorities that has none
)

const (
	maxAnswer   = 4 << 20 // 100 receipts fit many times over
	callTimeout = 45 * time.Second
)

// Sign makes the Authorization header of one request. path is the API's own path
// with its query, without the prefix under which it is served.
type Sign func(method, path, nonce string, body []byte) (string, error)

// Client speaks to one service.
type Client struct {
	base *url.URL
	http *http.Client
	rate int64 // bytes a second of an upload; 0 has no limit
}

// Limit bounds how fast uploads go out, in bytes a second; 0 has no limit.
func (c *Client) Limit(rate int64) { c.rate = rate }

// New returns a client of the service at base, which is https, or http on loopback.
func New(base string) (*Client, error) {
	u, err := address(base)
	if err != nil {
		return nil, err
	}
	if u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, fault.New(fault.Malformed, BadAddress, errors.New("address with more than a path"))
	}
	transport := http.DefaultTransport.(*http.Transport).Clone() // keeps the lab's proxy settings
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	transport.DialContext = (&net.Dialer{Timeout: 15 * time.Second}).DialContext
	transport.ResponseHeaderTimeout = 60 * time.Second
	return &Client{base: u, http: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Trust adds the authorities in a PEM file to those that this computer trusts, for a
// network whose firewall looks into TLS.
func (c *Client) Trust(file string) error {
	raw, err := os.ReadFile(file) //nolint:gosec // G304: a file that the lab names
	if err != nil {
		return fault.New(fault.Malformed, BadAuthority, err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // a system without a store trusts only this
	}
	if !pool.AppendCertsFromPEM(raw) {
		return fault.New(fault.Malformed, BadAuthority, errors.New("no certificate in it"))
	}
	c.http.Transport.(*http.Transport).TLSClientConfig.RootCAs = pool //nolint:forcetypeassert // New made it
	return nil
}

// address parses an https address, or an http one that stays on this computer.
func address(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, fault.New(fault.Malformed, BadAddress, err)
	}
	host := u.Hostname()
	ip := net.ParseIP(host)
	loopback := host == "localhost" || (ip != nil && ip.IsLoopback())
	if u.Host == "" || (u.Scheme != "https" && (u.Scheme != "http" || !loopback)) {
		return nil, fault.New(fault.Malformed, BadAddress, errors.New("neither https nor loopback"))
	}
	return u, nil
}

// call sends one JSON request and decodes the answer into out.
func (c *Client) call(ctx context.Context, method, path, query, authorization string, body []byte, out any) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	u := c.base.JoinPath(path)
	u.RawQuery = query
	var r io.Reader
	if body != nil {
		r = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), r)
	if err != nil {
		return fmt.Errorf("making a request: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "proactive-agent/1")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return connection(err)
	}
	defer resp.Body.Close()
	return decode(resp, out)
}

// decode judges an answer before it believes a byte of it.
func decode(resp *http.Response, out any) error {
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		return fault.New(fault.Unavailable, Redirected, fmt.Errorf("status %d", resp.StatusCode))
	}
	media, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		if resp.StatusCode >= 500 {
			return fault.New(fault.Unavailable, ServiceFailed, fmt.Errorf("status %d", resp.StatusCode))
		}
		return fault.New(fault.Unavailable, Portal, fmt.Errorf("status %d, %q", resp.StatusCode, media))
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return connection(err)
	}
	if len(b) > maxAnswer {
		return fault.New(fault.Unavailable, TooLong, nil)
	}
	if resp.StatusCode != http.StatusOK {
		return refusal(resp.StatusCode, b)
	}
	if err := json.Unmarshal(b, out); err != nil {
		return fault.New(fault.Unavailable, NotOurAnswer, err)
	}
	return nil
}

// refusal turns the service's error into a fault. The status decides the kind and
// the body gives the reason, which must look like one of our constants.
func refusal(status int, body []byte) error {
	var e struct {
		Error  string `json:"error"`
		Reason string `json:"reason"`
	}
	if err := json.Unmarshal(body, &e); err != nil || !constant(e.Reason) {
		e.Reason = ""
	}
	cause := fmt.Errorf("status %d", status)
	for _, kind := range []fault.Kind{fault.Malformed, fault.Unknown, fault.Forbidden, fault.Conflict, fault.Quota} {
		if status == kind.Status() && e.Reason != "" {
			return fault.New(kind, e.Reason, cause)
		}
	}
	if status >= 500 || status == http.StatusTooManyRequests {
		return fault.New(fault.Unavailable, ServiceFailed, cause)
	}
	return fault.New(fault.Malformed, NotOurAnswer, cause)
}

func constant(reason string) bool {
	return len(reason) > 0 && len(reason) <= 64 && strings.Trim(reason, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// connection names why there was no answer.
func connection(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return fault.New(fault.Unavailable, WrongClock, err)
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return fault.New(fault.Unavailable, Untrusted, err)
	}
	return fault.New(fault.Unavailable, Offline, err)
}

// after is the query of a page of receipts.
func after(n int64) string { return url.Values{"after": {strconv.FormatInt(n, 10)}}.Encode() }
