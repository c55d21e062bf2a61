package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"proactive/shared/fault"
)

// The states of an export.
const (
	Preparing = "preparing"
	Ready     = "ready"
)

// Reasons of a download.
const (
	LinkRefused    = "link-refused"     // the store refused the link: expired, or changed on the way
	DownloadDiffer = "download-differs" // other bytes than the service said
)

// downloadTimeout is longer than a link lives: a slow line may finish what it began.
const downloadTimeout = 30 * time.Minute

// maxParts bounds what an answer may make us fetch.
const maxParts = 10_000

// Export is how far an export is.
type Export struct {
	State   string    `json:"state"`
	Request string    `json:"request"`
	Asked   time.Time `json:"asked"`
	Parts   []Part    `json:"parts"`
}

// Part is a part that may be downloaded.
type Part struct {
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // hex
}

// Export has all that is held of the instrument prepared, and tells how far that is. Asking
// again changes nothing.
func (c *Client) Export(ctx context.Context, sign Sign, instrument, request string) (Export, error) {
	body := struct {
		Instrument string `json:"instrument"`
		Request    string `json:"request"`
	}{instrument, request}
	var got Export
	if err := c.signed(ctx, sign, http.MethodPost, "/v1/export", "", body, &got); err != nil {
		return got, err
	}
	sound := got.State == Preparing || got.State == Ready && len(got.Parts) > 0
	for _, p := range got.Parts {
		digest, err := hex.DecodeString(p.SHA256)
		sound = sound && err == nil && len(digest) == sha256.Size && p.Bytes > 0
	}
	if !sound || got.Request == "" || len(got.Parts) > maxParts {
		return got, fault.New(fault.Unavailable, NotOurAnswer, errors.New("unknown state of an export"))
	}
	return got, nil
}

// Link asks where a part lies, from 1. The link is good for minutes.
func (c *Client) Link(ctx context.Context, sign Sign, request string, part int) (string, error) {
	var got struct {
		URL string `json:"url"`
	}
	query := url.Values{"request": {request}, "part": {strconv.Itoa(part)}}.Encode()
	if err := c.signed(ctx, sign, http.MethodGet, "/v1/export", query, nil, &got); err != nil {
		return "", err
	}
	if _, err := address(got.URL); err != nil {
		return "", err
	}
	return got.URL, nil
}

// Download writes what lies at a link, which must be exactly that part. progress is told
// each number of bytes as they come in, and may be nil.
func (c *Client) Download(ctx context.Context, link string, want Part, w io.Writer, progress func(int)) error {
	if _, err := address(link); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, downloadTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, link, nil)
	if err != nil {
		return fmt.Errorf("making a download: %w", err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return connection(err)
	}
	defer resp.Body.Close()
	cause := fmt.Errorf("status %d", resp.StatusCode)
	switch s := resp.StatusCode; {
	case s == http.StatusOK && strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html"):
		return fault.New(fault.Unavailable, Portal, cause)
	case s == http.StatusOK:
	case s >= 300 && s < 400:
		return fault.New(fault.Unavailable, Redirected, cause)
	case s == http.StatusForbidden || s == http.StatusNotFound:
		return fault.New(fault.Unavailable, LinkRefused, cause)
	default:
		return fault.New(fault.Unavailable, ServiceFailed, cause)
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(w, sum, counter(progress)), io.LimitReader(resp.Body, want.Bytes+1))
	if err != nil {
		return connection(err)
	}
	if n != want.Bytes || hex.EncodeToString(sum.Sum(nil)) != want.SHA256 {
		return fault.New(fault.Unavailable, DownloadDiffer, fmt.Errorf("%d bytes of %d", n, want.Bytes))
	}
	return nil
}

// counter tells how many bytes come by.
type counter func(int)

// Write counts.
func (c counter) Write(p []byte) (int, error) {
	if c != nil {
		c(len(p))
	}
	return len(p), nil
}
