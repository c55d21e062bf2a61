package guarded_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"proactive/shared/aws/objects"
	"proactive/shared/dossier"
	"proactive/shared/layout"
)

// A lab gets what is held of it while exporter and desk have their own roles' rights and no
// others: rows, clean batches, notices; and by a link that has the desk's rights. Who
// prepares an export cannot read a sealed batch, and writes nowhere else; who takes the
// request reads nothing of what is stored but exports.
func TestAnExportUnderItsRoles(t *testing.T) {
	s := failing(t)
	dir := filepath.Join(t.TempDir(), "export")
	raw, err := s.lab.Agent(t.Context(), "export", dir)
	if err != nil {
		t.Fatal(err)
	}
	var told struct{ Counts map[string]int }
	if err := json.Unmarshal(raw, &told); err != nil || told.Counts["observations"] != 12 || told.Counts["cases"] != 1 || told.Counts["notices"] == 0 {
		t.Fatalf("the agent says %s: %v", raw, err)
	}
	m, err := dossier.Check(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}

	get := func(function, output, key string) attempt {
		store, bucket := objects.Client(as(t, function)), stage.Outputs[output]
		version := versionOf(t, bucket, key)
		return attempt{"read " + strings.SplitN(key, "/", 2)[0] + ", as " + function, func(ctx context.Context) error {
			out, err := store.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(key), VersionId: aws.String(version)})
			if err != nil {
				return err
			}
			return out.Body.Close()
		}}
	}
	part, clean, sealed := layout.DossierPartKey(s.instrument, m.Request, 1), layout.CleanKey(s.instrument, s.batch), layout.InboxKey(s.instrument, s.batch)
	only(t, get("enrol", "DossiersBucket", part), get("export", "DossiersBucket", part), get("authorize", "DossiersBucket", part), get("notify", "DossiersBucket", part),
		get("enrol", "CleanBucket", clean), get("enrol", "InboxBucket", sealed))
	only(t, get("export", "CleanBucket", clean), get("export", "InboxBucket", sealed))

	put := func(function, output, key string) attempt {
		store := objects.Client(as(t, function))
		return attempt{fmt.Sprintf("write to %s, as %s", output, function), func(ctx context.Context) error {
			_, err := store.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(stage.Outputs[output]), Key: aws.String(key), Body: strings.NewReader("x")})
			return err
		}}
	}
	only(t, put("export", "DossiersBucket", layout.DossierPartKey(s.instrument, "01M84XB6R6DXMN2K7XGPHRTQD3", 1)),
		put("export", "CleanBucket", clean), put("export", "DossiersBucket", "elsewhere/x"), put("score", "DossiersBucket", part), put("slot", "DossiersBucket", part))
}
