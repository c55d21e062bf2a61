// Package objects is the S3 buckets: exact versions in, presigned uploads out, and writes
// that never overwrite unseen.
package objects

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

// Client is an S3 client. An endpoint in place of AWS has no name per bucket.
func Client(cfg aws.Config) *s3.Client {
	return s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = os.Getenv("AWS_ENDPOINT_URL") != "" })
}

// read returns exactly one version of an object, or its first limit+1 bytes.
func read(ctx context.Context, client *s3.Client, bucket, key, version string, limit int64) ([]byte, error) {
	if version == "" {
		return nil, errors.New("reading an object: no version")
	}
	out, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(key), VersionId: aws.String(version)})
	if err != nil {
		return nil, fmt.Errorf("reading an object: %w", err)
	}
	defer out.Body.Close()
	body, err := io.ReadAll(io.LimitReader(out.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("reading an object: %w", err)
	}
	return body, nil
}

// remove deletes exactly one version of an object, which leaves no marker. S3 answers the same
// whether it was there or not.
func remove(ctx context.Context, client *s3.Client, bucket, key, version string) error {
	if version == "" {
		return errors.New("deleting an object: no version")
	}
	if _, err := client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String(bucket), Key: aws.String(key), VersionId: aws.String(version)}); err != nil {
		return fmt.Errorf("deleting an object: %w", err)
	}
	return nil
}

// errThere is what put answers when its condition does not hold.
var errThere = errors.New("the object is there")

// put writes an object under the bucket's own key: where nothing is if match is empty,
// over the very object of that ETag otherwise. It returns the version.
func put(ctx context.Context, client *s3.Client, bucket, key, kmsKey, contentType, match string, body []byte) (version string, err error) {
	in := &s3.PutObjectInput{
		Bucket: aws.String(bucket), Key: aws.String(key), Body: reader(body), ContentLength: aws.Int64(int64(len(body))),
		ContentType: aws.String(contentType), ChecksumSHA256: aws.String(checksum(body)),
		ServerSideEncryption: types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String(kmsKey),
	}
	if match == "" {
		in.IfNoneMatch = aws.String("*")
	} else {
		in.IfMatch = aws.String(match)
	}
	out, err := client.PutObject(ctx, in)
	if code(err) == "PreconditionFailed" {
		return "", errThere
	}
	if err != nil {
		return "", fmt.Errorf("writing an object: %w", err)
	}
	return aws.ToString(out.VersionId), nil
}

// settle writes an object, and returns its version. It writes where nothing is; only if
// something is, it looks at it, by its checksum, and replaces it if it is another.
func settle(ctx context.Context, client *s3.Client, bucket, key, kmsKey, contentType string, body []byte) (version string, err error) {
	version, err = put(ctx, client, bucket, key, kmsKey, contentType, "", body)
	if errors.Is(err, errThere) {
		there, headErr := head(ctx, client, bucket, key)
		if headErr != nil {
			return "", headErr
		}
		version, err = aws.ToString(there.VersionId), nil
		if aws.ToString(there.ChecksumSHA256) != checksum(body) {
			version, err = put(ctx, client, bucket, key, kmsKey, contentType, aws.ToString(there.ETag), body)
		}
	}
	if err == nil && version == "" {
		err = errors.New("writing an object: the bucket is not versioned")
	}
	return version, err
}

// head returns the newest version of an object, with its SHA-256.
func head(ctx context.Context, client *s3.Client, bucket, key string) (*s3.HeadObjectOutput, error) {
	out, err := client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: aws.String(key), ChecksumMode: types.ChecksumModeEnabled})
	if err != nil {
		return nil, fmt.Errorf("looking at an object: %w", err)
	}
	return out, nil
}

func checksum(body []byte) string {
	sum := sha256.Sum256(body)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// code is the service's own word for an error, "" if it is none of the service's.
func code(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode()
	}
	return ""
}
