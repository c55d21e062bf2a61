package objects

import (
	"context"
	"fmt"
	"path"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"proactive/shared/layout"
)

// Archive is the notices bucket as the operator reads it.
type Archive struct {
	client *s3.Client
	bucket string
}

// NewArchive reads from a bucket.
func NewArchive(client *s3.Client, bucket string) *Archive {
	return &Archive{client: client, bucket: bucket}
}

// Notices returns the notices of a case as they were archived, by their file name
// ("support.eml").
func (a *Archive) Notices(ctx context.Context, caseID string) (map[string][]byte, error) {
	all := map[string][]byte{}
	pages := s3.NewListObjectsV2Paginator(a.client, &s3.ListObjectsV2Input{
		Bucket: aws.String(a.bucket), Prefix: aws.String(layout.NoticePrefix(caseID)),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing the notices of case %s: %w", caseID, err)
		}
		for _, o := range page.Contents {
			key := aws.ToString(o.Key)
			there, err := head(ctx, a.client, a.bucket, key)
			if err != nil {
				return nil, err
			}
			body, err := read(ctx, a.client, a.bucket, key, aws.ToString(there.VersionId), maxNotice)
			if err != nil {
				return nil, err
			}
			all[path.Base(key)] = body
		}
	}
	return all, nil
}
