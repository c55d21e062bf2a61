package objects

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"proactive/shared/erase"
	"proactive/shared/layout"
)

var _ erase.Place = (*Versions)(nil)

// Versions is a bucket as the eraser sees it: every version and every delete marker of
// an instrument's objects, by name. It reads no byte of them.
type Versions struct {
	client   *s3.Client
	bucket   string
	prefixes func(of erase.Scope) []string
}

// NewVersions are the objects of a bucket whose keys begin with prefix(instrument).
func NewVersions(client *s3.Client, bucket string, prefix func(instrument string) string) *Versions {
	return &Versions{client: client, bucket: bucket, prefixes: func(of erase.Scope) []string { return []string{prefix(of.Instrument)} }}
}

// NewNoticeVersions are the archived notices of the instrument's cases.
func NewNoticeVersions(client *s3.Client, bucket string) *Versions {
	return &Versions{client: client, bucket: bucket, prefixes: func(of erase.Scope) (all []string) {
		for _, c := range of.Cases {
			all = append(all, layout.NoticePrefix(c.ID))
		}
		return all
	}}
}

// Find implements erase.Place.
func (v *Versions) Find(ctx context.Context, of erase.Scope) (int, error) {
	n := 0
	err := v.each(ctx, of, func(page []types.ObjectIdentifier) error {
		n += len(page)
		return nil
	})
	return n, err
}

// Erase implements erase.Place. Deleting a version by its id leaves no marker behind.
func (v *Versions) Erase(ctx context.Context, of erase.Scope) error {
	return v.each(ctx, of, func(page []types.ObjectIdentifier) error {
		out, err := v.client.DeleteObjects(ctx, &s3.DeleteObjectsInput{
			Bucket: aws.String(v.bucket), Delete: &types.Delete{Objects: page, Quiet: aws.Bool(true)},
		})
		if err != nil {
			return fmt.Errorf("deleting versions: %w", err)
		}
		if len(out.Errors) > 0 { // the call succeeds though some of it failed
			return fmt.Errorf("deleting versions: %d refused, the first with %s", len(out.Errors), aws.ToString(out.Errors[0].Code))
		}
		return nil
	})
}

// each hands over the versions and markers page by page: a page of a listing, at most
// 1000, is what one deletion takes.
func (v *Versions) each(ctx context.Context, of erase.Scope, do func([]types.ObjectIdentifier) error) error {
	for _, prefix := range v.prefixes(of) {
		pages := s3.NewListObjectVersionsPaginator(v.client, &s3.ListObjectVersionsInput{Bucket: aws.String(v.bucket), Prefix: aws.String(prefix)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return fmt.Errorf("listing versions: %w", err)
			}
			var all []types.ObjectIdentifier
			for _, o := range page.Versions {
				all = append(all, types.ObjectIdentifier{Key: o.Key, VersionId: o.VersionId})
			}
			for _, o := range page.DeleteMarkers {
				all = append(all, types.ObjectIdentifier{Key: o.Key, VersionId: o.VersionId})
			}
			if len(all) == 0 {
				continue
			}
			if err := do(all); err != nil {
				return err
			}
		}
	}
	return nil
}
