package objects

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"proactive/shared/layout"
	"proactive/shared/reconcile"
)

var _ reconcile.Objects = (*Names)(nil)

// Names is a bucket of which only the names are read: who may list versions sees no byte
// of any object.
type Names struct {
	client *s3.Client
	bucket string
	prefix func(instrument string) string
	parse  func(key string) (instrument, batch string, err error)
}

// NewUploadNames are the names in the inbox.
func NewUploadNames(client *s3.Client, bucket string) *Names {
	return &Names{client: client, bucket: bucket, parse: layout.ParseInboxKey, prefix: layout.InboxPrefix}
}

// NewCleanNames are the names in the clean bucket.
func NewCleanNames(client *s3.Client, bucket string) *Names {
	return &Names{client: client, bucket: bucket, parse: layout.ParseCleanKey, prefix: layout.CleanPrefix}
}

// Versions implements reconcile.Objects.
func (n *Names) Versions(ctx context.Context, instrument string) (map[string][]reconcile.Version, error) {
	all := map[string][]reconcile.Version{}
	pages := s3.NewListObjectVersionsPaginator(n.client, &s3.ListObjectVersionsInput{
		Bucket: aws.String(n.bucket), Prefix: aws.String(n.prefix(instrument)),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing objects: %w", err)
		}
		for _, v := range page.Versions {
			_, batch, err := n.parse(aws.ToString(v.Key))
			if err != nil {
				continue // nobody granted it: validate leaves it too
			}
			all[batch] = append(all[batch], reconcile.Version{ID: aws.ToString(v.VersionId), At: aws.ToTime(v.LastModified).UTC()})
		}
	}
	for _, versions := range all {
		slices.Reverse(versions) // S3 lists the newest first
	}
	return all, nil
}
