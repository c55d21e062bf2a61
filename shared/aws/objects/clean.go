package objects

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"proactive/shared/clean"
	"proactive/shared/score"
	"proactive/shared/scrub"
)

var (
	_ score.Clean      = (*Clean)(nil)
	_ scrub.Clean      = (*CleanWriter)(nil)
	_ scrub.Quarantine = (*Quarantine)(nil)
)

// maxClean bounds what is read of a clean batch: no payload is larger, and Parquet makes
// it smaller.
const maxClean = 64 << 20

func reader(body []byte) io.ReadSeeker { return bytes.NewReader(body) }

// Clean is the clean bucket as score reads it.
type Clean struct{ client *s3.Client }

// NewClean reads through client.
func NewClean(client *s3.Client) *Clean { return &Clean{client: client} }

// Read implements score.Clean.
func (c *Clean) Read(ctx context.Context, bucket, key, version string) (clean.Batch, error) {
	body, err := read(ctx, c.client, bucket, key, version, maxClean)
	if err != nil {
		return clean.Batch{}, err
	}
	if len(body) > maxClean {
		return clean.Batch{}, fmt.Errorf("reading a clean batch: it is longer than %d bytes", maxClean)
	}
	return clean.Decode(body)
}

// CleanWriter is the clean bucket as scrub writes it.
type CleanWriter struct {
	client         *s3.Client
	bucket, kmsKey string
}

// NewCleanWriter writes to a bucket under the KMS key of that ARN.
func NewCleanWriter(client *s3.Client, bucket, kmsKey string) *CleanWriter {
	return &CleanWriter{client: client, bucket: bucket, kmsKey: kmsKey}
}

// Put implements scrub.Clean. It writes where nothing is; only if something is, it looks
// at it, by its checksum, and replaces it if it is another.
func (c *CleanWriter) Put(ctx context.Context, key string, body []byte) (scrub.Object, error) {
	version, err := settle(ctx, c.client, c.bucket, key, c.kmsKey, "application/vnd.apache.parquet", body)
	return scrub.Object{Bucket: c.bucket, Key: key, Version: version}, err
}

// Quarantine is where the ciphertext of a batch that the detector stopped is set aside.
type Quarantine struct {
	client         *s3.Client
	bucket, kmsKey string
}

// NewQuarantine copies to a bucket under the KMS key of that ARN.
func NewQuarantine(client *s3.Client, bucket, kmsKey string) *Quarantine {
	return &Quarantine{client: client, bucket: bucket, kmsKey: kmsKey}
}

// Copy implements scrub.Quarantine. The bytes go from bucket to bucket; what is there
// already is the same, for an inbox key has one claimed version.
func (q *Quarantine) Copy(ctx context.Context, from scrub.Object, key string) error {
	_, err := q.client.CopyObject(ctx, &s3.CopyObjectInput{
		Bucket: aws.String(q.bucket), Key: aws.String(key), IfNoneMatch: aws.String("*"),
		CopySource:           aws.String(url.PathEscape(from.Bucket+"/"+from.Key) + "?versionId=" + url.QueryEscape(from.Version)),
		ServerSideEncryption: types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String(q.kmsKey),
		TaggingDirective: types.TaggingDirectiveReplace, // none: the role need not read tags
	})
	if err != nil && code(err) != "PreconditionFailed" {
		return fmt.Errorf("copying to the quarantine: %w", err)
	}
	return nil
}

// maxNotice bounds what is read of an archived notice: SES takes no longer mail.
const maxNotice = 40 << 20

// Notices is the archive of notices.
type Notices struct {
	client         *s3.Client
	bucket, kmsKey string
}

// NewNotices archives in a bucket under the KMS key of that ARN.
func NewNotices(client *s3.Client, bucket, kmsKey string) *Notices {
	return &Notices{client: client, bucket: bucket, kmsKey: kmsKey}
}

// Keep implements notice.Archive.
func (n *Notices) Keep(ctx context.Context, key, contentType string, body []byte) ([]byte, error) {
	_, err := put(ctx, n.client, n.bucket, key, n.kmsKey, contentType, "", body)
	if err == nil {
		return body, nil
	}
	if !errors.Is(err, errThere) {
		return nil, err
	}
	there, err := head(ctx, n.client, n.bucket, key)
	if err != nil {
		return nil, err
	}
	return read(ctx, n.client, n.bucket, key, aws.ToString(there.VersionId), maxNotice)
}
