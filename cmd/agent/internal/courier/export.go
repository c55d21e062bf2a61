package courier

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/cenkalti/backoff/v5"

	"proactive/cmd/agent/internal/client"
	"proactive/shared/fault"
)

// ExportLate means that the export was not ready within the time waited.
const ExportLate = "export-late"

// Prepare asks for an export and waits until it is ready. parts is told how many of them
// are prepared each time there are more. An export that an earlier agent asked for, a short
// time ago, is taken as it is.
func (c *Courier) Prepare(ctx context.Context, request string, wait time.Duration, parts func(n int)) (client.Export, error) {
	ask := func() (client.Export, error) {
		got, err := c.Client.Export(ctx, c.sign, c.Enrolment.Instrument, request)
		return got, final(err)
	}
	got, err := backoff.Retry(ctx, ask, c.retries(c.Patience/8, nil)...)
	if err != nil {
		return got, fmt.Errorf("asking for an export: %w", err)
	}
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval = c.Interval, 20*c.Interval
	deadline := time.NewTimer(wait)
	defer deadline.Stop()
	for known := 0; got.State != client.Ready; {
		if len(got.Parts) > known {
			known = len(got.Parts)
			parts(known)
		}
		select {
		case <-ctx.Done():
			return got, ctx.Err()
		case <-deadline.C:
			return got, fault.New(fault.Unavailable, ExportLate, nil)
		case <-time.After(pause.NextBackOff()):
		}
		next, err := c.Client.Export(ctx, c.sign, c.Enrolment.Instrument, request)
		switch {
		case err == nil:
			got = next
		case !again(err):
			return got, fmt.Errorf("asking how far an export is: %w", err)
		}
	}
	return got, nil
}

// FetchParts downloads the parts into dir, one file each, and returns their names. A part
// that is there already is not fetched again.
func (c *Courier) FetchParts(ctx context.Context, e client.Export, dir string, progress func(int), retry func(error)) ([]string, error) {
	var names []string
	for i, p := range e.Parts {
		name := filepath.Join(dir, fmt.Sprintf("%s-%04d.zip", e.Request, i+1))
		there, err := isPart(name, p)
		if err != nil {
			return nil, err
		}
		if there {
			progress(int(p.Bytes))
		} else if _, err := backoff.Retry(ctx, func() (struct{}, error) {
			return struct{}{}, final(c.fetch(ctx, e.Request, i+1, p, name, progress))
		}, c.retries(c.Patience, retry)...); err != nil {
			return nil, fmt.Errorf("downloading part %d: %w", i+1, err)
		}
		names = append(names, name)
	}
	return names, nil
}

func (c *Courier) fetch(ctx context.Context, request string, number int, p client.Part, name string, progress func(int)) (err error) {
	link, err := c.Client.Link(ctx, c.sign, request, number)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // G304: below where the person said
	if err != nil {
		return backoff.Permanent(fmt.Errorf("writing a part: %w", err))
	}
	came := 0
	defer func() {
		err = errors.Join(err, f.Close())
		if err != nil {
			progress(-came) // it comes again
		}
	}()
	return c.Client.Download(ctx, link, p, f, func(n int) { came += n; progress(n) })
}

// isPart tells whether a file is that part.
func isPart(name string, p client.Part) (bool, error) {
	f, err := os.Open(name) //nolint:gosec // G304: below where the person said
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading a part: %w", err)
	}
	defer f.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	if err != nil {
		return false, fmt.Errorf("reading a part: %w", err)
	}
	return n == p.Bytes && hex.EncodeToString(sum.Sum(nil)) == p.SHA256, nil
}
