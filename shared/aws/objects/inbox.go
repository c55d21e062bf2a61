package objects

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/textproto"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"proactive/shared/authorize"
	"proactive/shared/scrub"
	"proactive/shared/validate"
)

var (
	_ validate.Inbox  = (*Uploads)(nil)
	_ scrub.Inbox     = (*Inbox)(nil)
	_ authorize.Inbox = (*Grants)(nil)
)

// Uploads is the inbox as validate reads it.
type Uploads struct{ client *s3.Client }

// NewUploads reads through client.
func NewUploads(client *s3.Client) *Uploads { return &Uploads{client: client} }

// Get implements validate.Inbox.
func (u *Uploads) Get(ctx context.Context, a validate.Arrival, limit int64) ([]byte, error) {
	return read(ctx, u.client, a.Bucket, a.Key, a.Version, limit)
}

// Newest implements validate.Inbox.
func (u *Uploads) Newest(ctx context.Context, bucket, key string) (string, error) {
	out, err := head(ctx, u.client, bucket, key)
	if slices.Contains([]string{"NoSuchKey", "NotFound"}, code(err)) {
		return "", fmt.Errorf("%w: %w", validate.ErrGone, err)
	}
	if err != nil {
		return "", err
	}
	if aws.ToString(out.VersionId) == "" {
		return "", errors.New("the bucket keeps no versions")
	}
	return *out.VersionId, nil
}

// Remove implements validate.Inbox.
func (u *Uploads) Remove(ctx context.Context, a validate.Arrival) error {
	return remove(ctx, u.client, a.Bucket, a.Key, a.Version)
}

// Inbox is the inbox as scrub reads it.
type Inbox struct{ client *s3.Client }

// NewInbox reads through client.
func NewInbox(client *s3.Client) *Inbox { return &Inbox{client: client} }

// Get implements scrub.Inbox.
func (i *Inbox) Get(ctx context.Context, o scrub.Object, limit int64) ([]byte, error) {
	body, err := read(ctx, i.client, o.Bucket, o.Key, o.Version, limit)
	if err == nil && int64(len(body)) > limit {
		return nil, fmt.Errorf("reading an object: it is longer than %d bytes", limit)
	}
	return body, err
}

// Remove implements scrub.Inbox.
func (i *Inbox) Remove(ctx context.Context, o scrub.Object) error {
	return remove(ctx, i.client, o.Bucket, o.Key, o.Version)
}

// Grants signs uploads to the inbox. A presigned request has the signer's rights and no
// more: the role may write under the inbox's prefix and nothing else.
type Grants struct {
	presign        *s3.PresignClient
	bucket, kmsKey string
}

// NewGrants signs uploads to a bucket, encrypted under the KMS key of that ARN.
func NewGrants(client *s3.Client, bucket, kmsKey string) *Grants {
	return &Grants{presign: s3.NewPresignClient(client), bucket: bucket, kmsKey: kmsKey}
}

// Sign implements authorize.Inbox. Length, digest, encryption and "where nothing may be"
// are headers under the signature, so S3 refuses any other request.
func (g *Grants) Sign(ctx context.Context, p authorize.Put) (authorize.Signed, error) {
	out, err := g.presign.PresignPutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(g.bucket), Key: aws.String(p.Key), ContentLength: aws.Int64(p.Bytes),
		ChecksumSHA256: aws.String(base64.StdEncoding.EncodeToString(p.SHA256)), IfNoneMatch: aws.String("*"),
		ServerSideEncryption: types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String(g.kmsKey),
	}, s3.WithPresignExpires(p.For))
	if err != nil {
		return authorize.Signed{}, fmt.Errorf("presigning: %w", err)
	}
	headers := map[string]string{}
	for name, values := range out.SignedHeader {
		if name = textproto.CanonicalMIMEHeaderKey(name); name != "Host" { // the URL says it
			headers[name] = strings.Join(values, ",")
		}
	}
	for _, name := range bound {
		if headers[name] == "" {
			return authorize.Signed{}, fmt.Errorf("presigning: header %s is not under the signature", name)
		}
	}
	return authorize.Signed{URL: out.URL, Method: out.Method, Headers: headers}, nil
}

// bound is what a grant must bind. An SDK that one day puts one of them elsewhere must
// not make us give away more than we mean to.
var bound = []string{
	"Content-Length", "If-None-Match", "X-Amz-Checksum-Sha256",
	"X-Amz-Server-Side-Encryption", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id",
}
