package objects_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"proactive/shared/aws/objects"
	"proactive/shared/layout"
)

// Names are those of one instrument, oldest version first, and of nothing that is no batch.
func TestNamesOfAnInstrument(t *testing.T) {
	client := emulatedS3(t, "named")
	const id, other, batch = "i-01hzzzzzzzzzzzzzzzzzzzzzzz", "i-01hzzzzzzzzzzzzzzzzzzzzzzy", "01HZ0000000000000000000001"
	write := func(key string) string {
		out, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("named"), Key: aws.String(key), Body: bytes.NewReader([]byte("x"))})
		if err != nil {
			t.Fatal(err)
		}
		return aws.ToString(out.VersionId)
	}
	first := write(layout.InboxKey(id, batch))
	second := write(layout.InboxKey(id, batch))
	write(layout.InboxKey(other, batch))
	write(layout.InboxKey(id, "not-a-batch"))
	kept := write(layout.CleanKey(id, batch))
	write(layout.CleanKey(other, batch))
	uploads, err := objects.NewUploadNames(client, "named").Versions(t.Context(), id)
	if err != nil || len(uploads) != 1 || len(uploads[batch]) != 2 || uploads[batch][0].ID != first || uploads[batch][1].ID != second {
		t.Errorf("uploads %+v, %v; want %s, %s", uploads, err, first, second)
	}
	if len(uploads[batch]) > 0 && time.Since(uploads[batch][0].At).Abs() > time.Hour {
		t.Errorf("written at %s", uploads[batch][0].At)
	}
	clean, err := objects.NewCleanNames(client, "named").Versions(t.Context(), id)
	if err != nil || len(clean) != 1 || len(clean[batch]) != 1 || clean[batch][0].ID != kept {
		t.Errorf("clean %+v, %v; want %s", clean, err, kept)
	}
}
