package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"proactive/shared/fault"
)

// Reasons of an upload.
const (
	AlreadyThere  = "already-uploaded" // the object is there: await its receipt
	GrantRefused  = "grant-refused"    // the store refused the grant: expired, or changed on the way
	UploadRefused = "upload-refused"   // the store refused the bytes
)

// uploadTimeout is longer than a grant lives: a slow line may finish what it began.
const uploadTimeout = 15 * time.Minute

// Put uploads the sealed batch as the grant says, in one request. progress is told
// each number of bytes as it goes out and may be nil. AlreadyThere means that an
// earlier upload of this very batch arrived.
func (c *Client) Put(ctx context.Context, g Grant, sealed []byte, progress func(int)) error {
	if g.Method != http.MethodPut {
		return fault.New(fault.Unavailable, NotOurAnswer, errors.New("a grant that is no PUT"))
	}
	if _, err := address(g.URL); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, uploadTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, g.URL, &meter{ctx: ctx, r: bytes.NewReader(sealed), progress: progress, rate: c.rate})
	if err != nil {
		return fmt.Errorf("making an upload: %w", err)
	}
	req.ContentLength = int64(len(sealed))
	for name, value := range g.Headers {
		switch strings.ToLower(name) {
		case "host": // net/http sets it from the address
		case "content-length":
			if value != strconv.Itoa(len(sealed)) {
				return fault.New(fault.Unavailable, NotOurAnswer, errors.New("a grant for another length"))
			}
		default:
			req.Header.Set(name, value)
		}
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return connection(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	cause := fmt.Errorf("status %d", resp.StatusCode)
	switch s := resp.StatusCode; {
	case s == http.StatusOK || s == http.StatusNoContent:
		if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
			return fault.New(fault.Unavailable, Portal, cause)
		}
		return nil
	case s == http.StatusPreconditionFailed:
		return fault.New(fault.Conflict, AlreadyThere, cause)
	case s >= 300 && s < 400:
		return fault.New(fault.Unavailable, Redirected, cause)
	case s == http.StatusForbidden:
		return fault.New(fault.Unavailable, GrantRefused, cause)
	case s >= 500, s == http.StatusConflict, s == http.StatusTooManyRequests:
		// S3 answers 409 to two conditional writes at once, and asks to try again.
		return fault.New(fault.Unavailable, ServiceFailed, cause)
	}
	return fault.New(fault.Malformed, UploadRefused, cause)
}

// meter counts what is read, and holds it back.
type meter struct {
	ctx      context.Context //nolint:containedctx // of the request whose body this is
	r        io.Reader
	progress func(int)
	rate     int64
}

// slice is how much goes out at once where there is a limit.
const slice = 8 << 10

func (m *meter) Read(p []byte) (int, error) {
	if m.rate > 0 {
		p = p[:min(len(p), slice)]
		select {
		case <-m.ctx.Done():
			return 0, m.ctx.Err()
		case <-time.After(time.Duration(len(p)) * time.Second / time.Duration(m.rate)):
		}
	}
	n, err := m.r.Read(p)
	if n > 0 && m.progress != nil {
		m.progress(n)
	}
	return n, err
}
