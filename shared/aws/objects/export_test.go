package objects_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"proactive/shared/aws/objects"
	"proactive/shared/export"
	"proactive/shared/layout"
	"proactive/shared/pipelinetest"
	"proactive/shared/receipt"
)

const (
	exporter   = "i-01hzzzzzzzzzzzzzzzzzzzzzzw"
	contracted = "i-01hzzzzzzzzzzzzzzzzzzzzzzz"
)

func TestExportsKeepTheirContract(t *testing.T) {
	client := emulatedS3(t, "dossiers", "clean", "notices")
	exports := objects.NewExports(client, "dossiers", inboxKey)
	pipelinetest.ExportsContract(t, exports)

	if _, err := exports.Read(t.Context(), exporter); !errors.Is(err, export.ErrNone) {
		t.Errorf("of who never asked: %v", err)
	}
	if err := exports.Save(t.Context(), export.State{Instrument: exporter}); err == nil || errors.Is(err, export.ErrRaced) {
		t.Errorf("a state that was not read: %v", err)
	}

	// A link gives that version and no other, to who sends nothing but a GET.
	key := layout.DossierPartKey(exporter, "01HZZZZZZZZZZZZZZZZZZZZ001", 1)
	var parts []export.Part
	for _, body := range []string{"first", "second"} {
		version, err := exports.Put(t.Context(), key, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, export.Part{Key: key, Version: version})
	}
	for n, want := range []string{"first", "second"} {
		link, err := exports.Link(t.Context(), parts[n], export.Lifetime)
		if err != nil {
			t.Fatal(err)
		}
		if status, body := fetched(t, link); status != http.StatusOK || body != want {
			t.Errorf("version %d: %d %q", n, status, body)
		}
		other := strings.Replace(link, parts[n].Version, parts[1-n].Version, 1)
		if status, body := fetched(t, other); status == http.StatusOK {
			t.Errorf("a link to another version gives %q", body)
		}
		if status, _ := fetched(t, strings.Replace(link, exporter, contracted, 1)); status == http.StatusOK {
			t.Error("a link to another's part")
		}
	}

	if _, err := objects.NewClean(client).Raw(t.Context(), receipt.Place{Bucket: "clean", Key: "none", Version: "00000000000000000000000000000000"}); !errors.Is(err, export.ErrGone) {
		t.Errorf("a clean batch that is not there: %v", err)
	}
	if _, err := objects.NewArchive(client, "notices").Notice(t.Context(), "none"); !errors.Is(err, export.ErrGone) {
		t.Errorf("a notice that is not there: %v", err)
	}
	notices := objects.NewNotices(client, "notices", inboxKey)
	if _, err := notices.Keep(t.Context(), "n", "text/plain", []byte("told")); err != nil {
		t.Fatal(err)
	}
	if got, err := objects.NewArchive(client, "notices").Notice(t.Context(), "n"); err != nil || string(got) != "told" {
		t.Errorf("a notice: %q, %v", got, err)
	}
}

// The promise: one GET of one version of one part, five minutes at most, that whoever has
// the address may make without any header.
func TestALinkIsForOneVersion(t *testing.T) {
	t.Setenv("AWS_ENDPOINT_URL", "")
	cfg := aws.Config{Region: "eu-west-1", Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "session")}
	exports := objects.NewExports(objects.Client(cfg), "proactive-prod-data-dossiers", inboxKey)
	link, err := exports.Link(t.Context(), export.Part{Key: layout.DossierPartKey(exporter, "01HZZZZZZZZZZZZZZZZZZZZ001", 1), Version: "v-7"}, export.Lifetime)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "https" || u.Host != "proactive-prod-data-dossiers.s3.eu-west-1.amazonaws.com" ||
		u.Path != "/dossiers/v1/"+exporter+"/01HZZZZZZZZZZZZZZZZZZZZ001/part-0001.zip" {
		t.Errorf("%s: %v", link, err)
	}
	q := u.Query()
	if q.Get("X-Amz-Expires") != "300" || q.Get("versionId") != "v-7" || q.Get("X-Amz-SignedHeaders") != "host" || strings.Contains(link, "secret") {
		t.Errorf("%s", link)
	}
}

func fetched(t *testing.T, link string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, link, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}
