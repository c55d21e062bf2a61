package objects

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"proactive/shared/export"
	"proactive/shared/layout"
	"proactive/shared/receipt"
)

var (
	_ export.Exports = (*Exports)(nil)
	_ export.Links   = (*Exports)(nil)
	_ export.Clean   = (*Clean)(nil)
	_ export.Archive = (*Archive)(nil)
)

// Exports is the bucket in which exports lie until they are fetched: of each instrument one
// state, and the parts of what was prepared.
type Exports struct {
	client         *s3.Client
	presign        *s3.PresignClient
	bucket, kmsKey string
}

// NewExports keeps exports in a bucket under the KMS key of that ARN.
func NewExports(client *s3.Client, bucket, kmsKey string) *Exports {
	return &Exports{client: client, presign: s3.NewPresignClient(client), bucket: bucket, kmsKey: kmsKey}
}

// maxState bounds a state: the names and digests of some hundred thousand files.
const maxState = 64 << 20

// Begin implements export.Exports.
func (e *Exports) Begin(ctx context.Context, s export.State) error {
	s.Version = ""
	if err := e.save(ctx, s); !errors.Is(err, errThere) {
		return err
	}
	return export.ErrThere
}

// Save implements export.Exports.
func (e *Exports) Save(ctx context.Context, s export.State) error {
	if s.Version == "" {
		return errors.New("saving an export: no version that was read")
	}
	if err := e.save(ctx, s); !errors.Is(err, errThere) {
		return err
	}
	return export.ErrRaced
}

func (e *Exports) save(ctx context.Context, s export.State) error {
	raw, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encoding an export's state: %w", err)
	}
	_, err = put(ctx, e.client, e.bucket, layout.DossierStateKey(s.Instrument), e.kmsKey, "application/json", s.Version, raw)
	return err
}

// Read implements export.Exports.
func (e *Exports) Read(ctx context.Context, instrument string) (export.State, error) {
	var s export.State
	out, err := e.client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(e.bucket), Key: aws.String(layout.DossierStateKey(instrument))})
	if code(err) == "NoSuchKey" { // AWS says AccessDenied to who may not list, which no permission of ours should look like
		return s, export.ErrNone
	}
	if err != nil {
		return s, fmt.Errorf("reading an export's state: %w", err)
	}
	defer out.Body.Close()
	if err := json.NewDecoder(io.LimitReader(out.Body, maxState)).Decode(&s); err != nil {
		return s, fmt.Errorf("decoding an export's state: %w", err)
	}
	s.Version = aws.ToString(out.ETag)
	return s, nil
}

// Put implements export.Exports.
func (e *Exports) Put(ctx context.Context, key string, body []byte) (version string, err error) {
	return settle(ctx, e.client, e.bucket, key, e.kmsKey, "application/zip", body)
}

// Link implements export.Links. A presigned request has the signer's rights and no more.
func (e *Exports) Link(ctx context.Context, p export.Part, valid time.Duration) (string, error) {
	out, err := e.presign.PresignGetObject(ctx, &s3.GetObjectInput{
		Bucket: aws.String(e.bucket), Key: aws.String(p.Key), VersionId: aws.String(p.Version),
	}, s3.WithPresignExpires(valid))
	if err != nil {
		return "", fmt.Errorf("presigning: %w", err)
	}
	for name := range out.SignedHeader { // a plain GET must do: whoever fetches sends no others
		if name != "Host" {
			return "", fmt.Errorf("presigning: header %s is under the signature", name)
		}
	}
	return out.URL, nil
}

// Raw implements export.Clean.
func (c *Clean) Raw(ctx context.Context, at receipt.Place) ([]byte, error) {
	body, err := read(ctx, c.client, at.Bucket, at.Key, at.Version, maxClean)
	if isGone(err) {
		return nil, export.ErrGone
	}
	if err == nil && len(body) > maxClean {
		return nil, fmt.Errorf("reading a clean batch: it is longer than %d bytes", maxClean)
	}
	return body, err
}

// Notice implements export.Archive.
func (a *Archive) Notice(ctx context.Context, key string) ([]byte, error) {
	out, err := a.client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(a.bucket), Key: aws.String(key)})
	if isGone(err) {
		return nil, export.ErrGone
	}
	if err != nil {
		return nil, fmt.Errorf("reading a notice: %w", err)
	}
	defer out.Body.Close()
	body, err := io.ReadAll(io.LimitReader(out.Body, maxNotice))
	if err != nil {
		return nil, fmt.Errorf("reading a notice: %w", err)
	}
	return body, nil
}

// isGone tells whether an object is not there, or may not be: who may not list a bucket is
// refused what is not in it (S3 user guide, "GetObject: permissions", 2026-11).
func isGone(err error) bool {
	return slices.Contains([]string{"NoSuchKey", "NoSuchVersion", "AccessDenied", "NotFound"}, code(err))
}
